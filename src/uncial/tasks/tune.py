"""The verb *tune*: how much language should count beside the image, for one model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from uncial.errors import ConfigError, DataError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.listening import LanguageConfig, listeners, open_sources, unknown_rate

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.tuning import Lines, Tuned
    from uncial.models.hub import LineReader
    from uncial.models.reading import NetworkReader
    from uncial.tasks.listening import Sources


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """Which language to tune for which model, and on what."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    model: Path
    """Model file of Uncial, of one model or of several that vote; keeps the weights unless another
    output is named."""

    data: tuple[Path, ...]
    """Line store or ground truth; its validation lines are read, never those of the test."""

    lm: Path | None = None
    """Language model: character n-grams as uncial lm writes them, or an ARPA file."""

    words: Path | None = None
    """Word list, one word a line; other words cost a penalty."""

    closed: bool = False
    """Read words of the list only."""

    width: int = 16
    """Hypotheses that the beam keeps for a line."""

    output: Path | None = None
    """Model file to write instead of the one given."""

    lines: int = 500
    """Validation lines that are read, at most."""


@dataclass(frozen=True, kw_only=True)
class TuneResult:
    """What was found; error rates are those of the validation lines.

    Attributes:
        model: The file that keeps the weights.
        weights: Of the n-grams, of each character, of unlisted words, and the confidence from
            which greedy readings stand.
        greedy_cer: Without language, a fraction.
        cer: With it.
        beamed: Share of the lines, 0-1, that language has a say in.
        lines: Validation lines.
        trials: Settings that were tried.
        oov_rate: Share of the ground truth's words, 0-1, that the word list lacks.
    """

    model: Path
    weights: dict[str, float]
    greedy_cer: float
    cer: float
    beamed: float
    lines: int
    trials: int
    oov_rate: float | None


def tune(config: TuneConfig, reporter: Reporter = silent) -> TuneResult:
    """Find on validation lines how much language should count, and keep that with the model.

    The network runs once, the beam many times. Where language never helps, the weights say so,
    and readings stay greedy. Of models that vote the vote is tuned; of the folds of one training,
    each on lines that it never saw.

    Raises:
        ConfigError: No language was named, or the model decodes in its own way.
        DataError: There is no validation line.
        FormatError: Model or language model cannot be used.
    """
    from uncial.decoding.steps import BeamSettings
    from uncial.evaluation.tuning import tune as search
    from uncial.models.hub import open_model
    from uncial.tasks.ingest import open_lines

    language = LanguageConfig(
        lm=config.lm, words=config.words, closed=config.closed, width=config.width
    )
    if not language.given:
        raise ConfigError(
            "no language to tune", remedy="name a language model, a word list, or both"
        )
    reader = open_model(config.model)
    members = listeners(reader)
    sources = open_sources(reader.normalization, language)
    seed = int(reader.metadata.get("settings", {}).get("seed", 0))
    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        store = open_lines(config.data, seed=seed, workdir=Path(scratch), reporter=reporter)
        lines = _lines(reader, members, store, sources, config)
    found = search(lines, sources.ngrams, BeamSettings(width=config.width), reporter)
    if found.weights.stands == 0:
        text = "language left no fewer errors on the validation lines: readings stay greedy"
        reporter(Note(text=text, level="warning"))
    target = config.output or config.model
    _keep(config, target, sources.key, found, len(lines.truths))
    rules = reader.normalization
    return TuneResult(
        model=target,
        weights=asdict(found.weights),
        greedy_cer=found.greedy_cer,
        cer=found.cer,
        beamed=found.beamed,
        lines=len(lines.truths),
        trials=found.trials,
        oov_rate=unknown_rate(lines.voices[0].words, [rules(text) for text in lines.truths]),
    )


def _lines(
    reader: LineReader,
    members: Sequence[NetworkReader],
    store: LineStore,
    sources: Sources,
    config: TuneConfig,
) -> Lines:
    """Lines that the networks never learnt from, as they see them."""
    from uncial.evaluation.tuning import Lines, Voice
    from uncial.tasks.crossfit import FoldsKept

    rows = np.asarray(store.split("validation"))[: config.lines]
    unseen = [rows] * len(members)
    folds = FoldsKept.of(reader.metadata, store)
    if folds is not None:
        most = -(-config.lines // len(members))
        unseen = [own[:: -(-len(own) // most)] for own in folds.unseen(store)[: len(members)]]
        rows = np.sort(np.concatenate(unseen))
    if not len(rows):
        raise DataError(
            f"{', '.join(map(str, config.data))}: no line for validation",
            remedy="name the data that the model was trained on",
        )
    voices = []
    for member, own in zip(members, unseen, strict=True):
        found = dict(zip(own.tolist(), _log_probs(member, store, own.tolist()), strict=True))
        log_probs = [found.get(row) for row in rows.tolist()]
        voices.append(
            Voice(codec=member.codec, log_probs=log_probs, words=sources.words(member.codec))
        )
    return Lines(
        voices=voices,
        truths=store.texts(rows),
        in_order=members[0].in_order,
        normalization=reader.normalization,
    )


def _log_probs(
    member: NetworkReader, store: LineStore, rows: Sequence[int]
) -> Iterator[NDArray[np.float32]]:
    return member.log_probs_each(lambda at: store.image(rows[at]), len(rows))


def _keep(config: TuneConfig, target: Path, key: str, found: Tuned, lines: int) -> None:
    """Write the weights into the model file."""
    from uncial.formats.models import native
    from uncial.training.checkpoint import write_atomically

    archive = native.unpack(config.model.read_bytes())
    names = [path.name for path in (config.lm, config.words) if path]
    entry = {
        "language": " + ".join(names),
        "weights": found.weights.to_json(),
        "validation_lines": lines,
        "greedy_cer": found.greedy_cer,
        "cer": found.cer,
    }
    kept = {**archive.facts.get("language", {}), key: entry}
    write_atomically(target, native.pack(archive.noted("language", kept)))
