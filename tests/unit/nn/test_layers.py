"""Numbers of single ops against plain or independent computations."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from uncial.nn.frames import Frames
from uncial.nn.ops.base import Op, Shape, Site, kinds


def op(text: str, channels: int, height: int = 0, labels: int | None = None, **more) -> Op:
    torch.manual_seed(0)
    for kind in kinds().values():
        if match := kind.pattern.fullmatch(text):
            site = Site(spec=text, column=0, match=match, labels=labels, **more)
            return kind.build(site, Shape(channels, height, 0)).eval()
    raise LookupError(text)


def ragged(channels: int, height: int, *widths: int) -> Frames:
    data = torch.randn(len(widths), channels, height, max(widths))
    return Frames(data, torch.tensor(widths)).blanked().bounded()


class TestConvolution:
    @pytest.mark.parametrize(
        ("text", "kernel"),
        [("Cl2,4,3", (3, 5)), ("Cl4,2,3,1,1", (4, 2)), ("Cl3,1,3", (3, 1)), ("Dw2,2", (3, 3))],
    )
    def test_even_windows_are_odd_without_strides(self, text, kernel):
        assert op(text, 2).conv.kernel_size == kernel

    @pytest.mark.parametrize(
        ("letter", "function"),
        [
            ("s", torch.sigmoid),
            ("t", torch.tanh),
            ("r", torch.relu),
            ("l", lambda x: x),
            ("lr", functional.leaky_relu),
            ("m", lambda x: x.softmax(1)),
            ("p", lambda x: x.clamp(0, 1)),
            ("n", lambda x: x.clamp(-1, 1)),
            ("g", functional.gelu),
            ("w", functional.silu),
        ],
    )
    @pytest.mark.parametrize("window", ["3,3", "1,1"])
    def test_letters_stand_for_their_functions(self, letter, function, window):
        layer = op(f"C{letter}{window},5", 2)
        frames = ragged(2, 4, 7, 7)
        assert torch.allclose(layer(frames).data, function(layer.conv(frames.data)), atol=1e-6)

    def test_bias_goes_before_a_norm(self):
        assert op("Cl3,3,4", 2, normed=True).conv.bias is None
        assert op("Cr3,3,4", 2, normed=True).conv.bias is not None


class TestReshape:
    def test_fold_height_puts_rows_slowest(self):
        data = torch.arange(2 * 3 * 2).view(1, 2, 3, 2).float()  # c h w
        frames = Frames(data, torch.tensor([2]), 2)
        expected = data.permute(0, 2, 1, 3).reshape(1, 6, 1, 2)
        for text in ("Fh", "S1(1x0)1,3", "S3,1"):
            assert torch.equal(op(text, 2, 3)(frames).data, expected), text

    def test_blocks_follow_tesseract(self):
        data = torch.randn(1, 3, 4, 6)
        out = op("S2,3", 3)(Frames(data, torch.tensor([6]), 6)).data
        for dx in range(3):
            for dy in range(2):
                at = (dx * 2 + dy) * 3
                assert torch.equal(out[:, at : at + 3], data[:, :, dy::2, dx::3])

    @pytest.mark.parametrize(
        "text",
        [
            "S3(2x0)1,3",
            "S3(0x2)3,2",
            "S1(2x0)2,1",
            "S2(0x2)2,3",
            "S2(2x0)3,2",
            "S1(0x2)1,3",
            "S3(2x0)2,3",
            "S2(0x3)2,1",
        ],
    )
    def test_splits_follow_kraken(self, text):
        data = torch.randn(2, 4, 6, 12)
        out = op(text, 4, 6)(Frames(data, torch.tensor([12, 12]), 12)).data
        assert torch.equal(out, kraken_reshape(data, text))

    def test_addition_adds_chunks(self):
        data = torch.randn(1, 5, 2, 3)
        out = op("A3,2", 5)(Frames(data, torch.tensor([3]), 3)).data
        assert torch.allclose(out, data[:, :2] + data[:, 2:4])


def kraken_reshape(data: torch.Tensor, text: str) -> torch.Tensor:
    """Kraken's `Reshape`: rotate the moved part step by step to its destination."""
    axes = {"1": 2, "2": 3, "3": 1}
    source, high, low = axes[text[1]], axes[text[-3]], axes[text[-1]]
    a, b = (int(part) or -1 for part in text[3 : text.index(")")].split("x"))
    data = data.reshape(*data.shape[:source], a, b, *data.shape[source + 1 :])
    target = high if high != source else low
    source += high == source
    order = list(range(5))
    step = 1 if target > source else -1
    for at in range(source, target, step):
        order[at], order[at + step] = order[at + step], order[at]
    data = data.permute(order)
    merged = data.shape[target] * data.shape[target + 1]
    return data.reshape(*data.shape[:target], merged, *data.shape[target + 2 :])


