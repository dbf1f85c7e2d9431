"""Line images that a table names: on disk beside it, or inside a zip beside it.

Members are read into memory and never unpacked, so none can land outside a folder.

Source: PKWARE APPNOTE 6.3.10, through the standard library's ``zipfile``.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from uncial.errors import FormatError
from uncial.formats.lines.base import MAX_IMAGE_BYTES, Fault, is_file, read_image


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
                return (*_read_member(archive, inner), f"{archive.filename}:{inner}")
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
                except (zipfile.BadZipFile, OSError) as error:
                    raise FormatError(
                        f"{path}: cannot be opened as a zip archive: {error}",
                        remedy="copy the archive again, or move it away from the table",
                    ) from error
                self._zips.append((archive, frozenset(archive.namelist())))
        return self._zips


def _read_member(archive: zipfile.ZipFile, name: str) -> tuple[bytes | None, tuple[Fault, ...]]:
    size = archive.getinfo(name).file_size
    if size > MAX_IMAGE_BYTES:
        return None, (Fault("decompression-bomb", f"unpacks to {size:,} bytes"),)
    try:
        return archive.read(name), ()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        return None, (Fault("unreadable-image", f"damaged in the archive: {error}"),)
    except (NotImplementedError, RuntimeError) as error:
        return None, (Fault("unreadable-image", f"{error}"),)
