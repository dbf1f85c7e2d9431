from itertools import islice

import cv2
import numpy as np
import pytest

from uncial.errors import CharsetError, ConfigError
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.synth.fonts import Font
from uncial.synth.recipe import samples
from uncial.synth.render import Style, line_image, render


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


def _aligned(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two lines, cut to their ink, made equally large and softened."""
    made = []
    for image in (one, other):
        rows, columns = np.nonzero(image < 128)
        ink = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        made.append(cv2.GaussianBlur(cv2.resize(ink, (800, 40)), (0, 0), 1.5).ravel())
    return float(np.corrcoef(*made)[0, 1])


@pytest.mark.parametrize(
    "text",
    [
        "Plain text, kerned: AVATAR",
        "السلام عليكم (123) ورحمة",
        "שלום עולם 12 abc",
        "mixed שלום (x)",
    ],
)
def test_glyph_by_glyph_and_pillow_draw_the_same_line(text: str, wide_font: Font) -> None:
    ours, pillow = (
        render(text, wide_font, Style(size=40), engine=engine) for engine in ("glyphs", "pillow")
    )
    assert _aligned(ours.image, pillow.image) > 0.95
    assert abs(ours.image.shape[1] - pillow.image.shape[1]) <= 4
    assert ours.image.shape[0] == pytest.approx(pillow.image.shape[0], abs=2)
    assert ours.baseline[0][1] == pytest.approx(pillow.baseline[0][1], abs=2)


def test_boxes_hold_the_ink_of_their_characters(font: Font) -> None:
    made = render("Ah, so!", font, Style(size=40))
    rest = made.image.copy()
    for character in made.characters():
        left, top, right, bottom = (int(edge) for edge in character.box)
        if not character.text.isspace():
            assert rest[top:bottom, left:right].min() < 100
        rest[top:bottom, left:right] = 255
    assert rest.min() == 255
    assert "".join(character.text for character in made.characters()) == "Ah, so!"


def test_boxes_of_right_to_left_text_come_in_logical_order(wide_font: Font) -> None:
    made = render("אבג", wide_font, Style(size=40)).characters()
    assert [character.text for character in made] == ["א", "ב", "ג"]
    assert made[0].box[0] > made[1].box[0] > made[2].box[0]


def test_pillow_knows_no_boxes(font: Font) -> None:
    assert render("Ink", font, Style(), engine="pillow").characters() == ()


def test_a_tight_line_ends_where_its_ink_ends(font: Font) -> None:
    for engine in ("glyphs", "pillow"):
        made = render("ace", font, Style(tight=True, margins=(0, 0, 0, 0)), engine=engine).image
        for edge in (made[:2], made[-2:], made[:, :2], made[:, -2:]):
            assert edge.min() < 255


def test_vertical_lines_are_columns(wide_font: Font) -> None:
    made = render("ABCD", wide_font, Style(vertical=True))
    assert made.image.shape[0] > 2 * made.image.shape[1]
    tops = [character.box[1] for character in made.characters()]
    assert tops == sorted(tops)
    assert made.baseline[0][0] == made.baseline[1][0]
