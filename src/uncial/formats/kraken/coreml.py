"""kraken's ``.mlmodel``: a CoreML network whose layers hold the weights, with kraken's metadata.

Fields of the messages that kraken fills::

    Model              1 version of the format, 2 description, 500 neural network
    description        1 inputs, 10 outputs, 100 metadata
    metadata           1 short description, 100 map from text to text
    neural network     1 layers, in the order of the text
    layer              1 name, 2 inputs, 3 outputs, and one of
                       100 convolution, 120 pooling, 130 activation, 140 inner product,
                       175 softmax, 310 permute, 420 LSTM, 430 LSTM in both directions, 500 custom
    convolution        1 outputs, 2 inputs, 20 window, 30 strides, 40 dilation, 60 transposed,
                       70 has bias, 90 weights, 91 bias
    inner product      1 inputs, 2 outputs, 10 has bias, 20 weights, 21 bias
    LSTM               1 inputs, 2 outputs, 15 settings, 20 weights of each direction
    its weights        1-4 input, 20-23 recurrent, 40-43 bias, 60-62 peepholes,
                       each of the input, forget, cell and output gate
    custom             10 class name, 20 weights, 30 parameters, 40 description
    weights            1 packed floats

The map holds ``vgsl``, ``codec`` (JSON; absent in models that write no text), ``kraken_meta``
(JSON; absent before kraken 2) and ``aux_layers`` (JSON: networks beside it, which order lines).

Source: Apple, coremltools ``mlmodel/format/Model.proto`` and ``NeuralNetwork.proto``; kraken 7.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.formats.kraken.model import READING_ORDER, KrakenModel
from uncial.formats.kraken.wire import Message

_DESCRIPTION, _METADATA, _USER, _NETWORK, _LAYERS = 2, 100, 100, 500, 1
CONVOLUTION, POOLING, ACTIVATION, PRODUCT, SOFTMAX = 100, 120, 130, 140, 175
PERMUTE, ONE_WAY, BOTH_WAYS, CUSTOM = 310, 420, 430, 500
"""Fields of a layer that say what it is."""
_ORDER_LEVELS = {"ro_model": "baselines", "ro_model_regions": "regions"}
_ORDER_PARTS = {"_mlp_lin_0": "fc1", "_mlp_lin_1": "fc2"}
_LARGEST = 1 << 20  # inputs or outputs of a layer
_AGAIN = "copy or download the file again; this one is cut short, damaged or no model of kraken"

Tensors = dict[str, NDArray[Any]]


def is_coreml(data: bytes) -> bool:
    """Whether a file begins as a CoreML model does: its version, then a description of inputs."""
    if len(data) < 8 or data[0] != 0x08 or not 0 < data[1] < 32 or data[2] != 0x12:
        return False
    behind = next((at for at in range(3, 7) if data[at] < 128), 6) + 1
    return data[behind] == 0x0A


def unpack(data: bytes, name: str = "mlmodel") -> tuple[KrakenModel, ...]:
    """Read a file's bytes: the network, then what orders its lines, if anything.

    Raises:
        FormatError: It is damaged, or no model of kraken.
    """
    model = Message(data, name)
    user = _user(model.message(_DESCRIPTION).message(_METADATA))
    layers = model.message(_NETWORK).messages(_LAYERS)
    meta = _object(user.get("kraken_meta"), "kraken_meta", name)
    vgsl = user.get("vgsl") or meta.get("vgsl")
    if not isinstance(vgsl, str):
        raise FormatError(
            f"{name}: a CoreML model, but not one of kraken: it has no VGSL text",
            offset=0,
            remedy="give a model that kraken wrote",
        )
    codec = user.get("codec") or meta.get("codec")
    others = _object(user.get("aux_layers"), "aux_layers", name)
    tensors: Tensors = {}
    orders: dict[str, Tensors] = {}
    for layer in layers:
        for key, array in _tensors(layer):
            order = _order_part(key, others)
            place = orders.setdefault(order[0], {}) if order else tensors
            place[order[1] if order else key] = array
    network = KrakenModel(
        tasks=_tasks(meta),
        vgsl=vgsl,
        codec=read_codec(codec, name),
        tensors=tensors,
        metadata={k: v for k, v in meta.items() if k not in ("vgsl", "codec", "model_type")},
    )
    return network, *(_order(one, found, network) for one, found in orders.items())


def read_codec(codec: object, name: str) -> dict[str, list[int]] | None:
    """A codec as kraken writes it: a JSON object, or its text.

    Raises:
        FormatError: It is something else.
    """
    if isinstance(codec, str):
        codec = _parsed(codec, "codec", name)
    if codec is None:
        return None
    if not isinstance(codec, dict) or not all(_is_code(labels) for labels in codec.values()):
        raise FormatError(f"{name}: the codec is no JSON object of labels", offset=0, remedy=_AGAIN)
    return codec


def _is_code(labels: object) -> bool:
    return isinstance(labels, list) and all(type(one) is int for one in labels)


def _user(metadata: Message) -> dict[str, str]:
    """The map from text to text."""
    return {entry.text(1): entry.text(2) for entry in metadata.messages(_USER)}


def _parsed(text: str, what: str, name: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise FormatError(f"{name}: {what} is no JSON", offset=0, remedy=_AGAIN) from problem


def _object(text: str | None, what: str, name: str) -> dict[str, Any]:
    """A JSON object of the metadata; empty where it is absent."""
    found = _parsed(text, what, name) if text else {}
    if not isinstance(found, dict):
        raise FormatError(f"{name}: {what} is no JSON object", offset=0, remedy=_AGAIN)
    return found


def _tasks(meta: dict[str, Any]) -> tuple[str, ...]:
    """What the model is for; before there was a word for it, models read text."""
    told = meta.get("model_type")
    if isinstance(told, list):
        return tuple(map(str, told))
    return (told,) if isinstance(told, str) and told != "unknown" else ("recognition",)


def _order_part(key: str, others: dict[str, Any]) -> tuple[str, str] | None:
    """Name of the model that orders lines and its tensor, where `key` is of one."""
    for other in others:
        for suffix, part in _ORDER_PARTS.items():
            if key.startswith(f"{other}{suffix}."):
                return other, f"{part}.{key.rpartition('.')[2]}"
    return None


def _order(name: str, tensors: Tensors, network: KrakenModel) -> KrakenModel:
    level = _ORDER_LEVELS.get(name, "baselines")
    classes = network.metadata.get("class_mapping")
    mapping = classes.get(level, {}) if isinstance(classes, dict) else {}
    return KrakenModel(
        architecture=READING_ORDER,
        tasks=("reading_order",),
        tensors=tensors,
        metadata={"level": level, "class_mapping": mapping},
    )


def _tensors(layer: Message) -> Iterator[tuple[str, NDArray[Any]]]:
    """The weights of one layer, under the names that kraken's own modules give them."""
    name = layer.text(1)
    if layer.has(CONVOLUTION):
        one = layer.message(CONVOLUTION)
        outputs, inputs, window = one.integer(1), one.integer(2), one.integers(20)
        if len(window) != 2:
            raise one.error(f"layer {name!r} has a window of {len(window)} sides")
        pair = (inputs, outputs) if one.integer(60) else (outputs, inputs)
        name = name.removesuffix("_conv")
        yield f"{name}.co.weight", _shaped(one.message(90), (*pair, *window), name)
        yield f"{name}.co.bias", _shaped(one.message(91), (outputs,), name)
    elif layer.has(PRODUCT):
        one = layer.message(PRODUCT)
        inputs, outputs = one.integer(1), one.integer(2)
        part = "" if name.endswith(tuple(_ORDER_PARTS)) else ".lin"
        name = name.removesuffix("_lin") + part
        yield f"{name}.weight", _shaped(one.message(20), (outputs, inputs), name)
        yield f"{name}.bias", _shaped(one.message(21), (outputs,), name)
    elif layer.has(CUSTOM):
        one = layer.message(CUSTOM)
        if one.text(10) == "groupnorm":
            arrays = [weights.floats(1) for weights in one.messages(20)]
            if len(arrays) != 2:
                raise one.error(f"layer {name!r} has {len(arrays)} weights, not 2")
            yield f"{name}.layer.weight", arrays[0]
            yield f"{name}.layer.bias", arrays[1]
    elif layer.has(ONE_WAY) or layer.has(BOTH_WAYS):
        one = layer.message(ONE_WAY if layer.has(ONE_WAY) else BOTH_WAYS)
        name = f"{name.removesuffix('_transposed')}.layer"
        inputs, states = one.integer(1), one.integer(2)
        for weights, suffix in zip(one.messages(20), ("", "_reverse"), strict=False):
            yield from _cell(weights, f"{name}.", suffix, inputs, states)


