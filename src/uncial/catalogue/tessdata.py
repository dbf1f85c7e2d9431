"""Tesseract's models: the repositories tessdata_best and tessdata_fast.

Names are ``tessdata:deu_latf`` or ``tessdata:script/Fraktur`` for float models, which can be
trained, and ``tessdata:fast/deu_latf`` for those in 8-bit integers.

Source: GitHub REST API, git trees; github.com/tesseract-ocr/tessdata_best, tessdata_fast.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from uncial.catalogue.answers import DAY, as_object, items, mapping
from uncial.catalogue.entry import Asking, Entry, ModelFile, Query
from uncial.catalogue.hosts import host
from uncial.errors import ConfigError, InputError
from uncial.progress import Advanced

_REPOSITORIES: Final = {"": "tessdata_best", "fast/": "tessdata_fast"}
_NAME: Final = re.compile(r"(fast/)?((?:script/)?[A-Za-z0-9_]+)")
_SUFFIX: Final = ".traineddata"
_NOT_TEXT: Final = ("osd", "equ")
_SCRIPTS: Final = {
    "Arab": "ara fas pus snd uig urd", "Armn": "hye", "Beng": "asm ben", "Cans": "iku",
    "Cher": "chr", "Cyrl": "aze_cyrl bel bul kaz kir mkd mon rus srp tat tgk ukr uzb_cyrl",
    "Deva": "hin mar nep san", "Ethi": "amh tir", "Geor": "kat kat_old", "Grek": "ell grc",
    "Gujr": "guj", "Guru": "pan", "Hans": "chi_sim", "Hant": "chi_tra", "Hebr": "heb yid",
    "Jpan": "jpn", "Khmr": "khm", "Knda": "kan", "Kore": "kor", "Laoo": "lao",
    "Latf": "frk deu_latf", "Mlym": "mal", "Mymr": "mya", "Orya": "ori", "Sinh": "sin",
    "Syrc": "syr", "Taml": "tam", "Telu": "tel", "Thaa": "div", "Thai": "tha",
    "Tibt": "bod dzo", "Xsux": "akk",
}  # fmt: skip
"""ISO 15924 codes of languages that are not written in Latin letters."""
_NAMED: Final = {
    "Arabic": "Arab", "Armenian": "Armn", "Bengali": "Beng", "Canadian_Aboriginal": "Cans",
    "Cherokee": "Cher", "Cyrillic": "Cyrl", "Devanagari": "Deva", "Ethiopic": "Ethi",
    "Fraktur": "Latf", "Georgian": "Geor", "Greek": "Grek", "Gujarati": "Gujr",
    "Gurmukhi": "Guru", "HanS": "Hans", "HanT": "Hant", "Hangul": "Hang", "Hebrew": "Hebr",
    "Japanese": "Jpan", "Kannada": "Knda", "Khmer": "Khmr", "Lao": "Laoo", "Latin": "Latn",
    "Malayalam": "Mlym", "Myanmar": "Mymr", "Oriya": "Orya", "Sinhala": "Sinh",
    "Syriac": "Syrc", "Tamil": "Taml", "Telugu": "Telu", "Thaana": "Thaa", "Thai": "Thai",
    "Tibetan": "Tibt", "Vietnamese": "Latn",
}  # fmt: skip
_BY_LANGUAGE: Final = {
    language: script for script, languages in _SCRIPTS.items() for language in languages.split()
}


class Tessdata:
    """Every ``.traineddata`` of the repositories."""

    def find(self, query: Query, asking: Asking) -> Iterator[Entry]:
        """All of them."""
        for done, prefix in enumerate(_REPOSITORIES, start=1):
            yield from _entries(prefix, asking)
            reached = Advanced(stage="tessdata", done=done, total=len(_REPOSITORIES), unit="lists")
            asking.reporter(reached)

    def show(self, identifier: str, asking: Asking) -> Entry:
        """One by its name."""
        found = _NAME.fullmatch(identifier)
        if found is None:
            raise ConfigError(
                f"{identifier!r} is no name of a model of Tesseract",
                remedy="write tessdata:deu_latf, tessdata:script/Fraktur or tessdata:fast/deu_latf",
            )
        name = f"tessdata:{identifier}"
        for entry in _entries(found[1] or "", asking):
            if entry.name == name:
                return entry
        raise InputError(
            f"{name}: not in the repository", remedy="look for it with uncial models find"
        )


def _entries(prefix: str, asking: Asking) -> Iterator[Entry]:
    repository = f"tesseract-ocr/{_REPOSITORIES[prefix]}"
    url = f"{host('github')}/repos/{repository}/git/trees/main?recursive=1"
    tree = mapping(as_object(asking.answer(url, DAY), url))
    for one in items(tree.get("tree")):
        path, size = str(one.get("path") or ""), one.get("size")
        named = _NAME.fullmatch(path.removesuffix(_SUFFIX))
        if not path.endswith(_SUFFIX) or named is None or named[1]:
            continue
        file = ModelFile(
            name=PurePosixPath(path).name,
            address=f"{host('github-raw')}/{repository}/main/{quote(path)}",
            size=size if isinstance(size, int) and size > 0 else 0,
            digest=f"git:{one.get('sha')}" if one.get("sha") else "",
        )
        called = path.removesuffix(_SUFFIX)
        yield Entry(
            name=f"tessdata:{prefix}{called}",
            revision=str(one.get("sha") or "main"),
            title=f"Tesseract's {called}, {'8-bit integers' if prefix else 'float'}",
            licence="Apache-2.0",
            authors=("Tesseract",),
            software="tesseract",
            files=(file,),
            **_about(called),
        )


def _about(called: str) -> dict[str, Any]:
    """Kind, scripts and languages of a model, by its name."""
    if called in _NOT_TEXT:
        return {"kinds": ("orientation and script",) if called == "osd" else ("math",)}
    upright = called.removesuffix("_vert")
    if upright.startswith("script/"):
        found = _NAMED.get(upright.removeprefix("script/"))
        return {"kinds": ("recognition",), "scripts": (found,) if found else ()}
    named = upright.rpartition("_")[2]
    known = _BY_LANGUAGE.get(upright) or {"latf": "Latf", "cyrl": "Cyrl"}.get(named, "Latn")
    return {
        "kinds": ("recognition",),
        "scripts": (known,),
        "languages": ("zho" if upright.startswith("chi_") else upright.partition("_")[0],),
    }


CATALOGUE = Tessdata()
