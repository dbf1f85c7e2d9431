"""A seeded mixture of text, fonts and styles that yields line samples without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from uncial.errors import ConfigError
from uncial.page.layout import LineSample
from uncial.synth.fonts import Font
from uncial.synth.render import Style, line_image


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
