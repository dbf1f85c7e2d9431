"""Zip and tar archives of lines: images with a text of the same name beside them, at any depth.

Names pair up as in folders (`uncial.formats.lines.pairs`). Members are read into memory one
after the other, in the order of the archive, and never unpacked, so none can land on the disk;
links and devices are no lines. Tar archives may be compressed with gzip, bzip2 or xz.

Source: PKWARE APPNOTE 6.3.10 and POSIX.1-2001 pax, through the standard library's ``zipfile`` and
``tarfile``.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.archives import DAMAGE, read_member
from uncial.formats.lines.base import GT_SUFFIX, Fault, FileLines, RawLine
from uncial.formats.lines.names import LineName, Origin
from uncial.formats.lines.pairs import LineFiles, line_files, several_images

_MAX_TEXT: Final = 1 << 20  # bytes of the text of one line
_GROWTH: Final = 100  # images hardly shrink; what grows further is no ground truth
_FREE: Final = 1 << 30  # bytes that any archive may unpack to


@dataclass(frozen=True)
class _Member:
    """A file in an archive.

    Attributes:
        name: Its path, without parts that lead out of the archive.
        size: Bytes.
        read: Gives them, while the archive stands here.
    """

    name: str
    size: int
    read: Callable[[], bytes]


class PackedReader(FileLines):
    """Lines of one archive."""

    def total(self) -> int | None:
        """Unknown before the archive was read."""
        return None

    def __iter__(self) -> Iterator[RawLine]:
        """Read line after line, those without an image last.

        Raises:
            FormatError: The archive is damaged, unpacks to far more than images do, or holds
                no text.
        """
        folders: dict[str, list[str]] = {}
        texts: dict[str, tuple[bytes | None, tuple[Fault, ...]]] = {}
        for member in _members(self.path):
            place = PurePosixPath(member.name)
            folders.setdefault(str(place.parent), []).append(place.name)
            if member.name.lower().endswith(GT_SUFFIX):
                texts[member.name] = read_member(
                    member.size, member.read, most=_MAX_TEXT, code="missing-text"
                )
        if not texts:
            raise FormatError(
                f"{self.path}: no {GT_SUFFIX} file in this archive",
                remedy=f"pack images with a {GT_SUFFIX} of the same name, or unpack it and name "
                "the folder",
            )
        waiting = dict(self._lines(folders))
        for member in _members(self.path):
            found = waiting.get(member.name)
            if found is not None and found[0].images:
                del waiting[member.name]
                image, faults = read_member(member.size, member.read)
                yield self._line(*found, texts, image, faults)
        for files, name, inside in waiting.values():
            yield self._line(files, name, inside, texts, None, ())

    def _lines(
        self, folders: dict[str, list[str]]
    ) -> Iterator[tuple[str, tuple[LineFiles, LineName, PurePosixPath]]]:
        """Each line by the name of its image, or of its text where it has none."""
        for folder, names in sorted(folders.items()):
            found = [files for files in line_files(names) if files.images or files.text]
            if not any(files.text for files in found):
                continue
            inside = PurePosixPath(folder)
            called = self.path.name.partition(".")[0] if folder == "." else folder
            origin = Origin.of_names(called, [files.stem for files in found])
            for files in found:
                name = LineName.of(self.root / folder, files.stem, root=self.root, origin=origin)
                key = files.images[0] if files.images else files.text
                yield str(inside / key), (files, name, inside)

    def _line(
        self,
        files: LineFiles,
        name: LineName,
        inside: PurePosixPath,
        texts: dict[str, tuple[bytes | None, tuple[Fault, ...]]],
        image: bytes | None,
        faults: tuple[Fault, ...],
    ) -> RawLine:
        text, more = texts[str(inside / files.text)] if files.text else (None, ())
        shown = inside / (files.images[0] if files.images else files.text)
        return name.line(
            source=f"{self.path}:{shown}",
            image=image,
            text=text,
            faults=(*faults, *several_images(files), *more),
        )


def _members(path: Path) -> Iterator[_Member]:
    """Every file of an archive that is not hidden, in the order of the archive."""
    allowed = _FREE + _GROWTH * path.stat().st_size
    try:
        for member in _zipped(path) if zipfile.is_zipfile(path) else _tarred(path):
            allowed -= member.size
            if allowed < 0:
                raise FormatError(
                    f"{path}: unpacks to over {_GROWTH} times its size",
                    remedy="unpack it by hand if you trust it, and name the folder",
                )
            parts = [part for part in PurePosixPath(member.name).parts if part not in ("/", "..")]
            if parts and not any(part.startswith((".", "__MACOSX")) for part in parts):
                yield _Member("/".join(parts), member.size, member.read)
    except DAMAGE as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: the archive is damaged: {error}", remedy="copy the archive again"
        ) from error


def _zipped(path: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield _Member(info.filename, info.file_size, partial(archive.read, info))


def _tarred(path: Path) -> Iterator[_Member]:
    with tarfile.open(path) as archive:
        for info in archive:
            if info.isfile() and not info.issparse():
                file = archive.extractfile(info)
                if file is not None:
                    yield _Member(info.name, info.size, file.read)


class Packed:
    """A zip or tar archive with images and texts."""

    def recognizes(self, path: Path) -> bool:
        """Whether the file is such an archive, by its first bytes."""
        try:
            return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))
        except DAMAGE:
            return False

    def open(self, path: Path) -> PackedReader:
        """A reader of the archive."""
        return PackedReader(path)


PACKED = Packed()
