"""Lines by number: the same whoever makes them, in fonts that can, over the whole charset."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uncial.errors import ConfigError, DataError, TrainingError
from uncial.imaging.appearance import measured
from uncial.imaging.prepare import Preprocessing
from uncial.synth.corpus import built_in_prose
from uncial.synth.distribution import Distribution
from uncial.synth.fonts import Font, package_fonts
from uncial.synth.looks import looks_of
from uncial.synth.recipe import AgeingRecipe, FontRecipe, HandRecipe, Recipe
from uncial.synth.synthesizer import Synthesizer, usable
from uncial.synth.texts import TextSampler
from uncial.synth.workers import Workers

_CLEAN = Recipe(ageing=AgeingRecipe(strength=0.0), hand=HandRecipe(strength=0.0))


@pytest.fixture(scope="module")
def sampler() -> TextSampler:
    return TextSampler(Distribution.measured(built_in_prose()), lengths=(5, 20))


@pytest.fixture(scope="module")
def synthesizer(sampler: TextSampler) -> Synthesizer:
    fonts = [font for font in package_fonts() if font.family == "Caladea"]
    return Synthesizer(Recipe(), sampler, tuple(fonts))


def test_a_line_is_a_function_of_seed_and_number(synthesizer: Synthesizer) -> None:
    first = [synthesizer.line(3, number) for number in range(6)]
    again = [synthesizer.line(3, number) for number in reversed(range(6))][::-1]
    for one, other in zip(first, again, strict=True):
        assert (one.text, one.document) == (other.text, other.document)
        assert np.array_equal(one.image, other.image)
    assert len({line.text for line in first}) == 6
    assert synthesizer.line(4, 0).text != first[0].text


@pytest.mark.parametrize("count", [1, 3])
def test_workers_make_the_same_lines(synthesizer: Synthesizer, count: int) -> None:
    preprocessing = Preprocessing(height=32)
    with Workers(synthesizer, count) as workers:
        parts = [workers.submit("prepared", 1, at, 4, preprocessing) for at in (0, 4, 8)]
        made = [line for part in parts for line in part.result()]
    here = synthesizer.prepared(1, 0, 12, preprocessing)
    for (image, text), (own, own_text) in zip(made, here, strict=True):
        assert text == own_text
        assert np.array_equal(image, own)


def test_errors_of_workers_come_back_as_they_were_raised(synthesizer: Synthesizer) -> None:
    with Workers(synthesizer, 1) as workers:
        with pytest.raises(DataError, match="no font covers"):
            workers.submit("line", 0, 0, "漢字").result()
        assert workers.submit("line", 0, 0, "Wort").result().text == "Wort"


def test_a_worker_that_dies_is_told_of() -> None:
    with Workers(_Quitter(), 1) as workers, pytest.raises(TrainingError, match="code 3"):
        workers.submit("quit").result()


class _Quitter:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _quitter, ("",)


def _quitter(_: str) -> object:
    raise SystemExit(3)


def test_clean_lines_are_black_on_white(sampler: TextSampler, font: Font) -> None:
    line = Synthesizer(_CLEAN, sampler, (font,)).line(0, 0)
    assert line.image.max() == 255
    assert line.image.min() == 0


def test_lines_look_like_those_looked_at(sampler: TextSampler, font: Font) -> None:
    own = np.full((60, 300), 190, np.uint8)
    own[20:40, 20:280:9] = 90
    ageing = AgeingRecipe(strength=0.0, like_share=1.0)
    maker = Synthesizer(replace(_CLEAN, ageing=ageing), sampler, (font,), measured([own]))
    paper = [float(np.median(maker.line(0, number).image)) for number in range(5)]
    assert np.mean(paper) == pytest.approx(190, abs=8)


def test_families_come_as_often_whatever_their_number_of_fonts(sampler: TextSampler) -> None:
    fonts = tuple(f for f in package_fonts() if f.family in ("Caladea", "Source Sans Pro"))
    maker = Synthesizer(_CLEAN, sampler, fonts)
    drawn = [maker.drawn(0, number)[1].family for number in range(120)]
    assert 40 < drawn.count("Caladea") < 80


def test_fonts_that_cannot_draw_the_text_are_left_out(
    sampler: TextSampler, font: Font, wide_font: Font
) -> None:
    bold = next(f for f in package_fonts() if f.name == "Caladea Bold")
    named = Recipe(fonts=FontRecipe(leave_out=("dejavu-sans",), heaviest=500))
    assert usable([font, bold, wide_font], named, sampler) == (font,)
    hebrew = TextSampler(Distribution.measured(["שלום עולם ברוך"]))
    assert usable([font, wide_font], Recipe(), hebrew) == (wide_font,)
    with pytest.raises(ConfigError, match="no font is left"):
        Synthesizer(Recipe(), sampler, ())


def test_small_capitals_are_told_from_small_letters(font: Font, tmp_path: Path) -> None:
    from fontTools.ttLib import TTFont

    from uncial.synth.fonts import read_font

    assert not looks_of(font).capitals_only
    with TTFont(font.path) as file:
        for table in file["cmap"].tables:
            for code in range(ord("a"), ord("z") + 1):
                if code in table.cmap:
                    table.cmap[code] = table.cmap[code - 32]
        file.save(tmp_path / "capitals.ttf")
    assert looks_of(read_font(tmp_path / "capitals.ttf")).capitals_only
