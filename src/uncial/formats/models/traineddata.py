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

import numpy as np

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError
from uncial.formats.models.base import Loss
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.engine import RECODER, UNICHARSET, Engine, charset, engine, network
from uncial.formats.tesseract.labels import (
    LabelTable,
    charset_of,
    label_order_between,
    label_table,
)
from uncial.formats.tesseract.memory import KEY, SETTINGS, headed, known, remembered, stored_spec
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node
from uncial.formats.tesseract.quantize import AVX2_ROWS, quantized
from uncial.formats.tesseract.spec import spec_of
from uncial.formats.tesseract.tensors import arrays_of, filled
from uncial.formats.tesseract.vgsl import nodes_of
from uncial.imaging.prepare import Preprocessing
from uncial.text.normalize import Normalization

_ANY_HEIGHT = 48  # px; what Tesseract scales lines to that are higher, of variable networks
_ROUNDED = Loss("weights", "rounded to int8, from which a few characters may suffer")
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


def rewritten(
    data: bytes, name: str = "traineddata", *, integer: bool = False
) -> tuple[bytes, tuple[Loss, ...]]:
    """The same file, on request with int8 weights; nothing else in it changes.

    Raises:
        FormatError: It is damaged, or for int8 weights has no LSTM network.
        ConfigError: A weight is not finite.
    """
    model = TrainedData.unpack(data, name)
    if not integer:
        return model.pack(), ()
    record = network(model, name)
    if record.is_integer:
        return model.pack(), ()
    if model.swapped:
        raise ConfigError(
            f"{name}: numbers are big-endian", remedy="convert it to safetensors and back first"
        )
    record = quantized(record, padding=AVX2_ROWS)
    return model.replaced("lstm", record.pack()).pack(), (_ROUNDED,)


def fit(model: TrainedData, name: str = "traineddata") -> str:
    """Why Tesseract cannot read with a model; empty where it can.

    Args:
        model: With a network.
        name: What it is, for messages.
    """
    try:
        engine(model, name)
    except FormatError as error:
        return error.problem
    return ""


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
    parts = engine(model, name)
    record = parts.record
    table = label_table(parts.unicharset, parts.recoder)
    spec, slots = spec_of(record.network)
    height, losses = _height(record.network)
    archive = ModelArchive(
        spec=spec,
        codec=table.codec,
        preprocessing=Preprocessing.tesseract(height),
        normalization=Normalization.DEFAULT,
        weights=arrays_of(slots, table.order),
        metadata={KEY: remembered(record)},
        components=_beside(model, parts, name),
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
        losses.append(_ROUNDED)
    others = sorted(archive.metadata.keys() - {KEY})
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
    _check_style(archive.preprocessing)
    unicharset, recoder = charset(starter, "the starter model")
    order = label_order_between(archive.codec, label_table(unicharset, recoder))
    past = known(archive.metadata)
    root, slots = nodes_of(
        archive.spec, recoder.code_range, rate=float(past.get("learning_rate", 0.001))
    )
    _check_height(archive.preprocessing, root)
    filled_root = filled(root, slots, archive.weights, order)
    settings = {key: past[key] for key in SETTINGS if key in past}
    return LSTMRecord(
        network=headed(filled_root, past.get("layers", [])),
        spec=stored_spec(archive.spec, past.get("spec", "")),
        null_char=recoder.null_char,
        **settings,
    )


def _beside(model: TrainedData, parts: Engine, name: str) -> dict[str, bytes]:
    """All components but the network, with the charset and numbers of the usual order."""
    kept = {part: body for part, body in model.components.items() if part != "lstm"}
    if parts.record.unicharset is not None:
        kept |= {UNICHARSET: parts.unicharset.pack(), RECODER: parts.recoder.pack()}
    if model.swapped:
        kept[RECODER] = parts.recoder.pack()
        for part in kept:
            if part.startswith("lstm-") and part.endswith("-dawg"):
                kept[part] = Dawg.unpack(kept[part], f"{name}: {part}", swapped=True).pack()
    return kept


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


def _check_style(preprocessing: Preprocessing) -> None:
    if preprocessing.style != "tesseract":
        raise ConfigError(
            "this model's lines are straightened and cleaned before they are read, which "
            "Tesseract does not do; there it would read next to nothing",
            remedy="train one with the preset tesseract",
        )


def _check_height(preprocessing: Preprocessing, root: Node) -> None:
    height, _ = _height(root)
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
