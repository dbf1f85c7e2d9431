"""Whole pages with everything that layout analysis is to find, and where it is.

A page has one hand or type, one to four columns of paragraphs or a table, and now and then
headings, a running head with a page number, marginal notes, rules, pictures, stains and dark
edges. A hand writes lines that rise and fall, words far apart, and more between the lines. All of
it is drawn by seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.imaging.ageing import CHANCES
from uncial.imaging.bending import Gray
from uncial.imaging.degrade import age
from uncial.page.layout import Line, Page, Polygon, Reading, Region
from uncial.synth import clutter
from uncial.synth.fonts import Font
from uncial.synth.render import Rendered, Style, render
from uncial.synth.synthesizer import Synthesizer
from uncial.text.order import base_direction

_WIDTHS = (900, 1400)  # px of a page
_TURN = 1.2  # degrees that a page is turned at most
_GENTLER = 0.6  # times the strength of ageing of a line
_BY_HAND = ("hand", "cursive")
_BETWEEN = 0.04  # share of a hand's lines with words between them and the one above
_STRUCK = 0.05  # share of a hand's lines that a stroke runs under or through
_GEOMETRY = ("neighbours", "through", "ruling", "threshold")  # not for whole pages


@dataclass
class _Sheet:
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
class _Frame:
    """Where a block of text goes: px."""

    left: int
    top: int
    right: int
    bottom: int


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
    sheet = _Sheet(np.zeros((height, width), np.uint8), "lr" if rightward else "rl")
    setter = _Setter(synthesizer, font, style, rng)
    more = synthesizer.recipe.page
    margin = round(width * rng.uniform(0.06, 0.12))
    frame = _Frame(margin, margin, width - margin, height - margin)
    frame = _head(sheet, setter, frame, number) if rng.random() < 0.6 else frame
    notes = rng.random() < 0.3
    if notes:
        edge = round((frame.right - frame.left) * 0.2)
        margins, frame = _margins(frame, edge, setter.leading // 2, left=rng.random() < 0.6)
    if setter.by_hand and rng.random() < more.clutter:
        step = setter.leading * float(rng.choice([1.0, 1.0, rng.uniform(0.5, 1.5)]))
        top = frame.top + round(0.75 * setter.leading) + int(rng.integers(-3, 4))
        clutter.ruling(sheet.ink, (0, top, width, height), step, rng)
    if rng.random() < more.tables:
        _table(sheet, setter, frame)
    else:
        _columns(sheet, setter, frame, rightward=rightward)
    if notes:
        _notes(sheet, setter, margins)
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


class _Setter:
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


def _columns(sheet: _Sheet, setter: _Setter, frame: _Frame, *, rightward: bool) -> None:
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
            _rule(sheet, (x, frame.top), (x, frame.bottom))


def _column(sheet: _Sheet, setter: _Setter, frame: _Frame) -> None:
    rng, top = setter.rng, frame.top
    while top + setter.leading < frame.bottom:
        if rng.random() < 0.25:
            big = replace(setter.style, size=round(setter.style.size * rng.uniform(1.2, 1.8)))
            high = round(setter.leading * big.size / setter.style.size)
            if top + high + setter.leading > frame.bottom:
                return
            where = replace(frame, top=top, bottom=top + high)
            _block(sheet, setter, where, "heading", big, leading=high)
            top += high + setter.leading // 3
        if rng.random() < 0.15 * setter.synthesizer.recipe.page.clutter:
            high = round(setter.leading * rng.uniform(2, 7))
            if top + high + setter.leading > frame.bottom:
                return
            _picture(sheet, replace(frame, top=top, bottom=top + high - setter.leading // 3), rng)
            top += high
        rows = int(rng.integers(2, 14))
        bottom = min(frame.bottom, top + rows * setter.leading)
        _block(sheet, setter, replace(frame, top=top, bottom=bottom), "paragraph")
        top = bottom + round(setter.leading * rng.uniform(0.2, 1.2))


def _block(
    sheet: _Sheet,
    setter: _Setter,
    frame: _Frame,
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


def _put(sheet: _Sheet, made: Rendered, left: int, baseline: int) -> Line:
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
    sheet: _Sheet, setter: _Setter, line: Line, step: int, *, first: bool
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


def _table(sheet: _Sheet, setter: _Setter, frame: _Frame) -> None:
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
        _rule(sheet, (x, frame.top), (x, frame.bottom))
    for y in rows if rng.random() < 0.4 else ():
        _rule(sheet, (frame.left, y), (frame.right, y))


def _picture(sheet: _Sheet, frame: _Frame, rng: np.random.Generator) -> None:
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


def _margins(frame: _Frame, wide: int, gap: int, *, left: bool) -> tuple[_Frame, _Frame]:
    """A frame's margin of some width on one side, and what is left of it."""
    if left:
        edge = frame.left + wide
        return replace(frame, right=edge), replace(frame, left=edge + gap)
    edge = frame.right - wide
    return replace(frame, left=edge), replace(frame, right=edge - gap)


def _head(sheet: _Sheet, setter: _Setter, frame: _Frame, number: int) -> _Frame:
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
        _rule(sheet, (frame.left, top), (frame.right, top))
    return replace(frame, top=top + setter.leading // 2)


def _notes(sheet: _Sheet, setter: _Setter, frame: _Frame) -> None:
    """Short lines in the margin, in smaller letters."""
    small = replace(setter.style, size=max(12, round(setter.style.size * 0.7)))
    step = round(setter.leading * 0.75)
    for _ in range(int(setter.rng.integers(1, 4))):
        rows = int(setter.rng.integers(1, 5)) * step
        top = int(setter.rng.integers(frame.top, max(frame.top + 1, frame.bottom - rows)))
        taken = [r for r in sheet.regions if r.type == "marginalia"]
        where = _Frame(frame.left, top, frame.right, top + rows)
        if any(_overlap(where, region.boundary) for region in taken):
            continue
        _block(sheet, setter, where, "marginalia", small, leading=step)


def _overlap(frame: _Frame, boundary: Polygon) -> bool:
    tops = [y for _, y in boundary]
    return bool(tops) and frame.top <= max(tops) + 4 and frame.bottom >= min(tops) - 4


def _rule(sheet: _Sheet, start: tuple[int, int], end: tuple[int, int]) -> None:
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
