"""ALTO → `Page`, versions 1 to 4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from uncial.errors import FormatError
from uncial.formats.pages.alto import vocabulary
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
from uncial.page.geometry import Box
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

_SPACES: Final = ("TopMargin", "LeftMargin", "PrintSpace", "RightMargin", "BottomMargin")
_NOT_KEPT: Final = (
    *("ALTERNATIVE", "TextStyle", "ParagraphStyle", "NamedEntityTag", "Ellipse", "Circle"),
)
_KINDS: Final[dict[str, RegionKind]] = {
    kind: kind
    for kind in (
        *("text", "table", "image", "graphic", "separator", "math", "music", "noise", "other"),
    )
}


class AltoReader:
    """Reads ALTO."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the root element is ``alto``."""
        return root_of(head)[0] == "alto"

    def read(self, data: bytes, name: str) -> PagesRead:
        """The pages of a file, mostly one.

        Raises:
            FormatError: Not well-formed, not ALTO, or without a page.
        """
        root = parse(data, name)
        layout = child(root, "Layout")
        found = children(layout, "Page") if layout is not None else []
        if local(root) != "alto" or not found:
            raise FormatError(
                f"{name}: no ALTO file with a page in it", remedy="export the file again"
            )
        return gathered(_PageElement(root, element, name).read() for element in found)


