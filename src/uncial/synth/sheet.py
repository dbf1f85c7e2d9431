"""A contact sheet: every font with its name and the same words, to look at."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.synth.fonts import Font
from uncial.synth.render import Style, line_image

SAMPLES = (
    "Franz jagt im Taxi quer 1234",
    "Hamburgefonstiv 1234",
    "نص حكيم له سر قاطع",
    "עטלף אבק נס דרך",
    "ऋषियों को सताने वाले",
    "永和九年歲在癸丑",
    "키스의 고유조건은",
)
"""What is shown, unless a text is given: the first that a font covers."""

_ROW, _LABEL, _WIDTH = 56, 16, 640  # px

_PAGE = """<!doctype html><meta charset="utf-8"><title>Fonts</title>
<style>body{{font:14px sans-serif}} td{{padding:2px 12px;border-bottom:1px solid #ddd}}</style>
<table><tr><th>font<th>kind<th>licence<th>sample</tr>
{rows}
</table>
"""


def sample_of(font: Font, text: str = "") -> str:
    """The words to show of a font; ``""`` where it covers none."""
    return next((sample for sample in ((text,) if text else SAMPLES) if font.covers(sample)), "")


def sheet_image(fonts: Sequence[Font], text: str = "") -> NDArray[np.uint8]:
    """All fonts below each other in two columns, ``(H, W)`` gray."""
    cells = [_cell(font, text) for font in fonts]
    half = -(-len(cells) // 2)
    empty = np.full((half * (_ROW + _LABEL), _WIDTH), 255, np.uint8)
    columns = []
    for part in (cells[:half], cells[half:]):
        column = empty.copy()
        if part:
            column[: len(part) * (_ROW + _LABEL)] = np.concatenate(part)
        columns.append(column)
    return np.concatenate(columns, axis=1)


def sheet_page(fonts: Sequence[Font], text: str = "") -> str:
    """All fonts as one HTML page that needs no other file."""
    rows = []
    for font in fonts:
        data = cv2.imencode(".png", _sample(font, text))[1].tobytes()
        picture = base64.b64encode(data).decode("ascii")
        told = (font.name, font.kind, font.licence)
        cells = "".join(f"<td>{html.escape(part)}" for part in told)
        rows.append(f'<tr>{cells}<td><img src="data:image/png;base64,{picture}" alt="">')
    return _PAGE.format(rows="\n".join(rows))


def _cell(font: Font, text: str) -> NDArray[np.uint8]:
    cell = np.full((_ROW + _LABEL, _WIDTH), 255, np.uint8)
    told = " - ".join(filter(None, (font.name, font.kind, font.licence)))
    plain = told.encode("ascii", "replace").decode("ascii")
    cv2.putText(cell, plain, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (110,), 1, cv2.LINE_AA)
    drawn = _sample(font, text)[:_ROW, : _WIDTH - 8]
    cell[_LABEL : _LABEL + drawn.shape[0], 4 : 4 + drawn.shape[1]] = drawn
    return cell


def _sample(font: Font, text: str) -> NDArray[np.uint8]:
    words = sample_of(font, text)
    if not words:
        return np.full((_ROW, 8), 255, np.uint8)
    made = line_image(words, font, Style(size=36, margins=(2, 2, 2, 2)))
    scale = min(1.0, _ROW / made.shape[0])
    size = max(1, round(made.shape[1] * scale)), max(1, round(made.shape[0] * scale))
    return np.asarray(cv2.resize(made, size, interpolation=cv2.INTER_AREA), np.uint8)
