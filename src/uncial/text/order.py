"""Logical order (as typed) to display order (as seen, left to right) and back.

A recognizer reads columns from left to right, so it learns text in display order; people
and files keep logical order. Clusters move as wholes, with their combining marks behind
them, and brackets are mirrored where they run right to left: the text says what the eye sees.

One line at a time and without explicit embeddings: marks such as U+202B are invisible in an
image, keep the place of what precedes them and steer nothing (rule ``controls`` drops them).

Source: Unicode Standard Annex #9: rules W1-W7, N0-N2, I1-I2, L1, L2, L4.
Mirrored pairs are those whose names differ by LEFT/RIGHT or LESS/GREATER alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from uncial.errors import ConfigError
from uncial.text.graphemes import graphemes

Direction = Literal["lr", "rl"]

_IGNORED = frozenset(("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_NEUTRAL = frozenset(("B", "S", "WS", "ON"))
_NUMBERS = frozenset(("EN", "AN"))
_LEFTWARD = frozenset(("R", "AL", "AN"))
_MAX_OPEN = 63  # brackets open at once before pairing gives up, rule BD16
_REFINEMENTS = 8  # fixed-point steps per starting point of the inverse
_MIRRORED_WORDS = {"LEFT": "RIGHT", "RIGHT": "LEFT", "LESS": "GREATER", "GREATER": "LESS"}
_MIRRORED_WORD = re.compile(r"\b(LEFT|RIGHT|LESS|GREATER)\b")


def base_direction(text: str) -> Direction:
    """The direction in which most strong letters of `text` run; a tie is left to right.

    Counting, unlike the standard's first strong letter (rule P2), gives the same answer in
    logical and in display order, and a line cut out of a paragraph may well begin with a
    foreign word.
    """
    if _is_leftless(text):
        return "lr"
    kinds = [unicodedata.bidirectional(char) for char in text]
    leftward = kinds.count("R") + kinds.count("AL")
    return "rl" if leftward > kinds.count("L") else "lr"


def display_order(text: str, base: str = "auto") -> str:
    """Reorder one logical line into the order in which it is seen, left to right.

    Args:
        text: One line as typed.
        base: Direction of the paragraph: ``"lr"``, ``"rl"`` or ``"auto"`` (`base_direction`).

    Raises:
        ConfigError: `base` is none of these.
    """
    base_level = _base_level(text, base)
    if _is_plain(text, base_level):
        return text
    clusters = graphemes(text)
    return "".join(_displayed(clusters, _levels(clusters, base_level)))


def level_runs(text: str, base: str = "auto") -> list[tuple[int, int, int]]:
    """Stretches of one direction, in the order in which they are seen, left to right.

    Args:
        text: One line as typed.
        base: As for `display_order`.

    Returns:
        First character, the one behind the last, and embedding level: odd runs right to left.
    """
    if text.isascii() and base != "rl":
        return [(0, len(text), 0)]
    base_level = _base_level(text, base)
    if _is_plain(text, base_level):
        return [(0, len(text), 0)]
    clusters = graphemes(text)
    levels = _levels(clusters, base_level)
    ends = list(accumulate(map(len, clusters)))
    runs: list[tuple[int, int, int]] = []
    for at, level in enumerate(levels):
        start, stop = ends[at] - len(clusters[at]), ends[at]
        if runs and runs[-1][2] == level:
            runs[-1] = (runs[-1][0], stop, level)
        else:
            runs.append((start, stop, level))
    return [runs[at] for at in _visual_order([level for _, _, level in runs])]


def units_as_seen(units: Sequence[str]) -> list[str]:
    """Units of one logical line as they are seen, left to right, none of them mirrored.

    Args:
        units: In logical order; clusters, or bases and marks apart.
    """
    text = "".join(units)
    base_level = _base_level(text, "auto")
    if _is_plain(text, base_level):
        return list(units)
    return [units[at] for at in _visual_order(_levels(list(units), base_level))]


def logical_order(text: str, base: str = "auto") -> str:
    """Reorder one displayed line into the order in which it was typed.

    Where two logical lines look the same (in a line that runs right to left, ``ab 12`` and
    ``12 ab`` do) it returns one of them, an untouched left-to-right phrase first. Only lines
    that nest unmatched brackets in several directions may come back in another order.

    Args:
        text: One line as seen, left to right.
        base: Direction of the paragraph: ``"lr"``, ``"rl"`` or ``"auto"`` (`base_direction`).

    Raises:
        ConfigError: `base` is none of these.

    Invariant:
        ``display_order(logical_order(display_order(t))) == display_order(t)``, and
        ``logical_order(display_order(t)) == t`` where no other line looks like ``t``.
    """
    base_level = _base_level(text, base)
    if _is_plain(text, base_level):
        return text
    seen = graphemes(text)
    fallback: list[str] | None = None
    for levels in _starting_levels(seen, base_level):
        for _ in range(_REFINEMENTS):
            order = _visual_order(levels)
            logical = [_mirrored(seen[at]) if levels[at] % 2 else seen[at] for at in order]
            found = _levels(logical, base_level)
            if _displayed(logical, found) == seen:
                return "".join(logical)
            fallback = fallback or logical
            refined = list(levels)
            for at, level in zip(order, found, strict=True):
                refined[at] = level
            if refined == levels:
                break
            levels = refined
    return "".join(fallback or seen)


def _starting_levels(seen: list[str], base_level: int) -> Iterator[list[int]]:
    """Guesses at the level of each displayed cluster, most natural first."""
    natural = _levels(seen, base_level)
    yield natural
    yield _levels(seen[::-1], base_level)[::-1]
    yield _levels(seen, 1 - base_level)
    yield _levels(seen[::-1], 1 - base_level)[::-1]
    for at, cluster in enumerate(seen):
        if _mirrored(cluster) != cluster:  # stray brackets pair up differently once mirrored
            for level in (1, 2 * base_level):
                yield [*natural[:at], level, *natural[at + 1 :]]


def _base_level(text: str, base: str) -> int:
    if base not in ("auto", "lr", "rl"):
        raise ConfigError(f"unknown base direction {base!r}", remedy="use auto, lr or rl")
    return int((base_direction(text) if base == "auto" else base) == "rl")


def _is_plain(text: str, base_level: int) -> bool:
    """Whether nothing in a left-to-right line can move."""
    return not base_level and _is_leftless(text)


def _is_leftless(text: str) -> bool:
    """Whether nothing in a text runs right to left."""
    return text.isascii() or _LEFTWARD.isdisjoint(map(unicodedata.bidirectional, set(text)))


def _displayed(clusters: Sequence[str], levels: Sequence[int]) -> list[str]:
    """Clusters in display order, mirrored where their level is odd (rules L2, L4)."""
    return [
        _mirrored(clusters[at]) if levels[at] % 2 else clusters[at] for at in _visual_order(levels)
    ]


def _visual_order(levels: Sequence[int]) -> list[int]:
    """Positions in display order (rule L2); with displayed levels, positions in logical order."""
    order = list(range(len(levels)))
    for floor in range(max(levels, default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and levels[order[end]] >= floor:
                end += 1
            order[at:end] = order[at:end][::-1]
            at = end + 1
    return order


@lru_cache(maxsize=4096)
def _mirrored(cluster: str) -> str:
    """The cluster with its base swapped for its mirror image, where it has one."""
    first = cluster[:1]
    if not first or not unicodedata.mirrored(first):
        return cluster
    name = unicodedata.name(first, "")
    swapped = _MIRRORED_WORD.sub(lambda word: _MIRRORED_WORDS[word[0]], name)
    try:
        partner = unicodedata.lookup(swapped)
    except KeyError:
        return cluster
    return partner + cluster[1:] if unicodedata.mirrored(partner) else cluster


def _levels(clusters: Sequence[str], base_level: int) -> list[int]:
    """The embedding level of each logical cluster: odd levels run right to left."""
    kinds = [_kind(cluster) for cluster in clusters]
    kept = [at for at, kind in enumerate(kinds) if kind not in _IGNORED]
    outer = "R" if base_level else "L"
    resolved = _resolve_numbers([kinds[at] for at in kept], outer)
    _resolve_brackets([clusters[at] for at in kept], resolved, outer)
    _resolve_neutrals(resolved, outer)

    levels = [base_level] * len(clusters)
    rise = {"L": base_level, "R": 1, "EN": 2, "AN": 2} if not base_level else {"R": 1}
    for at, kind in zip(kept, resolved, strict=True):
        levels[at] = rise.get(kind, 2)
    trailing = True
    for at in range(len(kinds) - 1, -1, -1):  # rule L1
        trailing = kinds[at] in ("S", "B") or (
            trailing and (kinds[at] == "WS" or kinds[at] in _IGNORED)
        )
        if trailing:
            levels[at] = base_level
        elif kinds[at] in _IGNORED and at:
            levels[at] = -1
    for at, level in enumerate(levels):
        if level < 0:
            levels[at] = levels[at - 1]
    return levels


@lru_cache(maxsize=4096)
def _kind(cluster: str) -> str:
    return unicodedata.bidirectional(cluster[0]) or "L"


def _resolve_numbers(kinds: list[str], outer: str) -> list[str]:
    """Rules W1-W7: marks, numbers and their separators."""
    kinds = _resolve_marks(kinds, outer)
    for at in range(1, len(kinds) - 1):
        before, kind, after = kinds[at - 1 : at + 2]
        if before == after and (
            (kind == "ES" and before == "EN") or (kind == "CS" and before in _NUMBERS)
        ):
            kinds[at] = before
    for start, stop in _runs(kinds, frozenset(("ET",))):
        if "EN" in (kinds[start - 1 : start] + kinds[stop : stop + 1]):
            kinds[start:stop] = ["EN"] * (stop - start)
    strong = outer
    for at, kind in enumerate(kinds):
        if kind in ("L", "R"):
            strong = kind
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"
        elif kind in ("ES", "ET", "CS"):
            kinds[at] = "ON"
    return kinds


def _resolve_marks(kinds: list[str], outer: str) -> list[str]:
    """Rules W1-W3: marks follow what they sit on, digits after Arabic letters are Arabic."""
    resolved: list[str] = []
    strong = outer
    for kind in kinds:
        if kind == "NSM":
            kind = resolved[-1] if resolved else outer
        if kind in ("L", "R", "AL"):
            strong = kind
        elif kind == "EN" and strong == "AL":
            kind = "AN"
        resolved.append(kind)
    return ["R" if kind == "AL" else kind for kind in resolved]


def _resolve_brackets(clusters: list[str], kinds: list[str], outer: str) -> None:
    """Rule N0, in place: a pair takes one direction."""
    for opening, closing in _bracket_pairs(clusters, kinds):
        inside = {_strong(kind) for kind in kinds[opening + 1 : closing]} - {""}
        if not inside:
            continue
        direction = outer
        if outer not in inside:
            before = (_strong(kind) for kind in reversed(kinds[:opening]))
            direction = next(filter(None, before), outer)
        for at in (opening, closing):
            kinds[at] = direction


def _bracket_pairs(clusters: list[str], kinds: list[str]) -> list[tuple[int, int]]:
    """Rule BD16: positions of matching brackets, by opening."""
    pairs = []
    waiting: list[tuple[str, int]] = []
    for at, (cluster, kind) in enumerate(zip(clusters, kinds, strict=True)):
        side = unicodedata.category(cluster[0]) if kind == "ON" else ""
        if side not in ("Ps", "Pe") or _mirrored(cluster[0]) == cluster[0]:
            continue
        if side == "Ps":
            if len(waiting) == _MAX_OPEN:
                return []
            waiting.append((unicodedata.normalize("NFC", _mirrored(cluster[0])), at))
            continue
        closer = unicodedata.normalize("NFC", cluster[0])
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == closer:
                pairs.append((waiting[depth][1], at))
                del waiting[depth:]
                break
    return sorted(pairs)


def _resolve_neutrals(kinds: list[str], outer: str) -> None:
    """Rules N1 and N2, in place."""
    for start, stop in _runs(kinds, _NEUTRAL):
        before = _strong(kinds[start - 1]) if start else outer
        after = _strong(kinds[stop]) if stop < len(kinds) else outer
        kinds[start:stop] = [before if before == after else outer] * (stop - start)


def _strong(kind: str) -> str:
    """A resolved kind as the direction that it lends to neutrals, or nothing."""
    return kind if kind in ("L", "R") else "R" if kind in _NUMBERS else ""


def _runs(kinds: Sequence[str], wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Start and stop of every longest run of `wanted` kinds."""
    start = None
    for at, kind in enumerate([*kinds, ""]):
        if kind in wanted:
            start = at if start is None else start
        elif start is not None:
            yield start, at
            start = None
