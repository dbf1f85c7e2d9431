"""An ONNX graph while it is written: nodes, constants, and what flows between them.

What flows is a batch of lines with its true widths, as `uncial.nn.frames.Frames` in training: the
graph carries the widths as a tensor of its own and zeroes the padding wherever a window could look
into it. Batch and width stay variable.

Source: ONNX IR 8, operators of opset 18, https://github.com/onnx/onnx/blob/main/docs/Operators.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

    from uncial.nn.integer import Levels

OPSET = 18
IR = 8
"""Old enough for every runtime of the last years, onnxruntime-web included."""

MICROSOFT = "com.microsoft"
"""Domain of operators that only onnxruntime has."""

Layout = Literal["channels first", "channels last"]
_TO_LAST, _TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
_FLOAT, _UINT8, _INT32 = 1, 2, 6  # numbers of types in ONNX


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A padded batch of feature maps somewhere in the graph.

    Attributes:
        data: Name of the tensor, ``(N, C, H, W)`` or ``(N, H, W, C)``.
        widths: Name of the ``(N,)`` int64 tensor of valid columns.
        channels: C.
        height: H; 0 where variable.
        layout: Which of the two.
        blank: The padding is known to hold zeros.
        levels: Of the 8-bit integers that `data` holds; None for float32.
        joined: What `data` was joined from along the channels, while it is the last of them:
            names of tensors in the same layout, their channels, and `data` itself.
    """

    data: str
    widths: str
    channels: int
    height: int
    layout: Layout = "channels first"
    blank: bool = False
    levels: Levels | None = None
    joined: tuple[tuple[str, int], ...] = ()

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """Names and channels of what it was joined from; itself where it was not."""
        return self.joined[:-1] if self.joined[-1:] == ((self.data, 0),) else ()


