"""The verb *formats*: which formats are read and written."""

from __future__ import annotations

from dataclasses import dataclass

from uncial.progress import Reporter, silent


@dataclass(frozen=True, kw_only=True)
class FormatsConfig:
    """Nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class FormatsResult:
    """Names of formats, those of other installed packages included.

    Attributes:
        lines: Layouts of ground truth that are read.
        pages_in: Formats of pages that are read, told by their content.
        pages_out: Formats of pages that are written: ``uncial convert --to NAME``.
        models: Suffixes of model files that are read and written.
    """

    lines: tuple[str, ...]
    pages_in: tuple[str, ...]
    pages_out: tuple[str, ...]
    models: tuple[str, ...]


def formats(config: FormatsConfig, reporter: Reporter = silent) -> FormatsResult:
    """List the formats that are read and written."""
    from uncial.formats.lines.base import LINE_FORMATS
    from uncial.formats.models.kinds import SUFFIXES
    from uncial.formats.pages.base import PAGE_READERS, PAGE_WRITERS

    return FormatsResult(
        lines=tuple(LINE_FORMATS),
        pages_in=tuple(PAGE_READERS),
        pages_out=(*PAGE_WRITERS, "lines"),
        models=tuple(SUFFIXES),
    )
