"""Memory-mapped files whose pages do not stay part of the process.

Every page of a mapping that is looked at counts as memory of the process until the system
wants it back, and where the system keeps files in large pages, a glance at one number brings
two megabytes. A long training over a large store would seem to use all of it. Images are
therefore read from the file at the place where the mapping has them, and now and then the
mapping is told to let go of its pages; the system keeps them in its cache.
"""

from __future__ import annotations

import mmap
import os
import weakref
from pathlib import Path

import pyarrow as pa

_READS = 128  # buffers read between two times of letting go


class MappedPages:
    """Files that were mapped, and where.

    Safe to share between threads. Where the system has no positioned reads (Windows), bytes
    come from the mapping.
    """

    def __init__(self) -> None:
        self._places: list[tuple[int, int, int]] = []  # first address, behind the last, file
        self._maps: list[mmap.mmap] = []
        self._reads = 0

    def add(self, path: Path) -> pa.Buffer:
        """Map a file.

        Raises:
            OSError: It cannot be opened.
            ValueError: It is empty.
        """
        with path.open("rb") as opened:
            mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        buffer = pa.py_buffer(mapped)
        self._maps.append(mapped)
        if hasattr(os, "pread"):
            file = os.open(path, os.O_RDONLY)
            weakref.finalize(self, os.close, file)
            self._places.append((buffer.address, buffer.address + buffer.size, file))
        return buffer

    def read(self, buffer: pa.Buffer) -> bytes | memoryview:
        """The bytes of a buffer that lies in one of the mappings."""
        self._reads += 1
        if self._reads % _READS == 0:
            self.let_go()
        for start, end, file in self._places:
            if start <= buffer.address < end:
                return os.pread(file, buffer.size, buffer.address - start)
        return memoryview(buffer)

    def let_go(self) -> None:
        """Give the pages looked at so far back; they are mapped again when next needed."""
        if hasattr(mmap, "MADV_DONTNEED"):
            for mapped in self._maps:
                mapped.madvise(mmap.MADV_DONTNEED)
