"""New training lines from old ones: the first words of one line joined to the last of another.

A recurrent network learns the sentences of a small training set by heart. A joined line has no
sentence to remember, and every word comes with other neighbours each time.

Words are found without a model: where the widest blank gaps of a line are as many as the spaces
of its text, and clearly wider than the next widest, those gaps are the spaces. A line in which
that does not hold, such as slanted handwriting, is left whole.

Source: ours; what it brings is measured in ``docs/explanation/default-network.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Line = tuple[NDArray[np.uint8], NDArray[np.int32]]
"""A prepared image ``(H, W)`` and its labels ``(L,)``, in the order of the columns."""

_STROKE = 110  # gray levels below white from which a pixel is ink
_EDGE = 3  # px above and below that may hold remains of other lines
_CLEARER = 1.3  # times the widest gap within words
_LEAST_GAP = 0.06  # of the line's height
_SLACK = 0.12  # share by which a joined line may be wider or narrower than wanted
_TRIES = 3


class Lines(Protocol):
    """Prepared line images by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """``(H, W)``, dark ink on paper near 255."""
        ...


@dataclass(frozen=True, eq=False)
class Cuts:
    """Where a line can be cut between two words.

    Attributes:
        columns: ``(K,)`` px, the middle of each gap.
        places: ``(K,)`` index of its space among the labels.
    """

    columns: NDArray[np.int64]
    places: NDArray[np.int64]


def cuts(line: Line, space: int) -> Cuts | None:
    """The gaps between the words of a line; None where they cannot be told for sure.

    Args:
        line: Image and labels.
        space: Label of the space.
    """
    image, labels = line
    places = np.flatnonzero(labels == space)
    places = places[(places > 0) & (places < len(labels) - 1)]
    inked = np.flatnonzero(image[_EDGE:-_EDGE].min(0, initial=255) < 255 - _STROKE)
    if not len(places) or len(inked) <= len(places) + 1:
        return None
    gaps = np.diff(inked)
    order = np.argsort(-gaps, kind="stable")
    chosen, within = order[: len(places)], gaps[order[len(places)]]
    if gaps[chosen[-1]] < max(_CLEARER * within, _LEAST_GAP * len(image)):
        return None
    chosen = np.sort(chosen)
    return Cuts((inked[chosen] + inked[chosen + 1]) // 2, places)


def joined(
    first: Line, second: Line, space: int, width: int, rng: np.random.Generator
) -> Line | None:
    """The first words of one line and the last of another; None where nothing fits.

    Args:
        first: Gives its beginning.
        second: Gives its end.
        space: Label of the space.
        width: Of the result in px, within 12 %.
        rng: Chooses among the cuts that fit.
    """
    left, right = cuts(first, space), cuts(second, space)
    if left is None or right is None:
        return None
    rest = second[0].shape[1] - right.columns
    wide = left.columns[:, None] + rest[None, :]
    fitting = np.argwhere((wide * (1 - _SLACK) <= width) & (wide * (1 + _SLACK) >= width))
    if not len(fitting):
        return None
    a, b = fitting[rng.integers(len(fitting))]
    image = np.hstack([first[0][:, : left.columns[a]], second[0][:, right.columns[b] :]])
    labels = np.concatenate([first[1][: left.places[a]], second[1][right.places[b] :]])
    return image, labels


@dataclass(frozen=True, eq=False, kw_only=True)
class LineMixer:
    """Joins training lines at random.

    Attributes:
        lines: Prepared images.
        labels: Of each line.
        space: Label of the space; 0 where the codec has none of one label: nothing is joined.
        share: Part of the views that are joined where that is possible, 0-1.
        least: Px below which labels do not fit into a line.
    """

    lines: Lines
    labels: Sequence[NDArray[np.int32]]
    space: int
    share: float
    least: Callable[[NDArray[np.int32]], int]

    def line(
        self, index: int, among: NDArray[np.int64], width: int, rng: np.random.Generator
    ) -> Line | None:
        """A joined line that begins as one of the set does; None: take that line itself.

        Args:
            index: Of the line that gives the beginning.
            among: Indices of the lines that may give the end, at least one.
            width: Wanted in px, before distortion.
            rng: Decides everything.
        """
        if not self.space or rng.random() >= self.share:
            return None
        mine = (self.lines[index], self.labels[index])
        if cuts(mine, self.space) is None:
            return None
        for other in rng.choice(among, size=_TRIES).tolist():
            theirs = (self.lines[other], self.labels[other])
            made = joined(mine, theirs, self.space, width, rng)
            if made is not None and self.least(made[1]) <= width:
                return made
        return None