@dataclass
class _PageElement:
    """One ``Page`` on its way."""

    root: Element
    element: Element
    source: str
    found: list[PageFinding] = field(default_factory=list)
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)

    def read(self) -> tuple[Page, list[PageFinding]]:
        element = self.element
        about = child(self.root, "Description")
        image, document, frame = self.description(about)
        for tag in children(self.root, "Tags"):
            self.tags |= {
                one.get("ID", ""): (one.get("LABEL") or "", one.get("TYPE") or "")
                for one in children(tag)
            }
        regions = [
            self.region(block)
            for space in children(element, *_SPACES)
            for block in children(space, *vocabulary.BLOCKS)
        ]
        ordered, regions = self.in_order(regions)
        direction, regions = _common_direction(regions)
        name = element.get("ID") or ""
        width, height = self.size()
        page = Page(
            image=image,
            width=width,
            height=height,
            id="" if name.startswith(vocabulary.DUMMY_PAGE) else name,
            regions=tuple(regions),
            ordered=ordered,
            direction=direction,
            source=self.source,
            document=document,
            frame=frame,
        )
        counts = Counter(local(one) for one in self.root.iter() if local(one) in _NOT_KEPT)
        if counts:
            detail = ", ".join(f"{count} {tag}" for tag, count in sorted(counts.items()))
            self.note("not-kept", "", detail)
        return found_in(page, self.found)

    def description(self, about: Element | None) -> tuple[str, str, int]:
        """Name of the image, document, and number of the picture in its file."""
        if about is None:
            return "", "", 0
        unit = content(child(about, "MeasurementUnit")).strip()
        if unit not in ("", "pixel"):
            self.note("other-unit", "", unit)
        for step in children(about, "Processing", "OCRProcessing"):
            software = next((one for one in step.iter() if local(one) == "softwareName"), None)
            self.programs[step.get("ID", "")] = content(software).strip()
        image = child(about, "sourceImageInformation")
        if image is None:
            return "", "", 0
        frames = [
            number(content(one))
            for one in children(image, "fileIdentifier")
            if one.get("fileIdentifierLocation") == vocabulary.FRAME
        ]
        document = content(child(image, "documentIdentifier")).strip()
        frame = int(frames[0] or 0) if frames else 0
        return content(child(image, "fileName")).strip(), document, max(0, frame)

    def size(self) -> tuple[int, int]:
        """Width and height of the page, or of its print space that begins in the corner."""
        for element in (self.element, child(self.element, "PrintSpace")):
            if element is None:
                continue
            width, height = number(element.get("WIDTH")), number(element.get("HEIGHT"))
            if width and height and width > 0 and height > 0:
                right, lower = number(element.get("HPOS")) or 0, number(element.get("VPOS")) or 0
                return round(width + right), round(height + lower)
        return 0, 0

    def region(self, block: Element) -> Region:
        tag, name = local(block), (block.get("ID") or "").strip()
        kind, type_ = self.meaning(block)
        composed = (block.get("TYPE") or "").strip()
        inner = [self.region(one) for one in children(block, *vocabulary.BLOCKS)]
        lines = tuple(self.line(one) for one in children(block, "TextLine"))
        group = kind == vocabulary.GROUP or name.startswith(vocabulary.DUMMY_BLOCK)
        if tag == "ComposedBlock" and inner and inner[0].kind == "" and kind != vocabulary.GROUP:
            lines, inner = inner[0].lines, inner[1:]
        own: RegionKind = _KINDS.get(kind) or vocabulary.BLOCKS[tag]
        if not kind and composed.lower() == "table":
            own = "table"
        return Region(
            id=name,
            kind="" if group else own,
            type="" if group else (type_ or (composed if own != "table" else "")),
            boundary=() if group else self.boundary(block, name),
            lines=lines,
            regions=tuple(inner),
            direction=vocabulary.READING.get(block.get("BASEDIRECTION") or "", ""),
            language=block.get("LANG") or block.get("language") or "",
        )

    def meaning(self, element: Element) -> tuple[str, str]:
        """The kind that a tag of ours names, and the label of the first other tag."""
        found = [self.tags[ref] for ref in (element.get("TAGREFS") or "").split()
                 if ref in self.tags]  # fmt: skip
        kinds = [label for label, type_ in found if type_ == vocabulary.KIND]
        labels = [label for label, type_ in found if type_ != vocabulary.KIND]
        return (kinds[0] if kinds else ""), (labels[0] if labels else "")

    def line(self, element: Element) -> Line:
        name = (element.get("ID") or "").strip()
        boundary = self.boundary(element, name)
        return Line(
            id=name,
            baseline=self.baseline(element, name),
            boundary=boundary,
            readings=self.readings(element, name),
            type=self.meaning(element)[1],
            direction=vocabulary.READING.get(element.get("BASEDIRECTION") or "", ""),
            language=element.get("LANG") or "",
        )

    def baseline(self, element: Element, name: str) -> Polygon:
        """Points since 4.1; one number before, the height on which letters stand."""
        text = element.get("BASELINE")
        height = number(text)
        if height is not None:
            box = _box(element)
            return () if box is None else ((box.left, height), (box.right, height))
        found = points(text)
        if found is None:
            self.note("bad-points", name, (text or "")[:40])
        return found or ()

    def boundary(self, element: Element, name: str) -> Polygon:
        """The polygon of its shape, else its box."""
        shape = child(element, "Shape")
        polygon = child(shape, "Polygon") if shape is not None else None
        if polygon is not None:
            found = points(polygon.get("POINTS"))
            if found is None:
                self.note("bad-points", name, (polygon.get("POINTS") or "")[:40])
            if found:
                return found
        box = _box(element)
        return box.corners if box else ()

    def readings(self, element: Element, name: str) -> tuple[Reading, ...]:
        parts = children(element, "String", "SP", "HYP")
        strings = [one for one in parts if local(one) == "String"]
        text = _text(parts)
        if not text.strip():
            return ()
        source = next(
            (self.programs[ref] for ref in (element.get("PROCESSINGREFS") or "").split()
             if self.programs.get(ref)), ""
        )  # fmt: skip
        if len(strings) == 1 and not strings[0].get("ID") and child(strings[0], "Glyph") is None:
            conf = confidence(strings[0].get("WC"), self.found, name)
            return (Reading(text=text, confidence=conf, source=source),)
        words = tuple(self.word(one, name) for one in strings if one.get("CONTENT"))
        return (Reading(text=text, words=words, source=source),)

    def word(self, element: Element, line: str) -> Word:
        name = (element.get("ID") or "").strip()
        return Word(
            id=name,
            text=(element.get("CONTENT") or "").strip("\r\n\t"),
            boundary=self.boundary(element, name or line),
            confidence=confidence(element.get("WC"), self.found, name or line),
            glyphs=tuple(
                self.glyph(one, name or line)
                for one in children(element, "Glyph")
                if one.get("CONTENT")
            ),
        )

    def glyph(self, element: Element, word: str) -> Glyph:
        return Glyph(
            text=element.get("CONTENT") or "",
            boundary=self.boundary(element, word),
            confidence=confidence(element.get("GC"), self.found, word),
            alternatives=tuple(
                (one.get("CONTENT") or "", confidence(one.get("VC"), self.found, word) or 0.0)
                for one in children(element, "Variant")
                if one.get("CONTENT")
            ),
        )

    def in_order(self, regions: Sequence[Region]) -> tuple[bool, list[Region]]:
        order = child(self.root, "ReadingOrder")
        if order is None:
            return False, list(regions)
        refs = [ref for one in order.iter() for ref in (one.get("REF") or "").split()]
        ranks = {name: rank for rank, name in reversed(list(enumerate(refs)))}
        known = {one.get("ID") for one in self.root.iter() if local(one)}
        for name in ranks.keys() - known:
            self.note("bad-reference", name)
        for region in regions:
            if region.id not in ranks and region.lines:
                self.note("order-incomplete", region.id)
        return bool(ranks), sorted(regions, key=lambda one: ranks.get(one.id, len(refs)))

    def note(self, code: str, element: str, detail: str = "") -> None:
        self.found.append(PageFinding(code=code, element=element, detail=detail))


def _box(element: Element) -> Box | None:
    """The box that four attributes give; None where one is missing or it is empty."""
    left, upper, width, height = (
        number(element.get(key)) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")
    )
    if left is None or upper is None or not width or not height or min(width, height) < 0:
        return None
    return Box(left, upper, left + width, upper + height)


def _text(parts: Sequence[Element]) -> str:
    """The text of a line: strings, spaces where they are marked, hyphen at the end.

    A file that marks no space in the line has one between any two strings.
    """
    while parts and local(parts[-1]) == "SP":
        parts = parts[:-1]
    unmarked = not any(local(one) == "SP" for one in parts)
    text = ""
    for one in parts:
        if local(one) == "SP":
            text += " "
        else:
            if unmarked and text and local(one) == "String":
                text += " "
            text += one.get("CONTENT") or ""
    return text


def _common_direction(regions: Sequence[Region]) -> tuple[Direction, list[Region]]:
    """What all blocks with lines agree on is the page's direction."""
    found = {region.direction for region in regions if region.lines}
    if len(found) != 1:
        return "", list(regions)
    (common,) = found
    return common, [
        replace(region, direction="") if region.direction == common else region
        for region in regions
    ]
