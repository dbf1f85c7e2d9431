"""Bytes of memory-mapped files, read without making their pages part of the process.

Every page of a mapping that is looked at counts as memory of the process until the system
wants it back; a long training over a large store would seem to use all of it. Images are
therefore read from the file at the place where the mapping has them.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import pyarrow as pa


class MappedPages:
    """Files that were mapped, and where.

    Safe to share between threads. Where the system has no positioned reads (Windows), bytes
    come from the mapping.
    """

    def __init__(self) -> None:
        self._places: list[tuple[int, int, int]] = []  # first address, behind the last, file

    def add(self, path: Path, mapped: pa.MemoryMappedFile) -> None:
        """Remember where `path` is mapped."""
        size = mapped.size()
        if size == 0 or not hasattr(os, "pread"):
            return
        mapped.seek(0)
        start = mapped.read_buffer(size).address
        file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, file)
        self._places.append((start, start + size, file))

    def read(self, buffer: pa.Buffer) -> bytes | memoryview:
        """The bytes of a buffer that lies in one of the mappings."""
        for start, end, file in self._places:
            if start <= buffer.address < end:
                return os.pread(file, buffer.size, buffer.address - start)
        return memoryview(buffer)
