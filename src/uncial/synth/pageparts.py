"""Parts of a synthetic page: blocks of text, tables, pictures, heads, notes and rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np

from uncial.imaging.bending import Gray
from uncial.page.layout import Line, Polygon, Reading, Region
from uncial.synth import clutter
from uncial.synth.fonts import Font
from uncial.synth.render import Rendered, Style, render
from uncial.synth.synthesizer import Synthesizer

_BY_HAND = ("hand", "cursive")
_BETWEEN = 0.04  # share of a hand's lines with words between them and the one above
_STRUCK = 0.05  # share of a hand's lines that a stroke runs under or through


@dataclass
class Sheet:
    """A page in the making.

    Attributes:
        ink: ``(H, W)`` uint8 coverage.
        regions: In reading order.
        fonts: Names of those used.
        lines: So far.
    """

    ink: Gray
    direction: str
    regions: list[Region] = field(default_factory=list)
    fonts: set[str] = field(default_factory=set)
    lines: int = 0


@dataclass(frozen=True)
class Frame:
    """Where a block of text goes: px."""

    left: int
    top: int
    right: int
    bottom: int


class Setter:
    """Sets lines of one page's type."""

    def __init__(
        self, synthesizer: Synthesizer, font: Font, style: Style, rng: np.random.Generator
    ) -> None:
        self.synthesizer, self.font, self.rng = synthesizer, font, rng
        self.by_hand = font.kind in _BY_HAND
        page = synthesizer.recipe.page
        self._slope = float(rng.normal(0, page.sloping)) if self.by_hand else 0.0
        apart = self.by_hand and rng.random() < page.apart
        self._gaps = float(rng.uniform(0.5, 5.0)) if apart else 0.0
        self.style = replace(style, margins=(0, 0, 0, 0), slope=0.0, vertical=False)
        self.leading = round(style.size * rng.uniform(1.15, 1.8))

    def fitted(
        self, room: int, style: Style | None = None, *, full: bool = False
    ) -> Rendered | None:
        """A line of the recipe's text, cut at words to fit; None where not even one does.

        Args:
            room: Px.
            style: Of the line; None takes that of the page.
            full: Whether to fill the room, with several of the recipe's texts if need be.
        """
        set_in = style or self.style
        if self.by_hand:
            slope = self._slope + float(self.rng.normal(0, 0.4 * abs(self._slope)))
            set_in = replace(set_in, slope=slope)
        words: list[str] = []
        while True:
            more = self.synthesizer.text_for(self.font, self.rng).split()
            words += more
            made = self._set(words, set_in)
            if not more or not full or made.image.shape[1] >= room:
                break
        while words and made.image.shape[1] > room:
            fewer = len(words) * room // made.image.shape[1]
            words = words[: min(len(words) - 1, max(fewer, 1))]
            made = self._set(words, set_in)
        return made if words else None

    def _set(self, words: Sequence[str], style: Style) -> Rendered:
        """Words as this page spaces them."""
        spaced = " ".join(words)
        if self._gaps:
            more = self.rng.poisson(self._gaps, len(words))
            more[self.rng.random(len(words)) < 0.03] += 10
            spaced = "".join(f"{w} {' ' * n}" for w, n in zip(words, more, strict=True)).rstrip()
        made = render(spaced, self.font, style, self.rng)
        return replace(made, text=" ".join(words))


def set_block(
    sheet: Sheet,
    setter: Setter,
    frame: Frame,
    kind: str,
    style: Style | None = None,
    *,
    leading: int = 0,
) -> None:
    """A region of lines from the frame's top to its bottom."""
    rng, lines = setter.rng, []
    step, top = leading or setter.leading, frame.top
    centred = kind == "heading" and rng.random() < 0.6
    while top + step <= frame.bottom:
        last = top + 2 * step > frame.bottom
        full = kind == "paragraph" and not last
        made = setter.fitted(frame.right - frame.left, style, full=full)
        if made is None:
            break
        room = frame.right - frame.left - made.image.shape[1]
        before = room // 2 if centred else 0
        if sheet.direction == "rl" and not centred:
            before = room
        line = _put(sheet, made, frame.left + before, top + round(0.75 * step))
        lines.append(line)
        if setter.by_hand:
            lines += _afterthoughts(sheet, setter, line, step, first=len(lines) == 1)
        top += step
        if last:
            break
    if lines:
        sheet.regions.append(
            Region(
                id=f"r{len(sheet.regions) + 1}",
                type=kind,
                boundary=_around(point for line in lines for point in line.boundary),
                lines=tuple(lines),
            )
        )
        sheet.fonts.add(setter.font.name)


