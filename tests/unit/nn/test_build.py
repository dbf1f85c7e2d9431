import pytest
import torch

from uncial.errors import ConfigError, SpecError
from uncial.nn.build import build
from uncial.nn.frames import Frames
from uncial.nn.ops.base import Shape

OURS = (
    "[1,48,0,1 Cl3,3,24,2,2 Bnr Cl3,3,48 Bnr Mp2,2 Cl3,3,96 Bnr Mp2,1 Cl3,3,128 Bnr Fh{stem} "
    "Cl1,1,192 Bnr +[Dwl1,9 Bn Cg1,1,384 Cl1,1,192] +[Dwl1,9 Bn Cg1,1,384 Cl1,1,192] "
    "+[Dwl1,9 Bn Cg1,1,384 Cl1,1,192] (I Lbx128) Do O1c80]"
)
TESSERACT = "[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c1]"
KRAKEN = (
    "[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Do0.1,2 Mp2,2 "
    "Cr3,9,64 Do0.1,2 S1(1x0)1,3 Lbx200 Do0.1,2 Lbx200 Do0.1,2 Lbx200 Do O1c80]"
)
EVEN = (
    "[1,48,0,1 Cr4,2,32,4,2 Gn32 Cr4,2,64,1,1 Gn32 Mp4,2,4,2 Cr3,3,128,1,1 Gn32 Mp1,2,1,2 "
    "S1(1x0)1,3 Lbx256 Do0.5 O1c9]"
)
PAGES = "[1,96,0,3 Cr7,7,16,2,2 Gn4 Cr3,3,8,2,2 Gn4 Lbx4 Lby4 Cr1,1,8 Gn4 Lby4 Lbx4 O2l8]"


def image(network, *widths):
    height = network.input_height
    data = torch.rand(len(widths), network.input_channels, height, max(widths))
    return Frames(data, torch.tensor(widths)).blanked()


@pytest.mark.parametrize(
    ("spec", "stride", "channels", "parameters"),
    [
        (OURS, 4, 80, None),
        (TESSERACT, 3, 80, None),
        (KRAKEN, 8, 80, 4_024_944),
        (EVEN, 8, 80, None),
    ],
)
def test_line_specs_build_and_read(spec, stride, channels, parameters):
    network = build(spec, labels=80).eval()
    assert (network.stride_x, network.labels, network.loss) == (stride, 80, "ctc")
    assert network.output_shape == Shape(channels, 1, 0)
    assert parameters in (None, sum(p.numel() for p in network.parameters()))
    frames = image(network, 200, 131)
    log_probs = network.log_probs(frames)
    assert log_probs.shape == (2, network.output_widths(200), 80)
    assert torch.allclose(log_probs.exp().sum(2), torch.ones(1), atol=1e-5)
    alone = network.log_probs(Frames(frames.data[1:, ..., :131], frames.widths[1:]))
    own = network.output_widths(131)
    assert torch.allclose(log_probs[1, :own], alone[0, :own], atol=1e-4)


def test_pages_keep_their_outputs():
    network = build(PAGES)
    assert (network.loss, network.labels, network.input_channels) == ("logistic", 8, 3)
    maps = network.eval().probabilities(image(network, 64, 40))
    assert maps.shape == (2, 8, 24, 16)
    assert network.output_shape == Shape(8, 24, 0)
    assert 0 <= maps.min() <= maps.max() <= 1


def test_spec_holds_the_real_number_of_labels():
    assert build(TESSERACT, labels=42).spec.endswith("Lfx192 O1c42]")
    assert build(KRAKEN).spec == KRAKEN


def test_a_missing_head_is_added():
    assert build("[1,8,0,1 Lfys4 Lbx3]", labels=7).spec == "[1,8,0,1 Lfys4 Lbx3 O1c7]"
    with pytest.raises(SpecError, match="no head"):
        build("[1,8,0,1 Lfys4 Lbx3]")


def test_taps_give_what_named_ops_put_out():
    network = build("[1,8,0,1 Cl3,3,4 Bnr Fh{stem} Cl1,1,6 Bn{mid} O1c5]").train()
    assert network.taps == {"stem": Shape(32, 1, 0), "mid": Shape(6, 1, 0)}
    frames = image(network, 30, 11)
    out, taps = network(frames, taps=("stem", "mid"))
    assert list(taps) == ["stem", "mid"]
    assert taps["stem"].data.shape == (2, 32, 1, 30)
    assert taps["stem"].data[1, :, :, 11:].abs().sum() == 0
    assert out.data.shape == (2, 5, 1, 30)
    assert not any(op._forward_hooks for op in network.modules())
    with pytest.raises(ConfigError, match="nothing"):
        network(frames, taps=("nothing",))


def test_the_first_op_that_leaves_one_row_is_the_stem():
    assert build(TESSERACT).taps == {"stem": Shape(48, 1, 0)}
    assert build("[1,1,0,32 Lbx8 O1c5]").taps == {}


