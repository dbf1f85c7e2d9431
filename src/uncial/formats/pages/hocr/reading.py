"""hOCR → `Page`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from uncial.errors import FormatError
from uncial.formats.pages.base import PagesRead, gathered
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.markup import Element, content, local, number, numbers
from uncial.formats.pages.mending import found_in
from uncial.page.geometry import Box
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
_LINES: Final = {"ocr_line", "ocrx_line", "ocr_header", "ocr_caption", "ocr_textfloat"}
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
        return gathered(_page(element, name) for element in found)


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
