"""Lines joined from two: cut between words, never within; labels follow the image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.training.mixing import Cuts, Line, LineMixer, cuts, joined

SPACE = 9
STROKE, WITHIN, BETWEEN = 6, 3, 12  # px


def line(words: list[list[int]], between: int = BETWEEN) -> Line:
    """A line whose labels are bars; the gray of a bar is ten times its label."""
    columns: list[NDArray[np.uint8]] = [np.full((32, 5), 255, np.uint8)]
    labels: list[int] = []
    for number, word in enumerate(words):
        if number:
            columns.append(np.full((32, between), 255, np.uint8))
            labels.append(SPACE)
        for place, label in enumerate(word):
            if place:
                columns.append(np.full((32, WITHIN), 255, np.uint8))
            columns.append(np.full((32, STROKE), 10 * label, np.uint8))
            labels.append(label)
    columns.append(np.full((32, 5), 255, np.uint8))
    return np.hstack(columns), np.array(labels, np.int32)


def read(image: NDArray[np.uint8]) -> list[int]:
    """The labels that the bars of an image stand for, spaces left out."""
    row = image[16].astype(int)
    inked = row < 255
    starts = np.flatnonzero(inked & ~np.r_[False, inked[:-1]])
    return [int(row[start]) // 10 for start in starts]


def test_gaps_between_words_are_found() -> None:
    image, labels = line([[1, 2], [3], [4, 5]])
    found = cuts((image, labels), SPACE)
    assert isinstance(found, Cuts)
    assert labels[found.places].tolist() == [SPACE, SPACE]
    assert all((image[:, column] == 255).all() for column in found.columns)


@pytest.mark.parametrize(
    "given",
    [
        line([[1, 2, 3]]),
        line([[1, 2], [3]], between=WITHIN),
        (np.full((32, 90), 255, np.uint8), np.array([1, SPACE, 2], np.int32)),
        (line([[1, 2], [3]])[0], np.array([1, SPACE, 2, SPACE, 3, SPACE, 4, SPACE, 5], np.int32)),
        (line([[1], [2]])[0], np.array([SPACE, 1, 2, SPACE], np.int32)),
    ],
    ids=["one word", "gaps alike", "blank", "more spaces than gaps", "spaces at the ends only"],
)
def test_a_line_whose_words_cannot_be_told_is_not_cut(given: Line) -> None:
    assert cuts(given, SPACE) is None


words = st.lists(st.lists(st.integers(1, 8), min_size=1, max_size=4), min_size=2, max_size=5)


@given(words, words, st.integers(60, 300), st.integers(0, 9))
def test_labels_follow_the_image(
    left: list[list[int]], right: list[list[int]], width: int, seed: int
) -> None:
    made = joined(line(left), line(right), SPACE, width, np.random.default_rng(seed))
    if made is None:
        return
    image, labels = made
    assert read(image) == [label for label in labels.tolist() if label != SPACE]
    assert 0.88 * width <= image.shape[1] * 1.001 <= 1.14 * width
    assert (labels == SPACE).sum() >= 1


EVERY = np.arange(3)


def mixer(share: float = 1.0, space: int = SPACE, least: int = 0) -> LineMixer:
    lines = [line([[1, 2], [3, 4]]), line([[5, 6], [7, 8]]), line([[1]])]
    return LineMixer(
        lines=[image for image, _ in lines],
        labels=[labels for _, labels in lines],
        space=space,
        share=share,
        least=lambda labels: least,
    )


def test_a_joined_line_begins_with_the_line_asked_for() -> None:
    rng = np.random.default_rng(0)
    made = [mixer().line(0, EVERY, 52, rng) for _ in range(20)]
    texts = {tuple(found[1].tolist()) for found in made if found is not None}
    assert texts == {(1, 2, SPACE, 3, 4), (1, 2, SPACE, 7, 8)}


@pytest.mark.parametrize(
    ("changed", "index"),
    [({"share": 0.0}, 0), ({"space": 0}, 0), ({"least": 53}, 0), ({}, 2)],
    ids=["never", "no space in the codec", "too narrow for its labels", "one word"],
)
def test_where_nothing_is_joined(changed: dict[str, float], index: int) -> None:
    made = mixer(**changed)  # type: ignore[arg-type]
    rngs = map(np.random.default_rng, range(9))
    assert all(made.line(index, EVERY, 52, rng) is None for rng in rngs)


def test_the_end_comes_from_the_lines_named() -> None:
    rng = np.random.default_rng(0)
    made = [mixer().line(0, np.array([0, 2]), 52, rng) for _ in range(20)]
    texts = {tuple(found[1].tolist()) for found in made if found is not None}
    assert texts == {(1, 2, SPACE, 3, 4)}
