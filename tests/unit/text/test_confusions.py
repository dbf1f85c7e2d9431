"""Confusions and scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.text.confusions import SCRIPTS, Confusion, confusions, script_of, script_scores
from uncial.text.metrics import score_line
from uncial.text.normalize import Normalization


def kinds_of(truth: str, output: str) -> list[tuple[str, str, str]]:
    return [(c.truth, c.output, c.kind) for c in confusions([score_line(truth, output)])]


@pytest.mark.parametrize(
    ("truth", "output", "expected"),
    [
        ("same", "same", []),
        ("modern", "modem", [("rn", "m", "run")]),
        ("clear", "dear", [("cl", "d", "run")]),
        ("müde", "miide", [("ü", "ii", "run")]),
        ("haus", "hans", [("u", "n", "replace")]),
        ("in dem", "indem", [(" ", "", "space")]),
        ("indem", "in dem", [("", " ", "space")]),
        ("Haus", "haus", [("H", "h", "case")]),
        ("abc", "ac", [("b", "", "delete")]),
        ("ac", "abc", [("", "b", "insert")]),
        ("a\u0364r", "ar", [("a\u0364", "a", "replace")]),
        ("a,b", "a b", [(",", " ", "replace")]),
    ],
)
def test_kinds(truth: str, output: str, expected: list[tuple[str, str, str]]) -> None:
    assert kinds_of(truth, output) == expected


def test_long_losses_count_one_by_one() -> None:
    assert confusions([score_line("xaaaay", "xy")]) == [Confusion("a", "", 4, "delete")]


def test_most_frequent_first() -> None:
    scores = [score_line("uuu", "nnn"), score_line("modern", "modem"), score_line("H", "h")]
    assert [c.count for c in confusions(scores)] == [3, 1, 1]


def test_scripts_table() -> None:
    table = {row.script: row for row in script_scores([score_line("abc אב 1", "axc אבג 12")])}
    assert (table["Latin"].characters, table["Latin"].errors) == (3, 1)
    assert (table["Hebrew"].characters, table["Hebrew"].errors) == (2, 1)
    assert (table["Common"].characters, table["Common"].errors) == (3, 1)
    assert table["Hebrew"].cer == 0.5


@given(st.lists(st.tuples(st.text("aбא1 \u0301"), st.text("aбא1 \u0301")), max_size=5))
def test_errors_by_script_add_up(pairs: list[tuple[str, str]]) -> None:
    scores = [score_line(*pair, normalization=Normalization(())) for pair in pairs]
    table = script_scores(scores)
    assert sum(row.errors for row in table) == sum(score.char_edits for score in scores)
    assert sum(row.characters for row in table) == sum(score.chars for score in scores)


def test_every_script_name_is_known() -> None:
    assert len(set(SCRIPTS)) == len(SCRIPTS)
    assert [script_of(c) for c in ("ä", "ж", "漢", "a\u0364", "1", "\u0301")] == [
        *("Latin", "Cyrillic", "Han", "Latin", "Common", "Common")
    ]
