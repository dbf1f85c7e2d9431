"""Tesseract's ``.traineddata`` ↔ `ModelArchive`: the same network under our names.

The archive's spec is made from the stored layers, its weights are named as
`uncial.nn.build` names them, its label 0 is Tesseract's null, and its preprocessing is of
Tesseract's style. All components but the network are kept beside it unchanged, and with them
the settings of the network's training and the headers of its layers, so that the way back gives
a file that differs from the first in nothing but what `Loss` notes say.

Layouts: `uncial.formats.tesseract.container`, `uncial.formats.tesseract.network`.

Source: tesseract 5.x ``src/lstm/lstmrecognizer.cpp``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError
from uncial.formats.models.base import Loss
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.labels import LabelTable, charset_of, label_table
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.quantize import AVX2_ROWS, quantized
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.spec import spec_of
from uncial.formats.tesseract.tensors import Labels, arrays_of, filled
from uncial.formats.tesseract.unicharset import Unicharset
from uncial.formats.tesseract.vgsl import nodes_of
from uncial.imaging.prepare import Preprocessing
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

UNICHARSET, RECODER = "lstm-unicharset", "lstm-recoder"
_ANY_HEIGHT = 48  # px; what Tesseract scales lines to that are higher, of variable networks
_KEY = "tesseract"  # of the metadata
_SETTINGS = (
    "training_iteration",
    "sample_iteration",
    "adam_beta",
    "learning_rate",
    "momentum",
)
_AS_IT_IS = "read with the model as it is; it cannot be converted or trained on here"


def unpack(data: bytes, name: str = "traineddata") -> tuple[ModelArchive, tuple[Loss, ...]]:
    """Read a file's bytes; see `to_archive`.

    Raises:
        FormatError: It is damaged, or has no LSTM network.
        ConfigError: The network has no counterpart here.
        CharsetError: Its codes have none.
    """
    return to_archive(TrainedData.unpack(data, name), name)


def pack(archive: ModelArchive, *, integer: bool = False) -> tuple[bytes, tuple[Loss, ...]]:
    """The bytes of a file; see `to_traineddata`."""
    model, losses = to_traineddata(archive, integer=integer)
    return model.pack(), losses


def to_archive(
    model: TrainedData, name: str = "traineddata"
) -> tuple[ModelArchive, tuple[Loss, ...]]:
    """A model of Tesseract as an archive of ours.

    Args:
        model: With a network of real or int8 weights; int8 ones become real.
        name: What it is, for messages.

    Returns:
        The archive, and what differs when it reads.

    Raises:
        FormatError: A part is missing or damaged.
        ConfigError: A layer has no counterpart here, or the network reads colour.
        CharsetError: The codes have no counterpart here.
    """
    record, model = _record(model, name)
    unicharset, recoder = charset(model, name)
    table = label_table(unicharset, recoder)
    if recoder.code_range != record.network.no or recoder.null_char != record.null_char:
        raise FormatError(
            f"{name}: the network has {record.network.no} outputs, null {record.null_char}; the "
            f"recoder {recoder.code_range}, null {recoder.null_char}",
            remedy="take network, recoder and unicharset from the same model",
        )
    spec, slots = spec_of(record.network)
    height, losses = _height(record.network)
    archive = ModelArchive(
        spec=spec,
        codec=table.codec,
        preprocessing=Preprocessing.tesseract(height),
        normalization=Normalization.DEFAULT,
        weights=arrays_of(slots, table.order),
        metadata={_KEY: _remembered(record)},
        components={part: body for part, body in model.components.items() if part != "lstm"},
    )
    return archive, (*losses, *_reading_losses(record, model, table))


def to_traineddata(
    archive: ModelArchive, *, starter: TrainedData | None = None, integer: bool = False
) -> tuple[TrainedData, tuple[Loss, ...]]:
    """An archive as a model that Tesseract reads.

    Args:
        archive: Its lines are prepared in Tesseract's style.
        starter: Components beside the network, as `uncial.formats.tesseract.bundle` makes
            them; None takes those of the archive, or makes a charset from its codec.
        integer: Write int8 weights: smaller, faster in Tesseract, a little less accurate.

    Returns:
        The model, and what it cannot hold.

    Raises:
        ConfigError: Lines are prepared in another style or height, the charset of `starter`
            is another one, or a weight is not finite.
        SpecError: The network has an op that Tesseract lacks.
        CharsetError: The codec has no counterpart there.
        FormatError: Weights and spec do not belong together.
    """
    model = starter or _starter(archive)
    record = record_of(archive, model)
    losses = []
    if integer:
        record = quantized(record, padding=AVX2_ROWS)
        losses.append(Loss("weights", "rounded to int8, which a few characters may suffer from"))
    others = sorted(archive.metadata.keys() - {_KEY})
    if others:
        losses.append(
            Loss("provenance", f"left out, there is no place for it: {', '.join(others)}")
        )
    if archive.normalization != Normalization.DEFAULT:
        losses.append(Loss("normalization", f"{archive.normalization.name} is not remembered"))
    return model.replaced("lstm", record.pack()), tuple(losses)


def record_of(archive: ModelArchive, starter: TrainedData) -> LSTMRecord:
    """The network of an archive as the ``lstm`` component for a starter model.

    With it a checkpoint can be begun, too (`uncial.formats.tesseract.checkpoint`).

    Args:
        archive: As for `to_traineddata`.
        starter: With unicharset and recoder.

    Raises:
        ConfigError, SpecError, FormatError: As `to_traineddata`.
    """
    unicharset, recoder = charset(starter, "the starter model")
    order = label_order_between(archive.codec, label_table(unicharset, recoder))
    known = _known(archive.metadata)
    root, slots = nodes_of(
        archive.spec, recoder.code_range, rate=float(known.get("learning_rate", 0.001))
    )
    _check_preparation(archive.preprocessing, root)
    network = filled(root, slots, archive.weights, order)
    settings = {key: known[key] for key in _SETTINGS if key in known}
    return LSTMRecord(
        network=_headed(network, known.get("layers", [])),
        spec=_stored_spec(archive.spec, known.get("spec", "")),
        null_char=recoder.null_char,
        **settings,
    )


def charset(model: TrainedData, name: str = "traineddata") -> tuple[Unicharset, Recoder]:
    """Units and codes of a model.

    Raises:
        FormatError: One of them is missing or damaged.
    """
    units = Unicharset.unpack(model.component(UNICHARSET, of=name), f"{name}: {UNICHARSET}")
    recoder = Recoder.unpack(
        model.component(RECODER, of=name),
        f"{name}: {RECODER}",
        special_codes=units.has_special_codes,
        swapped=model.swapped,
    )
    return units, recoder


def label_order_between(codec: Codec, table: LabelTable) -> Labels:
    """Tesseract's output for each label of a codec.

    Args:
        codec: Of an archive.
        table: Of the unicharset and recoder that it is to be written with.

    Raises:
        ConfigError: The two do not write the same graphemes with codes of the same length.
    """
    codes, theirs = dict(codec.codes), dict(table.codec.codes)
    lengths = {text: len(labels) for text, labels in codes.items()}
    odd = {text for text in codes.keys() | theirs if lengths.get(text) != len(theirs.get(text, ()))}
    if odd:
        raise ConfigError(
            f"the charsets of network and starter model differ in {len(odd)} units, among them "
            f"{min(odd)!r}",
            remedy="give the unicharset and recoder that the network was trained with",
        )
    found = {Codec.blank: int(table.order[Codec.blank])}
    for text, labels in codes.items():
        found |= {at: int(table.order[to]) for at, to in zip(labels, theirs[text], strict=True)}
    free = [int(at) for at in table.order if int(at) not in set(found.values())]
    for at in range(len(table.order)):
        if at not in found:
            found[at] = free.pop(0)
    order = np.array([found[at] for at in range(len(table.order))], np.int64)
    if codec.width != len(order) or len(set(order.tolist())) != len(order):
        raise ConfigError(
            f"{codec.width} labels cannot become the {len(order)} outputs of the starter model",
            remedy="give the unicharset and recoder that the network was trained with",
        )
    return order


def _record(model: TrainedData, name: str) -> tuple[LSTMRecord, TrainedData]:
    """The network, and the model with charset components and numbers of the usual order."""
    embedded = not {UNICHARSET, RECODER} <= model.components.keys()
    data = model.component("lstm", of=name)
    record = LSTMRecord.unpack(data, f"{name}: lstm", embedded=embedded, swapped=model.swapped)
    if embedded:
        units = Unicharset.unpack(record.unicharset or b"", f"{name}: unicharset")
        codes = record.recoder or Recoder.pass_through(units).pack()
        model = model.replaced(UNICHARSET, units.pack()).replaced(RECODER, codes)
        record = replace(record, unicharset=None, recoder=None)
    if model.swapped:
        model = _turned(model, name)
    return record, model


def _turned(model: TrainedData, name: str) -> TrainedData:
    """The same with the numbers of the LSTM engine's components in the usual byte order."""
    turned = dict(model.components)
    for part, body in model.components.items():
        if part.startswith("lstm-") and part.endswith("-dawg"):
            turned[part] = Dawg.unpack(body, f"{name}: {part}", swapped=True).pack()
    turned[RECODER] = charset(model, name)[1].pack()
    return TrainedData(components=turned, slots=model.slots)


