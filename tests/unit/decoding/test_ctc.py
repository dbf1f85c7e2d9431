"""CTC decoding: against brute force, and what a reading promises."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.decoding.alignment import align_labels
from uncial.decoding.ctc import greedy, prefix_beam
from uncial.errors import CharsetError
from uncial.text.codec import Codec

SPELLED = Codec((("x", (1, 2)), ("y", (2,))))


def random_log_probs(seed: int, steps: int, width: int, sharpness: float) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(size=(steps, width)) * sharpness
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


tables = st.builds(
    random_log_probs,
    st.integers(0, 10**6),
    st.integers(1, 5),
    st.integers(2, 3),
    st.sampled_from([0.3, 1.0, 4.0]),
)


def letters(width: int) -> Codec:
    return Codec.from_charset("abcdefghijklmnopqrstuvwxyz"[: width - 1])


def brute_force(log_probs: NDArray[np.float64], codec: Codec) -> dict[str, float]:
    """Probability of every text, summed over all paths."""
    texts: dict[str, float] = defaultdict(float)
    steps, width = log_probs.shape
    for path in itertools.product(range(width), repeat=steps):
        labels = [label for label, _ in itertools.groupby(path) if label]
        texts[codec.decode(labels)] += math.exp(sum(log_probs[range(steps), path]))
    return texts


@given(tables)
def test_a_wide_beam_equals_brute_force(log_probs: NDArray[np.float64]) -> None:
    codec = letters(log_probs.shape[1])
    expected = brute_force(log_probs, codec)
    found = prefix_beam(log_probs, codec, width=1000)
    assert {h.text: math.exp(h.log_prob) for h in found} == pytest.approx(expected)
    assert [h.log_prob for h in found] == sorted((h.log_prob for h in found), reverse=True)


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_a_wide_beam_equals_brute_force_with_long_codes(seed: int, steps: int) -> None:
    log_probs = random_log_probs(seed, steps, 3, 1.0)
    found = prefix_beam(log_probs, SPELLED, width=1000)
    expected = brute_force(log_probs, SPELLED)
    assert {h.text: math.exp(h.log_prob) for h in found} == pytest.approx(expected)


@given(
    st.integers(0, 10**6), st.integers(1, 30), st.integers(2, 12), st.integers(1, 6),
    st.sampled_from([0.1, 1.0, 5.0]),
)  # fmt: skip
def test_greedy_is_at_most_as_likely_as_beam(
    seed: int, steps: int, labels: int, width: int, sharpness: float
) -> None:
    log_probs = random_log_probs(seed, steps, labels, sharpness)
    codec = letters(labels)
    best = prefix_beam(log_probs, codec, width=width)
    assert greedy(log_probs, codec).log_prob <= best[0].log_prob + 1e-9
    assert 1 <= len(best) <= width
    assert len({h.text for h in best}) == len(best)
    for hypothesis in [greedy(log_probs, codec), *best]:
        assert "".join(c.grapheme for c in hypothesis.characters) == hypothesis.text
        assert 0 <= hypothesis.confidence <= 1
        edges = [(c.start, c.stop) for c in hypothesis.characters]
        assert all(0 <= start < stop <= steps for start, stop in edges)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(edges))


def peaked(path: list[int], width: int, peak: float = 0.9) -> NDArray[np.float32]:
    probs = np.full((len(path), width), (1 - peak) / (width - 1))
    probs[range(len(path)), path] = peak
    return np.log(probs).astype(np.float32)


def test_greedy_collapses_repeats_and_reports_positions() -> None:
    reading = greedy(peaked([0, 1, 1, 0, 1, 2, 2, 2, 0], 3), letters(3))
    assert reading.text == "aab"
    assert [(c.start, c.stop) for c in reading.characters] == [(1, 3), (4, 5), (5, 8)]
    assert [c.confidence for c in reading.characters] == pytest.approx([0.9] * 3)
    assert reading.confidence == pytest.approx(0.9)
    assert reading.log_prob == pytest.approx(9 * math.log(0.9))


def test_beam_agrees_with_greedy_on_sure_lines() -> None:
    table = peaked([0, 1, 1, 0, 1, 2, 2, 2, 0], 3, peak=0.999)
    assert prefix_beam(table, letters(3))[0].characters == greedy(table, letters(3)).characters


def test_several_labels_make_one_character() -> None:
    reading = greedy(peaked([1, 0, 2, 0, 2], 3), SPELLED)
    assert [(c.grapheme, c.start, c.stop) for c in reading.characters] == [("x", 0, 3), ("y", 4, 5)]
    spelled = greedy(peaked([1, 2, 0], 3), Codec.from_charset(["o", "\u0364"]))
    assert [(c.grapheme, c.start, c.stop) for c in spelled.characters] == [("o\u0364", 0, 2)]


def test_empty_readings() -> None:
    for decode in (greedy, lambda *given: prefix_beam(*given)[0]):
        blank = decode(peaked([0, 0, 0], 3), letters(3))
        assert (blank.text, blank.characters) == ("", ())
        assert blank.confidence == pytest.approx(0.9)
        nothing = decode(np.zeros((0, 3), np.float32), letters(3))
        assert (nothing.text, nothing.confidence, nothing.log_prob) == ("", 0.0, 0.0)


def test_beam_prefers_a_text_that_no_single_path_favours() -> None:
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(log_probs, letters(2)).text == ""
    assert prefix_beam(log_probs, letters(2))[0].text == "a"


def test_impossible_labels_are_never_read() -> None:
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    found = prefix_beam(log_probs, letters(3))
    assert [h.text for h in found] == ["aa"]
    assert found[0].confidence == 1.0


class Prefers:
    """A scorer that likes one text, and remembers what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[tuple[str, str]] = []

    def score(self, prefix_text: str, grapheme: str) -> float:
        self.asked.append((prefix_text, grapheme))
        return 0.0 if self.text.startswith(prefix_text + grapheme) else -10.0


