"""The running text of XML files, line by line: ALTO, PAGE, TEI, and whatever else has text.

Only text is read here, for corpora; what is where on a page is another matter.

Sources: ALTO 4 (``TextLine/String@CONTENT``), PAGE 2019 (``TextLine/TextEquiv/Unicode``),
TEI P5 (``text``, with lines at ``lb``, ``l``, ``p``, ``ab`` and ``head``).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from uncial.errors import FormatError

_BREAKS = {"lb", "l", "p", "ab", "head", "cell", "item", "note", "div", "pb", "cb", "sp"}
_SILENT = {"teiHeader", "figDesc", "sic", "orig", "abbr", "del"}  # beside what is read instead


def text_lines(data: bytes, name: str) -> list[str]:
    """Lines of text of an XML file, without those that are empty.

    Args:
        data: Of the file.
        name: For messages.

    Raises:
        FormatError: It is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(f"{name}: not XML: {error}", remedy="leave the file out") from error
    kind = _local(root)
    lines = _alto(root) if kind == "alto" else _page(root) if kind == "PcGts" else _running(root)
    return [line for line in (" ".join(text.split()) for text in lines) if line]


def _alto(root: etree._Element) -> Iterator[str]:
    for line in root.iter("{*}TextLine"):
        yield " ".join(string.get("CONTENT", "") for string in line.iter("{*}String"))


def _page(root: etree._Element) -> Iterator[str]:
    for line in root.iter("{*}TextLine"):
        found = line.find("{*}TextEquiv/{*}Unicode")
        yield (found.text if found is not None else "") or ""


def _running(root: etree._Element) -> Iterator[str]:
    """Text of any XML, broken where TEI has lines and paragraphs."""
    body = root.find(".//{*}text")
    parts: list[str] = []
    _collect(body if body is not None else root, parts)
    yield from "".join(parts).split("\n")


def _collect(element: etree._Element, parts: list[str]) -> None:
    name = _local(element)
    if name and name not in _SILENT:
        if name in _BREAKS:
            parts.append("\n")
        parts.append((element.text or "").replace("\n", " "))
        for child in element:
            _collect(child, parts)
            parts.append((child.tail or "").replace("\n", " "))
        if name in _BREAKS:
            parts.append("\n")


def _local(element: etree._Element) -> str:
    """Tag without its namespace; ``""`` for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
