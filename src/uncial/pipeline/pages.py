"""A page to its text: lines cut, read in batches across pages, put back as a text layer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import InputError
from uncial.formats.pages.base import write_pages
from uncial.formats.pages.source import Scan
from uncial.imaging.band import Band, Problem
from uncial.imaging.crop import page_lines, to_page
from uncial.models.hub import LineReader
from uncial.models.reading import Decoder, ReadCharacter
from uncial.models.reading import Reading as Read
from uncial.page.layout import Line, Page, Point, Reading, Region, Word

Image = NDArray[np.uint8]
Find = Callable[[Image], Page]
"""Finds lines and regions of a page."""


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """A page with a text layer more.

    Attributes:
        page: The new layer is the valid one of each line.
        lines: How many were read.
        characters: How many were read.
        confidence: 0-1, mean over the characters.
        problems: What was wrong with its lines.
    """

    page: Page
    lines: int
    characters: int
    confidence: float
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class CutPage:
    """A page whose lines have been cut out; its image is not kept.

    Attributes:
        page: With lines.
        lines: Each with the band it was cut from.
    """

    page: Page
    lines: tuple[tuple[Band, Image], ...]


def cut(scan: Scan, find: Find | None = None) -> CutPage:
    """The lines of a page.

    Args:
        scan: With its image.
        find: Finds the lines of a page that comes without.

    Raises:
        InputError: It has no lines, and nothing finds them.
        ImageError: The image is missing or damaged.
    """
    image = scan.image()
    page = _with_lines(scan.page, image, find)
    return CutPage(page=page, lines=tuple(page_lines(image, page)))


def read_cut(
    reader: LineReader, pages: Sequence[CutPage], *, source: str, decoder: Decoder = "greedy"
) -> list[ReadPage]:
    """Read pages, their lines together.

    Args:
        reader: The model.
        pages: With their lines.
        source: Who reads, as the text layers will say.
        decoder: As for `uncial.models.reading.NetworkReader.read`.
    """
    images = [image for page in pages for _, image in page.lines]
    readings = iter(reader.read(images, decoder=decoder, threads=1))
    return [
        _read(page.page, [(band, image, next(readings)) for band, image in page.lines], source)
        for page in pages
    ]


def _with_lines(page: Page, image: Image, find: Find | None) -> Page:
    if next(page.lines(), None) is not None:
        return page
    if find is None:
        raise InputError(
            f"{page.source or page.image}: no line is marked on this page",
            remedy="give its PAGE or ALTO file with lines, or a model that finds them",
        )
    found = find(image)
    return replace(page, regions=found.regions, direction=page.direction or found.direction)


def _read(page: Page, read: Sequence[tuple[Band, Image, Read]], source: str) -> ReadPage:
    layers = {band.line: _layer(band, image, one, source) for band, image, one in read}
    sure = [character.confidence for _, _, one in read for character in one.characters]
    problems = tuple(problem for band, _, _ in read for problem in band.problems)
    return ReadPage(
        page=replace(page, regions=tuple(_relaid(region, layers) for region in page.regions)),
        lines=len(read),
        characters=len(sure),
        confidence=float(np.mean(sure)) if sure else 0.0,
        problems=problems,
    )


def _relaid(region: Region, layers: Mapping[str, Reading]) -> Region:
    """A region whose lines have their new layers in front."""
    return replace(
        region,
        lines=tuple(_with_layer(line, layers.get(line.id)) for line in region.lines),
        regions=tuple(_relaid(inner, layers) for inner in region.regions),
    )


def _with_layer(line: Line, layer: Reading | None) -> Line:
    if layer is None:
        return line
    others = tuple(one for one in line.readings if one.source != layer.source)
    return replace(line, readings=(layer, *others))


def _layer(band: Band, image: Image, read: Read, source: str) -> Reading:
    return Reading(
        text=read.text,
        confidence=read.confidence,
        words=_words(band, image, read),
        source=source,
    )


def _words(band: Band, image: Image, read: Read) -> tuple[Word, ...]:
    """Words with their places, in the order of the text; none where the two do not agree."""
    if not len(band.course):
        return ()
    groups = [
        list(group)
        for space, group in groupby(read.characters, lambda one: one.grapheme.isspace())
        if not space
    ]
    texts = read.text.split()
    if len(groups) != len(texts):
        return ()
    seen = ["".join(one.grapheme for one in group) for group in groups]
    if not groups:
        return ()
    if sorted(seen[0]) != sorted(texts[0]):
        groups.reverse()
        seen.reverse()
    if any(sorted(a) != sorted(b) for a, b in zip(seen, texts, strict=True)):
        return ()
    boxes = _boxes(band, [(group[0].start, group[-1].stop) for group in groups], image.shape[0])
    return tuple(
        Word(text=text, boundary=box, confidence=_sureness(group))
        for text, group, box in zip(texts, groups, boxes, strict=True)
    )


def _sureness(group: Sequence[ReadCharacter]) -> float:
    """Geometric mean of the characters' confidences."""
    return float(np.exp(np.mean(np.log([max(one.confidence, 1e-9) for one in group]))))


def _boxes(
    band: Band, spans: Sequence[tuple[float, float]], height: int
) -> list[tuple[Point, ...]]:
    """Outlines on the page of columns of a cut line, over its whole height."""
    corners = [
        corner
        for left, right in spans
        for corner in ((left, 0.0), (right, 0.0), (right, float(height)), (left, float(height)))
    ]
    places = np.round(to_page(band, np.array(corners, np.float64)), 1).tolist()
    points = [(float(x), float(y)) for x, y in places]
    return [tuple(points[at : at + 4]) for at in range(0, len(points), 4)]


def written(read: ReadPage, form: str, facts: Mapping[str, Any]) -> bytes:
    """The bytes of a page's file.

    Args:
        read: The page.
        form: ``"txt"``, ``"json"`` or the name of a writer of pages, such as ``"alto"``.
        facts: About model and program, for JSON.

    Raises:
        ConfigError: There is no such format.
    """
    if form == "txt":
        return "".join(f"{line.text or ''}\n" for line in read.page.lines()).encode()
    if form == "json":
        return (json.dumps(_as_json(read, facts), ensure_ascii=False) + "\n").encode()
    return write_pages([read.page], form).data


def _as_json(read: ReadPage, facts: Mapping[str, Any]) -> dict[str, Any]:
    page = read.page
    return {
        **facts,
        "image": page.image,
        "width": page.width,
        "height": page.height,
        "confidence": round(read.confidence, 4),
        "problems": [str(problem) for problem in read.problems],
        "lines": list(_lines_as_json(page)),
    }


def _lines_as_json(page: Page) -> Iterator[dict[str, Any]]:
    for region in page.walk():
        for line in region.lines:
            yield {
                "id": line.id,
                "region": region.id,
                "text": line.text or "",
                "confidence": line.readings[0].confidence if line.readings else None,
                "baseline": line.baseline,
                "boundary": line.boundary,
            }
