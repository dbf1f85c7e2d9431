"""The verb *segtrain*: pages with ground truth → a model that finds lines and regions."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from uncial.errors import ConfigError, TrainingError
from uncial.progress import Event, Metric, Note, Reporter, silent
from uncial.tasks.named import with_local
from uncial.training.segmentation.config import SegtrainConfig

if TYPE_CHECKING:
    from uncial.archive import Channel, SegmenterArchive
    from uncial.formats.pages.source import Scan
    from uncial.imaging.pageview import PagePreparation
    from uncial.nn.build import Network
    from uncial.page.pairorder import PairOrder
    from uncial.training.folder import RunFolder
    from uncial.training.segmentation.made import MadePages
    from uncial.training.segmentation.truth import Types
    from uncial.training.session import Session
    from uncial.training.settings import Settings
    from uncial.training.validation import Validator

__all__ = ["SegtrainConfig", "SegtrainResult", "segtrain"]

F_SCORE = "validation_f"
"""Name of the metric that is reported at each validation."""


@dataclass(frozen=True, kw_only=True)
class SegtrainResult:
    """What came of a segmenter's run.

    Attributes:
        run: The run folder.
        model: The best model, by the F of baselines on validation pages.
        ended: ``"finished"`` or ``"interrupted"``.
        validation_f: Of that model, 0-1.
        best_step: Optimizer step at which it was validated; -1 if it never was.
        steps: Optimizer steps done.
        views_seen: Pieces of pages.
        training_pages: Pages trained on.
        validation_pages: Pages validated with.
        regions: Types of regions that it finds.
        lines: Types of lines that it tells apart.
        parameters: Numbers in the network.
        seconds: Wall time, preparation included, all processes of the run.
        cpu_seconds: Processor time of the same.
    """

    run: Path
    model: Path
    ended: str
    validation_f: float
    best_step: int
    steps: int
    views_seen: int
    training_pages: int
    validation_pages: int
    regions: tuple[str, ...]
    lines: tuple[str, ...]
    parameters: int
    seconds: float
    cpu_seconds: float


def segtrain(config: SegtrainConfig, reporter: Reporter = silent) -> SegtrainResult:
    """Train a segmentation model on pages with ground truth, from scratch or from a base.

    Pages are PAGE or ALTO files with their images; lines without a baseline get one from their
    boundary. Recipes draw more of them as the run goes. The run folder keeps settings, an event
    log, the latest checkpoint and the best model. After a crash or an interrupt, `resume` goes on
    with the same views in the same order.

    Raises:
        ConfigError: Options contradict each other, or the run folder is in use.
        DataError: No page can be used.
        TrainingError: The run diverged, or no page has a line.
    """
    config = with_local(config, "base", reporter=reporter)
    started = time.perf_counter(), time.process_time()
    from uncial.training.folder import RunFolder

    folder = RunFolder(config.output)
    config, base = _told(config, folder)

    def tell(event: Event) -> None:
        if isinstance(event, Metric) and event.name == "validation_cer":
            event = Metric(name=F_SCORE, value=1 - event.value, step=event.step)
        folder.log(event)
        reporter(event)

    plan = _plan(config, base, tell)
    session, ended = _run(config, plan, folder, tell, started)
    at = session.progress
    best = 1 - at.best_cer if at.validations else 0.0
    return SegtrainResult(
        run=config.output,
        model=folder.model,
        ended=ended,
        validation_f=best,
        best_step=at.best_step,
        steps=at.step,
        views_seen=at.lines,
        training_pages=len(plan.train),
        validation_pages=len(plan.validation),
        regions=tuple(c.type for c in plan.channels if c.kind == "region"),
        lines=tuple(c.type for c in plan.channels if c.kind == "line"),
        parameters=sum(p.numel() for p in session.average.parameters()),
        seconds=session.seconds,
        cpu_seconds=session.cpu_seconds,
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What a run learns, from what, beginning where."""

    train: list[Scan]
    validation: list[Scan]
    recipes: tuple[Path, ...]
    types: Types
    channels: tuple[Channel, ...]
    preparation: PagePreparation
    order: PairOrder | None
    base: SegmenterArchive | None
    spec: str


