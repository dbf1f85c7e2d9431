"""The stream of batches of a run, with lines of a base set among its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from uncial.data.store import LineStore
from uncial.errors import DataError, TrainingError
from uncial.nn.build import Network
from uncial.progress import Note, Reporter
from uncial.synth.synthesizer import LineMaker
from uncial.text.normalize import Normalization
from uncial.training.batches import BatchSource, LineImages, PreparedLines
from uncial.training.drawing import Drawing, TrainingStream
from uncial.training.family import family_of
from uncial.training.lines import Plan, TrainingLines, joined_lines, line_mixer, replayed_lines
from uncial.training.replay import JoinedImages, Teacher
from uncial.training.settings import Settings
from uncial.training.synthetic import SyntheticStream

_CORES_A_WORKER = 3


@dataclass(frozen=True, eq=False)
class Material:
    """What a run trains on.

    Attributes:
        stream: Its batches.
        lines: The run's own lines, and behind them those of another set.
        images: Where they come from.
        others: How many are of another set.
    """

    stream: BatchSource
    lines: TrainingLines
    images: LineImages
    others: int


def training_material(
    store: LineStore, plan: Plan, settings: Settings, others: LineStore | None, reporter: Reporter
) -> Material:
    """Batches of a run's lines, and of a base set or further lines among them.

    Args:
        store: Of the run.
        plan: Its lines.
        settings: Of the run.
        others: Base set to replay, or further lines; None goes without.
        reporter: Told of lines that are left out.
    """
    images: LineImages = store
    family, lines = family_of(settings), plan.lines
    replayed = _replayed(others, plan, settings, reporter) if others is not None else None
    if others is not None and replayed is not None:
        images = JoinedImages(store, len(store), others)
        lines = joined_lines(lines, replayed, len(store))
    count = len(lines) - len(plan.lines)
    prepared = PreparedLines(images, lines.rows, plan.preprocessing)
    stream = TrainingStream(
        prepared,
        lines.labels,
        lines.widths,
        lines.least,
        Drawing(
            area=settings.batch * max(plan.median_width, family.least_area(plan.network)),
            seed=settings.seed,
            strength=settings.augment,
            rare_first=settings.rare_first,
            rare_often=settings.rare_often,
            new=() if plan.start.fresh is None else tuple(plan.start.fresh.tolist()),
            new_often=settings.new_often,
            replayed=count,
            replay=settings.replay,
            least=family.least_area(plan.network),
            easy_first=settings.easy_first,
            clean_first=settings.clean_first,
        ),
        line_mixer(prepared, plan, lines.labels, settings.mix) if family.mixes else None,
    )
    return Material(stream, lines, images, count)


def synthetic_stream(
    synthesizer: LineMaker, plan: Plan, settings: Settings, *, cores: int
) -> SyntheticStream:
    """Batches of lines that are made as they are needed.

    Args:
        synthesizer: Makes them.
        plan: Of the run.
        settings: Of the run; nothing is joined or replayed, for no line comes twice.
        cores: That the run uses; a worker for every few of them.
    """
    drawing = Drawing(
        area=settings.batch * plan.median_width,
        seed=settings.seed,
        strength=settings.augment,
        rare_first=settings.rare_first,
    )
    rules = Normalization.named(settings.normalization)
    workers = max(1, round(cores / _CORES_A_WORKER))
    return SyntheticStream(synthesizer, plan, drawing, rules, workers=workers)


def teacher_of(plan: Plan, settings: Settings, replayed: int) -> Teacher | None:
    """The base to stay near to; None where that is not asked for or it was taken apart.

    Args:
        plan: Of the run, before its first step.
        settings: Of the run.
        replayed: Lines of a base set; without any there is nothing to stay near on.
    """
    if plan.start.fresh is None or not settings.distill or not replayed:
        return None
    return Teacher(
        cast("Network", plan.network), plan.start.fresh, settings.distill, len(plan.lines)
    )


def _replayed(
    others: LineStore, plan: Plan, settings: Settings, reporter: Reporter
) -> TrainingLines | None:
    """Training lines of a base set; None where the run's charset can write none of them."""
    try:
        return replayed_lines(others, plan, settings, reporter)
    except (DataError, TrainingError) as error:
        reporter(Note(text=f"nothing is replayed: {error.problem}", level="warning"))
        return None
