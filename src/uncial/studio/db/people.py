"""Tables of a studio that people share: accounts, who may do what, and what was done.

Secrets are kept as SHA-256 of random tokens, passwords by argon2; none of them can be read here.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from uncial.studio.db.tables import Base


class Account(Base):
    """Somebody who may sign in; a quota (MB, minutes a month) of None is that of the settings."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str]
    admin: Mapped[bool] = mapped_column(default=False)
    disk_quota: Mapped[int | None]
    minutes_quota: Mapped[float | None]
    created: Mapped[float] = mapped_column(default=time.time)
    disabled: Mapped[float | None]


class SignIn(Base):
    """A browser that somebody signed in with; ``digest`` is of what its cookie holds."""

    __tablename__ = "sign_ins"
    digest: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    agent: Mapped[str] = mapped_column(default="")
    created: Mapped[float] = mapped_column(default=time.time)
    seen: Mapped[float] = mapped_column(default=time.time)


class Member(Base):
    """Somebody's role in a project: owner, editor, reviewer or reader."""

    __tablename__ = "members"
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True, index=True)
    role: Mapped[str]
    since: Mapped[float] = mapped_column(default=time.time)


class Invitation(Base):
    """A link that lets one person in, into a project or, without one, into the studio."""

    __tablename__ = "invitations"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    role: Mapped[str] = mapped_column(default="")
    admin: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created: Mapped[float] = mapped_column(default=time.time)
    expires: Mapped[float]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Token(Base):
    """What a program shows instead of a password."""

    __tablename__ = "tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    created: Mapped[float] = mapped_column(default=time.time)
    expires: Mapped[float]
    seen: Mapped[float | None]


class ModelShare(Base):
    """A model that the people of a project may use."""

    __tablename__ = "model_shares"
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True, index=True)


class Deed(Base):
    """What somebody did, for the audit log; never changed."""

    __tablename__ = "deeds"
    __table_args__ = (Index("deeds_in_order", "at", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(default=time.time)
    account_id: Mapped[int | None] = mapped_column(index=True)
    who: Mapped[str]
    what: Mapped[str]
    where: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")


class Hits(Base):
    """How often something was tried within a span of time, for the limits on it."""

    __tablename__ = "hits"
    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True, index=True)
    count: Mapped[int] = mapped_column(default=0)


class Webhook(Base):
    """An address that is told when a job of a project ends."""

    __tablename__ = "webhooks"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    url: Mapped[str]
    secret: Mapped[str]
    created: Mapped[float] = mapped_column(default=time.time)


class Call(Base):
    """One message to a webhook: ``state`` is waiting, sent or failed."""

    __tablename__ = "calls"
    __table_args__ = (Index("calls_to_make", "state", "due"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(
        ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[float] = mapped_column(default=time.time)
    problem: Mapped[str] = mapped_column(default="")
