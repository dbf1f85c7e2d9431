"""Properties of unicharset entries: from Unicode, and from the script-wide unicharsets.

Letters, digits, case, script, direction and mirror come from Unicode. The ``*.unicharset`` files
of langdata, one for each script, add where the units of that script stand on the line and how
wide they are; an entry that several of their units spell gets the union.

Source: tesseract 5.x ``src/training/unicharset/unicharset_training_utils.cpp`` and
``src/ccutil/unicharset.cpp``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace

from uncial.formats.tesseract import codepoints, unichar
from uncial.formats.tesseract.segmentation import normalized
from uncial.formats.tesseract.unichar import Unichar, single
from uncial.formats.tesseract.unicharset import INVALID, Unicharset

_PRIVATE = {"\ue003": "ct", "\ue006": "ſh", "\ue007": "ſi", "\ue008": "ſl", "\ue009": "ſſ"}
_CATEGORIES = {"Ll": unichar.LOWER, "Lu": unichar.UPPER, "Nd": unichar.DIGIT}

Box = tuple[int, int, int, int]


def from_unicode(unicharset: Unicharset) -> Unicharset:
    """The set with the properties that Unicode gives; places and widths stay as they are."""
    entries = []
    for at, entry in enumerate(unicharset.entries):
        text = _PRIVATE.get(entry.text, entry.text)
        props = _props(text)
        mirror = unicharset.id_of("".join(map(codepoints.mirrored, text)))
        made = replace(
            entry,
            props=props,
            script=codepoints.script(text[0]),
            other_case=_other_case(unicharset, at, text, props),
            direction=codepoints.direction(text[0]),
            mirror=entry.mirror if mirror == INVALID else mirror,
            normed=(at and normalized(text, for_dictionary=True)) or text,
            line=b"",
        )
        entries.append(made)
    return replace(unicharset, entries=tuple(entries), rest=b"")


def from_scripts(
    unicharset: Unicharset, load: Callable[[str], Unicharset | None], listed: Iterable[str] = ()
) -> tuple[Unicharset, list[str]]:
    """The set with the properties of script-wide sets.

    Args:
        unicharset: With the properties of `from_unicode`.
        load: The set of a script by its name, None if there is none.
        listed: Scripts that the set named before, which come first.

    Returns:
        The set, and the scripts without one of their own.
    """
    scripts = dict.fromkeys(["NULL", *listed, *(entry.script for entry in unicharset.entries)])
    waiting = list(scripts)
    missing = []
    for script in waiting:  # grows: sets name further scripts
        source = load(script)
        if source is None:
            missing.append(script)
            continue
        unicharset = adopted(unicharset, source)
        found = [entry.script for entry in unicharset.entries if entry.script not in scripts]
        scripts |= dict.fromkeys(found)
        waiting.extend(dict.fromkeys(found))
    return unicharset, [script for script in missing if script not in ("NULL", "Common")]


def adopted(unicharset: Unicharset, source: Unicharset, start: int = 0) -> Unicharset:
    """The set with the properties of another, wherever the other can spell the entry.

    Args:
        unicharset: What to change.
        source: Where the properties come from.
        start: The first entry to change.
    """
    entries = list(unicharset.entries)
    for at in range(start, len(entries)):
        ids, reach = source.parse(entries[at].text)
        if ids and reach == len(entries[at].text):
            parts = [source.entries[part] for part in ids]
            other = unicharset.id_of(source.entries[parts[0].other_case].text)
            mirror = unicharset.id_of(source.entries[parts[0].mirror].text)
            entries[at] = replace(
                _joined(entries[at].text, parts),
                other_case=at if other == INVALID else other,
                mirror=at if mirror == INVALID else mirror,
            )
    return replace(unicharset, entries=tuple(entries))


def union(boxes: Iterable[Box], start: Box = (255, 0, 255, 0)) -> Box:
    """The least places on the line that hold all the given ones.

    Args:
        boxes: Lowest and highest bottom, lowest and highest top.
        start: One that is surely held; by default none is.
    """
    low, high, bottom, top = start
    for box in boxes:
        low, high = min(low, *box[:2]), max(high, *box[:2])
        bottom, top = min(bottom, *box[2:]), max(top, *box[2:])
    return low, high, bottom, top


def _joined(text: str, parts: list[Unichar]) -> Unichar:
    """An entry with the properties of the parts that spell it."""
    props = 0
    for part in parts:
        props |= part.props
    return Unichar(
        text=text,
        props=props,
        script=parts[0].script,
        direction=parts[0].direction,
        normed="".join(part.normed for part in parts),
        box=union(part.box for part in parts),
        statistics=_statistics(parts),
    )


def _statistics(parts: list[Unichar]) -> tuple[float, ...]:
    """Width, bearing and advance of parts in a row, in single precision."""
    width, width_sd, bearing, bearing_sd, advance, advance_sd = parts[0].statistics
    for part in parts[1:]:
        offset = single(advance + part.statistics[2])
        if offset < bearing:
            bearing, bearing_sd = offset, single(advance_sd + part.statistics[3])
        advance = single(advance + part.statistics[4])
        advance_sd = single(advance_sd + part.statistics[5])
    if len(parts) > 1:
        width, width_sd = single(advance - bearing), single(advance_sd + bearing_sd)
    return width, width_sd, bearing, bearing_sd, advance, advance_sd


def _props(text: str) -> int:
    """The sum of the properties that any code point has."""
    props = 0
    for category in map(unicodedata.category, text):
        props |= unichar.ALPHA if category[0] == "L" else 0
        props |= unichar.PUNCTUATION if category[0] == "P" else 0
        props |= _CATEGORIES.get(category, 0)
    return props


def _other_case(unicharset: Unicharset, at: int, text: str, props: int) -> int:
    """The entry with the same letters in the other case, or the entry itself."""
    if not props & (unichar.LOWER | unichar.UPPER):
        return at
    change = codepoints.to_upper if props & unichar.LOWER else codepoints.to_lower
    found = unicharset.id_of("".join(map(change, text)))
    return at if found == INVALID else found