def _cell(
    weights: Message, name: str, suffix: str, inputs: int, states: int
) -> Iterator[tuple[str, NDArray[Any]]]:
    """One direction of an LSTM; its only bias goes with the recurrence, as kraken reads it."""
    gates = range(4)
    rows = [_shaped(weights.message(1 + at), (states, inputs), name) for at in gates]
    yield f"{name}weight_ih_l0{suffix}", np.concatenate(rows)
    rows = [_shaped(weights.message(20 + at), (states, states), name) for at in gates]
    yield f"{name}weight_hh_l0{suffix}", np.concatenate(rows)
    if weights.has(40):
        rows = [_shaped(weights.message(40 + at), (states,), name) for at in gates]
        yield f"{name}bias_hh_l0{suffix}", np.concatenate(rows)
        yield f"{name}bias_ih_l0{suffix}", np.zeros(4 * states, np.float32)
    if weights.has(60):
        for at, gate in enumerate("ifo"):
            found = _shaped(weights.message(60 + at), (states,), name)
            yield f"{name}weight_{gate}p_l0{suffix}", found


def _shaped(weights: Message, shape: tuple[int, ...], name: str) -> NDArray[np.float32]:
    """Weights in their shape; sizes are compared before anything is made of them."""
    values = weights.floats(1)
    wanted = 1
    for size in shape:
        wanted *= size if size <= _LARGEST else -1
    if wanted < 0 or len(values) != wanted:
        sides = " x ".join(map(str, shape))
        raise weights.error(f"{len(values)} weights where layer {name!r} has {sides}")
    return values.reshape(shape)
