"""Folders of line images with a ``.gt.txt`` file beside each, at any depth.

``p1_l2.png`` belongs to ``p1_l2.gt.txt``; so do ``p1_l2.nrm.png``, ``p1_l2.bin.png`` and every
other suffix in `base.IMAGE_SUFFIXES`.

Where a line comes from is guessed from its name, in this order:

1. ``<page>_line_7``, ``<page>_r1l7``, ``<page>_l07``, ``<page>_tl_7``: the page is what precedes,
   the document is the folder.
2. The name without its last ``_token`` is the document, where most names of the folder share
   theirs with another line (``1829_reise_7d514cad``).
3. The document is the folder.

Source: tesstrain ``README.md`` (ground truth), OCR-D GT guidelines, ocropus ``ocrolib/common.py``
(``.bin.png``, ``.nrm.png``), kraken ``ketos train`` (path format).
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from uncial.formats.lines.base import (
    GT_SUFFIX,
    IMAGE_SUFFIXES,
    Fault,
    RawLine,
    Remark,
    is_image_name,
    read_image,
    stem_path,
    strip_suffix,
)

_LINE_TAIL = re.compile(
    r"(?P<page>.+?)[_.-](?:(?:text)?line|tl|r\d+[_-]?l|region_?\d+_line|l)[_-]?\d+(?:[_.-]\d+)*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of one line; at least one of `images` and `text` is there."""

    stem: str
    images: tuple[str, ...]
    text: str


@dataclass
class PairReader:
    """Lines of a folder and the folders below it.

    Attributes:
        root: The folder.
        remarks: Folders with images but not one text.
    """

    root: Path
    remarks: list[Remark] = field(default_factory=list)

    def total(self) -> int | None:
        """Number of names that have an image or a text, in folders with texts."""
        return sum(len(_pairs(names)) for _, names in _folders(self.root) if _has_text(names))

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line, folders and names in sorted order."""
        self.remarks.clear()
        for folder, names in _folders(self.root):
            if not _has_text(names):
                images = sum(map(is_image_name, names))
                if images:
                    self.remarks.append(
                        Remark("folder-passed-over", str(folder), f"{images} images")
                    )
                continue
            pairs = _pairs(names)
            origin = Origin.of_names(self._folder_name(folder), [pair.stem for pair in pairs])
            for pair in pairs:
                yield read_pair(folder, pair, root=self.root, origin=origin)

    def _folder_name(self, folder: Path) -> str:
        inner = folder.relative_to(self.root).as_posix()
        return Path(os.path.abspath(self.root)).name if inner == "." else inner  # noqa: PTH100


@dataclass(frozen=True)
class Origin:
    """How names of one folder tell page and document; see the module.

    Attributes:
        folder: Name to fall back on.
        by_prefix: Whether rule 2 holds in this folder.
    """

    folder: str
    by_prefix: bool = False

    @classmethod
    def of_names(cls, folder: str, stems: Iterable[str]) -> Origin:
        """Decide by all `stems` of a folder."""
        prefixes = Counter(stem.rpartition("_")[0] for stem in stems)
        lines = prefixes.total()
        shared = sum(count for prefix, count in prefixes.items() if prefix and count > 1)
        return cls(folder, by_prefix=len(prefixes) > 1 and 2 * shared >= lines)

    def guess(self, stem: str) -> tuple[str, str]:
        """Page and document of a line."""
        match = _LINE_TAIL.fullmatch(stem)
        if match:
            return match["page"], self.folder
        prefix = stem.rpartition("_")[0]
        return "", prefix if self.by_prefix and prefix else self.folder


def read_pair(folder: Path, pair: Pair, *, root: Path, origin: Origin) -> RawLine:
    """Read the files of one line."""
    faults: tuple[Fault, ...] = ()
    image, text = None, None
    if pair.images:
        image, faults = read_image(folder / pair.images[0])
        if len(pair.images) > 1:
            faults += (Fault("several-images", f"{pair.images[0]} of {', '.join(pair.images)}"),)
    if pair.text:
        try:
            text = (folder / pair.text).read_bytes()
        except OSError as error:
            faults += (Fault("missing-text", f"{pair.text}: {error.strerror}"),)
    page, document = origin.guess(pair.stem)
    inner = folder.relative_to(root) if folder.is_relative_to(root) else folder
    return RawLine(
        line_id=(inner / pair.stem).as_posix(),
        path=stem_path(folder / (pair.stem + GT_SUFFIX)),
        source=str(folder / (pair.images[0] if pair.images else pair.text)),
        image=image,
        text=text,
        page=page,
        document=document,
        faults=faults,
    )


def _folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders below `root` that hold files, hidden ones left aside, sorted."""
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        shown = sorted(name for name in names if not name.startswith("."))
        if shown:
            yield Path(folder), shown


def _has_text(names: Iterable[str]) -> bool:
    return any(name.lower().endswith(GT_SUFFIX) for name in names)


def _pairs(names: Iterable[str]) -> list[Pair]:
    """The lines among the file names of one folder, sorted by stem."""
    texts: dict[str, str] = {}
    images: dict[str, list[str]] = {}
    for name in names:
        if name.lower().endswith(GT_SUFFIX):
            texts[strip_suffix(name)] = name
        elif is_image_name(name):
            images.setdefault(strip_suffix(name), []).append(name)
    return [
        Pair(stem, tuple(sorted(images.get(stem, ()), key=_preference)), texts.get(stem, ""))
        for stem in sorted(texts.keys() | images.keys())
    ]


def _preference(name: str) -> tuple[int, str]:
    suffix = name[len(strip_suffix(name)) :].lower()
    return IMAGE_SUFFIXES.index(suffix), name


class Pairs:
    """Folders with at least one ``.gt.txt`` in or below them."""

    def recognizes(self, path: Path) -> bool:
        """Whether there is a ``.gt.txt``."""
        return path.is_dir() and any(_has_text(names) for _, names in _folders(path))

    def open(self, path: Path) -> PairReader:
        """A reader of the folder."""
        return PairReader(path)


PAIRS = Pairs()