@dataclass
class Graph:
    """Nodes and constants in the order in which they are added."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)
    _masks: dict[tuple[str, Layout], str] = field(default_factory=dict)
    _turned: dict[tuple[str, Layout], str] = field(default_factory=dict)

    def add(
        self,
        op: str,
        given: Sequence[str],
        *,
        outputs: int = 1,
        at: int = 0,
        **how: Any,  # noqa: ANN401
    ) -> str:
        """Add a node; the name of its output number `at`.

        Args:
            op: Operator, with ``com.microsoft.`` before one of onnxruntime's own.
            given: Names of its inputs; empty for one that is left out.
            outputs: How many it has.
            at: Which of them is wanted; the others get no name.
            how: Attributes; None leaves one out.
        """
        from onnx import helper  # noqa: PLC0415

        name = f"{op.rpartition('.')[2]}_{len(self.nodes)}"
        made = [name if number == at else "" for number in range(outputs)]
        domain = MICROSOFT if op.startswith(MICROSOFT) else ""
        told = {key: value for key, value in how.items() if value is not None}
        self.nodes.append(
            helper.make_node(
                op.removeprefix(f"{MICROSOFT}."), list(given), made, name, domain=domain, **told
            )
        )
        return name

    def constant(self, values: Any, kind: Any = np.int64) -> str:  # noqa: ANN401
        """Name of a constant; equal ones share it."""
        from onnx import numpy_helper  # noqa: PLC0415

        array: NDArray[Any] = np.ascontiguousarray(np.asarray(values, kind))
        array = array.reshape(np.shape(values))
        tensor = numpy_helper.from_array(array)
        key = f"{array.dtype}{array.shape}{tensor.raw_data.hex() if array.size < 9 else ''}"
        name = f"const {key}" if array.size < 9 else f"weight_{len(self.constants)}"
        if name not in self.constants:
            tensor.name = name
            self.constants[name] = tensor
        return name

    def real(self, values: Any) -> str:  # noqa: ANN401
        """Name of a float32 constant."""
        return self.constant(values, np.float32)

    def size(self, data: str, axis: int) -> str:
        """Name of the size of a tensor along one axis, ``(1,)`` int64."""
        return self.add("Shape", [data], start=axis, end=axis + 1)

    def shaped(self, data: str, *sizes: int | str) -> str:
        """A tensor in another shape; sizes are numbers, as for ``Reshape``, or names."""
        if all(isinstance(size, int) for size in sizes):
            return self.add("Reshape", [data, self.constant(list(sizes))])
        parts = [size if isinstance(size, str) else self.constant([size]) for size in sizes]
        return self.add("Reshape", [data, self.add("Concat", parts, axis=0)])

    def turned(self, flow: Flow, layout: Layout) -> Flow:
        """The same in a layout; computed once however often it is asked for."""
        if flow.layout == layout:
            return flow
        key = (flow.data, layout)
        if key not in self._turned:
            order = _TO_LAST if layout == "channels last" else _TO_FIRST
            self._turned[key] = self.add("Transpose", [flow.data], perm=order)
            self._turned[self._turned[key], flow.layout] = flow.data
        return replace(flow, data=self._turned[key], layout=layout)

    def valid(self, flow: Flow) -> str:
        """Name of the mask of valid columns, bool, that fits a flow's layout."""
        key = (flow.widths, flow.layout)
        if key not in self._masks:
            last = flow.layout == "channels last"
            scalar = self.add("Squeeze", [self.size(flow.data, 2 if last else 3)])
            columns = self.add("Range", [self.constant(0), scalar, self.constant(1)])
            widths = self.add("Unsqueeze", [flow.widths, self.constant([1])])
            mask = self.add("Less", [columns, widths])
            axes = self.constant([1, 3] if last else [1, 2])
            self._masks[key] = self.add("Unsqueeze", [mask, axes])
        return self._masks[key]

    def blanked(self, flow: Flow) -> Flow:
        """The same with zeros in the padding."""
        if flow.blank:
            return flow
        valid = self.valid(flow)
        if flow.levels is None:
            data = self.add("Mul", [flow.data, self.add("Cast", [valid], to=_FLOAT)])
        elif flow.levels.zero == 0:
            bits = self._every_bit(valid, flow)
            data = self.add("BitwiseAnd", [flow.data, bits])
        else:
            data = self.add("Where", [valid, flow.data, self.scale_of(flow.levels)[1]])
        return replace(flow, data=data, blank=True)

    def _every_bit(self, valid: str, flow: Flow) -> str:
        """A mask of all or no bits, with channels: so whole rows are masked at once."""
        bits = self.add("Mul", [self.add("Cast", [valid], to=_INT32), self.constant(255, np.int32)])
        first = flow.layout == "channels first"
        shape = [1, flow.channels, 1, 1] if first else [1, 1, 1, flow.channels]
        return self.add("Expand", [self.add("Cast", [bits], to=_UINT8), self.constant(shape)])

    def levelled(self, flow: Flow, levels: Levels) -> Flow:
        """A flow in 8-bit integers of the levels named."""
        if flow.levels == levels:
            return flow
        flow = self.in_reals(flow)
        data = self.add("QuantizeLinear", [flow.data, *self.scale_of(levels)])
        return replace(flow, data=data, levels=levels)

    def in_reals(self, flow: Flow) -> Flow:
        """A flow in float32."""
        if flow.levels is None:
            return flow
        data = self.add("DequantizeLinear", [flow.data, *self.scale_of(flow.levels)])
        return replace(flow, data=data, levels=None)

    def scale_of(self, levels: Levels) -> tuple[str, str]:
        """Names of the scale and the zero of levels."""
        return self.real(levels.scale), self.constant(levels.zero, np.uint8)

    def windows(self, widths: str, window: int, stride: int, padding: int) -> str:
        """Name of how many windows fit into each width, as `uncial.nn.ops.base.windows`."""
        if (window, stride) == (2 * padding + 1, 1):
            return widths
        room = self.add("Add", [widths, self.constant(2 * padding - window + stride)])
        return self.add("Div", [self.add("Max", [room, self.constant(0)]), self.constant(stride)])
