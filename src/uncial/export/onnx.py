"""A recognition network as one ONNX file that reads lines alone.

Inputs: ``lines`` ``(N, 1, H, W)`` float32 as `uncial.imaging.batch` makes them, and ``widths``
``(N,)`` int64, the valid columns of each. Outputs: ``log_probs`` ``(N, T, C)`` float32, natural
log, and ``steps`` ``(N,)`` int64, the valid rows of each. A line gives the same whatever it is
batched with. The metadata entry ``uncial`` holds the header of the model file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from uncial.archive import ModelArchive
from uncial.export.graph import IR, MICROSOFT, OPSET, Flow, Graph
from uncial.export.ops import Writer
from uncial.extras import explained
from uncial.formats.models.header import KEY, header_of
from uncial.nn.build import Network
from uncial.nn.fold import folded
from uncial.nn.integer import integer_places
from uncial.nn.weights import network_of

if TYPE_CHECKING:
    import onnx


def to_onnx(archive: ModelArchive, *, integer: bool = False) -> bytes:
    """The bytes of an ONNX file of a model.

    Args:
        archive: Its first model is written, not its voters.
        integer: Convolutions whose ranges the model knows, and LSTMs, multiply in 8 bits.

    Raises:
        ConfigError: A layer has no counterpart.
        MissingDependency: The package onnx is not installed.
    """
    with explained():
        from onnx import TensorProto, checker, helper  # noqa: PLC0415
    network = folded(network_of(archive.spec, archive.codec.width, archive.weights))
    graph = Graph()
    places = integer_places(network, archive.ranges) if integer else []
    levels = {place.conv: (place.given, place.made) for place in places}
    log_probs, steps = _written(Writer(graph, levels, integer), network)
    labels = archive.codec.width
    made = helper.make_graph(
        [*graph.nodes, _named(log_probs, "log_probs"), _named(steps, "steps")],
        "uncial",
        [
            helper.make_tensor_value_info(
                "lines", TensorProto.FLOAT, ["N", 1, network.input_height or "H", "W"]
            ),
            helper.make_tensor_value_info("widths", TensorProto.INT64, ["N"]),
        ],
        [
            helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["N", "T", labels]),
            helper.make_tensor_value_info("steps", TensorProto.INT64, ["N"]),
        ],
        list(graph.constants.values()),
    )
    model = helper.make_model(
        made,
        ir_version=IR,
        producer_name="uncial",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
    )
    header = {**header_of(archive), "stride": network.stride_x, "integer": integer}
    helper.set_model_props(model, {KEY: json.dumps(header, ensure_ascii=False)})
    checker.check_model(model)
    return bytes(model.SerializeToString())


def _written(writer: Writer, network: Network) -> tuple[str, str]:
    """Names of log-probabilities ``(N, T, C)`` and of their valid rows."""
    graph = writer.graph
    flow = Flow(data="lines", widths="widths", channels=1, height=network.input_height)
    flow = graph.blanked(flow)
    if network.by_columns:
        data = graph.add("Transpose", [flow.data], perm=[0, 2, 1, 3])
        flow = Flow(data=data, widths="widths", channels=network.input_height, height=1, blank=True)
    flow = graph.turned(graph.in_reals(writer.write(network.layers, flow)), "channels last")
    logits = graph.add("Squeeze", [flow.data, graph.constant([1])])
    if network.loss == "logistic":
        off = graph.add("Softplus", [graph.add("Neg", [logits])])
        return graph.add("Neg", [off]), flow.widths
    return graph.add("LogSoftmax", [logits], axis=-1), flow.widths


def _named(name: str, output: str) -> onnx.NodeProto:
    from onnx import helper  # noqa: PLC0415

    return helper.make_node("Identity", [name], [output], f"to {output}")
