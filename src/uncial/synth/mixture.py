"""Several recipes as one: each line comes from one of them, drawn by their shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from uncial.errors import DataError
from uncial.page.layout import LineSample
from uncial.synth.fonts import Font
from uncial.synth.recipe import Recipe
from uncial.synth.synthesizer import LineMaker, Synthesizer

_PARTS = 0x5041  # sets the choice of a part apart from what the part draws


@dataclass(frozen=True, eq=False)
class Mixture(LineMaker):
    """Makes lines by several synthesizers.

    Args:
        recipe: Names and counts; its texts, fonts, hands and ageing are those of the parts.
        parts: What makes the lines.
        shares: How often each does, in any unit.
    """

    recipe: Recipe
    parts: tuple[Synthesizer, ...]
    shares: tuple[float, ...]

    @cached_property
    def typefaces(self) -> tuple[Font, ...]:
        """Those of all parts."""
        return tuple(dict.fromkeys(font for part in self.parts for font in part.fonts))

    @property
    def written(self) -> frozenset[str]:
        """Graphemes that lines may have."""
        return frozenset[str]().union(*(part.written for part in self.parts))

    def part(self, seed: int, number: int) -> Synthesizer:
        """The synthesizer of a line."""
        return self.parts[int(self._order(seed, number)[0])]

    def line(self, seed: int, number: int, text: str = "") -> LineSample:
        """Line `number` of the stream of a seed; a given text by the first part that draws it."""
        order: Sequence[int] = self._order(seed, number).tolist()
        for at in order if text else order[:1]:
            try:
                sample = self.parts[at].line(seed, number, text)
            except DataError:
                if not text:
                    raise
                continue
            return replace(sample, line_id=f"{self.recipe.name}/{number:07d}")
        raise DataError(
            f"no part of {self.recipe.name} draws {text!r}",
            remedy="fetch or name fonts of its script",
        )

    def line_with(self, seed: int, number: int, unit: str) -> LineSample:
        """A short line that has a certain character."""
        able = [part for part in self.parts if unit in part.written]
        for part in able:
            try:
                sample = part.line_with(seed, number, unit)
            except DataError:
                continue
            return replace(sample, line_id=f"{self.recipe.name}/{number:07d}")
        raise DataError(f"no part of {self.recipe.name} draws {unit!r}", remedy="fetch its fonts")

    def _order(self, seed: int, number: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Parts in the order in which they are asked."""
        share = np.array(self.shares) / sum(self.shares)
        rng = np.random.default_rng((seed, number, _PARTS))
        return rng.choice(len(self.parts), len(self.parts), replace=False, p=share)
