"""The training stream: every line once an epoch, and the same stream from any place."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.imaging.prepare import Preprocessing
from uncial.training.batches import (
    PreparedLines,
    StreamPlace,
    TrainingStream,
    width_buckets,
    width_class,
)

WIDTHS = np.array([40, 52, 60, 75, 90, 110, 130, 33, 47, 58])


class Pages:
    def image(self, row: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(row)
        return rng.integers(0, 256, (24, int(WIDTHS[row])), dtype=np.uint8)


def _stream(strength: float = 1.0, seed: int = 3) -> TrainingStream:
    lines = PreparedLines(Pages(), np.arange(len(WIDTHS)), Preprocessing(height=24, pad=4))
    labels = [np.array([1, 2, 1 + row % 3], np.int32) for row in range(len(WIDTHS))]
    least = np.full(len(WIDTHS), 16)
    return TrainingStream(lines, labels, WIDTHS, least, area=200, seed=seed, strength=strength)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(8, 3000), min_size=1, max_size=200),
    st.integers(8, 20_000),
    st.integers(0, 99),
)
def test_buckets_hold_every_line_once_within_the_area(
    widths: list[int], area: int, seed: int
) -> None:
    each = np.array(widths)
    buckets = width_buckets(each, area, np.random.default_rng(seed))
    assert sorted(np.concatenate(buckets).tolist()) == list(range(len(each)))
    assert all(len(b) == 1 or width_class(each[b].max()) * len(b) <= area for b in buckets)


@given(st.integers(1, 100_000))
def test_width_classes_are_few_and_hold_their_lines(width: int) -> None:
    made = width_class(width)
    assert width <= made <= max(width * 1.2, width + 16)
    assert width_class(made) == made


def test_a_run_meets_few_shapes() -> None:
    widths = np.random.default_rng(1).integers(300, 1000, 2000)
    shapes = set()
    for seed in range(5):
        for bucket in width_buckets(widths, 2600, np.random.default_rng(seed)):
            shapes.add((len(bucket), width_class(int(widths[bucket].max()))))
    assert len(shapes) <= 20


def test_a_stream_goes_on_from_any_place_as_if_never_left() -> None:
    whole = list(islice(_stream().from_place(StreamPlace()), 23))
    for cut in (1, 4, 11, 17):
        rest = islice(_stream().from_place(whole[cut - 1][0]), 23 - cut)
        for (place, make), (expected_place, expected) in zip(rest, whole[cut:], strict=True):
            mine, theirs = make(), expected()
            assert place == expected_place
            assert mine.indices.tolist() == theirs.indices.tolist()
            assert mine.frames.data.equal(theirs.frames.data)


def test_seeds_and_epochs_give_other_views() -> None:
    _, first = next(_stream(seed=1).from_place(StreamPlace()))
    _, second = next(_stream(seed=1).from_place(StreamPlace(epoch=1)))
    assert not (
        first().frames.data.shape == second().frames.data.shape
        and first().frames.data.equal(second().frames.data)
    )


def test_without_strength_lines_come_as_they_are() -> None:
    _, make = next(_stream(strength=0).from_place(StreamPlace()))
    batch = make()
    assert batch.frames.widths.tolist() == (WIDTHS[batch.indices] + 8).tolist()


def test_a_view_too_narrow_for_its_labels_is_not_used() -> None:
    stream = _stream()
    stream._least = WIDTHS
    for _, make in islice(stream.from_place(StreamPlace()), 12):
        batch = make()
        assert (batch.frames.widths.numpy() >= WIDTHS[batch.indices] + 8).all()


def test_prepared_lines_beyond_the_budget_are_made_anew() -> None:
    lines = PreparedLines(Pages(), np.arange(10), Preprocessing(height=24), budget=24 * 60)
    again = [lines[3], lines[3]]
    assert np.array_equal(*again)
    assert lines[0] is lines[0] or lines._left < lines[0].nbytes
    assert sum(kept.nbytes for kept in lines._kept.values()) <= 24 * 60
    with pytest.raises(IndexError):
        lines[10]
