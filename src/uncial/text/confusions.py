"""What is mistaken for what: confusions of single graphemes and of short runs, and scripts.

Source: run merging follows the confusion reports of ISRI (ocreval, ``accuracy``); scripts are
the Unicode property Script (UAX #24) as the regex package knows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

import regex

from uncial.text.metrics import Edit, LineScore, align, split_units

Kind = Literal["replace", "run", "insert", "delete", "space", "case"]

_LONGEST_RUN = 3  # graphemes on either side; longer stretches are noise, not a confusion

# Every Script value of Unicode 16, Common and Inherited left out.
# fmt: off
SCRIPTS = (
    "Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Han", "Hiragana", "Katakana", "Hangul",
    "Devanagari", "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Armenian", "Avestan", "Balinese",
    "Bamum", "Bassa_Vah", "Batak", "Bengali", "Bhaiksuki", "Bopomofo", "Brahmi", "Braille",
    "Buginese", "Buhid", "Canadian_Aboriginal", "Carian", "Caucasian_Albanian", "Chakma",
    "Cham", "Cherokee", "Chorasmian", "Coptic", "Cuneiform", "Cypriot", "Cypro_Minoan",
    "Deseret", "Dives_Akuru", "Dogra", "Duployan", "Egyptian_Hieroglyphs", "Elbasan",
    "Elymaic", "Ethiopic", "Garay", "Georgian", "Glagolitic", "Gothic", "Grantha", "Gujarati",
    "Gunjala_Gondi", "Gurmukhi", "Gurung_Khema", "Hanifi_Rohingya", "Hanunoo", "Hatran",
    "Imperial_Aramaic", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese",
    "Kaithi", "Kannada", "Kawi", "Kayah_Li", "Kharoshthi", "Khitan_Small_Script", "Khmer",
    "Khojki", "Khudawadi", "Kirat_Rai", "Lao", "Lepcha", "Limbu", "Linear_A", "Linear_B",
    "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean",
    "Marchen", "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek", "Mende_Kikakui",
    "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Miao", "Modi", "Mongolian", "Mro", "Multani",
    "Myanmar", "Nabataean", "Nag_Mundari", "Nandinagari", "New_Tai_Lue", "Newa", "Nko",
    "Nushu", "Nyiakeng_Puachue_Hmong", "Ogham", "Ol_Chiki", "Ol_Onal", "Old_Hungarian",
    "Old_Italic", "Old_North_Arabian", "Old_Permic", "Old_Persian", "Old_Sogdian",
    "Old_South_Arabian", "Old_Turkic", "Old_Uyghur", "Oriya", "Osage", "Osmanya",
    "Pahawh_Hmong", "Palmyrene", "Pau_Cin_Hau", "Phags_Pa", "Phoenician", "Psalter_Pahlavi",
    "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada", "Shavian", "Siddham",
    "SignWriting", "Sinhala", "Sogdian", "Sora_Sompeng", "Soyombo", "Sundanese", "Sunuwar",
    "Syloti_Nagri", "Syriac", "Tagalog", "Tagbanwa", "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri",
    "Tamil", "Tangsa", "Tangut", "Telugu", "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta",
    "Todhri", "Toto", "Tulu_Tigalari", "Ugaritic", "Vai", "Vithkuqi", "Wancho", "Warang_Citi",
    "Yezidi", "Yi", "Zanabazar_Square",
)
# fmt: on


@dataclass(frozen=True)
class Confusion:
    """One mistake and how often it happened.

    Attributes:
        truth: What stood there; empty for an insertion.
        output: What was read; empty for a deletion.
        count: Occurrences.
        kind: ``run`` is many-to-many (``rn`` read as ``m``), ``space`` a missing or extra
            space, ``case`` a difference of case alone.
    """

    truth: str
    output: str
    count: int
    kind: Kind


@dataclass(frozen=True)
class ScriptScore:
    """Errors in one writing system.

    Attributes:
        script: Unicode script name; ``Common`` for digits, punctuation and spaces.
        characters: Ground-truth characters in it.
        errors: Edits of these, and insertions in this script.
        cer: Errors per character, a fraction.
    """

    script: str
    characters: int
    errors: int
    cer: float


def confusions(scores: Iterable[LineScore]) -> list[Confusion]:
    """Count every mistake, most frequent first.

    Neighbouring edits of unequal length count as one many-to-many confusion while both
    sides stay short; all others count one by one. A space is never part of a run.
    """
    counts: Counter[tuple[str, str, Kind]] = Counter()
    for score in scores:
        if score.char_edits:
            edits = align(score.truth, score.output, units=score.units)
            for truth, output, kind in _mistakes(edits):
                counts[truth, output, kind] += 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Confusion(truth, output, count, kind) for (truth, output, kind), count in ranked]


def script_scores(scores: Iterable[LineScore]) -> list[ScriptScore]:
    """Characters and errors per Unicode script, most characters first.

    The errors of all scripts add up to the edits of all lines.
    """
    characters: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for score in scores:
        characters.update(split_units(score.truth, score.units))
        if score.char_edits:
            for edit in align(score.truth, score.output, units=score.units):
                if edit.kind != "equal":
                    errors[edit.truth or edit.output] += 1
    totals: dict[str, list[int]] = {}
    for column, counter in enumerate((characters, errors)):
        for unit, count in counter.items():
            totals.setdefault(script_of(unit), [0, 0])[column] += count
    table = [
        ScriptScore(script, length, wrong, wrong / max(length, 1))
        for script, (length, wrong) in totals.items()
    ]
    return sorted(table, key=lambda row: (-row.characters, row.script))


@lru_cache(maxsize=65536)
def script_of(grapheme: str) -> str:
    """The Unicode script of the first letter of a grapheme, or ``Common``."""
    found = _script_pattern().search(grapheme)
    return (found.lastgroup or "Common") if found else "Common"


@lru_cache(maxsize=1)
def _script_pattern() -> regex.Pattern[str]:
    return regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}})" for name in SCRIPTS))


def _mistakes(edits: Sequence[Edit]) -> Iterator[tuple[str, str, Kind]]:
    """The confusions of one alignment."""
    for group, run in groupby(edits, key=_group):
        if group == "equal":
            continue
        steps = list(run)
        truth, output = "".join(e.truth for e in steps), "".join(e.output for e in steps)
        taken, given = (sum(map(bool, side)) for side in zip(*map(_sides, steps), strict=True))
        if taken and given and taken != given and max(taken, given) <= _LONGEST_RUN:
            yield truth, output, "run"
        else:
            for step in steps:
                yield step.truth, step.output, _kind(step)


def _group(edit: Edit) -> str:
    """Edits with the same answer, side by side, belong to one run."""
    if edit.kind == "equal":
        return "equal"
    return "space" if " " in (edit.truth, edit.output) else "edit"


def _sides(edit: Edit) -> tuple[str, str]:
    return edit.truth, edit.output


def _kind(edit: Edit) -> Kind:
    if edit.truth + edit.output == " ":
        return "space"
    if edit.kind == "replace" and edit.truth.casefold() == edit.output.casefold():
        return "case"
    return "replace" if edit.kind == "replace" else "insert" if edit.kind == "insert" else "delete"
