"""Which line trains, which validates, which tests: as listed, or drawn without leaks.

Drawn splits keep together what belongs together: all lines of a document or page, and all
copies of one image. Listed splits are respected as they are, and copies across them reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from uncial.data.census import Census, equal_groups
from uncial.data.findings import Finding

SPLITS: Final = ("train", "validation", "test")
Unit = Literal["document", "page", "line"]

_SPELLINGS: Final = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "val", "valid", "dev", "eval"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_TRAIN, _VALIDATION, _TEST = range(3)
_TO_DRAW: Final = -1
_ENOUGH_DOCUMENTS: Final = 10
_ENOUGH_PAGES: Final = 3


def split_named(name: str) -> str | None:
    """``train``, ``validation`` or ``test`` for any usual spelling, else None."""
    return _SPELLINGS.get(name.strip().lower())


@dataclass
class Origins:
    """Given split, page and document of every line, by row, in compact form."""

    _given: bytearray = field(default_factory=bytearray)
    _pages: list[int] = field(default_factory=list)
    _documents: list[int] = field(default_factory=list)
    _numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)

    def add(self, *, split: str, page: str, document: str) -> None:
        """Take in the next line; `split` is ``""`` where it is to be drawn."""
        self._given.append(SPLITS.index(split) if split else 255)
        self._pages.append(self._number("page", document, page) if page else -1)
        self._documents.append(self._number("document", document) if document else -1)

    def _number(self, *name: str) -> int:
        number = self._numbers.setdefault(name, len(self._numbers))
        if number == len(self._names):
            self._names.append("/".join(filter(None, name[1:])))
        return number

    @property
    def given(self) -> NDArray[np.int8]:
        """``(N,)``: index into `SPLITS`, -1 where the split is to be drawn."""
        return np.frombuffer(bytes(self._given), dtype=np.uint8).astype(np.int8)

    @property
    def pages(self) -> NDArray[np.int64]:
        """``(N,)``: equal for lines of one page, -1 where unknown."""
        return np.array(self._pages, dtype=np.int64)

    @property
    def documents(self) -> NDArray[np.int64]:
        """``(N,)``: equal for lines of one document, -1 where unknown."""
        return np.array(self._documents, dtype=np.int64)

    def page_name(self, row: int) -> str:
        """Document and page of a line, for messages."""
        return self._names[self._pages[row]]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A finished split.

    Attributes:
        codes: ``(N,)`` int8, index into `SPLITS` for every line.
        unit: What was kept together in drawing; None where nothing was drawn.
        carved: Whether validation was drawn from listed training lines.
    """

    codes: NDArray[np.int8]
    unit: Unit | None
    carved: bool = False


def draw_splits(
    origins: Origins,
    images: NDArray[np.uint64],
    *,
    seed: int,
    validation: float,
    test: float,
) -> Drawn:
    """Complete the given splits.

    Where every line has a split but none validates, validation is drawn from training.

    Args:
        origins: What is known of each line.
        images: ``(N,)``, equal where two lines have the same pixels.
        seed: The same seed and lines give the same split.
        validation: Share of the drawn lines, 0-1.
        test: Share of the drawn lines, 0-1.

    Invariant:
        A line that was given a split keeps it, unless validation is carved out of training.
        Drawn lines of one page, or with one image, share a split.
    """
    codes = origins.given.copy()
    shares = {_VALIDATION: validation, _TEST: test}
    free = np.flatnonzero(codes == _TO_DRAW)
    carved = False
    if not len(free):
        carved = validation > 0 and bool((codes == _TRAIN).any()) and not (codes == 1).any()
        if not carved:
            return Drawn(codes=codes, unit=None)
        free, shares = np.flatnonzero(codes == _TRAIN), {_VALIDATION: validation}
    unit = _unit(origins, free)
    groups = _groups(origins, images, free, unit)
    twins = _twin_codes(codes, images) if not carved else np.full(len(codes), _TO_DRAW)
    open_groups = []
    for rows in groups:
        bound = twins[rows][twins[rows] != _TO_DRAW]
        if len(bound):
            codes[rows] = bound[0]
        else:
            open_groups.append(rows)
    for code, rows in zip(_deal(open_groups, shares, len(free), seed), open_groups, strict=True):
        codes[rows] = code
    return Drawn(codes=codes, unit=unit, carved=carved)


