"""Every VGSL op that has a counterpart in ONNX, as nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from uncial.errors import ConfigError
from uncial.export.activation import activated
from uncial.export.convolution import array, convolved, in_integers, shape_of
from uncial.export.graph import MICROSOFT, Flow, Graph, Layout
from uncial.export.recurrent import scanned
from uncial.nn.integer import Levels
from uncial.nn.ops.base import Op
from uncial.nn.ops.conv import Conv, Depthwise
from uncial.nn.ops.drop import Dropout, SpanMask
from uncial.nn.ops.graph import Parallel, Residual, Reversed, Series
from uncial.nn.ops.head import Output
from uncial.nn.ops.norm import BatchNorm, GroupNorm, LayerNorm
from uncial.nn.ops.pool import HeightPool, MaxPool
from uncial.nn.ops.reshape import Blocks, FoldHeight, Identity, Split
from uncial.nn.ops.rnn import AxisGRU, AxisLSTM

_REVERSED_BY_LENGTH = {"batch_axis": 0, "time_axis": 1}


@dataclass(frozen=True)
class Writer:
    """Writes ops into a graph.

    Attributes:
        graph: Gets the nodes.
        levels: Of the input and output of convolutions that are to multiply in 8 bits; none for
            an output that is real.
        integer: Recurrences and heads are to multiply in 8 bits, too.
    """

    graph: Graph
    levels: Mapping[Conv, tuple[Levels, Levels | None]] = field(default_factory=dict)
    integer: bool = False

    def write(self, op: Op, given: Flow) -> Flow:
        """What an op makes of a flow.

        Raises:
            ConfigError: The op has no counterpart.
        """
        return _writer_of(op)(self, op, given)

    def _series(self, op: Series, given: Flow) -> Flow:
        for part in op.parts():
            given = self.write(part, given)
        return given

    def _parallel(self, op: Parallel, given: Flow) -> Flow:
        """Branches joined; channels last where one of them comes so."""
        graph = self.graph
        made = [graph.in_reals(self.write(part, given)) for part in op.parts()]
        layouts = {flow.layout for flow in made}
        layout: Layout = "channels last" if "channels last" in layouts else "channels first"
        flows = [graph.turned(flow, layout) for flow in made]
        axis = 3 if layout == "channels last" else 1
        data = graph.add("Concat", [flow.data for flow in flows], axis=axis)
        return replace(
            flows[0],
            data=data,
            joined=(*((flow.data, flow.channels) for flow in flows), (data, 0)),
            channels=sum(flow.channels for flow in flows),
            blank=all(flow.blank for flow in flows),
        )

    def _residual(self, op: Residual, given: Flow) -> Flow:
        given = self.graph.in_reals(given)
        made = self.graph.in_reals(self.write(op.inner, given))
        given = self.graph.turned(given, made.layout)
        data = self.graph.add("Add", [given.data, made.data])
        return replace(made, data=data, blank=given.blank and made.blank)

    def _reversed(self, op: Reversed, given: Flow) -> Flow:
        return self._mirrored(self.write(op.inner, self._mirrored(given, op.axis)), op.axis)

    def _mirrored(self, flow: Flow, axis: str) -> Flow:
        flow, graph = self._real(flow), self.graph
        if axis == "y":
            bounds = [graph.constant([at]) for at in (-1, np.iinfo(np.int64).min, 2, -1)]
            return replace(flow, data=graph.add("Slice", [flow.data, *bounds]))
        columns = graph.add("Transpose", [flow.data], perm=[0, 3, 2, 1])
        turned = graph.add("ReverseSequence", [columns, flow.widths], **_REVERSED_BY_LENGTH)
        return replace(flow, data=graph.add("Transpose", [turned], perm=[0, 3, 2, 1]))

    def _conv(self, op: Conv, given: Flow) -> Flow:
        levels = self.levels.get(op)
        return (
            convolved(self.graph, op, given)
            if levels is None
            else in_integers(self.graph, op, given, *levels)
        )

    def _depthwise(self, op: Depthwise, given: Flow) -> Flow:
        return convolved(self.graph, op, given)

    def _batch_norm(self, op: BatchNorm, given: Flow) -> Flow:
        flow, norm = self._real(given), op.norm
        parts = (norm.weight, norm.bias, norm.running_mean, norm.running_var)
        weights = [self.graph.real(array(cast("Tensor", part))) for part in parts]
        data = self.graph.add("BatchNormalization", [flow.data, *weights], epsilon=norm.eps)
        return replace(flow, data=activated(self.graph, data, op.activation), blank=False)

    def _group_norm(self, op: GroupNorm, given: Flow) -> Flow:
        """Mean and variance over the valid columns of each line."""
        graph, norm = self.graph, op.norm
        flow = graph.blanked(self._real(given))
        batch, rows, wide = (graph.size(flow.data, axis) for axis in (0, 2, 3))
        groups = graph.shaped(flow.data, batch, norm.num_groups, -1, rows, wide)
        axes = graph.constant([2, 3, 4])
        area = graph.add("Mul", [graph.add("Max", [flow.widths, graph.constant(1)]), rows])
        area = graph.add("Mul", [area, graph.constant(flow.channels // norm.num_groups)])
        area = graph.shaped(graph.add("Cast", [area], to=1), -1, 1, 1, 1, 1)
        mean = graph.add("Div", [graph.add("ReduceSum", [groups, axes], keepdims=1), area])
        off = graph.add("Sub", [groups, mean])
        valid = graph.add("Unsqueeze", [graph.valid(flow), graph.constant([2])])
        off = graph.add("Where", [valid, off, graph.real(0.0)])
        square = graph.add("ReduceSum", [graph.add("Mul", [off, off]), axes], keepdims=1)
        variance = graph.add("Add", [graph.add("Div", [square, area]), graph.real(norm.eps)])
        normal = graph.add("Div", [off, graph.add("Sqrt", [variance])])
        normal = graph.shaped(normal, batch, flow.channels, rows, wide)
        scale, shift = (array(part)[:, None, None] for part in (norm.weight, norm.bias))
        data = graph.add("Mul", [normal, graph.real(scale)])
        return replace(flow, data=graph.add("Add", [data, graph.real(shift)]), blank=False)

    def _layer_norm(self, op: LayerNorm, given: Flow) -> Flow:
        flow, norm = self.graph.turned(self.graph.in_reals(given), "channels last"), op.norm
        weights = [self.graph.real(array(part)) for part in (norm.weight, norm.bias)]
        data = self.graph.add(
            "LayerNormalization", [flow.data, *weights], axis=-1, epsilon=norm.eps
        )
        return replace(flow, data=data, blank=False)

    def _max_pool(self, op: MaxPool, given: Flow) -> Flow:
        flow = self.graph.turned(given, "channels first")
        data = self.graph.add(
            "MaxPool", [flow.data], kernel_shape=list(op.window), strides=list(op.stride)
        )
        widths = self.graph.windows(flow.widths, op.window[1], op.stride[1], 0)
        height = op.shape(shape_of(flow)).height
        return replace(flow, data=data, widths=widths, height=height, blank=False)

    def _height_pool(self, op: HeightPool, given: Flow) -> Flow:
        flow = self._real(given)
        data = self.graph.add("ReduceMax", [flow.data, self.graph.constant([2])], keepdims=1)
        return replace(flow, data=data, height=1)

    def _fold_height(self, op: Op, given: Flow) -> Flow:
        """Rows become channels, one row after the other."""
        if given.height == 1:
            return given
        graph = self.graph
        channels = given.channels * given.height
        rows = graph.add("Transpose", [given.data], perm=[0, 2, 1, 3])
        batch = graph.size(given.data, 0)
        last = given.layout == "channels last"
        data = graph.shaped(rows, batch, *((1, -1, channels) if last else (channels, 1, -1)))
        return replace(given, data=data, channels=channels, height=1)

    def _blocks(self, op: Blocks, given: Flow) -> Flow:
        flow, graph = self.graph.turned(given, "channels last"), self.graph
        rows = flow.height // op.y
        ends = graph.add("Div", [graph.size(flow.data, 2), graph.constant([op.x])])
        cut = graph.add("Mul", [ends, graph.constant([op.x])])
        stop = graph.add("Concat", [graph.constant([rows * op.y]), cut], axis=0)
        data = graph.add("Slice", [flow.data, graph.constant([0, 0]), stop, graph.constant([1, 2])])
        batch = graph.size(flow.data, 0)
        data = graph.shaped(data, batch, rows, op.y, ends, op.x, flow.channels)
        data = graph.add("Transpose", [data], perm=[0, 1, 3, 4, 2, 5])
        channels = op.y * op.x * flow.channels
        data = graph.shaped(data, batch, rows, ends, channels)
        widths = graph.add("Div", [flow.widths, graph.constant(op.x)])
        return replace(flow, data=data, widths=widths, channels=channels, height=rows, blank=False)

    def _split(self, op: Split, given: Flow) -> Flow:
        folds = (op.source, op.target, op.moved) == (2, 1, given.height)
        return self._fold_height(op, given) if folds else _refused(op)

    def _scan(self, op: AxisLSTM | AxisGRU, given: Flow) -> Flow:
        return scanned(self.graph, op, given, integer=self.integer)

    def _output(self, op: Output, given: Flow) -> Flow:
        """Logits, channels last."""
        if op.dims != 1 or op.ones:
            return _refused(op)
        flow = self.graph.in_reals(self._fold_height(op, given))
        flow = self.graph.turned(flow, "channels last")
        bias = self.graph.real(array(op.lin.bias))
        data = self.graph.add("Add", [self._product(flow, array(op.lin.weight).T), bias])
        return replace(flow, data=data, channels=op.lin.out_features, blank=False)

    def _product(self, flow: Flow, weight: NDArray[np.float32]) -> str:
        """A flow times a matrix, channels last; in integers each part that was joined by itself.

        The parts differ too much in size for one scale: what goes around an LSTM and what comes
        out of it.
        """
        graph = self.graph
        if not self.integer:
            return graph.add("MatMul", [flow.data, graph.real(weight)])
        made, at = [], 0
        for name, channels in flow.parts or ((flow.data, flow.channels),):
            rows = weight[at : at + channels]
            scale = np.maximum(np.abs(rows).max(0), 1e-8) / 127
            levels = graph.constant(np.rint(rows / scale), np.int8)
            op = f"{MICROSOFT}.DynamicQuantizeMatMul"
            made.append(graph.add(op, [name, levels, graph.real(scale)]))
            at += channels
        return made[0] if len(made) == 1 else graph.add("Sum", made)

    def _same(self, op: Op, given: Flow) -> Flow:
        return given

    def _real(self, flow: Flow) -> Flow:
        """Channels first, float32."""
        return self.graph.turned(self.graph.in_reals(flow), "channels first")


_WRITERS: Mapping[type[Op], Callable[..., Flow]] = {
    Series: Writer._series,
    Parallel: Writer._parallel,
    Residual: Writer._residual,
    Reversed: Writer._reversed,
    Conv: Writer._conv,
    Depthwise: Writer._depthwise,
    BatchNorm: Writer._batch_norm,
    GroupNorm: Writer._group_norm,
    LayerNorm: Writer._layer_norm,
    MaxPool: Writer._max_pool,
    HeightPool: Writer._height_pool,
    FoldHeight: Writer._fold_height,
    Blocks: Writer._blocks,
    Split: Writer._split,
    AxisLSTM: Writer._scan,
    AxisGRU: Writer._scan,
    Output: Writer._output,
    Identity: Writer._same,
    Dropout: Writer._same,
    SpanMask: Writer._same,
}


def _writer_of(op: Op) -> Callable[..., Flow]:
    return _WRITERS.get(type(op), lambda _writer, op, _given: _refused(op))


def _refused(op: Op) -> Flow:
    raise ConfigError(
        f"{type(op).__name__} layers have no counterpart in ONNX that Uncial writes",
        remedy="read the model with torch, or train a network without them; "
        "docs/how-to/deploy.md lists what can be exported",
    )
