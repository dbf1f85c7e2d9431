"""Our own model file: safetensors whose metadata carries a versioned JSON header.

Layout: an ordinary ``.safetensors`` file. Its ``__metadata__`` has the key ``uncial`` with the
JSON object that `uncial.formats.models.header` describes.

Tensors are the weights by name, matrices as 16-bit floats where half the size was asked for; a
uint8 tensor named ``component/…`` holds the bytes of a part
that another program keeps beside its network. Names of the n-th voter's tensors begin with
``voter/n/``, counted from 1.

Loading parses JSON and tensors; nothing is ever unpickled or executed.

Source: safetensors format, https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from uncial.archive import ModelArchive
from uncial.errors import FormatError
from uncial.formats.models.header import KEY, WITH_VOTERS, header_of, parsed, updated

_COMPONENT = "component/"
_VOTER = "voter/"
_MAX_HEADER = 100_000_000  # bytes; the bound of the safetensors library itself
_AGAIN = "copy or download the file again; this one is cut short, damaged or was edited"


def pack(archive: ModelArchive, *, half: bool = False) -> bytes:
    """The bytes of a model file.

    Args:
        archive: The model.
        half: Keep matrices as 16-bit floats; they are read as 32-bit ones.
    """
    header, weights = _parts(archive)
    if archive.voters:
        header["voters"] = []
        header["format"] = max(header["format"], WITH_VOTERS)
    for number, voter in enumerate(archive.voters, start=1):
        its_header, its_weights = _parts(voter)
        header["format"] = max(header["format"], its_header.pop("format"))
        header["voters"].append(its_header)
        weights |= {f"{_VOTER}{number}/{name}": array for name, array in its_weights.items()}
    if half:
        header["half"] = True
        weights = {name: _halved(array) for name, array in weights.items()}
    return save(weights, metadata={KEY: json.dumps(header, ensure_ascii=False)})


def _halved(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float16) if array.ndim > 1 and array.dtype == np.float32 else array


def _whole(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _parts(archive: ModelArchive) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and tensors of one model."""
    weights = {name: np.asarray(array, order="C") for name, array in archive.weights.items()}
    for name, data in archive.components.items():
        weights[_COMPONENT + name] = np.frombuffer(data, np.uint8)
    return header_of(archive), weights


def unpack(data: bytes) -> ModelArchive:
    """Read a model file's bytes.

    Raises:
        FormatError: Not a safetensors file, one of another program, or of a newer version.
    """
    header = read_header(data)
    if header.get("kind") == "segmenter":
        raise FormatError(
            "a segmentation model: it finds lines and does not read them",
            offset=8,
            remedy="give it to `uncial segment`, and a model that reads here",
        )
    try:
        weights = load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a number format NumPy has not
        raise FormatError(
            f"the tensors of this model file cannot be read: {error}",
            remedy=_AGAIN,
        ) from error
    if header.get("half") is True:
        weights = {name: _whole(array) for name, array in weights.items()}
    told = header.get("voters", [])
    if not isinstance(told, list) or not all(isinstance(voter, dict) for voter in told):
        raise FormatError("the voters are not JSON objects", offset=8, remedy=_AGAIN)
    own = {name: array for name, array in weights.items() if not name.startswith(_VOTER)}
    voters = [
        _archive(voter, _under(f"{_VOTER}{number}/", weights))
        for number, voter in enumerate(told, start=1)
    ]
    return replace(_archive(header, own), voters=tuple(voters))


def _under(prefix: str, weights: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {n.removeprefix(prefix): array for n, array in weights.items() if n.startswith(prefix)}


def _archive(header: dict[str, Any], weights: dict[str, NDArray[Any]]) -> ModelArchive:
    """One model from its header and tensors."""
    components = {name: array for name, array in weights.items() if name.startswith(_COMPONENT)}
    told = parsed(header)
    return ModelArchive(
        spec=told.spec,
        codec=told.codec,
        preprocessing=told.preprocessing,
        normalization=told.normalization,
        weights={name: weights[name] for name in weights if name not in components},
        components={
            name.removeprefix(_COMPONENT): array.tobytes() for name, array in components.items()
        },
        metadata=told.metadata,
        ranges=told.ranges,
        family=told.family,
    )


def read_header(data: bytes) -> dict[str, Any]:
    """The JSON header of a model file, brought to the present version.

    Raises:
        FormatError: Not a safetensors file, one of another program, or of a newer version.
    """
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, _MAX_HEADER):
        raise FormatError(
            "not a safetensors file: its header length does not fit the file",
            offset=0,
            remedy="give a model.safetensors written by `uncial train`",
        )
    try:
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        header = json.loads(metadata[KEY])
        header["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FormatError(
            "a safetensors file, but not a model of Uncial: no header under 'uncial'",
            offset=8,
            remedy="give a model.safetensors written by `uncial train`",
        ) from error
    return updated(header)