def _put(sheet: Sheet, made: Rendered, left: int, baseline: int) -> Line:
    """Draw a line with its baseline at a height; what falls off the page is lost."""
    ink = made.ink.coverage
    top = baseline - round(made.ink.origin[1])
    height, width = sheet.ink.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + ink.shape[1]), min(height, top + ink.shape[0])
    if x1 > x0 and y1 > y0:
        under = sheet.ink[y0:y1, x0:x1]
        np.maximum(under, ink[y0 - top : y1 - top, x0 - left : x1 - left], out=under)
    sheet.lines += 1
    points = tuple(
        (float(np.clip(left + x, 0, width - 1)), float(np.clip(top + y, 0, height - 1)))
        for x, y in made.baseline
    )
    return Line(
        id=f"l{sheet.lines}",
        baseline=points if sheet.direction == "lr" else points[::-1],
        boundary=_around([(x0, y0), (x1 - 1, y1 - 1)]),
        readings=(Reading(text=made.text),),
        type="DefaultLine",
    )


def _afterthoughts(
    sheet: Sheet, setter: Setter, line: Line, step: int, *, first: bool
) -> list[Line]:
    """What a hand adds to a line: a stroke under or through it, words above it."""
    rng = setter.rng
    (x0, y0), (x1, y1) = sorted(line.baseline)
    if rng.random() < _STRUCK:
        at = np.sort(rng.uniform(0, 1, 2))
        shift = float(rng.choice([0.12, -0.18])) * step
        ends = [(round(x0 + t * (x1 - x0)), round(y0 + t * (y1 - y0) + shift)) for t in at]
        cv2.line(sheet.ink, ends[0], ends[1], (230,), int(rng.integers(1, 4)), cv2.LINE_AA)
    if first or rng.random() >= _BETWEEN:
        return []
    style = setter.style
    small = replace(style, size=max(12, round(style.size * rng.uniform(0.5, 0.8))))
    made = setter.fitted(round((x1 - x0) * rng.uniform(0.1, 0.5)), small)
    if made is None:
        return []
    place = float(rng.uniform(0, 1))
    left = round(x0 + place * (x1 - x0 - made.image.shape[1]))
    added = _put(sheet, made, left, round(y0 + place * (y1 - y0) - 0.55 * step))
    return [replace(added, type="InterlinearLine")]


