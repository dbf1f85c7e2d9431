"""Seeded ageing of line images: geometry, ink, paper, sensor.

One library for augmentation (`augment`) and for synthesis (`age`). Every function takes
``(H, W)`` uint8 with dark ink on paper near 255 and a ``numpy`` generator, and returns a new image
of the same height. ``strength`` 1 is what training uses by default; 0 changes nothing.

Source: the transforms and their ranges follow what Retsinas et al. 2022 ("Best practices for a
handwritten text recognition system", DAS) and the label-free learners use; code is our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import cv2
import numpy as np

from uncial.imaging.ageing import CHANCES
from uncial.imaging.bending import Gray, bent
from uncial.imaging.prepare import PAPER
from uncial.imaging.textures import plus, texture
from uncial.registry import Registry

_OWN = ("ink", "blur", "noise")
Degradation = Callable[[Gray, np.random.Generator, float], Gray]

DEGRADATIONS: Registry[Degradation] = Registry(
    "degradation",
    {
        "warp": "uncial.imaging.degrade:warp",
        "ink": "uncial.imaging.degrade:ink",
        "blur": "uncial.imaging.degrade:blur",
        "tone": "uncial.imaging.degrade:tone",
        "noise": "uncial.imaging.degrade:noise",
        "spans": "uncial.imaging.degrade:spans",
        **{name: f"uncial.imaging.ageing:{name}" for name in CHANCES if name not in _OWN},
    },
)


WIDTH_CHANGE = 0.12
"""Share by which `warp` makes a line of strength 1 wider or narrower at most."""


def augment(image: Gray, rng: np.random.Generator, strength: float = 1.0, width: int = 0) -> Gray:
    """One random view of a training line; about 0.6 ms for 48 x 1000 px.

    Args:
        image: ``(H, W)``.
        rng: Decides everything but the width.
        strength: 0 changes nothing.
        width: Of the result in px; 0 draws one.
    """
    if strength <= 0:
        return image
    if width or rng.random() < 0.8:
        image = warp(image, rng, strength, width)
    if rng.random() < 0.3:
        image = ink(image, rng, strength)
    if rng.random() < 0.2:
        image = blur(image, rng, strength)
    if rng.random() < 0.4:
        image = tone(image, rng, strength)
    if rng.random() < 0.25:
        image = noise(image, rng, strength)
    return image


def age(
    image: Gray,
    rng: np.random.Generator,
    strength: float = 1.0,
    chances: Mapping[str, float] = CHANCES,
    paper: Callable[[Gray, np.random.Generator], Gray] | None = None,
) -> Gray:
    """A clean line as scans of old sheets look: some degradations, in the order of `CHANCES`.

    Args:
        image: ``(H, W)``, dark ink on white.
        rng: Decides everything.
        strength: Of each degradation; 0 changes nothing.
        chances: How often each happens, 0-1; names of `DEGRADATIONS`.
        paper: Puts the line on paper, instead of the degradation of this name.
    """
    if strength <= 0 and paper is None:
        return image
    draws = rng.random(len(chances)).tolist()
    for (name, chance), draw in zip(chances.items(), draws, strict=True):
        if draw >= chance:
            continue
        if name == "paper" and paper is not None:
            image = paper(image, rng)
        elif strength > 0:
            image = _named(name)(image, rng, strength)
    return image


@cache
def _named(name: str) -> Degradation:
    return DEGRADATIONS.get(name)


def warp(image: Gray, rng: np.random.Generator, strength: float = 1.0, new_width: int = 0) -> Gray:
    """Scale, shear, rotate and shift; half of the time also bend elastically.

    Args:
        image: ``(H, W)``.
        rng: Decides everything but a given width.
        strength: 0 changes nothing.
        new_width: Of the result in px; 0 draws one.
    """
    height, width = image.shape
    scale_x = 1 + strength * rng.uniform(-WIDTH_CHANGE, WIDTH_CHANGE)
    if new_width:
        scale_x = new_width / width
    scale_y = 1 + strength * rng.uniform(-0.10, 0.10)
    shear = strength * rng.uniform(-0.25, 0.25)
    slope = np.tan(np.deg2rad(strength * rng.uniform(-0.6, 0.6))) * min(1.0, 400 / width)
    shift = strength * rng.uniform(-0.06, 0.06) * height
    new_width = new_width or max(16, round(width * scale_x))
    linear = np.array([[scale_x, shear * scale_x], [slope, scale_y]])
    offset = np.array([new_width / 2, height / 2 + shift]) - linear @ [width / 2, height / 2]
    matrix = np.hstack([linear, offset[:, None]]).astype(np.float32)
    amplitude = strength * rng.uniform(0.3, 1.6) if rng.random() < 0.5 else 0.0
    cells = (max(2, new_width // 24), 4)
    return bent(image, matrix, (new_width, height), cells, amplitude, rng, border=PAPER)


def ink(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Thicken or thin the strokes by up to a pixel; never so far that hairlines vanish."""
    kernel = np.ones((2, 2) if rng.random() < 0.6 else (1, 2), np.uint8)
    thicker = rng.random() < 0.5
    share = min(1.0, strength) * rng.uniform(0.3, 1.0 if thicker else 0.7)
    changed = (cv2.erode if thicker else cv2.dilate)(image, kernel)
    return np.asarray(cv2.addWeighted(image, 1 - share, changed, share, 0), np.uint8)


def blur(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Defocus by up to one pixel."""
    sigma = rng.uniform(0.3, 0.31 + 0.7 * strength)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def tone(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Change gamma, fade the ink, darken the paper."""
    gamma = np.exp(strength * rng.uniform(-0.5, 0.5))
    span = 1 - strength * rng.uniform(0, 0.3)
    floor = rng.uniform(0, 255 * (1 - span))
    levels = np.linspace(0, 1, 256) ** gamma * 255 * span + floor
    return np.asarray(np.clip(levels, 0, 255).astype(np.uint8)[image])


def noise(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Sensor noise of up to 14 gray levels, px by px or in grains of two."""
    grain = 1 if rng.random() < 0.7 else 2
    return plus(image, texture(image.shape, grain, rng), rng.uniform(2, 14) * strength)


def spans(image: Gray, rng: np.random.Generator, strength: float = 1.0) -> Gray:
    """Hide up to a tenth of the columns behind gray bars, so that context must fill in."""
    result = image.copy()
    width = image.shape[1]
    for _ in range(int(strength * rng.random() * width / 120)):
        at = int(rng.integers(0, width))
        result[:, at : at + int(rng.integers(4, 16))] = rng.integers(120, 256)
    return result
