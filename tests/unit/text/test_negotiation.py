"""Decisions about characters that a base lacks, and the rule they become."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError
from uncial.text.negotiation import Decision, Negotiation, proposed, read_negotiation
from uncial.text.normalize import Normalization, replacing

SETTLED = Negotiation(
    base='a "base".safetensors',
    decisions=(
        Decision(text="ſ", count=9, lines=3, line="l1", example="daß ſie", action="map", to="s"),
        Decision(text="aͤ", action="map", to="ä"),
        Decision(text="\u00ad", action="drop"),
        Decision(text="ﬁ", action="normalize", to="ligatures"),
        Decision(text="þ"),
    ),
)


def test_decisions_become_one_rule_that_travels_by_its_name() -> None:
    rules = Normalization.named(f"nfc+spaces+{SETTLED.rule}")
    assert rules("daß ſie ﬁel,\u00ad þa aͤ a") == "daß sie fiel, þa ä a"
    assert Normalization.named(rules.name) == rules


def test_a_part_of_a_grapheme_is_left_alone() -> None:
    rules = Normalization((replacing({"a": "x"}),))
    assert rules("a aͤ") == "x aͤ"


@given(st.dictionaries(st.characters(codec="utf-8"), st.text(max_size=3), min_size=1, max_size=4))
def test_any_table_can_be_named(table: dict[str, str]) -> None:
    rules = Normalization((replacing(table),))
    for old, new in table.items():
        assert rules(old) == new
    assert "+" not in rules.name


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_file_is_read_as_it_was_written(form: str, tmp_path: Path) -> None:
    path = tmp_path / f"charset.{form}"
    text = SETTLED.to_toml() if form == "toml" else json.dumps(SETTLED.to_json())
    path.write_text(text, encoding="utf-8")
    assert read_negotiation(path) == SETTLED
    if form == "toml":
        assert tomllib.loads(text) == SETTLED.to_json()


def test_flags_decide_otherwise() -> None:
    made = SETTLED.decided(["ſ", "þ=th", "ﬁ="])
    actions = {one.text: (one.action, one.to) for one in made.decisions}
    assert actions["ſ"] == ("keep", "")
    assert actions["þ"] == ("map", "th")
    assert actions["ﬁ"] == ("drop", "")
    with pytest.raises(ConfigError, match="lacks no 'q'"):
        SETTLED.decided(["q=k"])


def test_what_is_frequent_is_kept_and_what_is_rare_is_normalized_where_that_helps() -> None:
    assert proposed("ſ", 500, ["s"]).action == "keep"
    assert (proposed("ſ", 2, ["s"]).action, proposed("ſ", 2, ["s"]).to) == ("normalize", "long-s")
    assert proposed("þ", 2, ["t", "h"]).action == "keep"
    assert proposed("\u00ad", 2, [""]).action == "drop"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[character]]\ntext = "a"\naction = "burn"', "no action"),
        ('[[character]]\ntext = "a"\naction = "map"', "mapped to nothing"),
        ('[[character]]\ntext = "a"\naction = "normalize"\nto = "none"', "none"),
        ('[[character]]\naction = "drop"', "lacks its text"),
        ('character = "a"', "no list"),
        ("[[character", "TOML|Expected|']'"),
        ("{", "Expecting"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "charset.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_negotiation(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_negotiation(tmp_path / "absent.toml")


def test_a_rule_that_is_no_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="no table of code points"):
        Normalization.named("nfc+map:zz=1")
