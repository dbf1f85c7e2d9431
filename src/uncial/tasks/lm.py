"""The verb *lm*: text → character n-grams."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError, InputError
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.text.ngrams import NgramModel

_TABLES = (".csv", ".tsv", ".parquet")
_HELD_BACK = 10  # every such line, where nothing is held out
_ASKED = 200  # lines that tell the share well enough


@dataclass(frozen=True, kw_only=True)
class LmConfig:
    """What to learn language from, and how."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    sources: tuple[Path, ...]
    """Text files, plain or compressed by gzip; ground truth as for ingest and line stores, of
    which the lines for training are taken; or one language model, to be written anew."""

    output: Path
    """File to write: .arpa or .arpa.gz for other programs, any other name for Uncial's format."""

    background: tuple[Path, ...] = ()
    """General text files; they are broken into lines as long as those of the sources, learnt apart,
    and mixed in as much as that predicts held-out lines of the sources better."""

    order: int = 6
    """Characters in the longest n-gram, 1-8."""

    prune: int = 0
    """Leave out n-grams of three characters or more that occur so often or less."""

    normalization: str = "nfc+spaces"
    """Rules for the text; those that the model was trained with fit best."""

    split: Literal["train", "all"] = "train"
    """Which lines of ground truth to take."""

    seed: int = 0
    """Draws the split, where ground truth has none yet; that of the model's training."""

    overwrite: bool = False
    """Replace the output if it exists."""


@dataclass(frozen=True, kw_only=True)
class LmResult:
    """What was written.

    Attributes:
        output: The file.
        order: Characters in the longest n-gram.
        ngrams: How many of each length.
        lines: Lines of text that were learnt.
        characters: Characters in them.
        share: Of the sources beside the background, 0-1; 1 where there is none.
        held_out_bits: Bits that a character of the ground truth's validation lines costs, line
            ends included; None where there are none.
        bytes: Size of the file.
        cpu_seconds: Processor time.
    """

    output: Path
    order: int
    ngrams: tuple[int, ...]
    lines: int
    characters: int
    share: float
    held_out_bits: float | None
    bytes: int
    cpu_seconds: float


def lm(config: LmConfig, reporter: Reporter = silent) -> LmResult:
    """Learn character n-grams from text, for evaluate and recognize to listen to.

    Smoothing is interpolated modified Kneser-Ney. Of ground truth only the lines for training
    are learnt, so that a test stays one.

    Raises:
        ConfigError: The order is out of range, or no source was named.
        InputError: The output exists, or a text cannot be read.
        FormatError: A source holds neither text nor ground truth.
        DataError: There is no text.
    """
    from uncial.formats.lm.opening import is_language_model, open_ngrams, packed
    from uncial.text.kneserney import train_ngrams

    cpu = time.process_time()
    if not config.sources:
        raise ConfigError("no text was given", remedy="name text files or ground truth")
    if config.output.exists() and not config.overwrite:
        raise InputError(
            f"{config.output} exists", remedy="name another file, or choose to overwrite it"
        )
    texts: list[str] = []
    held_out: list[str] = []
    share = 1.0
    if len(config.sources) == 1 and is_language_model(config.sources[0]):
        model = open_ngrams(config.sources[0])
    else:
        texts, held_out = _texts(config, reporter)
        model = train_ngrams(texts, order=config.order, prune=config.prune)
        if config.background:
            model, share = _with_background(model, texts, held_out, config)
            reporter(Note(text=f"the sources' share is {share:.0%}, the background's the rest"))
    data = packed(model, config.output)
    config.output.parent.mkdir(parents=True, exist_ok=True)
    partial = config.output.with_name(f".{config.output.name}.part")
    partial.write_bytes(data)
    partial.replace(config.output)
    return LmResult(
        output=config.output,
        order=model.order,
        ngrams=model.counts,
        lines=len(texts),
        characters=sum(map(len, texts)),
        share=share,
        held_out_bits=_bits(model, held_out),
        bytes=len(data),
        cpu_seconds=time.process_time() - cpu,
    )


def _texts(config: LmConfig, reporter: Reporter) -> tuple[list[str], list[str]]:
    """Lines to learn and lines held out, normalized, in the order of the columns."""
    from uncial.tasks.listening import read_lines
    from uncial.text.normalize import Normalization
    from uncial.text.order import display_order

    rules = Normalization.named(config.normalization)
    plain: list[Path] = []
    truths: list[Path] = []
    for source in config.sources:
        if not source.exists():
            raise InputError(f"{source}: does not exist", remedy="check the path")
        (truths if _is_ground_truth(source) else plain).append(source)
    texts: list[str] = []
    held_out: list[str] = []
    for source in plain:
        texts += read_lines(source)
    if truths:
        learnt, held_out = _ground_truth(truths, config, reporter)
        texts += learnt
    reporter(Note(text=f"{len(texts)} lines of text"))
    return (
        [display_order(rules(text)) for text in texts],
        [display_order(rules(text)) for text in held_out],
    )


def _with_background(
    model: NgramModel, texts: Sequence[str], held_out: Sequence[str], config: LmConfig
) -> tuple[NgramModel, float]:
    """The model with general text mixed in, and the share of what it knew before."""
    from uncial.tasks.listening import read_lines
    from uncial.text.graphemes import graphemes
    from uncial.text.interpolate import best_share, interpolated
    from uncial.text.kneserney import train_ngrams
    from uncial.text.normalize import Normalization
    from uncial.text.order import display_order

    rules = Normalization.named(config.normalization)
    length = round(sum(map(len, texts)) / len(texts))
    lines = [
        display_order(line)
        for source in config.background
        for text in read_lines(source)
        for line in _broken(rules(text), length)
    ]
    general = train_ngrams(lines, order=config.order, prune=config.prune)
    own, asked = model, list(held_out)
    if not asked:  # keep some lines back, only to find the share
        asked = list(texts[::_HELD_BACK])
        rest = [text for at, text in enumerate(texts) if at % _HELD_BACK]
        own = train_ngrams(rest or texts, order=config.order, prune=config.prune)
    share = best_share(own, general, [graphemes(text) for text in asked[:_ASKED]])
    return interpolated(model, general, share), share


def _broken(text: str, length: int) -> Iterator[str]:
    """Running text in lines of about `length` characters, broken at spaces."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= length:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield line


def _is_ground_truth(source: Path) -> bool:
    return source.is_dir() or source.suffix.lower() in _TABLES or source.name.startswith("list.")


def _ground_truth(
    sources: Sequence[Path], config: LmConfig, reporter: Reporter
) -> tuple[list[str], list[str]]:
    from uncial.tasks.ingest import open_lines

    store = open_lines(sources, seed=config.seed, reporter=reporter)
    if config.split == "all":
        return store.texts(), []
    return store.texts(store.split("train")), store.texts(store.split("validation"))


def _bits(model: NgramModel, texts: Sequence[str]) -> float | None:
    if not texts:
        return None
    from math import log

    from uncial.text.graphemes import graphemes

    lines = [graphemes(text) for text in texts]
    total = float(model.sentence_log_probs(lines).sum())
    return -total / log(2) / sum(len(line) + 1 for line in lines)
