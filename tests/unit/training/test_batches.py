"""The training stream: every line once an epoch, and the same stream from any place."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.imaging.prepare import Preprocessing
from uncial.training.batches import PreparedLines, StreamPlace, width_buckets, width_class
from uncial.training.drawing import Drawing, TrainingStream, rarity

WIDTHS = np.array([40, 52, 60, 75, 90, 110, 130, 33, 47, 58])


class Pages:
    def image(self, row: int) -> NDArray[np.uint8]:
        rng = np.random.default_rng(row)
        return rng.integers(0, 256, (24, int(WIDTHS[row])), dtype=np.uint8)


def _stream(
    strength: float = 1.0, seed: int = 3, replayed: int = 0, replay: float = 0.0
) -> TrainingStream:
    lines = PreparedLines(Pages(), np.arange(len(WIDTHS)), Preprocessing(height=24, pad=4))
    labels = [np.array([1, 2, 1 + row % 3], np.int32) for row in range(len(WIDTHS))]
    least = np.full(len(WIDTHS), 16)
    drawing = Drawing(area=200, seed=seed, strength=strength, replayed=replayed, replay=replay)
    return TrainingStream(lines, labels, WIDTHS, least, drawing)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.integers(8, 3000), min_size=1, max_size=200),
    st.integers(8, 20_000),
    st.integers(0, 99),
)
def test_buckets_hold_every_line_once_and_about_the_area(
    widths: list[int], area: int, seed: int
) -> None:
    each = np.array(widths)
    buckets = width_buckets(each, area, np.random.default_rng(seed).random(len(each)))
    assert sorted(np.concatenate(buckets).tolist()) == list(range(len(each)))
    assert all(len(b) == 1 or width_class(each[b].max()) * (len(b) - 0.5) <= area for b in buckets)


@given(st.integers(1, 100_000))
def test_width_classes_are_few_and_hold_their_lines(width: int) -> None:
    made = width_class(width)
    assert width <= made <= max(width * 1.2, width + 16)
    assert width_class(made) == made


def test_a_run_meets_few_shapes() -> None:
    widths = np.random.default_rng(1).integers(300, 1000, 2000)
    shapes = set()
    for seed in range(5):
        for bucket in width_buckets(widths, 2600, np.random.default_rng(seed).random(2000)):
            shapes.add((len(bucket), width_class(int(widths[bucket].max()))))
    assert len(shapes) <= 20


@given(st.lists(st.integers(8, 300), min_size=1, max_size=60), st.integers(0, 99))
def test_within_a_width_class_the_urgent_lines_come_first(widths: list[int], seed: int) -> None:
    each = np.array([width_class(width) for width in widths])
    urgency = np.random.default_rng(seed).random(len(each))
    order = np.concatenate(width_buckets(each, 1, urgency))
    for wide in set(each.tolist()):
        assert np.all(np.diff(urgency[[at for at in order if each[at] == wide]]) <= 0)


def test_rarity_counts_what_other_lines_lack() -> None:
    labels = [np.array(line, np.int32) for line in ([1, 1, 2], [1, 2, 2], [1, 3])]
    assert np.exp(rarity(labels)) == pytest.approx([2 / 4 + 1 / 3, 1 / 4 + 2 / 3, 1 / 4 + 1])


def test_lines_with_rare_labels_come_early_in_the_first_epoch_alone() -> None:
    rows = 200
    labels = [np.array([1, 2 if row % 20 == 0 else 1], np.int32) for row in range(rows)]
    widths = np.full(rows, 40)
    rng = np.random.default_rng(0)

    class Same:
        def image(self, row: int) -> NDArray[np.uint8]:
            return rng.integers(0, 256, (24, 40), dtype=np.uint8)

    lines = PreparedLines(Same(), np.arange(rows), Preprocessing(height=24, pad=4))
    drawing = Drawing(area=96, seed=1, strength=0.0, rare_first=1.0)
    stream = TrainingStream(lines, labels, widths, np.full(rows, 8), drawing)
    places = list(islice(stream.from_place(StreamPlace()), 2 * stream.batches))
    order = np.concatenate([make().indices for _, make in places])
    first, second = np.argsort(order[:rows]), np.argsort(order[rows:])
    assert sorted(order[:rows]) == sorted(order[rows:]) == list(range(rows))
    assert first[::20].mean() < rows / 4 < second[::20].mean()


def test_lines_with_rare_labels_come_more_often_if_so_wanted() -> None:
    rows = 200
    labels = [np.array([1, 2 if row % 20 == 0 else 1], np.int32) for row in range(rows)]
    stream = TrainingStream(
        PreparedLines(Pages(), np.arange(rows), Preprocessing(height=24, pad=4)),
        labels,
        np.full(rows, 40),
        np.full(rows, 8),
        Drawing(area=96, seed=1, rare_often=1.0),
    )
    lines, batches, _ = stream._epoch(1)
    assert sorted(np.concatenate(batches)) == list(range(rows))
    assert 0.4 < (lines % 20 == 0).mean() < 0.6


@pytest.mark.parametrize(("rare", "share"), [(40, 0.2), (4, 0.1), (2, 0.05)])
def test_characters_that_the_base_lacks_are_shown_often_enough(rare: int, share: float) -> None:
    rows = 320
    labels = [np.array([1, 2 if row < rare else 1], np.int32) for row in range(rows)]
    stream = TrainingStream(
        PreparedLines(Pages(), np.arange(rows), Preprocessing(height=24, pad=4)),
        labels,
        np.full(rows, 40),
        np.full(rows, 8),
        Drawing(area=96, seed=1, new=(2,), new_often=0.2),
    )
    lines, batches, _ = stream._epoch(1)
    assert len(lines) == rows
    assert sorted(np.concatenate(batches)) == list(range(rows))
    assert (lines < rare).mean() == share
    assert np.bincount(lines)[:rare].max() - np.bincount(lines)[:rare].min() <= 1
    assert np.bincount(lines)[rare:].max() == 1


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


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (0.3, 3), (0.6, 9)])
def test_lines_of_a_base_set_make_up_their_share_of_each_epoch(share: float, drawn: int) -> None:
    seen = _epochs(_stream(replayed=4, replay=share), 3)
    for epoch in seen:
        assert sorted(index for index in epoch if index < 6) == list(range(6))
        assert sum(index >= 6 for index in epoch) == drawn
    assert not drawn or len({tuple(sorted(epoch)) for epoch in seen}) > 1


def _epochs(stream: TrainingStream, count: int) -> list[list[int]]:
    """The lines of the first epochs, in the order of their batches."""
    epochs: list[list[int]] = [[] for _ in range(count)]
    for place, make in stream.from_place(StreamPlace()):
        if place.epoch == count:
            break
        epochs[place.epoch] += make().indices.tolist()
    return epochs


def test_distortions_grow_from_none_to_their_strength() -> None:
    drawing = Drawing(area=200, seed=0, strength=0.8, clean_first=2.0)
    assert [drawing.strength_at(epochs) for epochs in (0, 0.5, 1, 2, 9)] == [0, 0.2, 0.4, 0.8, 0.8]
    assert Drawing(area=200, seed=0, strength=0.8).strength_at(0) == 0.8
