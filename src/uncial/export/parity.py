"""Whether an exported file reads as its model does: on given lines, else on rendered ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from uncial.models.reading import Image, NetworkReader
from uncial.text.metrics import score_line, summarize
from uncial.text.normalize import Normalization
from uncial.text.order import display_order

_FONT_SIZE = 34  # px
_MARGIN = 6  # px


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Two readers of one model on the same lines.

    Attributes:
        lines: How many were read.
        same: On how many they give the same text.
        cer: Of the exported file's texts against the model's, a fraction.
        greatest: Greatest difference of two probabilities, 0-1.
        rendered: The lines were rendered for this, for want of given ones.
    """

    lines: int
    same: int
    cer: float
    greatest: float
    rendered: bool


def parity(
    model: NetworkReader, exported: NetworkReader, images: Sequence[Image], *, rendered: bool
) -> Parity:
    """Read lines with both.

    Args:
        model: What was exported; in float32.
        exported: What became of it.
        images: Lines, at least one.
        rendered: Whether they are.
    """
    ours, theirs = (
        list(reader.log_probs_each(lambda at: images[at], len(images)))
        for reader in (model, exported)
    )
    greatest = max(
        float(np.abs(np.exp(a) - np.exp(b)).max(initial=0.0))
        for a, b in zip(ours, theirs, strict=True)
    )
    texts = [[one.text for one in reader.read(images)] for reader in (model, exported)]
    plain = Normalization.named("nfc")
    scores = [
        score_line(truth, text, normalization=plain) for truth, text in zip(*texts, strict=True)
    ]
    return Parity(
        lines=len(images),
        same=sum(one == other for one, other in zip(*texts, strict=True)),
        cer=summarize(scores).cer,
        greatest=greatest,
        rendered=rendered,
    )


def rendered_lines(characters: Sequence[str], count: int = 24, seed: int = 0) -> list[Image]:
    """Lines of random words in the characters of a model, in Pillow's own font.

    What the font lacks is drawn as a box: enough to compare two readers, not to judge one.
    """
    rng = np.random.default_rng(seed)
    font = ImageFont.load_default(_FONT_SIZE)
    known = [text for text in characters if text.strip()] or ["."]
    images = []
    for _ in range(count):
        words = [
            "".join(rng.choice(known, int(rng.integers(2, 9)))) for _ in range(rng.integers(1, 9))
        ]
        text = display_order(" ".join(words))
        _, _, right, bottom = font.getbbox(text)
        page = Pillow.new("L", (int(right) + 2 * _MARGIN, int(bottom) + 2 * _MARGIN), 255)
        ImageDraw.Draw(page).text((_MARGIN, _MARGIN), text, 0, font)
        images.append(np.array(page))
    return images