def _height(network: Node) -> tuple[int, tuple[Loss, ...]]:
    """Height of lines in px, and what is lost where it was variable."""
    _, height, width, depth, _ = network.children[0].settings
    if depth == 3 and height != 1:
        raise ConfigError("this network reads colour", remedy=_AS_IT_IS)
    if width:
        raise ConfigError(f"this network reads lines of {width} px only", remedy=_AS_IT_IS)
    if height == 1:
        return depth, ()
    if height:
        return height, ()
    return _ANY_HEIGHT, (Loss("height", f"variable; lines are scaled to {_ANY_HEIGHT} px"),)


def _reading_losses(record: LSTMRecord, model: TrainedData, table: LabelTable) -> list[Loss]:
    losses = []
    if record.is_integer:
        losses.append(
            Loss("weights", "int8 became real; training can go on, Tesseract's rounding is gone")
        )
    elif _rounds(record.network):
        losses.append(Loss("weights", "rounded from 64 to 32 bits"))
    if any(part.endswith("-dawg") for part in model.components):
        losses.append(Loss("dictionary", "kept for Tesseract, but not used when Uncial reads"))
    if table.spelled:
        units = " ".join(table.spelled[:10])
        losses.append(Loss("charset", f"units written as their code points: {units}"))
    if table.lost:
        losses.append(Loss("charset", f"units that share a code: {' '.join(table.lost[:10])}"))
    return losses


