"""Pages with their images: from a file, a folder or a list, one at a time.

What is wrong with one page is a finding of that page and ends nothing. Images are opened when
they are asked for, so that thousands of pages take no memory.
"""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.errors import ConfigError, FormatError, ImageError
from uncial.formats.lines.cutting import PageImage
from uncial.formats.pages.archived import is_zip, unpack
from uncial.formats.pages.base import HEAD, format_of, read_file
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.mending import mend
from uncial.formats.pages.mets import is_mets, mets_files
from uncial.formats.pages.pdf import rendered
from uncial.formats.pages.places import ImageFinder, is_page_image
from uncial.page.geometry import scaled
from uncial.page.layout import Page

_SHAPE: Final = 0.01  # sides may differ by this share and be of the same image still
PageRanges = Sequence[range]
"""Numbers of pages."""
_WITH_LINES: Final = ("page", "alto")


@dataclass(frozen=True, kw_only=True, eq=False)
class Scan:
    """One page and the way to its image.

    Attributes:
        page: What is on it, fitted to the size of the image.
        path: Of the image; None where there is none.
        data: The image's bytes where it lies in no file of its own.
        findings: What was repaired or is amiss.
        origin: Where it came from; what that unpacked stays as long as one of its scans.
    """

    page: Page
    path: Path | None = None
    data: bytes | None = None
    findings: tuple[PageFinding, ...] = ()
    origin: PageSource | None = None

    @property
    def has_image(self) -> bool:
        """Whether there is an image to read."""
        return self.path is not None or self.data is not None

    def encoded(self) -> bytes | None:
        """The bytes of the image's file; None where there is none."""
        data = self.data
        if data is None and self.path is not None:
            try:
                data = self.path.read_bytes()
            except OSError:
                return None
        if data is not None and _is_pdf(data):
            return _jpeg(self.image())
        return data

    def image(self) -> NDArray[np.uint8]:
        """``(H, W)`` gray or ``(H, W, 3)`` RGB pixels, decoded anew each time.

        Raises:
            ImageError: There is none, or it cannot be read.
        """
        page = self.page
        where = page.source or page.image
        if not self.has_image:
            raise ImageError(
                f"{where}: the image {page.image or 'of the page'} was not found",
                remedy="put it beside the page file",
            )
        opened = PageImage(self.path or Path(page.image), self.data)
        if opened.data is not None and _is_pdf(opened.data):
            return rendered(opened.data, page.frame, where)
        header = opened.header_size(page.frame)
        upright = header == (page.width, page.height)
        pixels = opened.pixels(page.frame, upright=upright)
        if pixels is None:
            detail = opened.fault.detail if opened.fault else "no picture in it"
            raise ImageError(
                f"{where}: its image cannot be read: {detail}",
                remedy=opened.remedy,
            )
        return pixels


@dataclass
class PageSource:
    """Pages of files, folders and lists.

    Attributes:
        paths: Files of pages in the order in which they are read.
        root: Images are sought below it only.
        wanted: Which pages of a file that has several, from 1; empty takes all.
        noted: Findings about what they were taken from, e.g. members of an archive.
        findings: About files that gave no page; complete once iteration has ended.
    """

    paths: tuple[Path, ...]
    root: Path
    wanted: PageRanges = ()
    noted: tuple[PageFinding, ...] = ()
    findings: list[PageFinding] = field(default_factory=list)

    def __len__(self) -> int:
        """Number of files; some hold several pages."""
        return len(self.paths)

    def __iter__(self) -> Iterator[Scan]:
        """Read every page."""
        self.findings[:] = self.noted
        finder = ImageFinder(self.root)
        used: set[tuple[Path, int]] = set()
        for path in self.paths:
            if (path, 0) in used:  # a picture that a page file before was about
                continue
            try:
                found = read_file(path)
            except FormatError as error:
                self.findings.append(
                    PageFinding(code="unreadable", source=str(path), detail=error.problem)
                )
                continue
            several = len(found.pages) > 1
            for number, page in enumerate(found.pages, start=1):
                if several and self.wanted and not any(number in one for one in self.wanted):
                    continue
                own = tuple(one for one in found.findings if one.source == page.source)
                if several:
                    own = own if page is found.pages[0] else ()
                scan = _fitted(page, path, finder, own)
                if scan.path is not None:
                    if (scan.path, page.frame) in used:
                        self.findings.append(
                            PageFinding(code="same-image", source=str(path), detail=page.image)
                        )
                        continue
                    used.add((scan.path, page.frame))
                yield replace(scan, origin=self)


def page_ranges(text: str) -> PageRanges:
    """Ranges of pages as people write them: ``1-5,8,20-`` are 1 to 5, 8, and all from 20.

    Raises:
        ConfigError: It is written otherwise.
    """
    found = []
    for part in filter(None, text.replace(" ", "").split(",")):
        first, dash, last = part.partition("-")
        numbers = [one for one in (first, last) if one]
        if not numbers or not all(one.isdecimal() and 0 < int(one) < 10**7 for one in numbers):
            raise ConfigError(
                f"{text!r} names no pages", remedy="write numbers and ranges, such as 1-5,8,20-"
            )
        begin = int(first or 1)
        found.append(range(begin, (int(last) if last else 10**7 if dash else begin) + 1))
    return tuple(found)


