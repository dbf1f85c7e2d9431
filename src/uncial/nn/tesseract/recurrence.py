"""LSTMs over the rows of a grid, with Tesseract's arithmetic.

The cell state is real in int8 networks, too; what is fed back is rounded to bytes.

Source: tesseract 5.x ``src/lstm/lstm.cpp`` (``LSTM::Forward``).
"""

from __future__ import annotations

import numpy as np

from uncial.nn.tesseract.arithmetic import Curve, Product, Real, product, softmax, tanh, to_byte
from uncial.nn.tesseract.layer import Layer

_BOUND = np.float32(100.0)


class Recurrence:
    """One LSTM of any of the four types.

    Args:
        layer: The stored layer.
        integer: Its activations are bytes.
    """

    def __init__(self, layer: Layer, *, integer: bool) -> None:
        joined = product(list(layer.matrices))
        self.integer = integer
        self.states = len(layer.matrices[0].values)
        self.grid = len(layer.matrices) == 5
        self.summarizes = layer.type == "SummLSTM"
        self.outputs = layer.no
        self.bits = layer.type == "LSTMBinarySoftmax"
        self.head = product(list(layer.children[0].matrices)) if layer.children else None
        self._joined = joined
        self._enter = Product(joined.weights[: layer.ni], joined.bias, None)
        self._recur = np.ascontiguousarray(joined.weights[layer.ni :])
        tanh_columns = np.arange(len(layer.matrices) * self.states) < self.states
        self._curve = Curve(tanh_columns)

    def __call__(self, grid: Real) -> Real:
        """``(H, W, ni)`` -> ``(H, W, no)``, W = 1 of a summarizing LSTM."""
        height, width, inputs = grid.shape
        if not width * height:
            return np.zeros((height, width, self.outputs), np.float32)
        steps = np.swapaxes(grid, 0, 1).reshape(width * height, inputs)
        given = self._enter.sums(np.ascontiguousarray(steps)).reshape(width, height, -1)
        if self.head is not None:
            return self._with_feedback(given)
        if self.grid:
            return self._over_grid(given)
        return self._over_rows(given)

    def _over_rows(self, given: Real) -> Real:
        """All rows side by side."""
        width, height, _ = given.shape
        hidden = cell = np.zeros((height, self.states), np.float32)
        made = np.empty((width, height, self.states), np.float32)
        for step in range(width):
            gates = self._gates(given[step] + hidden @ self._recur)
            hidden, cell = self._advance(gates, cell)
            made[step] = hidden
        out = made[-1:] if self.summarizes else made
        return np.ascontiguousarray(np.swapaxes(out, 0, 1))

    def _over_grid(self, given: Real) -> Real:
        """Row by row; each cell keeps the state of its left or of its upper neighbour."""
        width, height, _ = given.shape
        n = self.states
        made = np.zeros((height, width, n), np.float32)
        above = np.zeros((width, n), np.float32)
        cells_above = np.zeros((width, n), np.float32)
        for row in range(height):
            hidden = cell = np.zeros(n, np.float32)
            cells = np.empty((width, n), np.float32)
            for step in range(width):
                source = np.concatenate([hidden, above[step]])
                gates = self._gates(given[step, row] + source @ self._recur)
                forget, up = gates[2 * n : 3 * n], gates[4 * n :]
                if row:
                    takes_up = forget < up
                    cell = np.where(takes_up, cells_above[step], cell)
                    gates[2 * n : 3 * n] = np.where(takes_up, up, forget)
                hidden, cell = self._advance(gates, cell)
                made[row, step], cells[step] = hidden, cell
            above, cells_above = made[row], cells
        return made

    def _with_feedback(self, given: Real) -> Real:
        """A softmax at each step, whose answer is an input of the next."""
        head = self.head
        if head is None:
            return given
        width, height, _ = given.shape
        made = np.empty((height, width, self.outputs), np.float32)
        fed = np.zeros(len(self._recur) - self.states, np.float32)
        for row in range(height):
            hidden = cell = np.zeros(self.states, np.float32)
            for step in range(width):
                source = np.concatenate([fed, hidden])
                hidden, cell = self._advance(
                    self._gates(given[step, row] + source @ self._recur), cell
                )
                answer = softmax(head(hidden[None])[0])
                made[row, step] = answer
                fed = self._fed(answer, len(fed))
        return made

    def _fed(self, answer: Real, size: int) -> Real:
        if self.bits:
            number = int(answer.argmax())
            answer = np.array([number >> at & 1 for at in range(size)], np.float32)
        return to_byte(answer) if self.integer else answer

    def _gates(self, sums: Real) -> Real:
        if self._joined.scale is not None:
            sums = sums.astype(np.float32, copy=False) * self._joined.scale
        return self._curve(sums)

    def _advance(self, gates: Real, cell: Real) -> tuple[Real, Real]:
        """What a step puts out, and its new state."""
        n = self.states
        kept = cell * gates[..., 2 * n : 3 * n]
        kept += gates[..., :n] * gates[..., n : 2 * n]
        np.clip(kept, -_BOUND, _BOUND, out=kept)
        out = tanh(kept)
        out *= gates[..., 3 * n : 4 * n]
        return (to_byte(out) if self.integer else out), kept
