"""What Tesseract's LSTM engine takes from a model file: network, units and codes.

Units and codes are components of their own. In a file that lacks one of them, both stand within
the network's component; without codes there, the units' ids are the codes.

Source: tesseract 5.x ``src/lstm/lstmrecognizer.cpp`` (``DeSerialize``, ``LoadCharsets``).
"""

from __future__ import annotations

from dataclasses import dataclass

from uncial.errors import FormatError
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.unicharset import Unicharset

UNICHARSET, RECODER = "lstm-unicharset", "lstm-recoder"


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A network with its charset.

    Attributes:
        record: The network; units and codes are not in it.
        unicharset: Its units.
        recoder: Their codes.
    """

    record: LSTMRecord
    unicharset: Unicharset
    recoder: Recoder


def engine(model: TrainedData, name: str = "traineddata") -> Engine:
    """Network, units and codes of a model.

    Args:
        model: The file.
        name: What it is, for messages.

    Raises:
        FormatError: One of them is missing or damaged, or they do not belong together.
    """
    record = network(model, name)
    if record.unicharset is None:
        unicharset, recoder = charset(model, name)
    else:
        unicharset = Unicharset.unpack(record.unicharset, f"{name}: unicharset")
        recoder = Recoder.pass_through(unicharset)
        if record.recoder is not None:
            recoder = _recoder(record.recoder, f"{name}: recoder", unicharset, model)
    if recoder.code_range != record.network.no or recoder.null_char != record.null_char:
        raise FormatError(
            f"{name}: the network has {record.network.no} outputs, null {record.null_char}; the "
            f"recoder {recoder.code_range}, null {recoder.null_char}",
            remedy="take network, recoder and unicharset from the same model",
        )
    return Engine(record=record, unicharset=unicharset, recoder=recoder)


def network(model: TrainedData, name: str = "traineddata") -> LSTMRecord:
    """The network of a model, with the charset where it stands within.

    Raises:
        FormatError: There is none, or it is damaged.
    """
    return LSTMRecord.unpack(
        model.component("lstm", of=name),
        f"{name}: lstm",
        embedded=not {UNICHARSET, RECODER} <= model.components.keys(),
        swapped=model.swapped,
    )


def charset(model: TrainedData, name: str = "traineddata") -> tuple[Unicharset, Recoder]:
    """Units and codes of a model that has components for them, with or without a network.

    Raises:
        FormatError: One of them is missing or damaged.
    """
    units = Unicharset.unpack(model.component(UNICHARSET, of=name), f"{name}: {UNICHARSET}")
    codes = model.component(RECODER, of=name)
    return units, _recoder(codes, f"{name}: {RECODER}", units, model)


def _recoder(data: bytes, name: str, units: Unicharset, model: TrainedData) -> Recoder:
    return Recoder.unpack(data, name, special_codes=units.has_special_codes, swapped=model.swapped)