def _told(
    config: SegtrainConfig, folder: RunFolder
) -> tuple[SegtrainConfig, SegmenterArchive | None]:
    """The config of a new run, written down, or that which a run was started with."""
    from uncial.formats.models import segmentation
    from uncial.tasks.base import as_json
    from uncial.tasks.base import resolve as read_options
    from uncial.tasks.segmodels import default_segmenter

    if config.resume:
        first = read_options(SegtrainConfig, folder.reopen()["config"])
        config = replace(first, output=config.output, resume=True, threads=config.threads)
        if not folder.checkpoint.exists():
            folder.rewind_events(0)
    else:
        if not config.data:
            raise ConfigError("no pages were given", remedy="name a folder, list or file of pages")
        folder.refuse_existing()
        kept = None
        if config.base is not None:
            path = default_segmenter() if config.base == "default" else config.base
            if not path.is_file():
                raise ConfigError(f"{path}: no such model", remedy="name an existing file")
            segmentation.unpack(path.read_bytes())
            folder.path.mkdir(parents=True, exist_ok=True)
            kept = folder.path.resolve() / "base.safetensors"
            shutil.copyfile(path, kept)
        config = replace(config, data=tuple(path.resolve() for path in config.data), base=kept)
        folder.create({"config": as_json(config), "settings": {}, "data": {}})
    base = config.base
    archive = segmentation.unpack(base.read_bytes()) if isinstance(base, Path) else None
    return config, archive


def _plan(config: SegtrainConfig, base: SegmenterArchive | None, reporter: Reporter) -> _Plan:
    from uncial.imaging.pageview import PagePreparation
    from uncial.tasks.pagesets import split_scans
    from uncial.tasks.synthesis import is_recipe
    from uncial.training.segmentation.choice import chosen_types
    from uncial.training.segmentation.start import SPEC

    told = silent if config.resume else reporter
    recipes = tuple(path for path in config.data if is_recipe(path))
    pages = [path for path in config.data if path not in recipes]
    train, validation = split_scans(pages, config.seed, told)
    types = chosen_types(config.types, [scan.page for scan in train], base.channels if base else ())
    size = config.views.size
    preparation = base.preparation if base is not None else PagePreparation()
    spec = base.spec if base is not None else SPEC if config.spec == "auto" else config.spec
    plan = _Plan(
        train=train,
        validation=validation,
        recipes=recipes,
        types=types,
        channels=types.channels(),
        preparation=preparation if size == "auto" else PagePreparation(size=size),
        order=_order(config, train, validation, base, told),
        base=base,
        spec=spec,
    )
    told(
        Note(
            text=f"{len(train)} training and {len(validation)} validation pages; learns "
            f"{', '.join(dict.fromkeys(c.type or c.kind for c in plan.channels))}"
        )
    )
    return plan


def _order(
    config: SegtrainConfig,
    train: Sequence[Scan],
    validation: Sequence[Scan],
    base: SegmenterArchive | None,
    reporter: Reporter,
) -> PairOrder | None:
    """The reading order of the model: learnt, the base's, or None to go by where lines stand."""
    from uncial.page.order import reading_order
    from uncial.training.segmentation.order import learnt_order, share_in_order

    usual = base.order if base is not None else None
    made = learnt_order([scan.page for scan in train], config.seed) if config.order else None
    if made is None:
        return usual
    pages = [scan.page for scan in validation]
    before, after = (share_in_order(pages, order) for order in (usual or reading_order, made))
    reporter(
        Note(
            text=f"reading order learnt: {after:.1%} of pairs of lines of the validation pages, "
            f"{before:.1%} without it" + ("" if after > before else "; not used")
        )
    )
    return made if after > before else usual


