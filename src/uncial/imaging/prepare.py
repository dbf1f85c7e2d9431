"""What a model sees: height, horizontal resolution, contrast, polarity.

A line is prepared once, to gray uint8 with dark ink on light paper (255), and that image is
what augmentation changes and the network reads. `Preprocessing` is stored in the model file,
because the commonest silent loss of accuracy is reading that prepares lines differently from
training.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.imaging import kraken, raster
from uncial.imaging.centre import centre_line, reduced, straightened
from uncial.imaging.tesseract import tesseract_line

PAPER = 255
MIN_WIDTH = 8
"""Least width in px of a prepared line."""
MAX_WIDTH = 16_384
"""Greatest width in px of a prepared line; a sliver of a wrong crop is squeezed into it."""
_UNCHANGED = "use an unchanged model file; this one was edited or damaged"
_CELL = 8  # px; the paper's brightness is found on a grid of such cells
_EVEN = 10  # gray levels; paper that differs by less is left alone
_SAMPLED = 1 << 15  # px; of larger images every second row and column is counted
_MIN_CONTRAST = 24.0  # gray levels; below this a line counts as blank and is not stretched


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a line image becomes a network's input.

    Attributes:
        height: Height in px that every line is scaled to.
        stretch: Width factor beside the scaling to `height`; 1 keeps the aspect, 0.6 makes
            wide types narrow so that fewer frames are computed for each character.
        pad: Paper columns in px added left and right, after scaling.
        contrast: Percentiles of gray that become black and white; ``(0, 100)`` spans all.
        clear: Share of the range from paper to ink that still counts as paper: texture,
            show-through.
        polarity: ``"auto"`` turns light-on-dark lines over, ``"keep"`` never does.
        centre: Whether lines are straightened along their own centre and scaled by the
            spread of their ink, not by the height of the crop.
        style: ``"uncial"``, or ``"tesseract"`` for lines as Tesseract's networks see them:
            scaled as Leptonica does, black and white found for each line when it enters the
            network. Stretch, padding, contrast, clearing and centring play no part then, and
            with polarity ``"auto"`` a line that is read with doubt is read inverted, too.
            ``"kraken"`` for lines as kraken's networks see them, by `uncial.imaging.kraken`:
            stretch, contrast, clearing and polarity play no part.
    """

    height: int = 48
    stretch: float = 1.0
    pad: int = 8
    contrast: tuple[float, float] = (1.0, 60.0)
    clear: float = 0.15
    polarity: str = "auto"
    centre: bool = True
    style: str = "uncial"

    @classmethod
    def tesseract(cls, height: int) -> Preprocessing:
        """That of a network of Tesseract.

        Args:
            height: Of its input, px.
        """
        return cls(height=height, pad=0, centre=False, style="tesseract")

    @classmethod
    def kraken(cls, height: int, *, centre: bool, pad: int = 16) -> Preprocessing:
        """That of a network of kraken.

        Args:
            height: Of its input, px.
            centre: Whether it learnt from lines cut out by boxes, which kraken straightens.
            pad: As kraken was told; px.
        """
        return cls(height=height, pad=pad, centre=centre, polarity="keep", style="kraken")

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values; inverse of `from_json`.

        The usual style is left out, so that older versions can read the model.
        """
        values = {**asdict(self), "contrast": list(self.contrast)}
        if self.style == "uncial":
            del values["style"]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Preprocessing:
        """Read what `to_json` wrote.

        Raises:
            FormatError: A field is unknown or out of range.
        """
        if not isinstance(values, dict):
            raise FormatError("preprocessing is not a JSON object", remedy=_UNCHANGED)
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise FormatError(
                f"unknown preprocessing field {sorted(unknown)[0]!r}",
                remedy="read the model with the version of Uncial that wrote it, or a newer one",
            )
        contrast = values.get("contrast", [1.0, 60.0])
        made = cls(**{**values, "contrast": tuple(contrast) if _is_pair(contrast) else ()})
        if not _is_sound(made):
            raise FormatError(f"preprocessing out of range: {values}", remedy=_UNCHANGED)
        return made


def _is_pair(contrast: object) -> bool:
    return (
        isinstance(contrast, list | tuple) and len(contrast) == 2 and all(map(_is_real, contrast))
    )


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_sound(made: Preprocessing) -> bool:
    """Whether every field has its type and lies in its range."""
    whole = all(type(size) is int for size in (made.height, made.pad))
    return (
        whole
        and _is_real(made.stretch)
        and _is_real(made.clear)
        and 0 <= made.clear < 1
        and isinstance(made.centre, bool)
        and made.polarity in ("auto", "keep")
        and made.style in ("uncial", "tesseract", "kraken")
        and len(made.contrast) == 2
        and 0 <= made.contrast[0] < made.contrast[1] <= 100
        and 1 <= made.height <= 4096
        and 0.05 <= made.stretch <= 20
        and 0 <= made.pad <= 1024
    )


def prepare(image: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """The line as its model sees it, without padding.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        preprocessing: Taken from the model.

    Returns:
        ``(height, W')`` gray, dark ink on paper near 255; in Tesseract's and kraken's styles as
        dark or light as it was given.
    """
    if preprocessing.style == "tesseract":
        return _leptonica(image, preprocessing.height)
    if preprocessing.style == "kraken":
        return _krakens(image, preprocessing)
    gray = to_gray(image)
    if preprocessing.centre:
        clear = _stretched(gray, preprocessing)
        line = centre_line(clear)
        return straightened(clear, line, _size(gray, preprocessing, line.span), PAPER)
    size = _size(gray, preprocessing, 1.0)
    return _stretched(reduced(gray, size), preprocessing)


def is_light_on_dark(image: NDArray[np.uint8]) -> bool:
    """Whether a line is written light on dark.

    Args:
        image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
    """
    return _is_light_on_dark(_cumulated(to_gray(image)))


def text_span(image: NDArray[np.uint8], preprocessing: Preprocessing) -> float:
    """Share of a crop's height that becomes the height of the prepared line, 0-1.

    Args:
        image: As for `prepare`.
        preprocessing: As for `prepare`.
    """
    if not preprocessing.centre or preprocessing.style == "tesseract":
        return 1.0
    if preprocessing.style == "kraken":
        return float(2 * kraken.half_height(kraken.gray(image)) / image.shape[0])
    return centre_line(_stretched(to_gray(image), preprocessing)).span


def _leptonica(image: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """A line as Tesseract scales it; only what no page holds is squeezed or widened."""
    return _bounded(tesseract_line(image, height).pixels)


def _krakens(image: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """A line as kraken scales it; only what no page holds is squeezed or widened."""
    gray = kraken.gray(image)
    line = kraken.straightened if preprocessing.centre else kraken.scaled
    return _bounded(line(gray, preprocessing.height))


def _bounded(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A prepared line within the bounds of width."""
    height, width = pixels.shape
    if width > MAX_WIDTH:
        return raster.linear_resized(pixels, (MAX_WIDTH, height))
    if width < MIN_WIDTH:
        return np.pad(pixels, ((0, 0), (0, MIN_WIDTH - width)), mode="edge")
    return pixels


def to_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``(H, W)`` gray of a gray or RGB image."""
    return image if image.ndim == 2 else raster.gray_of(image)


def _size(gray: NDArray[np.uint8], preprocessing: Preprocessing, span: float) -> tuple[int, int]:
    """Width and height in px of the prepared line."""
    height, width = gray.shape
    scale = preprocessing.height / (height * span) * preprocessing.stretch
    return min(max(MIN_WIDTH, round(width * scale)), MAX_WIDTH), preprocessing.height


def _stretched(gray: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    """Ink made dark, paper made even and white, by one look-up table."""
    counts = _cumulated(gray)
    if preprocessing.polarity == "auto" and _is_light_on_dark(counts):
        gray = 255 - gray
    gray = _flattened(gray)
    counts = _cumulated(gray)
    low, high = (
        float(np.searchsorted(counts, counts[-1] * share / 100.0))
        for share in preprocessing.contrast
    )
    low = min(low, high - _MIN_CONTRAST)
    high -= preprocessing.clear * (high - low)
    levels = (np.arange(256, dtype=np.float32) - low) * (255.0 / (high - low))
    return raster.looked_up(gray, np.clip(levels, 0, 255).astype(np.uint8))


def _cumulated(gray: NDArray[np.uint8]) -> NDArray[np.int64]:
    """``(256,)`` how many pixels are as dark as each level or darker; of a sample, if large."""
    sample = gray[::2, ::2] if gray.size > _SAMPLED else gray
    return raster.histogram(sample).cumsum()


def _flattened(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Paper of one brightness: shadows and stains wider than a few strokes are lifted."""
    height, width = gray.shape
    cells = (max(1, width // _CELL), max(1, height // _CELL))
    if min(cells) < 3:
        return gray
    sample = gray[::2, ::2] if gray.size > _SAMPLED else gray
    paper = raster.averaged(raster.dilated(raster.mean_resized(sample, cells)))
    if int(paper.max()) - int(paper.min()) < _EVEN:
        return gray
    return raster.lifted(gray, 255 - raster.linear_resized(paper, (width, height)))


def _is_light_on_dark(counts: NDArray[np.int64]) -> bool:
    """Whether most pixels are nearer the dark end: paper covers more than ink.

    Args:
        counts: ``(256,)`` cumulated histogram.
    """
    total = counts[-1]
    low, middle, high = (int(np.searchsorted(counts, total * s)) for s in (0.02, 0.5, 0.98))
    return high - low >= _MIN_CONTRAST and middle - low < 0.35 * (high - low)
