"""What is written stands as the schemas of PAGE and ALTO want it; no schema file is needed.

Source: pagecontent.xsd 2019-07-15 and 2013-07-15, alto-4-4.xsd: order of children, required
attributes, forms of values.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from lxml import etree
from pages import full_page

from uncial.formats.pages.base import write_pages
from uncial.formats.pages.markup import local
from uncial.page.layout import Page

REGION = "[A-Z][A-Za-z]*Region"
ORDER = {
    "page": {
        "PcGts": ["Metadata", "Page"],
        "Metadata": ["Creator", "Created", "LastChange"],
        "Page": ["ReadingOrder", REGION],
        REGION: ["Coords", REGION, "TextLine", "TextEquiv"],
        "TextLine": ["Coords", "Baseline", "Word", "TextEquiv"],
        "Word": ["Coords", "Glyph", "TextEquiv"],
        "Glyph": ["Coords", "TextEquiv"],
        "TextEquiv": ["Unicode"],
        "OrderedGroup": ["RegionRefIndexed"],
    },
    "alto": {
        "alto": ["Description", "Tags", "ReadingOrder", "Layout"],
        "Description": ["MeasurementUnit", "sourceImageInformation", "Processing"],
        "sourceImageInformation": ["fileName", "fileIdentifier", "documentIdentifier"],
        "Page": ["PrintSpace"],
        "TextBlock": ["Shape", "TextLine"],
        "ComposedBlock": ["Shape", "TextBlock|ComposedBlock|Illustration|GraphicalElement"],
        "TextLine": ["Shape", "String|SP"],
        "String": ["Shape", "Glyph"],
        "Glyph": ["Shape", "Variant"],
    },
}
REQUIRED = {
    "page": {
        "Page": ("imageFilename", "imageWidth", "imageHeight"),
        "Coords": ("points",),
        "Baseline": ("points",),
        **dict.fromkeys(("TextRegion", "TextLine", "Word", "Glyph", "OrderedGroup"), ("id",)),
        "RegionRefIndexed": ("index", "regionRef"),
    },
    "alto": {
        "Page": ("ID", "PHYSICAL_IMG_NR"),
        **dict.fromkeys(("TextBlock", "ComposedBlock", "Illustration", "Processing"), ("ID",)),
        "String": ("CONTENT",),
        "Glyph": ("CONTENT",),
        "Polygon": ("POINTS",),
        "OtherTag": ("ID", "LABEL"),
        "ElementRef": ("ID", "REF"),
    },
}
POINTS = re.compile(r"([0-9]+,[0-9]+ )+([0-9]+,[0-9]+)")
NAME = re.compile(r"[^\W\d][\w.-]*")


def awkward_page() -> Page:
    """Ids and texts that XML does not take, and regions without outlines."""
    page = full_page()
    first, *others = page.regions
    lines = tuple(replace(line, id=f"1 {line.id}/ü:") for line in first.lines)
    return replace(page, regions=(replace(first, id="7", boundary=(), lines=lines), *others))


@pytest.fixture(params=["full", "awkward", "empty"])
def page(request: pytest.FixtureRequest) -> Page:
    return {
        "full": full_page(),
        "awkward": awkward_page(),
        "empty": Page(image="", width=0, height=0),
    }[request.param]


@pytest.mark.parametrize("kind", ["page", "page2013", "alto"])
def test_children_come_in_the_order_of_the_schema(kind: str, page: Page) -> None:
    rules = ORDER[kind.removesuffix("2013")]
    for element in etree.fromstring(write_pages([page], kind).data).iter():
        name = local(element)
        order = next((rules[own] for own in rules if re.fullmatch(own, name)), None)
        if order is not None:
            ranks = [
                next(at for at, one in enumerate(order) if re.fullmatch(one, local(child)))
                for child in element
            ]
            assert ranks == sorted(ranks), name


@pytest.mark.parametrize("kind", ["page", "page2013", "alto"])
def test_required_attributes_are_there_and_ids_unique_names(kind: str, page: Page) -> None:
    form = kind.removesuffix("2013")
    root = etree.fromstring(write_pages([page], kind).data)
    for element in root.iter():
        for name in REQUIRED[form].get(local(element), ()):
            assert element.get(name) is not None, (local(element), name)
        for name in ("points",):
            if element.get(name) is not None:
                assert POINTS.fullmatch(element.get(name))
    ids = [value for one in root.iter() if (value := one.get("id") or one.get("ID"))]
    assert len(ids) == len(set(ids))
    assert all(NAME.fullmatch(one) for one in ids)
    known = set(ids)
    for element in root.iter():
        for name in ("regionRef", "REF", "TAGREFS", "PROCESSINGREFS"):
            assert set((element.get(name) or "").split()) <= known


def test_a_line_of_alto_has_a_string_even_without_text() -> None:
    root = etree.fromstring(write_pages([full_page()], "alto").data)
    lines = [one for one in root.iter() if local(one) == "TextLine"]
    assert all(any(local(child) == "String" for child in line) for line in lines)
