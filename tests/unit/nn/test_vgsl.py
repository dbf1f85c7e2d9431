import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import SpecError
from uncial.nn import vgsl
from uncial.nn.ops.base import OPS

REAL = [
    "[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c1]",
    "[1,36,0,1Ct3,3,16Mp3,3Lfys48Lfx96Lrx96Lfx256O1c111]",
    "1,36,0,1[Ct3,3,16 Mp3,3 Lfys64 Lfx96 Lrx96 Lfx512 O1c1]",
    "1,0,0,3 [ Ct3,3,16 Rx(Lfx2 Ry[Lfx3 S2,2])R2 Lfx4 L2xy3 Ft10 LS16]\n",
    "[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 S1(1x0)1,3 Lbx200 Do0.1,2 Lbx200 Do O1c80]",
    "[1,1800,0,3 Cr7,7,64,2,2 Gn32 Cr3,3,128,2,2 Gn32 Lbx32 Lby32 Cr1,1,32 Gn32 O2l8]",
    "[1,48,0,1 Cr{stem}4,2,32,4,2 Gn{g}32 (I [CTlr3,3,4,2,2]) A3,2 W{w}256,12,0.65,100 Gbx{x}9]",
    "[1,48,0,1 Cl3,3,24 Bnr +[Dwl1,9 Bn Cg1,1,384 Cl1,1,24] Fh{stem} Ln Mh Lbxo{n}4 O{h}1la3]",
]
BROKEN = [
    ("", 0, "input"),
    ("[Cr3,3,8]", 1, "input"),
    ("[1,36,0,1]", 9, "no layer"),
    ("1,36,0,1 Lfx3", 9, "layers are missing"),
    ("[1,36,0,1 Lbx10junk]", 15, "no layer begins with 'junk'"),
    ("[1,36,0,1 Cr3,3]", 15, "does not read as 'C'"),
    ("[1,36,0,1 Cq3,3,8]", 11, "does not read as 'C'"),
    ("[1,36,0,1 Lfx8", 14, "not closed"),
    ("[1,36,0,1 (Lfx8]", 15, "not closed"),
    ("[1,36,0,1 Lfx8] x", 16, "goes on"),
    ("[1,36,0,1 Lfx8 Rx]", 17, "nothing follows"),
    ("[1,36,0,1 R0 Lfx8]", 10, "counted"),
    ("[1,36,0,1 S(2x3)1,2]", 11, "does not read as 'S"),
    ("[1,36,0,0 Lfx8]", 1, "depth 0"),
    ("[1,99999999,0,1 Lfx8]", 1, "out of range"),
    ("[1,36,0,1" + "[" * 50, 41, "nested"),
    ("[1,36,0,1" + "+" * 50 + "I]", 41, "nested"),
]


def nodes() -> st.SearchStrategy[str]:
    ops = st.sampled_from([text for name in OPS for text in OPS.get(name).examples])
    space = st.sampled_from(["", " ", "\n\t "])

    def deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        several = st.lists(st.tuples(space, inner).map("".join), min_size=1, max_size=3)
        group = st.tuples(several.map("".join), space).map("".join)
        return (
            group.map(lambda body: f"[{body}]")
            | group.map(lambda body: f"({body})")
            | st.tuples(st.sampled_from(["Rx", "Ry", "R2", "+"]), space, inner).map("".join)
        )

    return st.recursive(ops, deeper, max_leaves=6)


def specs() -> st.SearchStrategy[str]:
    space = st.sampled_from(["", " ", "  \n"])
    body = st.lists(st.tuples(space, nodes()).map("".join), min_size=1, max_size=4).map("".join)
    inside = st.tuples(space, body, space).map(
        lambda t: f"{t[0]}[{t[2]}1,48,0,1{t[1]}{t[2]}]{t[0]}"
    )
    outside = st.tuples(space, body, space).map(
        lambda t: f"{t[0]}1,48,0,1{t[2]}[{t[1]}{t[0]}]{t[2]}"
    )
    return inside | outside


def read(text: str) -> vgsl.Spec | SpecError:
    try:
        return vgsl.parse(text)
    except SpecError as error:
        return error


@pytest.mark.parametrize("text", REAL)
def test_real_specs_come_back(text):
    assert vgsl.format(vgsl.parse(text)) == text


@given(specs())
def test_format_inverts_parse(text):
    assert vgsl.format(vgsl.parse(text)) == text


@given(specs(), st.data())
def test_corruption_is_another_spec_or_an_error_with_a_place(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("[]() ,0129CLxsq{}+é\x00"))
    corrupt = text[:at] + letter + text[at + 1 :]
    tree = read(corrupt)
    if isinstance(tree, SpecError):
        assert tree.spec == corrupt
        assert 0 <= tree.column <= len(corrupt)
    else:
        assert vgsl.format(tree) == corrupt
        assert corrupt == text or tree != vgsl.parse(text)


@given(st.text(alphabet="[]()1,0 CLrfbxyMpDoS{}a+\n٣", max_size=40))
def test_any_text_parses_or_raises_a_spec_error(text):
    tree = read(text)
    if isinstance(tree, SpecError):
        assert pickle.loads(pickle.dumps(tree)).column == tree.column
    else:
        assert vgsl.format(tree) == text


@pytest.mark.parametrize(("text", "column", "words"), BROKEN)
def test_errors_name_thing_and_place(text, column, words):
    with pytest.raises(SpecError) as caught:
        vgsl.parse(text)
    assert words in caught.value.problem
    assert caught.value.column == column


def test_caret_stands_under_the_column():
    with pytest.raises(SpecError) as caught:
        vgsl.parse("[1,36,0,1 Lbx10junk]")
    _, line, caret, *_ = str(caught.value).splitlines()
    assert line[caret.index("^")] == "j"


def test_columns_lead_back_to_the_text():
    text = REAL[3]
    for layer in vgsl.layers(vgsl.parse(text).body):
        assert text[layer.column :].startswith(layer.text)


def test_dialects_are_told_apart():
    ops = [layer.op for layer in vgsl.layers(vgsl.parse("[1,8,0,1 S2,2 S1(1x0)1,3]").body)]
    assert ops == ["Sb", "S"]


def test_last_layer_and_its_replacement():
    tree = vgsl.parse(REAL[0])
    assert vgsl.last_layer(tree).text == "O1c1"
    assert vgsl.format(vgsl.with_last(tree, "O1c42")).endswith("Lfx192 O1c42]")
    assert vgsl.last_layer(vgsl.parse("[1,8,0,1 (I I)]")) is None
    nested = vgsl.parse("[1,8,0,1[Lfx3 O1c1] ]")
    assert vgsl.format(vgsl.with_last(nested, "O1c2")) == "[1,8,0,1[Lfx3 O1c2] ]"


def test_one_more_layer():
    tree = vgsl.with_layer(vgsl.parse("[1,8,0,1 Lfx3 ]"), "O1c5")
    assert vgsl.format(tree) == "[1,8,0,1 Lfx3 O1c5 ]"
