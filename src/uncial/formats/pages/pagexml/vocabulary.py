"""Words of PAGE XML and ours for the same things.

Source: pagecontent schemas 2013-07-15 and 2019-07-15, their simple types.
"""

from __future__ import annotations

import re
from typing import Final

from uncial.page.layout import Direction, RegionKind

NAMESPACE: Final = "http://schema.primaresearch.org/PAGE/gts/pagecontent/"
OLDEST: Final = "2009-03-16"

KINDS: Final[dict[str, tuple[RegionKind, str]]] = {
    "TextRegion": ("text", ""),
    "TableRegion": ("table", ""),
    "ImageRegion": ("image", ""),
    "GraphicRegion": ("graphic", ""),
    "SeparatorRegion": ("separator", ""),
    "MathsRegion": ("math", ""),
    "MusicRegion": ("music", ""),
    "NoiseRegion": ("noise", ""),
    "UnknownRegion": ("other", ""),
    "LineDrawingRegion": ("graphic", "LineDrawing"),
    "ChartRegion": ("graphic", "Chart"),
    "MapRegion": ("graphic", "Map"),
    "ChemRegion": ("math", "Chem"),
    "AdvertRegion": ("other", "Advert"),
    "CustomRegion": ("other", "Custom"),
    "FrameRegion": ("other", "Frame"),
}
"""Kind and, where it says more, type by element."""
ELEMENTS: Final = {meaning: name for name, meaning in KINDS.items() if name != "FrameRegion"}
NOT_IN_2013: Final = {"MapRegion", "CustomRegion"}

TEXT_TYPES: Final = frozenset(
    {
        *("paragraph", "heading", "caption", "header", "footer", "page-number", "drop-capital"),
        *("credit", "floating", "signature-mark", "catch-word", "marginalia", "footnote"),
        *("footnote-continued", "endnote", "TOC-entry", "list-label", "other"),
    }
)
"""Values of ``TextRegion/@type`` since 2017; those of `NEWER_TEXT_TYPES` not before."""
NEWER_TEXT_TYPES: Final = frozenset({"list-label"})
GRAPHIC_TYPES: Final = frozenset(
    {
        *("logo", "letterhead", "decoration", "frame", "handwritten-annotation", "stamp"),
        *("signature", "barcode", "paper-grow", "punch-hole", "other"),
    }
)

READING: Final[dict[tuple[str, str], Direction]] = {
    ("left-to-right", ""): "lr",
    ("left-to-right", "top-to-bottom"): "lr",
    ("right-to-left", ""): "rl",
    ("right-to-left", "top-to-bottom"): "rl",
    ("top-to-bottom", "left-to-right"): "vertical-lr",
    ("top-to-bottom", "right-to-left"): "vertical-rl",
    ("top-to-bottom", ""): "vertical-rl",
}
"""Our direction by ``readingDirection`` and ``textLineOrder``."""
WRITING: Final[dict[Direction, tuple[str, str]]] = {
    "lr": ("left-to-right", "top-to-bottom"),
    "rl": ("right-to-left", "top-to-bottom"),
    "vertical-lr": ("top-to-bottom", "left-to-right"),
    "vertical-rl": ("top-to-bottom", "right-to-left"),
}

_PAIRS: Final = (
    "ar=Arabic cs=Czech cy=Welsh da=Danish de=German el=Greek en=English es=Spanish et=Estonian "
    "eu=Basque fa=Persian fi=Finnish fr=French ga=Irish he=Hebrew hi=Hindi hr=Croatian "
    "hu=Hungarian hy=Armenian is=Icelandic it=Italian ja=Japanese ka=Georgian ko=Korean la=Latin "
    "lt=Lithuanian lv=Latvian nl=Dutch no=Norwegian pl=Polish pt=Portuguese ro=Romanian "
    "ru=Russian sa=Sanskrit sk=Slovak sl=Slovene sq=Albanian sr=Serbian sv=Swedish ta=Tamil "
    "th=Thai tr=Turkish uk=Ukrainian ur=Urdu vi=Vietnamese yi=Yiddish zh=Chinese"
)
LANGUAGES: Final[dict[str, str]] = dict(pair.split("=") for pair in _PAIRS.split())
"""PAGE names a language in English; ours are tags of BCP 47."""
TAGS: Final = {name: tag for tag, name in LANGUAGES.items()}

GROUP: Final = "eSc_dummyblock_"
"""Beginning of the id of a region that only gathers lines without a region (eScriptorium)."""

_CUSTOM = re.compile(r"([\w-]+)\s*\{([^{}]*)\}")


def custom_of(text: str | None) -> dict[str, dict[str, str]]:
    """What a ``custom`` attribute says: ``name {key:value; …} …``; the first of a name counts."""
    found: dict[str, dict[str, str]] = {}
    for name, body in _CUSTOM.findall((text or "")[:20_000]):
        pairs = (part.partition(":") for part in body.split(";"))
        values = {key.strip(): _unescaped(value.strip()) for key, sep, value in pairs if sep}
        found.setdefault(name, values)
    return found


def custom_text(values: dict[str, dict[str, str]]) -> str | None:
    """A ``custom`` attribute; None where there is nothing to say."""
    parts = [
        f"{name} {{{' '.join(f'{key}:{_escaped(value)};' for key, value in body.items())}}}"
        for name, body in values.items()
        if body
    ]
    return " ".join(parts) or None


def _escaped(value: str) -> str:
    r"""Transkribus writes what would end a value as ``\uXXXX``."""
    return re.sub(r"[{};:\\]", lambda match: f"\\u{ord(match[0]):04x}", value)


def _unescaped(value: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), value)
