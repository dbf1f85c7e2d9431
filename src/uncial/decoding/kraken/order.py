"""Reading order of lines and of the regions that hold them.

Of two lines above each other the upper one comes first, of two beside each other with nothing
between the left one; what follows from that is sorted.

Source: kraken 7.1 ``polygonal_reading_order``, after Breuel 2003, High performance document
layout analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """Bounds in px."""

    top: float
    left: float
    bottom: float
    right: float


def reading_order(
    lines: Sequence[Box], owners: Sequence[int], regions: Sequence[Box], *, leftward: bool = False
) -> list[int]:
    """Lines in the order in which they are read.

    Args:
        lines: Bounds of each.
        owners: The region that each stands in; -1 for none.
        regions: Bounds of each.
        leftward: Columns follow each other to the left.
    """
    members: dict[int, list[int]] = {}
    for line, owner in enumerate(owners):
        members.setdefault(owner, []).append(line)
    blocks = [([line], lines[line]) for line in members.pop(-1, [])]
    for owner in sorted(members):
        inside = members[owner]
        order = _sorted([lines[line] for line in inside], leftward)
        blocks.append(([inside[at] for at in order], regions[owner]))
    order = _sorted([box for _, box in blocks], leftward)
    return [line for at in order for line in blocks[at][0]]


def _sorted(boxes: Sequence[Box], leftward: bool) -> list[int]:
    """Boxes so that each stands behind all that come before it."""
    before = _before(boxes, leftward)
    order: list[int] = []
    seen: set[int] = set()
    for box in range(len(boxes)):
        waiting = [(box, False)]
        while waiting:
            here, done = waiting.pop()
            if done:
                order.append(here)
            elif here not in seen:
                seen.add(here)
                waiting.append((here, True))
                earlier = np.flatnonzero(before[:, here])[::-1].tolist()
                waiting += [(one, False) for one in earlier]
    return order


def _before(boxes: Sequence[Box], leftward: bool) -> NDArray[np.bool_]:
    """``(N, N)`` whether the first of two comes before the second."""
    count = len(boxes)
    before = np.zeros((count, count), bool)
    edges = np.array(boxes, np.float64).reshape(-1, 4)
    top, left, bottom, right = edges.T
    for here, one in enumerate(boxes):
        overlaps = (one.left < right) & (one.right > left)
        before[here] = overlaps & (one.top < top)
        for there in np.flatnonzero(~overlaps).tolist():
            other = boxes[there]
            ahead = one.right < other.left
            if ahead == leftward:
                continue
            between = (bottom >= min(one.top, other.top)) & (top <= max(one.bottom, other.bottom))
            between &= (left < one.right) & (right > other.left)
            between &= (edges != one).any(1) & (edges != other).any(1)
            before[here, there] = not between.any()
    return before
