"""The order in which regions or lines are read, told from where they stand.

Two rules say that one box comes before another: it lies above, and both share columns; or it
lies wholly before in the direction of reading, and no third box stands between their rows that
shares columns with both. Boxes are then listed so that no rule is broken; where rules form a
circle, the topmost comes first.

Source: Breuel, "High Performance Document Layout Analysis", 2003, section on reading order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from uncial.page.geometry import Box, line_box, region_box
from uncial.page.layout import Direction, Line, Page, Region

_SLACK: Final = 0.35  # of the smaller extent: boxes overlap only where they share more

Order = Callable[[Sequence[Box], Direction], list[int]]
"""Lists boxes as `reading_order` does."""


def reading_order(boxes: Sequence[Box], direction: Direction = "lr") -> list[int]:
    """Indices of boxes in the order in which they are read.

    Args:
        boxes: Of regions or lines.
        direction: Main direction of the page; empty counts as ``"lr"``.
    """
    if not boxes:
        return []
    turned = facing(boxes, direction)
    before = _before(turned)
    rank = np.lexsort((turned[:, 0], turned[:, 1]))
    waiting, order = list(rank), []
    open_rules = before.sum(axis=0)
    while waiting:
        free = next((index for index in waiting if open_rules[index] == 0), waiting[0])
        waiting.remove(free)
        order.append(int(free))
        open_rules -= before[free]
    return order


def facing(boxes: Sequence[Box], direction: Direction) -> NDArray[np.float64]:
    """``(n, 4)`` boxes as they would lie on a page read from left to right and down."""
    return np.array([_turned(box, direction) for box in boxes], np.float64).reshape(-1, 4)


def in_reading_order(page: Page, order: Order = reading_order) -> Page:
    """The page with regions, and lines in each region, in order.

    Those without a place keep theirs at the end. `Page.ordered` stays as it is.

    Args:
        page: With lines in any order.
        order: Lists boxes; by where they stand, or as it was learnt.
    """
    direction = page.direction

    def lines(found: tuple[Line, ...], own: Direction) -> tuple[Line, ...]:
        return tuple(found[at] for at in _placed([line_box(line) for line in found], own, order))

    def regions(found: tuple[Region, ...], own: Direction) -> tuple[Region, ...]:
        places = _placed([region_box(region) for region in found], own, order)
        return tuple(inside(found[at], own) for at in places)

    def inside(region: Region, outer: Direction) -> Region:
        own = region.direction or outer
        return replace(region, lines=lines(region.lines, own), regions=regions(region.regions, own))

    return replace(page, regions=regions(page.regions, direction))


def _placed(boxes: Sequence[Box | None], direction: Direction, order: Order) -> list[int]:
    known = [at for at, box in enumerate(boxes) if box is not None]
    places = order([box for box in boxes if box is not None], direction)
    return [*(known[at] for at in places), *(at for at, box in enumerate(boxes) if box is None)]


def _turned(box: Box, direction: Direction) -> tuple[float, float, float, float]:
    """The box as it would lie on a page read from left to right and down."""
    left, upper, right, lower = box
    if direction == "rl":
        return -right, upper, -left, lower
    if direction == "vertical-rl":
        return upper, -right, lower, -left
    if direction == "vertical-lr":
        return upper, left, lower, right
    return left, upper, right, lower


def _before(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each box (row) comes before each other one (column)."""
    left, upper, right, lower = boxes.T
    columns = _shared(left, right)
    middle = (upper + lower) / 2
    above = columns & (middle[:, None] < middle[None, :])
    beside = ~columns & ((left + right)[:, None] < (left + right)[None, :])
    for at in np.flatnonzero(columns.sum(axis=1) > 1):
        # A box that shares columns with both and stands between their rows parts them.
        between = (middle[:, None] < middle[at]) & (middle[at] < middle[None, :])
        between |= between.T
        beside &= ~(columns[:, at][:, None] & columns[at][None, :] & between)
    rules: NDArray[np.bool_] = above | beside
    np.fill_diagonal(rules, val=False)
    return rules


def _shared(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether intervals overlap by more than a little."""
    common = np.minimum(ends[:, None], ends[None, :]) - np.maximum(starts[:, None], starts[None, :])
    sizes = np.maximum(ends - starts, 1e-9)
    shared: NDArray[np.bool_] = common > _SLACK * np.minimum(sizes[:, None], sizes[None, :])
    return shared
