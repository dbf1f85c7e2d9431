"""Who may do what: roles in projects, and the filter through which a request sees the database.

A request names the role that it needs, by its route; every query of it then finds only what
belongs to projects where its account has that role. A thing of another project is not there,
whichever way it is asked for. In local mode there is one user, who may do everything.

::

    reader    look, download, export
    reviewer  + correct and check text, give pages a status, comment
    editor    + everything else within a project
    owner     + people, webhooks, the bin
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from uncial.studio.db.people import Member, ModelShare
from uncial.studio.db.tables import (
    Comment,
    Dataset,
    DatasetVersion,
    Document,
    Job,
    Layer,
    Model,
    Page,
    PastReading,
    Picture,
    Project,
    Reading,
    Segmentation,
    Tag,
)
from uncial.studio.faults import NotAllowed, NotFound

Role = Literal["reader", "reviewer", "editor", "owner"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""Each may do what those before it may."""

NEEDS: Final[dict[tuple[str, str], Role]] = {
    ("PUT", "/api/pages/{page}/readings"): "reviewer",
    ("PATCH", "/api/pages/{page}"): "reviewer",
    ("POST", "/api/documents/{document}/export"): "reader",
    ("POST", "/api/pages/{page}/comments"): "reviewer",
    ("PATCH", "/api/pages/{page}/comments/{comment}"): "reviewer",
    ("POST", "/api/projects/{project}/archive"): "owner",
    ("DELETE", "/api/projects/{project}"): "owner",
    ("POST", "/api/projects/{project}/restore"): "owner",
    ("PUT", "/api/projects/{project}/people/{account}"): "owner",
    ("DELETE", "/api/projects/{project}/people/{account}"): "reader",
}
"""What a change needs, by method and route, where it is not an editor's; looking needs a reader."""

_OWNERS: Final = ("invitations", "webhooks")
_SAFE: Final = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Whoever a request comes from.

    Attributes:
        name: For the history of texts.
        account: Id; None in local mode, 0 for somebody who has not signed in.
        admin: May make accounts and see the audit log.
        roles: In projects, by their id.
        csrf: What changes from the browser have to carry along.
        program: Came with a token, not with a browser.
    """

    name: str
    account: int | None = None
    admin: bool = False
    roles: Mapping[int, Role] = field(default_factory=dict)
    csrf: str = ""
    program: bool = False

    def may(self, project: int, need: Role) -> bool:
        """Whether the actor has at least this role in a project."""
        if self.account is None:
            return True
        role = self.roles.get(project)
        return role is not None and ROLES.index(role) >= ROLES.index(need)


NOBODY: Final = Actor(name="", account=0)


def needed(method: str, path: str) -> Role:
    """The role that a request needs in the project that it is about.

    Args:
        method: Of HTTP.
        path: Of the route, with the names of its parameters.
    """
    given = NEEDS.get((method, path))
    if given is not None:
        return given
    if any(f"}}/{word}" in path for word in _OWNERS):
        return "owner"
    return "reader" if method in _SAFE else "editor"


class Scope:
    """Adds to every query of a session what its actor may see.

    Args:
        actor: Has an account.
        need: Role without which a thing is not there.
    """

    def __init__(self, actor: Actor, need: Role) -> None:
        account = actor.account or 0
        allowed = sorted(one for one in actor.roles if actor.may(one, need))
        visible = sorted(actor.roles)
        self._allowed = _criteria(account, allowed, visible)
        self._visible = _criteria(account, visible, visible)

    def __call__(self, state: ORMExecuteState) -> None:
        """Narrow one query."""
        if state.is_column_load or not (state.is_select or state.is_update or state.is_delete):
            return
        whole = state.execution_options.get("any_role", False)
        criteria = self._visible if whole else self._allowed
        state.statement = state.statement.options(*criteria)


def refuse(session: Session, kind: type[Any], ident: int | str, word: str) -> NotFound | NotAllowed:
    """Why a thing was not found: it is not there, or the actor's role does not do."""
    if session.get(kind, ident, execution_options={"any_role": True}) is None:
        return NotFound(word)
    return NotAllowed(word)


def own(session: Session, account: int | None, project: int) -> None:
    """Make an account the owner of a new project; nobody owns those of local mode."""
    if account:
        session.add(Member(project_id=project, account_id=account, role="owner"))


def _criteria(account: int, allowed: list[int], visible: list[int]) -> list[Any]:
    documents = select(_of(Document).id).where(_of(Document).project_id.in_(allowed))
    pages = select(_of(Page).id).where(_of(Page).document_id.in_(documents))
    pictures = select(_of(Page).picture_id).where(_of(Page).document_id.in_(documents))
    datasets = select(_of(Dataset).id).where(_of(Dataset).project_id.in_(allowed))
    shares = ModelShare.__table__.c
    shared = select(shares.model_id).where(shares.project_id.in_(visible))
    mine = and_(Job.project_id.is_(None), Job.account_id == account)
    per_kind: dict[type[Any], ColumnElement[bool]] = {
        Project: Project.id.in_(allowed),
        Document: Document.project_id.in_(allowed),
        Page: Page.document_id.in_(documents),
        Picture: Picture.id.in_(pictures),
        Layer: Layer.document_id.in_(documents),
        Tag: Tag.project_id.in_(allowed),
        Comment: Comment.page_id.in_(pages),
        Dataset: Dataset.project_id.in_(allowed),
        DatasetVersion: DatasetVersion.dataset_id.in_(datasets),
        Segmentation: Segmentation.page_id.in_(pages),
        Reading: Reading.page_id.in_(pages),
        PastReading: PastReading.page_id.in_(pages),
        Job: or_(Job.project_id.in_(allowed), mine),
        Model: or_(Model.owner_id == account, Model.origin == "shipped", Model.id.in_(shared)),
    }
    return [with_loader_criteria(kind, rule) for kind, rule in per_kind.items()]


def _of(kind: type[Any]) -> Any:  # noqa: ANN401
    """The columns of a table, apart from its class: a filter is not to be filtered again."""
    return kind.__table__.c
