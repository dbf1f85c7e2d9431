"""Which characters a fine-tuned model reads worse than its base."""

from __future__ import annotations

from uncial.evaluation.drift import Shift, drift, shifts
from uncial.text.metrics import LineScore, score_line


def _scores(pairs: list[tuple[str, str]]) -> list[LineScore]:
    return [score_line(a, b, line_id=str(at)) for at, (a, b) in enumerate(pairs)]


TRUTHS = ["a1 b2", "c3 d4", "e5 f6", "g7 h8", "i9 j0"]
RIGHT = _scores([(text, text) for text in TRUTHS])


def _found(outputs: list[str]) -> dict[tuple[str, str], Shift]:
    found = shifts(RIGHT, _scores(list(zip(TRUTHS, outputs, strict=True))))
    return {(shift.what, shift.character): shift for shift in found}


def test_spaces_that_are_dropped_are_named_with_lines() -> None:
    found = _found([text.replace(" ", "") for text in TRUTHS])
    shift = found["dropped", " "]
    assert found.keys() == {("dropped", " ")}
    assert (shift.before, shift.after, shift.occurrences) == (0, 5, 5)
    assert shift.examples[0].model == "a1b2"
    assert len(shift.examples) == 2


def test_invented_and_changed_characters_are_told_apart() -> None:
    found = _found([text + "!" for text in TRUTHS])
    assert found.keys() == {("invented", "!")}
    assert found["invented", "!"].occurrences == 0
    truth, output = ["x x x"] * 3, ["y y z"] * 3
    scores = _scores(list(zip(truth, output, strict=True)))
    right = _scores([(text, text) for text in truth])
    (shift,) = shifts(right, scores)
    assert (shift.what, shift.character, shift.outputs) == ("changed", "x", (("y", 6), ("z", 3)))


def test_what_the_base_mistakes_as_often_is_not_told() -> None:
    wrong = _scores([(text, text + "!") for text in TRUTHS])
    assert shifts(wrong, wrong) == []
    once = [*TRUTHS[:4], TRUTHS[4] + "!"]
    assert not _found(once)


def test_both_error_rates_come_with_a_paired_interval() -> None:
    wrong = _scores([(text, text[:-1]) for text in TRUTHS])
    found = drift("random", RIGHT, wrong)
    assert (found.kind, found.lines, found.characters) == ("random", 5, 25)
    assert (found.base_cer, found.model_cer) == (0.0, 0.2)
    assert found.difference_ci95 == (0.2, 0.2)
