"""The maps that a segmentation network learns to draw.

Baselines are drawn as strokes whose width goes by the height of their lines, ends as bars across
them, heights along the strokes, as logarithms, regions as areas. Maps are half as large as the
network's input.

Source: baseline and separator maps as in Grüning et al. 2019 ("A two-stage method for text line
detection in historical documents", arXiv:1802.03345), heights as in Kodym & Hradiš 2021 ("Page
layout analysis system for unconstrained historic documents", arXiv:2102.11838).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.archive import Channel
from uncial.decoding.maps import HEIGHT_UNIT, STRIDE
from uncial.page.polyline import Points
from uncial.training.segmentation.truth import TrueLine

_STROKE = 0.13  # of a line's height
_THINNEST, _THICKEST = 2, 6  # px of a map
_SHIFT = 4  # binary digits behind the point in OpenCV's coordinates
UNKNOWN = np.float32(np.nan)
"""Height where there is no line."""


def draw_targets(
    channels: Sequence[Channel],
    lines: Sequence[TrueLine],
    regions: Sequence[tuple[str, Points]],
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """One map a channel: 0-1, for heights the logit of the network or NaN.

    Args:
        channels: Of the network.
        lines: In px of the network's input.
        regions: Type and outline, in the same.
        size: Height and width of the maps, px.

    Returns:
        ``(C, H, W)``.
    """
    maps = np.zeros((len(channels), *size), np.float32)
    for channel, target in zip(channels, maps, strict=True):
        if channel.kind == "region":
            _fill(target, [shape for name, shape in regions if name == channel.type])
        elif channel.kind in ("above", "below"):
            _heights(target, lines, below=channel.kind == "below")
        elif channel.kind == "ends":
            _ends(target, lines)
        else:
            kept = [line for line in lines if channel.type in ("", line.type)]
            _strokes(target, kept)
    return maps


def stroke(line: TrueLine) -> int:
    """Width of a line's stroke, px of a map."""
    tall = (line.above + line.below) / STRIDE
    return int(np.clip(round(_STROKE * tall), _THINNEST, _THICKEST))


def _strokes(target: NDArray[np.float32], lines: Sequence[TrueLine]) -> None:
    canvas = np.zeros(target.shape, np.uint8)
    for line in lines:
        cv2.polylines(canvas, [_fixed(line.course)], False, 255, stroke(line), cv2.LINE_AA, _SHIFT)
    target[:] = canvas / np.float32(255)


def _ends(target: NDArray[np.float32], lines: Sequence[TrueLine]) -> None:
    canvas = np.zeros(target.shape, np.uint8)
    for line in lines:
        for at, inner in ((0, min(2, len(line.course) - 1)), (-1, max(-3, -len(line.course)))):
            along = line.course[inner] - line.course[at]
            along = along / max(1e-9, float(np.hypot(*along)))
            up = np.array([along[1], -along[0]]) * (1 if at == 0 else -1)
            bar = np.stack([line.course[at] + up * 0.6 * line.above])
            bar = np.concatenate([bar, [line.course[at] - up * 0.6 * line.below]])
            width = stroke(line) + 1
            cv2.polylines(canvas, [_fixed(bar)], False, 255, width, cv2.LINE_AA, _SHIFT)
    target[:] = canvas / np.float32(255)


def _heights(target: NDArray[np.float32], lines: Sequence[TrueLine], *, below: bool) -> None:
    target[:] = UNKNOWN
    for line in lines:
        height = line.below if below else line.above
        value = float(np.log(max(height, 1.0) / HEIGHT_UNIT))
        cv2.polylines(target, [_fixed(line.course)], False, value, stroke(line) + 2, 8, _SHIFT)


def _fill(target: NDArray[np.float32], outlines: Sequence[Points]) -> None:
    for outline in outlines:
        cv2.fillPoly(target, [_fixed(outline)], 1.0, 8, _SHIFT)


def _fixed(points: Points) -> NDArray[np.int32]:
    """Input pixels as OpenCV's fixed-point pixels of a map."""
    return np.asarray(np.round(points / STRIDE * (1 << _SHIFT)), np.int32)
