"""Between the JSON of a layout and `Page`, the one model of pages that all of Uncial shares."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, cast

from uncial.page.layout import Direction, Line, Page, Polygon, Reading, Region, RegionKind


def page_from(
    body: Mapping[str, Any],
    *,
    image: str,
    size: tuple[int, int],
    direction: str = "",
    texts: Mapping[str, Reading] | None = None,
) -> Page:
    """A page with the lines of a layout.

    Args:
        body: As `uncial.studio.segmentation` describes it.
        image: File name of the page's image.
        size: Its width and height, px.
        direction: Main direction of reading.
        texts: What its lines say, by id.
    """
    lines: dict[str | None, list[Line]] = {}
    for one in body["lines"]:
        reading = (texts or {}).get(one["id"])
        lines.setdefault(one["region"], []).append(
            Line(
                id=one["id"],
                baseline=_polygon(one["baseline"]),
                boundary=_polygon(one["boundary"]),
                readings=(reading,) if reading is not None else (),
                type=one["type"],
                direction=cast("Direction", one["direction"]),
            )
        )
    regions = tuple(_region(one, body, lines) for one in body["regions"] if not one["parent"])
    loose = tuple(lines.get(None, ()))
    if loose:
        regions = (*regions, Region(id="loose", kind="", lines=loose))
    return Page(
        image=image,
        width=size[0],
        height=size[1],
        regions=regions,
        ordered=True,
        direction=cast("Direction", direction),
    )


def body_from(page: Page, *, scale: tuple[float, float] = (1.0, 1.0)) -> dict[str, Any]:
    """A page's regions and lines as a layout, with ids of its own.

    Ids are new, so that texts of other versions cannot be taken for texts of this one; ``was``
    holds the old id of a line.

    Args:
        page: Read from a file, or found by a model.
        scale: Pixels of our image for one of the page's, along x and y.
    """
    regions: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []

    def points(polygon: Polygon) -> list[list[float]]:
        return [[round(x * scale[0], 1), round(y * scale[1], 1)] for x, y in polygon]

    def add(region: Region, parent: str | None) -> None:
        ident = new_id("r") if len(region.boundary) >= 3 else parent
        if ident != parent:
            about = {"kind": region.kind, "type": region.type, "rev": 1}
            shape = {"boundary": points(region.boundary), "parent": parent}
            regions.append({"id": ident, **about, **shape})
        for line in region.lines:
            shape = {"baseline": points(line.baseline), "boundary": points(line.boundary)}
            about = {"region": ident, "type": line.type, "direction": line.direction, "rev": 1}
            lines.append({"id": new_id("l"), "was": line.id, **about, **shape})
        for inner in region.regions:
            add(inner, ident)

    for region in page.regions:
        add(region, None)
    return {"regions": regions, "lines": lines, "gone": {}}


def new_id(kind: str) -> str:
    """A new id for a line (``l``) or region (``r``)."""
    return f"{kind}{secrets.token_hex(6)}"


def _region(
    one: Mapping[str, Any], body: Mapping[str, Any], lines: Mapping[str | None, list[Line]]
) -> Region:
    inner = [other for other in body["regions"] if other["parent"] == one["id"]]
    return Region(
        id=one["id"],
        kind=cast("RegionKind", one["kind"]),
        type=one["type"],
        boundary=_polygon(one["boundary"]),
        lines=tuple(lines.get(one["id"], ())),
        regions=tuple(_region(other, body, lines) for other in inner),
    )


def _polygon(points: list[list[float]]) -> Polygon:
    return tuple((float(x), float(y)) for x, y in points)
