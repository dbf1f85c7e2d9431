"""Batches of prepared lines as tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from uncial.imaging.batch import batched
from uncial.nn.frames import Frames


def to_frames(
    images: Sequence[NDArray[np.uint8]], pad: int, multiple: int = 1, style: str = "uncial"
) -> Frames:
    """Prepared images side by side in one tensor; arguments as for `uncial.imaging.batch.batched`.

    Returns:
        ``(N, 1, H, W)`` float32 with true widths; ink positive, paper and padding 0.
    """
    data, widths = batched(images, pad, multiple, style)
    return Frames(torch.from_numpy(data), torch.tensor(widths), min(widths))
