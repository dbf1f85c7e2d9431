"""Models that come with the package."""

import json

import pytest

from uncial.basemodels import shipped, shipped_names
from uncial.formats.models.native import read_header

_MOST = 4_000_000  # bytes


def test_names_are_files_and_others_are_none() -> None:
    assert "segmenter" in shipped_names()
    assert shipped("no-such-model") is None
    assert shipped("../segmenter") is None


@pytest.mark.parametrize("name", shipped_names())
def test_a_model_is_small_and_has_its_card(name: str) -> None:
    path = shipped(name)
    assert path is not None
    data = path.read_bytes()
    assert len(data) <= _MOST
    header = (
        read_header(data)
        if name != "segmenter"
        else json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    )
    assert header
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}.safetensors")
    assert "Licence" in card
