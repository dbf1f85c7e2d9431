"""Our own file of a segmentation model: safetensors with a JSON header, as for recognizers.

Its ``__metadata__`` has the key ``uncial`` with one JSON object::

    format         1, raised when a reader of today would misread the file
    kind           "segmenter"
    spec           VGSL text
    channels       [kind, type] of each output, in order
    preparation    PagePreparation.to_json()
    metadata       provenance, free JSON
    order          PairOrder.to_json(), where a reading order was learnt

Tensors are the weights by name; those stored in 16 bits are read in 32.
"""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from uncial.archive import Channel, ChannelKind, SegmenterArchive
from uncial.errors import FormatError
from uncial.formats.models.native import read_header
from uncial.imaging.pageview import PagePreparation
from uncial.page.pairorder import PairOrder

KIND = "segmenter"
_FORMAT = 1
_NEEDED: tuple[ChannelKind, ...] = ("baseline", "ends", "above", "below")
_AGAIN = "copy or download the file again; this one is cut short, damaged or was edited"
_FIELDS = {"spec": str, "channels": list, "preparation": dict, "metadata": dict}


def pack(archive: SegmenterArchive, *, half: bool = False) -> bytes:
    """The bytes of a model file.

    Args:
        archive: The model.
        half: Whether to store weights in 16 bits.
    """
    header = {
        "format": _FORMAT,
        "kind": KIND,
        "spec": archive.spec,
        "channels": [[channel.kind, channel.type] for channel in archive.channels],
        "preparation": archive.preparation.to_json(),
        "metadata": archive.metadata,
        **({"order": archive.order.to_json()} if archive.order is not None else {}),
    }
    weights = {
        name: np.asarray(array, np.float16 if half and array.dtype == np.float32 else None, "C")
        for name, array in archive.weights.items()
    }
    return save(weights, metadata={"uncial": json.dumps(header, ensure_ascii=False)})


def is_segmenter(data: bytes) -> bool:
    """Whether the bytes are a segmentation model of ours."""
    try:
        return read_header(data).get("kind") == KIND
    except FormatError:
        return False


def unpack(data: bytes) -> SegmenterArchive:
    """Read a model file's bytes.

    Raises:
        FormatError: Not a segmentation model of ours, damaged, or of a newer version.
    """
    header = read_header(data)
    if header.get("kind") != KIND:
        raise FormatError(
            "a model that reads lines, not one that finds them",
            offset=8,
            remedy="give a model written by `uncial train --task segment`",
        )
    for name, kind in _FIELDS.items():
        if not isinstance(header.get(name), kind):
            raise FormatError(f"the header lacks or misstates {name!r}", offset=8, remedy=_AGAIN)
    try:
        weights = load(data)
    except (SafetensorError, KeyError) as error:  # KeyError: a number format NumPy has not
        raise FormatError(f"the tensors cannot be read: {error}", remedy=_AGAIN) from error
    return SegmenterArchive(
        spec=header["spec"],
        channels=_channels(header["channels"]),
        preparation=PagePreparation.from_json(header["preparation"]),
        weights={
            name: array.astype(np.float32) if array.dtype == np.float16 else array
            for name, array in weights.items()
        },
        metadata=header["metadata"],
        order=PairOrder.from_json(header["order"]) if "order" in header else None,
    )


def _channels(values: list[Any]) -> tuple[Channel, ...]:
    kinds: dict[str, ChannelKind] = {kind: kind for kind in get_args(ChannelKind)}
    found = []
    for value in values:
        match value:
            case [str() as kind, str() as name] if kind in kinds:
                found.append(Channel(kinds[kind], name))
            case _:
                raise FormatError(f"{value!r} is no channel", offset=8, remedy=_AGAIN)
    once = [channel.kind for channel in found if channel.kind in _NEEDED]
    if sorted(once) != sorted(_NEEDED) or len(set(found)) < len(found):
        raise FormatError(
            f"the channels are not one each of {', '.join(_NEEDED)} and types of lines and regions",
            offset=8,
            remedy=_AGAIN,
        )
    return tuple(found)
