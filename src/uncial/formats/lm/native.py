"""Our own file of an n-gram model: the arrays as they lie in memory, mapped and not parsed.

Layout: an ordinary safetensors file. Its ``__metadata__`` has the key ``uncial-lm`` with one JSON
object::

    format   1, raised when a reader of today would misread the file
    tokens   grapheme of each id
    counts   n-grams of each length

Tensors are the arrays of `NgramModel` by name.

Source: safetensors format, https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from uncial.errors import FormatError
from uncial.text.ngrams import NgramModel

FORMAT = 1
_KEY = "uncial-lm"
MAGIC = b'"uncial-lm"'
_ARRAYS = {
    "token": "I32",
    "log_prob": "F32",
    "state": "I32",
    "first": "I32",
    "backoff": "F32",
    "lower": "I32",
}
_TYPES = {"I32": np.dtype("<i4"), "F32": np.dtype("<f4")}
_AGAIN = "copy the file or make it again; this one is cut short or damaged"


def pack(model: NgramModel) -> bytes:
    """The bytes of a file."""
    header = {"format": FORMAT, "tokens": list(model.tokens), "counts": list(model.counts)}
    arrays = {name: np.ascontiguousarray(getattr(model, name)) for name in _ARRAYS}
    return save(arrays, metadata={_KEY: json.dumps(header, ensure_ascii=False)})


def unpack(data: bytes | memoryview, where: str = "language model") -> NgramModel:
    """Read a file; the arrays are views of `data`.

    Args:
        data: The file's bytes, for instance mapped into memory.
        where: Its name, for messages.

    Raises:
        FormatError: It is another kind of file, cut short, damaged, or of a newer version.
    """
    view = memoryview(data)
    size = int.from_bytes(view[:8], "little")
    try:
        header = json.loads(bytes(view[8 : 8 + size]))
        told = json.loads(header["__metadata__"][_KEY])
        version = told["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FormatError(
            f"{where}: not a language model: neither an ARPA file nor one of ours",
            remedy="give a file written by `uncial lm`, or an ARPA file",
        ) from error
    if version != FORMAT:
        raise FormatError(
            f"{where}: language model of format {version!r}; this version reads {FORMAT}",
            remedy="update Uncial",
        )
    try:
        arrays = {name: _array(view, 8 + size, header[name], name) for name in _ARRAYS}
        model = NgramModel(
            tokens=tuple(told["tokens"]), counts=tuple(map(int, told["counts"])), **arrays
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{where}: {error}", remedy=_AGAIN) from error
    _check(model, where)
    return model


def _array(view: memoryview, body: int, entry: dict[str, Any], name: str) -> NDArray[Any]:
    start, stop = entry["data_offsets"]
    if entry["dtype"] != _ARRAYS[name] or not 0 <= start <= stop <= len(view) - body:
        raise ValueError(f"the array {name!r} does not lie in the file")
    return np.frombuffer(view[body + start : body + stop], _TYPES[entry["dtype"]])


def _check(model: NgramModel, where: str) -> None:
    """Refuse what would lead the machine out of its arrays or round in circles."""
    total, shorter = 1 + sum(model.counts), len(model.backoff)
    fits = (
        len(model.token) == len(model.log_prob) == len(model.state) == total
        and len(model.first) == shorter + 1 == len(model.lower) + 1
        and shorter == (total - model.counts[-1] if model.order > 1 else total)
        and model.counts[0] == len(model.tokens) >= 3
    )
    if fits:
        fits = (
            int(model.token.min()) >= 0
            and int(model.token.max()) < len(model.tokens)
            and 0 <= int(model.state.min()) <= int(model.state.max()) < shorter
            and bool(np.all(np.diff(model.first) >= 0))
            and int(model.first[0]) == 1
            and int(model.first[-1]) <= total
            and bool(np.all(model.lower[1:] < np.arange(1, shorter)))
            and int(model.lower.min()) >= 0
            and int(model.first[1]) == 1 + len(model.tokens)
        )
    if not fits:
        raise FormatError(f"{where}: the arrays contradict each other", remedy=_AGAIN)
