"""Write a network as kraken's ``.mlmodel``: the layers of its text, weights in them.

Layers that have no weights are written, too, so that programs that draw CoreML networks show all
of it; kraken itself rebuilds the network from its text. Layout: `uncial.formats.kraken.coreml`.

Source: Apple, coremltools ``NeuralNetwork.proto``; kraken 7.1, names of its layers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.formats.kraken import wire
from uncial.formats.kraken.coreml import (
    ACTIVATION,
    BOTH_WAYS,
    CONVOLUTION,
    CUSTOM,
    ONE_WAY,
    PERMUTE,
    POOLING,
    PRODUCT,
    SOFTMAX,
)
from uncial.formats.kraken.model import KrakenModel
from uncial.formats.kraken.spec import Layer, from_kraken

_VERSION = 2  # of the specification, the first with custom layers
_DOUBLE = 65_600  # type of the arrays that go in and out
_SIGMOID, _TANH, _RELU, _LINEAR, _LEAKY = 40, 30, 10, 5, 15
_ACTIVATIONS = {"r": _RELU, "s": _SIGMOID, "t": _TANH, "l": _LINEAR, "lr": _LEAKY}
_AXES = {"1": 2, "2": 3, "3": 1}
_CLIP = 50.0  # bound of a cell's state, as coremltools states it
_EMPTY = b""

Maker = Callable[[Layer, "re.Match[str]", Mapping[str, NDArray[Any]], str], list[bytes]]


def pack(model: KrakenModel) -> bytes:
    """The bytes of a file.

    Raises:
        FormatError: A layer lacks weights.
        SpecError: The text is no network.
    """
    network = from_kraken(model.vgsl)
    layers: list[bytes] = []
    above = "input"
    for layer in network.layers:
        layers += _layer(layer, model.tensors, above)
        above = layer.name
    batch, height, width, depth = network.input
    outputs = int(model.tensors[_head(network.layers[-1], model.tensors)].shape[0])
    meta = {**model.metadata, "model_type": model.tasks[0] if model.tasks else "unknown"}
    meta["vgsl"] = model.vgsl
    user = [("vgsl", model.vgsl), ("kraken_meta", json.dumps(meta))]
    if model.codec is not None:
        user.insert(0, ("codec", json.dumps(dict(model.codec))))
    description = (
        wire.field(1, _array("input", (batch, depth, height, width))),
        wire.field(10, _array("output", (batch, outputs, 1, width))),
        wire.field(100, wire.text(1, "kraken model"), wire.entries(100, user)),
    )
    return (
        wire.integer(1, _VERSION)
        + wire.field(2, *description)
        + wire.field(500, *(wire.field(1, layer) for layer in layers))
    )


def _head(layer: Layer, tensors: Mapping[str, NDArray[Any]]) -> str:
    """Name of the weights that put the output out."""
    for part in ("lin", "co"):
        if f"{layer.name}.{part}.weight" in tensors:
            return f"{layer.name}.{part}.weight"
    raise FormatError(f"layer {layer.name!r} is last, but no output", remedy="add an output layer")


def _array(name: str, shape: tuple[int, ...]) -> bytes:
    """The description of what goes in or out."""
    kind = wire.field(5, wire.integers(1, shape), wire.integer(2, _DOUBLE))
    return wire.text(1, name) + wire.field(3, kind)


def _layer(layer: Layer, tensors: Mapping[str, NDArray[Any]], above: str) -> list[bytes]:
    """The messages of one layer of the text."""
    for pattern, maker in _MAKERS:
        match = pattern.fullmatch(layer.text)
        if match:
            return maker(layer, match, tensors, above)
    raise FormatError(f"layer {layer.text!r} has no place in an .mlmodel", remedy="leave it out")


def _message(name: str, above: str, kind: int, *parts: bytes, out: str = "") -> bytes:
    """A layer that reads `above` and is called by its name, or `out`, by the next one."""
    about = wire.text(1, name) + wire.text(2, above) + wire.text(3, out or name)
    return about + wire.field(kind, *parts)


def _custom(name: str, above: str, kind: str, *parts: bytes, **values: float) -> list[bytes]:
    settings = [
        wire.field(
            30,
            wire.text(1, key),
            wire.field(
                2,
                wire.real(10, value, double=True)
                if isinstance(value, float)
                else wire.integer(30, value % (1 << 64)),
            ),
        )
        for key, value in values.items()
    ]
    return [_message(name, above, CUSTOM, wire.text(10, kind), *parts, *settings)]


def _weights(number: int, values: NDArray[Any]) -> bytes:
    return wire.field(number, wire.floats(1, values.ravel()))


def _given(tensors: Mapping[str, NDArray[Any]], name: str) -> NDArray[Any]:
    if name not in tensors:
        raise FormatError(f"the model lacks the tensor {name!r}", remedy="use an unchanged file")
    return tensors[name]


def _conv(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    transposed, letter, *rest = match.groups()
    numbers = [int(number) if number else 1 for number in rest]
    window, strides, dilation = numbers[:2], numbers[3:5], numbers[5:]
    parts = _window(layer.name, tensors, window, strides, dilation, transposed == "T")
    inner = f"{layer.name}_conv"
    last = f"{layer.name}_act"
    if letter == "m":
        return [_message(inner, above, CONVOLUTION, *parts),
                _message(last, inner, SOFTMAX, out=layer.name)]  # fmt: skip
    act = wire.field(_ACTIVATIONS[letter], wire.real(1, 0.01) if letter == "lr" else _EMPTY)
    return [_message(inner, above, CONVOLUTION, *parts),
            _message(last, inner, ACTIVATION, act, out=layer.name)]  # fmt: skip


def _window(
    name: str,
    tensors: Mapping[str, NDArray[Any]],
    window: list[int],
    strides: list[int],
    dilation: list[int],
    transposed: bool,
) -> list[bytes]:
    weight = _given(tensors, f"{name}.co.weight")
    outputs, inputs = weight.shape[:2] if not transposed else weight.shape[1::-1]
    return [
        *(wire.integer(1, outputs), wire.integer(2, inputs), wire.integer(10, 1)),
        *(wire.integers(20, window), wire.integers(30, strides), wire.integers(40, dilation)),
        *(wire.field(51), wire.integer(60, 1) if transposed else _EMPTY, wire.integer(70, 1)),
        *(_weights(90, weight), _weights(91, _given(tensors, f"{name}.co.bias"))),
    ]


def _scan(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    direction, axis, summarize, _ = match.groups()
    name = layer.name
    made = []
    called = name
    if axis == "y":
        called = f"{name}_transposed"
        made.append(_message(name, above, PERMUTE, wire.integers(1, (0, 1, 3, 2)), out=called))
        above = called
    suffixes = ("", "_reverse") if direction == "b" else ("",)
    cells = [_cell(f"{name}.layer.", suffix, tensors) for suffix in suffixes]
    weight = _given(tensors, f"{name}.layer.weight_ih_l0")
    has_bias = f"{name}.layer.bias_ih_l0" in tensors
    settings = wire.field(
        15,
        wire.integer(10, int(not summarize)),
        wire.integer(20, int(has_bias)),
        wire.real(60, _CLIP),
    )
    acts = [wire.field(kind) for kind in (_SIGMOID, _TANH, _TANH)]
    gates = [wire.field(10 + at, act) for at in range(len(cells)) for act in acts]
    sizes = (wire.integer(1, weight.shape[1]), wire.integer(2, weight.shape[0] // 4))
    kind = BOTH_WAYS if direction == "b" else ONE_WAY
    parts = (*sizes, *gates, settings, *(wire.field(20, cell) for cell in cells))
    return [*made, _message(called, above, kind, *parts)]


def _cell(name: str, suffix: str, tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """The weights of one direction; of the two biases there is only their sum."""
    made = _EMPTY
    for first, part in ((1, "weight_ih"), (20, "weight_hh")):
        for at, gate in enumerate(np.split(_given(tensors, f"{name}{part}_l0{suffix}"), 4)):
            made += _weights(first + at, gate)
    if f"{name}bias_ih_l0{suffix}" in tensors:
        bias = _given(tensors, f"{name}bias_hh_l0{suffix}") + tensors[f"{name}bias_ih_l0{suffix}"]
        for at, gate in enumerate(np.split(bias, 4)):
            made += _weights(40 + at, gate)
    if f"{name}weight_ip_l0{suffix}" in tensors:
        for at, letter in enumerate("ifo"):
            made += _weights(60 + at, _given(tensors, f"{name}weight_{letter}p_l0{suffix}"))
    return made


def _head_layers(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    name = layer.name
    if match[1] == "2":
        act = _SIGMOID if match[2] == "l" else None
        parts = _window(name, tensors, [1, 1], [1, 1], [1, 1], False)
        last = (
            _message(f"{name}_act", f"{name}_conv", SOFTMAX, out=name)
            if act is None
            else _message(f"{name}_act", f"{name}_conv", ACTIVATION, wire.field(act), out=name)
        )
        return [_message(f"{name}_conv", above, CONVOLUTION, *parts), last]
    weight = _given(tensors, f"{name}.lin.weight")
    outputs, inputs = weight.shape
    parts = [
        *(wire.integer(1, inputs), wire.integer(2, outputs), wire.integer(10, 1)),
        *(_weights(20, weight), _weights(21, _given(tensors, f"{name}.lin.bias"))),
    ]
    return [_message(f"{name}_lin", above, PRODUCT, *parts, out=name)]


def _pool(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    y, x, sy, sx = match.groups()
    window = wire.integers(10, (int(y), int(x)))
    strides = wire.integers(20, (int(sy or y), int(sx or x)))
    parts = (window, strides, wire.field(31), wire.integer(50, 1))
    return [_message(layer.name, above, POOLING, *parts)]


def _norm(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    pair = [_given(tensors, f"{layer.name}.layer.{part}") for part in ("weight", "bias")]
    weights = [_weights(20, values) for values in pair]
    sizes = {"in_channels": pair[0].size, "num_groups": int(match[1])}
    return _custom(layer.name, above, "groupnorm", *weights, **sizes)


def _plain(
    layer: Layer, match: re.Match[str], tensors: Mapping[str, NDArray[Any]], above: str
) -> list[bytes]:
    name = layer.name
    found = match.groupdict()
    if found["drop"] is not None:
        chance = float(found["p"] or 0.5)
        return _custom(name, above, "dropout", dim=int(found["dims"] or 1), p=chance)
    if found["add"] is not None:
        axis, chunk = _AXES[found["add"]], int(found["chunk"])
        return _custom(name, above, "addition", dim=axis, chunk_size=chunk)
    if found["split"] is not None:
        parts = [int(found[key]) or -1 for key in ("a", "b")]
        axes = [_AXES[found[key]] for key in ("split", "high", "low")]
        return _custom(name, above, "reshape", src_dim=axes[0], part_a=parts[0], part_b=parts[1],
                       high=axes[1], low=axes[2])  # fmt: skip
    return _custom(name, above, "identity")


_MAKERS: tuple[tuple[re.Pattern[str], Maker], ...] = (
    (
        re.compile(r"C(T?)(lr|[strlm])(\d+),(\d+),(\d+)(?:,(\d+),(\d+))?(?:,(\d+),(\d+))?"),
        _conv,
    ),
    (re.compile(r"L([fb])([xy])(s?)[co]?(\d+)"), _scan),
    (re.compile(r"O([12])([lsc])a?\d+"), _head_layers),
    (re.compile(r"Mp(\d+),(\d+)(?:,(\d+),(\d+))?"), _pool),
    (re.compile(r"Gn(\d+)"), _norm),
    (
        re.compile(
            r"(?P<drop>Do)(?P<p>\d+(?:\.\d*)?|\.\d+)?(?:,(?P<dims>[12]))?"
            r"|A(?P<add>[123]),(?P<chunk>\d+)|I"
            r"|S(?P<split>[123])\((?P<a>\d+)x(?P<b>\d+)\)(?P<high>[123]),(?P<low>[123])"
        ),
        _plain,
    ),
)
