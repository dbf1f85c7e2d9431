"""The action *archive*: a whole project in one file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass

from uncial.progress import Advanced
from uncial.studio.belongings import BELONGINGS, HEAD, VERSION, rows_of
from uncial.studio.context import Context
from uncial.studio.db.tables import Picture, Project
from uncial.studio.faults import NotFound


@dataclass(frozen=True, kw_only=True)
class ArchiveConfig:
    """Which project."""

    project: int


@dataclass(frozen=True, kw_only=True)
class ArchiveResult:
    """What was written.

    Attributes:
        images: In it.
        rows: Of all tables.
        megabytes: Of the file.
        file: Its address.
    """

    images: int
    rows: int
    megabytes: float
    file: str


def write_archive(context: Context, config: ArchiveConfig) -> ArchiveResult:
    """Write a project with its images, layouts, texts and their history to one ZIP file.

    All of it is of one moment: what is changed meanwhile is not in it.

    Raises:
        NotFound: The project is gone.
    """
    context.folder.mkdir(parents=True, exist_ok=True)
    target = context.folder / "export.zip"
    part = target.with_name(".export.zip.part")
    rows = 0
    with context.db.read() as session, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        project = session.get(Project, config.project)
        if project is None:
            raise NotFound("project")
        head = {"uncial": "project", "version": VERSION, "name": project.name}
        packed.writestr(HEAD, json.dumps(head, ensure_ascii=False))
        pictures: list[Picture] = []
        for belonging in BELONGINGS:
            context.reporter(Advanced(stage=f"write {belonging.name}", done=rows, unit="rows"))
            keys = (*(("id",) if belonging.has_id else ()), *belonging.columns)
            keys = (*keys, *belonging.names, *belonging.later)
            with packed.open(f"tables/{belonging.name}.jsonl", "w", force_zip64=True) as file:
                for row in session.scalars(rows_of(belonging, config.project).execution_options(
                    yield_per=500
                )):  # fmt: skip
                    record = {key: getattr(row, key) for key in keys}
                    file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
                    rows += 1
                    if isinstance(row, Picture):
                        pictures.append(row)
        for done, picture in enumerate(pictures):
            context.reporter(
                Advanced(stage="pack images", done=done, total=len(pictures), unit="images")
            )
            source = context.files.picture(picture.digest, picture.suffix)
            name = f"pictures/{picture.digest}{picture.suffix}"
            packed.write(source, name, zipfile.ZIP_STORED)
    part.replace(target)
    return ArchiveResult(
        images=len(pictures),
        rows=rows,
        megabytes=round(target.stat().st_size / 1e6, 1),
        file=f"/api/jobs/{context.job}/export.zip",
    )
