"""Segmentation models: the one that comes with the package, and what all tasks do with pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from uncial.errors import ConfigError
from uncial.page.layout import Page, Region


def default_segmenter() -> Path:
    """The segmentation model that comes with the package.

    Raises:
        ConfigError: This installation has none.
    """
    from uncial.basemodels import shipped

    path = shipped("segmenter")
    if path is None:
        raise ConfigError(
            "this installation has no segmentation model",
            remedy="train one with `uncial segtrain`, and name it with --model",
        )
    return path


def is_segmenter(path: Path) -> bool:
    """Whether a file is a segmentation model, of ours or of kraken; no file is none."""
    from uncial.models.finder import finds_lines

    return finds_lines(path)


def without_ignored(page: Page, ignored: frozenset[str]) -> Page:
    """The page without lines of some types."""

    def thinned(region: Region) -> Region:
        return replace(
            region,
            lines=tuple(line for line in region.lines if line.type not in ignored),
            regions=tuple(map(thinned, region.regions)),
        )

    return replace(page, regions=tuple(map(thinned, page.regions))) if ignored else page
