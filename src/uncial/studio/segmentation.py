"""Versions of a page's layout, and changing them without losing anybody's work.

A body is JSON: ``regions`` (``id``, ``kind``, ``type``, ``boundary``, ``parent``), ``lines`` in
reading order (``id``, ``region``, ``baseline``, ``boundary``, ``type``, ``direction``, ``rev``) and
``gone``, the ids of removed things. ``rev`` is the revision in which a thing last changed; a
change that rests on an older one is a conflict, all others merge.

What a machine or an import made is never changed: the first change by hand copies it into a new
version, and so does the first one after a pause. Ids stay, so texts stay with their lines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from uncial.errors import InputError
from uncial.studio.db.tables import Page, Picture, Segmentation
from uncial.studio.faults import Conflict, NotFound

PAUSE_SECONDS: Final = 900.0
"""A change by hand after so long a pause begins a new version."""

MAX_LINES: Final = 5000
"""On one page."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody changed on a layout.

    Attributes:
        segmentation: Version that it rests on; None where the page had none.
        revision: Of that version.
        lines: New or changed ones by id; None removes one.
        regions: New or changed ones by id; None removes one.
        order: Ids of all lines in reading order, where that changed.
    """

    segmentation: int | None
    revision: int
    lines: Mapping[str, dict[str, Any] | None] = field(default_factory=dict)
    regions: Mapping[str, dict[str, Any] | None] = field(default_factory=dict)
    order: Sequence[str] | None = None


def current(session: Session, page: Page) -> Segmentation | None:
    """The version that counts."""
    if page.segmentation_id is None:
        return None
    return session.get(Segmentation, page.segmentation_id)


def versions(session: Session, page: int) -> list[Segmentation]:
    """All versions, the newest first."""
    query = select(Segmentation).where(Segmentation.page_id == page)
    return list(session.scalars(query.order_by(Segmentation.number.desc())))


def shown(version: Segmentation | None) -> dict[str, Any]:
    """A version as the editor gets it."""
    if version is None:
        return {"id": None, "revision": 0, "origin": "", "regions": [], "lines": []}
    return {
        **about(version),
        "regions": version.body["regions"],
        "lines": version.body["lines"],
    }


def about(version: Segmentation) -> dict[str, Any]:
    """A version without its lines."""
    return {
        "id": version.id,
        "number": version.number,
        "revision": version.revision,
        "origin": version.origin,
        "source": version.source,
        "updated": version.updated,
        "line_count": len(version.body["lines"]),
    }


def add(
    session: Session,
    page: Page,
    body: dict[str, Any],
    *,
    origin: str,
    source: str = "",
    job: str | None = None,
) -> Segmentation:
    """Add a version; it counts where nobody has worked on the page's layout by hand."""
    before = current(session, page)
    version = _new(session, page, body, origin=origin, source=source, job=job)
    if before is None or before.origin != "human" or origin == "human":
        activate(page, version)
    return version


def activate(page: Page, version: Segmentation) -> None:
    """Let a version count."""
    page.segmentation_id = version.id
    page.line_count = len(version.body["lines"])
    page.updated = time.time()
    if page.status == "new" and page.line_count:
        page.status = "segmented"


def restore(session: Session, page: Page, number: int, author: str) -> Segmentation:
    """Make an old version count again, as a new one.

    Raises:
        NotFound: There is no such version.
    """
    query = select(Segmentation).where(
        Segmentation.page_id == page.id, Segmentation.number == number
    )
    old = session.scalar(query)
    if old is None:
        raise NotFound("version")
    version = _new(session, page, deepcopy(old.body), origin="human", source=author)
    for thing in (*version.body["lines"], *version.body["regions"]):
        thing["rev"] = version.revision
    activate(page, version)
    return version


def change(session: Session, page: Page, wanted: Change, author: str) -> Segmentation:
    """Change a layout.

    Raises:
        Conflict: Somebody changed the same lines or regions in the meantime, or another version
            counts now.
        InputError: A line or region is not sound.
    """
    version = current(session, page)
    if version is not None and wanted.segmentation is not None:
        _refuse_conflicts(version, wanted)
    picture = session.get_one(Picture, page.picture_id)
    if version is None:
        empty: dict[str, Any] = {"regions": [], "lines": [], "gone": {}}
        version = _new(session, page, empty, origin="human", source=author)
    elif version.origin != "human" or version.updated < time.time() - PAUSE_SECONDS:
        version = _new(session, page, deepcopy(version.body), origin="human", source=author)
    body = deepcopy(version.body)
    version.revision += 1
    _merge(body, "regions", wanted.regions, version.revision, picture)
    _merge(body, "lines", wanted.lines, version.revision, picture)
    _tidy(body, wanted.order)
    version.body = body
    version.updated = time.time()
    activate(page, version)
    return version


