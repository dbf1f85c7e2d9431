"""The verb *drift*: what a fine-tuned model has forgotten or learnt to invent."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from uncial.errors import ConfigError, DataError, MissingDependency
from uncial.progress import Note, Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.drift import Drift, Shift
    from uncial.models.hub import LineReader
    from uncial.tasks.rendered import Rendered
    from uncial.text.metrics import LineScore
    from uncial.text.normalize import Normalization

GIVEN = "given"
"""The kind of lines that the user names, beside those of `uncial.synth.probes`."""


@dataclass(frozen=True, kw_only=True)
class DriftConfig:
    """Which models to compare, and on what."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    base: Path
    """Model that the other one was trained from."""
    model: Path
    """Fine-tuned model."""
    data: tuple[Path, ...] = ()
    """Lines of the kind that the base was made for; their CER is told before and after."""
    split: Literal["train", "validation", "test", "all"] = "test"
    """Which of them to read."""
    lines: int = 40
    """Lines to render of each kind of text; 0 reads none but those given."""
    fonts: tuple[Path, ...] = ()
    """Font files to render with; without any, the open fonts of uncial[demo]."""
    dictionary: bool = False
    """Whether models of Tesseract prefer the words of their dictionaries, which hides what
    the networks do."""
    examples: int = 2
    """Lines shown of each character that is read worse."""
    seed: int = 0
    """Draws text, fonts and ageing of the rendered lines, and splits."""

    def __post_init__(self) -> None:
        if self.lines < 0 or self.examples < 0:
            raise ConfigError(
                "lines and examples must not be negative", remedy="change these options"
            )
        if not self.lines and not self.data:
            raise ConfigError(
                "there are no lines to compare on", remedy="name lines, or have some rendered"
            )


@dataclass(frozen=True, kw_only=True)
class DriftResult:
    """What was found; rates are fractions.

    Attributes:
        kinds: Error rates of both models on each kind of lines.
        shifts: Characters that the model reads worse than the base, on all of them.
        uncovered: Characters of the base that no font has: nothing is known of them but
            from lines that were given.
        normalization: Applied to both sides before they were compared: the base's.
    """

    base: Path
    model: Path
    kinds: tuple[Drift, ...]
    shifts: tuple[Shift, ...]
    uncovered: tuple[str, ...]
    normalization: str


def drift(config: DriftConfig, reporter: Reporter = silent) -> DriftResult:
    """Compare a fine-tuned model with its base on text that it was not trained on.

    Renders lines of random strings, digits, other case and other spacing in the characters of
    the base, reads them with both models, and says which characters the fine-tuned one now
    invents, drops or changes. With DATA, the CER on those lines before and after.

    Raises:
        ConfigError: There is nothing to compare on.
        DataError: The split holds no line, or no font has any character of the base.
        MissingDependency: Lines are to be rendered and no font is installed.
    """
    from uncial.evaluation.drift import shifts
    from uncial.models.hub import open_model
    from uncial.tasks.ingest import open_lines

    config = with_local(config, "base", "model", reporter=reporter)
    base = open_model(config.base, dictionary=config.dictionary)
    model = open_model(config.model, dictionary=config.dictionary)
    rules = base.normalization
    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        read: list[_Pair] = []
        uncovered: tuple[str, ...] = ()
        made = _rendered(config, base, Path(scratch), reporter)
        if made is not None:
            uncovered = made.uncovered
            read += _both(base, model, made.store, list(range(len(made.store))), rules, reporter)
        if config.data:
            store = open_lines(
                config.data, seed=config.seed, workdir=Path(scratch), reporter=reporter
            )
            given = _both(base, model, store, _rows(config, store), rules, reporter)
            read += [replace(pair, kind=GIVEN) for pair in given]
    return DriftResult(
        base=config.base,
        model=config.model,
        kinds=_by_kind(read, config.seed),
        shifts=tuple(
            shifts([p.base for p in read], [p.model for p in read], examples=config.examples)
        ),
        uncovered=uncovered,
        normalization=rules.name,
    )


@dataclass(frozen=True)
class _Pair:
    """One line as both models read it."""

    kind: str
    base: LineScore
    model: LineScore


def _rendered(
    config: DriftConfig, base: LineReader, folder: Path, reporter: Reporter
) -> Rendered | None:
    """Lines in the characters of the base; none where that is impossible or not wanted."""
    from uncial.tasks.rendered import rendered

    if not config.lines:
        return None
    try:
        return rendered(
            base.characters,
            folder / "rendered",
            splits={"test": config.lines},
            fonts=config.fonts,
            seed=config.seed,
        )
    except (DataError, MissingDependency) as error:
        if not config.data:
            raise
        reporter(Note(text=f"no lines are rendered: {error.problem}", level="warning"))
        return None


def _rows(config: DriftConfig, store: LineStore) -> list[int]:
    if config.split == "all":
        return list(range(len(store)))
    rows: list[int] = np.asarray(store.split(config.split)).tolist()
    if not rows:
        raise DataError(
            f"{', '.join(map(str, config.data))}: no line in the split {config.split!r}",
            remedy="choose another split, or all",
        )
    return rows


def _both(
    base: LineReader,
    model: LineReader,
    store: LineStore,
    rows: list[int],
    rules: Normalization,
    reporter: Reporter,
) -> list[_Pair]:
    """Lines as both models read them, compared by the same rules."""
    from uncial.evaluation.run import evaluate_lines
    from uncial.synth.probes import kind_of

    old, new = (
        evaluate_lines(reader, store, rows, reporter, normalization=rules).lines
        for reader in (base, model)
    )
    return [
        _Pair(kind_of(a.score.line_id), a.score, b.score) for a, b in zip(old, new, strict=True)
    ]


def _by_kind(read: list[_Pair], seed: int) -> tuple[Drift, ...]:
    from uncial.evaluation.drift import drift as compared

    kinds = dict.fromkeys(pair.kind for pair in read)
    chosen = {kind: [pair for pair in read if pair.kind == kind] for kind in kinds}
    return tuple(
        compared(kind, [p.base for p in pairs], [p.model for p in pairs], seed=seed)
        for kind, pairs in chosen.items()
    )
