"""Line images that a table names: on disk beside it, or inside a zip beside it.

Members are read into memory and never unpacked, so none can land outside a folder.

Source: PKWARE APPNOTE 6.3.10, through the standard library's ``zipfile``.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.base import Fault, is_file, read_image

DAMAGE: Final = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, MemoryError),
)
"""What the readers of archives raise on damaged ones, and where a password is needed; memory runs
out where a header asks for more than the archive has."""
MAX_MEMBER: Final = 64 * 2**20
"""Bytes of an image in an archive; a line image has a hundredth of that."""


@dataclass
class ImagePlace:
    """Finds the image files that the rows of one table name.

    Attributes:
        folder: Folder of the table.
    """

    folder: Path
    _zips: list[tuple[zipfile.ZipFile, frozenset[str]]] | None = field(default=None, repr=False)

    def read(self, name: str) -> tuple[bytes | None, tuple[Fault, ...], str]:
        """Bytes of the image called `name`, faults, and where it was read from."""
        clean = name.strip().replace("\\", "/")
        if not clean:
            return None, (Fault("missing-image", "the row names no image"),), ""
        path = self.folder / clean
        if is_file(path):
            return (*read_image(path), str(path))
        inner = str(PurePosixPath(clean))
        for archive, members in self._archives():
            if inner in members:
                size = archive.getinfo(inner).file_size
                found = read_member(size, partial(archive.read, inner))
                return (*found, f"{archive.filename}:{inner}")
        return None, (Fault("missing-image", f"{clean} is not in {self.folder}"),), str(path)

    def close(self) -> None:
        """Close the zip files."""
        for archive, _ in self._zips or []:
            archive.close()
        self._zips = None

    def _archives(self) -> list[tuple[zipfile.ZipFile, frozenset[str]]]:
        if self._zips is None:
            self._zips = []
            for path in sorted(self.folder.glob("*.zip")):
                try:
                    archive = zipfile.ZipFile(path)
                except DAMAGE as error:
                    raise FormatError(
                        f"{path}: cannot be opened as a zip archive: {error}",
                        remedy="copy the archive again, or move it away from the table",
                    ) from error
                self._zips.append((archive, frozenset(archive.namelist())))
        return self._zips


def read_member(
    size: int, read: Callable[[], bytes], *, most: int = MAX_MEMBER, code: str = "unreadable-image"
) -> tuple[bytes | None, tuple[Fault, ...]]:
    """The bytes of a member, or why there are none.

    Args:
        size: Bytes, as the archive says.
        read: Gives them.
        most: Larger ones are not read at all.
        code: Of the fault where they are damaged.
    """
    if size > most:
        return None, (Fault("decompression-bomb", f"unpacks to {size:,} bytes"),)
    try:
        return read(), ()
    except DAMAGE as error:
        return None, (Fault(code, f"damaged in the archive: {error}"),)
