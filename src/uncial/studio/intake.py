"""Looking at files before they are imported: what each would become, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.errors import ImageError, InputError
from uncial.studio import pictures
from uncial.studio.db.tables import Page, Picture
from uncial.studio.files import Files, digest_of
from uncial.studio.settings import Settings

_IMAGE_NAMES = re.compile(r"\.(jpe?g|png|tiff?|webp|jp2|bmp|gif|p[bgpn]m)$", re.IGNORECASE)
_MOST = 20_000


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
        problem: Why it cannot be used; empty where it can.
    """

    name: str
    upload: str = ""
    path: str = ""
    width: int = 0
    height: int = 0
    known: bool = False
    problem: str = ""

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def natural(name: str) -> tuple[Any, ...]:
    """A sort key that puts ``page 9`` before ``page 10``."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def expanded(paths: Iterable[str]) -> list[Path]:
    """Images among files and folders of this machine, in natural order.

    Raises:
        InputError: One is missing, or there are too many.
    """
    images: list[Path] = []
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            inside = [p for p in path.iterdir() if p.is_file() and _IMAGE_NAMES.search(p.name)]
            images += sorted(inside, key=lambda p: natural(p.name))
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
    found = []
    for upload in map(files.upload, uploads):
        problem = "" if upload.whole else f"only {upload.received} of {upload.size} bytes came"
        found.append(
            _candidate(
                settings, upload.path, has, name=upload.name, upload=upload.id, problem=problem
            )
        )
    for path in paths:
        found.append(_candidate(settings, path, has, name=path.name, path=str(path)))
    return found


def _candidate(
    settings: Settings,
    file: Path,
    has: set[str],
    *,
    name: str,
    upload: str = "",
    path: str = "",
    problem: str = "",
) -> Candidate:
    if problem:
        return Candidate(name=name, upload=upload, path=path, problem=problem)
    try:
        facts = pictures.examine(file, name=name, max_pixels=settings.max_pixels)
    except ImageError as error:
        return Candidate(name=name, upload=upload, path=path, problem=error.problem)
    return Candidate(
        name=name,
        upload=upload,
        path=path,
        width=facts.width,
        height=facts.height,
        known=bool(has) and digest_of(file) in has,
    )
