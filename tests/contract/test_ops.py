"""What every registered VGSL op promises, and every way to put ops together."""

import re

import pytest
import torch

from uncial.nn import vgsl
from uncial.nn.build import build
from uncial.nn.frames import Frames
from uncial.nn.ops.base import OPS, Op, Shape, Site

C, H, W = 4, 6, 13
FIXED = ("F", "O0")
EXAMPLES = [(name, text) for name in OPS for text in OPS.get(name).examples]
GRAPHS = [
    "[1,6,0,4 Cr3,3,8 Bnr Do0.2 Cl3,3,8,2,2 Mp2,2 Fh Lbx4 O1c5]",
    "[1,6,0,4 +[Dw1,3 Bn Cg1,1,8 Cl1,1,4] (I Lbx4 [Do Gfx3]) Do Lfys5 O1c5]",
    "[1,6,0,4 Rx[Cr3,3,8,1,2] Ry Lfy3 R2 Lrx3 Gn2 O2l3]",
    "[1,6,0,4 (I [Cr3,3,8,2,2 CTr2,2,5,2,2]) Ln O2s3]",
    "[1,6,0,4 Lfys6 Mp1,2 W{m}4,2,0.5,3 LS4]",
    "[1,6,0,4 Cs1,3,3 S1(2x0)2,1 Cm3,3,4 Bns (Do I) L2xy2 O1s4]",
    "1,6,0,4[[Ct3,3,4 Mp3,3] S2,1 Lbxs4 O1c3]",
]


def made(text: str, name: str) -> tuple[Op, Shape]:
    torch.manual_seed(0)
    given = Shape(C, H, W if text.startswith(FIXED) else 0)
    match = OPS.get(name).pattern.fullmatch(text)
    assert match is not None
    site = Site(spec=text, column=0, match=match, labels=5 if name == "LS" else None)
    return OPS.get(name).build(site, given), given


def lines(*widths: int, total: int = W, channels: int = C) -> Frames:
    generator = torch.Generator().manual_seed(1)
    data = torch.randn(len(widths), channels, H, total, generator=generator)
    data = data.contiguous(memory_format=torch.channels_last)
    return Frames(data, torch.tensor(widths)).blanked().bounded()


def assert_alone_like_batched(network: torch.nn.Module, batch: Frames, widths) -> None:
    network.eval()
    with torch.no_grad():
        together = network(batch)
        for at, width in enumerate(batch.widths.tolist()):
            cut = batch.data[at : at + 1, :, :, : max(1, width)]
            alone = network(Frames(cut, batch.widths[at : at + 1]).bounded())
            own = widths(width)
            assert together.widths[at] == alone.widths[0] == own
            assert torch.allclose(
                together.data[at, :, :, :own], alone.data[0, :, :, :own], atol=1e-5
            ), f"line {at} of width {width} differs"


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
class TestEveryOp:
    def test_is_recognized_and_documented(self, name, text):
        kind = OPS.get(name)
        tree = vgsl.parse(f"[1,6,0,4 {text}]")
        assert [(layer.op, layer.text) for layer in vgsl.layers(tree.body)] == [(name, text)]
        assert sum(bool(OPS.get(n).pattern.fullmatch(text)) for n in OPS) == 1
        assert re.search(r"^    Spec:$", kind.__doc__, re.MULTILINE)

    def test_declared_shape_is_real(self, name, text):
        op, given = made(text, name)
        batch = lines(W, W)
        out = op.eval()(batch)
        declared = op.shape(given)
        assert out.data.shape == (2, declared.channels, declared.height, op.widths(W))
        assert declared.width in (0, op.widths(W))
        assert op.shape(given._replace(width=W)).width == op.widths(W)

    def test_output_ignores_padding(self, name, text):
        op, _ = made(text, name)
        assert_alone_like_batched(op, lines(W, 7, 10, 1), op.widths)

    @pytest.mark.parametrize("known", [True, False])
    def test_output_is_blank_beyond_width(self, name, text, known):
        op, _ = made(text, name)
        batch = lines(W, 5, 8)
        for mode in (True, False):
            out = op.train(mode)(batch if known else batch._replace(narrowest=0))
            assert torch.equal(out.widths, op.widths(batch.widths))
            assert out.narrowest <= int(out.widths.min())
            assert torch.equal(out.data, out._replace(narrowest=0).blanked().data)

    def test_gradient_reaches_every_parameter(self, name, text):
        op, _ = made(text, name)
        batch = lines(W, 9)
        leaf = batch.data.clone().requires_grad_()
        out = op.train()(batch._replace(data=leaf))
        (out._replace(data=torch.randn_like(out.data)).blanked().data * out.data).sum().backward()
        for key, parameter in op.named_parameters():
            assert parameter.grad is not None, key
            assert parameter.grad.abs().sum() > 0, key
        assert leaf.grad is not None
        assert not leaf.grad[1, :, :, 9:].any() or op.needs_blank

    def test_runs_in_bfloat16(self, name, text):
        op, _ = made(text, name)
        batch = lines(W, 9)
        leaf = batch.data.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            op.train()(batch._replace(data=leaf)).data.float().square().sum().backward()
            rough = op.eval()(batch).data
        assert rough.isfinite().all()
        if name not in ("L2", "LS"):  # these decide, so a rounding error may tip them over
            assert torch.allclose(rough.float(), op(batch).data, atol=0.1, rtol=0.1)

    def test_widths_never_decrease(self, name, text):
        op, _ = made(text, name)
        ints = [op.widths(w) for w in range(40)]
        assert ints == sorted(ints)
        assert ints == op.widths(torch.arange(40)).tolist()
        assert ints[0] == 0

    def test_a_line_without_columns_is_harmless(self, name, text):
        op, _ = made(text, name)
        out = op.eval()(lines(3, 0, total=3))
        assert out.data.shape[3] >= 1
        assert not out.data.isnan().any()
        assert out.widths[1] == 0


@pytest.mark.parametrize("spec", GRAPHS)
class TestEveryGraph:
    def test_output_ignores_padding(self, spec):
        network = build(spec, labels=None if "LS" not in spec else 3)
        batch = lines(48, 29, 37, total=48)
        assert_alone_like_batched(network, batch, network.output_widths)
        noisy = batch._replace(data=batch.data + 7 * (batch.data == 0), narrowest=0)
        assert torch.allclose(network(batch).data, network(noisy).data, atol=1e-5)

    def test_shape_blank_and_gradient(self, spec):
        network = build(spec, labels=3).train()
        batch = lines(48, 29, total=48)
        out = network(batch)
        declared = network.output_shape
        assert out.data.shape == (2, declared.channels, declared.height, network.output_widths(48))
        assert torch.equal(out.data, out._replace(narrowest=0).blanked().data)
        (out.data * torch.randn_like(out.data)).sum().backward()
        missing = [k for k, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert missing == []
