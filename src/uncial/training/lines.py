"""A run's lines: ground truth encoded, widths known, impossible lines named and left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.data.store import LineStore
from uncial.errors import DataError, TrainingError, UnencodableText, describe_grapheme
from uncial.imaging.prepare import MAX_WIDTH, MIN_WIDTH, Preprocessing
from uncial.nn.build import Network
from uncial.progress import Note, Reporter
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.fitting import Fitting, fitting_of, least_width, natural_widths
from uncial.training.mixing import LineMixer, Lines
from uncial.training.settings import Settings
from uncial.training.start import written
from uncial.training.strategies import Start, scratch

Beginning = Callable[[Sequence[str]], Start]
"""Makes the start of a run from the normalized texts of its training lines."""

_SHOWN = 5  # line ids in a note
_REPLAYED = 2000  # lines of a base set that a run draws from


@dataclass(frozen=True, eq=False)
class TrainingLines:
    """One split, ready to be batched.

    Attributes:
        rows: ``(M,)`` rows of the store.
        labels: Ground truth of each, at least one label.
        widths: ``(M,)`` prepared width in px.
        least: ``(M,)`` px that the labels need.
    """

    rows: NDArray[np.int64]
    labels: list[NDArray[np.int32]]
    widths: NDArray[np.int64]
    least: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run starts with.

    Attributes:
        codec: From the training lines or from the base.
        preprocessing: With the stretch worked out.
        network: With its first weights.
        lines: Training split.
        validation: Rows to validate on, a fixed draw.
        start: Whatever else belongs to the first weights.
    """

    codec: Codec
    preprocessing: Preprocessing
    network: nn.Module
    lines: TrainingLines
    validation: NDArray[np.int64]
    start: Start

    @property
    def median_width(self) -> int:
        """Prepared width in px of the median training line, padding included."""
        return int(np.median(self.lines.widths)) + 2 * self.preprocessing.pad


def plan_lines(
    store: LineStore, settings: Settings, reporter: Reporter, begin: Beginning | None = None
) -> Plan:
    """Codec, preprocessing, network and training lines for a store.

    Args:
        store: Holds the lines.
        settings: Of the run.
        reporter: Told of lines that are left out.
        begin: Makes the start; None begins with new weights for the characters of the lines.

    Raises:
        DataError: There are no training or no validation lines.
        TrainingError: No line is long enough for its text, or none can be written in the
            charset.
    """
    rows = _rows(store, "train")
    validation = _rows(store, "validation")
    normalize = Normalization.named(settings.normalization)
    texts = [normalize(text) for text in store.texts(rows)]
    family = fitting_of(settings)
    start = begin(texts) if begin else _plain_start(texts, settings)
    network = start.network
    rows, labels = _encoded(store, rows, texts, start, settings, reporter)
    preprocessing = start.preprocessing or family.preprocessing(start, settings)
    widths = natural_widths(store, rows, preprocessing, settings.seed)
    if start.preprocessing is None:
        stretch = family.stretch(widths, labels, network, settings)
        preprocessing = replace(preprocessing, stretch=stretch)
    made = _lines(rows, labels, widths, preprocessing, (family, network))
    lines = _usable(made, store, reporter)
    if len(validation) > settings.validation_lines:
        rng = np.random.default_rng(settings.seed)
        validation = np.sort(rng.permutation(validation)[: settings.validation_lines])
    return Plan(start.codec, preprocessing, network, lines, validation, start)


def replayed_lines(
    store: LineStore, plan: Plan, settings: Settings, reporter: Reporter
) -> TrainingLines:
    """Training lines of a base set, as a run will see them.

    Args:
        store: Of the base set.
        plan: Of the run.
        settings: Of the run; the seed draws the lines where there are many.
        reporter: Told of lines that are left out.

    Raises:
        DataError, TrainingError: As `plan_lines`.
    """
    rows = _rows(store, "train")
    rng = np.random.default_rng(settings.seed)
    rows = np.sort(rng.permutation(rows)[:_REPLAYED])
    normalize = Normalization.named(settings.normalization)
    texts = [normalize(text) for text in store.texts(rows)]
    rows, labels = _encoded(store, rows, texts, plan.start, settings, reporter)
    widths = natural_widths(store, rows, plan.preprocessing, settings.seed)
    made = _lines(rows, labels, widths, plan.preprocessing, (fitting_of(settings), plan.network))
    return _usable(made, store, reporter)