class TestRecurrence:
    def test_both_directions_equal_a_packed_lstm(self):
        layer = op("Lbx5", 3)
        frames = ragged(3, 1, 9, 4, 6)
        whole = nn.LSTM(3, 5, batch_first=True, bidirectional=True)
        weights = {f"{k}": v for k, v in layer.ahead.state_dict().items()}
        weights |= {f"{k}_reverse": v for k, v in layer.back.state_dict().items()}
        whole.load_state_dict(weights)
        packed = pack_padded_sequence(
            frames.data[:, :, 0].transpose(1, 2), frames.widths, True, enforce_sorted=False
        )
        expected, _ = pad_packed_sequence(whole(packed)[0], batch_first=True)
        assert torch.allclose(layer(frames).data[:, :, 0].transpose(1, 2), expected, atol=1e-6)
        assert torch.equal(layer(frames._replace(narrowest=0)).data, layer(frames).data)

    @pytest.mark.parametrize("text", ["Lfxs4", "Lrxs4", "Lbxs4", "Grxs4", "Lbxso4"])
    def test_summary_is_the_last_step_of_the_scan(self, text):
        frames = ragged(3, 2, 7, 4)
        brief = op(text, 3)
        full = op(text.replace("s", ""), 3)
        full.load_state_dict(brief.state_dict())
        steps, summary = full(frames).data, brief(frames)
        assert summary.widths.tolist() == [1, 1]
        for line, width in enumerate((7, 4)):
            ahead, back = steps[line, :, :, width - 1], steps[line, :, :, 0]
            expected = {"f": ahead, "r": back, "b": torch.cat((ahead[:4], back[4:]))}[text[1]]
            assert torch.allclose(summary.data[line, :, :, 0], expected, atol=1e-6)

    def test_columns_are_scanned_on_their_own(self):
        layer = op("Lfys4", 2)
        frames = ragged(2, 5, 6, 6)
        columns = frames.data.permute(0, 3, 2, 1).reshape(12, 5, 2)
        expected = layer.ahead(columns.transpose(0, 1))[0][-1].view(2, 6, 4)
        assert torch.allclose(layer(frames).data[:, :, 0].transpose(1, 2), expected, atol=1e-6)

    def test_peephole_without_peepholes_is_an_lstm(self):
        layer = op("Lfxo4", 2)
        layer.ahead.peepholes.data.zero_()
        plain = nn.LSTM(3, 4, bias=False)
        plain.weight_ih_l0.data, plain.weight_hh_l0.data = (
            layer.ahead.weight_ih,
            layer.ahead.weight_hh,
        )
        frames = ragged(2, 1, 6)
        ones = torch.cat((torch.ones(6, 1, 1), frames.data[:, :, 0].permute(2, 0, 1)), 2)
        expected = plain(ones)[0].permute(1, 2, 0)
        assert torch.allclose(layer(frames).data[:, :, 0], expected, atol=1e-6)

    @pytest.mark.parametrize("text", ["L2xy3", "L2yx3"])
    def test_quad_equals_cell_by_cell(self, text):
        layer = op(text, 2)
        frames = ragged(2, 3, 5)
        grid = frames.data[0].permute(1, 2, 0)
        if text == "L2xy3":
            grid = grid.transpose(0, 1)
        outs = []
        for cell, axes in zip(layer.cells, ((), (1,), (0, 1), (0,)), strict=True):
            outs.append(grid_lstm(cell, grid.flip(axes)).flip(axes))
        expected = torch.cat(outs, 2)
        if text == "L2xy3":
            expected = expected.transpose(0, 1)
        assert torch.allclose(layer(frames).data[0], expected.permute(2, 0, 1), atol=1e-6)

    def test_softmax_lstm_feeds_back(self):
        layer = op("LS4", 2, labels=3)
        frames = ragged(2, 2, 3)
        fed, rows = torch.zeros(3), []
        for row in frames.data[0].permute(1, 2, 0):
            hidden = cell = torch.zeros(4)
            for pixel in row:
                gates = layer.enter(pixel) + layer.recur(torch.cat((fed, hidden)))
                new, enter, forget, leave = gates.chunk(4)
                cell = cell * forget.sigmoid() + new.tanh() * enter.sigmoid()
                hidden = cell.tanh() * leave.sigmoid()
                rows.append(layer.out(hidden))
                fed = rows[-1].softmax(0)
        expected = torch.stack(rows).view(2, 3, 3).permute(2, 0, 1)
        assert torch.allclose(layer(frames).data[0], expected, atol=1e-6)

    def test_binary_feedback_is_lowest_bit_first(self):
        layer = op("LE4", 2, labels=6)
        assert layer.recur.in_features == 3 + 4
        assert layer._feedback(functional.one_hot(torch.tensor([3, 4]), 6)).tolist() == [
            [1, 1, 0],
            [0, 0, 1],
        ]


