"""An affine map and a smooth random field, applied to an image in one pass."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def bent(
    image: Gray,
    matrix: NDArray[np.float32],
    canvas: tuple[int, int],
    cells: tuple[int, int],
    amplitude: float,
    rng: np.random.Generator,
    *,
    border: int,
) -> Gray:
    """Map an image and bend it.

    Source coordinates are worked out at the nodes of a coarse grid, where the field is drawn,
    and interpolated linearly between them, which keeps the affine part exact.

    Args:
        image: ``(H, W)``.
        matrix: ``(2, 3)`` from the image to the canvas.
        canvas: Width and height of the result, px.
        cells: Columns and rows of the field's grid.
        amplitude: Standard deviation of the field, px of the image; 0 draws nothing.
        rng: Draws the field.
        border: Gray level of what lies beyond the image.

    Returns:
        ``(canvas height, canvas width)``.
    """
    if not amplitude:
        mapped = cv2.warpAffine(
            image,
            matrix,
            canvas,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=border,
        )
        return np.asarray(mapped, np.uint8)
    inverse = cv2.invertAffineTransform(matrix).astype(np.float32)
    width, height = canvas
    across, down = (-(-size // count) for size, count in zip(canvas, cells, strict=True))
    columns, rows = (-(-size // step) + 1 for size, step in ((width, across), (height, down)))
    # Enlarged by whole factors, node n lies at (n + 0.5) * step - 0.5; one node before the image.
    x = (np.arange(columns + 1, dtype=np.float32) - 0.5) * across - 0.5
    y = (np.arange(rows + 1, dtype=np.float32)[:, None] - 0.5) * down - 0.5
    field = rng.standard_normal((2, rows + 1, columns + 1), np.float32) * np.float32(amplitude)
    maps = []
    for row, bend in zip(inverse, field, strict=True):
        nodes = bend + (row[0] * x + (row[1] * y + row[2]))
        full = cv2.resize(
            nodes, (nodes.shape[1] * across, nodes.shape[0] * down), interpolation=cv2.INTER_LINEAR
        )
        maps.append(full[down : down + height, across : across + width])
    mapped = cv2.remap(image, maps[0], maps[1], cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT, border)
    return np.asarray(mapped, np.uint8)
