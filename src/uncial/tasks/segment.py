"""The verb *segment*: page images → files of pages with their lines and regions."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError, InputError
from uncial.page.layout import Direction
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.formats.pages.source import Scan
    from uncial.models.blla import KrakenSegmenter
    from uncial.models.segmenter import Segmenter
    from uncial.page.layout import Page


@dataclass(frozen=True, kw_only=True)
class SegmentConfig:
    """Find the lines and regions of pages."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }

    images: tuple[Path, ...]
    """Page images, folders of them, or lists."""
    output: Path
    """Folder for the pages, one file each, named by the image."""
    model: Literal["default"] | Path = "default"
    """Segmentation model; default is the one that comes with the package."""
    format: str = "page"
    """Format of the files: page, page2013 or alto."""
    direction: Direction = ""
    """Main direction of reading: lr, rl, vertical-lr or vertical-rl; empty counts as lr."""
    cut_at_regions: bool = True
    """Whether a line that runs from one region into another becomes two."""
    threads: int = 0
    """Pages side by side; 0 takes every core."""


@dataclass(frozen=True, kw_only=True)
class SegmentedPage:
    """What was found on one page.

    Attributes:
        image: The page image.
        file: Where it was written.
        lines: Lines found.
        regions: Regions found.
    """

    image: Path
    file: Path
    lines: int
    regions: int


@dataclass(frozen=True, kw_only=True)
class SegmentResult:
    """What was found.

    Attributes:
        model: The model's file.
        pages: In the order given.
        failed: Images that could not be used, with the reason.
        cpu_s_per_page: Processor time of reading, finding and writing, all threads.
        seconds: Wall time.
    """

    model: Path
    pages: tuple[SegmentedPage, ...]
    failed: dict[str, str]
    cpu_s_per_page: float
    seconds: float


def segment(config: SegmentConfig, reporter: Reporter = silent) -> SegmentResult:
    """Find lines and regions of page images, and write each page to a file of its own.

    A page that cannot be used ends nothing: it is listed in the result.

    Raises:
        ConfigError: There is no such model or format.
        FormatError: Nothing is at a path, or the model is none that finds lines.
    """
    from uncial.formats.pages.base import PAGE_WRITERS
    from uncial.models.finder import open_finder

    config = with_local(config, "model", reporter=reporter)
    PAGE_WRITERS.get(config.format)
    return segment_with(open_finder(model_of(config)), config, reporter)


def model_of(config: SegmentConfig) -> Path:
    """The file of the model that finds the lines.

    Raises:
        ConfigError: There is none.
    """
    from uncial.tasks.segmodels import default_segmenter

    path = default_segmenter() if config.model == "default" else config.model
    if not path.is_file():
        raise ConfigError(f"{path}: no such model", remedy="name an existing file")
    return path


def segment_with(
    segmenter: Segmenter | KrakenSegmenter, config: SegmentConfig, reporter: Reporter = silent
) -> SegmentResult:
    """As `segment`, with a model that has been opened."""
    started, cpu = time.perf_counter(), time.process_time()
    from uncial.decoding.layout import Constraints
    from uncial.formats.pages.base import PAGE_WRITERS
    from uncial.models.compute import worker_pool
    from uncial.tasks.pagesets import page_images

    suffix = PAGE_WRITERS.get(config.format).suffix
    scans = list(page_images(config.images, reporter))
    names = _names(scans, suffix)
    config.output.mkdir(parents=True, exist_ok=True)
    constraints = Constraints(cut_at_regions=config.cut_at_regions, direction=config.direction)
    done: list[SegmentedPage] = []
    failed: dict[str, str] = {}

    def work(at: int) -> SegmentedPage | str:
        try:
            page = _segmented(segmenter, scans[at], constraints)
        except InputError as error:
            return error.problem
        file = config.output / names[at]
        _write(page, file, config.format)
        regions = sum(1 for region in page.walk() if region.boundary)
        lines = sum(1 for _ in page.lines())
        return SegmentedPage(image=_path(scans[at]), file=file, lines=lines, regions=regions)

    with worker_pool(config.threads) as pool:
        for number, made in enumerate(pool.map(work, range(len(scans))), start=1):
            if isinstance(made, str):
                failed[str(_path(scans[number - 1]))] = made
                reporter(Note(text=made, level="warning"))
            else:
                done.append(made)
            reporter(Advanced(stage="segment", done=number, total=len(scans), unit="pages"))
    return SegmentResult(
        model=model_of(config),
        pages=tuple(done),
        failed=failed,
        cpu_s_per_page=(time.process_time() - cpu) / max(1, len(scans)),
        seconds=time.perf_counter() - started,
    )


def _segmented(segmenter: Segmenter | KrakenSegmenter, scan: Scan, constraints: Any) -> Page:  # noqa: ANN401
    page = segmenter.segment(scan.image(), constraints)
    return replace(page, image=_path(scan).name, id=scan.page.id or _path(scan).stem)


def _path(scan: Scan) -> Path:
    return scan.path or Path(scan.page.image)


def _names(scans: list[Scan], suffix: str) -> list[str]:
    """A file name for each page; a number behind a stem that came before."""
    seen: dict[str, int] = {}
    names = []
    for scan in scans:
        stem = _path(scan).stem
        seen[stem] = seen.get(stem, 0) + 1
        names.append(f"{stem}{f'-{seen[stem]}' if seen[stem] > 1 else ''}{suffix}")
    return names


def _write(page: Page, file: Path, kind: str) -> None:
    from uncial.formats.pages.base import write_pages

    temporary = file.with_name(f".{file.name}.part")
    temporary.write_bytes(write_pages([page], kind).data)
    temporary.replace(file)