def grid_lstm(cell: nn.Module, grid: torch.Tensor) -> torch.Tensor:
    h, w, _ = grid.shape
    zero = torch.zeros(cell.units)
    state = {}
    for y in range(h):
        for x in range(w):
            left, left_cell = state.get((y, x - 1), (zero, zero))
            up, up_cell = state.get((y - 1, x), (zero, zero))
            gates = cell.enter(grid[y, x]) + cell.recur(torch.cat((left, up)))
            new, enter, forget, leave, above = gates.chunk(5)
            forget, above = forget.sigmoid(), above.sigmoid()
            kept = left_cell * forget
            if y:
                kept = torch.where(forget < above, up_cell * above, kept)
            c = kept + new.tanh() * enter.sigmoid()
            state[y, x] = c.tanh() * leave.sigmoid(), c
    return torch.stack([torch.stack([state[y, x][0] for x in range(w)]) for y in range(h)])


class TestNorm:
    @pytest.mark.parametrize("widths", [(9, 4, 6), (9, 9, 9)])
    def test_batch_statistics_see_valid_columns_only(self, widths):
        layer, plain = op("Bn", 3).train(), nn.BatchNorm2d(3)
        frames = ragged(3, 2, *widths)
        valid = torch.cat([frames.data[n, :, :, :w] for n, w in enumerate(widths)], 2)[None]
        ours, theirs = frames.data.clone().requires_grad_(), valid.clone().requires_grad_()
        with torch.no_grad():
            plain.weight.uniform_(0.5, 2)
            layer.norm.weight.copy_(plain.weight)
        out = layer(frames._replace(data=ours))
        expected = plain(theirs)
        factor = torch.randn_like(expected)
        (expected * factor).sum().backward()
        spread = torch.zeros_like(ours)
        start = 0
        for n, w in enumerate(widths):
            spread[n, :, :, :w] = factor[0, :, :, start : start + w]
            assert torch.allclose(
                out.data[n, :, :, :w], expected[0, :, :, start : start + w], atol=1e-5
            )
            start += w
        (out.data * spread).sum().backward()
        for n, w in enumerate(widths):
            begin = sum(widths[:n])
            there = theirs.grad[0, :, :, begin : begin + w]
            assert torch.allclose(ours.grad[n, :, :, :w], there, atol=1e-5)
        assert torch.allclose(layer.norm.weight.grad, plain.weight.grad, atol=1e-4)
        assert torch.allclose(layer.norm.bias.grad, plain.bias.grad, atol=1e-4)
        assert torch.allclose(layer.norm.running_mean, plain.running_mean, atol=1e-6)
        assert torch.allclose(layer.norm.running_var, plain.running_var, atol=1e-5)

    def test_group_norm_equals_torch_on_full_lines(self):
        layer = op("Gn2", 4)
        frames = ragged(4, 3, 8, 8)
        masked = layer(frames._replace(narrowest=0)).data
        assert torch.allclose(masked, layer(frames).data, atol=1e-5)

    def test_layer_norm_is_over_channels(self):
        out = op("Ln", 6)(ragged(6, 2, 5)).data
        assert torch.allclose(out.mean(1), torch.zeros(1), atol=1e-6)


class TestDropout:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_share_and_scale(self, share):
        frames = Frames(torch.ones(4, 50, 10, 50), torch.full((4,), 50), 50)
        out = op(f"Do{share}", 50).train()(frames).data
        assert out.eq(0).float().mean() == pytest.approx(share, abs=0.01)
        assert out.max() == pytest.approx(1 / (1 - share))

    def test_channels_fall_as_a_whole(self):
        frames = Frames(torch.ones(8, 20, 3, 5), torch.full((8,), 5), 5)
        out = op("Do0.5,2", 20).train()(frames).data
        assert set(out.mean((2, 3)).unique().tolist()) == {0.0, 2.0}

    def test_nothing_falls_while_reading(self):
        frames = ragged(3, 2, 5)
        assert op("Do", 3)(frames) is frames
        assert op("W{m}4,2,0.5,10", 3)(frames) is frames


def test_transposed_takes_the_size_of_another_branch():
    layer = op("CTr3,3,2,2,2", 4)
    small, like = ragged(4, 3, 5, 3), ragged(4, 6, 10, 5)
    out = layer.forward_like(small, like)
    assert out.data.shape == (2, 2, 6, 10)
    assert torch.equal(out.widths, like.widths)
    alone = layer.forward_like(
        Frames(small.data[1:, ..., :3], small.widths[1:], 3),
        Frames(like.data[1:, ..., :5], like.widths[1:], 5),
    )
    assert torch.allclose(out.data[1:, ..., :5], alone.data, atol=1e-6)


def test_whole_image_layer_puts_columns_slowest():
    torch.manual_seed(0)
    kind = kinds()["F"]
    site = Site(spec="Fl3", column=0, match=kind.pattern.fullmatch("Fl3"))
    layer = kind.build(site, Shape(2, 3, 4))
    data = torch.randn(1, 2, 3, 4)
    flat = torch.stack([data[0, :, y, x] for x in range(4) for y in range(3)]).flatten()
    out = layer(Frames(data, torch.tensor([4]), 4)).data
    assert torch.allclose(out[0, :, 0, 0], layer.lin(flat), atol=1e-6)
    with pytest.raises(ValueError, match="4 columns wide, got 5"):
        layer(Frames(torch.zeros(1, 2, 3, 5), torch.tensor([5])))