def _unit(origins: Origins, rows: NDArray[np.int64]) -> Unit:
    """The widest unit of which there are enough."""
    documents = origins.documents[rows]
    pages = origins.pages[rows]
    known_documents = len(np.unique(documents[documents >= 0]))
    if known_documents >= _ENOUGH_DOCUMENTS:
        return "document"
    if len(np.unique(pages[pages >= 0])) >= _ENOUGH_PAGES:
        return "page"
    return "document" if known_documents >= _ENOUGH_PAGES else "line"


def _groups(
    origins: Origins, images: NDArray[np.uint64], rows: NDArray[np.int64], unit: Unit
) -> list[NDArray[np.int64]]:
    """Rows that must share a split, in order of their first row."""
    keys = {"document": origins.documents, "page": origins.pages}.get(unit)
    parent = np.arange(len(rows))

    def top(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = int(parent[node])
        return node

    together = [group for group in equal_groups(images[rows])]
    if keys is not None:
        own = keys[rows]
        known = np.flatnonzero(own >= 0)
        together += [known[group] for group in equal_groups(own[known].astype(np.uint64))]
    for group in together:
        first = top(int(group[0]))
        for other in group[1:]:
            parent[top(int(other))] = first
    members: dict[int, list[int]] = {}
    for at in range(len(rows)):
        members.setdefault(top(at), []).append(at)
    return [rows[np.array(group)] for group in members.values()]


def _deal(
    groups: Sequence[NDArray[np.int64]], shares: dict[int, float], lines: int, seed: int
) -> list[int]:
    """A split for every group: shuffled, held-out splits filled first, the rest trains."""
    order = np.random.default_rng(seed).permutation(len(groups))
    dealt = [_TRAIN] * len(groups)
    waiting = [int(at) for at in order]
    for code, share in shares.items():
        wanted = round(lines * share)
        if not wanted and share > 0:
            wanted = 1
        taken = 0
        # Never the last group: something must be left to train on.
        for at in list(waiting):
            size = len(groups[at])
            if taken >= wanted or len(waiting) == 1:
                break
            if taken + size <= wanted * 1.25:
                dealt[at] = code
                taken += size
                waiting.remove(at)
        if wanted and not taken and len(waiting) > 1:
            smallest = min(waiting, key=lambda at: len(groups[at]))
            dealt[smallest] = code
            waiting.remove(smallest)
    return dealt


def _twin_codes(codes: NDArray[np.int8], images: NDArray[np.uint64]) -> NDArray[np.int8]:
    """``(N,)``: for lines to draw, the split of a listed line with the same image, else -1."""
    twins = np.full(len(codes), _TO_DRAW, dtype=np.int8)
    for rows in equal_groups(images):
        listed = rows[codes[rows] != _TO_DRAW]
        if len(listed) and len(listed) < len(rows):
            twins[rows[codes[rows] == _TO_DRAW]] = codes[listed[0]]
    return twins


def split_findings(census: Census, origins: Origins, codes: NDArray[np.int8]) -> Iterable[Finding]:
    """Copies within and across splits, and pages across splits; ``leak`` is the grave one."""
    yield from _image_findings(census, codes)
    for rows in equal_groups(census.texts):
        first = {int(codes[row]): int(row) for row in rows[::-1]}
        if len(first) < 2:
            continue
        for row in rows[codes[rows] != _TRAIN]:
            other = next(at for code, at in first.items() if code != codes[row])
            detail = f"as in {census.line_ids[other]} ({SPLITS[codes[other]]})"
            if census.images[row] != census.images[other]:
                yield census.finding("duplicate-text", int(row), detail)
    pages = origins.pages
    known = np.flatnonzero(pages >= 0)
    for group in equal_groups(pages[known].astype(np.uint64)):
        rows = known[group]
        found = sorted(set(codes[rows].tolist()))
        if len(found) > 1:
            names = " and ".join(SPLITS[code] for code in found)
            row = int(rows[0])
            yield census.finding("page-across-splits", row, f"{origins.page_name(row)}: {names}")


def _image_findings(census: Census, codes: NDArray[np.int8]) -> Iterable[Finding]:
    images, texts = census.images, census.texts
    for rows in equal_groups(images):
        first = int(rows[0])
        for row in map(int, rows[1:]):
            here, there = SPLITS[codes[row]], SPLITS[codes[first]]
            code = "duplicate-image" if here == there else "leak"
            named = f"{census.line_ids[first]} ({there}) and {census.line_ids[row]} ({here})"
            yield census.finding(code, row, named)
            if texts[row] != texts[first]:
                yield census.finding("conflicting-text", row, f"see {census.line_ids[first]}")
