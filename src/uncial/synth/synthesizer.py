"""Lines without end: each a pure function of a recipe, a seed and its number.

Any worker can make any line, so that one process and eight make the same ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from uncial.errors import ConfigError, DataError
from uncial.imaging.ageing import CHANCES
from uncial.imaging.appearance import Appearance
from uncial.imaging.bending import Gray
from uncial.imaging.degrade import age
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.page.layout import LineSample
from uncial.synth.fonts import Font
from uncial.synth.hand import Hand
from uncial.synth.looks import Looks, looks_of
from uncial.synth.recipe import HandRecipe, Recipe
from uncial.synth.render import Rendered, Style, render
from uncial.synth.shaping import is_vertical
from uncial.synth.standins import draws
from uncial.synth.texts import TextSampler

_TRIES = 20  # texts for which a font is looked for before giving up
_HANDS = ("hand", "cursive")
_SLANTS = {"hand": (-6.0, 14.0), "cursive": (-10.0, 10.0)}  # degrees
_PRINT_SLANT = (-1.0, 1.5)
_WIDE_SET = 0.05  # share of printed lines
_ITALIC = 0.1  # share of lines in an italic of their family


class LineMaker(ABC):
    """What makes any line of a stream; sent to workers."""

    recipe: Recipe

    @property
    @abstractmethod
    def written(self) -> frozenset[str]:
        """Graphemes that lines may have."""

    @property
    @abstractmethod
    def typefaces(self) -> tuple[Font, ...]:
        """Fonts that lines may be drawn with."""

    @abstractmethod
    def line(self, seed: int, number: int, text: str = "") -> LineSample:
        """Line `number` of the stream of a seed.

        Args:
            seed: Of the stream.
            number: Of the line.
            text: What it says; ``""`` draws one.

        Raises:
            DataError: No font covers the text, or any of many that were drawn.
        """

    @abstractmethod
    def line_with(self, seed: int, number: int, unit: str) -> LineSample:
        """A short line that has a certain character.

        Raises:
            DataError: No font covers it.
        """

    @abstractmethod
    def part(self, seed: int, number: int) -> Synthesizer:
        """What sets the texts and fonts of a line or page of the stream."""

    def lines(self, seed: int, numbers: Sequence[int]) -> list[LineSample]:
        """Several lines; what workers are asked for."""
        return [self.line(seed, number) for number in numbers]

    def prepared(
        self, seed: int, first: int, count: int, preprocessing: Preprocessing
    ) -> list[tuple[Gray, str]]:
        """Lines as a model sees them, with their texts; what workers are asked for."""
        found = []
        for number in range(first, first + count):
            sample = self.line(seed, number)
            found.append((prepare(sample.image, preprocessing), sample.text or ""))
        return found


@dataclass(frozen=True, eq=False)
class Synthesizer(LineMaker):
    """Makes lines of one recipe.

    Args:
        recipe: Shares and strengths.
        texts: Draws lines of text.
        fonts: That can draw them; see `usable`.
        appearance: Of the lines that these are to look like, if there are any.
    """

    recipe: Recipe
    texts: TextSampler
    fonts: tuple[Font, ...]
    appearance: Appearance | None = None

    def __post_init__(self) -> None:
        if not self.fonts:
            raise ConfigError(
                "no font is left to draw the text with",
                remedy="name fonts that cover it; 'uncial fonts fetch' brings open ones",
            )

    @cached_property
    def families(self) -> tuple[tuple[Font, ...], ...]:
        """Fonts by family: each family is drawn as often, whatever its number of weights."""
        found: dict[str, list[Font]] = {}
        for font in self.fonts:
            found.setdefault(font.family, []).append(font)
        return tuple(tuple(found[name]) for name in sorted(found))

    @property
    def written(self) -> frozenset[str]:
        """Graphemes that lines may have."""
        return frozenset(self.texts.written)

    @property
    def typefaces(self) -> tuple[Font, ...]:
        """Fonts that lines may be drawn with."""
        return self.fonts

    def part(self, seed: int, number: int) -> Synthesizer:
        """Itself."""
        return self

    def line(self, seed: int, number: int, text: str = "") -> LineSample:
        """Line `number` of the stream of a seed."""
        made, font = self.drawn(seed, number, text)
        return LineSample(
            image=made.image,
            text=made.text,
            line_id=f"{self.recipe.name}/{number:07d}",
            document=font.name,
            source=font.path.name,
        )

    def line_with(self, seed: int, number: int, unit: str) -> LineSample:
        """A short line that has a certain character."""
        text = self.texts.line_with(unit, np.random.default_rng((seed, number, 1)))
        return self.line(seed, number, text)

    def drawn(self, seed: int, number: int, text: str = "") -> tuple[Rendered, Font]:
        """The same line as it was rendered and aged; its boxes hold for the clean line."""
        rng = np.random.default_rng((seed, number))
        text, font = self.choice(rng, text)
        style = self.style(font, text, rng)
        made = render(text, font, style, rng)
        return replace(made, image=self._aged(made.image, rng)), font

    def text_for(self, font: Font, rng: np.random.Generator) -> str:
        """A text that a font covers; ``""`` where many do not do."""
        for _ in range(_TRIES):
            text = self.texts.line(rng)
            if draws(font, text):
                return text
        return ""

    def choice(self, rng: np.random.Generator, given: str = "") -> tuple[str, Font]:
        """A text and a font that covers it."""
        for _ in range(_TRIES):
            text = given or self.texts.line(rng)
            for at in rng.permutation(len(self.families))[: None if given else _TRIES]:
                able = [font for font in self.families[int(at)] if draws(font, text)]
                plain = [font for font in able if "Italic" not in font.style]
                if plain and rng.random() > _ITALIC:
                    able = plain
                if able:
                    return text, able[int(rng.integers(len(able)))]
            if given:
                break
        raise DataError(
            f"no font covers {text!r}" + ("" if given else f" nor {_TRIES - 1} other lines"),
            remedy="fetch or name fonts of its script, or give a charset that they cover",
        )

    def style(self, font: Font, text: str, rng: np.random.Generator) -> Style:
        """How a line in a font is set."""
        recipe, looks = self.recipe.hand, looks_of(font)
        low, high = recipe.x_height
        heights = np.linspace(low, high, 4)  # few sizes, so that drawn glyphs are found again
        x_height = float(heights[int(rng.integers(len(heights)))])
        size = int(np.clip(2 * round(x_height / looks.x_height / 2), 12, 96))
        hand = _hand(font, recipe, rng)
        if self.appearance is not None:
            hand = replace(hand, stroke=self._stroke(looks, hand, rng))
        crop = self.recipe.ageing.crop
        left, above, right, below = (
            round(crop * float(margin)) for margin in rng.gamma(1.2, (5, 3, 5, 3))
        )
        return Style(
            size=size,
            margins=(left + 2, above + 1, right + 2, below + 1),
            slope=float(rng.normal(0, 0.3 * min(1.0, recipe.strength))) if len(text) > 3 else 0.0,
            hand=hand,
            tight=True,
            vertical=recipe.vertical and is_vertical(text),
        )

    def _stroke(self, looks: Looks, hand: Hand, rng: np.random.Generator) -> float:
        """Em to add to strokes for them to look like those of the lines looked at."""
        if self.appearance is None or rng.random() > self.recipe.ageing.like_share:
            return hand.stroke
        wanted = self.appearance.stroke(rng) * looks.text_height
        return float(np.clip(wanted - looks.stroke, -0.04, 0.08)) + 0.3 * hand.stroke

    def _aged(self, image: Gray, rng: np.random.Generator) -> Gray:
        recipe = self.recipe.ageing
        image = _cropped(image, recipe.crop, rng)
        if recipe.strength <= 0 and self.appearance is None:
            return image
        chances = {**CHANCES, **recipe.chances}
        if self.appearance is None or rng.random() > recipe.like_share:
            return age(image, rng, recipe.strength, chances)
        return age(image, rng, recipe.strength, {**chances, "paper": 1.0}, self.appearance.on_paper)


def usable(fonts: Sequence[Font], recipe: Recipe, sampler: TextSampler) -> tuple[Font, ...]:
    """Fonts that draw the sampler's text as it should look.

    Left out are fonts that are named to be, too bold, that lack most of the text, whose shaping
    fails on words that they have the letters for, and, where the text has small letters, those
    that draw capitals instead.
    """
    rng = np.random.default_rng(0)
    words = [word for _ in range(12) for word in sampler.line(rng).split(" ")]
    small = any(word.islower() for word in words)
    left_out = {name.lower().replace("-", " ") for name in recipe.fonts.leave_out}
    found = []
    for font in fonts:
        if font.family.lower() in left_out or font.weight > recipe.fonts.heaviest:
            continue
        mine = [word for word in words if font.covers(word)]
        if len(mine) < len(words) / 4 or not looks_of(font).shapes(" ".join(mine)):
            continue
        if small and looks_of(font).capitals_only:
            continue
        found.append(font)
    return tuple(found)


def _hand(font: Font, recipe: HandRecipe, rng: np.random.Generator) -> Hand:
    """A hand as a font of its kind may have."""
    by_hand, free = font.kind in _HANDS, recipe.strength
    usual = _SLANTS.get(font.kind, _PRINT_SLANT)
    low, high = usual if recipe.slant == "auto" else recipe.slant
    scale = recipe.strength if recipe.slant == "auto" else 1.0
    share = (np.abs(rng.standard_normal(6)) * free).tolist()
    joined = 0.25 if recipe.joined == "auto" else recipe.joined
    joins = font.kind == "hand" and rng.random() < joined
    return Hand(
        walk=(0.012 if by_hand else 0.001) * share[0],
        bounce=(0.010 if by_hand else 0.004) * share[1],
        spread=(0.010 if by_hand else 0.004) * share[2],
        spacing=_spacing(font.kind, rng) * free,
        word_spacing=float(np.exp(rng.normal(0.1, 0.25) * free)),
        slant=float(rng.uniform(low, high)) * scale,
        width=float(np.exp(rng.normal(0.0, 0.10 if by_hand else 0.07) * free)),
        variation=(0.025 if by_hand else 0.010) * share[3],
        stroke=float(rng.normal(0.0, 0.012)) * free,
        joined=float(rng.uniform(0.3, 1.0)) if joins else 0.0,
        alternates=0.3 * min(1.0, free) if by_hand and rng.random() < 0.5 else 0.0,
    )


def _spacing(kind: str, rng: np.random.Generator) -> float:
    """Em between letters: none where they join, and now and then the wide setting of old print."""
    if kind in ("cursive", "naskh", "nastaliq", "script"):
        return 0.0
    if kind != "hand" and rng.random() < _WIDE_SET:
        return float(rng.uniform(0.08, 0.28))
    return float(rng.normal(0.02, 0.025))


def _cropped(image: Gray, crop: float, rng: np.random.Generator) -> Gray:
    """A crop that now and then cuts a px or two of the ink."""
    if rng.random() > 0.2 * crop or image.shape[0] < 24 or image.shape[1] < 24:
        return image
    left, top, right, bottom = (int(edge) for edge in rng.integers(0, (4, 3, 4, 3)))
    return image[top : image.shape[0] - bottom, left : image.shape[1] - right]
