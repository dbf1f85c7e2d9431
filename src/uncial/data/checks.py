"""Whether one line can be learned from: its text, its image, and the two together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from uncial.data.findings import KINDS
from uncial.data.images import ImageFacts, ImageFault, examine_image

MIN_PX_PER_CHARACTER: Final = 2.0
"""Narrower characters cannot be told apart, px."""
MIN_HEIGHTS_PER_CHARACTER: Final = 1 / 32
"""Nor can characters this narrow beside the line's height."""
MAX_HEIGHTS_PER_CHARACTER: Final = 12.0
"""A character this wide beside the line's height means that text is missing."""
MAX_WIDTH_BY_HEIGHT: Final = 128
"""Wider images are squeezed by what reads them, or refused, as by Tesseract."""

_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# UTF-8 lead byte and continuation byte, each read as one character of Latin-1 or CP1252.
_MOJIBAKE = re.compile("[\u00c2-\u00ef][\u0080-\u00bf\u20ac\u2018-\u2122\u0152-\u0192]")


class Problem(NamedTuple):
    """A finding without its line; `code` is a key of `KINDS`."""

    code: str
    detail: str = ""

    @property
    def fatal(self) -> bool:
        """Whether the line must be left out."""
        return KINDS[self.code].severity == "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks say about one line.

    Attributes:
        text: Ground truth without its line end; ``""`` where it cannot be read.
        image: Facts about the image; None where it cannot be used.
        problems: In the order found.
    """

    text: str
    image: ImageFacts | None
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> bool:
        """Whether the line may be stored."""
        return self.image is not None and not any(problem.fatal for problem in self.problems)


def check_line(image: bytes | None, text: bytes | str | None) -> Verdict:
    """Judge one line as it was found.

    Args:
        image: Encoded bytes, or None where there is none.
        text: Bytes of a text file or a table's cell, or None where there is none.
    """
    problems: list[Problem] = []
    read = _read_text(text)
    if isinstance(read, Problem):
        problems.append(read)
        read = ""
    else:
        problems.extend(_text_problems(read))
    facts = Problem("missing-image") if image is None else _read_image(image)
    if isinstance(facts, Problem):
        problems.append(facts)
        return Verdict(read, None, tuple(problems))
    if facts.frames > 1:
        problems.append(Problem("several-frames", f"{facts.frames} frames"))
    if facts.width > MAX_WIDTH_BY_HEIGHT * facts.height:
        problems.append(Problem("image-too-wide", f"{facts.width} × {facts.height} px"))
    if read.strip():
        problems.extend(_fit_problems(read, facts))
    return Verdict(read, facts, tuple(problems))


def _read_image(data: bytes) -> ImageFacts | Problem:
    facts = examine_image(data)
    return Problem(facts.code, facts.detail) if isinstance(facts, ImageFault) else facts


def _read_text(raw: bytes | str | None) -> str | Problem:
    """Text without byte order mark and line end."""
    if raw is None:
        return Problem("missing-text")
    if isinstance(raw, bytes):
        if raw.startswith(_UTF16_BOMS) or b"\0" in raw:
            return Problem("wrong-encoding", "it looks like UTF-16")
        try:
            raw = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return Problem("wrong-encoding", f"byte 0x{raw[error.start]:02X} at {error.start}")
    stray = _SURROGATE.search(raw)
    if stray:
        return Problem("wrong-encoding", f"byte 0x{ord(stray[0]) & 0xFF:02X}")
    return raw.removeprefix("\ufeff").strip("\r\n")


def _text_problems(text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem("empty-text")
        return
    if "\n" in text or "\r" in text:
        yield Problem("several-lines", f"{len(text.splitlines())} lines")
    found = sorted(set(_CONTROL.findall(text)) - {"\n", "\r"})
    if found:
        yield Problem("control-character", ", ".join(f"U+{ord(c):04X}" for c in found))
    if text.isascii():
        return
    if "\ufffd" in text:
        yield Problem("replacement-character", f"{text.count(chr(0xFFFD))} × U+FFFD")
    if _MOJIBAKE.search(text):
        repaired = _unmangled(text)
        if repaired:
            yield Problem("mojibake", f"perhaps {repaired!r}")


def _unmangled(text: str) -> str:
    """The text that became `text` by reading UTF-8 as Latin-1 or CP1252, or ``""``."""
    for encoding in ("latin-1", "cp1252"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return ""


def _fit_problems(text: str, image: ImageFacts) -> Iterator[Problem]:
    characters = sum(not unicodedata.combining(c) for c in text.strip()) or 1
    each = image.width / characters
    seen = f"{characters} characters in {image.width} × {image.height} px"
    if each < max(MIN_PX_PER_CHARACTER, image.height * MIN_HEIGHTS_PER_CHARACTER):
        yield Problem("impossible-length", seen)
    elif each > image.height * MAX_HEIGHTS_PER_CHARACTER:
        yield Problem("sparse-text", seen)
