from __future__ import annotations

from uncial.page.layout import Line, Page, Reading, Region


def line(name: str, *texts: str) -> Line:
    return Line(id=name, readings=tuple(Reading(text=text) for text in texts))


def nested() -> Page:
    note = Region(id="note", lines=(line("c"),))
    first = Region(id="first", lines=(line("a", "valid", "older"), line("b")), regions=(note,))
    return Page(
        image="p.png", width=10, height=20, regions=(first, Region(id="second", lines=(line("d"),)))
    )


def test_lines_come_in_reading_order_with_those_of_nested_regions() -> None:
    assert [line.id for line in nested().lines()] == ["a", "b", "c", "d"]
    assert [region.id for region in nested().walk()] == ["first", "note", "second"]


def test_the_first_reading_is_the_valid_text_and_none_means_not_transcribed() -> None:
    assert [line.text for line in nested().lines()] == ["valid", None, None, None]
