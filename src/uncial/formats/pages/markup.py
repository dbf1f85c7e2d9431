"""XML of pages, read without harm and written without surprise.

A document type is refused, and with it every entity but the five of XML: none is expanded,
none is fetched. Sizes and depths are those of libxml2 without its ``huge`` option.

Source: XML 1.0 (W3C 2008) for names and characters; libxml2 through lxml.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from lxml import etree

from uncial.errors import FormatError
from uncial.formats.pages.findings import PageFinding
from uncial.page.layout import Point, Polygon

MAX_NUMBER: Final = 1e7
"""Coordinates beyond this many px are no coordinates."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_BAD_START = re.compile(r"^[^A-Za-z_\u00C0-\u024F\u0370-\u1FFF\u3040-\uD7FF]")
_BAD_NAME = re.compile(r"[^-.\w\u00B7]")

Element = etree._Element


def parse(data: bytes, name: str) -> Element:
    """The root element of an XML file.

    Args:
        data: The file.
        name: For messages.

    Raises:
        FormatError: Not well-formed, or with a document type.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(
            f"{name}: not well-formed XML: {error.msg}", remedy="export the file again"
        ) from error
    except (ValueError, LookupError) as error:
        raise FormatError(f"{name}: not XML: {error}", remedy="export the file again") from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise FormatError(
            f"{name}: has a document type (DOCTYPE), which may hide hostile entities",
            remedy="remove the DOCTYPE from the file if you trust it",
        )
    return root


def root_of(head: bytes) -> tuple[str, str]:
    """Name and namespace of the root element by the beginning of a file.

    Returns:
        Both empty where there is no root element.
    """
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, recover=True
    )
    try:
        parser.feed(head)
        for _, element in parser.read_events():
            if isinstance(element, etree._Element):
                name = etree.QName(element)
                return name.localname, name.namespace or ""
    except (etree.XMLSyntaxError, ValueError, LookupError):
        pass
    return "", ""


def local(element: Element) -> str:
    """Name of an element without its namespace; ``""`` of what is none."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """Child elements of these names, or all, in order."""
    return [child for child in element if (local(child) in names if names else local(child))]


def child(element: Element, name: str) -> Element | None:
    """The first child of this name."""
    return next((found for found in element if local(found) == name), None)


def content(element: Element | None) -> str:
    """All text in an element."""
    return "" if element is None else "".join(map(str, element.itertext()))


def number(text: str | None) -> float | None:
    """A finite number of sane size, or None."""
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text)
    return value if math.isfinite(value) and abs(value) <= MAX_NUMBER else None


def numbers(text: str) -> list[float] | None:
    """All numbers of a list, whatever parts them; None where something is no number."""
    parts = text.replace(",", " ").split()
    found = [number(part) for part in parts]
    known = [value for value in found if value is not None]
    return known if len(known) == len(found) else None


def points(text: str | None) -> Polygon | None:
    """Points of ``x,y x,y`` or ``x y x y``; empty of nothing, None where they cannot be read."""
    values = numbers(text or "")
    if values is None or len(values) % 2:
        return None
    pairs = zip(values[::2], values[1::2], strict=True)
    return tuple((x, y) for x, y in pairs)


def shown(value: float, digits: int = 2) -> str:
    """A number as short as it can be written."""
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".") or "0"


def points_text(polygon: Iterable[Point], *, parted: str = ",") -> str:
    """Points as ``x,y x,y``."""
    return " ".join(f"{shown(x)}{parted}{shown(y)}" for x, y in polygon)


def fit(text: str) -> str:
    """The text without characters that no XML file may hold."""
    return _UNFIT.sub("", text)


def name_of(text: str, fallback: str = "id") -> str:
    """An id that XML allows, near to `text`."""
    name = _BAD_NAME.sub("_", text) or fallback
    return f"_{name}" if _BAD_START.match(name) else name


class Names:
    """Ids, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str, fallback: str) -> str:
        """`wanted` if XML allows it and it is free, else something near to it."""
        name = name_of(wanted, fallback) if wanted else fallback
        unique, count = name, 1
        while unique in self._taken:
            count += 1
            unique = f"{name}_{count}"
        self._taken.add(unique)
        return unique


def add(parent: Element, tag: str, values: Mapping[str, str | None] | None = None) -> Element:
    """A new child in the namespace of its parent, with the attributes that have a value."""
    space = etree.QName(parent).namespace
    element = etree.SubElement(parent, f"{{{space}}}{tag}" if space else tag)
    for key, value in (values or {}).items():
        if value is not None:
            element.set(key, fit(value))
    return element


def bytes_of(root: Element) -> bytes:
    """A UTF-8 file with declaration and indentation."""
    etree.indent(root, space="  ")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def confidence(text: str | None, found: list[PageFinding], element: str) -> float | None:
    """A confidence of 0-1; percents are brought there, anything else is left out."""
    if text is None or not text.strip():
        return None
    value = number(text)
    if value is not None and 0 <= value <= 1:
        return value
    found.append(PageFinding(code="bad-confidence", element=element, detail=text[:20]))
    return value / 100 if value is not None and 1 < value <= 100 else None


def confidence_text(value: float | None) -> str | None:
    """A confidence as it is written; None where it is unknown."""
    return None if value is None else repr(float(min(max(value, 0.0), 1.0)))
