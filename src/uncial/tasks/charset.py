"""The verb *charset*: what becomes of characters that a base model cannot write."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import ConfigError
from uncial.progress import Reporter, silent
from uncial.tasks.named import with_local

_SHOWN = 60  # characters of an example


@dataclass(frozen=True, kw_only=True)
class CharsetConfig:
    """Whose characters to compare with which ground truth."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    base: Path
    """Model file to train on."""
    data: tuple[Path, ...]
    """Line store, or any ground truth that can be ingested."""
    output: Path | None = None
    """File to write, TOML or by its suffix JSON; edit it, and give it to train as
    --charset-file."""
    decide: tuple[str, ...] = ()
    """Decisions that differ from what is proposed: X keeps a character, X=Y maps it, X= drops
    it."""
    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class CharsetResult:
    """Characters that the base lacks, with what is to become of them.

    Attributes:
        characters: As in the file.
        lines: Lines with such a character.
        of_lines: Lines in all.
        rule: Rule of normalization that carries the decisions out.
        output: The file, if one was asked for.
    """

    base: Path
    characters: list[dict[str, Any]]
    lines: int
    of_lines: int
    rule: str
    output: Path | None


def charset(config: CharsetConfig, reporter: Reporter = silent) -> CharsetResult:
    """List the characters of some ground truth that a model lacks, and propose what to do.

    Raises:
        ConfigError: There is no such model, or a decision is about none of these characters.
    """
    import json

    from uncial.data.coverage import Coverage
    from uncial.errors import describe_grapheme
    from uncial.models.hub import open_model
    from uncial.tasks.ingest import open_lines
    from uncial.text.negotiation import Decision, Negotiation, alternatives, proposed

    config = with_local(config, "base", reporter=reporter)
    if not config.base.is_file():
        raise ConfigError(f"{config.base}: no such model", remedy="name an existing file")
    reader = open_model(config.base)
    store = open_lines(config.data, go_on=config.go_on, reporter=reporter)
    coverage = Coverage(reader.missing, reader.normalization)
    lines = 0
    for row in range(len(store)):
        record = store.record(row)
        lines += bool(reader.missing(reader.normalization(record.text)))
        coverage.add(record.line_id, record.source, record.text)
    decisions = []
    for text, places in coverage.ranked():
        writable = [made for made in alternatives(text).values() if not reader.missing(made)]
        advice = proposed(text, places.times, writable)
        decisions.append(
            Decision(
                text=text,
                name=describe_grapheme(text),
                count=places.times,
                lines=places.lines,
                line=places.first[0][0],
                example=places.text[:_SHOWN],
                action=advice.action,
                to=advice.to,
            )
        )
    made = Negotiation(base=str(config.base), decisions=tuple(decisions)).decided(config.decide)
    if config.output is not None:
        as_json = config.output.suffix.lower() == ".json"
        values = json.dumps(made.to_json(), ensure_ascii=False, indent=1)
        config.output.parent.mkdir(parents=True, exist_ok=True)
        config.output.write_text(values if as_json else made.to_toml(), encoding="utf-8")
    return CharsetResult(
        base=config.base,
        characters=[asdict(one) for one in made.decisions],
        lines=lines,
        of_lines=len(store),
        rule=made.rule,
        output=config.output,
    )
