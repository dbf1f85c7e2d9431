"""Measure a model on a split of some lines."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from uncial.errors import ConfigError, DataError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.listening import LanguageConfig, listen, unknown_rate
from uncial.tasks.named import with_local
from uncial.tasks.segevaluate import SegmentationResult
from uncial.text.normalize import Normalization
from uncial.text.profiles import profiles_named

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.decoding.listening import Weights
    from uncial.evaluation.figures import Figures, ProfileScore
    from uncial.evaluation.run import Evaluation
    from uncial.models.hub import LineReader


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """What to measure, on what, and how."""

    model: Path
    """Model file."""

    data: tuple[Path, ...]
    """Line store, or any ground truth that can be ingested."""

    split: Literal["train", "validation", "test", "all"] = "test"
    """Which lines to read."""

    report: Path | None = None
    """HTML file to write: worst lines, confusions, CER by document and much else. The same
    figures lie beside it for programs, as .json with every line and as .csv."""

    worst: int = 50
    """How many of the worst lines the report shows."""

    decoder: Literal["greedy", "beam"] = "greedy"
    """How the network's output becomes text; models of Tesseract keep their own way, and language
    is listened to in a beam."""

    language: LanguageConfig = field(default_factory=LanguageConfig)
    """Language to listen to."""

    dictionary: bool = True
    """Whether a model of Tesseract prefers the words of its dictionary."""

    normalization: str = "model"
    """Rules applied to both sides before they are compared, e.g. nfc+spaces+long-s; model
    takes the ones the model was trained with."""

    profiles: tuple[str, ...] = ("all",)
    """Strict and relaxed rules to score the same lines by as well: strict, spaces, case,
    punctuation, diacritics, ligatures, long-s, historical, letters, all, or rules joined by +."""

    units: Literal["grapheme", "codepoint"] = "grapheme"
    """What counts as one character."""

    seed: int | Literal["model"] = "model"
    """Draws the split, where the data has none yet, and the bootstrap; model takes the seed
    that the model was trained with, so that its own data is split as it was then."""

    go_on: bool = False
    """Leave out lines that cannot be used instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class EvaluateResult:
    """What was measured; rates are fractions of ground-truth characters or words.

    Attributes:
        cer: Micro-averaged character error rate.
        wer: Micro-averaged word error rate.
        cer_macro: Mean of the lines' own rates.
        cer_ci95: Bootstrap interval over `interval_unit`.
        cpu_ms_per_line: CPU time of reading, images' decoding included, all threads.
        greedy_cer: CER without language, or without a beam.
        greedy_wer: WER of the same.
        weights: How much language counted, where there was one.
        oov_rate: Share of the ground truth's words, 0-1, that the word list lacks.
        profiles: The same lines by other rules.
        ece: Expected calibration error of the characters' confidences, 0-1.
        auroc: How well they tell right characters from wrong ones; None without either.
        predicted_cer: What the confidences alone say of the CER; None for a model that was
            never calibrated.
        predicted_ci95: Its 95 % interval.
        prediction_error: Mean absolute error of such predictions over pages or documents.
        report: The HTML file, if one was asked for.
    """

    model: Path
    data: tuple[Path, ...]
    split: str
    cer: float
    wer: float
    cer_ci95: tuple[float, float]
    wer_ci95: tuple[float, float]
    cer_macro: float
    wer_macro: float
    lines: int
    characters: int
    words: int
    char_edits: int
    word_edits: int
    interval_unit: str
    normalization: str
    units: str
    decoder: str
    cpu_ms_per_line: float
    seconds: float
    greedy_cer: float | None
    greedy_wer: float | None
    weights: dict[str, float] | None
    oov_rate: float | None
    profiles: tuple[ProfileScore, ...]
    ece: float
    auroc: float | None
    predicted_cer: float | None
    predicted_ci95: tuple[float, float] | None
    prediction_error: float | None
    report: Path | None


def evaluate(
    config: EvaluateConfig, reporter: Reporter = silent
) -> EvaluateResult | SegmentationResult:
    """Measure a model: CER and WER with 95 % intervals, and on request a report.

    DATA is a line store or anything `ingest` reads. Where it has no splits yet they are drawn
    by page or document with the seed, so name the store a model was trained on to be sure
    that its test lines were never seen.

    A segmentation model is measured on pages with ground truth instead: precision, recall and F of
    its baselines, areas of regions, order of lines.

    Raises:
        ConfigError: A normalization or profile is unknown.
        DataError: The split holds no line.
    """
    from uncial.tasks.segevaluate import evaluate_segmenter
    from uncial.tasks.segmodels import is_segmenter

    config = with_local(config, "model", reporter=reporter)
    if is_segmenter(config.model):
        return evaluate_segmenter(
            config.model, config.data, reporter, split=config.split, worst=config.worst
        )
    return evaluate_reader(config, reporter)


