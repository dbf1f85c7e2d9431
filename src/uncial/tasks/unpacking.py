"""Files that hold several pages, opened page by page: PDF, ZIP, METS, TIFF, IIIF manifests.

Not a verb of its own: the studio looks at such a file before it imports it, and imports it in
steps that may be interrupted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.page.layout import Page

if TYPE_CHECKING:
    from uncial.formats.pages.source import Scan

_HEAD = 4096
_TIFF = (b"II*\0", b"MM\0*")


@dataclass(frozen=True, kw_only=True)
class Inside:
    """One page of such a file.

    Attributes:
        number: From 1, in the order of the file.
        name: Of the page: its image's, its label's, or the file's with the number.
        width: Pixels; 0 where that is not known yet.
        height: Pixels; 0 where that is not known yet.
        lines: That come with it.
        texts: How many of them have text.
        image: Whether its image comes with it, too.
    """

    number: int
    name: str
    width: int = 0
    height: int = 0
    lines: int = 0
    texts: int = 0
    image: bool = True


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """One page, with the way to its image.

    Attributes:
        about: What it is.
        page: Layout and text; without lines where none come with it.
        scan: Opens the image.
    """

    about: Inside
    page: Page
    scan: Scan

    def encoded(self) -> bytes | None:
        """The bytes of an image file of this page alone; None where there is none.

        Raises:
            ImageError: It cannot be drawn.
        """
        data = self.scan.encoded()
        if data is None or data[:4] not in _TIFF:
            return data
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(self.scan.image()).save(file, "PNG")
        return file.getvalue()


def holds_pages(path: Path, name: str = "") -> str:
    """Whether it has several pages, as ``pdf``, ``zip``, ``mets`` or ``tiff``; else ``""``.

    Args:
        path: Of the file.
        name: What its owner calls it, where that is another name.
    """
    from uncial.formats.pages.archived import is_zip
    from uncial.formats.pages.mets import is_mets

    with path.open("rb") as file:
        head = file.read(_HEAD)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if is_zip(head) and not (name or path.name).lower().endswith((".docx", ".odt")):
        return "zip"
    if head[:4] in _TIFF:
        return "tiff" if _frames(path) > 1 else ""
    return "mets" if is_mets(head) else ""


def stands_alone(path: Path, name: str = "") -> bool:
    """Whether it is about itself only: no list and no METS file, which name other files.

    Args:
        path: Of the file.
        name: What its owner calls it, where that is another name.
    """
    from uncial.formats.pages.base import HEAD, format_of

    kind = holds_pages(path, name)
    if kind:
        return kind != "mets"
    with path.open("rb") as file:
        return format_of(file.read(HEAD)) is not None


def unpacked(path: Path, *, name: str = "", pages: str = "") -> Iterator[Unpacked]:
    """The pages of a file, in order, images opened only when they are asked for.

    Args:
        path: Of the file.
        name: What its owner calls it, where that is another name.
        pages: Which ones, from 1, such as ``1-5,8,20-``; all where it is empty.

    Raises:
        FormatError: It is damaged, or there is no page in it.
        ConfigError: The pages are written otherwise.
    """
    from uncial.errors import FormatError
    from uncial.formats.pages.source import open_pages, page_ranges

    wanted = page_ranges(pages)
    stem = Path(name or path.name).stem
    source, number = open_pages(path), 0
    for number, scan in enumerate(source, start=1):
        if wanted and not any(number in one for one in wanted):
            continue
        yield Unpacked(about=_about(number, scan, path, stem), page=scan.page, scan=scan)
    if not number:
        told = source.findings[0].detail if source.findings else "there is no page in it"
        raise FormatError(f"{name or path.name}: {told}", remedy="give a sound file")


def manifest_pages(url: str, *, pages: str = "") -> tuple[str, list[Inside]]:
    """Title and pages of a IIIF manifest; asks its server.

    Raises:
        InputError: It cannot be had.
        FormatError: It is no manifest.
        ConfigError: The pages are written otherwise than as ranges.
    """
    from uncial import web
    from uncial.formats.pages import iiif
    from uncial.formats.pages.source import page_ranges

    wanted = page_ranges(pages)
    manifest = iiif.read_manifest(web.fetch(url, iiif.MAX_MANIFEST), url)
    found = [
        Inside(number=number, name=one.label or str(number), width=one.width, height=one.height)
        for number, one in enumerate(manifest.canvases, start=1)
        if not wanted or any(number in some for some in wanted)
    ]
    return manifest.label, found


def _about(number: int, scan: Scan, path: Path, stem: str) -> Inside:
    page = scan.page
    lines = list(page.lines())
    own = Path(page.image or page.source).name if page.image != path.name else ""
    return Inside(
        number=number,
        name=own or f"{stem} {number:04}",
        width=page.width,
        height=page.height,
        lines=len(lines),
        texts=sum(line.text is not None for line in lines),
        image=scan.has_image,
    )


def _frames(path: Path) -> int:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return int(getattr(image, "n_frames", 1))
    except (OSError, SyntaxError, ValueError):
        return 1
