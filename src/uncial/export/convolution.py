"""Convolutions as ONNX nodes, in real numbers and in 8-bit integers.

In integers a window is a ``QLinearConv``, whose result is levels again for the convolution behind
it; a 1x1 window is a product over channels, ``MatMulIntegerToFloat`` of onnxruntime.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from uncial.export.activation import activated
from uncial.export.graph import MICROSOFT, Flow, Graph
from uncial.nn.integer import Levels, weight_levels
from uncial.nn.ops.base import Shape
from uncial.nn.ops.conv import Conv, Depthwise


def array(tensor: Tensor) -> NDArray[np.float32]:
    """A parameter as NumPy."""
    return np.asarray(tensor.detach().float().cpu().numpy())


def shape_of(flow: Flow) -> Shape:
    """Shape that an op is asked about; the width is variable."""
    return Shape(flow.channels, flow.height, 0)


def convolved(graph: Graph, op: Conv | Depthwise, given: Flow) -> Flow:
    """A convolution and its nonlinearity in real numbers."""
    flow = graph.turned(graph.in_reals(given), "channels first")
    if op.kernel[1] > 1:
        flow = graph.blanked(flow)
    conv = cast("nn.Conv2d", op.conv)
    weights = [graph.real(array(conv.weight))]
    if conv.bias is not None:
        weights.append(graph.real(array(conv.bias)))
    data = graph.add("Conv", [flow.data, *weights], **_geometry(op), group=conv.groups)
    return _after(graph, op, flow, activated(graph, data, op.activation))


def in_integers(graph: Graph, op: Conv, given: Flow, enter: Levels, leave: Levels | None) -> Flow:
    """A convolution and its nonlinearity over 8-bit levels.

    Args:
        graph: Gets the nodes.
        op: With any norm folded in.
        given: Its input.
        enter: Levels of its input.
        leave: Levels of its output; None for real numbers.
    """
    flow = graph.levelled(given, enter)
    if op.kernel == op.stride == (1, 1):
        return _product(graph, op, graph.turned(flow, "channels last"), enter)
    flow = graph.turned(flow, "channels first")
    flow = graph.blanked(flow) if op.kernel[1] > 1 else flow
    levels, scales = (np.asarray(part.numpy()) for part in weight_levels(op))
    scale, zero = graph.scale_of(enter)
    weights = graph.constant(levels, np.int8)
    factors = scales * np.float32(enter.scale)
    if leave is not None and (op.activation == "l" or (op.activation, leave.zero) == ("r", 0)):
        parts = [flow.data, scale, zero, weights, graph.real(scales)]
        parts += [graph.constant(np.zeros(len(levels)), np.int8), *graph.scale_of(leave)]
        parts += [graph.constant(np.rint(_bias(op) / factors), np.int32)]
        data = graph.add("QLinearConv", parts, **_geometry(op))
        return replace(_after(graph, op, flow, data), levels=leave)
    sums = graph.add("ConvInteger", [flow.data, weights, zero], **_geometry(op))
    reals = graph.add("Cast", [sums], to=1)
    reals = graph.add("Mul", [reals, graph.real(factors[:, None, None])])
    reals = graph.add("Add", [reals, graph.real(_bias(op)[:, None, None])])
    made = _after(graph, op, flow, activated(graph, reals, op.activation))
    return replace(made, levels=None)


def _product(graph: Graph, op: Conv, flow: Flow, enter: Levels) -> Flow:
    """A product over channels, of levels with levels, to real numbers."""
    levels, scales = (np.asarray(part.numpy()) for part in weight_levels(op))
    scale, zero = graph.scale_of(enter)
    weights = graph.constant(np.ascontiguousarray(levels.reshape(len(levels), -1).T), np.int8)
    parts = [flow.data, weights, scale, graph.real(scales), zero, "", graph.real(_bias(op))]
    data = graph.add(f"{MICROSOFT}.MatMulIntegerToFloat", parts)
    data = activated(graph, data, op.activation, channels=3)
    return replace(flow, data=data, channels=len(levels), levels=None, blank=False)


def _after(graph: Graph, op: Conv | Depthwise, flow: Flow, data: str) -> Flow:
    """The flow after windows over `flow` made `data`."""
    shape = op.shape(shape_of(flow))
    widths = graph.windows(flow.widths, op.reach(1), op.stride[1], op.padding[1])
    return replace(
        flow, data=data, widths=widths, channels=shape.channels, height=shape.height, blank=False
    )


def _bias(op: Conv) -> NDArray[np.float32]:
    if op.conv.bias is None:
        return np.zeros(op.conv.out_channels, np.float32)
    return array(op.conv.bias)


def _geometry(op: Conv | Depthwise) -> dict[str, Any]:
    up, left = op.padding
    return {
        "kernel_shape": list(op.kernel),
        "strides": list(op.stride),
        "dilations": list(op.dilation),
        "pads": [up, left, up, left],
    }