def set_table(sheet: Sheet, setter: Setter, frame: Frame) -> None:
    """Rows and columns of short texts, each a line of its own, with or without rules."""
    rng, size = setter.rng, setter.style.size
    most = max(2, (frame.right - frame.left) // (5 * size))
    count = int(rng.integers(2, min(8, most) + 1))
    shares = np.cumsum(rng.uniform(0.6, 1.6, count))
    across = frame.right - frame.left
    edges = [frame.left, *(round(frame.left + across * s / shares[-1]) for s in shares)]
    rows = range(frame.top, frame.bottom - setter.leading, setter.leading)
    lines = []
    for top in rows:
        for left, right in pairwise(edges):
            room = right - left - size
            made = setter.fitted(room) if rng.random() < 0.8 else None
            if made is None:
                continue
            spare = room - made.image.shape[1]
            before = size // 2 + round(spare * float(rng.choice([0.0, 0.0, 0.5, 1.0])))
            lines.append(_put(sheet, made, left + before, top + round(0.75 * setter.leading)))
    if lines:
        outline = _around(point for line in lines for point in line.boundary)
        sheet.regions.append(
            Region(
                id=f"r{len(sheet.regions) + 1}",
                kind="table",
                type="table",
                boundary=outline,
                lines=tuple(lines),
            )
        )
        sheet.fonts.add(setter.font.name)
    for x in edges if rng.random() < 0.6 else ():
        draw_rule(sheet, (x, frame.top), (x, frame.bottom))
    for y in rows if rng.random() < 0.4 else ():
        draw_rule(sheet, (frame.left, y), (frame.right, y))


def draw_picture(sheet: Sheet, frame: Frame, rng: np.random.Generator) -> None:
    """Something that is no text."""
    spare = round((frame.right - frame.left) * rng.uniform(0, 0.5))
    left = frame.left + round(spare * rng.uniform(0, 1))
    box = (left, frame.top, frame.right - spare + left - frame.left, frame.bottom)
    clutter.picture(sheet.ink, box, rng)
    sheet.regions.append(
        Region(
            id=f"r{len(sheet.regions) + 1}",
            kind="graphic",
            boundary=_around([box[:2], box[2:]]),
        )
    )


def beside(frame: Frame, wide: int, gap: int, *, left: bool) -> tuple[Frame, Frame]:
    """A frame's margin of some width on one side, and what is left of it."""
    if left:
        edge = frame.left + wide
        return replace(frame, right=edge), replace(frame, left=edge + gap)
    edge = frame.right - wide
    return replace(frame, left=edge), replace(frame, right=edge - gap)


def running_head(sheet: Sheet, setter: Setter, frame: Frame, number: int) -> Frame:
    """A running head and a page number; what is left of the frame below them."""
    small = replace(setter.style, size=max(12, round(setter.style.size * 0.85)))
    baseline = frame.top + round(0.75 * setter.leading)
    made = setter.fitted(round(0.6 * (frame.right - frame.left)), small)
    folio = str(number % 700 + 1)
    parts = [("header", made)]
    if setter.font.covers(folio):
        parts.append(("page-number", render(folio, setter.font, small, setter.rng)))
    for kind, part in parts:
        if part is None:
            continue
        right = frame.right - part.image.shape[1]
        left = right if kind == "page-number" else frame.left
        line = _put(sheet, part, left, baseline)
        sheet.regions.append(
            Region(
                id=f"r{len(sheet.regions) + 1}", type=kind, boundary=line.boundary, lines=(line,)
            )
        )
    top = frame.top + round(1.3 * setter.leading)
    if setter.rng.random() < 0.4:
        draw_rule(sheet, (frame.left, top), (frame.right, top))
    return replace(frame, top=top + setter.leading // 2)


def marginal_notes(sheet: Sheet, setter: Setter, frame: Frame) -> None:
    """Short lines in the margin, in smaller letters."""
    small = replace(setter.style, size=max(12, round(setter.style.size * 0.7)))
    step = round(setter.leading * 0.75)
    for _ in range(int(setter.rng.integers(1, 4))):
        rows = int(setter.rng.integers(1, 5)) * step
        top = int(setter.rng.integers(frame.top, max(frame.top + 1, frame.bottom - rows)))
        taken = [r for r in sheet.regions if r.type == "marginalia"]
        where = Frame(frame.left, top, frame.right, top + rows)
        if any(_overlap(where, region.boundary) for region in taken):
            continue
        set_block(sheet, setter, where, "marginalia", small, leading=step)


def _overlap(frame: Frame, boundary: Polygon) -> bool:
    tops = [y for _, y in boundary]
    return bool(tops) and frame.top <= max(tops) + 4 and frame.bottom >= min(tops) - 4


def draw_rule(sheet: Sheet, start: tuple[int, int], end: tuple[int, int]) -> None:
    """A separator, from one point to another."""
    cv2.line(sheet.ink, start, end, (220,), 2, cv2.LINE_AA)
    box = [(start[0] - 1, start[1] - 1), (end[0] + 1, end[1] + 1)]
    sheet.regions.append(
        Region(id=f"r{len(sheet.regions) + 1}", kind="separator", boundary=_around(box))
    )


def _around(points: Iterable[tuple[float, float]]) -> Polygon:
    """The box around points, clockwise from its upper left corner."""
    x, y = zip(*points, strict=True)
    left, top, right, bottom = (float(edge) for edge in (min(x), min(y), max(x), max(y)))
    return ((left, top), (right, top), (right, bottom), (left, bottom))
