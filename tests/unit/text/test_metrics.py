"""Error rates: against jiwer, and as a metric."""

import random

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import DataError
from uncial.text.metrics import LineScore, align, cer, compare, score_line, summarize
from uncial.text.normalize import Normalization

lines = st.text("abcä \u0301क्षि", max_size=10)
pairs = st.lists(st.tuples(lines, lines), min_size=1, max_size=8)
RAW = Normalization(())


def distance(a: str, b: str) -> int:
    return score_line(a, b, normalization=RAW).char_edits


@given(lines, lines, lines)
def test_edit_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c)


@given(pairs, st.randoms(use_true_random=False))
def test_cer_is_unchanged_by_shuffling(some: list[tuple[str, str]], rng: random.Random) -> None:
    shuffled = rng.sample(some, len(some))
    assert cer(some) == cer(shuffled)
    before = summarize([score_line(*pair) for pair in some], resamples=10)
    after = summarize([score_line(*pair) for pair in shuffled], resamples=10)
    assert (before.cer, before.wer) == (after.cer, after.wer)
    assert before.cer_macro == pytest.approx(after.cer_macro)
    assert before.cer == cer(some)


@given(st.lists(st.tuples(st.text("abc ", min_size=1), st.text("abc ")), min_size=1, max_size=8))
def test_rates_agree_with_jiwer(some: list[tuple[str, str]]) -> None:
    some = [(" ".join(("x " + a).split()), " ".join(b.split())) for a, b in some]
    truths, outputs = map(list, zip(*some, strict=True))
    score = summarize([score_line(*pair) for pair in some], resamples=10)
    assert score.cer == pytest.approx(jiwer.cer(truths, outputs))
    assert score.wer == pytest.approx(jiwer.wer(truths, outputs))


def _wagner_fischer(truth: str, output: str) -> int:
    """Edit distance by the plain table, independent of any library."""
    row = list(range(len(output) + 1))
    for at, one in enumerate(truth, start=1):
        before, row[0] = row[0], at
        for to, other in enumerate(output, start=1):
            best = min(row[to] + 1, row[to - 1] + 1, before + (one != other))
            before, row[to] = row[to], best
    return row[-1]


@given(st.lists(st.tuples(st.text("abcé ſ", max_size=12), st.text("abcé ſ", max_size=12))))
def test_cer_agrees_with_an_independent_implementation(some: list[tuple[str, str]]) -> None:
    edits = sum(_wagner_fischer(truth, output) for truth, output in some)
    expected = edits / max(sum(len(truth) for truth, _ in some), 1)
    assert cer(some, RAW, "codepoint") == pytest.approx(expected)


@given(lines, lines)
def test_alignment_rebuilds_both_sides_at_the_distance(truth: str, output: str) -> None:
    edits = align(truth, output)
    assert "".join(edit.truth for edit in edits) == truth
    assert "".join(edit.output for edit in edits) == output
    assert sum(edit.kind != "equal" for edit in edits) == distance(truth, output)
    positions = [(edit.truth_at, edit.output_at) for edit in edits]
    assert positions == sorted(positions)


def test_graphemes_and_code_points_differ() -> None:
    truth, output = "e\u0364r", "er"
    assert score_line(truth, output).chars == 2
    assert score_line(truth, output, units="codepoint").chars == 3
    assert cer([("o\u0364\u0301", "x")]) == 1.0
    assert cer([("o\u0364\u0301", "x")], units="codepoint") == 1.0
    assert cer([("o\u0364\u0301", "o")], units="codepoint") == pytest.approx(2 / 3)


def test_normalization_applies_to_both_sides() -> None:
    score = score_line(
        "ſo  iſt", "so ist\u00a0", normalization=Normalization.named("spaces+long-s")
    )
    assert (score.truth, score.output, score.char_edits) == ("so ist", "so ist", 0)
    assert score_line("a\u0308", "ä").cer == 0


def test_rates_are_not_clipped_and_empty_truth_counts_as_one() -> None:
    assert score_line("a", "abc d").cer == 4
    assert score_line("", "ab").cer == 2
    assert score_line("", "ab").wer == 1
    assert score_line("", "").cer == cer([]) == 0


def test_micro_and_macro_differ() -> None:
    score = summarize([score_line("abcd efgh", "abcd efgh"), score_line("a", "b")])
    assert score.cer == 1 / 10
    assert score.cer_macro == 1 / 2
    assert score.wer == 1 / 3
    assert score.wer_macro == 1 / 2
    assert (score.lines, score.characters, score.words) == (2, 10, 3)
    assert (score.char_edits, score.word_edits) == (1, 1)


def page(number: int, edits: int) -> list[LineScore]:
    return [
        score_line("abcdefghij", "x" * edits + "abcdefghij"[edits:], group=f"p{number}")
        for _ in range(10)
    ]


def test_interval_resamples_documents_and_says_so() -> None:
    scores = [score for number in range(8) for score in page(number, number % 4)]
    by_page = summarize(scores)
    assert (by_page.interval_unit, by_page.groups) == ("document", 8)
    ungrouped = [score_line(score.truth, score.output) for score in scores]
    by_line = summarize(ungrouped)
    assert (by_line.interval_unit, by_line.groups) == ("line", 80)
    assert by_page.cer_ci95[0] < by_line.cer_ci95[0] < by_page.cer < by_line.cer_ci95[1]
    assert by_line.cer_ci95[1] < by_page.cer_ci95[1]
    assert summarize(scores) == by_page
    assert summarize(scores, seed=1) != by_page


def test_a_single_document_falls_back_to_lines() -> None:
    assert summarize(page(1, 2)).interval_unit == "line"


def test_comparison_is_paired() -> None:
    worse = [score for number in range(8) for score in page(number, number % 4 + 1)]
    better = [score for number in range(8) for score in page(number, number % 4)]
    result = compare(better, worse)
    assert result.cer_difference == pytest.approx(-0.1)
    assert result.cer_ci95 == pytest.approx((-0.1, -0.1))
    assert (result.lines, result.interval_unit) == (80, "document")
    with pytest.raises(DataError, match="different lines"):
        compare(better, worse[1:])


def test_no_lines_are_refused() -> None:
    with pytest.raises(DataError, match="no line"):
        summarize([])
    with pytest.raises(DataError, match="no line"):
        compare([], [])
