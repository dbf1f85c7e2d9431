"""What a segmentation network puts out, as arrays: one map a channel.

Maps are half as large as the network's input: pixel *i* of a map stands for pixel *2 i*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uncial.archive import Channel

STRIDE = 2
"""Input pixels for each pixel of a map."""
HEIGHT_UNIT = 16.0
"""Input pixels that a height's logit of 0 stands for; logits are natural logarithms."""

Map = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class LayoutMaps:
    """What a network sees on one page, ``(H, W)`` each.

    Attributes:
        baseline: Probability of a baseline.
        ends: Probability that a baseline ends.
        above: Height above the baseline, px of a map.
        below: Height below.
        lines: Probability of a baseline of each type.
        regions: Probability of a region of each type.
    """

    baseline: Map
    ends: Map
    above: Map
    below: Map
    lines: dict[str, Map] = field(default_factory=dict)
    regions: dict[str, Map] = field(default_factory=dict)


def layout_maps(logits: Map, channels: Sequence[Channel]) -> LayoutMaps:
    """The maps of one page.

    Args:
        logits: ``(C, H, W)``, as the network puts them out.
        channels: What each shows.
    """
    single: dict[str, Map] = {}
    typed: dict[str, dict[str, Map]] = {"line": {}, "region": {}}
    for channel, logit in zip(channels, logits, strict=True):
        if channel.kind in ("above", "below"):
            single[channel.kind] = np.exp(logit.clip(-4, 4)) * np.float32(HEIGHT_UNIT / STRIDE)
        elif channel.kind in typed:
            typed[channel.kind][channel.type] = _probability(logit)
        else:
            single[channel.kind] = _probability(logit)
    return LayoutMaps(**single, lines=typed["line"], regions=typed["region"])


def map_size(size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the maps of an input of this height and width."""
    height, width = (-(-side // STRIDE) for side in size)
    return height, width


def _probability(logit: Map) -> Map:
    return np.asarray(1 / (1 + np.exp(-logit)), np.float32)