def _rounds(network: Node) -> bool:
    """Whether a weight changes in float32."""
    return any(
        bool((matrix.values != matrix.values.astype(np.float32)).any())
        for node in network.walk()
        for matrix in node.matrices
    )


def _remembered(record: LSTMRecord) -> dict[str, Any]:
    """Settings of a network's training and the headers of its layers, ready for JSON."""
    layers = [
        {
            "type": node.type,
            "name": node.name,
            "state": node.state,
            "needs_backprop": node.needs_backprop,
            "flags": node.flags,
            "rates": None if node.rates is None else [float(rate) for rate in node.rates],
        }
        for node in record.network.walk()
    ]
    settings = {key: getattr(record, key) for key in _SETTINGS}
    return {"spec": record.spec, **settings, "layers": layers}


def _known(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the metadata remember of a model of Tesseract; each setting a number."""
    known = metadata.get(_KEY, {})
    if not isinstance(known, dict):
        return {}
    kinds = {"training_iteration": int, "sample_iteration": int}
    sound = {
        key: value
        for key, value in known.items()
        if key not in _SETTINGS or isinstance(value, (kinds.get(key, float), int))
    }
    if not isinstance(sound.get("spec", ""), str):
        del sound["spec"]
    return sound


def _headed(network: Node, layers: object) -> Node:
    """The network with remembered headers, where they are of the same layers."""
    nodes = list(network.walk())
    if not isinstance(layers, list) or len(layers) != len(nodes):
        return network
    if any(_unlike(node, header) for node, header in zip(nodes, layers, strict=True)):
        return network
    rest = iter(layers)

    def named(node: Node) -> Node:
        header = next(rest)
        rates = header["rates"]
        return replace(
            node,
            name=header["name"],
            state=header["state"],
            needs_backprop=header["needs_backprop"],
            flags=header["flags"],
            rates=None if rates is None else np.array(rates, np.float32),
            children=tuple(named(child) for child in node.children),
        )

    return named(network)


def _unlike(node: Node, header: object) -> bool:
    """Whether a header is of another layer, or damaged."""
    if not isinstance(header, dict) or header.get("type") != node.type:
        return True
    if header.get("state") not in (0, 2) or not isinstance(header.get("name"), str):
        return True
    if header.get("needs_backprop") not in (0, 1) or type(header.get("flags")) is not int:
        return True
    rates = header.get("rates", 0)
    plain = isinstance(rates, Sequence) and all(isinstance(rate, float) for rate in rates)
    return not (rates is None or plain) or (rates is None) != (node.rates is None)


def _stored_spec(spec: str, before: str) -> str:
    """The spec as it was stored, where the network is still that one."""

    def bare(text: str) -> str:
        return re.sub(r"\s+|\d+\s*\]\s*$", "", text)

    return before if bare(before) == bare(spec) else spec


def _check_preparation(preprocessing: Preprocessing, root: Node) -> None:
    height, _ = _height(root)
    if preprocessing.style != "tesseract":
        raise ConfigError(
            "this model's lines are straightened and cleaned before they are read, which "
            "Tesseract does not do; there it would read next to nothing",
            remedy="train one with the preset tesseract",
        )
    if preprocessing.height != height:
        raise ConfigError(
            f"lines are prepared {preprocessing.height} px high, the network reads {height} px",
            remedy="use an unchanged model file; this one was edited",
        )


def _starter(archive: ModelArchive) -> TrainedData:
    """The components kept in an archive, or new ones for its codec."""
    if {UNICHARSET, RECODER} <= archive.components.keys():
        return TrainedData(components=archive.components)
    units, recoder = charset_of(archive.codec)
    made = {UNICHARSET: units.pack(), RECODER: recoder.pack(), "version": b"uncial"}
    return TrainedData(components=archive.components | made)
