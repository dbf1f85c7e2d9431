"""What an action may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uncial.progress import Reporter
from uncial.studio.db.database import Database
from uncial.studio.files import Files
from uncial.studio.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Context:
    """The surroundings of one run of a job.

    Attributes:
        settings: Of the studio.
        db: Its database.
        files: Its files.
        job: Id; what an action saves carries it, so that a second run knows what is done.
        reporter: Told of every step; raises when the job is to stop.
        folder: The job's own, not yet made.
        account: Who asked for the job; None in local mode.
        project: That it belongs to.
        again: Whether the job was begun before.
        ring: Rings for another job: queue, id.
    """

    settings: Settings
    db: Database
    files: Files
    job: str
    reporter: Reporter
    folder: Path
    account: int | None
    project: int | None
    again: bool
    ring: Callable[[str, str], None]