@pytest.mark.parametrize("letter", ["t", "r", "lr", "p", "n", "s", "g", "l"])
def test_a_maximum_is_the_same_before_a_rising_nonlinearity(letter: str):
    network = build(f"[1,9,0,1 C{letter}3,3,4 Mp3,3 O2l5]").eval()
    conv, pool, _ = network.layers.children()
    frames = image(network, 30, 11)
    torch.testing.assert_close(
        network(frames).data, network.layers.O_2(pool(conv(frames))).data, rtol=0, atol=1e-6
    )


def test_columns_as_depth():
    network = build("[1,1,0,32 Lbx8 O1c5]").eval()
    assert (network.input_height, network.input_channels) == (32, 1)
    assert network.log_probs(image(network, 20, 9)).shape == (2, 20, 5)


def test_wrong_images_are_refused():
    network = build(TESSERACT, labels=5)
    with pytest.raises(ConfigError, match="36 px high, got 1 channels and 48 px"):
        network(Frames(torch.zeros(1, 1, 48, 20), torch.tensor([20])))


def test_a_mask_is_not_needed_between_convolution_and_norm():
    network = build(OURS, labels=5)
    blanks = {key: op.blanks for key, op in network.layers._modules.items()}
    assert [key for key, value in blanks.items() if value] == [
        "Bn_1", "Mp_4", "Mp_7", "Bn_12", "residual_13", "residual_14", "residual_15", "O_18",
    ]  # fmt: skip
    assert network.layers._modules["C_0"].conv.bias is None


def test_weights_depend_on_the_scheme():
    torch.manual_seed(0)
    scaled = build(TESSERACT, labels=5)
    bias = scaled.layers.get_submodule("L_3").ahead.bias_ih_l0
    assert bias[96:192].eq(1).all()
    assert bias[:96].eq(0).all()
    uniform = build(TESSERACT, labels=5, scheme="uniform")
    assert max(p.abs().max() for p in uniform.parameters()) <= 0.1


@pytest.mark.parametrize(
    ("spec", "column", "words"),
    [
        ("[1,36,0,1 O1c5 Lfx3]", 10, "come last"),
        ("[1,36,0,1 (O1c5 O1c5)]", 11, "come last"),
        ("[1,0,0,1 Lfx3 O1c5]", 14, "fixed height"),
        ("[1,0,0,1 Fh O1c5]", 9, "fixed height"),
        ("[1,8,0,1 Ft3 O1c5]", 9, "fixed height and width"),
        ("[1,4,0,1 Mp8,8 O1c5]", 9, "nothing is left of 4 px"),
        ("[1,8,0,1 Cr3,3,6 Gn4 O1c5]", 19, "do not make 4 groups"),
        ("[1,8,0,1 (I Mp2,2) O1c5]", 12, "branches differ"),
        ("[1,8,0,1 (I Mp1,2) O1c5]", 12, "branches differ"),
        ("[1,8,0,1 +Cr3,3,6 O1c5]", 9, "equal shapes"),
        ("[1,8,0,1 +[Cr3,3,1,1,2] O1c5]", 9, "equal shapes"),
        ("[1,8,0,1 I{a} I{a} O1c5]", 14, "two ops"),
        ("[1,8,0,1 S1(3x0)1,3 O1c5]", 9, "does not split"),
        ("[1,8,0,1 S1(2x0)2,3 O1c5]", 16, "one part has to stay"),
        ("[1,8,0,1 S2(2x0)2,3 O1c5]", 12, "variable size"),
        ("[1,8,0,1 Cr0,3,6 O1c5]", 11, "0 is out of range"),
        ("[1,8,0,1 Cr3,3,999999 O1c5]", 15, "out of range"),
        ("[1,8,0,1 Do0.2,3 O1c5]", 15, "1 (values)"),
        ("[1,8,0,1 Do2 O1c5]", 11, "no probability"),
        ("[1,8,0,1 A1,9 O1c5]", 12, "less than one chunk"),
        ("[1,8,0,1 O2c5]", 11, "CTC reads lines"),
        ("[1,8,0,1 R99 R99 Cl1,1,1 O1c5]", 17, "over 1000 layers"),
        ("[1,8,0,1 LS5]", 9, "how many labels"),
    ],
)
def test_misfits_are_shown_where_they_are(spec, column, words):
    with pytest.raises(SpecError) as caught:
        build(spec)
    assert words in caught.value.problem
    assert caught.value.column == column


def test_copies_do_not_share_weights():
    network = build("[1,8,0,1 R3 Lfys4 O1c5]")
    assert network.layers._modules["R3_0"].shape(Shape(1, 8, 0)) == Shape(12, 1, 0)
    assert len(list(network.layers._modules["R3_0"].parameters())) == 12
