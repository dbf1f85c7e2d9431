"""Thin shapes to lines of single pixels, and paths between their ends.

Source: Zhang and Suen 1984, doi:10.1145/357994.358023 (thinning); scikit-image 0.25
``skeletonize`` (which neighbourhoods it treats otherwise) and ``MCP_Connect``, its heap included:
where lines branch, the order in which fronts grow decides which ends are joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from heapq import heappop, heappush

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Path = NDArray[np.int64]
"""``(K, 2)`` rows and columns."""

_WEIGHTS = np.array([[1, 2, 4], [128, 0, 8], [64, 32, 16]], np.float32)
"""Bit of each neighbour, clockwise from the north-west."""
_GO = (
    (10, 11, 40, 130, 134, 160, 161, 194, 198),
    (10, 26, 40, 104, 108, 130, 160, 176),
)
"""Corners of stairs, which go in the first and in the second half of a pass as well."""
_STAY = ((24, 48, 56, 96, 129, 192, 224), (3, 6, 12, 14, 129, 131))
"""Ends of lines, which stay in the first and in the second half."""
_NEIGHBOURS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


def skeleton(mask: Mask) -> Mask:
    """A shape thinned to lines.

    Args:
        mask: ``(H, W)`` of 0 and 1.

    Returns:
        The same, one pixel wide.
    """
    thin = mask.astype(np.uint8)
    tables = _removals()
    changed = True
    while changed:
        changed = False
        for table in tables:
            around = cv2.filter2D(thin, cv2.CV_8U, _WEIGHTS, borderType=cv2.BORDER_CONSTANT)
            gone = np.asarray(cv2.LUT(around, table), np.uint8) & thin
            if cv2.countNonZero(gone):
                thin -= gone
                changed = True
    return thin


def ends(thin: Mask) -> NDArray[np.int64]:
    """``(N, 2)`` rows and columns of pixels with one neighbour, by rows."""
    count = cv2.filter2D(thin, cv2.CV_8U, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT)
    return np.argwhere((count == 2) & (thin > 0))


@cache
def _removals() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Neighbourhoods whose middle goes in the first and in the second half of a pass."""
    codes = np.arange(256)[:, None] >> np.arange(8) & 1
    turns = ((codes == 0) & (np.roll(codes, -1, 1) == 1)).sum(1)
    count = codes.sum(1)
    thick = (turns == 1) & (count >= 2) & (count <= 6)
    north, east, south, west = (codes[:, at] for at in (1, 3, 5, 7))
    first = thick & (north * east * south == 0) & (east * south * west == 0)
    second = thick & (north * east * west == 0) & (north * south * west == 0)
    for table, go, stay in zip((first, second), _GO, _STAY, strict=True):
        table[list(go)] = True
        table[list(stay)] = False
    return first.astype(np.uint8), second.astype(np.uint8)


def paths(thin: Mask, starts: NDArray[np.int64]) -> list[Path]:
    """Ways along lines of single pixels between their ends.

    Fronts grow from all ends at once; where two meet for the first time, their ends are joined.

    Args:
        thin: ``(H, W)`` of 0 and 1.
        starts: As from `ends`.
    """
    return _Growth(thin, starts).joined()


@dataclass
class _Heap:
    """Pixels by cost, 0 or 1: the first of the least comes out, the last takes its place."""

    pixels: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)

    def push(self, pixel: int, cost: int) -> bool:
        """Add a pixel, or lower its cost; whether that changed anything."""
        place = self.places.get(pixel)
        if place is not None:
            if self.costs[place] <= cost:
                return False
            self.costs[place] = cost
            heappush(self.free, place)
            return True
        self.places[pixel] = len(self.pixels)
        if not cost:
            heappush(self.free, len(self.pixels))
        self.pixels.append(pixel)
        self.costs.append(cost)
        return True

    def pop(self) -> int | None:
        """The first pixel that costs nothing; None if there is no more."""
        costs, free = self.costs, self.free
        while free:
            place = heappop(free)
            if place < len(costs) and not costs[place]:
                break
        else:
            return None
        pixel = self.pixels[place]
        del self.places[pixel]
        last, cost = self.pixels.pop(), costs.pop()
        if place < len(costs):
            self.pixels[place], costs[place] = last, cost
            self.places[last] = place
            if not cost:
                heappush(free, place)
        return pixel


class _Growth:
    """Fronts that grow along lines."""

    def __init__(self, thin: Mask, starts: NDArray[np.int64]) -> None:
        padded = np.pad(thin, 1)
        self.width = padded.shape[1]
        self.inside = np.pad(np.ones_like(thin), 1).ravel().tobytes()
        self.line = padded.ravel().tobytes()
        self.steps = [dy * self.width + dx for dy, dx in _NEIGHBOURS]
        self.owner: dict[int, int] = {}
        self.came: dict[int, int] = {}
        self.frozen: set[int] = set()
        self.met: dict[tuple[int, int], tuple[int, int]] = {}
        self.heap = _Heap()
        for number, (row, column) in enumerate(starts.tolist()):
            pixel = (row + 1) * self.width + column + 1
            self.owner[pixel] = number
            self.heap.push(pixel, 0)

    def joined(self) -> list[Path]:
        frozen, owner = self.frozen, self.owner
        push, pop = self.heap.push, self.heap.pop
        while (pixel := pop()) is not None:
            frozen.add(pixel)
            mine = owner[pixel]
            for step in self.steps:
                near = pixel + step
                if not self.inside[near]:
                    continue
                if near in frozen:
                    theirs = owner[near]
                    if theirs != mine:
                        key = (mine, theirs) if mine < theirs else (theirs, mine)
                        self.met.setdefault(key, (pixel, near))
                elif push(near, 0 if self.line[near] else 1):
                    self.came[near] = pixel
                    owner[near] = mine
        return [
            np.concatenate([self._way(first), self._way(second)[::-1]])
            for first, second in self.met.values()
        ]

    def _way(self, pixel: int) -> Path:
        """From an end to a pixel."""
        way = [pixel]
        while way[-1] in self.came:
            way.append(self.came[way[-1]])
        flat = np.array(way[::-1])
        return np.stack([flat // self.width - 1, flat % self.width - 1], 1)
