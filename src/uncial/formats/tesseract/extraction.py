"""Unicharsets made from text, and several made into one.

What ``unicharset_extractor`` and ``merge_unicharsets`` do: units in the order of their first use
behind the special ones, and the union that keeps the ids of the first set.

Source: tesseract 5.x ``src/training/unicharset_extractor.cpp``, ``merge_unicharsets.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from uncial.errors import CharsetError, FormatError
from uncial.formats.tesseract import boxes, codepoints, properties
from uncial.formats.tesseract.segmentation import Mode, segment
from uncial.formats.tesseract.unichar import SPECIALS, Unichar
from uncial.formats.tesseract.unicharset import Unicharset, clean, fits, parse

_SPACES = " \t\n\v\f\r"


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """The units of texts, and what could not be used.

    Attributes:
        unicharset: With the properties that Unicode gives.
        refused: Strings against the rules of their script, each with the reason.
        unfit: Units that hold white space or are too long for a unicharset.
    """

    unicharset: Unicharset
    refused: tuple[tuple[str, str], ...]
    unfit: tuple[str, ...]


def texts_of(data: bytes) -> list[str]:
    """The strings of a file: texts of boxes if every line is a box, else its lines."""
    try:
        entries = boxes.unpack(data)
    except FormatError:
        entries = ()
    if entries:
        return [entry.text for entry in entries if entry.text not in (" ", boxes.END_OF_LINE)]
    return [line for line in data.decode("utf-8", errors="replace").split("\n") if line]


def extract(texts: Iterable[str], mode: Mode = 1) -> Extraction:
    """The unicharset of texts.

    Clusters of a sign and the space before or behind it lose the space: Tesseract writes it
    and cannot read it back.

    Args:
        texts: Lines of text, or the texts of boxes.
        mode: 1 clusters, 2 parts of syllables, 3 code points
            (`uncial.formats.tesseract.segmentation`).
    """
    units: dict[str, None] = {}
    refused: dict[str, str] = {}
    unfit: dict[str, None] = {}
    for text in texts:
        try:
            found = segment(text, mode)
        except CharsetError as error:
            refused[text] = error.problem
            continue
        for unit in found:
            if not all(map(codepoints.is_space, unit)):
                read = unit.strip(_SPACES)
                (units if fits(read) else unfit)[read] = None
    return Extraction(
        unicharset=properties.from_unicode(Unicharset.of(units)),
        refused=tuple(refused.items()),
        unfit=tuple(unfit),
    )


def merge(unicharsets: Iterable[Unicharset]) -> Unicharset:
    """The union of sets, behind the special units; of the first set with these, the ids stay.

    An entry that several sets have keeps the properties of the first; its places and widths
    grow to hold all.
    """
    entries = [Unichar(text=text) for text in SPECIALS]
    merged = Unicharset(entries=tuple(entries))
    for source in unicharsets:
        entries = list(merged.entries)
        known = {entry.text: at for at, entry in enumerate(entries)}
        longest = max(len(text) for text in known)
        old_style = merged.old_style
        for entry in source.entries:
            text = entry.text
            at = known.get(text if old_style else clean(text))
            if at is not None:
                entries[at] = _widened(entries[at], entry)
                continue
            spelled = parse(text, known, longest)[1] == len(text)
            old_style = old_style or spelled or clean(text) != text
            known[text] = len(entries)
            longest = max(longest, len(text))
            entries.append(Unichar(text=text))
        start = len(merged)
        merged = Unicharset(entries=tuple(entries))
        merged = properties.adopted(merged, source, start)
    return merged


def _widened(entry: Unichar, other: Unichar) -> Unichar:
    """An entry whose places hold those of another, with the more doubtful of their widths."""
    statistics = list(entry.statistics)
    for at in (0, 2, 4):
        if other.statistics[at + 1] > statistics[at + 1]:
            statistics[at : at + 2] = other.statistics[at : at + 2]
    box = properties.union([other.box], entry.box)
    return replace(entry, box=box, statistics=tuple(statistics))