def open_pages(path: Path, *, images: bool = True, wanted: PageRanges = ()) -> PageSource:
    """The pages of a file, of a folder and those below it, or that a list names.

    Args:
        path: A file of any page format, a METS file, a folder or ZIP archive of such files, or a
            list of them or their stems.
        images: Take pictures that no page file is about as empty pages.
        wanted: Which pages of a file that has several, from 1; empty takes all.

    Raises:
        FormatError: There is nothing at `path`, or no page in it.
    """
    if not path.exists():
        raise FormatError(f"{path}: no such file or folder", remedy="check the path")
    noted: list[PageFinding] = []
    unpacked: Path | None = None
    if not path.is_dir() and is_zip(_head(path)):
        unpacked, noted = unpack(path)
        path = _mets_in(unpacked) or unpacked  # which tells the order
    if path.is_dir():
        found, root = _in_folder(path, images=images), path
    elif is_mets(_head(path)):
        found, more = mets_files(path)
        root, noted = path.parent, noted + more
    else:
        root = path.parent
        found = [path] if _kind(path) else _listed(path)
        if root.name.lower() in ("page", "alto") and found:
            root = root.parent
    if not found:
        if unpacked is not None:
            shutil.rmtree(unpacked, ignore_errors=True)
        raise FormatError(
            f"{path}: no page found here",
            remedy="give a file, folder or list of PAGE, ALTO or images",
        )
    source = PageSource(paths=tuple(found), root=root, wanted=wanted, noted=tuple(noted))
    if unpacked is not None:
        weakref.finalize(source, shutil.rmtree, unpacked, ignore_errors=True)
    return source


def page_files(folder: Path) -> Iterator[Path]:
    """Files of pages in a folder and below it, plain images left aside, sorted."""
    for path in _files(folder):
        if path.suffix.lower() == ".xml" and _kind(path) in _WITH_LINES:
            yield path


def _mets_in(folder: Path) -> Path | None:
    """The one METS file of an unpacked archive, where its pages are there, too."""
    xml = (path for path in _files(folder) if path.suffix.lower() == ".xml")
    found = [path for path in xml if is_mets(_head(path))]
    return found[0] if len(found) == 1 and mets_files(found[0])[0] else None


def _in_folder(folder: Path, *, images: bool) -> list[Path]:
    files = list(_files(folder))
    kinds = {path: _kind(path) for path in files if not is_page_image(path.name)}
    pages = [path for path in files if kinds.get(path)]
    if not images:
        return pages
    about = {path.stem.lower() for path in pages}
    bare = [
        path
        for path in files
        if is_page_image(path.name) and not _is_taken(path, about) and _kind(path)
    ]
    return [*pages, *bare]


def _is_taken(image: Path, about: set[str]) -> bool:
    """Whether a page file, in whatever folder, has the image's stem."""
    return bool({image.name.lower().partition(".")[0], image.stem.lower()} & about)


def _files(folder: Path) -> Iterator[Path]:
    for at, inner, names in os.walk(folder):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(at, name) for name in sorted(names) if not name.startswith("."))


def _kind(path: Path) -> str | None:
    """The format of a file by its content."""
    return format_of(_head(path))


def _head(path: Path) -> bytes:
    """The beginning of a file; nothing of one that cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _listed(path: Path) -> list[Path]:
    """The files that a list names, by path or stem."""
    try:
        entries = path.read_bytes().decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = (_entry(path.parent, entry.strip()) for entry in entries if entry.strip())
    return [one for one in found if one is not None]


def _entry(folder: Path, entry: str) -> Path | None:
    named = folder / entry.replace("\\", "/")
    tried: Iterable[Path] = (named, named.with_name(f"{named.name}.xml")) if named.name else ()
    for path in tried:
        if os.path.isfile(path) and _kind(path):  # noqa: PTH113 - names may be over-long
            return path
    return None


def _fitted(page: Page, path: Path, finder: ImageFinder, findings: tuple[PageFinding, ...]) -> Scan:
    """A page on its image: size filled in or coordinates scaled where they must be."""
    found = [*findings]
    if path.name == page.image:  # a picture or PDF is its own image
        return Scan(page=page, path=path, findings=findings)
    place = finder.find(page.image, path)

    def note(code: str, detail: str = "") -> None:
        found.append(PageFinding(code=code, source=page.source, detail=detail))

    for code in place.codes:
        note(code, page.image)
    if place.path is None:
        note("missing-image", page.image)
        if not (page.width and page.height):
            note("size-unknown")
        return Scan(page=page, findings=tuple(found))
    image = PageImage(place.path)
    size = image.header_size(page.frame)
    if size is None:
        note("unreadable-image", image.fault.detail if image.fault else place.path.name)
        return Scan(page=page, findings=tuple(found))
    fitted = _sized(page, size, note)
    if fitted is not page:
        fitted, more = mend(fitted)
        found += more
    return Scan(page=fitted, path=place.path, findings=tuple(found))


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    return bytes(cv2.imencode(".jpg", ordered)[1].tobytes())


def _is_pdf(data: bytes) -> bool:
    return b"%PDF-" in data[:1024]


def _sized(page: Page, size: tuple[int, int], note: Callable[[str, str], None]) -> Page:
    """The page at the size of its image, where that can be told."""
    width, height = size
    if (page.width, page.height) in (size, size[::-1]) and min(size):
        # An image that Exif turns may have been annotated as it was stored.
        return page
    if not (page.width and page.height):
        note("size-missing", f"{width} × {height} px")
        return replace(page, width=width, height=height)
    seen = f"{page.width} × {page.height} px, image {width} × {height} px"
    if abs(page.width * height - page.height * width) <= _SHAPE * page.width * height:
        note("size-scaled", seen)
        return scaled(page, width, height)
    note("size-differs", seen)
    return replace(page, width=width, height=height)
