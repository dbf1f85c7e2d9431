"""Outlines of the areas that a map shows.

Source: kraken 7.1 ``vectorize_regions`` (threshold, tolerance).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.decoding.kraken.baselines import Points, simplified

_IN = 0.5  # least probability of a region
_BEND = 10.0  # px; an outline is simplified by as much
_STARTS = 2  # px behind its first pixel, clockwise


def regions(area: NDArray[np.float32]) -> list[Points]:
    """Outlines, clockwise, the last point not the first again.

    Args:
        area: ``(H, W)`` probabilities, enlarged.
    """
    mask = (area > _IN).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = []
    for outline in outlines:
        if len(outline) < 3:
            continue
        ring = np.roll(outline[::-1, 0, ::-1], -_STARTS + 1, axis=0).astype(np.int64)
        corners = simplified(np.concatenate([ring, ring[:1]]), _BEND)[:-1]
        if len(corners) > 2:
            found.append(corners)
    return found
