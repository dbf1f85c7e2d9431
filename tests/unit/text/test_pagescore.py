from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import DataError
from uncial.text.metrics import score_line
from uncial.text.pagescore import assignment, bag_errors, page_rates, paired_lines, score_page

words = st.lists(st.sampled_from("ab c de"), max_size=6)
texts = st.lists(st.text("abc ", min_size=1, max_size=6), max_size=5)


@given(st.integers(0, 5).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n),
                       min_size=n, max_size=n)))  # fmt: skip
def test_assignment_is_the_cheapest_there_is(costs: list[list[int]]) -> None:
    table = np.array(costs, float).reshape(len(costs), len(costs))
    found = assignment(table)
    assert sorted(found) == list(range(len(costs)))
    every = (sum(table[i, p[i]] for i in range(len(costs))) for p in permutations(found))
    assert sum(table[i, found[i]] for i in range(len(costs))) == min(every)


@given(words, words)
def test_the_bag_needs_no_more_edits_than_the_order_and_forgets_it(a, b) -> None:
    ordered = score_line(" ".join(a), " ".join(b)).word_edits
    assert bag_errors(a, b) == bag_errors(a[::-1], b)
    assert bag_errors(" ".join(a).split(), " ".join(b).split()) <= ordered


@given(texts, st.randoms(use_true_random=False))
def test_lines_in_another_order_cost_nothing_when_order_is_free(lines, rng) -> None:
    shuffled = rng.sample(lines, len(lines))
    counts = score_page("\n".join(lines), "\n".join(shuffled))
    assert counts.line_char_edits == 0
    assert counts.bag_errors == 0


@given(texts, texts)
def test_every_line_is_paired_once(truth, output) -> None:
    pairs = paired_lines(truth, output)
    assert sorted(one for one, _ in pairs if one) == sorted(truth)
    assert sorted(other for _, other in pairs if other) == sorted(output)


def test_a_page_read_well_in_the_wrong_order_is_told_from_one_read_badly() -> None:
    truth = "erste Zeile\nzweite Zeile hier\nund die dritte"
    swapped = score_page(truth, "und die dritte\nerste Zeile\nzweite Zeile hier")
    misread = score_page(truth, "erſte Zeilc\nzwcite Zeile hicr\nund dic dritte")
    assert swapped.char_edits > misread.char_edits
    assert swapped.line_char_edits == 0 < misread.line_char_edits == misread.char_edits


def test_empty_lines_and_line_breaks_do_not_matter() -> None:
    counts = score_page("a b\n\nc d\n", "a b c\nd")
    assert (counts.char_edits, counts.word_edits, counts.bag_errors) == (0, 0, 0)


def test_rates_are_errors_over_truth_with_intervals_over_pages() -> None:
    pages = [score_page("abcd efgh", "abcx efgh", name="1"), score_page("ab", "ab", name="2")]
    rates = {rate.name: rate for rate in page_rates(pages)}
    assert rates["cer"].rate == pytest.approx(1 / 11)
    assert rates["wer"].rate == pytest.approx(1 / 3)
    assert rates["cer"].ci95[0] <= rates["cer"].rate <= rates["cer"].ci95[1]
    with pytest.raises(DataError, match="no page"):
        page_rates([])
