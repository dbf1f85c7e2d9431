"""What a run over pages reads: its files, where their texts go, and by what it is known again."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uncial.errors import ConfigError
from uncial.models.cores import Backend
from uncial.tasks.listening import LanguageConfig

if TYPE_CHECKING:
    from uncial.models.reading import Decoder

_PLAIN = {"txt": ".txt", "json": ".json"}


@dataclass(frozen=True, kw_only=True)
class PageRun:
    """What to read; fields as in `uncial.tasks.recognize.RecognizeConfig`."""

    model: Path
    images: tuple[Path, ...]
    decoder: Decoder
    language: LanguageConfig
    dictionary: bool
    format: str
    segmenter: Path | None
    output: Path | None
    overwrite: bool
    backend: Backend
    processes: int


@dataclass(frozen=True, kw_only=True)
class PageJob:
    """A file of pages, and where its text goes.

    Attributes:
        path: The file.
        root: Its images are sought below it.
        target: File to write, relative to the output folder; further pages get numbers.
    """

    path: Path
    root: Path
    target: Path


def page_jobs(config: PageRun) -> list[PageJob]:
    """The files to read, in the order given.

    Raises:
        ConfigError: There is none, or no such format.
        FormatError: A path holds no page.
    """
    from uncial.formats.pages.base import PAGE_WRITERS
    from uncial.formats.pages.source import open_pages

    if not config.images:
        raise ConfigError("no page to read", remedy="name at least one page, or a folder of them")
    suffix = _PLAIN.get(config.format) or PAGE_WRITERS.get(config.format).suffix
    sources = [(path, open_pages(path)) for path in config.images]
    found = {
        path: (source.root, path.relative_to(given) if given.is_dir() else Path(path.name))
        for given, source in sources
        for path in source.paths
    }
    stems = Counter(name.with_suffix("") for _, name in found.values())
    return [
        PageJob(
            path=path,
            root=root,
            target=name.with_suffix(suffix)
            if stems[name.with_suffix("")] == 1
            else name.with_name(name.name + suffix),
        )
        for path, (root, name) in found.items()
    ]


def facts_of(config: PageRun) -> dict[str, Any]:
    """What results are of; the same facts mean that a run can go on."""
    from uncial import __version__

    digest = _digest(config.model)
    return {
        "model": config.model.name,
        "sha256": digest,
        "uncial": __version__,
        "format": config.format,
        "source": f"uncial {__version__} {config.model.name} {digest[:12]}",
        "segmenter": _digest(config.segmenter) if config.segmenter else None,
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
