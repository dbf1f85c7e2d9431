"""kraken's ``.safetensors``: one or more models, told apart by the beginning of tensor names.

Layout: an ordinary ``.safetensors`` file. Its ``__metadata__`` has the key ``kraken_meta`` with
a JSON object: for each beginning (a UUID) an object with ``_model`` (architecture), ``_tasks``,
``_kraken_min_version`` and what the model keeps, ``vgsl`` and ``codec`` among it.
Tensors are named ``<beginning>.<path of the layer>.<parameter>``; of the path only the last
part, the layer's name, is needed. Equal tensors of a network may be stored once.

Source: safetensors format, https://github.com/huggingface/safetensors#format; kraken 7.1.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from uncial.errors import FormatError
from uncial.formats.kraken.coreml import Tensors, read_codec
from uncial.formats.kraken.model import META as KEY
from uncial.formats.kraken.model import NETWORK, KrakenModel
from uncial.formats.kraken.spec import from_kraken

_MAX_HEADER = 100_000_000  # bytes; the bound of the safetensors library itself
_AGAIN = "copy or download the file again; this one is cut short, damaged or no model of kraken"
_SINCE = "5.0.0"  # kraken that reads such networks
_OWN = ("_tasks", "_model", "_kraken_min_version", "vgsl", "codec", "model_type")


def unpack(data: bytes, name: str = "safetensors") -> tuple[KrakenModel, ...]:
    """Read a file's bytes: its models in the order of the file.

    Raises:
        FormatError: It is damaged, or no file of kraken.
    """
    told = _header(data, name)
    try:
        tensors = load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a number format NumPy has not
        raise FormatError(f"{name}: the tensors cannot be read: {error}", remedy=_AGAIN) from error
    return tuple(_model(prefix, meta, tensors, name) for prefix, meta in told.items())


def pack(models: Sequence[KrakenModel]) -> bytes:
    """The bytes of a file; equal models give equal bytes."""
    tensors: Tensors = {}
    told: dict[str, Any] = {}
    for place, model in enumerate(models):
        prefix = _identifier(place, model)
        told[prefix] = {
            "_kraken_min_version": _SINCE,
            "_tasks": list(model.tasks),
            "_model": model.architecture,
            **model.metadata,
        }
        if model.architecture == NETWORK:
            told[prefix]["vgsl"] = model.vgsl
            told[prefix]["model_type"] = list(model.tasks)
        if model.codec is not None:
            told[prefix]["codec"] = dict(model.codec)
        paths = _paths(model)
        for name, array in model.tensors.items():
            tensors[f"{prefix}.{paths.get(name, name)}"] = np.asarray(array, order="C")
    return save(tensors, metadata={KEY: json.dumps(told)})


def _header(data: bytes, name: str) -> dict[str, dict[str, Any]]:
    """What the file says of each of its models."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > min(len(data) - 8, _MAX_HEADER):
        raise FormatError(
            f"{name}: not a safetensors file: its header length does not fit the file",
            offset=0,
            remedy=_AGAIN,
        )
    try:
        told = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][KEY])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FormatError(
            f"{name}: a safetensors file, but not one of kraken: no JSON under {KEY!r}",
            offset=8,
            remedy="give a model that kraken wrote",
        ) from error
    if not isinstance(told, dict) or not all(isinstance(one, dict) for one in told.values()):
        raise FormatError(f"{name}: {KEY} is no object of objects", offset=8, remedy=_AGAIN)
    return told


def _model(prefix: str, meta: dict[str, Any], tensors: Tensors, name: str) -> KrakenModel:
    architecture, tasks = meta.get("_model"), meta.get("_tasks") or []
    vgsl = meta.get("vgsl", "")
    if not (isinstance(architecture, str) and isinstance(vgsl, str) and isinstance(tasks, list)):
        raise FormatError(f"{name}: a model does not say what it is", offset=8, remedy=_AGAIN)
    own = {
        _leaf(key.removeprefix(f"{prefix}.")): array
        for key, array in tensors.items()
        if key.startswith(f"{prefix}.")
    }
    return KrakenModel(
        architecture=architecture,
        tasks=tuple(map(str, tasks)),
        vgsl=vgsl,
        codec=read_codec(meta.get("codec"), name),
        tensors=own,
        metadata={key: value for key, value in meta.items() if key not in _OWN},
    )


def _leaf(key: str) -> str:
    """A tensor's name from its layer on: ``L_7.layer.bias_hh_l0`` of ``nn.L_7.layer.…``."""
    parts = key.split(".")
    return ".".join(parts[-3:]) if parts[0] == "nn" else key


def _paths(model: KrakenModel) -> dict[str, str]:
    """The full name of each tensor of a network."""
    if model.architecture != NETWORK:
        return {}
    known = {layer.name: layer.theirs for layer in from_kraken(model.vgsl).layers}
    return {
        name: f"{known[head]}.{rest}"
        for name in model.tensors
        for head, _, rest in [name.partition(".")]
        if head in known
    }


def _identifier(place: int, model: KrakenModel) -> str:
    """A UUID that depends on nothing but the model and its place."""
    digest = hashlib.sha256(f"{place} {model.vgsl} {sorted(model.tensors)}".encode())
    for name in sorted(model.tensors):
        digest.update(np.asarray(model.tensors[name], order="C").tobytes())
    return str(uuid.UUID(bytes=digest.digest()[:16], version=4))
