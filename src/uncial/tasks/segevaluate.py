"""Measure a segmentation model on pages: what `evaluate` does where the model finds lines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from uncial.progress import Advanced, Reporter


@dataclass(frozen=True, kw_only=True)
class PageFigures:
    """Scores of one page.

    Attributes:
        page: Its file.
        precision: Of baselines, 0-1, adaptive tolerance.
        recall: Likewise.
        f: Harmonic mean of both.
        lines: In the ground truth.
        found: Lines found.
    """

    page: str
    precision: float
    recall: float
    f: float
    lines: int
    found: int


@dataclass(frozen=True, kw_only=True)
class SegmentationResult:
    """What was measured; means over pages where nothing else is said.

    Attributes:
        model: The model's file.
        data: What was named.
        split: Of the pages.
        pages: How many.
        precision: Of baselines, 0-1, with a tolerance of a quarter of the distance of lines.
        recall: Likewise.
        f: Harmonic mean of both.
        f_parts: The same with a precision that forgives lines found in parts.
        f_fixed: F with a tolerance of 10 px.
        iou: Mean over types of regions; None where there are none.
        regions: Area in common over area of either, by type of region, all pages together.
        order: Share of pairs of lines in the right order; None where the truth has none.
        lines: In the ground truth.
        found: Lines found.
        missed: True lines of which less than half was found.
        extra: Found lines of which less than half lies on true ones.
        splits: Parts that true lines were found in, beyond the first.
        merges: True lines found as one with another.
        cpu_s_per_page: Processor time of finding, images' decoding included, all threads.
        seconds: Wall time.
        worst: Pages with the lowest F, at most as many as asked for.
    """

    model: Path
    data: tuple[Path, ...]
    split: str
    pages: int
    precision: float
    recall: float
    f: float
    f_parts: float
    f_fixed: float
    iou: float | None
    regions: dict[str, float]
    order: float | None
    lines: int
    found: int
    missed: int
    extra: int
    splits: int
    merges: int
    cpu_s_per_page: float
    seconds: float
    worst: tuple[PageFigures, ...]


def evaluate_segmenter(
    model: Path,
    data: Sequence[Path],
    reporter: Reporter,
    *,
    split: str = "test",
    worst: int = 50,
) -> SegmentationResult:
    """Find the lines and regions of pages with ground truth, and compare.

    Args:
        model: Segmentation model.
        data: Folders, lists and files of pages.
        reporter: Told of progress, and of pages that cannot be used.
        split: ``"train"``, ``"validation"``, ``"test"`` or ``"all"``; a folder without a list of
            that name counts as a whole.
        worst: Pages to list.

    Raises:
        FormatError: The model cannot be read.
        DataError: There is no page.
    """
    from uncial.evaluation.pages import all_pages, score_page
    from uncial.models.finder import open_finder
    from uncial.tasks.pagesets import scans_of_split

    segmenter = open_finder(model)
    scans = scans_of_split(data, split, reporter)
    types = {c.type: c.type for c in segmenter.channels if c.kind == "region"}
    started, cpu = time.perf_counter(), time.process_time()
    found = []
    for page in segmenter.segment_each(lambda at: scans[at].image(), len(scans)):
        found.append(page)
        reporter(Advanced(stage="evaluate", done=len(found), total=len(scans), unit="pages"))
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - started
    scores = [score_page(scan.page, page, types) for scan, page in zip(scans, found, strict=True)]
    whole = all_pages(scores)
    figures = [
        PageFigures(
            page=scan.page.source,
            precision=score.baselines.precision,
            recall=score.baselines.recall,
            f=score.baselines.f,
            lines=score.baselines.true,
            found=score.baselines.found,
        )
        for scan, score in zip(scans, scores, strict=True)
    ]
    lines = whole.baselines
    return SegmentationResult(
        model=model,
        data=tuple(data),
        split=split,
        pages=len(scans),
        precision=lines.precision,
        recall=lines.recall,
        f=lines.f,
        f_parts=lines.f_parts,
        f_fixed=whole.fixed.f,
        iou=whole.iou,
        regions={name: score.iou for name, score in whole.regions.items()},
        order=whole.order,
        lines=lines.true,
        found=lines.found,
        missed=lines.missed,
        extra=lines.extra,
        splits=lines.splits,
        merges=lines.merges,
        cpu_s_per_page=cpu / len(scans),
        seconds=seconds,
        worst=tuple(sorted(figures, key=lambda page: page.f)[:worst]),
    )
