"""hOCR ↔ pages: boxes, straight baselines and confidences in the ``title`` of HTML elements.

Source: http://kba.cloud/hocr-spec/1.2/; files of Tesseract, ocropus and kraken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lxml import etree

from uncial.errors import FormatError
from uncial.formats.pages.base import Images, LossTally, PagesRead, Written
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import (
    Element,
    Names,
    add,
    content,
    fit,
    local,
    number,
    numbers,
    points_text,
    shown,
)
from uncial.formats.pages.mending import found_in
from uncial.page.geometry import Box, bounds, box_along, region_box
from uncial.page.layout import Direction, Line, Page, Polygon, Reading, Region, RegionKind, Word

_KINDS: Final[dict[str, RegionKind]] = {
    "ocr_carea": "text",
    "ocrx_block": "text",
    "ocr_table": "table",
    "ocr_photo": "image",
    "ocr_image": "image",
    "ocr_linedrawing": "graphic",
    "ocr_float": "other",
    "ocr_separator": "separator",
    "ocr_math": "math",
    "ocr_noise": "noise",
}
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
_LINES: Final = {"ocr_line", "ocrx_line", "ocr_header", "ocr_caption", "ocr_textfloat"}
_BAND: Final = (30.0, 10.0)
"""Height above and below a baseline, px, where nothing tells it."""
_PROPERTY = re.compile(r'\s*([a-z_]+)\s+((?:"[^"]*"|[^;"])*)')
_SPACE = re.compile(r"\s+")


class HocrReader:
    """Reads hOCR."""

    def recognizes(self, head: bytes) -> bool:
        """Whether it is HTML with the words of hOCR."""
        lower = head.lower()
        return b"<html" in lower and (b"ocr_page" in lower or b"ocr-system" in lower)

    def read(self, data: bytes, name: str) -> PagesRead:
        """The pages of a file.

        Raises:
            FormatError: It is no HTML, or has no ``ocr_page``.
        """
        parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True,
                                  encoding=_encoding(data))  # fmt: skip
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError, LookupError) as error:
            raise FormatError(f"{name}: no HTML: {error}", remedy="write the file again") from error
        found = [] if root is None else [one for one in root.iter() if _class(one) == "ocr_page"]
        if not found:
            raise FormatError(f"{name}: hOCR without a page", remedy="write the file again")
        pages, findings = [], []
        for element in found:
            page, noted = _page(element, name)
            pages.append(page)
            findings += noted
        return PagesRead(pages=tuple(pages), findings=tuple(findings))


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


READER = HocrReader()
WRITER = HocrWriter()


def _encoding(data: bytes) -> str | None:
    return None if re.search(rb"charset|encoding|^\xff\xfe|^\xfe\xff", data[:1024]) else "utf-8"


def _class(element: Element) -> str:
    names = (element.get("class") or "").split() if local(element) else []
    return next((name for name in names if name.startswith("ocr")), "")


def _properties(element: Element) -> dict[str, str]:
    return {key: value.strip() for key, value in _PROPERTY.findall(element.get("title") or "")}


def _nested(element: Element, classes: set[str], stop: set[str]) -> Iterator[Element]:
    """Elements of these classes below one, not looked for inside those of `stop`."""
    for inner in element:
        kind = _class(inner)
        if kind in classes:
            yield inner
        elif kind not in stop:
            yield from _nested(inner, classes, stop)


def _page(element: Element, source: str) -> tuple[Page, list[PageFinding]]:
    found: list[PageFinding] = []
    title = _properties(element)
    box = _bbox(title)
    image = title.get("image", "").strip('"').strip("'")
    regions = [_region(one, found) for one in _nested(element, set(_KINDS), _LINES)]
    loose = [_line(one, found) for one in _nested(element, _LINES, set(_KINDS))]
    if loose:
        regions.append(Region(id="lines", kind="", lines=tuple(loose)))
    page = Page(
        image=image,
        width=round(box.right) if box else 0,
        height=round(box.lower) if box else 0,
        regions=tuple(regions),
        direction="rl" if element.get("dir") == "rtl" else "",
        language=_language(element),
        source=source,
        frame=max(0, int(number(title.get("x_frame")) or 0)),
    )
    return found_in(page, found)


def _region(element: Element, found: list[PageFinding]) -> Region:
    title, name = _properties(element), element.get("id") or ""
    inner = [_region(one, found) for one in _nested(element, set(_KINDS), _LINES)]
    lines = [_line(one, found) for one in _nested(element, _LINES, set(_KINDS))]
    group = element.get("data-group") == "lines"
    return Region(
        id=name,
        kind="" if group else _KINDS[_class(element)],
        type=element.get("data-type") or "",
        boundary=() if group else _outline(title),
        lines=tuple(lines),
        regions=tuple(inner),
        direction=_direction(element),
        language=_language(element),
    )


def _line(element: Element, found: list[PageFinding]) -> Line:
    title, name = _properties(element), element.get("id") or ""
    words = tuple(_word(one) for one in _nested(element, {"ocrx_word", "ocr_word"}, set()))
    words = tuple(word for word in words if word.text)
    text = " ".join(word.text for word in words) or _SPACE.sub(" ", content(element)).strip()
    readings = (Reading(text=text, words=words, confidence=_conf(title)),) if text else ()
    box = _bbox(title)
    return Line(
        id=name,
        baseline=_baseline(title, box),
        boundary=_outline(title),
        readings=readings,
        type=element.get("data-type") or "",
        direction=_direction(element),
        language=_language(element),
    )


def _word(element: Element) -> Word:
    title = _properties(element)
    return Word(
        id=element.get("id") or "",
        text=_SPACE.sub(" ", content(element)).strip(),
        boundary=_outline(title),
        confidence=_conf(title),
    )


def _bbox(title: dict[str, str]) -> Box | None:
    values = numbers(title.get("bbox", "")) or []
    if len(values) != 4 or values[2] <= values[0] or values[3] <= values[1]:
        return None
    return Box(*values)


def _outline(title: dict[str, str]) -> Polygon:
    values = numbers(title.get("poly", "")) or []
    if len(values) >= 6 and len(values) % 2 == 0:
        return tuple(zip(values[::2], values[1::2], strict=True))
    box = _bbox(title)
    return box.corners if box else ()


def _baseline(title: dict[str, str], box: Box | None) -> Polygon:
    """Slope and height at the lower left corner, upwards negative."""
    values = numbers(title.get("baseline", "")) or []
    if box is None or len(values) != 2:
        return ()
    slope, foot = values
    start = box.lower + foot
    end = round(start + slope * box.width, 2)
    return (box.left, start), (box.right, end)


def _conf(title: dict[str, str]) -> float | None:
    value = number(title.get("x_wconf"))
    return None if value is None else min(max(value / 100, 0.0), 1.0)


def _direction(element: Element) -> Direction:
    return {"rtl": "rl", "ltr": "lr"}.get(element.get("dir") or "", "")  # type: ignore[return-value]


def _language(element: Element) -> str:
    return element.get("lang") or ""


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
