"""Language models from files of either format, and their bytes for a file's name."""

from __future__ import annotations

import contextlib
import gzip
import mmap
from pathlib import Path

from uncial.errors import FormatError
from uncial.formats.lm import arpa, native
from uncial.text.ngrams import NgramModel

_GZIP = b"\x1f\x8b"


def open_ngrams(path: Path) -> NgramModel:
    """The model in a file; its content decides, not its name. Our own format is memory-mapped.

    Raises:
        FormatError: It is no language model, or a damaged one.
    """
    with path.open("rb") as file:
        head = file.read(64)
        if not head:
            raise FormatError(f"{path}: the file is empty", remedy="name a language model")
        if not head.startswith(_GZIP) and not head.lstrip().startswith(arpa.MAGIC):
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return native.unpack(memoryview(mapped), str(path))
        file.seek(0)
        data = file.read()
    if head.startswith(_GZIP):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise FormatError(f"{path}: {error}", remedy="compress the file again") from error
    return arpa.unpack(data, str(path))


def packed(model: NgramModel, path: Path) -> bytes:
    """A model as the name of a file asks: ``.arpa``, ``.arpa.gz``, else our own format."""
    name = path.name.lower()
    if name.endswith(".arpa"):
        return arpa.pack(model)
    if name.endswith(".arpa.gz"):
        return gzip.compress(arpa.pack(model), mtime=0)
    return native.pack(model)


def is_language_model(path: Path) -> bool:
    """Whether a file holds a language model of either format, judged by its beginning."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if head.startswith(_GZIP):
        with contextlib.suppress(OSError, EOFError), gzip.open(path) as inner:
            head = inner.read(64)
    return head.lstrip().startswith(arpa.MAGIC) or (head[8:9] == b"{" and native.MAGIC in head)
