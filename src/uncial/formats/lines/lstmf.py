"""Training samples of Tesseract (``.lstmf``) as lines: what ``tesseract … lstm.train`` writes.

A file holds one line or all lines of a page. Their text stands as it is seen, left to right; here
it comes in the order in which it was typed, like all ground truth. Names of lines:
``folder/stem`` where the file holds one, ``folder/stem#7`` where it holds several.

Source: `uncial.formats.tesseract.lstmf`; tesseract 5.x ``src/ccstruct/imagedata.cpp``.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.base import Fault, FileLines, RawLine
from uncial.formats.lines.names import LineName, Origin
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.lstmf import Sample
from uncial.text.order import logical_order

SAMPLES_SUFFIX: Final = ".lstmf"


def read_samples(path: Path, name: LineName) -> Iterator[RawLine]:
    """The lines of one file; damage costs those behind it, and is a line with a fault.

    Args:
        path: The file.
        name: What the line is called if it is the only one.
    """
    try:
        data = _bytes(path)
    except OSError as error:
        yield _unreadable(path, name, f"{path.name}: {error.strerror}")
        return
    expected = lstmf.count(bytes(data[:4]), len(data))
    read = 0
    try:
        for sample in lstmf.scan(data, path.name):
            read += 1
            own = name if expected == 1 else name.numbered(read)
            if sample is None:
                yield _unreadable(path, own, f"{path.name}: line {read} is missing in it")
            else:
                yield _line(path, own, sample, read if expected > 1 else 0)
    except FormatError as error:
        kept = f", after {read} of {expected} lines" if read else ""
        yield _unreadable(path, name, f"{error.problem}{kept}")
        return
    if not expected:
        fault = Fault("no-text-line", f"{path.name} holds 0 lines")
        yield name.line(source=str(path), image=None, text=None, faults=(fault,))


def sample_count(path: Path) -> int:
    """How many lines `read_samples` will find, by the head of the file."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
        size = path.stat().st_size
    except OSError:
        return 1
    announced = lstmf.count(head, size)
    return announced if len(head) == 4 and 0 < announced <= size else 1


class SamplesReader(FileLines):
    """Lines of a single file."""

    def total(self) -> int | None:
        """Number of lines."""
        return sample_count(self.path)

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line."""
        stem = self.path.name[: -len(SAMPLES_SUFFIX)]
        origin = Origin(self.root.absolute().name)
        name = LineName.of(self.root, stem, root=self.root, origin=origin)
        return read_samples(self.path, name)


class Samples:
    """A ``.lstmf`` file; folders of them are read as folders of pairs are."""

    def recognizes(self, path: Path) -> bool:
        """Whether the suffix is ``.lstmf``."""
        return path.name.lower().endswith(SAMPLES_SUFFIX) and path.is_file()

    def open(self, path: Path) -> SamplesReader:
        """A reader of the file."""
        return SamplesReader(path)


SAMPLES = Samples()


def _bytes(path: Path) -> memoryview:
    """The bytes of a file, on disk until they are needed."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _line(path: Path, name: LineName, sample: Sample, number: int) -> RawLine:
    return name.line(
        source=f"{path}: line {number}" if number else str(path),
        image=sample.image,
        text=logical_order(sample.text),
    )


def _unreadable(path: Path, name: LineName, detail: str) -> RawLine:
    fault = Fault("unreadable-lstmf", detail)
    return name.line(source=str(path), image=None, text=None, faults=(fault,))
