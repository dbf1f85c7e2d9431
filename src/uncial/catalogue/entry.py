"""What catalogues hold: entries with files, and what one looks for among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, Protocol

from uncial.formats.models.kinds import SUFFIXES
from uncial.progress import Reporter
from uncial.registry import Registry

_ALPHA_3: Final = {
    "ar": "ara", "bg": "bul", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng",
    "es": "spa", "fa": "fas", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun",
    "it": "ita", "ja": "jpn", "ko": "kor", "la": "lat", "nl": "nld", "no": "nor", "pl": "pol",
    "pt": "por", "ro": "ron", "ru": "rus", "sa": "san", "sv": "swe", "tr": "tur", "uk": "ukr",
    "ur": "urd", "yi": "yid", "zh": "zho",
}  # fmt: skip
"""ISO 639-1 codes that people type, and their ISO 639-3 codes."""
_PRETRAINED: Final = re.compile(r"model.*\.safetensors|pytorch_model.*\.bin")


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A file of an entry.

    Attributes:
        name: As the catalogue calls it; may be anything.
        address: Where it is downloaded from.
        size: Bytes; 0 where nothing says.
        digest: As `uncial.web.download` takes it; empty where nothing says.
    """

    name: str
    address: str
    size: int = 0
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model in a catalogue.

    Attributes:
        name: By which it can be fetched or given as a model, such as
            ``htrmopo:10.5281/zenodo.7547438``.
        revision: Of its files: names another state of them where it differs.
        title: One line.
        kinds: What it does: ``recognition``, ``segmentation``, ``reading order``, …
        scripts: ISO 15924 codes.
        languages: ISO 639 codes.
        licence: As the catalogue writes it.
        authors: Names.
        date: Of publication, ISO 8601; empty where nothing says.
        software: Program that it is for.
        keywords: Of its publisher.
        metrics: Rates in percent by name.
        files: All that are there.
        card: Its description as Markdown; empty where it was not asked for.
    """

    name: str
    revision: str
    title: str
    kinds: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    software: str = ""
    keywords: tuple[str, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    files: tuple[ModelFile, ...] = ()
    card: str = ""

    @property
    def models(self) -> tuple[ModelFile, ...]:
        """Files that are a model each, by their suffix."""
        return tuple(
            one for one in self.files if PurePosixPath(one.name).suffix.lower() in SUFFIXES
        )

    @property
    def is_checkpoint(self) -> bool:
        """Whether its files together are a checkpoint of transformers."""
        names = [one.name for one in self.files]
        return "config.json" in names and any(map(_PRETRAINED.fullmatch, names))


@dataclass(frozen=True, kw_only=True)
class Query:
    """What an entry must have; what is empty asks for nothing.

    Attributes:
        words: Each stands in its title, name, authors, keywords or card.
        script: ISO 15924 code.
        language: ISO 639 code.
        kind: What it does.
        licence: Its beginning, such as ``cc-by``.
    """

    words: tuple[str, ...] = ()
    script: str = ""
    language: str = ""
    kind: str = ""
    licence: str = ""

    def holds(self, entry: Entry) -> bool:
        """Whether an entry has all of it."""
        told = (entry.name, entry.title, *entry.authors, *entry.keywords, entry.card)
        text = "\n".join(told).lower()
        return (
            all(word.lower() in text for word in self.words)
            and _among(self.script, entry.scripts)
            and _among(_alpha_3(self.language), tuple(map(_alpha_3, entry.languages)))
            and _among(self.kind, entry.kinds)
            and entry.licence.lower().startswith(self.licence.lower())
        )


def _among(wanted: str, found: Sequence[str]) -> bool:
    return not wanted or wanted.lower() in (one.lower() for one in found)


def _alpha_3(code: str) -> str:
    return _ALPHA_3.get(code.lower(), code.lower())


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How a catalogue is asked.

    Attributes:
        answer: Bytes at an address, kept for a while; see `uncial.catalogue.answers`.
        reporter: Told what cannot be had, and how far a search has come.
    """

    answer: Callable[[str, float], bytes]
    reporter: Reporter


class Catalogue(Protocol):
    """A place where models are published."""

    def find(self, query: Query, asking: Asking) -> Iterator[Entry]:
        """Entries that may fit; the caller looks whether they do.

        Raises:
            InputError: The catalogue cannot be reached, or answers with something else.
        """

    def show(self, identifier: str, asking: Asking) -> Entry:
        """One entry, with its card.

        Raises:
            ConfigError: It is no identifier of this catalogue.
            InputError: There is no such entry, or the catalogue cannot be reached.
        """


CATALOGUES: Registry[Catalogue] = Registry(
    "catalogue",
    {
        "hf": "uncial.catalogue.huggingface:CATALOGUE",
        "htrmopo": "uncial.catalogue.htrmopo:CATALOGUE",
        "tessdata": "uncial.catalogue.tessdata:CATALOGUE",
    },
)
"""By the word that names of its entries begin with."""
