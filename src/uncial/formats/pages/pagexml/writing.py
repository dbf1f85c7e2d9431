"""`Page` → PAGE XML, valid by the schema of its version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from uncial.formats.pages.base import Images, LossTally, Written
from uncial.formats.pages.markup import Element, Names, add, bytes_of, confidence_text, fit
from uncial.formats.pages.pagexml import vocabulary
from uncial.page.geometry import bounds, box_along, region_box
from uncial.page.layout import Direction, Glyph, Line, Page, Polygon, Reading, Region, Word

_TIME: Final = "1970-01-01T00:00:00Z"
"""Written where the schema wants a time, so that the same page gives the same bytes."""
_HEIGHT: Final = 40.0  # px of an outline around a baseline when nothing tells the height
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True)
class PageXmlWriter:
    """Writes PAGE XML.

    Attributes:
        version: Date of the schema.
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    version: str
    suffix: str
    many: bool = False

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """The file of one page."""
        work = _Work(pages[0], self.version)
        return Written(data=bytes_of(work.root()), losses=work.tally.losses())


@dataclass
class _Work:
    """One page on its way."""

    page: Page
    version: str
    names: Names = field(default_factory=Names)
    tally: LossTally = field(default_factory=LossTally)

    @property
    def old(self) -> bool:
        """Whether the schema is that of 2013, with fewer words."""
        return self.version < "2017"

    def root(self) -> Element:
        space = vocabulary.NAMESPACE + self.version
        root = etree.Element(
            f"{{{space}}}PcGts",
            nsmap={None: space, "xsi": _SCHEMA},  # type: ignore[dict-item]
        )
        root.set(f"{{{_SCHEMA}}}schemaLocation", f"{space} {space}/pagecontent.xsd")
        meta = add(root, "Metadata")
        add(meta, "Creator").text = "Uncial"
        add(meta, "Created").text = _TIME
        add(meta, "LastChange").text = _TIME
        page = self.page
        element = add(root, "Page", {
            "imageFilename": page.image,
            "imageWidth": str(page.width),
            "imageHeight": str(page.height),
            **({} if self.old else self.flow(page.direction)),
        })  # fmt: skip
        own = {"id": page.id, "document": page.document}
        if self.old:
            self.lose_direction(page.direction, "the page")
            if page.language:
                self.tally.add("language", "of the page is not written")
        else:
            self.language(element, page.language, own)
        own = {key: value for key, value in own.items() if value}
        if own and self.old:
            self.tally.add("page", f"{' and '.join(own)} are not written")
        elif own:
            element.set("custom", fit(vocabulary.custom_text({"uncial": own}) or ""))
        made = [self.region(region) for region in page.regions]
        if page.ordered and page.regions:
            self.order(element, [one.get("id", "") for one in made])
        element.extend(made)
        return root

    def order(self, page: Element, ids: Sequence[str]) -> None:
        name = self.names.take("reading_order", "reading_order")
        group = add(add(page, "ReadingOrder"), "OrderedGroup", {"id": name})
        for index, region in enumerate(ids):
            add(group, "RegionRefIndexed", {"index": str(index), "regionRef": region})

    def region(self, region: Region) -> Element:
        tag = vocabulary.ELEMENTS.get((region.kind, region.type))
        tag = tag or vocabulary.ELEMENTS.get((region.kind, ""), "TextRegion")
        custom: dict[str, dict[str, str]] = {"structure": {}, "uncial": {}}
        if self.old and tag in vocabulary.NOT_IN_2013:
            self.tally.add("region", f"{tag} is not in this version: UnknownRegion")
            tag = "UnknownRegion"
        if region.lines and tag != "TextRegion":
            # Only text regions have lines; what it is besides stands in the custom attribute.
            tag, custom["uncial"]["kind"] = "TextRegion", region.kind
        if region.kind == "":
            custom["uncial"]["group"] = "lines"
        element = self.part(tag, region.id or "region", "region")
        self.type(element, tag, region, custom)
        self.flow_of(element, tag, region.direction)
        self.language_of(element, tag, region.language, custom["uncial"])
        box = region_box(region)
        corners = box.corners if box else ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        self.coords(element, region.boundary, corners, custom["uncial"])
        self.describe(element, custom)
        for inner in region.regions:
            element.append(self.region(inner))
        for line in region.lines:
            self.line(element, line)
        return element

    def type(
        self, element: Element, tag: str, region: Region, custom: dict[str, dict[str, str]]
    ) -> None:
        known: frozenset[str] = frozenset()
        if tag == "TextRegion":
            known = vocabulary.TEXT_TYPES
            known -= vocabulary.NEWER_TEXT_TYPES if self.old else frozenset()
        elif tag == "GraphicRegion":
            known = vocabulary.GRAPHIC_TYPES
        if region.type in known:
            element.set("type", region.type)
        elif region.type and vocabulary.KINDS[tag][1] != region.type:
            custom["structure"]["type"] = region.type

    def line(self, parent: Element, line: Line) -> None:
        element = self.part("TextLine", line.id, "line")
        parent.append(element)
        custom: dict[str, dict[str, str]] = {"structure": {}, "uncial": {}}
        if line.type:
            custom["structure"]["type"] = line.type
        if line.direction and self.old:
            self.lose_direction(line.direction, "a line")
        elif line.direction:
            element.set("readingDirection", vocabulary.WRITING[line.direction][0])
            if line.direction == "vertical-lr":
                self.tally.add("direction", "of a vertical line is written without its order")
        self.language_of(element, "TextLine", line.language, custom["uncial"])
        made: Polygon = ((0.0, 0.0), (1.0, 1.0))
        if len(line.baseline) > 1:
            made = box_along(line.baseline, 0.75 * _HEIGHT, 0.25 * _HEIGHT)
        self.coords(element, line.boundary, made, custom["uncial"])
        self.describe(element, custom)
        if len(line.baseline) > 1:
            add(element, "Baseline", {"points": self.points(line.baseline)})
        for word in line.readings[0].words if line.readings else ():
            self.word(element, word, line.id)
        for rank, reading in enumerate(line.readings):
            self.equiv(element, reading, rank if len(line.readings) > 1 else None)
        if any(reading.words for reading in line.readings[1:]):
            self.tally.add("words", "only those of the valid text are written")

    def equiv(self, element: Element, reading: Reading, rank: int | None) -> None:
        values = {"conf": confidence_text(reading.confidence)}
        if self.old:
            if rank:
                self.tally.add("text layers", "only the valid text is written")
                return
            if reading.source:
                self.tally.add("text layers", "their source is not written")
        else:
            values |= {
                "index": None if rank is None else str(rank),
                "comments": reading.source or None,
            }
        add(add(element, "TextEquiv", values), "Unicode").text = fit(reading.text)

    def word(self, line: Element, word: Word, name: str) -> None:
        element = self.part("Word", word.id or f"{name}_w", "word")
        line.append(element)
        self.placed(element, word.boundary, word.glyphs)
        for glyph in word.glyphs:
            self.glyph(element, glyph, element.get("id") or "")
        add(
            add(element, "TextEquiv", {"conf": confidence_text(word.confidence)}), "Unicode"
        ).text = fit(word.text)

    def glyph(self, word: Element, glyph: Glyph, name: str) -> None:
        element = self.part("Glyph", f"{name}_g", "glyph")
        word.append(element)
        self.placed(element, glyph.boundary, ())
        several = bool(glyph.alternatives) and not self.old
        if glyph.alternatives and self.old:
            self.tally.add("glyphs", "their alternatives are not written")
        first = {"conf": confidence_text(glyph.confidence), "index": "0" if several else None}
        add(add(element, "TextEquiv", first), "Unicode").text = fit(glyph.text)
        for rank, (text, conf) in enumerate(glyph.alternatives if several else (), start=1):
            equiv = add(element, "TextEquiv", {"conf": confidence_text(conf), "index": str(rank)})
            add(equiv, "Unicode").text = fit(text)

    def part(self, tag: str, wanted: str, fallback: str) -> Element:
        """An element with an id of its own, not yet in the tree."""
        name = self.names.take(wanted, fallback)
        if name != wanted and tag in {"TextLine", *vocabulary.KINDS}:
            self.tally.add("ids", "not allowed in XML or given twice are written changed")
        space = vocabulary.NAMESPACE + self.version
        element = etree.Element(f"{{{space}}}{tag}", nsmap={None: space})  # type: ignore[dict-item]
        element.set("id", name)
        return element

    def placed(self, element: Element, boundary: Polygon, glyphs: Sequence[Glyph]) -> None:
        own: dict[str, str] = {}
        inner = [point for glyph in glyphs for point in glyph.boundary]
        made = bounds(inner).corners if inner else ((0.0, 0.0), (1.0, 1.0))
        self.coords(element, boundary, made, own)
        self.describe(element, {"uncial": own})

    def coords(
        self, element: Element, boundary: Polygon, made: Polygon, own: dict[str, str]
    ) -> None:
        if not boundary:
            own["coords"] = "derived"
            made = tuple((round(x), round(y)) for x, y in made)
        add(element, "Coords", {"points": self.points(boundary or made)})

    def points(self, polygon: Polygon) -> str:
        if any(x != round(x) or y != round(y) for x, y in polygon):
            self.tally.add("coordinates", "are rounded to whole pixels")
        return " ".join(f"{max(0, round(x))},{max(0, round(y))}" for x, y in polygon)

    def describe(self, element: Element, custom: dict[str, dict[str, str]]) -> None:
        text = vocabulary.custom_text(custom)
        if text:
            element.set("custom", fit(text))

    def flow(self, direction: Direction) -> dict[str, str]:
        if not direction:
            return {}
        reading, lines = vocabulary.WRITING[direction]
        return {"readingDirection": reading, "textLineOrder": lines}

    def flow_of(self, element: Element, tag: str, direction: Direction) -> None:
        if not direction:
            return
        if tag != "TextRegion":
            self.tally.add("direction", "of a region without text is not written")
        elif self.old:
            element.set("readingDirection", vocabulary.WRITING[direction][0])
        else:
            for key, value in self.flow(direction).items():
                element.set(key, value)

    def lose_direction(self, direction: Direction, what: str) -> None:
        if direction:
            self.tally.add("direction", f"of {what} is not in this version")

    def language(self, element: Element, language: str, own: dict[str, str]) -> None:
        name = vocabulary.LANGUAGES.get(language)
        if name:
            element.set("primaryLanguage", name)
        elif language:
            own["language"] = language

    def language_of(self, element: Element, tag: str, language: str, own: dict[str, str]) -> None:
        if tag in ("TextRegion", "TextLine"):
            self.language(element, language, own)
        elif language:
            own["language"] = language
