"""Pages without end to train on, drawn by a recipe as they are needed."""

from __future__ import annotations

from functools import lru_cache

from uncial.imaging.pageview import PagePreparation
from uncial.synth.pages import synthetic_page
from uncial.synth.synthesizer import LineMaker
from uncial.training.segmentation.truth import TruePage, Types, true_page

_KEPT = 64  # pages in memory
_SEED = 0x50414745  # sets the pages apart from the lines that a recipe makes with a seed


class MadePages:
    """The pages of a recipe as a network sees them.

    Args:
        synthesizer: Of the recipe.
        types: To learn.
        preparation: Of the network.
        seed: Of the run.
    """

    def __init__(
        self, synthesizer: LineMaker, types: Types, preparation: PagePreparation, seed: int
    ) -> None:
        self._synthesizer, self._types, self._preparation = synthesizer, types, preparation
        self._seed = seed ^ _SEED
        self.page = lru_cache(maxsize=_KEPT)(self._page)
        """Page of a number, the same whenever it is asked for."""

    def _page(self, number: int) -> TruePage:
        image, page, _ = synthetic_page(
            self._synthesizer.part(self._seed, number), self._seed, number
        )
        return true_page(image, page, self._types, self._preparation)
