"""PAGE XML → `Page`: every version since 2009, in the dialects of the programs that write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from uncial.errors import FormatError
from uncial.formats.pages.base import PagesRead, gathered
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import (
    Element,
    child,
    children,
    confidence,
    content,
    local,
    number,
    parse,
    points,
    root_of,
)
from uncial.formats.pages.mending import found_in
from uncial.formats.pages.pagexml import vocabulary
from uncial.page.layout import (
    Direction,
    Glyph,
    Line,
    Page,
    Polygon,
    Reading,
    Region,
    RegionKind,
    Word,
)

Part = TypeVar("Part", Region, Line)

_KNOWN: Final = {
    *("PcGts", "Metadata", "Page", "ReadingOrder", "Coords", "Baseline", "TextEquiv", "Unicode"),
    *("TextLine", "Word", "Glyph", "Point", "PlainText", "Relations", "UserDefined"),
    *("Creator", "Created", "LastChange", "LastModified", "Comments", "TranskribusMetadata"),
    *("RegionRef", "RegionRefIndexed", "OrderedGroup", "UnorderedGroup"),
    *("OrderedGroupIndexed", "UnorderedGroupIndexed", "UserAttribute", "MetadataItem"),
    *vocabulary.KINDS,
}
"""Elements whose absence from the page model nobody need be told of."""


class PageXmlReader:
    """Reads PAGE XML."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the root element is ``PcGts``."""
        return root_of(head)[0] == "PcGts"

    def read(self, data: bytes, name: str) -> PagesRead:
        """The page of a file; older versions allow for several.

        Raises:
            FormatError: Not well-formed, not PAGE, or without a page.
        """
        root = parse(data, name)
        found = children(root, "Page")
        if local(root) != "PcGts" or not found:
            raise FormatError(
                f"{name}: no PAGE file with a page in it", remedy="export the file again"
            )
        about = root.get("pcGtsId") or ""
        return gathered(_PageElement(element, name, about).read() for element in found)


@dataclass
class _PageElement:
    """One ``Page`` on its way."""

    element: Element
    source: str
    name: str
    found: list[PageFinding] = field(default_factory=list)

    def read(self) -> tuple[Page, list[PageFinding]]:
        element = self.element
        width, height = (
            round(number(element.get(key)) or 0) for key in ("imageWidth", "imageHeight")
        )
        regions = [self.region(one) for one in children(element, *vocabulary.KINDS)]
        ordered, regions = self.in_order(regions)
        custom = vocabulary.custom_of(element.get("custom")).get("uncial", {})
        page = Page(
            image=(element.get("imageFilename") or "").strip(),
            width=max(0, width),
            height=max(0, height),
            id=custom.get("id", self.name),
            regions=tuple(regions),
            ordered=ordered,
            direction=_direction(element),
            language=_language(element),
            source=self.source,
            document=custom.get("document", ""),
        )
        self.list_left_aside()
        return found_in(page, self.found)

    def region(self, element: Element) -> Region:
        kind, type_ = vocabulary.KINDS[local(element)]
        custom = vocabulary.custom_of(element.get("custom"))
        own = custom.get("uncial", {})
        name = (element.get("id") or "").strip()
        type_ = custom.get("structure", {}).get("type") or element.get("type") or type_
        group = "group" in own or (kind == "text" and name.startswith(vocabulary.GROUP))
        lines = self.lines(element)
        if not lines and content(child(element, "TextEquiv")).strip() and kind == "text":
            self.note("text-without-lines", name, content(child(element, "TextEquiv"))[:40])
        inner = [self.region(one) for one in children(element, *vocabulary.KINDS)]
        inner = _by_index(inner, children(element, *vocabulary.KINDS))
        return Region(
            id=name,
            kind=_own_kind(own) or ("" if group else kind),
            type="" if group else type_,
            boundary=() if group or own.get("coords") == "derived" else self.coords(element, name),
            lines=tuple(lines),
            regions=tuple(inner),
            direction=_direction(element),
            language=_language(element),
        )

    def lines(self, element: Element) -> list[Line]:
        found = children(element, "TextLine")
        return _by_index([self.line(one) for one in found], found)

    def line(self, element: Element) -> Line:
        custom = vocabulary.custom_of(element.get("custom"))
        own = custom.get("uncial", {})
        name = (element.get("id") or "").strip()
        baseline = child(element, "Baseline")
        return Line(
            id=name,
            baseline=() if baseline is None else self.points_of(baseline, name),
            boundary=() if own.get("coords") == "derived" else self.coords(element, name),
            readings=self.readings(element, name),
            type=custom.get("structure", {}).get("type", ""),
            direction=_direction(element),
            language=_language(element),
        )

    def readings(self, element: Element, name: str) -> tuple[Reading, ...]:
        words = tuple(self.word(one, name) for one in children(element, "Word"))
        words = tuple(word for word in words if word.text)
        readings = [
            Reading(
                text=text,
                confidence=confidence(equiv.get("conf"), self.found, name),
                source=equiv.get("comments") or "",
            )
            for equiv in _equivs(element)
            if (text := _text(equiv))
        ]
        if words and not readings:
            readings = [Reading(text=" ".join(word.text for word in words))]
        if words:
            readings[0] = replace(readings[0], words=words)
        return tuple(readings)

    def word(self, element: Element, line: str) -> Word:
        name = (element.get("id") or "").strip()
        glyphs = tuple(self.glyph(one, name or line) for one in children(element, "Glyph"))
        equivs = _equivs(element)
        text = _text(equivs[0]) if equivs else "".join(glyph.text for glyph in glyphs)
        conf = equivs[0].get("conf") if equivs else None
        derived = vocabulary.custom_of(element.get("custom")).get("uncial", {}).get("coords")
        return Word(
            id=name,
            text=text,
            boundary=() if derived == "derived" else self.coords(element, name or line),
            confidence=confidence(conf, self.found, name or line),
            glyphs=tuple(glyph for glyph in glyphs if glyph.text),
        )

    def glyph(self, element: Element, word: str) -> Glyph:
        readings = [
            (_text(equiv), confidence(equiv.get("conf"), self.found, word))
            for equiv in _equivs(element)
        ]
        text, conf = readings[0] if readings else ("", None)
        derived = vocabulary.custom_of(element.get("custom")).get("uncial", {}).get("coords")
        return Glyph(
            text=text,
            boundary=() if derived == "derived" else self.coords(element, word),
            confidence=conf,
            alternatives=tuple((text, conf or 0.0) for text, conf in readings[1:] if text),
        )

    def coords(self, element: Element, name: str) -> Polygon:
        found = child(element, "Coords")
        return () if found is None else self.points_of(found, name)

    def points_of(self, element: Element, name: str) -> Polygon:
        text = element.get("points")
        if text is None:  # before 2013
            pairs = [(one.get("x"), one.get("y")) for one in children(element, "Point")]
            text = " ".join(f"{x},{y}" for x, y in pairs)
        found = points(text)
        if found is None:
            self.note("bad-points", name, text[:40])
        return found or ()

    def in_order(self, regions: Sequence[Region]) -> tuple[bool, list[Region]]:
        """Regions as the reading order has them, those that it leaves out behind the others."""
        order = child(self.element, "ReadingOrder")
        if order is None:
            elements = children(self.element, *vocabulary.KINDS)
            indexed = all("readingOrder" in (one.get("custom") or "") for one in elements)
            return indexed and bool(elements), _by_index(list(regions), elements)
        ranks: dict[str, int] = {}
        for name in _references(order):
            ranks.setdefault(name, len(ranks))
        known = {region.id for region in regions}
        nested = {inner.id for region in regions for inner in _inside(region)}
        for name in ranks.keys() - known - nested:
            self.note("bad-reference", name)
        for region in regions:
            if region.id not in ranks and region.lines and ranks:
                self.note("order-incomplete", region.id)
        return bool(ranks), sorted(
            (_inner_order(region, ranks) for region in regions),
            key=lambda region: ranks.get(region.id, len(ranks)),
        )

    def list_left_aside(self) -> None:
        counts = Counter(local(one) for one in self.element.iter() if local(one) not in _KNOWN)
        counts["textStyle"] += sum(
            "textStyle" in (one.get("custom") or "") for one in self.element.iter() if local(one)
        )
        counts = +counts
        counts.pop("", None)
        if counts:
            detail = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
            self.note("not-kept", "", detail)

    def note(self, code: str, element: str, detail: str = "") -> None:
        self.found.append(PageFinding(code=code, element=element, detail=detail))


