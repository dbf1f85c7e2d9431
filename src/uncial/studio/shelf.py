"""Models: kept by content, described by the task *inspect*, never unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.errors import FormatError
from uncial.studio.db.database import Database
from uncial.studio.db.people import ModelShare
from uncial.studio.db.tables import Model
from uncial.studio.faults import NotFound
from uncial.studio.files import Files, digest_of, plain_name
from uncial.tasks.base import TASKS, as_json, resolve
from uncial.tasks.segmodels import is_segmenter

SUFFIXES: Final = (".safetensors", ".traineddata", ".mlmodel", ".onnx")
"""Files that are taken for models; what they are is told by their content."""


def add(
    db: Database,
    files: Files,
    source: Path,
    *,
    name: str,
    origin: str,
    owner: int | None = None,
    project: int | None = None,
    job: str | None = None,
) -> int:
    """Keep a model file; its id, the old one where its owner has the same file already.

    Args:
        db: Of the studio.
        files: Of the studio.
        source: The file.
        name: For people.
        origin: ``uploaded``, ``trained`` or ``shipped``.
        owner: Account; None in local mode.
        project: Whose people may use it; None for its owner alone.
        job: That made it.

    Raises:
        FormatError: It is no model, or of a kind that is not read.
    """
    suffix = next((one for one in SUFFIXES if name.lower().endswith(one)), source.suffix.lower())
    if suffix not in SUFFIXES:
        raise FormatError(
            f"{name}: not a kind of model that is read here",
            remedy=f"give a file that ends in {', '.join(SUFFIXES)}",
        )
    digest = digest_of(source)
    kept = files.model(digest, suffix)
    files.keep(source, kept)
    finds_lines = is_segmenter(kept)
    facts = {} if finds_lines else _facts(kept, name)
    with db.write() as session:
        known = session.scalar(
            select(Model).where(Model.digest == digest, Model.owner_id.is_not_distinct_from(owner))
        )
        if known is None:
            known = Model(
                name=plain_name(name).removesuffix(suffix),
                kind="segmentation" if finds_lines else "recognition",
                origin=origin,
                owner_id=owner,
                digest=digest,
                suffix=suffix,
                size=kept.stat().st_size,
                facts=facts,
                job_id=job,
            )
            session.add(known)
            session.flush()
        known.deleted = None
        if owner is not None and project is not None:
            share(session, known.id, project)
        return known.id


def share(session: Session, model: int, project: int) -> None:
    """Let the people of a project use a model."""
    if session.get(ModelShare, (model, project)) is None:
        session.add(ModelShare(model_id=model, project_id=project))


def path_of(session: Session, files: Files, ident: int) -> Path:
    """Where a model's file lies.

    Raises:
        NotFound: There is no such model.
    """
    return files.model(*_digest(found(session, ident)))


def found(session: Session, ident: int) -> Model:
    """A model that is not in the bin.

    Raises:
        NotFound: There is none.
    """
    model = session.get(Model, ident)
    if model is None or model.deleted is not None:
        raise NotFound("model")
    return model


def listed(session: Session, kind: str = "") -> list[Model]:
    """All models, the newest first."""
    query = select(Model).where(Model.deleted.is_(None)).order_by(Model.created.desc())
    if kind:
        query = query.where(Model.kind == kind)
    return list(session.scalars(query))


def shown(model: Model) -> dict[str, Any]:
    """What screens and API tell of a model."""
    names = ("id", "name", "kind", "origin", "suffix", "size", "facts", "created", "job_id")
    return {name: getattr(model, name) for name in names}


def _digest(model: Model) -> tuple[str, str]:
    return model.digest, model.suffix


def _facts(path: Path, name: str) -> dict[str, Any]:
    config, run = TASKS["inspect"].load()
    told = as_json(run(resolve(config, {"file": path})))
    if told["kind"] != "model":
        raise FormatError(f"{name}: this is a {told['kind']}, not a model", remedy="give a model")
    return dict(told["facts"])
