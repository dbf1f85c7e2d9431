"""Charsets for Tesseract made from lines, and those of a base that grow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from uncial.errors import CharsetError, ConfigError, UnencodableText
from uncial.formats.tesseract.bundle import NUMBERS, PUNCTUATION, WORDS
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.engine import charset
from uncial.formats.tesseract.unicharset import Unicharset
from uncial.formats.tesseract.wordlists import word_lists
from uncial.text.wordorder import as_read
from uncial.training.basis import StartConfig, TesseractConfig
from uncial.training.start import encoded
from uncial.training.starter import charset_of_base, charset_of_texts

TEXTS = ["Hello, world (again) 1,234.5", "the wôrld £3 — a"]


def _words(components: dict[str, bytes], part: str) -> set[str]:
    units = Unicharset.unpack(components["lstm-unicharset"])
    graph = Dawg.unpack(components[part])
    return set(graph.words([entry.text for entry in units.entries]))


def test_lines_give_units_codes_and_word_graphs() -> None:
    made = charset_of_texts(TEXTS, TesseractConfig(dictionary="lines"))
    components = dict(made.components)
    units, recoder = charset(TrainedData(components=components))
    assert recoder.code_range == made.codec.width
    assert made.codec.charset.missing("".join(TEXTS)) == set()
    assert [entry.text for entry in units.entries][:5] == [" ", "Joined", "|Broken|0|1", "H", "e"]
    assert _words(components, WORDS) == {"Hello", "world", "again", "the", "wôrld", "a"}
    assert _words(components, PUNCTUATION) == {" ", " ,", "( )"}
    assert _words(components, NUMBERS) == {" ,   . ", "£ "}
    assert made.notes == ()


def test_the_graphs_of_a_base_can_be_left_out() -> None:
    base = charset_of_texts(TEXTS, TesseractConfig(dictionary="lines"))
    made = charset_of_base(base.components, ["±"], TesseractConfig(dictionary="none"))
    assert not [part for part in made.components if part.endswith("-dawg")]


@pytest.mark.parametrize("kind", ["lists", "none"])
def test_without_lists_or_a_dictionary_there_are_no_graphs(
    tmp_path: Path, kind: Literal["lists", "none"]
) -> None:
    made = charset_of_texts(TEXTS, TesseractConfig(dictionary=kind))
    assert not [part for part in made.components if part.endswith("-dawg")]
    with pytest.raises(ConfigError, match="word lists without"):
        TesseractConfig(dictionary="none", words=tmp_path / "words")


def test_lists_that_are_given_win(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("dell\nxylem\n")
    made = charset_of_texts(TEXTS, TesseractConfig(words=tmp_path / "words"))
    assert _words(dict(made.components), WORDS) == {"dell"}
    assert "1 entries of lstm-word-dawg cannot be written, such as 'xylem'" in made.notes
    with pytest.raises(ConfigError, match="no such list"):
        charset_of_texts(TEXTS, TesseractConfig(words=tmp_path / "absent"))
    with pytest.raises(ConfigError, match="no such folder"):
        charset_of_texts(TEXTS, TesseractConfig(langdata=tmp_path / "absent"))


def test_a_folder_without_radicals_will_do_for_its_scripts(tmp_path: Path) -> None:
    made = charset_of_texts(["漢字"], TesseractConfig(langdata=tmp_path))
    assert made.codec.charset.missing("漢字") == set()


def test_the_units_of_a_base_stay_where_they_are_and_its_words_are_kept() -> None:
    base = charset_of_texts(TEXTS, TesseractConfig(dictionary="lines"))
    more = ["±¥ Zebra" + "".join(map(chr, range(0x430, 0x450)))]
    made = charset_of_base(base.components, more, TesseractConfig())
    old, new = (
        [entry.text for entry in Unicharset.unpack(c["lstm-unicharset"]).entries]
        for c in (dict(base.components), dict(made.components))
    )
    assert new[: len(old)] == old
    assert {"±", "¥", "Z", "б"} <= set(new)
    assert len(new).bit_length() > len(old).bit_length()
    for part in (WORDS, PUNCTUATION, NUMBERS):
        assert _words(dict(made.components), part) == _words(dict(base.components), part)


def test_han_characters_that_share_their_strokes_are_recoded(tmp_path: Path) -> None:
    (tmp_path / "radical-stroke.txt").write_text("28450 1 2\n23383 1 2\n20013 1\n")
    made = charset_of_texts(["漢字中 漢"], TesseractConfig(langdata=tmp_path))
    assert not made.notes
    assert {text: len(labels) for text, labels in made.codec.codes} == {
        " ": 1, "漢": 2, "字": 3, "中": 1
    }  # fmt: skip
    assert made.codec.decode(made.codec.encode("字中漢 字漢中")) == "字中漢 字漢中"


@pytest.mark.parametrize("text", ["q\u0301\u0302 한\u0301 丁", "q\u0301\u0302\u0300 한\u0301 丁"])
def test_units_that_cannot_be_recoded_are_outputs_themselves(tmp_path: Path, text: str) -> None:
    (tmp_path / "radical-stroke.txt").write_text("19969 1\n")
    made = charset_of_texts([text], TesseractConfig(norm_mode=1, langdata=tmp_path))
    assert made.codec.charset.missing(text) == set()
    assert any("not recoded" in note for note in made.notes)


def test_lines_without_a_character_have_no_charset() -> None:
    with pytest.raises(CharsetError, match="hold no character"):
        charset_of_texts(["", "   "], TesseractConfig())


def test_words_numbers_and_marks_are_told_apart() -> None:
    lists = word_lists(["“Don’t” stop! 12:30 B2B … $5 x" + "y" * 50, "½ a.b"])
    assert lists.words == ("Don’t", "stop", "a.b")
    assert lists.punctuation == (" ", "“ ”", " !")
    assert lists.numbers == ("  :  ", "$ ")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"strategy": "fine-tune"}, "no base"),
        ({"append_index": 3}, "without a base"),
        ({"base": Path("x"), "strategy": "scratch"}, "from scratch has no base"),
        ({"base": Path("x"), "strategy": "append-head"}, "last layer to keep"),
        ({"base": Path("x"), "strategy": "fine-tune", "append_index": 2}, "replaces no layers"),
        ({"lower_rate": 2.0}, "from 0 to 1"),
        ({"lower": -1}, "negative"),
    ],
)
def test_starts_that_contradict_themselves(options: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        StartConfig(**options)  # type: ignore[arg-type]


def test_modes_that_do_not_exist() -> None:
    with pytest.raises(ConfigError, match="norm_mode 4"):
        TesseractConfig(norm_mode=4)


def test_labels_stand_in_the_order_of_columns_and_brackets_as_typed() -> None:
    text = "אב (גד) 12"
    codec = charset_of_texts([text], TesseractConfig()).codec
    seen = [one for label in encoded(text, codec, "tesseract") for one in codec.decode([label])]
    assert "".join(seen) == "12 )דג( בא"
    assert as_read(seen) == text
    plain = charset_of_texts(["ﬁne"], TesseractConfig()).codec
    assert plain.decode(encoded("ﬁne", plain, "tesseract")) == "fine"
    with pytest.raises(UnencodableText):
        encoded("אבצ", codec, "tesseract")
