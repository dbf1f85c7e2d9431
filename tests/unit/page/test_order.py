from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from uncial.page.geometry import Box
from uncial.page.layout import Line, Page, Region
from uncial.page.order import in_reading_order, reading_order

HEADING = Box(100, 10, 900, 60)
LEFT = [Box(100, top, 480, top + 200) for top in (100, 320)]
RIGHT = [Box(520, top, 900, top + 190) for top in (90, 300)]
BANNER = Box(100, 560, 900, 600)
BELOW = [Box(100, 620, 480, 800), Box(520, 610, 900, 800)]


def test_columns_are_read_one_after_the_other_under_their_heading() -> None:
    boxes = [RIGHT[1], LEFT[1], HEADING, RIGHT[0], LEFT[0]]
    assert [boxes[at] for at in reading_order(boxes)] == [HEADING, *LEFT, *RIGHT]


def test_from_right_to_left_the_right_column_comes_first() -> None:
    boxes = [HEADING, *LEFT, *RIGHT]
    assert [boxes[at] for at in reading_order(boxes, "rl")] == [HEADING, *RIGHT, *LEFT]


def test_a_banner_parts_the_columns_above_it_from_those_below() -> None:
    boxes = [*BELOW, BANNER, *RIGHT, *LEFT, HEADING]
    expected = [HEADING, *LEFT, *RIGHT, BANNER, *BELOW]
    assert [boxes[at] for at in reading_order(boxes)] == expected


def test_vertical_lines_follow_each_other_to_the_left_or_to_the_right() -> None:
    lines = [Box(left, 10, left + 40, 900) for left in (100, 160, 220)]
    assert reading_order(lines, "vertical-rl") == [2, 1, 0]
    assert reading_order(lines, "vertical-lr") == [0, 1, 2]


boxes = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h),
    *(st.integers(0, 500), st.integers(0, 500), st.integers(0, 300), st.integers(0, 300)),
)


@given(st.lists(boxes, max_size=12), st.sampled_from(["lr", "rl", "vertical-lr", "vertical-rl"]))
def test_every_box_is_read_once(found: list[Box], direction: str) -> None:
    assert sorted(reading_order(found, direction)) == list(range(len(found)))


def test_lines_without_a_place_stay_at_the_end() -> None:
    lines = (
        Line(id="nowhere"),
        Line(id="second", baseline=((0.0, 50.0), (90.0, 50.0))),
        Line(id="first", baseline=((0.0, 20.0), (90.0, 20.0))),
    )
    page = Page(image="", width=100, height=100, regions=(Region(id="r", lines=lines),))
    assert [line.id for line in in_reading_order(page).lines()] == ["first", "second", "nowhere"]
