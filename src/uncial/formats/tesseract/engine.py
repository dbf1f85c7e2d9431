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
from uncial.formats.tesseract.nodes import PARALLEL, PLUMBING, Node
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.unicharset import Unicharset

UNICHARSET, RECODER = "lstm-unicharset", "lstm-recoder"
_TALLEST, _WIDEST = 1024, 16_384  # px of an input, or of its depth where columns are read
_WINDOW = 4096  # inputs that a convolution sees at once
_DAMAGED = "copy the file again; this one is damaged"


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
    check_flow(record.network, 0, name)
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


def check_flow(node: Node, inputs: int, name: str) -> None:
    """Require that each layer takes as many inputs as those before it put out.

    Args:
        node: A network, or one of its layers.
        inputs: What comes in; 0 where the network begins.
        name: What it is of, for messages.

    Raises:
        FormatError: They do not fit, or ask for more memory than any line needs.
    """
    plumbing = node.type in PLUMBING
    wanted = inputs if plumbing or node.type == "Input" else node.ni
    made = node.no
    if node.type == "Input":
        _, height, width, made, _ = node.settings
        if not (0 <= height <= _TALLEST and 0 <= width <= _WIDEST and 0 < made <= _TALLEST):
            raise FormatError(
                f"{name}: an input of {height} by {width} px and depth {made}", remedy=_DAMAGED
            )
    elif node.type == "Convolve" and made > _WINDOW:
        raise FormatError(f"{name}: a window of {made} inputs", remedy=_DAMAGED)
    elif node.type in PARALLEL:
        made = sum(child.no for child in node.children)
    elif plumbing:
        made = node.children[-1].no
    if wanted != inputs or made != node.no:
        raise FormatError(
            f"{name}: layer {node.name!r} takes {wanted} inputs of {inputs} and makes {made} "
            f"outputs where it states {node.no}",
            remedy=_DAMAGED,
        )
    for child in node.children if plumbing else ():
        check_flow(child, inputs, name)
        inputs = child.no if node.type == "Series" else inputs


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
