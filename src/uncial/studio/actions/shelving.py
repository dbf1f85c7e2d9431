"""The action *shelve*: models that come with the package are put on the shelf."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from uncial.basemodels import shipped, shipped_names
from uncial.progress import Advanced
from uncial.studio import shelf
from uncial.studio.context import Context
from uncial.studio.db.database import Database
from uncial.studio.db.tables import Model
from uncial.studio.files import digest_of


@dataclass(frozen=True, kw_only=True)
class ShelveConfig:
    """Nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class ShelveResult:
    """What was put there.

    Attributes:
        models: How many.
    """

    models: int


def shelve(context: Context, config: ShelveConfig) -> ShelveResult:
    """Put every model of the package on the shelf that was never there."""
    names = missing(context.db)
    for done, name in enumerate(names):
        context.reporter(Advanced(stage="shelve", done=done, total=len(names), unit="models"))
        path = shipped(name)
        if path is not None:
            shelf.add(context.db, context.files, path, name=path.name, origin="shipped")
    return ShelveResult(models=len(names))


def missing(db: Database) -> list[str]:
    """Names of the package's models that were never on the shelf, nor are in its bin."""
    paths = {name: shipped(name) for name in shipped_names()}
    with db.read() as session:
        known = set(session.scalars(select(Model.digest).where(Model.origin == "shipped")))
    return [name for name, path in paths.items() if path and digest_of(path) not in known]
