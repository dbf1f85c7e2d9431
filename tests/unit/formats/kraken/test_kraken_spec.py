"""kraken's VGSL text: names, counterparts, places of weights."""

from __future__ import annotations

import pytest

from uncial.errors import SpecError
from uncial.formats.kraken.spec import from_kraken, to_kraken

LINES = "[1,48,0,1 Cr{C_0}3,3,32 Do{Do_1}0.1,2 Mp{Mp_2}2,2 S{S_3}1(1x0)1,3 Lbx{L_4}9 O{O_5}1c8]"


def test_names_are_dropped_and_come_back() -> None:
    network = from_kraken(LINES)
    assert network.ours == "[1,48,0,1 Cr3,3,32 Do0.1,2 Mp2,2 S1(1x0)1,3 Lbx9 O1c8]"
    assert to_kraken(network.ours).theirs == LINES


def test_layers_in_brackets_are_found_by_their_names() -> None:
    network = from_kraken("[1,48,0,1 (I{I_0} [Cr{C_1}3,3,1 Gn{Gn_2}1]) O{l_3}2l4]")
    paths = {layer.name: (layer.path, layer.theirs) for layer in network.layers}
    assert paths["Gn_2"] == (
        "layers.parallel_0.series_1.Gn_1",
        "nn.I_0 C_1 Gn_2.C_1 Gn_2.Gn_2",
    )
    assert paths["l_3"] == ("layers.O_1", "nn.l_3")


def test_old_texts_without_names_get_those_that_kraken_gives() -> None:
    network = from_kraken("[1,48,0,1 Cr3,3,8 Do Gfx9 O1c8]")
    assert [layer.name for layer in network.layers] == ["C_0", "Do_1", "G_2", "O_3"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Grx9", "Lfx9"),
        ("Lrys9", "Lfys9"),
        ("Cs3,3,8", "Cl3,3,8"),
        ("Cr4,2,8", "Cr4,2,8,1,1"),
        ("Cr4,2,8,2,2", "Cr4,2,8,2,2"),
        ("CTr2,2,8,2,2", "CTr2,2,8,2,2"),
    ],
)
def test_a_layer_becomes_what_kraken_makes_of_it(theirs: str, ours: str) -> None:
    assert from_kraken(f"[1,48,0,1 {theirs} O1c8]").ours == f"[1,48,0,1 {ours} O1c8]"


def test_a_window_of_ours_keeps_the_size_that_it_has_here() -> None:
    assert "Cr{C_0}5,3,8" in to_kraken("[1,48,0,1 Cr4,2,8 O1c8]").theirs
    assert "S{S_1}1(1x0)1,3" in to_kraken("[1,48,0,1 Cr3,3,8 Fh O1c8]").theirs


@pytest.mark.parametrize("layer", ["Bn", "Lrx9", "Dw1,9", "Cg3,3,8", "Cs3,3,8", "Lbys9", "+I"])
def test_a_layer_that_kraken_lacks_is_refused_with_its_place(layer: str) -> None:
    with pytest.raises(SpecError) as caught:
        to_kraken(f"[1,48,0,1 {layer} O1c8]")
    assert caught.value.column == 10


@pytest.mark.parametrize(
    "text", ["", "[1,48,0,1]", "[1,48,0,1 [[Do]", "[1,48,0,1 Do Lbys9 O1c8]", "[1,48,0,1 Do] x"]
)
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        from_kraken(text)
