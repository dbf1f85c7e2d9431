"""A stored network as a function from image values to probabilities, exactly as Tesseract.

Grids are ``(H, W, D)`` float32; in int8 networks they hold whole numbers, 127 for 1.

Source: tesseract 5.x ``src/lstm/*.cpp`` (``Forward`` of each layer).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from uncial.nn.tesseract.arithmetic import ACTIVATIONS, Real, product, to_byte
from uncial.nn.tesseract.layer import PARALLEL, Layer, input_settings, is_integer, stride
from uncial.nn.tesseract.noise import Noise
from uncial.nn.tesseract.recurrence import Recurrence

Step = Callable[[Real, Noise], Real]


class ExactNetwork:
    """A network that reads one line at a time.

    Args:
        root: The stored network.
        sample_iteration: Seed of the noise at the borders, stored with it.

    Attributes:
        height: Of the input in px, 0 variable.
        depth: 1 gray, 3 colour.
        integer: It computes in int8.
        stride: Image columns for each output column.
        labels: Outputs.
    """

    def __init__(self, root: Layer, sample_iteration: int) -> None:
        self.integer = is_integer(root)
        height, self._width, depth = input_settings(root)
        self._by_columns = height == 1
        self.height = depth if self._by_columns else height
        self.depth = 1 if self._by_columns else depth
        self.stride = stride(root)
        self.labels = root.no
        self._sample_iteration = sample_iteration
        self._run = _step(root, self.integer)

    def probabilities(self, values: NDArray[np.floating] | NDArray[np.int8]) -> Real:
        """``(T, labels)`` for the input values of one line.

        Args:
            values: ``(H, W, D)``; of an int8 network bytes.
        """
        noise = Noise(self._sample_iteration)
        grid = self._fixed(np.asarray(values, np.float32), noise)
        if self._by_columns:
            grid = np.ascontiguousarray(grid.transpose(2, 1, 0))
        made = self._run(grid, noise)
        return made.reshape(-1, made.shape[-1])

    def _fixed(self, grid: Real, noise: Noise) -> Real:
        """Cut or filled with noise, where the network has a fixed width."""
        missing = self._width - grid.shape[1] if self._width else 0
        if missing <= 0:
            return grid[:, : self._width] if self._width else grid
        height, _, depth = grid.shape
        count = height * missing * depth
        fill = noise.bytes(count) if self.integer else noise.reals(count)
        return np.concatenate([grid, fill.reshape(height, missing, depth)], axis=1)


def _step(layer: Layer, integer: bool) -> Step:
    """The function of one layer."""
    kind = layer.type
    if kind == "Input":
        return lambda grid, _: grid
    if kind == "Series":
        return _series([_step(child, integer) for child in layer.children])
    if kind in PARALLEL:
        return _parallel([_step(child, integer) for child in layer.children])
    if kind in _TURNS:
        return _turned(_step(layer.children[0], integer), _TURNS[kind])
    if kind == "Convolve":
        return _convolve(*layer.settings, integer=integer)
    if kind in ("Maxpool", "Reconfig"):
        return _blocks(*layer.settings, largest=kind == "Maxpool")
    if kind in ACTIVATIONS:
        return _full(layer, integer)
    recurrence = Recurrence(layer, integer=integer)
    return lambda grid, _: recurrence(grid)


def _series(steps: list[Step]) -> Step:
    def run(grid: Real, noise: Noise) -> Real:
        for step in steps:
            grid = step(grid, noise)
        return grid

    return run


def _parallel(steps: list[Step]) -> Step:
    return lambda grid, noise: np.concatenate([step(grid, noise) for step in steps], axis=2)


_TURNS: dict[str, Callable[[Real], Real]] = {
    "RTLReversed": lambda grid: grid[:, ::-1],
    "TTBReversed": lambda grid: grid[::-1],
    "XYTranspose": lambda grid: np.swapaxes(grid, 0, 1),
}


def _turned(step: Step, turn: Callable[[Real], Real]) -> Step:
    return lambda grid, noise: turn(step(np.ascontiguousarray(turn(grid)), noise))


def _convolve(half_x: int, half_y: int, *, integer: bool) -> Step:
    """Windows as channels, columns slowest; noise beyond the border."""
    pad = ((half_y, half_y), (half_x, half_x), (0, 0))
    window = (2 * half_y + 1, 2 * half_x + 1)

    def run(grid: Real, noise: Noise) -> Real:
        height, width, depth = grid.shape
        inside = np.pad(np.ones((height, width), bool), pad[:2])
        windows = sliding_window_view(np.pad(grid, pad), window, axis=(0, 1))
        made = np.ascontiguousarray(windows.transpose(0, 1, 4, 3, 2))
        outside = ~sliding_window_view(inside, window).transpose(0, 1, 3, 2)
        count = int(outside.sum()) * depth
        fill = noise.bytes(count) if integer else noise.reals(count)
        made[outside] = fill.reshape(-1, depth)
        return made.reshape(height, width, window[0] * window[1] * depth)

    return run


def _blocks(x: int, y: int, *, largest: bool) -> Step:
    """Blocks of pixels become one: its largest values, or all of them, columns slowest."""

    def run(grid: Real, _: Noise) -> Real:
        rows, columns = grid.shape[0] // y, grid.shape[1] // x
        depth = grid.shape[2]
        cut = grid[: rows * y, : columns * x].reshape(rows, y, columns, x, depth)
        if largest:
            return np.asarray(cut.max(axis=(1, 3)))
        return cut.transpose(0, 2, 3, 1, 4).reshape(rows, columns, x * y * depth)

    return run


def _full(layer: Layer, integer: bool) -> Step:
    """The same product at each position."""
    matrix = product(list(layer.matrices))
    activation = ACTIVATIONS[layer.type]
    rounds = integer and layer.type != "Softmax"

    def run(grid: Real, _: Noise) -> Real:
        height, width, depth = grid.shape
        made = activation(matrix(grid.reshape(-1, depth)))
        return (to_byte(made) if rounds else made).reshape(height, width, layer.no)

    return run
