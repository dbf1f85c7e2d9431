"""What an account uses: disk for images, models and uploads, and minutes of workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.studio.db.people import Account, Member
from uncial.studio.db.tables import Document, Job, Model, Page, Picture
from uncial.studio.faults import TooMany
from uncial.studio.files import Files
from uncial.studio.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What an account uses and may use.

    Attributes:
        disk: MB.
        disk_quota: MB.
        minutes: Of workers, since the month began.
        minutes_quota: A month.
    """

    disk: float
    disk_quota: int
    minutes: float
    minutes_quota: float


def usage(session: Session, settings: Settings, files: Files, account: int) -> Usage:
    """What an account uses: images in projects that it owns, its models, its uploads, its jobs."""
    owned = select(Member.project_id).where(Member.account_id == account, Member.role == "owner")
    shown = (
        select(Page.picture_id)
        .join(Document, Document.id == Page.document_id)
        .where(Document.project_id.in_(owned))
    )
    pictures = select(func.sum(Picture.size)).where(Picture.id.in_(shown))
    models = select(func.sum(Model.size)).where(Model.owner_id == account)
    spent = select(func.sum(Job.seconds)).where(Job.account_id == account, Job.created >= _month())
    found = session.get_one(Account, account)
    stored = (session.scalar(pictures) or 0) + (session.scalar(models) or 0)
    disk = found.disk_quota if found.disk_quota is not None else settings.disk_quota
    minutes = found.minutes_quota if found.minutes_quota is not None else settings.minutes_quota
    return Usage(
        disk=round((stored + files.uploading(account)) / 1e6, 3),
        disk_quota=disk,
        minutes=round((session.scalar(spent) or 0) / 60, 1),
        minutes_quota=minutes,
    )


def require_room(used: Usage, size: int = 0) -> None:
    """Let something of that many bytes be added.

    Raises:
        TooMany: It would be more than the quota.
    """
    if used.disk + size / 1e6 > used.disk_quota:
        raise TooMany(
            f"{used.disk:.0f} of {used.disk_quota} MB are in use",
            remedy="ask for a larger quota, or have pages and models removed for good",
        )


def require_minutes(used: Usage) -> None:
    """Let another job be started.

    Raises:
        TooMany: The minutes of this month are used up.
    """
    if used.minutes >= used.minutes_quota:
        raise TooMany(
            f"the {used.minutes_quota:.0f} minutes of this month are used up",
            remedy="wait for the next month, or ask for more",
        )


def _month() -> float:
    now = datetime.fromtimestamp(time.time(), UTC)
    return datetime(now.year, now.month, 1, tzinfo=UTC).timestamp()
