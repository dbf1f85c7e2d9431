"""Letters above letters and other characters that fonts lack."""

import numpy as np
import pytest

from uncial.errors import CharsetError
from uncial.synth.fonts import Font
from uncial.synth.render import Style, render
from uncial.synth.standins import draws, spelled


def test_a_letter_above_is_set_small_above_its_base(font: Font) -> None:
    assert not font.covers("uͤber")
    assert draws(font, "uͤber")
    plain, marked = (render(text, font, Style(size=60)) for text in ("uber", "uͤber"))
    characters = marked.characters()
    assert [character.text for character in characters] == ["uͤ", "b", "e", "r"]
    assert characters[0].box[1] < plain.characters()[0].box[1] - 10
    assert characters[3].box == plain.characters()[3].box
    assert (255 - marked.image.astype(int)).sum() > (255 - plain.image.astype(int)).sum()


def test_a_line_grows_where_a_letter_above_does_not_fit(font: Font) -> None:
    style = Style(size=60, tight=True, margins=(0, 0, 0, 0))
    plain, marked = (render(text, font, style) for text in ("u", "uͤ"))
    assert marked.image.shape[0] > plain.image.shape[0] + 10
    assert marked.baseline[0][1] - plain.baseline[0][1] == (
        marked.image.shape[0] - plain.image.shape[0]
    )


def test_look_alikes_are_drawn_in_place(font: Font) -> None:
    drawn, alike = (render(text, font, Style()) for text in ("Tür⸗", "Tür="))
    assert np.array_equal(drawn.image, alike.image)
    assert drawn.characters()[-1].text == "⸗"


def test_what_nothing_stands_in_for_stays_missing(font: Font) -> None:
    assert not draws(font, "漢")
    assert spelled("漢", font).text == "漢"
    with pytest.raises(CharsetError):
        render("uͤ", font, Style(), engine="pillow")
