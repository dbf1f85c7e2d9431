"""A model of yours in a public catalogue: prepared, looked at, and only then sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import ConfigError
from uncial.progress import Note, Reporter


@dataclass(frozen=True, kw_only=True)
class PublishConfig:
    """How a model is published in HTRMoPo, on Zenodo."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    card: Path | None = None
    """Of publish: Markdown with the front matter of HTRMoPo; without it the model's own card."""
    upload: bool = False
    """Of publish: send it to your account, as a draft that you can look at and delete; the token
    is taken from ZENODO_TOKEN."""
    final: bool = False
    """Of publish: with upload, publish the draft at once, which cannot be undone."""
    version_of: str = ""
    """Of publish: DOI of the record that it is a new version of."""
    private: bool = False
    """Of publish: do not ask to be taken into the community ocr_models."""

    def __post_init__(self) -> None:
        if self.final and not self.upload:
            raise ConfigError("final without upload", remedy="give both, or neither")


@dataclass(frozen=True, kw_only=True)
class PublishResult:
    """What was, or would be published.

    Attributes:
        model: The file.
        size: Its bytes.
        metadata: What Zenodo is told about it.
        card: As it is sent.
        written: Files with both, where a folder was named.
        uploaded: Whether it was sent.
        published: Whether it is final.
        doi: Reserved or final; empty where nothing was sent.
        address: Where to look at it.
        steps: What was done, one after the other.
    """

    model: Path
    size: int
    metadata: dict[str, Any]
    card: str
    written: tuple[Path, ...] = ()
    uploaded: bool = False
    published: bool = False
    doi: str = ""
    address: str = ""
    steps: tuple[str, ...] = ()


def publish(
    model: Path, config: PublishConfig, output: Path | None, reporter: Reporter
) -> PublishResult:
    """Prepare a deposit of a model, and send it where that is asked for.

    Raises:
        ConfigError: There is no such model, its card says too little, or no token is there.
        FormatError: The card cannot be read.
        InputError: The server refuses a step.
    """
    from uncial.catalogue.deposit import deposited, prepared
    from uncial.catalogue.hosts import token
    from uncial.tasks.inspect import card_of

    if not model.is_file():
        raise ConfigError(f"{model}: no such model", remedy="name an existing file")
    given = config.card
    card = card_of(model) if given is None else given.read_text(encoding="utf-8")
    deposit = prepared(model, card, community=not config.private)
    written: list[Path] = []
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        body = json.dumps(deposit.metadata, ensure_ascii=False, indent=1)
        for name, text in (("README.md", deposit.card), ("zenodo.json", body + "\n")):
            (output / name).write_text(text, encoding="utf-8")
            written.append(output / name)
    told: dict[str, Any] = {
        "model": model,
        "size": model.stat().st_size,
        "metadata": deposit.metadata,
        "card": deposit.card,
        "written": tuple(written),
    }
    if not config.upload:
        reporter(Note(text="nothing was sent; upload sends it as a draft"))
        return PublishResult(**told)
    steps: list[str] = []

    def tell(text: str) -> None:
        steps.append(text)
        reporter(Note(text=text))

    done = deposited(
        deposit, token("zenodo"), final=config.final, version_of=config.version_of, tell=tell
    )
    return PublishResult(
        **told,
        uploaded=True,
        published=done.published,
        doi=done.doi,
        address=done.address,
        steps=tuple(steps),
    )
