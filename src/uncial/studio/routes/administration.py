"""Looking after a studio: accounts, quotas, the audit log."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import select

from uncial.errors import InputError
from uncial.studio import accounts, audit, quotas
from uncial.studio.db.people import Account
from uncial.studio.door import Admin, Here, Ident
from uncial.studio.faults import NotFound

router = APIRouter(prefix="/api", tags=["administration"])

Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Quota = Annotated[int | None, Field(ge=0, le=2**31 - 1)]


class NewGuest(BaseModel):
    """Whom an invitation into the studio is for."""

    note: Remark = ""
    admin: bool = False


class AccountChange(BaseModel):
    """What is to be changed; what is left out stays, a quota of null is the usual one."""

    admin: bool | None = None
    disabled: bool | None = None
    disk_quota: Quota = None
    minutes_quota: Quota = None


@router.get("/accounts")
def list_accounts(here: Here, admin: Admin) -> list[dict[str, Any]]:
    """All accounts with what they use."""
    with here.db.read() as session:
        return [
            _shown(one) | vars(quotas.usage(session, here.settings, here.files, one.id))
            for one in session.scalars(select(Account).order_by(Account.name))
        ]


@router.patch("/accounts/{account}")
def change_account(
    here: Here, admin: Admin, account: Ident, change: AccountChange
) -> dict[str, Any]:
    """Change quotas, let somebody look after the studio, or let them in no more."""
    if account == admin and (change.disabled or change.admin is False):
        raise InputError("this is your own account", remedy="let another admin do that")
    with here.db.write() as session:
        found = session.get(Account, account)
        if found is None:
            raise NotFound("account")
        given = change.model_dump(exclude_unset=True)
        if given.pop("disabled", None) is not None:
            found.disabled = time.time() if change.disabled else None
            accounts.sign_out(session, account)
        for name, value in given.items():
            if name != "admin" or value is not None:
                setattr(found, name, value)
        return _shown(found)


@router.post("/invitations", status_code=201)
def invite_to_studio(here: Here, admin: Admin, wanted: NewGuest) -> dict[str, str]:
    """Invite one person to have an account; the link is told this once."""
    with here.db.write() as session:
        token = accounts.invite(session, admin, note=wanted.note, admin=wanted.admin)
    return {"link": f"{here.settings.address}/invitations/{token}"}


@router.get("/audit")
def audit_log(
    here: Here,
    admin: Admin,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[dict[str, Any]]:
    """What was done, the newest first; `before` is the id of the last one seen."""
    with here.db.read() as session:
        return audit.listed(session, before=before, limit=limit)


def _shown(account: Account) -> dict[str, Any]:
    names = ("id", "name", "admin", "created", "disabled", "disk_quota", "minutes_quota")
    return {name: getattr(account, name) for name in names}
