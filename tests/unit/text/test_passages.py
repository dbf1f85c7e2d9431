from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.text.passages import comparable, find_passages, unshown

LINES = [
    "It was the best of times, it was the worst",
    "of times, it was the age of wisdom, it was",
    "the age of foolishness, it was the epoch of",
    "belief, it was the epoch of incredulity, it",
    "was the season of Light, it was the season",
    "of Darkness, it was the spring of hope, it",
    "was the winter of despair, we had every-",
    "thing before us, we had nothing before us,",
]


def spoiled(text: str, rate: float, seed: int = 0) -> str:
    """What a poor model reads."""
    rng = random.Random(f"{seed}{text}")
    out = []
    for char in text:
        dice = rng.random()
        if dice < rate / 2:
            out.append(rng.choice("aeinrst "))
        elif dice > rate or dice < rate * 0.75:
            out.append(char)
    return "".join(out)


@pytest.mark.parametrize("separator", [" ", "\n", "\n\n"])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25])
def test_running_text_is_parted_as_the_lines_are(separator: str, rate: float) -> None:
    found = find_passages([spoiled(line, rate) for line in LINES], separator.join(LINES))
    right = sum(one.text == line for one, line in zip(found, LINES, strict=True))
    assert right >= len(LINES) - (rate > 0.2)
    assert unshown(found, separator.join(LINES)) == []


def test_a_word_that_only_the_line_breaks_gets_its_hyphen() -> None:
    text = " ".join(LINES).replace("every- thing", "everything")
    found = find_passages(LINES, text)
    assert [one.text for one in found[-2:]] == LINES[-2:]


def test_confidence_goes_by_how_alike_line_and_text_are() -> None:
    exact, rough = find_passages([LINES[0], spoiled(LINES[1], 0.3)], " ".join(LINES[:2]))
    assert exact.confidence == 1
    assert 0.5 < rough.confidence < 0.95


def test_lines_that_the_transcript_lacks_get_nothing_and_others_keep_their_text() -> None:
    text = "\n".join(LINES[:3] + LINES[4:])
    found = find_passages(LINES, text)
    assert [one.text for one in found] == [*LINES[:3], "", *LINES[4:]] or found[3].confidence < 0.7
    assert [one.text for one in found[4:]] == LINES[4:]


def test_text_that_no_line_shows_is_left_over() -> None:
    extra = "An editor once thought it wise to add a remark here."
    text = "\n".join([*LINES[:4], extra, *LINES[4:]])
    found = find_passages(LINES, text)
    assert [one.text for one in found] == LINES
    assert unshown(found, text) == [extra]


def test_long_s_and_case_make_no_difference_and_the_transcript_is_kept() -> None:
    (found,) = find_passages(["ES IST DIE BESTE ZEIT"], "Es iſt die beſte Zeit")
    assert (found.text, found.confidence) == ("Es iſt die beſte Zeit", 1.0)


@settings(max_examples=30)
@given(st.lists(st.text("ab -\n", max_size=12), max_size=6), st.text("ab -\n\f", max_size=60))
def test_any_lines_and_any_text_give_a_passage_a_line(lines: list[str], text: str) -> None:
    found = find_passages(lines, text)
    assert len(found) == len(lines)
    assert all(0 <= one.confidence <= 1 for one in found)


@given(st.text(max_size=30))
def test_comparable_text_is_as_long_as_before(text: str) -> None:
    assert len(comparable(text)) == len(text)