def _new(
    session: Session,
    page: Page,
    body: dict[str, Any],
    *,
    origin: str,
    source: str,
    job: str | None = None,
) -> Segmentation:
    last = select(func.max(Segmentation.number), func.max(Segmentation.revision))
    number, revision = session.execute(last.where(Segmentation.page_id == page.id)).one()
    version = Segmentation(
        page_id=page.id,
        number=(number or 0) + 1,
        revision=(revision or 0) + 1,
        origin=origin,
        source=source,
        body=body,
        job_id=job,
    )
    session.add(version)
    session.flush()
    return version


def _refuse_conflicts(version: Segmentation, wanted: Change) -> None:
    body = version.body
    revisions = {one["id"]: one.get("rev", 0) for one in (*body["lines"], *body["regions"])}
    revisions.update(body.get("gone", {}))
    touched = [*wanted.lines, *wanted.regions]
    old = [one for one in touched if revisions.get(one, 0) > wanted.revision]
    if old:
        raise Conflict(
            f"{len(old)} of these lines were changed by {version.source or 'somebody else'}",
            {"things": old, "layout": shown(version)},
            remedy="choose which of both should stay",
        )


def _merge(
    body: dict[str, Any],
    kind: str,
    changes: Mapping[str, dict[str, Any] | None],
    revision: int,
    picture: Picture,
) -> None:
    if not changes:
        return
    make = _line if kind == "lines" else _region
    by_id = {one["id"]: one for one in body[kind]}
    for ident, given in changes.items():
        if given is None:
            if by_id.pop(ident, None) is not None:
                body.setdefault("gone", {})[ident] = revision
            continue
        by_id[ident] = {**make(given, picture, ident), "id": ident, "rev": revision}
        body.get("gone", {}).pop(ident, None)
    if len(by_id) > MAX_LINES:
        raise InputError(f"more than {MAX_LINES} {kind} on a page", remedy="remove some")
    body[kind] = list(by_id.values())


def _tidy(body: dict[str, Any], order: Sequence[str] | None) -> None:
    regions = {region["id"] for region in body["regions"]}
    for line in body["lines"]:
        if line["region"] not in regions:
            line["region"] = None
    if order is not None:
        place = {ident: at for at, ident in enumerate(order)}
        body["lines"].sort(key=lambda line: place.get(line["id"], math.inf))


def _line(given: Mapping[str, Any], picture: Picture, ident: str) -> dict[str, Any]:
    baseline = _points(given.get("baseline", ()), picture, ident)
    boundary = _points(given.get("boundary", ()), picture, ident)
    if len(baseline) < 2 and len(boundary) < 3:
        raise InputError(
            f"line {ident}: it has neither baseline nor boundary",
            remedy="give it a baseline of two points or more",
        )
    return {
        "region": given.get("region"),
        "baseline": baseline,
        "boundary": boundary if len(boundary) >= 3 else [],
        "type": str(given.get("type", ""))[:100],
        "direction": str(given.get("direction", ""))[:20],
    }


def _region(given: Mapping[str, Any], picture: Picture, ident: str) -> dict[str, Any]:
    boundary = _points(given.get("boundary", ()), picture, ident)
    if len(boundary) < 3:
        raise InputError(f"region {ident}: it has no area", remedy="give it three corners or more")
    return {
        "kind": str(given.get("kind", "text"))[:20],
        "type": str(given.get("type", ""))[:100],
        "boundary": boundary,
        "parent": given.get("parent"),
    }


def _points(given: Iterable[Sequence[float]], picture: Picture, ident: str) -> list[list[float]]:
    points = []
    for x, y in given:
        if not (math.isfinite(x) and math.isfinite(y)):
            raise InputError(f"{ident}: a point is not a number", remedy="reload the page")
        x, y = min(max(x, 0.0), picture.width), min(max(y, 0.0), picture.height)
        points.append([round(x, 1), round(y, 1)])
    return points
