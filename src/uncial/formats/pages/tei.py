"""TEI facsimiles ↔ pages: zones for regions and lines, ``lb`` where a line of text begins.

Read are ``facsimile`` with text that points to it, and ``sourceDoc`` with ``line`` in zones.

Source: TEI P5, chapter 12 (representation of primary sources), elements surface, zone, path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from uncial.errors import FormatError
from uncial.formats.pages.base import Images, LossTally, PagesRead, Written
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import (
    Element,
    Names,
    add,
    bytes_of,
    child,
    children,
    content,
    fit,
    local,
    number,
    parse,
    points,
    points_text,
    root_of,
)
from uncial.formats.pages.mending import found_in
from uncial.page.geometry import Box
from uncial.page.layout import Line, Page, Polygon, Reading, Region, RegionKind

_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMESPACE: Final = "http://www.tei-c.org/ns/1.0"
_KINDS: Final[tuple[RegionKind, ...]] = (
    *("text", "table", "image", "graphic", "separator", "math", "music", "noise", "other"),
)
_SPACE = re.compile(r"\s+")
_BREAKS: Final = {"lb", "pb", "cb"}
_BLOCKS: Final = {"ab", "p", "lg", "div", "head", "note"}


class TeiReader:
    """Reads TEI."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the root element is that of TEI."""
        return root_of(head)[0] in ("TEI", "teiCorpus", "sourceDoc", "facsimile")

    def read(self, data: bytes, name: str) -> PagesRead:
        """A page for each surface.

        Raises:
            FormatError: Not well-formed, or without a surface.
        """
        root = parse(data, name)
        surfaces = [one for one in root.iter() if local(one) == "surface"]
        if not surfaces:
            raise FormatError(
                f"{name}: TEI without a surface, that is without places of its text",
                remedy="align its text to pages with uncial align",
            )
        texts = _texts(root)
        pages, findings = [], []
        for surface in surfaces:
            page, found = _Surface(surface, texts).page(name)
            pages.append(page)
            findings += found
        return PagesRead(pages=tuple(pages), findings=tuple(findings))


