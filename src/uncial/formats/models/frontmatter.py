"""Front matter of model cards: the part of YAML that cards are written in, read and written.

Mappings and lists in block form, mappings in lists, plain and quoted scalars, lists in brackets,
text that is kept (``|``) or folded (``>``), comments. Anchors, aliases, tags and further documents
are refused: a card from elsewhere may be hostile.

Source: YAML 1.2.2, chapters 6 to 8; HTRMoPo model card v1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from uncial.errors import FormatError

MOST: Final = 1 << 20
"""Characters of a card that are looked at."""
_DEEPEST: Final = 8
_SPACE: Final = " \t\r"
_KEY: Final = re.compile(
    r"""("[^"]*"|'[^']*'|[^\s"'\[{#&*!|>%@`-][^:#]*?|-[^\s:#][^:#]*?):(?:\s+|$)"""
)
_NUMBER: Final = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_FENCE: Final = re.compile(r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^---[ \t]*$\r?\n?(.*)\Z", re.S | re.M)


def split(card: str) -> tuple[dict[str, Any], str]:
    """Front matter and text of a card; nothing and the whole where it has none.

    Raises:
        FormatError: The front matter is not written in the part of YAML that is read here.
    """
    found = _FENCE.match(card[:MOST])
    if found is None:
        return {}, card
    return read(found[1]), found[2].lstrip("\r\n")


def read(text: str) -> dict[str, Any]:
    """A mapping, as plain values: text, numbers, truth values, None, lists, mappings.

    Raises:
        FormatError: It is none, or not written in the part of YAML that is read here.
    """
    lines = [
        _Line(number, len(line) - len(line.lstrip(" ")), line.strip(_SPACE), line)
        for number, line in enumerate(re.split(r"\r?\n", text), start=1)
    ]
    reader = _Reader(lines)
    value = reader.block(0, 0)
    if reader.peek() is not None:
        raise reader.fault("what stands here belongs to nothing")
    if not isinstance(value, dict):
        raise FormatError("front matter that is no mapping", remedy="write the card again")
    return value


def write(values: Mapping[str, Any]) -> Iterator[str]:
    """Scalars, lists of them or of mappings, and flat mappings, as lines of YAML."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{key}:"
            yield from (f"  {inner}: {_scalar(each)}" for inner, each in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{key}:"
            for item in value:
                if isinstance(item, Mapping):
                    marks = ["- ", *["  "] * (len(item) - 1)]
                    pairs = zip(marks, item.items(), strict=True)
                    yield from (f"{mark}{inner}: {_scalar(each)}" for mark, (inner, each) in pairs)
                else:
                    yield f"- {_scalar(item)}"
        else:
            yield f"{key}: {_scalar(value)}"


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class _Line:
    """One line: its number, how far it is indented, what stands on it, and all of it."""

    number: int
    indent: int
    text: str
    raw: str


class _Reader:
    def __init__(self, lines: list[_Line]) -> None:
        self._lines = lines
        self._at = 0

    def peek(self) -> _Line | None:
        """The next line that says something."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.text and not line.text.startswith("#"):
                if "\t" in line.raw[: len(line.raw) - len(line.raw.lstrip())]:
                    raise self.fault("a tab before a value")
                return line
            self._at += 1
        return None

    def fault(self, what: str) -> FormatError:
        at = min(self._at, len(self._lines) - 1)
        number = self._lines[at].number if self._lines else 1
        return FormatError(f"front matter, line {number}: {what}", remedy="write the card again")

    def block(self, indent: int, depth: int) -> Any:  # noqa: ANN401 - YAML
        """A mapping or list that is indented by `indent` or more."""
        line = self.peek()
        if line is None or line.indent < indent:
            return None
        if depth > _DEEPEST:
            raise self.fault("too deep")
        if _is_item(line.text):
            return self._list(line.indent, depth)
        return self._mapping(line.indent, depth)

    def _list(self, indent: int, depth: int) -> list[Any]:
        made: list[Any] = []
        while (line := self.peek()) is not None and line.indent == indent and _is_item(line.text):
            inside = line.text[1:].lstrip()
            shift = len(line.text) - len(inside)
            if _KEY.match(inside) or _is_item(inside):  # a block that begins behind the dash
                moved = _Line(line.number, indent + shift, inside, " " * (indent + shift) + inside)
                self._lines[self._at] = moved
                made.append(self.block(indent + 1, depth + 1))
            elif inside and not inside.startswith("#"):
                made.append(self._value(inside, indent, depth))
            else:
                self._at += 1
                made.append(self.block(indent + 1, depth + 1))
        return made

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while (line := self.peek()) is not None and line.indent == indent:
            found = _KEY.match(line.text)
            if found is None or _is_item(line.text):
                raise self.fault(f"neither a key nor its value: {line.text[:40]}")
            key = str(_plain(found[1]))
            rest = line.text[found.end() :]
            if rest and not rest.startswith("#"):
                made[key] = self._value(rest, indent, depth)
                continue
            self._at += 1
            below = self.peek()
            same = below is not None and below.indent == indent and _is_item(below.text)
            made[key] = self.block(indent if same else indent + 1, depth + 1)
        return made

    def _value(self, text: str, indent: int, depth: int) -> Any:  # noqa: ANN401 - YAML
        """What stands behind a key or dash, and the lines that go on with it."""
        self._at += 1
        if text[0] in "|>":
            return self._long(text, indent)
        if text[0] in "&*!%@`{":
            self._at -= 1
            raise self.fault(f"this part of YAML is not read: {text[:20]}")
        parts = [text]
        quote = text[0] if text[0] in "\"'" else ""
        while (line := self._next_part(parts, quote, indent)) is not None:
            parts.append(line)
        whole = " ".join(parts)
        if whole[0] == "[":
            return self._in_brackets(whole)
        return _plain(whole)

    def _next_part(self, parts: Sequence[str], quote: str, indent: int) -> str | None:
        """A further line of a value: one that is open, or that stands deeper than its key."""
        whole = " ".join(parts)
        is_open = (quote and not _is_closed(whole, quote)) or (
            whole[0] == "[" and "]" not in _uncommented(whole)
        )
        line = self.peek()
        if line is None or (line.indent <= indent and not is_open):
            if is_open:
                raise self.fault("a value that does not end")
            return None
        if not is_open and _KEY.match(line.text):
            raise self.fault(f"a key inside of a value: {line.text[:40]}")
        self._at += 1
        return line.text

    def _long(self, mark: str, indent: int) -> str:
        """Text that is kept as it is, or folded into paragraphs."""
        kept: list[str] = []
        margin = -1
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.text and line.indent <= indent:
                break
            margin = line.indent if margin < 0 and line.text else margin
            kept.append(line.raw[max(margin, 0) :].rstrip())
            self._at += 1
        text = "\n".join(kept).strip("\n")
        if mark[0] == ">":
            text = re.sub(r"\n+", lambda gap: gap[0][1:] or " ", text)
        return text if "-" in mark else f"{text}\n"

    def _in_brackets(self, text: str) -> list[Any]:
        inside = _uncommented(text).strip()
        if not inside.endswith("]") or "[" in inside[1:] or "{" in inside:
            raise self.fault(f"a list that is not read: {text[:40]}")
        parts = re.findall(
            r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]+?)\s*(?:,|$)""", inside[1:-1]
        )
        return [_plain(part) for part in parts if part.strip()]


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _is_closed(text: str, quote: str) -> bool:
    """Whether a quoted text has its last quote."""
    if quote == "'":
        return text.count("'") % 2 == 0
    return re.match(r'"(?:[^"\\]|\\.)*"', text) is not None


def _uncommented(text: str) -> str:
    return re.sub(r"(?:^|\s)#.*$", "", text)


def _plain(text: str) -> Any:  # noqa: ANN401 - YAML
    """A scalar: quoted text, number, truth value, nothing, or the text as it stands."""
    text = text.strip()
    if text.startswith('"'):
        whole = re.match(r'"(?:[^"\\]|\\.)*"', text)
        try:
            return json.loads(whole[0], strict=False) if whole else text
        except ValueError:
            return text.strip('"')
    if text.startswith("'"):
        end = re.match(r"'((?:[^']|'')*)'", text)
        return end[1].replace("''", "'") if end else text
    text = _uncommented(text).strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _NUMBER.fullmatch(text):
        return float(text) if re.search(r"[.eE]", text) else int(text)
    return text
