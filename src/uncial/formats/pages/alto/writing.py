"""`Page` → ALTO 4.4."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from uncial.formats.pages.alto import vocabulary
from uncial.formats.pages.base import Images, LossTally, Written
from uncial.formats.pages.markup import (
    Element,
    Names,
    add,
    bytes_of,
    confidence_text,
    fit,
    points_text,
    shown,
)
from uncial.page.geometry import bounds
from uncial.page.layout import Glyph, Line, Page, Polygon, Reading, Region, Word

_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema-instance"


class AltoWriter:
    """Writes ALTO 4.4.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages; one image is named for all, so no.
    """

    suffix = ".xml"
    many = False

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """The file of one page."""
        work = _Work(pages[0])
        return Written(data=bytes_of(work.root()), losses=work.tally.losses())


@dataclass
class _Work:
    """One page on its way."""

    page: Page
    names: Names = field(default_factory=Names)
    tally: LossTally = field(default_factory=LossTally)
    tags: dict[tuple[str, str, str], str] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)

    def root(self) -> Element:
        page, space = self.page, vocabulary.NAMESPACE
        root = etree.Element(
            f"{{{space}}}alto",
            nsmap={None: space, "xsi": _SCHEMA},  # type: ignore[dict-item]
        )
        root.set(f"{{{_SCHEMA}}}schemaLocation", f"{space} {vocabulary.SCHEMA}")
        self.reserve()
        about = add(root, "Description")
        layout = etree.Element(f"{{{space}}}Layout", nsmap={None: space})  # type: ignore[dict-item]
        name = self.names.take(page.id or vocabulary.DUMMY_PAGE, "page")
        size = {"WIDTH": str(page.width), "HEIGHT": str(page.height)}
        sheet = add(layout, "Page", {"ID": name, "PHYSICAL_IMG_NR": str(page.frame + 1), **size})
        place = add(sheet, "PrintSpace", {"HPOS": "0", "VPOS": "0", **size})
        made = [self.region(place, region) for region in page.regions]
        self.describe(about)
        if self.tags:
            self.tagged(add(root, "Tags"))
        if page.ordered and made:
            order = add(add(root, "ReadingOrder"), "OrderedGroup",
                        {"ID": self.names.take("", "order")})  # fmt: skip
            for one in made:
                add(order, "ElementRef",
                    {"ID": self.names.take("", "ref"), "REF": one.get("ID")})  # fmt: skip
        root.append(layout)
        self.page_losses()
        return root

    def reserve(self) -> None:
        """Keep the ids of words that need one made from those of regions and lines."""
        for region in self.page.walk():
            if any(line.id == region.id for line in region.lines):
                self.tally.add("ids", "given twice are written changed")

    def page_losses(self) -> None:
        page = self.page
        if page.language:
            self.tally.add("language", "of the page is written on its blocks")
        if page.direction and not any(region.lines for region in page.regions):
            self.tally.add("direction", "of a page without lines is not written")

    def describe(self, about: Element) -> None:
        page = self.page
        add(about, "MeasurementUnit").text = "pixel"
        source = add(about, "sourceImageInformation")
        add(source, "fileName").text = fit(page.image)
        if page.frame:
            add(source, "fileIdentifier", {"fileIdentifierLocation": vocabulary.FRAME}).text = str(
                page.frame
            )
        if page.document:
            add(source, "documentIdentifier").text = fit(page.document)
        for program, name in self.programs.items():
            step = add(about, "Processing", {"ID": name})
            add(step, "processingCategory").text = "contentGeneration"
            add(add(step, "processingSoftware"), "softwareName").text = fit(program)

    def tagged(self, parent: Element) -> None:
        for (tag, label, type_), name in self.tags.items():
            add(parent, tag, {"ID": name, "TYPE": type_, "LABEL": label})

    def tag(self, tag: str, label: str, type_: str) -> str:
        """The id of a tag, made when it is first asked for."""
        key = tag, label, type_
        if key not in self.tags:
            self.tags[key] = self.names.take("", "TAG")
        return self.tags[key]

    def region(self, parent: Element, region: Region) -> Element:
        simple = vocabulary.ELEMENTS.get(region.kind)
        nested = region.regions or simple is None or (region.lines and simple != "TextBlock")
        tag = "ComposedBlock" if nested or simple is None else simple
        if region.kind == "" and not nested:
            kind = vocabulary.GROUP
        else:
            kind = "" if vocabulary.BLOCKS[tag] == region.kind else region.kind or "text"
            if region.kind == "":
                self.tally.add("region", "a group of lines with regions in it becomes a region")
        refs = [self.tag("LayoutTag", kind, vocabulary.KIND)] if kind else []
        if region.type:
            refs.append(self.tag("OtherTag", region.type, "region"))
        element = add(parent, tag, {
            "ID": self.id(region.id, "block"),
            "TAGREFS": " ".join(refs) or None,
            **self.place(region.boundary),
        })  # fmt: skip
        self.shape(element, region.boundary)
        if tag == "TextBlock":
            self.flow(element, region)
            for line in region.lines:
                self.line(element, line)
            return element
        if region.direction or (region.language and not region.lines):
            self.tally.add("region", "direction and language of a composed block are not written")
        if region.lines:
            group = self.tag("LayoutTag", vocabulary.GROUP, vocabulary.KIND)
            name = self.names.take(f"{region.id}_lines", "lines")
            inner = add(element, "TextBlock", {"ID": name, "TAGREFS": group})
            self.flow(inner, region)
            for line in region.lines:
                self.line(inner, line)
        for one in region.regions:
            self.region(element, one)
        return element

    def flow(self, block: Element, region: Region) -> None:
        self.language(block, region.language or self.page.language)
        direction = region.direction or (self.page.direction if region.lines else "")
        if direction:
            block.set("BASEDIRECTION", vocabulary.WRITING[direction])
        if direction == "vertical-lr":
            self.tally.add("direction", "vertical lines to the right are written as to the left")

    def line(self, block: Element, line: Line) -> None:
        values = {
            "ID": self.id(line.id, "line"),
            "TAGREFS": self.tag("OtherTag", line.type, "line") if line.type else None,
            **self.place(line.boundary),
            "BASELINE": points_text(line.baseline, parted=" ") or None,
            "BASEDIRECTION": vocabulary.WRITING.get(line.direction),
        }
        element = add(block, "TextLine", values)
        if line.direction == "vertical-lr":
            self.tally.add("direction", "vertical lines to the right are written as to the left")
        self.language(element, line.language)
        self.shape(element, line.boundary)
        if len(line.readings) > 1:
            self.tally.add("text layers", "only the valid text of a line is written")
        if not line.readings:
            add(element, "String", {"CONTENT": ""})
            return
        reading = line.readings[0]
        if reading.source:
            if reading.source not in self.programs:
                self.programs[reading.source] = self.names.take("", "PROCESSING")
            element.set("PROCESSINGREFS", self.programs[reading.source])
        self.text(element, line, reading)

    def text(self, element: Element, line: Line, reading: Reading) -> None:
        spaced = _spaced(reading)
        if spaced is None or not reading.words:
            if reading.words:
                self.tally.add(
                    "words", "that do not make up the text of their line are not written"
                )
            add(element, "String", {
                "CONTENT": reading.text,
                **self.place(line.boundary),
                "WC": confidence_text(reading.confidence),
            })  # fmt: skip
            return
        if reading.confidence is not None:
            self.tally.add("confidence", "of a line whose words stand alone is not written")
        for word, space in zip(reading.words, spaced, strict=True):
            self.word(element, word, line)
            if space:
                add(element, "SP")

    def word(self, element: Element, word: Word, line: Line) -> None:
        string = add(element, "String", {
            "ID": self.names.take(word.id or f"{line.id}_w", "word"),
            **self.place(word.boundary),
            "CONTENT": word.text,
            "WC": confidence_text(word.confidence),
        })  # fmt: skip
        if word.boundary and word.boundary != bounds(word.boundary).corners:
            self.shape(string, word.boundary)
        for glyph in word.glyphs:
            self.glyph(string, glyph)

    def glyph(self, string: Element, glyph: Glyph) -> None:
        text = unicodedata.normalize("NFC", glyph.text)
        if len(text) != 1:
            self.tally.add("glyphs", "of more than one character are not written")
            return
        element = add(string, "Glyph", {
            "CONTENT": text, **self.place(glyph.boundary), "GC": confidence_text(glyph.confidence)
        })  # fmt: skip
        if glyph.boundary and glyph.boundary != bounds(glyph.boundary).corners:
            self.shape(element, glyph.boundary)
        for other, conf in glyph.alternatives:
            if len(other) > 3:
                self.tally.add("glyphs", "alternatives of over 3 characters are not written")
                continue
            add(element, "Variant", {"CONTENT": other, "VC": confidence_text(conf)})

    def id(self, wanted: str, fallback: str) -> str:
        name = self.names.take(wanted, fallback)
        if name != wanted:
            self.tally.add("ids", "not allowed in XML or given twice are written changed")
        return name

    def place(self, boundary: Polygon) -> dict[str, str | None]:
        """Position and size of the box around an outline."""
        if not boundary:
            return {}
        box = bounds(boundary)
        values = (box.left, box.upper, box.width, box.height)
        return dict(zip(("HPOS", "VPOS", "WIDTH", "HEIGHT"), map(shown, values), strict=True))

    def shape(self, element: Element, boundary: Polygon) -> None:
        if boundary:
            text = points_text(boundary, parted=" ")
            if any(len(shown(value, 9)) > len(shown(value)) for at in boundary for value in at):
                self.tally.add("coordinates", "are rounded to hundredths of a pixel")
            add(add(element, "Shape"), "Polygon", {"POINTS": text})

    def language(self, element: Element, language: str) -> None:
        if language and _LANGUAGE.fullmatch(language):
            element.set("LANG", language)
        elif language:
            self.tally.add("language", f"{language!r} is no tag of BCP 47 and is not written")


def _spaced(reading: Reading) -> list[bool] | None:
    """Whether a space follows each word; None where the words do not make up the text."""
    text, at, spaced = reading.text, 0, []
    for word in reading.words:
        if not word.text or not text.startswith(word.text, at):
            return None
        at += len(word.text)
        spaced.append(at < len(text) and text[at] == " ")
        at += spaced[-1]
    together = len(spaced) > 1 and not any(spaced)
    return None if at != len(text) or together or spaced[-1:] == [True] else spaced
