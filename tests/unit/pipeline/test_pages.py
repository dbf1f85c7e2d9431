"""Readings put back on their pages."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.imaging.crop import page_lines
from uncial.models.reading import ReadCharacter
from uncial.models.reading import Reading as Read
from uncial.page.layout import Line, Page, Reading, Region
from uncial.pipeline.pages import CutPage, read_cut

IMAGE = np.full((200, 400), 255, np.uint8)


class Saying:
    """A reader that says the same of every line, 10 px for each character."""

    def __init__(self, seen: str, text: str) -> None:
        self.seen = seen
        self.text = text

    def read(self, images: list[object], **_: object) -> list[Read]:
        characters = tuple(
            ReadCharacter(one, 0.5, 10.0 * at, 10.0 * at + 10) for at, one in enumerate(self.seen)
        )
        return [Read(self.text, 0.5, characters)] * len(images)


def read(seen: str, text: str) -> Reading:
    line = Line(
        id="a",
        baseline=((50, 100), (350, 100)),
        readings=(Reading(text="old", source="x"), Reading(text="older", source="m")),
    )
    region = Region(id="r", regions=(Region(id="inner", lines=(line,)),))
    page = Page(image="p.png", width=400, height=200, regions=(region,))
    cut = CutPage(page=page, lines=tuple(page_lines(IMAGE, page)))
    [done] = read_cut(Saying(seen, text), [cut], source="m")  # type: ignore[arg-type]
    assert (done.lines, done.characters) == (1, len(seen))
    [line] = done.page.lines()
    assert [one.text for one in line.readings] == [text, "old"]
    return line.readings[0]


def test_words_stand_where_their_characters_do() -> None:
    words = read("ab cde", "ab cde").words
    assert [word.text for word in words] == ["ab", "cde"]
    left = [min(x for x, _ in word.boundary) for word in words]
    assert left[1] - left[0] == pytest.approx(30, abs=1)
    assert words[0].confidence == pytest.approx(0.5)


def test_words_read_from_the_right_stand_in_the_order_of_the_text() -> None:
    words = read("גב א", "א בג").words
    assert [word.text for word in words] == ["א", "בג"]
    assert words[0].boundary[0] > words[1].boundary[0]


def test_words_that_do_not_agree_with_the_text_are_left_out() -> None:
    assert read("ab cde", "abc de").words == ()
