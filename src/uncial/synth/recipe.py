"""What synthetic lines are made from: texts, fonts, hands, ageing; read from a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from uncial.errors import ConfigError
from uncial.page.layout import LineSample
from uncial.synth.fonts import Font
from uncial.synth.render import Style, line_image

_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class TextRecipe:
    """Where lines of text come from."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    sources: tuple[Path, ...] = ()
    """Files as for the command corpus, or one that it wrote; none takes some English prose."""
    charset: str = ""
    """Characters that lines may have; empty takes those of the sources."""
    least: int = 1
    """Leave out characters of the sources that occur more seldom; no part of `charset`."""
    mix: Mapping[str, float] = field(default_factory=dict)
    """Shares of the samplers running, words, rare, pairs, pseudo, numbers and random; empty
    takes the usual ones."""
    shortest: int = 16
    """Aim of the shortest line, characters."""
    longest: int = 60
    """Characters of the longest line, unless one word has more."""
    other_case: float = 0.05
    """Share of lines in capitals or with capitalized words, 0-1."""
    long_s: bool = False
    """Write ſ where Fraktur does."""
    spellings: Mapping[str, str] = field(default_factory=dict)
    """Old or other spellings of characters, such as ``"ä" = "aͤ"``, that some lines have."""
    spelling_share: float = 0.5
    """Share of lines with those spellings, 0-1."""
    hyphen: str = ""
    """Ends lines within a word, as lines of books end."""
    normalization: str = "nfc+spaces"
    """Rules for the text."""


@dataclass(frozen=True, kw_only=True)
class FontRecipe:
    """What draws the text."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    names: tuple[str, ...] = ()
    """Families, kinds, files or folders, as for the command fonts; none takes all at hand."""
    leave_out: tuple[str, ...] = ()
    """Families not to use."""
    system: bool = False
    """Take the system's fonts, too."""
    heaviest: int = 700
    """OS/2 weight class of the boldest font."""


@dataclass(frozen=True, kw_only=True)
class HandRecipe:
    """How far letters leave the places of perfect type; 1 is usual, 0 never."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    strength: float = 1.0
    """Of everything below that is not given in a unit of its own."""
    slant: tuple[float, float] | Literal["auto"] = "auto"
    """Least and most degrees to the right; auto goes by the font's kind."""
    joined: float | Literal["auto"] = "auto"
    """Share of unjoined handwriting whose letters get joining strokes, 0-1."""
    x_height: tuple[int, int] = (13, 22)
    """Least and most px of small letters."""
    vertical: bool = False
    """Set scripts that may run downwards so."""


@dataclass(frozen=True, kw_only=True)
class AgeingRecipe:
    """What time and scanners do."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    strength: float = 1.0
    """Of each degradation; 0 leaves lines clean."""
    chances: Mapping[str, float] = field(default_factory=dict)
    """How often a degradation happens, 0-1, where it is not as usual."""
    like: tuple[Path, ...] = ()
    """Your own lines, without ground truth: folders or files of line images, or a line store;
    their paper, ink and stroke width are used."""
    like_share: float = 0.8
    """Share of lines that look like those, 0-1."""
    crop: float = 1.0
    """How much margins vary, and how often a crop cuts into the ink."""


@dataclass(frozen=True, kw_only=True)
class PageRecipe:
    """What whole pages have beside plain columns of text; shares are 0-1."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    apart: float = 0.4
    """Share of handwritten pages whose words stand far apart."""
    sloping: float = 0.8
    """Degrees that lines of a hand rise or fall, standard deviation."""
    tables: float = 0.08
    """Share of pages that are a table."""
    clutter: float = 0.25
    """Share of pages with each of pictures, stains, dark edges and, under handwriting, ruling."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Texts × fonts × hands × ageing."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str = "synthetic"
    """Prefix of the lines' ids."""
    parts: Mapping[str, float] = field(default_factory=dict)
    """Other recipes, by path, and how often a line comes from each; texts, fonts, hands and
    ageing are theirs then."""
    text: TextRecipe = field(default_factory=TextRecipe)
    """Where lines of text come from."""
    fonts: FontRecipe = field(default_factory=FontRecipe)
    """What draws the text."""
    hand: HandRecipe = field(default_factory=HandRecipe)
    """How far letters leave their places."""
    ageing: AgeingRecipe = field(default_factory=AgeingRecipe)
    """What time and scanners do."""
    page: PageRecipe = field(default_factory=PageRecipe)
    """What whole pages have beside text."""
    lines: int = 2000
    """Lines to train on that are written to disk; a training draws others without end."""
    validation: int = 200
    """Lines to validate on."""
    test: int = 0
    """Lines to test on."""


def samples(
    texts: Iterable[str], fonts: Sequence[Font], *, seed: int, name: str
) -> Iterator[LineSample]:
    """One line sample per text, each in a font and a style drawn by `seed`.

    Args:
        texts: Lines of text, in logical order.
        fonts: Fonts to draw from; each text gets one that covers it.
        seed: Same seed, same images.
        name: Prefix of the line ids.

    Yields:
        Samples whose document is the name of the font.

    Raises:
        ConfigError: No font covers a text.
    """
    rng = np.random.default_rng(seed)
    for number, text in enumerate(texts):
        able = [font for font in fonts if font.covers(text)]
        if not able:
            raise ConfigError(
                f"none of {len(fonts)} fonts covers {text!r}", remedy="install a font that does"
            )
        font = able[int(rng.integers(len(able)))]
        yield LineSample(
            image=line_image(text, font, Style.drawn(rng), rng),
            text=text,
            line_id=f"{name}/{number:05d}",
            document=font.name,
            page=f"{name}/{font.name}",
            source=font.path.name,
        )
