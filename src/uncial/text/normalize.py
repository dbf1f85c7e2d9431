"""Named rules that make two spellings of the same text equal.

A model stores the pipeline it was trained with, and every score applies one pipeline to
both sides, so no number depends on how a file happened to be encoded.

Source: Unicode Standard Annex #15 (normalization forms); the relaxed rules follow what
OCR-D and dinglehopper treat as equal in historical print.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, cast

from uncial.errors import ConfigError
from uncial.registry import Registry
from uncial.text.graphemes import graphemes

Rule = Callable[[str], str]
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_FORMS = ("nfc", "nfd", "nfkc", "nfkd")
_MAP = "map:"

RULES: Registry[Rule] = Registry(
    "normalization",
    {
        "nfc": "uncial.text.normalize:nfc",
        "nfd": "uncial.text.normalize:nfd",
        "nfkc": "uncial.text.normalize:nfkc",
        "nfkd": "uncial.text.normalize:nfkd",
        "spaces": "uncial.text.normalize:spaces",
        "controls": "uncial.text.normalize:controls",
        "case": "uncial.text.normalize:case",
        "punctuation": "uncial.text.normalize:punctuation",
        "diacritics": "uncial.text.normalize:diacritics",
        "quotes": "uncial.text.normalize:quotes",
        "dashes": "uncial.text.normalize:dashes",
        "ligatures": "uncial.text.normalize:ligatures",
        "long-s": "uncial.text.normalize:long_s",
        "u-v": "uncial.text.normalize:u_v",
        "i-j": "uncial.text.normalize:i_j",
    },
)


@dataclass(frozen=True)
class Normalization:
    """A pipeline of named rules, applied left to right.

    When a Unicode form is among the rules the result is in that form (the last one named),
    whatever later rules removed.

    Attributes:
        rules: Names in `RULES`, or a table of replacements as `replacing` writes it.

    Raises:
        ConfigError: A rule has no such name.
    """

    rules: tuple[str, ...] = ("nfc", "spaces")

    DEFAULT: ClassVar[Normalization]

    def __post_init__(self) -> None:
        _steps(self.rules)

    def __call__(self, text: str) -> str:
        """Apply every rule."""
        for step in _steps(self.rules):
            text = step(text)
        return text

    @property
    def name(self) -> str:
        """The rules joined by ``+``; `named` reads it back."""
        return "+".join(self.rules)

    @classmethod
    def named(cls, name: str) -> Normalization:
        """The pipeline that `name` spells, e.g. ``"nfc+spaces+long-s"``.

        Raises:
            ConfigError: A rule has no such name, or one is empty.
        """
        rules = tuple(rule.strip() for rule in name.split("+")) if name else ()
        if "" in rules:
            raise ConfigError(
                f"normalization {name!r} has an empty rule",
                remedy=f"join rules by a single +, out of {', '.join(RULES)}",
            )
        return cls(rules)


def replacing(table: Mapping[str, str]) -> str:
    """The name of a rule that replaces graphemes, by code points: ``map:17F=73,AD=``.

    Args:
        table: Replacement by grapheme; an empty one drops it.
    """
    pairs = (f"{_code_points(old)}={_code_points(new)}" for old, new in sorted(table.items()))
    return _MAP + ",".join(pairs)


def _code_points(text: str) -> str:
    return ".".join(f"{ord(char):X}" for char in text)


def _text(points: str) -> str:
    return "".join(chr(int(point, 16)) for point in points.split(".") if point)


def _replacement(name: str) -> Rule:
    """The rule that `replacing` has named."""
    try:
        pairs = [pair.split("=") for pair in name.removeprefix(_MAP).split(",")]
        table = {_text(old): _text(new) for old, new in pairs}
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"normalization rule {name!r} is no table of code points",
            remedy="write it as map:17F=73,AD= with hexadecimal numbers",
        ) from error

    def replaced(text: str) -> str:
        if not any(old in text for old in table):
            return text
        return "".join(table.get(one, one) for one in graphemes(text))

    return replaced


@lru_cache(maxsize=256)
def _steps(rules: tuple[str, ...]) -> tuple[Rule, ...]:
    steps = [_replacement(rule) if rule.startswith(_MAP) else RULES.get(rule) for rule in rules]
    forms = [rule for rule in rules if rule in _FORMS]
    if forms and rules[-1] != forms[-1]:
        steps.append(RULES.get(forms[-1]))  # dropping characters may have undone the form
    return tuple(steps)


def _form(form: str, text: str) -> str:
    return text if text.isascii() else unicodedata.normalize(cast("Form", form), text)


def nfc(text: str) -> str:
    """Compose: one code point per accented letter where Unicode has one."""
    return _form("NFC", text)


def nfd(text: str) -> str:
    """Decompose: letters and marks apart."""
    return _form("NFD", text)


def nfkc(text: str) -> str:
    """Compose and drop compatibility distinctions (ligatures, width, superscripts)."""
    return _form("NFKC", text)


def nfkd(text: str) -> str:
    """Decompose and drop compatibility distinctions."""
    return _form("NFKD", text)


def spaces(text: str) -> str:
    """Turn every run of white space into one space; trim both ends."""
    return " ".join(text.split())


def controls(text: str) -> str:
    """Drop invisible marks (bidi, soft hyphen, byte order, controls); keep joiners."""
    return _CONTROLS.sub("", text)


def case(text: str) -> str:
    """Fold case, ``ß`` to ``ss`` included."""
    return text.casefold()


def punctuation(text: str) -> str:
    """Drop every punctuation character (general category P)."""
    return "".join(char for char in text if not unicodedata.category(char).startswith("P"))


def diacritics(text: str) -> str:
    """Drop combining marks that sit on letters: ``é`` to ``e``, pointed to plain Hebrew."""
    parts = unicodedata.normalize("NFD", text)
    kept = "".join(char for char in parts if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", kept)


def quotes(text: str) -> str:
    """Straighten quotation marks, guillemets and apostrophes."""
    return text.translate(_QUOTES)


def dashes(text: str) -> str:
    """Make every dash, hyphen and minus a ``-``."""
    if text.isascii():
        return text
    return "".join("-" if _is_dash(char) else char for char in text)


def ligatures(text: str) -> str:
    """Spell out typographic ligatures (``ﬁ`` to ``fi``); letters such as ``æ`` stay."""
    return text.translate(_LIGATURES)


def long_s(text: str) -> str:
    """Make the long ``ſ`` a round ``s``."""
    return text.replace("ſ", "s")


def u_v(text: str) -> str:
    """Write ``v`` as ``u``, as early print does freely."""
    return text.translate(_U_V)


def i_j(text: str) -> str:
    """Write ``j`` as ``i``, as early print does freely."""
    return text.translate(_I_J)


def _is_dash(char: str) -> bool:
    return char == "\u2212" or unicodedata.category(char) == "Pd"


# C0 and C1 controls that are not white space, then the invisible format characters.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″〝〞", '"') | dict.fromkeys("‘’‚‛‹›′ʼ", "'"))
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ſt", "ﬆ": "st"}
    | {"Ĳ": "IJ", "ĳ": "ij"}
)
_U_V = str.maketrans("vV", "uU")
_I_J = str.maketrans("jJ", "iI")

Normalization.DEFAULT = Normalization()
