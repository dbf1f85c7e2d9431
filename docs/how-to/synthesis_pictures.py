"""Draw the pictures of synthesis.md; fetches the open fonts that they are set in.

python docs/how-to/synthesis_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from uncial.data.images import encode_image
from uncial.imaging.degrade import age
from uncial.synth.fetching import chosen, fetch, font_cache, registry_address
from uncial.synth.fonts import Font, read_font
from uncial.synth.hand import Hand
from uncial.synth.render import Style, render

FOLDER = Path(__file__).parent / "pictures"
SCRIPTS = (
    ("noto-naskh-arabic", "السلام عليكم (١٢٣) ورحمة الله"),
    ("frank-ruhl-libre", "שלום עולם, כרך 12 (abc)"),
    ("noto-serif-devanagari", "क्षत्रिय, हिन्दी विश्वविद्यालय"),
    ("zen-kurenaido", "山川草木、日本の春。ひらがな"),
    ("gowun-batang", "대한민국 헌법 제1조"),
    ("unifrakturmaguntia", "Geſchichte der ſchoͤnen Künſte⸗"),
)
HAND = Hand(walk=0.01, bounce=0.01, spread=0.012, slant=8, variation=0.02, word_spacing=1.2)


def main() -> None:
    """Write the pictures beside the page."""
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for name, text in SCRIPTS:
        image = render(text, _font(name), Style(size=38)).image
        rows.append(image)
    _write("scripts.png", _stacked(rows))
    boxes = render("mixed (12) العربية abc", _font("amiri"), Style(size=38))
    picture = cv2.cvtColor(boxes.image, cv2.COLOR_GRAY2RGB)
    for character in boxes.characters():
        left, top, right, bottom = (round(edge) for edge in character.box)
        cv2.rectangle(picture, (left, top), (right, bottom), (60, 120, 220), 1)
    (start, end) = (tuple(round(value) for value in point) for point in boxes.baseline)
    cv2.line(picture, start, end, (220, 60, 60), 1)
    _write("boxes.png", picture)
    column = render("山川草木、春", _font("zen-kurenaido"), Style(size=38, vertical=True)).image
    _write("vertical.png", column)
    rng = np.random.default_rng(4)
    hands = [
        render("A fair hand, never twice", _font(name), Style(size=42, hand=HAND), rng).image
        for name in ("caveat", "caveat", "homemade-apple", "cedarville-cursive")
    ]
    _write("hands.png", _stacked(hands))
    clean = render("Geſchichte der ſchoͤnen", _font("unifrakturmaguntia"), Style(size=38)).image
    _write("ageing.png", _stacked([age(clean, np.random.default_rng(at)) for at in range(5)]))


def _font(name: str) -> Font:
    folder = font_cache() / name
    files = sorted(folder.glob("*400Regular.*")) if folder.is_dir() else []
    if not files:
        files = fetch(chosen([name])[0], registry_address())
    return read_font(files[0])


def _stacked(rows: list[np.ndarray]) -> np.ndarray:
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 2), (0, width - row.shape[1])), constant_values=255) for row in rows]
    return np.concatenate(padded)


def _write(name: str, pixels: np.ndarray) -> None:
    (FOLDER / name).write_bytes(encode_image(np.ascontiguousarray(pixels)))


if __name__ == "__main__":
    main()
