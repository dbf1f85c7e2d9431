"""Sets of pages: found, read, and split into training, validation and test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uncial.errors import DataError, FormatError
from uncial.progress import Note, Reporter

if TYPE_CHECKING:
    from uncial.formats.pages.source import Scan

SPLITS = {"train": "list.train", "validation": "list.val", "test": "list.test"}
"""File in a folder of pages that names those of a split."""
_VALIDATES = 8  # every so many pages one, where nothing says which


def read_scans(path: Path, reporter: Reporter) -> list[Scan]:
    """The pages of a file, folder or list whose images are there and that have a line or region.

    Args:
        path: As `uncial.formats.pages.source.open_pages` takes it.
        reporter: Told of pages that cannot be used.
    """
    from uncial.formats.pages.source import open_pages

    source = open_pages(path, images=False)
    kept = []
    for scan in source:
        if not scan.has_image:
            _tell(reporter, f"{scan.page.source}: its image was not found; left out")
        elif not any(region.lines or region.boundary for region in scan.page.regions):
            _tell(reporter, f"{scan.page.source}: no lines or regions on it; left out")
        else:
            kept.append(scan)
    for finding in source.findings:
        _tell(reporter, f"{finding.source}: {finding.detail or finding.code}; left out")
    return kept


def split_scans(
    paths: Sequence[Path], seed: int, reporter: Reporter
) -> tuple[list[Scan], list[Scan]]:
    """Pages to train on and pages to validate with.

    Lists in a folder decide; without any an eighth of the pages is drawn. Fewer than three pages
    do both.

    Args:
        paths: Folders, lists and files.
        seed: Of the draw.
        reporter: Told of pages that cannot be used.

    Raises:
        DataError: There are none to train on.
    """
    train: list[Scan] = []
    validation: list[Scan] = []
    loose: list[Scan] = []
    for path in paths:
        named = path / SPLITS["train"]
        if not named.is_file():
            loose += read_scans(path, reporter)
            continue
        train += read_scans(named, reporter)
        looks = path / SPLITS["validation"]
        if looks.is_file():
            validation += read_scans(looks, reporter)
    drawn = loose if validation else [*train, *loose]
    if not validation and len(drawn) > 2:
        order = np.random.default_rng(seed).permutation(len(drawn))
        count = max(1, len(drawn) // _VALIDATES)
        validation = [drawn[at] for at in sorted(order[:count])]
        train = [drawn[at] for at in sorted(order[count:])]
    else:
        train = [*train, *loose]
    if not train:
        raise DataError(
            f"{', '.join(map(str, paths))}: no page with lines or regions to learn from",
            remedy="give pages with ground truth in PAGE or ALTO, and their images beside them",
        )
    return train, validation or train


def scans_of_split(paths: Sequence[Path], split: str, reporter: Reporter) -> list[Scan]:
    """The pages of a split; all of them where a folder has no list of it.

    Args:
        paths: Folders, lists and files.
        split: ``"train"``, ``"validation"``, ``"test"`` or ``"all"``.
        reporter: Told of pages that cannot be used.

    Raises:
        DataError: There are none.
    """
    found: list[Scan] = []
    for path in paths:
        named = path / SPLITS[split] if split != "all" else path
        found += read_scans(named if named.is_file() else path, reporter)
    if not found:
        raise DataError(
            f"{', '.join(map(str, paths))}: no page in the split {split!r}",
            remedy="choose another split, or all",
        )
    return found


def page_images(paths: Sequence[Path], reporter: Reporter) -> Iterator[Scan]:
    """Pages to look at, whether or not anything is known of them, one at a time.

    Args:
        paths: Images, page files, folders and lists.
        reporter: Told of what cannot be used.

    Raises:
        FormatError: Nothing is at a path, or no page in it.
    """
    from uncial.formats.pages.source import open_pages

    for path in paths:
        source = open_pages(path)
        for scan in source:
            if scan.has_image:
                yield scan
            else:
                _tell(reporter, f"{scan.page.source}: its image was not found; left out")
        if source.findings and len(source.findings) == len(source):
            first = source.findings[0]
            raise FormatError(
                f"{first.source}: {first.detail or first.code}", remedy="give images or pages"
            )
        for finding in source.findings:
            _tell(reporter, f"{finding.source}: {finding.detail or finding.code}; left out")


def _tell(reporter: Reporter, text: str) -> None:
    reporter(Note(text=text, level="warning"))