def _run(
    config: SegtrainConfig,
    plan: _Plan,
    folder: RunFolder,
    reporter: Reporter,
    started: tuple[float, float],
) -> tuple[Session, str]:
    import torch

    from uncial.models.compute import device_named
    from uncial.models.cores import cores
    from uncial.training.loop import fit
    from uncial.training.schedule import first_plan
    from uncial.training.segmentation.config import settings_of
    from uncial.training.segmentation.learner import MapLearner
    from uncial.training.segmentation.start import network_from, new_network
    from uncial.training.segmentation.stream import PageStream, Viewing
    from uncial.training.session import Session

    settings = settings_of(config, plan.spec, config.threads or cores())
    torch.manual_seed(settings.seed)
    network = (
        new_network(plan.spec, plan.channels)
        if plan.base is None
        else network_from(plan.base, plan.channels)
    )
    pages = _true_pages(plan)
    stream = PageStream(
        pages,
        plan.channels,
        Viewing(
            seed=settings.seed,
            batch=settings.batch,
            side=config.views.side,
            strength=settings.augment,
            made=config.views.made,
        ),
        _made_pages(plan, settings.seed, silent if config.resume else reporter),
    )
    learner: Any = MapLearner(network, plan.channels).to(device_named(config.device))
    session = Session(learner, settings, started=started[0], started_cpu=started[1])
    if folder.checkpoint.exists():
        session.restore(folder.checkpoint)
        folder.rewind_events(session.progress.events)
        reporter(Note(text=f"resumed at step {session.progress.step}"))
    else:
        steps = first_plan(settings, stream.batches)
        session.progress = session.progress.moved(steps=steps)
    ended = fit(
        session,
        cast("Any", stream),  # the loop asks for no more than batches from a place on
        _validator(plan, config.threads),
        folder,
        reporter,
        save_model=_writer(config, plan, settings, folder),
        watch=lambda _: None,
        threads=config.threads,
    )
    return session, ended


def _true_pages(plan: _Plan) -> list[Any]:
    from uncial.training.segmentation.truth import true_page

    pages = [
        true_page(scan.image(), scan.page, plan.types, plan.preparation) for scan in plan.train
    ]
    if not any(page.lines for page in pages):
        raise TrainingError(
            "no training page has a line that is to be found",
            remedy="give pages with lines, or ignore fewer types",
        )
    return pages


def _made_pages(plan: _Plan, seed: int, reporter: Reporter) -> list[MadePages]:
    from uncial.tasks.synthesis import open_synthesizer, read_recipe
    from uncial.training.segmentation.made import MadePages

    return [
        MadePages(open_synthesizer(read_recipe(path), reporter), plan.types, plan.preparation, seed)
        for path in plan.recipes
    ]


def _validator(plan: _Plan, threads: int) -> Validator:
    """A function that finds the lines of the validation pages and scores them."""
    from uncial.evaluation.pages import all_pages, score_page
    from uncial.models.segmenter import Segmenter
    from uncial.tasks.segmodels import without_ignored
    from uncial.training.validation import Validation

    truths = [without_ignored(scan.page, plan.types.ignored) for scan in plan.validation]

    def look(network: Any) -> Validation:  # noqa: ANN401 - a network, as the loop has it
        segmenter = Segmenter(network, plan.channels, plan.preparation)
        found = segmenter.segment_each(
            lambda at: plan.validation[at].image(), len(truths), threads=threads
        )
        scores = [score_page(truth, page) for truth, page in zip(truths, found, strict=True)]
        lines = all_pages(scores).baselines
        return Validation(1 - lines.f, lines.found / max(1, lines.true), ())

    return look


def _writer(
    config: SegtrainConfig, plan: _Plan, settings: Settings, folder: RunFolder
) -> Callable[[Session], None]:
    from uncial import __version__
    from uncial.formats.models import segmentation
    from uncial.models.segmenter import Segmenter
    from uncial.training.checkpoint import write_atomically
    from uncial.training.provenance import provenance

    base = config.base if isinstance(config.base, Path) else None
    origin = provenance(config.card, plan.base, base)

    def write(session: Session) -> None:
        at = session.progress
        metadata = {
            **origin,
            "uncial": __version__,
            "settings": settings.to_json(),
            "data": {
                "pages": len(plan.train),
                "validation_pages": len(plan.validation),
                "recipes": [path.name for path in plan.recipes],
            },
            "step": at.step,
            "validation_f": 1 - at.validations[-1][1] if at.validations else None,
        }
        network = cast("Network", session.average)
        segmenter = Segmenter(network, plan.channels, plan.preparation, metadata, plan.order)
        write_atomically(folder.model, segmentation.pack(segmenter.to_archive()))

    return write
