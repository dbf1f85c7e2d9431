from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from uncial.evaluation.breakdown import by_position, by_rarity, by_script, occurrences
from uncial.evaluation.calibration import Evidence
from uncial.evaluation.run import LineResult
from uncial.text.metrics import score_line

texts = st.text("abſ π", max_size=9)


def line(truth: str, output: str) -> LineResult:
    score = score_line(truth, output)
    return LineResult(
        row=0,
        score=score,
        confidence=1.0,
        document="",
        truth=truth,
        output=output,
        evidence=Evidence((), (), score.char_edits, score.chars),
    )


@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_places_hold_every_character_and_every_error_once(pairs: list[tuple[str, str]]) -> None:
    lines = [line(*pair) for pair in pairs]
    parts = by_position(lines)
    assert sum(part.characters for part in parts) == sum(one.score.chars for one in lines)
    assert sum(part.errors for part in parts) == sum(one.score.char_edits for one in lines)


def test_errors_are_found_at_their_place() -> None:
    errors = {part.label: part.errors for part in by_position([line("abcdefgh", "xbcdefg")])}
    assert errors == {
        "first": 1,
        "second and third": 0,
        "middle": 0,
        "third and second to last": 0,
        "last": 1,
    }


def test_rare_characters_are_told_from_common_ones() -> None:
    lines = [line("aaa ſ", "aaa s"), line("aab", "aab")]
    counts = Counter({"a": 500, " ": 30, "b": 7, "ſ": 2})
    parts = {part.label: part for part in by_rarity(lines, counts)}
    assert (parts["1 to 5 times"].errors, parts["1 to 5 times"].characters) == (1, 1)
    assert (parts["101 to 1000 times"].errors, parts["101 to 1000 times"].characters) == (0, 5)
    assert by_rarity(lines, {})[0].label == "never in the ground truth"


def test_occurrences_are_those_of_the_texts_or_else_of_the_lines() -> None:
    assert occurrences(["aab"], [line("xyz", "")])["a"] == 2
    assert occurrences([], [line("xyz", "")]) == Counter("xyz")


def test_one_script_alone_is_no_breakdown() -> None:
    assert by_script([line("ab", "ab")]) == []
    assert {part.label for part in by_script([line("ab π", "ab")])} == {
        "Latin",
        "Greek",
        "Common",
    }
