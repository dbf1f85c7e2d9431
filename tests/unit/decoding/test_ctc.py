"""CTC decoding: against brute force, and what a reading promises."""

import dataclasses
import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.decoding.alignment import align_labels
from uncial.decoding.ctc import Hypothesis, greedy, prefix_beam
from uncial.decoding.language import Rows, Spelled
from uncial.decoding.steps import BeamSettings
from uncial.errors import CharsetError, ConfigError
from uncial.text.codec import Codec

SPELLED = Codec((("x", (1, 2)), ("y", (2,))))


def random_log_probs(seed: int, steps: int, width: int, sharpness: float) -> NDArray[np.float64]:
    logits = np.random.default_rng(seed).normal(size=(steps, width)) * sharpness
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


EXACT = BeamSettings(width=1000, tokens=1000, floor=-math.inf, sure=2.0)


def beam(
    log_probs: NDArray[np.floating], codec: Codec, width: int = 1000, rows: Rows | None = None
) -> list[Hypothesis]:
    """Every text of one line that a beam of that width holds, nothing else left out."""
    settings = dataclasses.replace(EXACT, width=width)
    return prefix_beam([log_probs], codec, rows=rows, settings=settings, most=width)[0]


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
    found = beam(log_probs, codec)
    assert {h.text: math.exp(h.log_prob) for h in found} == pytest.approx(expected)
    assert [h.log_prob for h in found] == sorted((h.log_prob for h in found), reverse=True)


@given(st.integers(0, 10**6), st.integers(1, 5))
def test_a_wide_beam_equals_brute_force_with_long_codes(seed: int, steps: int) -> None:
    log_probs = random_log_probs(seed, steps, 3, 1.0)
    found = beam(log_probs, SPELLED)
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
    best = beam(log_probs, codec, width)
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
    assert beam(table, letters(3))[0].characters == greedy(table, letters(3)).characters


def test_several_labels_make_one_character() -> None:
    reading = greedy(peaked([1, 0, 2, 0, 2], 3), SPELLED)
    assert [(c.grapheme, c.start, c.stop) for c in reading.characters] == [("x", 0, 3), ("y", 4, 5)]
    spelled = greedy(peaked([1, 2, 0], 3), Codec.from_charset(["o", "\u0364"]))
    assert [(c.grapheme, c.start, c.stop) for c in spelled.characters] == [("o\u0364", 0, 2)]


def test_empty_readings() -> None:
    for decode in (greedy, lambda *given: beam(*given)[0]):
        blank = decode(peaked([0, 0, 0], 3), letters(3))
        assert (blank.text, blank.characters) == ("", ())
        assert blank.confidence == pytest.approx(0.9)
        nothing = decode(np.zeros((0, 3), np.float32), letters(3))
        assert (nothing.text, nothing.confidence, nothing.log_prob) == ("", 0.0, 0.0)


def test_beam_prefers_a_text_that_no_single_path_favours() -> None:
    log_probs = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(log_probs, letters(2)).text == ""
    assert beam(log_probs, letters(2))[0].text == "a"


def test_impossible_labels_are_never_read() -> None:
    with np.errstate(divide="ignore"):
        log_probs = np.log([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    found = beam(log_probs, letters(3))
    assert [h.text for h in found] == ["aa"]
    assert found[0].confidence == 1.0


class Prefers:
    """A machine that likes one text, and remembers in which states it was asked."""

    most = 0.0
    start = 0

    def __init__(self, text: str, columns: str) -> None:
        self.text = text
        self.columns = columns
        self.asked: list[int] = []

    def rows(self, states: NDArray[np.integer]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        self.asked += states.tolist()
        liked = [[self.text[s : s + 1] == unit != "" for unit in self.columns] for s in states]
        after = np.where(liked, np.asarray(states)[:, None] + 1, len(self.text))
        return np.where(liked, 0.0, -10.0).astype(np.float32), after

    def ends(self, states: NDArray[np.integer]) -> NDArray[np.float32]:
        return np.zeros(len(states), np.float32)


def test_language_turns_the_ranking_but_not_the_probability() -> None:
    log_probs = np.log([[0.1, 0.5, 0.4], [0.8, 0.1, 0.1], [0.1, 0.5, 0.4]])
    plain = {h.text: h.log_prob for h in beam(log_probs, letters(3), 50)}
    machine = Prefers("ba", "-ab")
    found = beam(log_probs, letters(3), 50, Rows(machine))
    assert found[0].text == "ba"
    assert found[0].log_prob == pytest.approx(plain["ba"])
    assert len(set(machine.asked)) == len(machine.asked)


def test_language_hears_whole_graphemes() -> None:
    machine = Prefers("xy", "xy")
    (best, *_) = beam(peaked([1, 2, 0, 2], 3), SPELLED, 50, Rows(Spelled(machine, SPELLED)))
    assert best.text == "xy"
    assert {0, 1} <= set(machine.asked)


def test_many_lines_are_read_as_each_alone() -> None:
    lines = [random_log_probs(seed, 3 + 5 * seed, 8, 2.0) for seed in range(12)]
    together = prefix_beam(lines, letters(8), most=3)
    for line, found in zip(lines, together, strict=True):
        (alone,) = prefix_beam([line], letters(8), most=3)
        assert [h.text for h in found] == [h.text for h in alone]
        assert [h.log_prob for h in found] == pytest.approx([h.log_prob for h in alone])


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(2, 8))
def test_leaving_out_sure_steps_changes_next_to_nothing(seed: int, steps: int, labels: int) -> None:
    rng = np.random.default_rng(seed)
    log_probs = random_log_probs(seed, steps, labels, 1.0)
    for step in np.flatnonzero(rng.random(steps) < 0.7):
        log_probs[step] = peaked([int(rng.integers(0, labels))], labels, 1 - 1e-9)[0]
    shorter = dataclasses.replace(EXACT, width=16, sure=1 - 1e-6)
    (quick,) = prefix_beam([log_probs], letters(labels), settings=shorter)
    slow = beam(log_probs, letters(labels), 16)
    assert quick[0].log_prob == pytest.approx(slow[0].log_prob, abs=1e-4)


def test_a_wrong_codec_is_refused() -> None:
    with pytest.raises(CharsetError, match=r"\(4, 5\).*3 labels"):
        greedy(np.zeros((4, 5), np.float32), letters(3))
    with pytest.raises(CharsetError, match=r"\(4, 5\).*3 labels"):
        prefix_beam([np.zeros((4, 5), np.float32)], letters(3))


def test_a_beam_of_no_width_is_refused() -> None:
    with pytest.raises(ConfigError, match="width 0"):
        BeamSettings(width=0)


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
    for labels, runs in zip(chosen, align_labels([log_probs] * len(chosen), chosen), strict=True):
        assert [(run.start, run.stop) for run in runs] == best[labels][1]
