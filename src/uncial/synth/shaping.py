"""Text and a font become placed glyphs, in the order in which they are seen.

A line is cut into runs of one direction (Unicode bidirectional algorithm) and one script, each
run is shaped by HarfBuzz, and the runs are set side by side; vertical text runs downwards.

Sources: Unicode Standard Annexes #9 (bidirectional order) and #24 (scripts); OpenType layout.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import MissingDependency
from uncial.text.order import level_runs

UNIT = 64
"""Positions in a font scaled to one px are counted in 64ths, as FreeType does."""

_DOTTED_CIRCLE = "\u25cc"  # what HarfBuzz puts below marks that nothing carries
_JOINING = "\u0628"  # beh: a font that joins Arabic has other glyphs for it in a row of three
_INHERITED = frozenset(("Zyyy", "Zinh", "Zzzz"))
_VERTICAL = frozenset(("Hani", "Hira", "Kana", "Hang", "Bopo", "Mong"))


@dataclass(frozen=True, eq=False)
class Glyphs:
    """A shaped line.

    Attributes:
        ids: ``(G,)`` glyph numbers, in the order in which they are seen.
        x: ``(G,)`` px from the start of the line to each glyph's origin.
        y: ``(G,)`` px downwards from the baseline to it.
        clusters: ``(G,)`` index of the first character that each glyph stands for.
        advance: Px from the line's start to its end, along the writing.
        vertical: Whether `x` runs across and `y` along the writing.
    """

    ids: tuple[int, ...]
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    clusters: tuple[int, ...]
    advance: float
    vertical: bool = False

    def __len__(self) -> int:
        return len(self.ids)


class Shaper:
    """Shapes text in one font at one size.

    Args:
        path: Font file.
        size: Px per em.

    Raises:
        MissingDependency: uharfbuzz is not installed.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._hb = harfbuzz()
        self._face = _face(path)
        self._font = self._hb.Font(self._face)
        self._font.scale = (size * UNIT, size * UNIT)

    @cached_property
    def features(self) -> frozenset[str]:
        """Tags of the font's substitutions, e.g. ``{"liga", "salt"}``."""
        scripts = self._face.get_table_script_tags("GSUB")
        return frozenset(
            tag
            for at in range(len(scripts))
            for tag in self._face.get_language_feature_tags("GSUB", at)
        )

    def glyphs(
        self,
        text: str,
        *,
        vertical: bool = False,
        features: Mapping[str, Any] | None = None,
    ) -> Glyphs:
        """Shape one line.

        Args:
            text: In logical order, without line breaks.
            vertical: From top to bottom.
            features: OpenType features by tag, on or off, or for ranges of characters.
        """
        ids: list[int] = []
        clusters: list[int] = []
        placed: list[tuple[int, int, int, int]] = []
        runs = [(0, len(text), 0)] if vertical else level_runs(text)
        for start, stop, level in runs:
            parts = _script_runs(text, start, stop)
            for first, last in reversed(parts) if level % 2 else parts:
                buffer = self._shaped(text, first, last, level, vertical, features or {})
                for info in buffer.glyph_infos:
                    ids.append(info.codepoint)
                    clusters.append(info.cluster)
                placed += [position.position for position in buffer.glyph_positions or ()]
        return _placed(ids, clusters, placed, vertical)

    def _shaped(
        self,
        text: str,
        first: int,
        last: int,
        level: int,
        vertical: bool,
        features: Mapping[str, Any],
    ) -> Any:  # noqa: ANN401  (uharfbuzz has no types)
        buffer = self._hb.Buffer()
        if first == 0 and last == len(text):
            buffer.add_str(text)
        else:
            buffer.add_str(text, first, last - first)
        buffer.guess_segment_properties()
        buffer.direction = "ttb" if vertical else "rtl" if level % 2 else "ltr"
        self._hb.shape(self._font, buffer, dict(features))
        return buffer

    def covers(self, text: str) -> bool:
        """Whether every character gets a glyph of its own when the text is shaped."""
        found = self.glyphs(text)
        if 0 in found.ids:
            return False
        if _DOTTED_CIRCLE not in text:
            circle = self._font.get_nominal_glyph(ord(_DOTTED_CIRCLE))
            if circle and circle in found.ids:
                return False
        return self._joins or not any(map(joins, text))

    @cached_property
    def _joins(self) -> bool:
        """Whether Arabic letters take the forms of their places in a word."""
        return len(set(self.glyphs(3 * _JOINING).ids)) == 3


def _placed(
    ids: list[int], clusters: list[int], placed: list[tuple[int, int, int, int]], vertical: bool
) -> Glyphs:
    """Offsets and advances in 64ths as positions in px."""
    table = np.array(placed, np.float32).reshape(-1, 4) / UNIT
    if not len(table):
        none = np.zeros(0, np.float32)
        return Glyphs((), none, none, (), 0.0, vertical)
    along = np.cumsum(-table[:, 3] if vertical else table[:, 2])
    starts = np.concatenate([[np.float32(0)], along[:-1]]).astype(np.float32)
    x, y = (table[:, 0], starts - table[:, 1]) if vertical else (starts + table[:, 0], -table[:, 1])
    places = x.astype(np.float32), y.astype(np.float32)
    return Glyphs(tuple(ids), *places, tuple(clusters), float(along[-1]), vertical)


def harfbuzz() -> ModuleType:
    """The module uharfbuzz.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        import uharfbuzz  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingDependency(
            "shaping text by glyphs needs the package uharfbuzz", remedy="install uncial[render]"
        ) from error
    return uharfbuzz  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)
def _face(path: Path) -> Any:  # noqa: ANN401
    hb = harfbuzz()
    return hb.Face(hb.Blob.from_file_path(str(path)))


@lru_cache(maxsize=4096)
def shaper(path: Path, size: int) -> Shaper:
    """The shaper of a font and size; kept."""
    return Shaper(path, size)


def is_vertical(text: str) -> bool:
    """Whether a text may be set from top to bottom: every letter is of a script that is."""
    scripts = {script_of(char) for char in text} - _INHERITED
    return bool(scripts) and scripts <= _VERTICAL


@lru_cache(maxsize=65536)
def joins(char: str) -> bool:
    """Whether a character is a letter of Arabic script, which joins its neighbours."""
    return unicodedata.bidirectional(char) == "AL" and script_of(char) == "Arab"


@lru_cache(maxsize=65536)
def script_of(char: str) -> str:
    """ISO 15924 code of a character's script; ``Zyyy`` where several share it."""
    from fontTools import unicodedata as data  # noqa: PLC0415  (optional extra)

    return str(data.script(char))


def _script_runs(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Stretches of one script in logical order; what scripts share goes with what precedes."""
    piece = text[start:stop]
    if piece.isascii():
        return [(start, stop)]
    runs: list[tuple[int, int]] = []
    first, current = start, ""
    for at in range(start, stop):
        script = script_of(text[at])
        if script in _INHERITED or script == current:
            continue
        if current:
            runs.append((first, at))
            first = at
        current = script
    return [*runs, (first, stop)]
