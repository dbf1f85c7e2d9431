"""Samplers: seeded, within the charset, and every character in reach."""

from collections import Counter

import numpy as np
import pytest

from uncial.errors import ConfigError, DataError, FormatError
from uncial.synth.corpus import built_in_prose
from uncial.synth.distribution import Distribution
from uncial.synth.texts import MIXTURE, Orthography, TextSampler, with_long_s


@pytest.fixture(scope="module")
def corpus() -> Distribution:
    return Distribution.measured(built_in_prose())


def _lines(sampler: TextSampler, count: int = 300, seed: int = 0) -> list[str]:
    return [sampler.line(np.random.default_rng((seed, at))) for at in range(count)]


def test_counts_are_those_of_the_text() -> None:
    found = Distribution.measured(["ab ab", "b  aͤ"])
    assert found.characters == {"b": 3, "a": 2, "aͤ": 1}
    assert found.words == {"ab": 2, "b": 1, "aͤ": 1}
    assert found.pairs == {("a", "b"): 2}
    assert found.trigrams[" ", "a", "b"] == 2
    assert found.lines == ("ab ab", "b aͤ")
    assert found.total == 6


def test_a_distribution_comes_back_from_its_file(corpus: Distribution) -> None:
    again = Distribution.from_json(corpus.to_json(), "x")
    assert again.to_json() == corpus.to_json()
    assert again.pairs == corpus.pairs
    for damaged in ("", "{}", '{"format": "uncial-distribution", "version": 9}', "[1]"):
        with pytest.raises(FormatError):
            Distribution.from_json(damaged, "x")


def test_no_text_is_refused() -> None:
    with pytest.raises(DataError):
        Distribution.measured(["", "  "])


@pytest.mark.parametrize("name", list(MIXTURE))
def test_each_sampler_stays_within_charset_and_length(name: str, corpus: Distribution) -> None:
    sampler = TextSampler(corpus, shares={name: 1.0}, lengths=(10, 30))
    lines = _lines(sampler)
    assert lines == _lines(sampler)
    assert lines != _lines(sampler, seed=1)
    for line in lines:
        assert set(line.replace(" ", "")) <= set(sampler.charset)
        assert line == " ".join(line.split())
        assert len(line) <= 30 or " " not in line
    assert len(set(lines)) > 250


def test_every_character_of_the_charset_comes_even_those_the_corpus_lacks(
    corpus: Distribution,
) -> None:
    sampler = TextSampler(corpus, charset=[*corpus.characters, "ß", "Ж", "aͤ"], other_case=0.0)
    found = Counter("".join(_lines(sampler, 2500)))
    assert all(all(found[part] for part in unit) for unit in sampler.charset)


def test_a_smaller_charset_leaves_out_words_that_need_more(corpus: Distribution) -> None:
    small = TextSampler(corpus, charset="aeinorst")
    assert set("".join(_lines(small))) <= set("aeinorst ")
    with pytest.raises(DataError, match="no word"):
        TextSampler(corpus, charset="漢")


def test_running_text_is_the_corpus_and_ends_with_hyphens_where_asked(
    corpus: Distribution,
) -> None:
    shares = {"running": 1.0}
    whole = " ".join(corpus.lines)
    for line in _lines(TextSampler(corpus, shares=shares, other_case=0), 50):
        assert line in f"{whole} {whole}"
    broken = _lines(
        TextSampler(corpus, shares=shares, orthography=Orthography(hyphen="⸗"), other_case=0)
    )
    assert 20 < sum(line.endswith("⸗") for line in broken) < 250


def test_other_case_is_drawn_as_often_as_asked(corpus: Distribution) -> None:
    sampler = TextSampler(corpus, shares={"words": 1.0}, other_case=1.0, lengths=(20, 30))
    lines = _lines(sampler, 100)
    assert sum(line.isupper() for line in lines) > 8


@pytest.mark.parametrize(
    ("modern", "fraktur"),
    [
        ("das ist es", "das iſt es"),
        ("Wasser und Gasse", "Waſſer und Gaſſe"),
        ("Hausbau", "Hausbau"),
        ("aus, sagte", "aus, ſagte"),
        ("Sie", "Sie"),
    ],
)
def test_long_s_stands_where_fraktur_has_it(modern: str, fraktur: str) -> None:
    assert with_long_s(modern) == fraktur


@pytest.mark.parametrize(
    "wrong", [{"shares": {"words": 0.0}}, {"shares": {"wrods": 1.0}}, {"lengths": (9, 3)}]
)
def test_impossible_mixtures_are_refused(wrong: dict[str, object], corpus: Distribution) -> None:
    with pytest.raises(ConfigError):
        TextSampler(corpus, **wrong)  # type: ignore[arg-type]


def test_old_spellings_come_in_their_share_of_lines(corpus: Distribution) -> None:
    old_way = Orthography(spellings={"e": "aͤ"}, share=0.3)
    sampler = TextSampler(corpus, shares={"running": 1.0}, other_case=0.0, orthography=old_way)
    assert "aͤ" in sampler.written
    lines = _lines(sampler)
    old = [line for line in lines if "aͤ" in line]
    assert 50 < len(old) < 130
    assert not any("e" in line for line in old)


def test_a_number_has_digits_of_one_script(corpus: Distribution) -> None:
    charset = [*corpus.characters, *"0123456789", *"٠١٢٣٤٥٦٧٨٩"]
    sampler = TextSampler(corpus, charset=charset, shares={"numbers": 1.0}, other_case=0.0)
    numbers = " ".join(_lines(sampler)).split(" ")
    ascii_digits = {any(char in "0123456789" for char in number) for number in numbers}
    assert ascii_digits == {True, False}
    for number in numbers:
        assert len({char.isascii() for char in number if char.isdecimal()}) <= 1
