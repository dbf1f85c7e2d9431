"""The weight matrix of one layer or one LSTM gate, with its optimizer state.

Layout::

    u8   mode      bit 1 int8, bit 4 Adam, bit 128 double (set by every release since 4.0)
    real     (bit 1 clear)  matrix f64 weights; while training also matrix f64 updates and,
                            with bit 4, matrix f64 squares
    integer  (bit 1 set)    matrix i8 weights, u32 n, f64 scales[n]

Without bit 128, in files older than 4.0, reals are f32, the optimizer's two matrices do not
depend on bit 4 and follow integer weights as well.

Rows are outputs; columns are inputs and, last, the bias.

Source: tesseract 5.x ``src/lstm/weightmatrix.cpp``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.formats.tesseract.cursor import Cursor, Sink

INT8 = 1
ADAM = 4
DOUBLE = 128


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightMatrix:
    """Weights of one layer or gate.

    Attributes:
        mode: Bits of `INT8`, `ADAM` and `DOUBLE`, as stored.
        values: ``(outputs, inputs + 1)`` float64, float32 in files older than 4.0, or int8;
            the last column is the bias.
        scales: ``(n,)`` of int8 weights, n at least `outputs`: weight = value * scale.
        updates: Like `values`, the optimizer's running update; None outside training.
        squares: Like `values`, Adam's running mean of squared gradients; None outside
            training and without Adam.
    """

    mode: int
    values: NDArray[Any]
    scales: NDArray[Any] | None = None
    updates: NDArray[Any] | None = None
    squares: NDArray[Any] | None = None

    @property
    def is_integer(self) -> bool:
        """Weights are int8 with a scale per row."""
        return bool(self.mode & INT8)

    @property
    def outputs(self) -> int:
        """Number of rows."""
        return int(self.values.shape[0])

    @property
    def inputs(self) -> int:
        """Number of columns without the bias."""
        return int(self.values.shape[1]) - 1

    def weights(self) -> NDArray[np.float64]:
        """``(outputs, inputs + 1)`` real weights, whatever the storage."""
        real = self.values.astype(np.float64)
        if self.scales is not None:
            real *= self.scales[: self.outputs, None]
        return real


def real_matrix(values: NDArray[Any], *, adam: bool = True, trains: bool = False) -> WeightMatrix:
    """A matrix of real weights, as new files store it.

    Args:
        values: ``(outputs, inputs + 1)``, bias last.
        adam: Training continues with Adam rather than plain momentum.
        trains: Add the optimizer's matrices, all zero.
    """
    weights = np.asarray(values, dtype=np.float64)
    return WeightMatrix(
        mode=DOUBLE | (ADAM if adam else 0),
        values=weights,
        updates=np.zeros_like(weights) if trains else None,
        squares=np.zeros_like(weights) if trains and adam else None,
    )


def read_matrix(cursor: Cursor, *, trains: bool) -> WeightMatrix:
    """The matrix at the cursor.

    Args:
        cursor: Stands at the mode byte.
        trains: The layer carries optimizer state.

    Raises:
        FormatError: It is cut short, or its parts differ in size.
    """
    at = cursor.at
    mode = cursor.u8()
    real = "f64" if mode & DOUBLE else "f32"
    values = cursor.matrix("i8" if mode & INT8 else real)
    scales = None
    if mode & INT8:
        scales = cursor.array(real, cursor.count(8 if mode & DOUBLE else 4))
        if len(scales) < len(values):
            raise cursor.error(f"{len(scales)} scales for {len(values)} rows of weights", at)
    optimizes = trains and not (mode & INT8 and mode & DOUBLE)
    updates = cursor.matrix(real) if optimizes else None
    squares = cursor.matrix(real) if optimizes and (mode & ADAM or not mode & DOUBLE) else None
    for part in (updates, squares):
        if part is not None and part.shape != values.shape:
            raise cursor.error(f"optimizer state {part.shape} of weights {values.shape}", at)
    return WeightMatrix(mode=mode, values=values, scales=scales, updates=updates, squares=squares)


def write_matrix(sink: Sink, matrix: WeightMatrix) -> None:
    """Write what `read_matrix` reads."""
    real = "f64" if matrix.mode & DOUBLE else "f32"
    sink.u8(matrix.mode)
    sink.matrix("i8" if matrix.is_integer else real, matrix.values)
    if matrix.scales is not None:
        sink.u32(len(matrix.scales))
        sink.array(real, matrix.scales)
    for part in (matrix.updates, matrix.squares):
        if part is not None:
            sink.matrix(real, part)
