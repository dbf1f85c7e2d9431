"""Nonlinearities as ONNX nodes, by their VGSL letter."""

from __future__ import annotations

import math

from uncial.export.graph import Graph


def activated(graph: Graph, data: str, letter: str, channels: int = 1) -> str:
    """Name of the tensor after the nonlinearity of `letter`.

    Args:
        graph: Gets the nodes.
        data: Name of a float32 tensor.
        letter: As `uncial.nn.ops.activation.ACTIVATION` lists them.
        channels: Axis along which softmax runs.
    """
    match letter:
        case "l":
            return data
        case "s":
            return graph.add("Sigmoid", [data])
        case "t":
            return graph.add("Tanh", [data])
        case "r":
            return graph.add("Relu", [data])
        case "lr":
            return graph.add("LeakyRelu", [data], alpha=0.01)
        case "m":
            return graph.add("Softmax", [data], axis=channels)
        case "w":
            return graph.add("Mul", [data, graph.add("Sigmoid", [data])])
        case "g":
            return _gelu(graph, data)
        case _:
            least = graph.real(-1.0 if letter == "n" else 0.0)
            return graph.add("Clip", [data, least, graph.real(1.0)])


def _gelu(graph: Graph, data: str) -> str:
    """``x/2 (1 + erf(x/sqrt 2))``, in the order of nodes that onnxruntime joins into one."""
    error = graph.add("Erf", [graph.add("Div", [data, graph.real(math.sqrt(2))])])
    more = graph.add("Add", [error, graph.real(1.0)])
    return graph.add("Mul", [graph.add("Mul", [data, more]), graph.real(0.5)])
