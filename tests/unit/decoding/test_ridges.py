"""Maps to baselines and pages: what is drawn is found again, as it was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.archive import Channel
from uncial.decoding.layout import Constraints, page_layout
from uncial.decoding.maps import STRIDE, LayoutMaps, layout_maps, map_size
from uncial.decoding.ridges import ridges
from uncial.page.polyline import Points
from uncial.training.segmentation.targets import draw_targets
from uncial.training.segmentation.truth import TrueLine

_SIZE = (400, 600)  # px of the input, height and width
_CHANNELS = (Channel("baseline"), Channel("ends"), Channel("above"), Channel("below"))


def _line(*points: tuple[float, float], name: str = "") -> TrueLine:
    return TrueLine(np.array(points, float), 24.0, 8.0, name)


def _maps(
    lines: list[TrueLine],
    regions: list[tuple[str, Points]] | None = None,
    channels: tuple[Channel, ...] = _CHANNELS,
) -> LayoutMaps:
    """Maps as a network puts them out that learnt its targets well."""
    targets = draw_targets(channels, lines, regions or [], map_size(_SIZE))
    logits = [
        np.nan_to_num(target) if channel.kind in ("above", "below") else 12 * target - 6
        for channel, target in zip(channels, targets, strict=True)
    ]
    return layout_maps(np.stack(logits).astype(np.float32), channels)


def _ends(lines: list[TrueLine]) -> list[tuple[float, ...]]:
    found = ridges(_maps(lines))
    return sorted(tuple((r.points[[0, -1]] * STRIDE).ravel()) for r in found)


@pytest.mark.parametrize(
    "lines",
    [
        [_line((50, 100), (550, 100)), _line((50, 140), (300, 140))],
        [_line((50, 300), (550, 80))],
        [_line((300, 40), (300, 360))],
        [_line((50, 100), (280, 100)), _line((310, 100), (550, 100))],
    ],
    ids=["level", "slanted", "vertical", "columns"],
)
def test_lines_are_found_where_they_were_drawn(lines: list[TrueLine]) -> None:
    wanted = sorted(tuple(line.course.ravel()) for line in lines)
    found = _ends(lines)
    assert len(found) == len(wanted)
    assert np.abs(np.array(found) - np.array(wanted)).max() < 9


def test_a_curved_line_is_followed() -> None:
    x = np.linspace(40, 560, 60)
    course = np.stack([x, 200 + 40 * np.sin(x / 120)], 1)
    (ridge,) = ridges(_maps([TrueLine(course, 24.0, 8.0)]))
    points = ridge.points * STRIDE
    wanted = 200 + 40 * np.sin(points[:, 0] / 120)
    assert np.abs(points[:, 1] - wanted).max() < 4


def test_heights_are_told() -> None:
    (ridge,) = ridges(_maps([_line((50, 100), (550, 100))]))
    assert ridge.above * STRIDE == pytest.approx(24, rel=0.05)
    assert ridge.below * STRIDE == pytest.approx(8, rel=0.05)


def test_a_line_that_broke_is_put_together() -> None:
    maps = _maps([_line((50, 100), (550, 100))])
    maps.baseline[:, 140:148] = 0.05
    assert len(ridges(maps)) == 1


@pytest.mark.parametrize(
    ("left", "right", "count"), [((60, 270), (300, 540), 1), ((60, 280), (320, 540), 2)]
)
def test_a_gap_that_lines_around_run_past_is_bridged_and_that_of_columns_is_not(
    left: tuple[int, int], right: tuple[int, int], count: int
) -> None:
    gap = [_line((left[0], 140), (left[1], 140)), _line((right[0], 140), (right[1], 140))]
    around: list[TrueLine] = []
    for y in (100, 180):
        if count == 1:
            around.append(_line((60, y), (540, y)))
        else:
            around += [_line((60, y), (275, y)), _line((315, y), (540, y))]
    assert len(ridges(_maps([*around, *gap]))) == len(around) + count


def test_two_rows_that_touch_are_told_apart() -> None:
    maps = _maps([_line((50, 100), (550, 100)), _line((50, 132), (550, 132))])
    maps.baseline[50:67, 150:153] = 0.45
    assert len(ridges(maps)) == 2


def test_noise_is_no_line() -> None:
    maps = _maps([])
    maps.baseline[50:53, 20:24] = 0.9
    maps.baseline[100, 10:200] = 0.4
    assert ridges(maps) == []


def test_a_line_has_the_type_that_the_maps_show_along_it() -> None:
    channels = (*_CHANNELS, Channel("line", "note"), Channel("line", "text"))
    lines = [_line((50, 100), (550, 100), name="text"), _line((50, 200), (300, 200), name="note")]
    found = ridges(_maps(lines, channels=channels))
    assert {round(r.points[0, 1] * STRIDE, -2): r.type for r in found} == {100: "text", 200: "note"}


_LEFT = np.array([[20.0, 60], [295, 60], [295, 380], [20, 380]])
_RIGHT = np.array([[305.0, 60], [580, 60], [580, 380], [305, 380]])
_ZONES = (*_CHANNELS, Channel("region", "MainZone"))


def test_lines_stand_in_their_regions_in_reading_order() -> None:
    lines = [_line((x, y), (x + 200, y)) for x in (330, 60) for y in (200, 120)]
    maps = _maps(lines, [("MainZone", _LEFT), ("MainZone", _RIGHT)], _ZONES)
    page = page_layout(maps, (1200, 800))
    assert [region.type for region in page.regions] == ["MainZone", "MainZone"]
    starts = [line.baseline[0] for line in page.lines()]
    assert [tuple(round(v, -2) for v in start) for start in starts] == [
        (100, 200), (100, 400), (700, 200), (700, 400),
    ]  # fmt: skip
    assert [line.id for line in page.lines()] == ["l1", "l2", "l3", "l4"]


@pytest.mark.parametrize(("cut", "count"), [(True, 2), (False, 1)])
def test_a_line_across_two_regions_is_cut_if_asked(cut: bool, count: int) -> None:
    zones: list[tuple[str, Points]] = [("MainZone", _LEFT), ("MainZone", _RIGHT)]
    maps = _maps([_line((60, 200), (540, 200))], zones, _ZONES)
    page = page_layout(maps, (600, 400), Constraints(cut_at_regions=cut))
    assert len(list(page.lines())) == count


def test_baselines_run_in_the_direction_of_reading() -> None:
    maps = _maps([_line((50, 100), (550, 100))])
    (line,) = page_layout(maps, (600, 400), Constraints(direction="rl")).lines()
    assert line.baseline[0][0] > line.baseline[-1][0]


def test_an_empty_page_has_no_lines() -> None:
    assert list(page_layout(_maps([]), (600, 400)).lines()) == []
