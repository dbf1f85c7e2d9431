"""Where a model comes from, what came of it, and how it was tested, as the jobs tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from uncial.studio.db.tables import Job, Model

_MOST: Final = 1000  # jobs that are looked through


@dataclass(frozen=True, kw_only=True)
class Score:
    """One test of a model.

    Attributes:
        job: That measured it.
        title: Of the job.
        cer: A fraction.
        interval: Its 95 % interval.
        lines: Read.
        ended: Seconds since 1970.
    """

    job: str
    title: str
    cer: float
    interval: tuple[float, float]
    lines: int
    ended: float


@dataclass(frozen=True, kw_only=True)
class Pedigree:
    """The relations of a model.

    Attributes:
        base: Model that it went on from.
        children: Models that went on from it, the newest first.
        scores: Its tests, the newest first.
    """

    base: Model | None
    children: tuple[Model, ...]
    scores: tuple[Score, ...]


def pedigree(session: Session, model: Model) -> Pedigree:
    """What the jobs that may be seen tell of a model."""
    query = select(Job).where(Job.state == "done", Job.action.in_(("train", "test")))
    jobs = list(session.scalars(query.order_by(Job.created.desc()).limit(_MOST)))
    trainings = [job for job in jobs if job.action == "train"]
    own = next((job for job in trainings if job.id == model.job_id), None)
    base = own.config.get("base") if own is not None else None
    born = [job.result["model"] for job in trainings if job.result and _base(job) == model.id]
    children = (session.get(Model, one) for one in born)
    return Pedigree(
        base=session.get(Model, base) if base is not None else None,
        children=tuple(one for one in children if one is not None and one.deleted is None),
        scores=tuple(score for job in jobs for score in _scores(job, model.id)),
    )


def _base(job: Job) -> Any:  # noqa: ANN401
    return job.config.get("base")


def _scores(job: Job, model: int) -> list[Score]:
    result = job.result or {}
    return [
        Score(
            job=job.id,
            title=job.title,
            cer=one["cer"],
            interval=(one["interval"][0], one["interval"][1]),
            lines=result["lines"],
            ended=job.ended or job.created,
        )
        for one in result.get("tested") or ()
        if one["model"] == model
    ]
