"""The action *unarchive*: the file of a project becomes a project, beside all that are there.

Nothing in the file is trusted: every value must have the type of its column, every name of a row
must be of a row that came before, every image must have the hash that it is named by.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NotRequired

from pydantic import StringConstraints, TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from uncial.errors import FormatError
from uncial.progress import Advanced
from uncial.studio import access, ledger, pictures
from uncial.studio.belongings import BELONGINGS, HEAD, VERSION, Belonging
from uncial.studio.catalogue import STATUSES
from uncial.studio.context import Context
from uncial.studio.db.tables import Base, Dataset, Document, Picture, Segmentation
from uncial.studio.files import digest_of

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST_ROW: Final = 64 * 2**20  # bytes of a row
_MOST: Final = 64 * 2**30  # bytes of a file unpacked
_NUMBERS: Final = (int, float)


@dataclass(frozen=True, kw_only=True)
class UnarchiveConfig:
    """Which file."""

    upload: str = ""
    """Of a file that was sent."""
    path: str = ""
    """Of a file on this machine."""


@dataclass(frozen=True, kw_only=True)
class UnarchiveResult:
    """What came of it.

    Attributes:
        project: The new one.
        documents: In it.
        pages: In it.
        lines: With text.
    """

    project: int
    documents: int
    pages: int
    lines: int


def read_archive(context: Context, config: UnarchiveConfig) -> UnarchiveResult:
    """Make a project of a file that an archive job wrote; all of it or nothing.

    Raises:
        FormatError: The file is none, is of a later version, or damaged.
        InputError: The file is gone.
    """
    context.folder.mkdir(parents=True, exist_ok=True)
    file = context.files.upload(config.upload).path if config.upload else Path(config.path)
    try:
        with zipfile.ZipFile(file) as packed:
            _check_head(packed)
            found = _bring_pictures(context, packed)
            return _bring_rows(context, packed, found)
    except (zipfile.BadZipFile, OSError, KeyError, RuntimeError, NotImplementedError) as error:
        raise FormatError(
            f"no archive of a project: {error}", remedy="give a file that the studio archived"
        ) from error


def _check_head(packed: zipfile.ZipFile) -> None:
    infos = packed.infolist()
    if sum(info.file_size for info in infos) > _MOST or len(infos) > 1_000_000:
        raise FormatError("the archive is too large", remedy="split the project")
    with packed.open(HEAD) as file:
        head = _record(file.read(1 << 16))
    if head.get("uncial") != "project" or head.get("version") != VERSION:
        raise FormatError(
            "an archive of another kind or version", remedy="use a studio that is up to date"
        )


def _bring_pictures(context: Context, packed: zipfile.ZipFile) -> dict[str, pictures.Facts]:
    """Keep every image of the archive; what is known of it by its digest."""
    names = [name for name in packed.namelist() if name.startswith("pictures/")]
    found = {}
    part = context.folder / "picture"
    for done, name in enumerate(names):
        context.reporter(
            Advanced(stage="unpack images", done=done, total=len(names), unit="images")
        )
        digest = Path(name).stem
        if not _DIGEST.fullmatch(digest):
            raise FormatError(f"{name}: no name of an image", remedy="archive the project again")
        with packed.open(name) as source, part.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        if digest_of(part) != digest:
            raise FormatError(f"{name}: damaged", remedy="copy the archive again")
        facts = pictures.examine(part, name=name, max_pixels=context.settings.max_pixels)
        context.files.keep(part, context.files.picture(digest, facts.suffix))
        found[digest] = facts
    part.unlink(missing_ok=True)
    return found


def _bring_rows(
    context: Context, packed: zipfile.ZipFile, images: Mapping[str, pictures.Facts]
) -> UnarchiveResult:
    records = {one.name: list(_records(packed, f"tables/{one.name}.jsonl")) for one in BELONGINGS}
    named = {where for one in BELONGINGS for where in (*one.names.values(), *one.later.values())}
    ids: dict[str, dict[int, int]] = {one.name: {} for one in BELONGINGS}
    later: list[tuple[Base, str, str, int]] = []
    with context.db.write() as session:
        for belonging in BELONGINGS:
            name = belonging.name
            context.reporter(Advanced(stage=f"read {name}", done=0, total=len(records[name])))
            for record in records[name]:
                row = _row(belonging, record, ids)
                if isinstance(row, Picture):
                    row = _known_picture(session, row, images)
                session.add(row)
                later += [
                    (row, key, where, record[key])
                    for key, where in belonging.later.items()
                    if isinstance(record.get(key), int)
                ]
                if name in named:
                    session.flush()
                    ids[name][_integer(record, "id")] = row.id  # type: ignore[attr-defined]
        session.flush()
        for row, key, where, old in later:
            setattr(row, key, ids[where].get(old))
        projects = list(ids["projects"].values())
        if len(projects) != 1:
            raise FormatError("the archive holds no project", remedy="archive the project again")
        access.own(session, context.account, projects[0])
        _mend_datasets(session, projects[0], ids["pages"])
        documents = list(ids["documents"].values())
        jobs = [_pictures_job(session, context, projects[0], one) for one in documents]
    for job in jobs:
        context.ring("quick", job)
    return UnarchiveResult(
        project=projects[0],
        documents=len(documents),
        pages=len(records["pages"]),
        lines=len(records["readings"]),
    )


def _records(packed: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with packed.open(name) as file:
        while line := file.readline(_MOST_ROW):
            yield _record(line)


def _record(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise FormatError(f"a row is damaged: {error}", remedy="copy the archive again") from error
    if not isinstance(found, dict):
        raise FormatError("a row is damaged", remedy="copy the archive again")
    return found


def _row(belonging: Belonging, record: dict[str, Any], ids: dict[str, dict[int, int]]) -> Base:
    columns = belonging.table.__table__.columns
    values: dict[str, Any] = {}
    for key in belonging.columns:
        value, column = record.get(key), columns[key]
        if value is None and column.nullable:
            continue
        if not _fits(value, column.type.python_type):
            raise FormatError(
                f"{belonging.name}: {key} is {str(value)[:40]!r}", remedy="archive it again"
            )
        values[key] = value
    if values.get("status", "new") not in STATUSES:
        raise FormatError(f"{values['status']}: no such status", remedy="archive it again")
    if belonging.table is Segmentation:
        _check_layout(values["body"])
    for key, where in belonging.names.items():
        old = _integer(record, key)
        if old not in ids[where]:
            raise FormatError(
                f"{belonging.name}: {key} names no row of {where}", remedy="archive it again"
            )
        values[key] = ids[where][old]
    return belonging.table(**values)


class _Shape(TypedDict):
    """A line or region of a layout, as far as it must be sound."""

    id: Annotated[str, StringConstraints(pattern=r"^[\w.:-]{1,100}$")]
    boundary: list[tuple[float, float]]
    type: str
    baseline: NotRequired[list[tuple[float, float]]]
    region: NotRequired[str | None]
    direction: NotRequired[str]
    kind: NotRequired[str]
    parent: NotRequired[str | None]


_SHAPES: Final = TypeAdapter(list[_Shape])
_WHOLE: Final = ({"baseline", "region", "direction"}, {"kind", "parent"})


def _check_layout(body: object) -> None:
    """Refuse a layout that the studio could not show."""
    try:
        if not isinstance(body, dict):
            raise TypeError("it is no object")
        for key, needed in zip(("lines", "regions"), _WHOLE, strict=True):
            for shape in _SHAPES.validate_python(body[key]):
                if not needed <= shape.keys():
                    raise TypeError(f"of {key} something is missing")
    except (ValidationError, KeyError, TypeError) as error:
        raise FormatError(
            f"a layout is damaged: {str(error)[:200]}", remedy="archive the project again"
        ) from error


def _fits(value: object, kind: type) -> bool:
    if kind is dict:  # JSON columns hold lists, too
        return isinstance(value, dict | list)
    if kind is float:
        return isinstance(value, _NUMBERS) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    return isinstance(value, kind)


def _integer(record: dict[str, Any], key: str) -> int:
    value = record.get(key)
    if not isinstance(value, int):
        raise FormatError(f"a row has no {key}", remedy="archive it again")
    return value


def _known_picture(session: Session, row: Picture, images: Mapping[str, pictures.Facts]) -> Picture:
    """The row of an image: the one that is here, or a new one with what the file itself tells."""
    facts = images.get(row.digest)
    if facts is None:
        raise FormatError(f"the image {row.digest[:12]} is missing", remedy="archive it again")
    there = session.scalar(select(Picture).where(Picture.digest == row.digest))
    if there is not None:
        return there
    row.suffix, row.width, row.height = facts.suffix, facts.width, facts.height
    return row


def _mend_datasets(session: Session, project: int, pages: dict[int, int]) -> None:
    """Let datasets name the pages by their new ids."""
    for dataset in session.scalars(select(Dataset).where(Dataset.project_id == project)):
        body = dict(dataset.body)
        body["pages"] = [pages[one] for one in body.get("pages", ()) if one in pages]
        body["without"] = [
            f"{pages[int(page)]}:{line}"
            for page, _, line in (str(one).partition(":") for one in body.get("without", ()))
            if page.isdigit() and int(page) in pages
        ]
        dataset.body = body


def _pictures_job(session: Session, context: Context, project: int, document: int) -> str:
    name = session.get_one(Document, document).name
    ask = ledger.Ask(
        action="pictures",
        title=f"Thumbnails and tiles of {name}",
        config={"document": document},
        queue="quick",
        project=project,
        document=document,
        account=context.account,
    )
    return ledger.submit(session, ask)
