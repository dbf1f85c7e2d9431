r"""Texts of pages without places: plain text, TEI and Word files → one string.

Lines end in ``\n`` where the file ends them (``lb`` and paragraphs of TEI, paragraphs and
breaks of Word), pages in ``\f`` where it marks them.

Source: TEI P5 (``lb``, ``pb``); ECMA-376 through python-docx.
"""

from __future__ import annotations

import importlib
import io
import re
import zipfile
from pathlib import Path
from typing import Final

from lxml import etree

from uncial.errors import FormatError, MissingDependency
from uncial.formats.lines.archives import DAMAGE
from uncial.formats.pages.markup import local, parse, root_of

MAX_TRANSCRIPT: Final = 256 * 2**20
_BLOCKS: Final = {"p", "ab", "l", "lg", "head", "div", "item", "row", "note", "fw"}
_SPACE = re.compile(r"[ \t\r\n]+")


def read_transcript(path: Path) -> str:
    """The text of a file.

    Raises:
        FormatError: It cannot be read, or holds no text.
        MissingDependency: It is a Word file, and python-docx is not installed.
    """
    try:
        size, data = path.stat().st_size, path.read_bytes()[: MAX_TRANSCRIPT + 1]
    except OSError as error:
        raise FormatError(
            f"{path}: {error.strerror}", remedy="name a file with the text"
        ) from error
    if size > MAX_TRANSCRIPT:
        raise FormatError(f"{path}: a file of {size:,} bytes", remedy="split it")
    if data[:4] == b"PK\x03\x04":
        text = _docx(data, path)
    elif root_of(data[:4096])[0] in ("TEI", "teiCorpus"):
        text = _tei(data, path)
    else:
        text = _plain(data, path)
    if not text.strip():
        raise FormatError(f"{path}: no text in it", remedy="name a file with the text")
    return text


def _plain(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: not UTF-8", offset=error.start, remedy="save the text as UTF-8"
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _docx(data: bytes, path: Path) -> str:
    try:
        docx = importlib.import_module("docx")
    except ImportError as error:
        raise MissingDependency(
            "Word files are read with python-docx, which is not installed",
            remedy="pip install 'uncial[docx]'",
        ) from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 4 * MAX_TRANSCRIPT:
                raise FormatError(f"{path}: unpacks to too much", remedy="save it as plain text")
        document = docx.Document(io.BytesIO(data))
        return "\n".join(str(paragraph.text) for paragraph in document.paragraphs)
    except (*DAMAGE, KeyError, etree.XMLSyntaxError) as error:
        if isinstance(error, FormatError):
            raise
        raise FormatError(
            f"{path}: no Word file that can be read: {error}", remedy="save it as plain text"
        ) from error


def _tei(data: bytes, path: Path) -> str:
    """The text of the body; white space is one space, as TEI has it."""
    root = parse(data, str(path))
    body = next((one for one in root.iter() if local(one) == "text"), None)
    parts: list[str] = []
    for event, element in etree.iterwalk(body if body is not None else root,
                                         events=("start", "end")):  # fmt: skip
        if not isinstance(element, etree._Element):
            continue
        name = local(element)
        if event == "start":
            parts.append({"lb": "\n", "pb": "\f"}.get(name, "\n" if name in _BLOCKS else ""))
            parts.append(_SPACE.sub(" ", str(element.text or "")))
        else:
            parts.append("\n" if name in _BLOCKS else "")
            parts.append(_SPACE.sub(" ", str(element.tail or "")))
    text = "".join(parts)
    return re.sub(r" *\n[ \n]*", "\n", text).strip()
