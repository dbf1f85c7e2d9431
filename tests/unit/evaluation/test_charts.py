import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.evaluation.charts import Axis, Mark, chart, reach


@given(st.floats(0.0001, 900))
def test_an_axis_reaches_what_it_shows_and_not_far_beyond(largest: float) -> None:
    end = reach([largest / 2, largest])
    assert largest <= end * (1 + 1e-9)
    assert end <= 2 * largest
    ticks = Axis(label="x", low=0, high=end).ticks()
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 11


def test_factors_stand_at_equal_distances() -> None:
    axis = Axis(label="lines", low=10, high=1000, percent=False, log=True)
    assert axis.share(100) == pytest.approx(0.5)
    assert axis.ticks() == [10, 20, 50, 100, 200, 500, 1000]
    assert axis.text(200) == "200"


def test_a_chart_is_well_formed_and_stays_inside_its_frame() -> None:
    axis = Axis(label="<a> & b", low=0, high=1)
    marks = [Mark(x=-5, y=0.5, low=-1, high=9, label='"<x>"'), Mark(x=0.5, y=2, label="y")]
    text = str(chart(axis, axis, points=marks, line=marks, band=marks[:1] * 2, diagonal=True))
    root = ET.fromstring(text)
    assert root.attrib["aria-label"] == "<a> & b by <a> & b"
    for name in ("cx", "cy", "x1", "y2"):
        for value in re.findall(rf'\b{name}="([\d.]+)"', text):
            assert 0 <= float(value) <= 420
    assert len(root.findall(".//circle")) == 2
