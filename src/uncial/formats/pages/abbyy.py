"""ABBYY FineReader XML → pages, with the place and confidence of every character.

Source: FineReader XML schemas 6 to 10 (http://www.abbyy.com/FineReader_xml/).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from uncial.errors import FormatError
from uncial.formats.pages.base import PagesRead
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import (
    Element,
    children,
    content,
    local,
    number,
    parse,
    root_of,
)
from uncial.formats.pages.mending import found_in
from uncial.page.geometry import Box, around, bounds
from uncial.page.layout import Glyph, Line, Page, Reading, Region, RegionKind, Word

_KINDS: Final[dict[str, RegionKind]] = {
    "Text": "text",
    "Table": "table",
    "Picture": "image",
    "VectorPicture": "graphic",
    "Barcode": "graphic",
    "Separator": "separator",
    "SeparatorsBox": "separator",
}


class AbbyyReader:
    """Reads ABBYY XML."""

    def recognizes(self, head: bytes) -> bool:
        """Whether the root element is ``document`` in a namespace of FineReader."""
        name, space = root_of(head)
        return name == "document" and "FineReader" in space

    def read(self, data: bytes, name: str) -> PagesRead:
        """Every page of a document.

        Raises:
            FormatError: Not well-formed, or without a page.
        """
        found = children(parse(data, name), "page")
        if not found:
            raise FormatError(f"{name}: ABBYY XML without a page", remedy="export the file again")
        pages, findings = [], []
        several = len(found) > 1
        for count, element in enumerate(found):
            page, noted = _Sheet(element).page(name, count if several else 0)
            pages.append(page)
            findings += noted
        return PagesRead(pages=tuple(pages), findings=tuple(findings))


READER = AbbyyReader()


@dataclass
class _Sheet:
    """One page on its way; ids are given here, for the format has none."""

    element: Element
    found: list[PageFinding] = field(default_factory=list)
    lines: int = 0

    def page(self, source: str, frame: int) -> tuple[Page, list[PageFinding]]:
        width, height = (round(number(self.element.get(key)) or 0) for key in ("width", "height"))
        regions = [
            self.region(block, f"block_{count}")
            for count, block in enumerate(children(self.element, "block"), start=1)
        ]
        page = Page(
            image="",
            width=max(0, width),
            height=max(0, height),
            regions=tuple(regions),
            source=source,
            frame=frame,
        )
        return found_in(page, self.found)

    def region(self, block: Element, name: str) -> Region:
        box = _box(block)
        texts = [one for one in block.iter() if local(one) == "line"]
        return Region(
            id=name,
            kind=_KINDS.get(block.get("blockType") or "", "other"),
            type=block.get("blockName") or "",
            boundary=box.corners if box else (),
            lines=tuple(self.line(one) for one in texts),
        )

    def line(self, element: Element) -> Line:
        self.lines += 1
        box = _box(element)
        foot = number(element.get("baseline"))
        parts = children(element, "formatting")
        readings: tuple[Reading, ...] = ()
        glyphs = [_glyph(one) for part in parts for one in children(part, "charParams")]
        if glyphs:
            words = _words(glyphs)
            text = " ".join(word.text for word in words)
            readings = (Reading(text=text, words=words),) if text else ()
        else:
            text = "".join(map(content, parts)).strip()
            readings = (Reading(text=text),) if text else ()
        language = next((part.get("lang") or "" for part in parts), "")
        return Line(
            id=f"line_{self.lines}",
            baseline=((box.left, foot), (box.right, foot)) if box and foot is not None else (),
            boundary=box.corners if box else (),
            readings=readings,
            language=language,
        )


def _glyph(element: Element) -> Glyph:
    box = _box(element)
    confidence = number(element.get("charConfidence"))
    known = confidence is not None and 0 <= confidence <= 100
    return Glyph(
        text=content(element) or " ",
        boundary=box.corners if box else (),
        confidence=confidence / 100 if known and confidence is not None else None,
    )


def _words(glyphs: list[Glyph]) -> tuple[Word, ...]:
    """Glyphs between spaces."""
    found: list[list[Glyph]] = [[]]
    for glyph in glyphs:
        if glyph.text.isspace():
            found.append([])
        else:
            found[-1].append(glyph)
    return tuple(_word(word) for word in found if word)


def _word(glyphs: list[Glyph]) -> Word:
    boxes = [bounds(glyph.boundary) for glyph in glyphs if glyph.boundary]
    return Word(
        text="".join(glyph.text for glyph in glyphs),
        boundary=around(boxes).corners if boxes else (),
        glyphs=tuple(glyphs),
    )


def _box(element: Element) -> Box | None:
    edges = [number(element.get(key)) for key in ("l", "t", "r", "b")]
    known = [edge for edge in edges if edge is not None]
    if len(known) != 4 or known[2] <= known[0] or known[3] <= known[1]:
        return None
    return Box(*known)
