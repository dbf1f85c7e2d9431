"""Scores of whole pages of text: in order, as a bag of words, and with lines in any order.

A page can be read well and put together badly. Three rates tell these apart: the *ordered* one
compares the page's text from first to last character; the *bag of words* forgets all order;
the *flexible* one pairs each line of the truth with the line of the output that suits it best
and counts what is left. What the ordered rate exceeds the others by is the fault of layout and
reading order.

Source: bag-of-words WER as in Vidal et al. 2023, arXiv:2301.05935, equation 6; lines are paired
by the Hungarian method with shortest augmenting paths (Kuhn 1955; Jonker and Volgenant 1987).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from uncial.errors import DataError
from uncial.text.charset import Units
from uncial.text.interval import ratio_intervals
from uncial.text.metrics import score_line, split_units
from uncial.text.normalize import Normalization


@dataclass(frozen=True, kw_only=True)
class PageCounts:
    """Errors on one page; rates are errors over characters or words of the truth.

    Attributes:
        name: Of the page.
        characters: Of the truth, line breaks as spaces.
        words: Of the truth.
        char_edits: In order.
        word_edits: In order.
        bag_errors: Words without a partner, whatever their order; a missing and a superfluous
            one together count once, as a substitution does.
        line_characters: Of the truth, line breaks left out.
        line_char_edits: With lines in any order.
        line_word_edits: With lines in any order.
    """

    name: str
    characters: int
    words: int
    char_edits: int
    word_edits: int
    bag_errors: float
    line_characters: int
    line_char_edits: int
    line_word_edits: int


@dataclass(frozen=True, kw_only=True)
class Rate:
    """An error rate over all pages.

    Attributes:
        name: ``cer``, ``wer``, ``bag_wer``, ``flexible_cer`` or ``flexible_wer``.
        rate: Micro-averaged, a fraction.
        ci95: Bootstrap interval over pages; the rate itself where there is one page only.
    """

    name: str
    rate: float
    ci95: tuple[float, float]


def score_page(
    truth: str,
    output: str,
    *,
    name: str = "",
    normalization: Normalization = Normalization.DEFAULT,
    units: Units = "grapheme",
) -> PageCounts:
    """Count the errors of one page.

    Args:
        truth: Its text, lines apart by line breaks; empty lines do not matter.
        output: What was read.
        name: Of the page.
        normalization: Applied to every line of both sides.
        units: What counts as one character.
    """
    expected, found = _lines(truth, normalization), _lines(output, normalization)
    whole = score_line(
        " ".join(expected), " ".join(found), normalization=normalization, units=units
    )
    pairs = paired_lines(expected, found, units)
    flexible = [
        (
            Levenshtein.distance(split_units(one, units), split_units(other, units)),
            Levenshtein.distance(one.split(), other.split()),
        )
        for one, other in pairs
    ]
    return PageCounts(
        name=name,
        characters=whole.chars,
        words=whole.words,
        char_edits=whole.char_edits,
        word_edits=whole.word_edits,
        bag_errors=bag_errors(whole.truth.split(), whole.output.split()),
        line_characters=sum(len(split_units(line, units)) for line in expected),
        line_char_edits=sum(edits for edits, _ in flexible),
        line_word_edits=sum(edits for _, edits in flexible),
    )


def page_rates(pages: Sequence[PageCounts], *, seed: int = 0) -> list[Rate]:
    """Rates over all pages, with 95 % intervals.

    Raises:
        DataError: There is no page.
    """
    if not pages:
        raise DataError("there is no page to score", remedy="name texts of at least one page")
    names = ("cer", "wer", "bag_wer", "flexible_cer", "flexible_wer")
    errors = np.array(
        [
            (p.char_edits, p.word_edits, p.bag_errors, p.line_char_edits, p.line_word_edits)
            for p in pages
        ],
        np.float64,
    )
    sizes = np.array(
        [(p.characters, p.words, p.words, p.line_characters, p.words) for p in pages], np.float64
    )
    rates = errors.sum(axis=0) / np.maximum(sizes.sum(axis=0), 1)
    ends = ratio_intervals(errors, sizes, seed=seed)
    return [
        Rate(name=name, rate=float(rate), ci95=(float(low), float(high)))
        for name, rate, (low, high) in zip(names, rates, ends, strict=True)
    ]


def bag_errors(truth: Sequence[str], output: Sequence[str]) -> float:
    """Word errors when order does not matter.

    Half of the words left over on both sides, and half of how much their numbers differ.
    """
    expected, found = Counter(truth), Counter(output)
    left = (expected - found).total() + (found - expected).total()
    return (left + abs(len(truth) - len(output))) / 2


def paired_lines(
    truth: Sequence[str], output: Sequence[str], units: Units = "grapheme"
) -> list[tuple[str, str]]:
    """Each line with the one that suits it best, so that all edits together are fewest.

    Lines without a partner are paired with an empty one.
    """
    expected = [split_units(line, units) for line in truth]
    found = [split_units(line, units) for line in output]
    size = max(len(expected), len(found))
    costs = np.zeros((size, size))
    for row in range(size):
        one = expected[row] if row < len(expected) else ""
        for column in range(size):
            other = found[column] if column < len(found) else ""
            costs[row, column] = Levenshtein.distance(one, other)
    return [
        (
            truth[row] if row < len(truth) else "",
            output[column] if column < len(output) else "",
        )
        for row, column in enumerate(assignment(costs))
    ]


def assignment(costs: NDArray[np.floating[Any]]) -> list[int]:
    """The column for each row of a square matrix so that their costs sum to the least."""
    size = len(costs)
    table = np.asarray(costs, np.float64)
    row_prices, column_prices = np.zeros(size), np.zeros(size)
    row_of = np.full(size, -1)
    for start in range(size):
        slack, via = np.full(size, np.inf), np.full(size, -1)
        done = np.zeros(size, bool)
        row, column = start, -1
        while True:  # grows the tree of cheapest ways until a free column is reached
            reached = table[row] - row_prices[row] - column_prices
            better = ~done & (reached < slack)
            slack[better], via[better] = reached[better], column
            waiting = np.where(done, np.inf, slack)
            nearest = int(waiting.argmin())
            step = waiting[nearest]
            visited = row_of[done]
            row_prices[visited] += step
            row_prices[start] += step
            column_prices[done] -= step
            slack[~done] -= step
            done[nearest] = True
            column = nearest
            if row_of[column] < 0:
                break
            row = int(row_of[column])
        while column >= 0:
            before = int(via[column])
            row_of[column] = row_of[before] if before >= 0 else start
            column = before
    columns = np.empty(size, int)
    columns[row_of] = np.arange(size)
    return [int(column) for column in columns]


def _lines(text: str, normalization: Normalization) -> list[str]:
    """Lines that hold something after normalization."""
    return [line for line in map(normalization, text.splitlines()) if line]