def test_a_scorer_turns_the_ranking_but_not_the_probability() -> None:
    log_probs = np.log([[0.1, 0.5, 0.4], [0.8, 0.1, 0.1], [0.1, 0.5, 0.4]])
    plain = {h.text: h.log_prob for h in prefix_beam(log_probs, letters(3), width=50)}
    scorer = Prefers("ba")
    found = prefix_beam(log_probs, letters(3), width=50, scorer=scorer)
    assert found[0].text == "ba"
    assert found[0].log_prob == pytest.approx(plain["ba"])
    assert ("b", "a") in scorer.asked
    assert len(set(scorer.asked)) == len(scorer.asked)


def test_a_scorer_hears_whole_graphemes() -> None:
    scorer = Prefers("xy")
    prefix_beam(peaked([1, 2, 0, 2], 3), SPELLED, scorer=scorer)
    assert ("", "x") in scorer.asked
    assert ("x", "y") in scorer.asked


def test_a_wrong_codec_is_refused() -> None:
    with pytest.raises(CharsetError, match=r"\(4, 5\).*3 labels"):
        greedy(np.zeros((4, 5), np.float32), letters(3))
    with pytest.raises(ValueError, match="beam width 0"):
        prefix_beam(np.zeros((4, 3), np.float32), letters(3), width=0)


@given(tables, st.data())
def test_alignment_is_the_best_path(log_probs: NDArray[np.float64], data: st.DataObject) -> None:
    steps, width = log_probs.shape
    best: dict[tuple[int, ...], tuple[float, list[tuple[int, int]]]] = {}
    for path in itertools.product(range(width), repeat=steps):
        score = sum(log_probs[range(steps), path])
        runs, at = [], 0
        for label, group in itertools.groupby(path):
            length = len(list(group))
            runs += [(at, at + length)] if label else []
            at += length
        labels = tuple(label for label, _ in itertools.groupby(path) if label)
        if labels not in best or score > best[labels][0]:
            best[labels] = (score, runs)
    chosen = data.draw(st.lists(st.sampled_from(sorted(best)), min_size=1, max_size=4))
    for labels, runs in zip(chosen, align_labels(log_probs, chosen), strict=True):
        assert [(run.start, run.stop) for run in runs] == best[labels][1]
