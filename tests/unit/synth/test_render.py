from itertools import islice

import numpy as np
import pytest

from uncial.errors import CharsetError, ConfigError
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.synth.fonts import Font, package_fonts
from uncial.synth.recipe import samples
from uncial.synth.render import Style, line_image


@pytest.fixture(scope="module")
def font() -> Font:
    return next(font for font in package_fonts() if font.name == "Caladea Regular")


def test_a_line_is_dark_ink_on_light_paper_within_its_margins(font: Font) -> None:
    image = line_image("Ink", font, Style(size=40, margins=(10, 6, 12, 8)))
    assert image.dtype == np.uint8
    assert image.ndim == 2
    columns = np.flatnonzero((image < 128).any(axis=0))
    assert 8 <= columns[0] <= 13
    assert 10 <= image.shape[1] - 1 - columns[-1] <= 15
    assert image[0].min() == 255


def test_longer_text_is_wider_and_size_is_height(font: Font) -> None:
    short, long = (line_image(text, font, Style()) for text in ("word", "word word word"))
    assert long.shape[1] > 2 * short.shape[1]
    assert line_image("word", font, Style(size=60)).shape[0] > 1.4 * short.shape[0]


def test_a_character_without_a_glyph_is_refused_by_name(font: Font) -> None:
    with pytest.raises(CharsetError, match="ARABIC LETTER MEEM") as caught:
        line_image("م", font, Style())
    assert caught.value.remedy


def test_same_seed_same_images_and_the_text_is_the_truth(font: Font) -> None:
    texts = list(islice(text_lines(built_in_prose(), seed=3), 6))
    first, again = (list(samples(texts, [font], seed=5, name="x")) for _ in range(2))
    assert [sample.text for sample in first] == texts
    assert [sample.line_id for sample in first][:2] == ["x/00000", "x/00001"]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert {sample.document for sample in first} == {font.name}


def test_a_text_no_font_covers_is_refused(font: Font) -> None:
    with pytest.raises(ConfigError, match="none of 1 fonts"):
        next(samples(["漢"], [font], seed=0, name="x"))
