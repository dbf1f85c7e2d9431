"""What pages and lines are: frozen data, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class LineSample:
    """One text line with its ground truth and where both came from.

    Attributes:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB, uint8.
        text: Ground truth in logical order; None where there is none.
        line_id: Unique within its data set, e.g. ``lines/p012_l07``.
        page: Page it was cut from, or ``""`` where unknown.
        document: Document (work, letter, writer) of that page, or ``""``.
        source: File it was read from.
    """

    image: NDArray[np.uint8]
    text: str | None
    line_id: str
    page: str = ""
    document: str = ""
    source: str = ""
