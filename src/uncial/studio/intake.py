"""Looking at files before they are imported: what each would become, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.errors import ImageError, InputError, UncialError
from uncial.studio import pictures
from uncial.studio.db.tables import Page, Picture
from uncial.studio.files import Files, digest_of
from uncial.studio.matching import pages_by_stem, stem
from uncial.studio.settings import Settings
from uncial.tasks.base import TASKS, as_json, resolve
from uncial.tasks.unpacking import holds_pages, manifest_pages, unpacked

_IMAGE_NAMES = re.compile(r"\.(jpe?g|png|tiff?|webp|jp2|bmp|gif|p[bgpn]m)$", re.IGNORECASE)
_PAGE_NAMES = re.compile(r"\.(xml|hocr|html?|json)$", re.IGNORECASE)
_BUNDLE_NAMES = re.compile(r"\.(pdf|zip|tiff?|xml)$", re.IGNORECASE)
_MOST = 20_000
_SHOWN = 2000  # pages of a bundle that a preview lists


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One file and what it would become.

    Attributes:
        name: Of the page.
        upload: Where it was sent to; empty for a path.
        path: Where it lies on this machine; empty for an upload.
        width: Pixels; 0 where it cannot be used.
        height: Pixels; 0 where it cannot be used.
        known: Whether the document has this image already.
        kind: ``image``, ``pages`` for a file with layout and text, ``bundle`` for one that holds
            several pages, ``iiif`` for a manifest.
        url: Of a manifest.
        lines: Of a page file.
        texts: How many of them have text.
        match: Page that a page file is about; empty where there is none.
        count: Pages of a bundle or manifest.
        inside: What these become, the first of them.
        problem: Why it cannot be used; empty where it can.
    """

    name: str
    upload: str = ""
    path: str = ""
    width: int = 0
    height: int = 0
    known: bool = False
    url: str = ""
    kind: str = "image"
    lines: int = 0
    texts: int = 0
    match: str = ""
    count: int = 0
    inside: tuple[dict[str, Any], ...] = field(default=())
    problem: str = ""

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def natural(name: str) -> tuple[Any, ...]:
    """A sort key that puts ``page 9`` before ``page 10``."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def expanded(paths: Iterable[str]) -> list[Path]:
    """Images and page files among files and folders of this machine, in natural order.

    Raises:
        InputError: One is missing, or there are too many.
    """
    images: list[Path] = []
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            files = [p for p in path.iterdir() if p.is_file() and _wanted(p.name)]
            volume = [p for p in files if p.suffix == ".xml" and holds_pages(p) == "mets"]
            files = volume or files  # it names the others
            images += sorted(files, key=lambda p: (not _is_image(p.name), natural(p.name)))
        elif path.is_file():
            images.append(path)
        else:
            raise InputError(f"{given}: no such file or folder", remedy="correct the path")
    if len(images) > _MOST:
        raise InputError(
            f"{len(images)} images at once are more than {_MOST}", remedy="import them in parts"
        )
    return images


def looked_at(
    settings: Settings,
    files: Files,
    session: Session,
    document: int,
    *,
    uploads: Sequence[str] = (),
    paths: Sequence[Path] = (),
) -> list[Candidate]:
    """What the files would become, in the order in which they would be imported.

    Only the heads of files are read; whether the document has an image already is told by its
    content, for uploads that are at most as many as a person drops.
    """
    query = (
        select(Picture.digest)
        .join(Page)
        .where(Page.document_id == document, Page.deleted.is_(None))
    )
    has = set(session.scalars(query))
    stems = set(pages_by_stem(session, document))
    sent = [files.upload(upload) for upload in uploads]
    given = [(one.name, one.path, one.id, "") for one in sent]
    given += [(path.name, path, "", str(path)) for path in paths]
    half = {one.id: one for one in sent if not one.whole}
    stems |= {stem(name) for name, *_ in given if not _PAGE_NAMES.search(name)}
    found = []
    for name, file, upload, place in given:
        about = Candidate(name=name, upload=upload, path=place)
        if upload in half:
            came = f"only {half[upload].received} of {half[upload].size} bytes came"
            found.append(replace(about, problem=came))
        elif _BUNDLE_NAMES.search(name) and (kind := holds_pages(file, name)):
            found.append(_bundle(about, file, kind, stems))
        elif _PAGE_NAMES.search(name):
            found.append(_page_file(about, file, stems))
        else:
            found.append(_image(about, file, has, settings.max_pixels))
    return found


def manifest(url: str) -> Candidate:
    """What a IIIF manifest would become; its server is asked for it."""
    about = Candidate(name=url, url=url, kind="iiif")
    try:
        title, pages = manifest_pages(url)
    except UncialError as error:
        return replace(about, problem=error.problem)
    inside = tuple(asdict(one) for one in pages[:_SHOWN])
    return replace(about, name=title or url, count=len(pages), inside=inside)


def _bundle(about: Candidate, file: Path, kind: str, stems: set[str]) -> Candidate:
    about = replace(about, kind="bundle")
    if kind == "mets" and about.upload:
        problem = "a METS file names others beside it: give a ZIP of the folder, or its path"
        return replace(about, problem=problem)
    try:
        pages = [one.about for one in unpacked(file, name=about.name)]
    except UncialError as error:
        return replace(about, problem=error.problem)
    rows = [asdict(one) | {"match": one.image or stem(one.name) in stems} for one in pages]
    return replace(
        about,
        count=len(pages),
        lines=sum(one.lines for one in pages),
        texts=sum(one.texts for one in pages),
        inside=tuple(rows[:_SHOWN]),
    )


def _image(about: Candidate, file: Path, has: set[str], max_pixels: int) -> Candidate:
    try:
        facts = pictures.examine(file, name=about.name, max_pixels=max_pixels)
    except ImageError as error:
        return replace(about, problem=error.problem)
    known = bool(has) and digest_of(file) in has
    return replace(about, width=facts.width, height=facts.height, known=known)


def _page_file(about: Candidate, file: Path, stems: set[str]) -> Candidate:
    """What a page file holds, told by the task *inspect*."""
    about = replace(about, kind="pages")
    config, run = TASKS["inspect"].load()
    try:
        told = as_json(run(resolve(config, {"file": file})))
    except UncialError as error:
        return replace(about, problem=error.problem)
    if told["kind"] != "pages":
        return replace(about, problem=f"this is a {told['kind']}")
    facts = told["facts"]
    names = [about.name, *(str(one).rpartition(": ")[0] for one in facts.get("first", ()))]
    match = next((name for name in names if stem(name) in stems), "")
    lines, texts = facts.get("lines", 0), facts.get("lines with text", 0)
    return replace(about, lines=lines, texts=texts, match=match)


def _wanted(name: str) -> bool:
    return _is_image(name) or name.lower().endswith((".xml", ".hocr", ".pdf", ".zip"))


def _is_image(name: str) -> bool:
    return bool(_IMAGE_NAMES.search(name))