class TeiWriter:
    """Writes TEI.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".tei.xml"
    many = True

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """A document with a facsimile and the text of the pages."""
        root = etree.Element(f"{{{_NAMESPACE}}}TEI", nsmap={None: _NAMESPACE})  # type: ignore[dict-item]
        about = add(add(root, "teiHeader"), "fileDesc")
        title = next((page.document for page in pages if page.document), "Transcription")
        add(add(about, "titleStmt"), "title").text = fit(title)
        add(add(about, "publicationStmt"), "p").text = "Unpublished"
        add(add(about, "sourceDesc"), "p").text = "Transcribed from images"
        facsimile = add(root, "facsimile")
        body = add(add(add(root, "text"), "body"), "div")
        work = _Writing(facsimile, body)
        for count, page in enumerate(pages, start=1):
            work.page(page, count)
        return Written(data=bytes_of(root), losses=work.tally.losses())


READER = TeiReader()
WRITER = TeiWriter()


def _texts(root: Element) -> dict[str, str]:
    """Text by the id of the zone that it points to."""
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element, etree._Element):
            continue
        name, facs = local(element), (element.get("facs") or "").split()
        if event == "start":
            if name in _BREAKS:
                current = found.setdefault(facs[0].lstrip("#"), []) if facs else None
            elif facs and name in ("l", "seg", "line", "w"):
                found[facs[0].lstrip("#")] = [content(element)]
            if current is not None and element.text:
                current.append(str(element.text))
        else:
            if name in _BLOCKS:
                current = None
            if current is not None and element.tail:
                current.append(str(element.tail))
    return {name: _SPACE.sub(" ", "".join(parts)).strip() for name, parts in found.items()}


@dataclass
class _Surface:
    """One surface on its way."""

    element: Element
    texts: dict[str, str]
    found: list[PageFinding] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)

    def page(self, source: str) -> tuple[Page, list[PageFinding]]:
        element = self.element
        graphic = child(element, "graphic")
        image = "" if graphic is None else (graphic.get("url") or "").strip()
        edges = [number(element.get(key)) or 0 for key in ("lrx", "lry")]
        if not all(edges) and graphic is not None:
            sizes = [(graphic.get(key) or "").removesuffix("px") for key in ("width", "height")]
            edges = [number(size) or 0 for size in sizes]
        zones = children(element, "zone", "line")
        regions = [self.region(one) for one in zones if not self.is_line(one)]
        loose = [self.line(one) for one in zones if self.is_line(one)]
        if loose:
            regions.append(Region(id="lines", kind="", lines=tuple(loose)))
        page = Page(
            image=image,
            width=max(0, round(edges[0])),
            height=max(0, round(edges[1])),
            id=element.get(_ID) or "",
            regions=tuple(regions),
            source=source,
        )
        return found_in(page, self.found)

    def is_line(self, zone: Element) -> bool:
        """Whether a zone is a line: it says so, or text stands for it and no zone is in it."""
        if local(zone) == "line":
            return True
        said = (zone.get("type") or zone.get("rendition") or "").lower()
        if said in ("line", "textline"):
            return True
        return not children(zone, "zone", "line") and (zone.get(_ID) or "") in self.texts

    def region(self, zone: Element) -> Region:
        inner = children(zone, "zone", "line")
        said = zone.get("type") or ""
        kind = next((own for own in _KINDS if own == said), None)
        group = said == "lines"
        return Region(
            id=zone.get(_ID) or "",
            kind="" if group else kind or "text",
            type=zone.get("subtype") or ("" if kind or group else said),
            boundary=() if group else self.outline(zone),
            lines=tuple(self.line(one) for one in inner if self.is_line(one)),
            regions=tuple(self.region(one) for one in inner if not self.is_line(one)),
            language=zone.get(_LANG) or "",
        )

    def line(self, zone: Element) -> Line:
        name = zone.get(_ID) or ""
        held = zone if local(zone) == "line" else child(zone, "line")
        text = self.texts.get(name) or _SPACE.sub(" ", content(held)).strip()
        path = next((one for one in children(zone, "path") if one.get("type") == "baseline"), None)
        return Line(
            id=name,
            baseline=() if path is None else points(path.get("points")) or (),
            boundary=self.outline(zone),
            readings=(Reading(text=text),) if text else (),
            type=zone.get("subtype") or "",
            language=zone.get(_LANG) or "",
        )

    def outline(self, zone: Element) -> Polygon:
        found = points(zone.get("points"))
        if found is None:
            name = zone.get(_ID) or ""
            self.found.append(PageFinding(code="bad-points", element=name))
        if found:
            return found
        edges = [number(zone.get(key)) for key in ("ulx", "uly", "lrx", "lry")]
        known = [edge for edge in edges if edge is not None]
        return Box(*known).corners if len(known) == 4 else ()


@dataclass
class _Writing:
    """A document on its way."""

    facsimile: Element
    body: Element
    names: Names = field(default_factory=Names)
    tally: LossTally = field(default_factory=LossTally)

    def page(self, page: Page, count: int) -> None:
        name = self.names.take(page.id, f"page_{count}")
        surface = add(self.facsimile, "surface", {
            _ID: name, "ulx": "0", "uly": "0", "lrx": str(page.width), "lry": str(page.height)
        })  # fmt: skip
        size = {"width": f"{page.width}px", "height": f"{page.height}px"}
        add(surface, "graphic", {"url": page.image, **size})
        add(self.body, "pb", {"facs": f"#{name}", "n": str(count)})
        if page.direction or page.language or page.ordered:
            self.tally.add("page", "direction, language and whether it is ordered are not written")
        for region in page.regions:
            self.region(surface, region)

    def region(self, parent: Element, region: Region) -> None:
        name = self.names.take(region.id, "region")
        zone = add(parent, "zone", {
            _ID: name,
            "type": region.kind or "lines",
            "subtype": region.type or None,
            "points": points_text(region.boundary) or None,
            _LANG: region.language or None,
        })  # fmt: skip
        if any(line.readings for line in region.lines):
            block = add(self.body, "ab", {"facs": f"#{name}"})
        for line in region.lines:
            own = self.line(zone, line)
            if line.readings:
                mark = add(block, "lb", {"facs": f"#{own}"})
                mark.tail = fit(line.readings[0].text)
        for inner in region.regions:
            self.region(zone, inner)

    def line(self, parent: Element, line: Line) -> str:
        name = self.names.take(line.id, "line")
        zone = add(parent, "zone", {
            _ID: name,
            "type": "line",
            "subtype": line.type or None,
            "points": points_text(line.boundary) or None,
            _LANG: line.language or None,
        })  # fmt: skip
        if line.baseline:
            add(zone, "path", {"type": "baseline", "points": points_text(line.baseline)})
        reading = line.readings[0] if line.readings else None
        if len(line.readings) > 1 or (reading and reading.source):
            self.tally.add("text layers", "only the valid text is written, without its source")
        if reading and (reading.words or reading.confidence is not None):
            self.tally.add("words", "and confidences are not written")
        return name
