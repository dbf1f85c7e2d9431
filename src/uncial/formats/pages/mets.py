"""METS → the files of its pages: for each page its PAGE or ALTO file, else its image.

Pages come in the order of the physical structure. Of several files for a page the first of
these counts: PAGE or ALTO from a group that is named as ground truth, from one named as full
text, from the last group; then the image of the first group.

Source: METS 1.12 (Library of Congress); OCR-D workspace conventions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import Element, child, children, local, parse, root_of
from uncial.formats.pages.places import is_page_image

_HREF = "{http://www.w3.org/1999/xlink}href"


def is_mets(head: bytes) -> bool:
    """Whether the root element is ``mets``."""
    return root_of(head)[0] == "mets"


def mets_files(path: Path) -> tuple[list[Path], list[PageFinding]]:
    """The files of the pages of a METS file, and what is not there.

    Args:
        path: Of the METS file; nothing outside its folder is looked at.

    Raises:
        FormatError: Not well-formed.
    """
    root = parse(path.read_bytes(), str(path))
    files = {
        one.get("ID") or "": (_group(one), href)
        for one in root.iter()
        if local(one) == "file" and (href := _href(one))
    }
    findings: list[PageFinding] = []
    found: list[Path] = []
    for names in _pages(root) or [[name] for name in files]:
        known = [files[name] for name in names if name in files]
        place = _chosen(known, path.parent)
        if place is not None:
            found.append(place)
        elif known:
            code = "remote-image" if all("://" in href for _, href in known) else "missing-image"
            findings.append(PageFinding(code=code, source=str(path), detail=known[0][1][:80]))
    return found, findings


def _pages(root: Element) -> list[list[str]]:
    """Ids of the files of each page, by the physical structure."""
    for structure in children(root, "structMap"):
        if structure.get("TYPE") != "PHYSICAL":
            continue
        pages = [one for one in structure.iter() if local(one) == "div" and children(one, "fptr")]
        return [
            [one.get("FILEID") or "" for one in children(page, "fptr")]
            for page in pages
            if (page.get("TYPE") or "page").lower() in ("page", "seite", "leaf")
        ]
    return []


def _group(element: Element) -> str:
    parent = element.getparent()
    return "" if parent is None else parent.get("USE") or parent.get("ID") or ""


def _href(element: Element) -> str:
    place = child(element, "FLocat")
    return "" if place is None else place.get(_HREF) or place.get("href") or ""


def _chosen(known: list[tuple[str, str]], folder: Path) -> Path | None:
    """The file to read for one page; None where none lies in the folder."""
    places = [(group.upper(), path) for group, href in known
              if (path := _local(href, folder)) is not None]  # fmt: skip
    texts = [(group, path) for group, path in places if path.suffix.lower() == ".xml"]
    for word in ("GT", "FULLTEXT", ""):
        named = [path for group, path in texts if word in group]
        if named:
            return named[-1]
    return next((path for _, path in places if is_page_image(path.name)), None)


def _local(href: str, folder: Path) -> Path | None:
    """A file in or below the folder."""
    parts = urlsplit(href)
    if parts.scheme not in ("", "file"):
        return None
    for name in _tried(unquote(parts.netloc + parts.path)):
        path = Path(os.path.normpath(folder.absolute() / name))
        if path.is_relative_to(folder.absolute()) and os.path.isfile(path):  # noqa: PTH113
            return path
    return None


def _tried(name: str) -> Iterator[str]:
    if "\0" not in name and len(name) < 4096:
        yield name.lstrip("/") if name.startswith("/") else name
        yield name
