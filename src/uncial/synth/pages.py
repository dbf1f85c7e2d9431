"""Whole pages with everything that layout analysis is to find, and where it is.

A page has one hand or type, one to four columns of paragraphs or a table, and now and then
headings, a running head with a page number, marginal notes, rules, pictures, stains and dark
edges. A hand writes lines that rise and fall, words far apart, and more between the lines. All of
it is drawn by seed.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.imaging.ageing import CHANCES
from uncial.imaging.bending import Gray
from uncial.imaging.degrade import age
from uncial.page.layout import Page, Polygon, Region
from uncial.synth import clutter
from uncial.synth.pageparts import (
    Frame,
    Setter,
    Sheet,
    beside,
    draw_picture,
    draw_rule,
    marginal_notes,
    running_head,
    set_block,
    set_table,
)
from uncial.synth.synthesizer import Synthesizer
from uncial.text.order import base_direction

_WIDTHS = (900, 1400)  # px of a page
_TURN = 1.2  # degrees that a page is turned at most
_GENTLER = 0.6  # times the strength of ageing of a line
_GEOMETRY = ("neighbours", "through", "ruling", "threshold")  # not for whole pages


def synthetic_page(
    synthesizer: Synthesizer, seed: int, number: int
) -> tuple[Gray, Page, tuple[str, ...]]:
    """Page `number` of the stream of a seed.

    Returns:
        Its image ``(H, W)`` gray, its layout with texts, in reading order, and the fonts' names.
    """
    rng = np.random.default_rng((seed, number, 2))
    width = int(rng.integers(*_WIDTHS))
    height = round(width * rng.uniform(1.25, 1.55))
    text, font = synthesizer.choice(rng)
    style = synthesizer.style(font, text, rng)
    rightward = base_direction(text) == "lr"
    sheet = Sheet(np.zeros((height, width), np.uint8), "lr" if rightward else "rl")
    setter = Setter(synthesizer, font, style, rng)
    more = synthesizer.recipe.page
    margin = round(width * rng.uniform(0.06, 0.12))
    frame = Frame(margin, margin, width - margin, height - margin)
    frame = running_head(sheet, setter, frame, number) if rng.random() < 0.6 else frame
    notes = rng.random() < 0.3
    if notes:
        edge = round((frame.right - frame.left) * 0.2)
        margins, frame = beside(frame, edge, setter.leading // 2, left=rng.random() < 0.6)
    if setter.by_hand and rng.random() < more.clutter:
        step = setter.leading * float(rng.choice([1.0, 1.0, rng.uniform(0.5, 1.5)]))
        top = frame.top + round(0.75 * setter.leading) + int(rng.integers(-3, 4))
        clutter.ruling(sheet.ink, (0, top, width, height), step, rng)
    if rng.random() < more.tables:
        set_table(sheet, setter, frame)
    else:
        _columns(sheet, setter, frame, rightward=rightward)
    if notes:
        marginal_notes(sheet, setter, margins)
    image, turn = _photographed(sheet.ink, synthesizer, rng)
    page = Page(
        image=f"{synthesizer.recipe.name}-{number:05d}.png",
        width=width,
        height=height,
        id=f"{synthesizer.recipe.name}-{number:05d}",
        regions=tuple(_turned(region, turn) for region in sheet.regions),
        ordered=True,
        direction="lr" if rightward else "rl",
    )
    return image, page, tuple(sorted(sheet.fonts))


def _columns(sheet: Sheet, setter: Setter, frame: Frame, *, rightward: bool) -> None:
    """Columns of paragraphs, with rules between them now and then."""
    rng = setter.rng
    count = int(rng.choice([1, 1, 1, 1, 2, 2, 3, 4]))
    count = min(count, max(1, (frame.right - frame.left) // (14 * setter.style.size)))
    gap = round(setter.style.size * rng.uniform(0.8, 1.8))
    wide = (frame.right - frame.left - gap * (count - 1)) // count
    lefts = [frame.left + at * (wide + gap) for at in range(count)]
    ruled = count > 1 and rng.random() < 0.4
    for at, left in enumerate(lefts if rightward else lefts[::-1]):
        _column(sheet, setter, replace(frame, left=left, right=left + wide))
        if ruled and at < count - 1:
            x = left + wide + gap // 2 if rightward else left - gap // 2
            draw_rule(sheet, (x, frame.top), (x, frame.bottom))


def _column(sheet: Sheet, setter: Setter, frame: Frame) -> None:
    rng, top = setter.rng, frame.top
    while top + setter.leading < frame.bottom:
        if rng.random() < 0.25:
            big = replace(setter.style, size=round(setter.style.size * rng.uniform(1.2, 1.8)))
            high = round(setter.leading * big.size / setter.style.size)
            if top + high + setter.leading > frame.bottom:
                return
            where = replace(frame, top=top, bottom=top + high)
            set_block(sheet, setter, where, "heading", big, leading=high)
            top += high + setter.leading // 3
        if rng.random() < 0.15 * setter.synthesizer.recipe.page.clutter:
            high = round(setter.leading * rng.uniform(2, 7))
            if top + high + setter.leading > frame.bottom:
                return
            draw_picture(
                sheet, replace(frame, top=top, bottom=top + high - setter.leading // 3), rng
            )
            top += high
        rows = int(rng.integers(2, 14))
        bottom = min(frame.bottom, top + rows * setter.leading)
        set_block(sheet, setter, replace(frame, top=top, bottom=bottom), "paragraph")
        top = bottom + round(setter.leading * rng.uniform(0.2, 1.2))


def _photographed(
    ink: Gray, synthesizer: Synthesizer, rng: np.random.Generator
) -> tuple[Gray, NDArray[np.float64]]:
    """The aged page, and how it was turned: ``(2, 3)``."""
    recipe = synthesizer.recipe.ageing
    height, width = ink.shape
    degrees = float(rng.uniform(-_TURN, _TURN)) * min(1.0, recipe.strength)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR)
    clean = np.asarray(cv2.bitwise_not(turned), np.uint8)
    chances = {**CHANCES, **recipe.chances}
    chances = {name: 0.0 if name in _GEOMETRY else chance for name, chance in chances.items()}
    look = synthesizer.appearance
    paper = look.on_paper if look is not None and rng.random() < recipe.like_share else None
    aged = age(clean, rng, _GENTLER * recipe.strength, chances, paper)
    for dirtied in (clutter.stained, clutter.edged):
        if recipe.strength and rng.random() < synthesizer.recipe.page.clutter:
            aged = dirtied(aged, rng)
    return aged, np.asarray(turn)


def _turned(region: Region, turn: NDArray[np.float64]) -> Region:
    def moved(points: Polygon) -> Polygon:
        if not points:
            return points
        places = np.array(points) @ turn[:, :2].T + turn[:, 2]
        return tuple((round(float(x), 1), round(float(y), 1)) for x, y in places)

    lines = tuple(
        replace(line, baseline=moved(line.baseline), boundary=moved(line.boundary))
        for line in region.lines
    )
    return replace(region, boundary=moved(region.boundary), lines=lines)
