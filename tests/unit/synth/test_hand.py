"""What a hand changes, and what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest

from uncial.synth.fonts import Font
from uncial.synth.hand import STEADY, Hand
from uncial.synth.render import Rendered, Style, render

_PLAIN = Style(size=48, margins=(10, 10, 10, 10))


def _rendered(font: Font, text: str, seed: int = 0, **hand: float) -> Rendered:
    style = replace(_PLAIN, hand=Hand(**hand))
    return render(text, font, style, np.random.default_rng(seed))


def _ink(made: Rendered) -> float:
    return float((255 - made.image.astype(int)).sum())


def test_a_steady_hand_is_perfect_type(font: Font) -> None:
    drawn = [_rendered(font, "Zeile", seed) for seed in (1, 2)]
    assert np.array_equal(drawn[0].image, drawn[1].image)
    assert Hand() == STEADY


@pytest.mark.parametrize(
    "hand",
    [
        {"walk": 0.02},
        {"bounce": 0.03},
        {"spread": 0.02},
        {"variation": 0.03},
        {"joined": 0.5},
    ],
)
def test_chance_is_the_seeds_and_moves_ink(font: Font, hand: dict[str, float]) -> None:
    text = "minimum in line"
    first, again, other = (_rendered(font, text, seed, **hand) for seed in (1, 1, 2))
    assert np.array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)


def test_strokes_get_wider_and_thinner(font: Font) -> None:
    thin, plain, bold = (_rendered(font, "Zug", stroke=s) for s in (-0.02, 0.0, 0.04))
    assert _ink(thin) < _ink(plain) < _ink(bold)


def test_spacing_widens_lines_and_word_spacing_only_spaces(font: Font) -> None:
    text = "ab cd"
    plain, spaced = _rendered(font, text), _rendered(font, text, spacing=0.1)
    assert spaced.image.shape[1] - plain.image.shape[1] == pytest.approx(4 * 4.8, abs=2)
    wide = _rendered(font, text, word_spacing=2.0)
    boxes, moved = plain.characters(), wide.characters()
    assert moved[1].box == boxes[1].box
    assert moved[3].box[0] > boxes[3].box[0] + 5


def test_letters_stand_on_a_baseline_that_walks_and_returns(font: Font) -> None:
    made = _rendered(font, "mmmmmmmmmmmm", seed=3, walk=0.03)
    bottoms = [character.box[3] for character in made.characters()]
    assert max(bottoms) - min(bottoms) > 2


def test_boxes_follow_slant_and_slope(font: Font) -> None:
    style = replace(_PLAIN, hand=Hand(slant=15), slope=3.0)
    made = render("Illu", font, style)
    for character in made.characters():
        left, top, right, bottom = (round(edge) for edge in character.box)
        assert made.image[top:bottom, left:right].min() < 60
    (x0, y0), (x1, y1) = made.baseline
    assert y0 > y1
    assert (y0 - y1) / (x1 - x0) == pytest.approx(np.tan(np.deg2rad(3)), rel=0.05)


def test_joined_letters_make_fewer_pieces(font: Font) -> None:
    import cv2

    def pieces(made: Rendered) -> int:
        return int(cv2.connectedComponents((made.image < 128).astype(np.uint8))[0])

    assert pieces(_rendered(font, "muenster", joined=1.0)) < pieces(_rendered(font, "muenster"))


def test_arabic_words_move_as_wholes(wide_font: Font) -> None:
    text = "سلام سلام"
    plain, moved = (_rendered(wide_font, text, 5, bounce=b) for b in (0.0, 0.05))
    shift = np.array([c.box for c in moved.characters()]) - [c.box for c in plain.characters()]
    first, last = shift[:3, 1], shift[4:, 1]  # lam and alef are one
    assert np.ptp(first) <= 1
    assert np.ptp(last) <= 1