def evaluate_reader(config: EvaluateConfig, reporter: Reporter = silent) -> EvaluateResult:
    """What `evaluate` does with a model that reads lines."""
    from uncial.evaluation.figures import figures
    from uncial.evaluation.run import evaluate_lines
    from uncial.models.hub import open_model
    from uncial.tasks.ingest import open_lines

    rules = None
    if config.normalization != "model":
        rules = Normalization.named(config.normalization)
    profiles = profiles_named(config.profiles)
    if config.report is not None and config.report.is_dir():
        raise ConfigError(f"{config.report}: is a folder", remedy="name an HTML file to write")
    recognizer = open_model(config.model, dictionary=config.dictionary, reporter=reporter)
    words, weights = listen(recognizer, config.language, reporter)
    decoder = config.decoder if weights is None else "beam"
    seed = config.seed
    if seed == "model":
        seed = int(recognizer.metadata.get("settings", {}).get("seed", 0))
    with tempfile.TemporaryDirectory(prefix="uncial-") as scratch:
        store = open_lines(
            config.data,
            seed=seed,
            workdir=Path(scratch),
            go_on=config.go_on,
            reporter=reporter,
        )
        _warn_of_drawn(recognizer, store, config, reporter)
        evaluation = evaluate_lines(
            recognizer,
            store,
            rows_of(store, config.split, config.data),
            reporter,
            decoder=decoder,
            normalization=rules,
            units=config.units,
            seed=seed,
        )
        numbers = figures(
            evaluation,
            profiles=profiles,
            texts=map(evaluation.normalization, store.texts()),
            seed=seed,
        )
        told = _told(recognizer.decoding(decoder), weights, evaluation)
        if config.report is not None:
            _write_report(config, config.report, (evaluation, numbers), store, recognizer, told)
            reporter(Note(text=f"report written to {config.report}"))
    unknown = unknown_rate(words, [line.score.truth for line in evaluation.lines])
    result = _result(config, evaluation, numbers, recognizer.decoding(decoder))
    return replace(result, weights=asdict(weights) if weights else None, oov_rate=unknown)


def _told(decoder: str, weights: Weights | None, evaluation: Evaluation) -> str:
    """How lines were decoded, with the figures of the greedy readings beside it."""
    if evaluation.greedy is None:
        return decoder
    how = "with language" if weights else "over alignments"
    return f"{decoder} {how}; greedy CER {100 * evaluation.greedy.cer:.2f} %"


def _warn_of_drawn(
    recognizer: LineReader, store: LineStore, config: EvaluateConfig, reporter: Reporter
) -> None:
    """Say so where a split was drawn that is not the one of the model's training."""
    drawn = store.manifest.get("drawn_by")
    if store.manifest.get("drawn_validation_only") and config.split == "test":
        return
    trained = recognizer.metadata.get("data", {}).get("fingerprint")
    if config.split != "all" and drawn and trained != store.fingerprint:
        reporter(
            Note(
                text=f"the {config.split} split was drawn here, by {drawn}; if the model was "
                "trained on lines of this data, some of them may be among its training lines. "
                "Name the line store that it was trained on, or the split all for new data",
                level="warning",
            )
        )


def rows_of(store: LineStore, split: str, data: Sequence[Path]) -> list[int]:
    """Rows of a split, or of every line.

    Raises:
        DataError: There are none.
    """
    rows = list(range(len(store))) if split == "all" else np.asarray(store.split(split)).tolist()
    if not rows:
        counts = ", ".join(f"{count} {name}" for name, count in store.splits.items())
        raise DataError(
            f"{', '.join(map(str, data))}: no line in the split {split!r} "
            f"(it has {counts or 'no lines'})",
            remedy="choose another split, or all",
        )
    return rows


def _result(
    config: EvaluateConfig, evaluation: Evaluation, numbers: Figures, decoder: str
) -> EvaluateResult:
    score, plain, prediction = evaluation.score, evaluation.greedy, numbers.prediction
    shared = {item.name for item in fields(EvaluateResult)} & {f.name for f in fields(score)}
    return EvaluateResult(
        model=config.model,
        data=config.data,
        split=config.split,
        normalization=evaluation.normalization.name,
        units=evaluation.units,
        decoder=decoder,
        cpu_ms_per_line=evaluation.cpu_ms_per_line,
        seconds=evaluation.seconds,
        greedy_cer=plain.cer if plain else None,
        greedy_wer=plain.wer if plain else None,
        weights=None,
        oov_rate=None,
        profiles=numbers.profiles,
        ece=numbers.characters.ece,
        auroc=numbers.characters.auroc,
        predicted_cer=prediction.all_lines.cer if prediction else None,
        predicted_ci95=prediction.all_lines.ci95 if prediction else None,
        prediction_error=prediction.mean_error if prediction else None,
        report=config.report,
        **{name: getattr(score, name) for name in shared},
    )


def _write_report(
    config: EvaluateConfig,
    path: Path,
    measured: tuple[Evaluation, Figures],
    store: LineStore,
    recognizer: LineReader,
    decoder: str,
) -> None:
    """The HTML page, and beside it the same figures as JSON and CSV."""
    from uncial.evaluation.report import html
    from uncial.evaluation.tables import csv_text, json_text

    evaluation, numbers = measured
    title = f"{config.model.name} on {', '.join(path.name for path in config.data)}"
    model = {
        "file": str(config.model),
        "spec": recognizer.spec,
        "labels": recognizer.labels,
        "normalization": recognizer.normalization.name,
        "decoder": decoder,
    }
    data = {
        "source": "\n".join(map(str, config.data)),
        "split": config.split,
        "fingerprint": store.fingerprint,
    }
    page = html(
        evaluation, numbers, store.image, title=title, model=model, data=data, worst=config.worst
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    facts = {"title": title, "model": model, "data": data}
    path.with_suffix(".json").write_text(json_text(evaluation, numbers, facts), encoding="utf-8")
    path.with_suffix(".csv").write_text(csv_text(numbers), encoding="utf-8")
