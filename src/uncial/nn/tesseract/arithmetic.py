"""Products and nonlinearities as Tesseract computes them, for real and for int8 weights.

Int8 activations are kept as float32 that hold whole numbers: sums of their products stay
below 2^24, so a float32 matrix product is exact in whatever order it adds.

Source: tesseract 5.x ``src/lstm/functions.h``, ``src/lstm/weightmatrix.cpp``,
``src/arch/intsimdmatrix.cpp``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uncial.nn.tesseract.layer import Weights

Real = NDArray[np.float32]
_BYTE = np.float32(127.0)
_EXACT_INPUTS = 1000  # up to here sums of products of bytes are exact in float32
_ENTRIES = 4096
_PARTS = np.float32(256.0)
_LAST = np.float32(_ENTRIES - 1)
_AT = np.arange(_ENTRIES) / 256.0
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


def to_byte(values: Real) -> Real:
    """Activations as int8 activations: 127 times, nearest, halves away from zero."""
    wide = values * _BYTE
    wide += np.copysign(_HALF, wide)
    np.trunc(wide, out=wide)
    return np.clip(wide, -_BYTE, _BYTE, out=wide)


@dataclass(frozen=True)
class Product:
    """A weight matrix and its bias.

    Attributes:
        weights: ``(inputs, outputs)``; whole numbers of an int8 matrix.
        bias: ``(outputs,)``, of an int8 matrix times 127.
        scale: ``(outputs,)`` that makes sums real; None of a real matrix.
    """

    weights: NDArray[np.floating]
    bias: NDArray[np.floating]
    scale: Real | None

    def sums(self, rows: Real) -> NDArray[np.floating]:
        """``(N, inputs)`` -> ``(N, outputs)``, not scaled."""
        made = rows @ self.weights
        made += self.bias
        return made

    def __call__(self, rows: Real) -> Real:
        """``(N, inputs)`` -> ``(N, outputs)``."""
        made = self.sums(rows).astype(np.float32, copy=False)
        return made if self.scale is None else made * self.scale


def product(parts: list[Weights]) -> Product:
    """The matrices of several gates of the same inputs, side by side."""
    values = np.concatenate([part.values for part in parts])
    if any(part.scales is None for part in parts):
        real = values.astype(np.float32)
        return Product(np.ascontiguousarray(real[:, :-1].T), real[:, -1].copy(), None)
    scales = [np.asarray(p.scales, np.float64)[: len(p.values)] / 127.0 for p in parts]
    whole: NDArray[np.floating] = values.astype(np.float32)
    if values.shape[1] > _EXACT_INPUTS:
        whole = values.astype(np.float64)
    weights = np.ascontiguousarray(whole[:, :-1].T)
    scale = np.concatenate(scales).astype(np.float32)
    return Product(weights, whole[:, -1] * _BYTE, scale)


class Curve:
    """Tanh or logistic from a table with linear interpolation, column by column.

    Args:
        tanh: ``(n,)`` whether a column takes tanh, else logistic.
    """

    def __init__(self, tanh: NDArray[np.bool_]) -> None:
        self._offset = np.where(tanh, 0, _ENTRIES).astype(np.int64)
        self._centre = np.where(tanh, 0, 0.5).astype(np.float32)

    def __call__(self, values: Real) -> Real:
        """``(…, n)`` -> ``(…, n)``."""
        wide = np.abs(values)
        wide *= _PARTS
        np.fmin(wide, _LAST, out=wide)  # what is not a number stays within the table
        index = wide.astype(np.int64)
        wide -= index
        index += self._offset
        wide *= _RISES[index]
        wide += _VALUES[index]
        wide -= self._centre
        np.copysign(wide, values, out=wide)
        wide += self._centre
        return wide


def tanh(values: Real) -> Real:
    """Tanh from the table."""
    wide = np.abs(values)
    wide *= _PARTS
    np.fmin(wide, _LAST, out=wide)  # what is not a number stays within the table
    index = wide.astype(np.int64)
    wide -= index
    wide *= _RISES[index]
    wide += _VALUES[index]
    return np.copysign(wide, values, out=wide)


def logistic(values: Real) -> Real:
    """Logistic function from the table."""
    return Curve(np.zeros(values.shape[-1], bool))(values)


def softmax(values: Real) -> Real:
    """Over the last axis; exponents below -86 count as -86."""
    shifted = np.clip(values - values.max(axis=-1, keepdims=True), -86.0, 0.0)
    powers = np.exp(shifted)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def _tables() -> tuple[Real, Real]:
    """Values and rises to the next value: of tanh, then of the logistic function."""
    curves = [np.tanh(_AT), 1.0 / (1.0 + np.exp(-_AT))]
    values = [curve.astype(np.float32) for curve in curves]
    rises = [np.append(np.diff(value), np.float32(0)) for value in values]
    for value in values:
        value[-1] = _ONE  # of everything from there on
    return np.concatenate(values), np.concatenate(rises).astype(np.float32)


_VALUES, _RISES = _tables()

ACTIVATIONS: dict[str, Callable[[Real], Real]] = {
    "Logistic": logistic,
    "LinLogistic": lambda values: np.clip(values, 0.0, 1.0),
    "LinTanh": lambda values: np.clip(values, -1.0, 1.0),
    "Tanh": tanh,
    "Relu": lambda values: np.maximum(values, np.float32(0)),
    "Linear": lambda values: values,
    "Softmax": softmax,
    "SoftmaxNoCTC": softmax,
}
"""By the type of a fully connected layer."""
