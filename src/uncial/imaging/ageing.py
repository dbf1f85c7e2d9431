"""What ink, paper, scribes and scanners do to a clean line.

Functions as in `uncial.imaging.degrade`: ``(H, W)`` uint8 with dark ink on paper near 255, a
generator and a strength; the result has the same shape. `age` strings them together in the order
in which they happen to a sheet.

Source: the kinds of damage follow Baird 2007 ("The state of the art of document image degradation
modelling") and the field's generators; code is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from uncial.imaging.bending import Gray
from uncial.imaging.textures import MIDDLE, SPREAD, plus, texture

CHANCES: Final[Mapping[str, float]] = {
    "ink": 0.5,
    "bleed": 0.3,
    "fade": 0.35,
    "neighbours": 0.25,
    "ruling": 0.1,
    "through": 0.2,
    "stains": 0.15,
    "paper": 0.6,
    "coarse": 0.3,
    "blur": 0.3,
    "streaks": 0.15,
    "noise": 0.5,
    "threshold": 0.1,
    "jpeg": 0.3,
}
"""Degradations in the order in which they happen, and how often each does, 0-1."""

_DEVIATIONS = (np.arange(256) - MIDDLE) / SPREAD  # of each gray level of a texture


def fade(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Ink that is lost in patches, or paler along the line as a pen runs dry."""
    grain = (2, 4, 16, 32)[int(rng.integers(4))]
    depth = min(0.9, strength * rng.uniform(0.3, 0.9 if grain < 16 else 0.6))
    start = rng.uniform(0.6, 1.6)  # standard deviations from which ink is lost
    kept = 255 * (1 - depth * np.clip(_DEVIATIONS - start, 0, 1))
    mask = cv2.LUT(texture(image.shape, grain, rng), kept.astype(np.uint8))
    ink = cv2.multiply(cv2.bitwise_not(image), mask, scale=1 / 255)
    return np.asarray(cv2.bitwise_not(ink), np.uint8)


def bleed(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Ink that spreads into the paper: strokes with soft, wider edges that fill small holes."""
    soft = cv2.GaussianBlur(image, (0, 0), 0.5 + 1.0 * strength * rng.random())
    gain = 1 + 0.8 * strength * rng.random()
    levels = 255 - np.clip((255 - np.arange(256)) * gain, 0, 255)
    return np.asarray(cv2.min(cv2.LUT(soft, levels.astype(np.uint8)), image), np.uint8)


def through(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """The back of the sheet: mirrored writing, soft and pale, higher or lower."""
    back = cv2.blur(cv2.flip(image, 1), (5, 3))
    height, width = image.shape
    shift = int(rng.integers(-height // 2, height // 2 + 1)), int(rng.integers(width))
    share = strength * rng.uniform(0.08, 0.35)
    levels = (255 - share * (255 - np.arange(256))).astype(np.uint8)
    return np.asarray(cv2.min(image, np.roll(cv2.LUT(back, levels), shift, (0, 1))), np.uint8)


def neighbours(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Feet of the line above and heads of the line below that reach into the crop."""
    result = image.copy()
    height, width = image.shape
    most = max(1, round(height * min(0.3, 0.2 * strength)))
    for above in (True, False):
        if rng.random() < 0.35:
            continue
        rows = int(rng.integers(1, most + 1))
        other = np.roll(image, int(rng.integers(width)), axis=1)
        if above:
            result[:rows] = cv2.min(result[:rows], np.ascontiguousarray(other[height - rows :]))
        else:
            end = result[height - rows :]
            end[:] = cv2.min(np.ascontiguousarray(end), np.ascontiguousarray(other[:rows]))
    return result


def ruling(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """A ruled line below the writing or through it, seldom one across it."""
    result = image.copy()
    height, width = image.shape
    gray = int(255 - strength * rng.uniform(40, 180))
    gray = max(0, gray)
    thick = int(rng.integers(1, max(2, height // 24) + 1))
    if rng.random() < 0.15:
        x = int(rng.integers(width))
        ends = (x, 0), (x + int(rng.integers(-3, 4)), height)
    else:
        y = round(height * rng.uniform(0.45, 1.0))
        ends = (0, y), (width, y + int(rng.integers(-2, 3)))
    cv2.line(result, *ends, (gray,), thick, cv2.LINE_AA)
    return np.asarray(cv2.min(result, image), np.uint8)


def stains(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Darker blotches, or specks of dirt."""
    specks = rng.random() < 0.5
    noise = texture(image.shape, 2 if specks else 32, rng)
    edge = rng.uniform(2.4, 3.2) if specks else rng.uniform(0.8, 2.0)
    depth = strength * (rng.uniform(60, 200) if specks else rng.uniform(15, 90))
    rise = 0.15 if specks else 0.6  # standard deviations over which a stain sets in
    levels = depth * np.clip((_DEVIATIONS - edge) / rise, 0, 1)
    dark = cv2.LUT(noise, np.clip(levels, 0, 255).astype(np.uint8))
    return np.asarray(cv2.subtract(image, dark), np.uint8)


def paper(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Paper and ink of some gray, with the grain of paper and uneven light."""
    white = 255 - strength * rng.uniform(5, 80)
    black = min(white - 60, strength * rng.uniform(0, 90))
    levels = np.rint(black + np.arange(256) * ((white - black) / 255)).astype(np.uint8)
    result = np.asarray(cv2.LUT(image, levels), np.uint8)
    for grains, most in (((1, 2, 4), 8.0), ((16, 32), 12.0)):
        grain = grains[int(rng.integers(len(grains)))]
        result = plus(result, texture(image.shape, grain, rng), strength * rng.uniform(0, most))
    return result


def coarse(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Fewer px, as of a scan at lower resolution, enlarged again."""
    share = 1 - strength * rng.uniform(0.15, 0.5)
    height, width = image.shape
    size = max(4, round(width * share)), max(4, round(height * share))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    larger = cv2.INTER_LINEAR if rng.random() < 0.7 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(smaller, (width, height), interpolation=larger), np.uint8)


def streaks(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Columns that a scanner sees lighter or darker, and light that falls off along the line."""
    width = image.shape[1]
    column = (texture((1, width), 1, rng) - np.float32(MIDDLE)) * (0.12 * strength * rng.random())
    fall = np.linspace(0, strength * rng.uniform(-40, 40), width, dtype=np.float32)
    offset = np.rint(column + fall - max(0.0, float(fall.max()))).astype(np.int16)
    return np.asarray(cv2.add(image, np.broadcast_to(offset, image.shape), dtype=cv2.CV_8U))


def threshold(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Black and white only, with the ragged edges that this gives."""
    low, high = (float(level) for level in np.percentile(image[::2, ::4], (1, 80)))
    edge = low + (high - low) * float(np.clip(0.6 + 0.12 * strength * rng.normal(), 0.35, 0.85))
    ragged = plus(image, texture(image.shape, 1, rng), strength * rng.uniform(2, 14))
    levels = np.where(np.arange(256) > edge, 255, 0).astype(np.uint8)
    hard = cv2.LUT(ragged, levels)
    share = min(1.0, strength)
    return np.asarray(cv2.addWeighted(hard, share, image, 1 - share, 0), np.uint8)


def jpeg(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """What JPEG at a low quality leaves."""
    quality = int(np.clip(95 - strength * rng.uniform(25, 75), 5, 95))
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
