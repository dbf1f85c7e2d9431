"""What a segmentation network is to find on a page, in the pixels of its input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uncial.archive import Channel
from uncial.imaging.band import page_bands
from uncial.imaging.pageview import PagePreparation, prepare_page
from uncial.page.layout import Page
from uncial.page.polyline import Points, length, points_of


@dataclass(frozen=True, eq=False)
class TrueLine:
    """One line to be found.

    Attributes:
        course: ``(N, 2)`` its baseline, px.
        above: How far it reaches above its baseline, px.
        below: How far below.
        type: One of the model's, or empty.
    """

    course: Points
    above: float
    below: float
    type: str = ""


@dataclass(frozen=True, eq=False)
class TruePage:
    """A page as a network sees it, and what there is to find.

    Attributes:
        image: ``(H, W)`` gray, prepared.
        lines: Its lines.
        regions: Type and ``(N, 2)`` outline of its regions.
    """

    image: NDArray[np.uint8]
    lines: tuple[TrueLine, ...]
    regions: tuple[tuple[str, Points], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Types:
    """Which types of lines and regions are learnt, and as what.

    Attributes:
        lines: The model's type of each type of line in the pages; what is not among them is
            not learnt as a type, but still as a line.
        regions: The model's type of each type of region; others are not learnt.
        ignored: Types of lines that are not to be found.
    """

    lines: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    def channels(self) -> tuple[Channel, ...]:
        """What a network puts out that learns them."""
        plain = (Channel("baseline"), Channel("ends"), Channel("above"), Channel("below"))
        lines = tuple(Channel("line", name) for name in _unique(self.lines.values()))
        regions = tuple(Channel("region", name) for name in _unique(self.regions.values()))
        return plain + (lines if len(lines) > 1 else ()) + regions


def true_page(
    image: NDArray[np.uint8], page: Page, types: Types, preparation: PagePreparation
) -> TruePage:
    """What is to be found on a page.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        page: Lines without a baseline get one drawn through their boundary.
        types: To learn.
        preparation: Of the network.
    """
    prepared = prepare_page(image, preparation)
    scale = prepared.shape[1] / page.width
    kinds = {line.id: line.type for line in page.lines()}
    lines = tuple(
        TrueLine(
            band.spine * scale,
            band.above * scale,
            band.below * scale,
            types.lines.get(kinds[band.line], ""),
        )
        for band in page_bands(page)
        if length(band.spine) * scale >= 1 and kinds[band.line] not in types.ignored
    )
    regions = tuple(
        (types.regions[region.type or region.kind], points_of(region.boundary) * scale)
        for region in page.walk()
        if (region.type or region.kind) in types.regions and len(region.boundary) >= 3
    )
    return TruePage(prepared, lines, regions)


def _unique(names: Iterable[str]) -> list[str]:
    return sorted(set(names))
