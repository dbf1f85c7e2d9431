"""ZIP archives of page files and images, unpacked into a folder that goes away again.

Members keep their place below that folder; a name that leads out of it, a link, a member of a
kind that is none of ours and one that is too large are passed over and listed.

Source: PKWARE APPNOTE 6.3.10, through the standard library's ``zipfile``.
"""

from __future__ import annotations

import shutil
import stat
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.archives import DAMAGE
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.places import is_page_image

MAX_MEMBERS: Final = 100_000
MAX_MEMBER: Final = 256 * 2**20
"""Bytes of one member."""
MAX_TOTAL: Final = 16 * 2**30
"""Bytes of all."""
MAX_RATIO: Final = 200
"""Unpacked by packed bytes, of members over a megabyte."""
_SUFFIXES: Final = (".xml", ".pdf", ".hocr", ".html", ".json", ".tei", ".txt")


def is_zip(head: bytes) -> bool:
    """Whether bytes begin as an archive does."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def unpack(path: Path) -> tuple[Path, list[PageFinding]]:
    """A new folder with the pages and images of an archive, and what was passed over.

    The caller removes the folder.

    Raises:
        FormatError: Damaged as a whole, or too much in it.
    """
    folder = Path(tempfile.mkdtemp(prefix="uncial-pages-"))
    try:
        with zipfile.ZipFile(path) as archive:
            return folder, _members(archive, folder, path)
    except DAMAGE as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: cannot be opened as a zip archive: {error}", remedy="copy the archive again"
        ) from error


def _members(archive: zipfile.ZipFile, folder: Path, path: Path) -> list[PageFinding]:
    """Unpack what may be unpacked."""
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MAX_MEMBERS or total > MAX_TOTAL:
        raise FormatError(
            f"{path}: {len(infos):,} members of {total:,} bytes are more than we unpack",
            remedy="unpack it yourself and give the folder",
        )
    findings = []
    for info in infos:
        name = PurePosixPath(info.filename.replace("\\", "/"))
        if info.is_dir() or name.name.startswith("."):
            continue
        why = _refused(info, name)
        if not why:
            try:
                _write(archive, info, folder / name)
                continue
            except DAMAGE as error:
                why = f"damaged: {error}"
        detail = f"{info.filename[:80]}: {why}"
        findings.append(PageFinding(code="skipped-member", source=str(path), detail=detail))
    return findings


def _refused(info: zipfile.ZipInfo, name: PurePosixPath) -> str:
    """Why a member is not unpacked; ``""`` where it is."""
    if ".." in name.parts or name.is_absolute() or ":" in name.parts[0] or "\0" in info.filename:
        return "its name leads out of the archive"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link"
    if info.flag_bits & 1:
        return "it needs a password"
    if info.file_size > MAX_MEMBER:
        return f"it unpacks to {info.file_size:,} bytes"
    if info.file_size > 2**20 and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"it unpacks to {info.file_size // max(1, info.compress_size):,} times its size"
    if not (is_page_image(name.name) or name.suffix.lower() in _SUFFIXES):
        return "it is neither page nor image"
    return ""


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    left = info.file_size
    with archive.open(info) as packed, target.open("wb") as file:
        while block := packed.read(min(1 << 20, left + 1)):
            left -= len(block)
            if left < 0:
                raise OSError("more in it than it says")
            file.write(block)
