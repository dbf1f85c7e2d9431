"""Pages ↔ JSON: everything that the page model holds, and nothing else.

An object ``{"uncial": "pages", "version": 1, "pages": […]}``; each object of the page model is
an object with its fields by name, those with their default value left out.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
from collections.abc import Sequence
from typing import Final, Literal, Union, cast, get_args, get_origin, get_type_hints

from uncial.errors import FormatError
from uncial.formats.pages.base import Images, PagesRead, Written
from uncial.formats.pages.findings import PageFinding
from uncial.formats.pages.mending import mend
from uncial.page.layout import Page

VERSION: Final = 1
_MARK: Final = b'"uncial": "pages"'


class JsonFormat:
    """Reads and writes pages as JSON.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".json"
    many = True

    def recognizes(self, head: bytes) -> bool:
        """Whether the file begins with our mark."""
        return head.lstrip()[:1] == b"{" and _MARK in head[:200]

    def read(self, data: bytes, name: str) -> PagesRead:
        """The pages of a file.

        Raises:
            FormatError: Not JSON, of a newer version, or with fields that are none of ours.
        """
        try:
            whole = json.loads(data)
            if whole["version"] != VERSION:
                raise FormatError(
                    f"{name}: version {whole['version']} of our pages",
                    remedy="read it with a newer Uncial",
                )
            pages = [cast("Page", _made(Page, one, "page")) for one in whole["pages"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, FormatError):
                raise
            raise FormatError(
                f"{name}: not pages as JSON: {error}", remedy="write the file again"
            ) from error
        findings: list[PageFinding] = []
        sound = []
        for page in pages:
            fitted, found = mend(dataclasses.replace(page, source=name))
            sound.append(fitted)
            findings += found
        return PagesRead(pages=tuple(sound), findings=tuple(findings))

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """A file that holds these pages whole."""
        whole = {"uncial": "pages", "version": VERSION, "pages": [_plain(page) for page in pages]}
        text = json.dumps(whole, ensure_ascii=False, separators=(", ", ": "))
        return Written(data=text.encode("utf-8", "replace"))


def _plain(value: object) -> object:
    """A dataclass as an object without its defaults; anything else as it is."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    found = {
        field.name: _plain(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if getattr(value, field.name) != field.default
    }
    if isinstance(value, Page):
        found.pop("source", None)  # where it was read from is where it is read from next
    return found


def _made(kind: object, value: object, where: str) -> object:
    """`value` as an instance of a type of the page model.

    Raises:
        TypeError: It is something else.
    """
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, dict):
            raise TypeError(f"{where} is no object")
        hints = get_type_hints(kind)
        unknown = value.keys() - hints.keys()
        if unknown:
            raise TypeError(f"{where} has no {', '.join(sorted(unknown))}")
        return kind(**{key: _made(hints[key], one, f"{where}.{key}") for key, one in value.items()})
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(f"{where} is no list")
        inner = [args[0]] * len(value) if args[-1] is Ellipsis else list(args)
        if len(inner) != len(value):
            raise TypeError(f"{where} has {len(value)} items")
        return tuple(_made(one, item, where) for one, item in zip(inner, value, strict=True))
    if origin is Literal:
        if value not in args:
            raise TypeError(f"{where} is {value!r}")
        return value
    if origin in (Union, types.UnionType):
        return None if value is None else _made(args[0], value, where)
    return _simple(kind, value, where)


def _simple(kind: object, value: object, where: str) -> object:
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise TypeError(f"{where} is not finite")
        return float(value)
    wrong = isinstance(value, bool) and kind is not bool
    if not isinstance(kind, type) or not isinstance(value, kind) or wrong:
        raise TypeError(f"{where} is {value!r}")
    return value


FORMAT = JsonFormat()
