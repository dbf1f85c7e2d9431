"""Which kind of model file some bytes are: told by their content, not by the file's name.

A safetensors file begins with the length of a JSON object and that object, a
``.traineddata`` with the number of its slots and their offsets, of which the first that is
not -1 points right behind the table, an ONNX file with its version of the format, field 1 of a
protocol buffer, and the name of the program that wrote it, field 2. kraken's models are CoreML
networks, whose field 2 is a message, or safetensors whose metadata says so.

Source: https://github.com/huggingface/safetensors#format; tesseract 5.x
``src/ccutil/tessdatamanager.cpp``; https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Literal

from uncial.errors import FormatError
from uncial.formats.kraken.coreml import is_coreml
from uncial.formats.kraken.model import META
from uncial.formats.tesseract.container import MAX_SLOTS

ModelKind = Literal["kraken", "onnx", "safetensors", "traineddata"]

SUFFIXES: dict[str, ModelKind] = {
    ".mlmodel": "kraken",
    ".onnx": "onnx",
    ".safetensors": "safetensors",
    ".traineddata": "traineddata",
}
"""The kind that a file name announces."""

_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")  # owner and name


def model_kind(data: bytes, name: str) -> ModelKind:
    """The kind of a model file.

    Where the content is of no kind, the suffix of `name` decides, so that the reader of that
    kind can say what is wrong.

    Args:
        data: The whole file, or its beginning.
        name: Of the file.

    Raises:
        FormatError: Neither content nor name is that of a model file.
    """
    if _is_krakens(data) or is_coreml(data):
        return "kraken"
    if _is_safetensors(data):
        return "safetensors"
    if _is_traineddata(data):
        return "traineddata"
    if _is_onnx(data):
        return "onnx"
    kind = SUFFIXES.get(Path(name).suffix.lower())
    if kind is None:
        raise FormatError(
            f"{name}: neither a safetensors, an ONNX, an mlmodel nor a traineddata file",
            offset=0,
            remedy="give a model of Uncial (.safetensors, .onnx), Tesseract (.traineddata) or "
            "kraken (.mlmodel, .safetensors)",
        )
    return kind


def is_pretrained(path: Path) -> bool:
    """Whether a path is a folder with a checkpoint of transformers, or may name one on a hub."""
    if path.is_dir():
        return (path / "config.json").is_file()
    return not path.exists() and not path.suffix and _HUB.fullmatch(str(path)) is not None


def kind_to_write(path: Path) -> ModelKind:
    """The kind that a file to be written is, by its suffix.

    Raises:
        FormatError: The suffix is of no kind.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise FormatError(
            f"{path}: no kind of model file ends in {path.suffix or 'no suffix'!r}",
            remedy=f"end the name in one of {', '.join(SUFFIXES)}",
        )
    return kind


def _is_krakens(data: bytes) -> bool:
    """Whether a safetensors file, or its beginning, says that it is of kraken."""
    size = int.from_bytes(data[:8], "little")
    return _is_safetensors(data) and f'"{META}"'.encode() in data[8 : 8 + size]


def _is_safetensors(data: bytes) -> bool:
    """Whether a length and the beginning of a JSON object stand there."""
    return len(data) > 8 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") < 1 << 32


def _is_traineddata(data: bytes) -> bool:
    """Whether a table of offsets stands there, in either byte order."""
    for order in "<>":
        if len(data) < 4:
            return False
        (slots,) = struct.unpack_from(f"{order}I", data)
        if 1 <= slots <= MAX_SLOTS and len(data) >= 4 + 8 * slots:
            offsets = struct.unpack_from(f"{order}{slots}q", data, 4)
            first = next((at for at in offsets if at != -1), 4 + 8 * slots)
            if first == 4 + 8 * slots:
                return True
    return False


def _is_onnx(data: bytes) -> bool:
    """Whether a small version number and a text stand there, as fields of a protocol buffer."""
    return len(data) > 3 and data[0] == 0x08 and 2 < data[1] < 64 and data[2] == 0x12
