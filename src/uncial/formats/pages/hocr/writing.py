"""`Page` → hOCR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml import etree

from uncial.formats.pages.base import Images, LossTally, Written
from uncial.formats.pages.markup import Element, Names, add, fit, points_text, shown
from uncial.page.geometry import bounds, box_along, region_box
from uncial.page.layout import Direction, Line, Page, Polygon, Region, Word

_CLASSES: Final = {
    "text": "ocr_carea",
    "": "ocr_carea",
    "table": "ocr_table",
    "image": "ocr_photo",
    "graphic": "ocr_linedrawing",
    "separator": "ocr_separator",
    "math": "ocr_math",
    "noise": "ocr_noise",
}
_BAND: Final = (30.0, 10.0)
"""Height above and below a baseline, px, where nothing tells it."""


class HocrWriter:
    """Writes hOCR.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".hocr"
    many = True

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """An XHTML file."""
        tally = LossTally()
        html = etree.Element("html", nsmap={None: "http://www.w3.org/1999/xhtml"})  # type: ignore[dict-item]
        html.tag = "{http://www.w3.org/1999/xhtml}html"
        head = add(html, "head")
        add(head, "title")
        add(head, "meta", {"charset": "utf-8"})
        add(head, "meta", {"name": "ocr-system", "content": "Uncial"})
        classes = "ocr_page ocr_carea ocr_line ocrx_word"
        add(head, "meta", {"name": "ocr-capabilities", "content": classes})
        body, names = add(html, "body"), Names()
        for count, page in enumerate(pages, start=1):
            _write_page(body, page, count, names, tally)
        etree.indent(html, space=" ")
        data = etree.tostring(html, xml_declaration=True, encoding="UTF-8", method="xml")
        return Written(data=data + b"\n", losses=tally.losses())


def _write_page(body: Element, page: Page, count: int, names: Names, tally: LossTally) -> None:
    image = page.image.replace('"', "%22")
    frame = f"; x_frame {page.frame}" if page.frame else ""
    title = f'image "{image}"; bbox 0 0 {page.width} {page.height}; ppageno {count - 1}{frame}'
    element = add(body, "div", {
        "class": "ocr_page", "id": names.take(page.id, f"page_{count}"), "title": title,
        **_flow(page.direction, page.language, tally),
    })  # fmt: skip
    if page.ordered or page.document:
        tally.add("page", "document and whether the order was given are not written")
    for region in page.regions:
        _write_region(element, region, names, tally)


def _write_region(parent: Element, region: Region, names: Names, tally: LossTally) -> None:
    box = region_box(region)
    kind = _CLASSES.get(region.kind)
    if kind is None:
        tally.add("region", f"kind {region.kind} is not written")
    element = add(parent, "div", {
        "class": kind or "ocr_float",
        "id": names.take(region.id, "block"),
        "title": _title(region.boundary or (box.corners if box else ())) or None,
        "data-type": region.type or None,
        "data-group": "lines" if region.kind == "" else None,
        **_flow(region.direction, region.language, tally),
    })  # fmt: skip
    for line in region.lines:
        _write_line(element, line, names, tally)
    for inner in region.regions:
        _write_region(element, inner, names, tally)


def _write_line(parent: Element, line: Line, names: Names, tally: LossTally) -> None:
    reading = line.readings[0] if line.readings else None
    outline = line.boundary
    if not outline and len(line.baseline) > 1:
        outline = box_along(line.baseline, *_BAND)
        tally.add("outlines", "of lines that have only a baseline are made up")
    box = bounds(outline) if outline else None
    title = [_title(outline)]
    if len(line.baseline) > 1 and box:
        (left, y0), (right, y1) = line.baseline[0], line.baseline[-1]
        slope = (y1 - y0) / (right - left) if right != left else 0.0
        title.append(
            f"baseline {shown(slope, 5)} {shown(y0 + slope * (box.left - left) - box.lower)}"
        )
        if len(line.baseline) > 2 or (left, right) != (box.left, box.right):
            tally.add("baselines", "are written as straight lines over the width of the line")
    if reading and reading.confidence is not None:
        title.append(f"x_wconf {shown(100 * reading.confidence, 3)}")
    element = add(parent, "span", {
        "class": "ocr_line",
        "id": names.take(line.id, "line"),
        "title": "; ".join(filter(None, title)),
        "data-type": line.type or None,
        **_flow(line.direction, line.language, tally),
    })  # fmt: skip
    if reading is None:
        return
    if len(line.readings) > 1 or reading.source:
        tally.add("text layers", "only the valid text is written, without its source")
    joined = " ".join(word.text for word in reading.words)
    if joined != reading.text:
        if reading.words:
            tally.add("words", "that do not make up the text of their line are not written")
        element.text = fit(reading.text)
        return
    for word in reading.words:
        _write_word(element, word, names, tally)


def _write_word(line: Element, word: Word, names: Names, tally: LossTally) -> None:
    title = [_title(word.boundary)]
    if word.confidence is not None:
        title.append(f"x_wconf {shown(100 * word.confidence, 3)}")
    values = {"class": "ocrx_word", "id": names.take(word.id, "word"),
              "title": "; ".join(filter(None, title)) or None}  # fmt: skip
    add(line, "span", values).text = fit(word.text)
    if word.glyphs:
        tally.add("glyphs", "are not written")


def _title(polygon: Polygon) -> str:
    """``bbox``, and ``poly`` where the outline is no box."""
    if not polygon:
        return ""
    box = bounds(polygon)
    text = "bbox " + " ".join(str(round(value)) for value in box)
    same = polygon == tuple((float(round(x)), float(round(y))) for x, y in box.corners)
    return text if same else f"{text}; poly {points_text(polygon, parted=' ')}"


def _flow(direction: Direction, language: str, tally: LossTally) -> dict[str, str | None]:
    if direction.startswith("vertical"):
        tally.add("direction", "of vertical writing is not written")
    return {"dir": {"rl": "rtl", "lr": "ltr"}.get(direction), "lang": language or None}