def joined_lines(own: TrainingLines, others: TrainingLines, after: int) -> TrainingLines:
    """Lines of a run, and behind them those of a base set.

    Args:
        own: Of the run.
        others: Of the base set.
        after: Added to their rows.
    """
    return TrainingLines(
        rows=np.concatenate([own.rows, others.rows + after]),
        labels=[*own.labels, *others.labels],
        widths=np.concatenate([own.widths, others.widths]),
        least=np.concatenate([own.least, others.least]),
    )


def _lines(
    rows: NDArray[np.int64],
    labels: list[NDArray[np.int32]],
    widths: NDArray[np.float64],
    preprocessing: Preprocessing,
    reading: tuple[Fitting, nn.Module],
) -> TrainingLines:
    family, network = reading
    least = [family.least_width(line, network, preprocessing) for line in labels]
    return TrainingLines(
        rows=rows,
        labels=labels,
        widths=_prepared_widths(widths, preprocessing),
        least=np.array(least, np.int64),
    )


def _plain_start(texts: Sequence[str], settings: Settings) -> Start:
    codec = Codec.from_texts([written(text, settings.style) for text in texts])
    return scratch(settings.spec, codec)


def _encoded(
    store: LineStore,
    rows: NDArray[np.int64],
    texts: Sequence[str],
    start: Start,
    settings: Settings,
    reporter: Reporter,
) -> tuple[NDArray[np.int64], list[NDArray[np.int32]]]:
    """Rows whose texts the charset can write, with their labels; the others are told of."""
    family, labels = fitting_of(settings), dict[int, NDArray[np.int32]]()
    missing: Counter[str] = Counter()
    for at, text in enumerate(texts):
        try:
            labels[at] = family.encode(text, start, settings.style)
        except UnencodableText as error:
            missing.update(error.missing)
    kept = rows[list(labels)]
    if missing:
        left = np.setdiff1d(rows, kept)
        shown = ", ".join(
            f"{describe_grapheme(text)} in {count}" for text, count in missing.most_common(_SHOWN)
        )
        problem = f"{len(left)} training lines left out, the charset lacks {shown}"
        if not labels:
            raise TrainingError(
                f"{problem}: no line is left",
                remedy="extend the charset, or give lines of the model's language",
            )
        named = _named(store, left)
        reporter(Note(text=f"{problem}; the lines are {named}", level="warning"))
    return kept, list(labels.values())


def _named(store: LineStore, rows: NDArray[np.int64]) -> str:
    """Ids of the first few of some lines."""
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return f"{', '.join(store.line_ids(rows[:_SHOWN]))}{more}"


def line_mixer(
    prepared: Lines, plan: Plan, labels: Sequence[NDArray[np.int32]], share: float
) -> LineMixer:
    """What joins the words of a run's lines.

    Args:
        prepared: Their images.
        plan: Codec and network.
        labels: Of each image.
        share: Part of the views to join, 0-1.
    """
    space = dict(plan.codec.codes).get(" ", ())
    return LineMixer(
        lines=prepared,
        labels=labels,
        space=space[0] if len(space) == 1 else 0,
        share=share,
        least=partial(
            least_width, network=cast("Network", plan.network), preprocessing=plan.preprocessing
        ),
    )


def _rows(store: LineStore, split: str) -> NDArray[np.int64]:
    rows = store.split(split)
    if len(rows) == 0:
        raise DataError(
            f"there are no {split} lines",
            remedy=f"give a list of {split} lines, or data without lists to have it split",
        )
    return rows


def _prepared_widths(
    widths: NDArray[np.float64], preprocessing: Preprocessing
) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.round(widths * preprocessing.stretch).astype(np.int64)
    return np.clip(whole, MIN_WIDTH, MAX_WIDTH)


def _usable(lines: TrainingLines, store: LineStore, reporter: Reporter) -> TrainingLines:
    """Lines whose labels fit into the frames that the network makes of them."""
    empty = np.array([len(line) == 0 for line in lines.labels])
    good = (lines.widths >= lines.least) & ~empty
    if not good.any():
        raise TrainingError(
            f"none of {len(lines)} training lines is wide enough for its text",
            remedy="check that images and texts belong together, or raise the stretch",
        )
    if not good.all():
        left = lines.rows[~good]
        reporter(
            Note(
                text=f"{len(left)} training lines left out, their text does not fit into the "
                f"image: {_named(store, left)}",
                level="warning",
            )
        )
    kept = np.flatnonzero(good)
    return TrainingLines(
        rows=lines.rows[kept],
        labels=[lines.labels[i] for i in kept],
        widths=lines.widths[kept],
        least=lines.least[kept],
    )