def _own_kind(own: dict[str, str]) -> RegionKind | None:
    kind = own.get("kind")
    return next((known for known, _ in vocabulary.ELEMENTS if known == kind), None)


def _equivs(element: Element) -> list[Element]:
    """``TextEquiv`` elements, the valid one first."""
    found = children(element, "TextEquiv")
    ranks = [number(one.get("index")) for one in found]
    order = sorted(range(len(found)), key=lambda at: _rank(ranks[at]))
    return [found[at] for at in order]


def _rank(index: float | None) -> float:
    return float("-inf") if index is None else index


def _text(equiv: Element) -> str:
    text = content(child(equiv, "Unicode")) or content(child(equiv, "PlainText"))
    return text.strip("\r\n\t")


def _by_index(parts: list[Part], elements: Sequence[Element]) -> list[Part]:
    """By ``readingOrder {index:…}`` or ``index``, if each element has one."""
    found = []
    for element in elements:
        custom = vocabulary.custom_of(element.get("custom")).get("readingOrder", {})
        found.append(number(custom.get("index") or element.get("index")))
    if any(index is None for index in found):
        return parts
    ranks = [index or 0.0 for index in found]
    return [parts[at] for at in sorted(range(len(parts)), key=ranks.__getitem__)]


def _references(order: Element) -> list[str]:
    """Ids in a reading order, depth first, indexed ones by their index."""
    found = []
    groups = sorted(
        (one for one in order if local(one)), key=lambda one: number(one.get("index")) or 0
    )
    for one in groups:
        if one.get("regionRef"):
            found.append(one.get("regionRef", ""))
        found += _references(one)
    return found


def _inside(region: Region) -> list[Region]:
    return [*region.regions, *(inner for one in region.regions for inner in _inside(one))]


def _inner_order(region: Region, ranks: dict[str, int]) -> Region:
    if not any(inner.id in ranks for inner in region.regions):
        return region
    order = sorted(region.regions, key=lambda inner: ranks.get(inner.id, len(ranks)))
    return replace(region, regions=tuple(_inner_order(inner, ranks) for inner in order))


def _direction(element: Element) -> Direction:
    key = element.get("readingDirection") or "", element.get("textLineOrder") or ""
    return vocabulary.READING.get(key, "")


def _language(element: Element) -> str:
    own = vocabulary.custom_of(element.get("custom")).get("uncial", {}).get("language")
    name = element.get("primaryLanguage") or element.get("language") or ""
    return own or vocabulary.TAGS.get(name, name)
