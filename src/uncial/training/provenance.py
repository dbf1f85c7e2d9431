"""What a model file says of its author, its licence and the models that it went on from."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.archive import ModelArchive, SegmenterArchive
from uncial.errors import ConfigError

_LANGUAGE = re.compile(r"[a-z]{3}")
_SCRIPT = re.compile(r"[A-Z][a-z]{3}")


@dataclass(frozen=True, kw_only=True)
class CardConfig:
    """What the model's card says that no program can know."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }

    title: str = ""
    """What the model is called."""
    summary: str = ""
    """One sentence on what it reads."""
    authors: tuple[str, ...] = ()
    """Names of its authors."""
    license: str = ""
    """Of the model, for example CC-BY-4.0 or Apache-2.0."""
    language: tuple[str, ...] = ()
    """ISO 639-3 codes, for example deu."""
    script: tuple[str, ...] = ()
    """ISO 15924 codes, for example Latf; without any, by the letters of the charset."""
    keywords: tuple[str, ...] = ()
    """Free words to find the model by."""
    datasets: tuple[str, ...] = ()
    """Addresses of the data that it was trained on."""
    id: str = ""
    """Address under which it is published, for example its DOI."""

    def __post_init__(self) -> None:
        wrong = [f"{code!r} is no ISO 639-3 code" for code in self.language if not _fits(code)]
        wrong += [f"{c!r} is no ISO 15924 code" for c in self.script if not _SCRIPT.fullmatch(c)]
        if wrong:
            raise ConfigError(
                "; ".join(wrong), remedy="write languages as deu or lat, scripts as Latn or Latf"
            )


def provenance(
    card: CardConfig, base: ModelArchive | SegmenterArchive | None, path: Path | None
) -> dict[str, Any]:
    """Metadata on author and descent.

    Args:
        card: As the author gave it.
        base: The model that the run goes on from.
        path: Its file.
    """
    told = {name: value for name, value in asdict(card).items() if value}
    found: dict[str, Any] = {"card": told} if told else {}
    if base is not None and path is not None:
        found["lineage"] = [_ancestor(base, path), *base.metadata.get("lineage", [])]
    return found


def _ancestor(base: ModelArchive | SegmenterArchive, path: Path) -> dict[str, Any]:
    """What is remembered of a model that was gone on from."""
    card = base.metadata.get("card")
    kept = card if isinstance(card, dict) else {}
    known = {name: kept[name] for name in ("id", "title", "license") if kept.get(name)}
    return {**known, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "spec": base.spec}


def _fits(code: str) -> bool:
    return _LANGUAGE.fullmatch(code) is not None
