"""Pages as files have them made sound: unique ids, outlines that enclose something on the page.

Every reader's pages pass through here, so that dialects differ in their readers only. What is
changed is listed; nothing is changed in a page that is sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import fit
from uncial.page.geometry import (
    area,
    clip,
    corners_of,
    is_inside,
    is_simple,
    mended,
    without_repeats,
)
from uncial.page.layout import Glyph, Line, Page, Polygon, Reading, Region, Word

_SLACK: Final = 1.0  # px beyond the edge that are cut off without a word
_LEAST: Final = 1.0  # square px that an outline must enclose

T = TypeVar("T", Word, Glyph)


def mend(page: Page) -> tuple[Page, list[PageFinding]]:
    """A sound page, and what was changed for it.

    Where width or height are 0, nothing is known to lie outside. Mending twice changes nothing
    more.
    """
    work = _Mender(page)
    regions = tuple(work.region(region) for region in page.regions)
    found = [replace(one, source=page.source) for one in work.found]
    return (replace(page, regions=regions) if regions != page.regions else page), found


def found_in(page: Page, found: list[PageFinding]) -> tuple[Page, list[PageFinding]]:
    """As `mend`, behind findings of a reader, which come to carry the page's source."""
    whole, more = mend(page)
    return whole, [*(replace(one, source=one.source or page.source) for one in found), *more]


@dataclass
class _Mender:
    """One page at work."""

    page: Page
    found: list[PageFinding] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def note(self, code: str, element: str, detail: str = "") -> None:
        self.found.append(PageFinding(code=code, element=element, detail=detail))

    def name(self, wanted: str, kind: str) -> str:
        """A free id, `wanted` if it is one."""
        if wanted and wanted not in self.ids:
            self.ids.add(wanted)
            return wanted
        stem = wanted or kind
        unique = next(name for name in _numbered(stem) if name not in self.ids)
        self.note("duplicate-id" if wanted else "no-id", unique, wanted)
        self.ids.add(unique)
        return unique

    def region(self, region: Region) -> Region:
        name = self.name(region.id, "region")
        return replace(
            region,
            id=name,
            boundary=self.outline(region.boundary, name),
            lines=tuple(self.line(line) for line in region.lines),
            regions=tuple(self.region(inner) for inner in region.regions),
        )

    def line(self, line: Line) -> Line:
        name = self.name(line.id, "line")
        boundary = self.outline(line.boundary, name)
        baseline = self.baseline(line.baseline, name)
        if not boundary and not baseline:
            self.note("no-place", name)
        readings = tuple(self.reading(reading, name) for reading in line.readings
                         if reading.text.strip())  # fmt: skip
        return replace(line, id=name, boundary=boundary, baseline=baseline, readings=readings)

    def reading(self, reading: Reading, line: str) -> Reading:
        text = fit(reading.text)
        if text != reading.text:
            self.note("control-character", line)
        words = tuple(
            replace(word, boundary=self.outline(word.boundary, word.id or line), glyphs=tuple(
                replace(glyph, boundary=self.outline(glyph.boundary, word.id or line))
                for glyph in word.glyphs
            )) for word in reading.words
        )  # fmt: skip
        return replace(reading, text=text, words=words)

    def outline(self, polygon: Polygon, name: str) -> Polygon:
        if not polygon:
            return ()
        corners = corners_of(polygon)
        if len(corners) < 3 or area(corners) < _LEAST:
            # Thin things such as separators may be drawn as a line: crossing halves cancel out.
            corners = mended(corners) if len(corners) >= 4 and not is_simple(corners) else ()
            self.note("crossing-polygon" if corners else "bad-polygon", name, _few(polygon))
            return self.on_page(corners, name, 3)
        if not is_simple(corners):
            self.note("crossing-polygon", name)
            corners = mended(corners)
        return self.on_page(corners, name, 3)

    def baseline(self, baseline: Polygon, name: str) -> Polygon:
        points = without_repeats(baseline)
        if len(points) == 1:
            self.note("one-point-baseline", name, _few(points))
            return ()
        return self.on_page(points, name, 2)

    def on_page(self, points: Polygon, name: str, least: int) -> Polygon:
        """The points cut off at the edge of the page; empty where nothing is left."""
        width, height = self.page.width, self.page.height
        if not points or not (width and height) or is_inside(points, width, height):
            return points
        inside = without_repeats(clip(points, width, height))
        if least == 3:
            inside = corners_of(inside)
        if len(inside) < least or (least == 3 and area(inside) < _LEAST):
            self.note("not-on-page", name, _few(points))
            return ()
        if not is_inside(points, width, height, _SLACK):
            self.note("outside", name)
        return inside


def _numbered(stem: str) -> Iterator[str]:
    count = 1
    while True:
        count += 1
        yield f"{stem}_{count}"


def _few(points: Polygon) -> str:
    shown = " ".join(f"{x:g},{y:g}" for x, y in points[:4])
    return f"{shown} …" if len(points) > 4 else shown
