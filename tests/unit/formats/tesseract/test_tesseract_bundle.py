"""Starter models: components, dictionaries, direction, and what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from uncial.errors import ConfigError, InputError
from uncial.formats.tesseract.bundle import (
    NUMBERS,
    PUNCTUATION,
    WORDS,
    Langdata,
    Language,
    bundle,
    lines,
)
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.extraction import extract
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.unicharset import Unicharset

UNITS = extract(["abc (1)$."]).unicharset


def _words(data: bytes, units: Unicharset) -> set[str]:
    return {units.decode(ids) for ids in Dawg.unpack(data).sequences()}


def test_a_starter_holds_all_but_the_network() -> None:
    starter = bundle(UNITS, Language(version="1", config=b"x 1\n"))
    parts = starter.model.components
    assert list(parts) == ["config", "lstm-unicharset", "lstm-recoder", "version"]
    assert parts["lstm-unicharset"] == starter.unicharset.pack()
    assert Recoder.unpack(parts["lstm-recoder"]) == starter.recoder == Recoder.build(UNITS)
    assert starter.model.version == "1"
    assert starter.unknown_scripts == ("Latin",)


def test_lists_become_word_graphs_and_report_what_they_drop() -> None:
    language = Language(
        words=("ab", "cab", "dad", "\u0640"), punctuation=(" ", "( )"), numbers=("$  .  ",)
    )
    starter = bundle(UNITS, language)
    parts = starter.model.components
    assert _words(parts[WORDS], UNITS) == {"ab", "cab"}
    assert _words(parts[PUNCTUATION], UNITS) == {" ", "( )"}
    assert _words(parts[NUMBERS], UNITS) == {"$  .  "}
    assert starter.dropped == {WORDS: ("dad", "\u0640"), PUNCTUATION: (), NUMBERS: ()}


def test_right_to_left_words_are_turned_and_mirrored() -> None:
    units = extract(["ابت(1)a"]).unicharset
    language = Language(
        words=("اب", "a1"), punctuation=(" ", "( "), numbers=("1 (",), right_to_left=True
    )
    parts = bundle(units, language).model.components
    assert _words(parts[WORDS], units) == {"با", "a1"}
    assert _words(parts[PUNCTUATION], units) == {" ", " )"}
    assert _words(parts[NUMBERS], units) == {"1 ("}


def test_units_can_be_passed_through() -> None:
    starter = bundle(extract(["한국"]).unicharset, Language(pass_through=True))
    assert starter.recoder.codes == ((0,), (1,), (2,), (3,), (4,))
    assert starter.recoder.null_char == 2


@pytest.mark.parametrize(
    ("language", "problem"),
    [
        (Language(words=("ab",)), "needs a list of punctuation"),
        (Language(numbers=(" ",)), "needs a list of punctuation"),
        (Language(words=("xyz",), punctuation=(" ",)), "none of the 1 entries"),
    ],
)
def test_dictionaries_that_cannot_be(language: Language, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as refusal:
        bundle(UNITS, language)
    assert refusal.value.remedy


def test_a_folder_gives_scripts_and_radicals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no radical-stroke"):
        Langdata.folder(tmp_path)
    (tmp_path / "radical-stroke.txt").write_text("19968 1 2\n")
    script = "2\nNULL 0 NULL 0\na 3 58,65,186,200,85,164,0,26,97,185 Latin 1 0 1 a\t# a [61 ]a\n"
    (tmp_path / "Latin.unicharset").write_text(script)
    langdata = Langdata.folder(tmp_path)
    assert langdata.script("Greek") is None
    starter = bundle(extract(["ab一"]).unicharset, Language(), langdata)
    assert starter.unicharset.entries[3].box == (58, 65, 186, 200)
    assert starter.unicharset.entries[4].box == (0, 255, 0, 255)
    assert starter.unicharset.entries[0].script == "NULL"
    assert len(starter.recoder.encode(5)) == 2
    assert starter.unknown_scripts == ("Han",)


def test_list_files_keep_spaces() -> None:
    assert lines(b" \n\n ( )\r\n\r\nx") == (" ", " ( )", "x")
