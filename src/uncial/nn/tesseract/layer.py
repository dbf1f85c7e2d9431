"""What the networks here need to know of a stored layer, whoever read it.

`uncial.formats.tesseract.nodes.Node` has these attributes; this package does not import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

PARALLEL = frozenset({"Parallel", "Replicated", "ParBidiLSTM", "DepParUDLSTM", "Par2dLSTM"})
"""Types whose children see the same input; their outputs are joined."""


class Weights(Protocol):
    """Weights of one layer or gate."""

    @property
    def values(self) -> NDArray[Any]:
        """``(outputs, inputs + 1)`` real or int8, the bias last."""

    @property
    def scales(self) -> NDArray[Any] | None:
        """``(n,)`` of int8 weights, n at least the outputs."""


class Layer(Protocol):
    """One layer, or several of them joined."""

    @property
    def type(self) -> str:
        """``"LSTM"``, ``"Series"`` and so on."""

    @property
    def ni(self) -> int:
        """Inputs."""

    @property
    def no(self) -> int:
        """Outputs."""

    @property
    def settings(self) -> tuple[int, ...]:
        """Numbers of an Input, a Convolve (half x, half y) or a pool (x, y)."""

    @property
    def matrices(self) -> Sequence[Weights]:
        """Of an LSTM: cell input, input, forget, output gate, and upper forget gate."""

    @property
    def children(self) -> Sequence[Layer]:
        """Layers below."""


def walk(layer: Layer) -> Iterator[Layer]:
    """The layer and all below it, parents first."""
    yield layer
    for child in layer.children:
        yield from walk(child)


def is_integer(root: Layer) -> bool:
    """Whether the weights are int8."""
    return any(matrix.scales is not None for layer in walk(root) for matrix in layer.matrices)


def input_settings(root: Layer) -> tuple[int, int, int]:
    """Height, width and depth of the input; 0 is variable."""
    for layer in walk(root):
        if layer.type == "Input":
            _, height, width, depth, _ = layer.settings
            return height, width, depth
    return root.ni, 0, 1


def stride(root: Layer) -> int:
    """Image columns for each output column."""
    if root.type in PARALLEL:
        return stride(root.children[0])
    if root.type in ("Maxpool", "Reconfig"):
        return root.settings[0]
    factor = 1
    for child in root.children:
        factor *= stride(child)
    return factor
