"""Words of ALTO and ours for the same things, and how ours stand where ALTO has none."""

from __future__ import annotations

from typing import Final

from uncial.page.layout import Direction, RegionKind

NAMESPACE: Final = "http://www.loc.gov/standards/alto/ns-v4#"
SCHEMA: Final = "http://www.loc.gov/standards/alto/v4/alto-4-4.xsd"

BLOCKS: Final[dict[str, RegionKind]] = {
    "TextBlock": "text",
    "ComposedBlock": "other",
    "Illustration": "image",
    "GraphicalElement": "separator",
}
"""What a block holds, unless a tag says otherwise."""
ELEMENTS: Final[dict[RegionKind, str]] = {
    "": "TextBlock",
    "text": "TextBlock",
    "separator": "GraphicalElement",
    "image": "Illustration",
    "graphic": "Illustration",
    "noise": "GraphicalElement",
}
"""The block for a kind; a ``ComposedBlock`` for any other, and wherever blocks are nested."""

KIND: Final = "region kind"
"""``TYPE`` of a tag that names a kind of ours."""
GROUP: Final = "group of lines"
"""``LABEL`` of such a tag on a block that only gathers lines."""
DUMMY_BLOCK: Final = "eSc_dummyblock_"
DUMMY_PAGE: Final = "eSc_dummypage_"
FRAME: Final = "frame"
"""``fileIdentifierLocation`` of the number of a picture within its file, from 0."""

READING: Final[dict[str, Direction]] = {"ltr": "lr", "rtl": "rl", "ttb": "vertical-rl"}
WRITING: Final[dict[Direction, str]] = {
    "lr": "ltr",
    "rl": "rtl",
    "vertical-rl": "ttb",
    "vertical-lr": "ttb",
}
