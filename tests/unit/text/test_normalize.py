"""Named normalizations: what each rule does, and what a pipeline promises."""

import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError
from uncial.text.normalize import RULES, Normalization


def test_default_is_nfc_and_spaces() -> None:
    assert Normalization() == Normalization.DEFAULT == Normalization.named("nfc+spaces")
    assert Normalization.DEFAULT("  Wa\u0308ge\u2003\tauf \n") == "Wäge auf"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("nfd", "ä", "a\u0308"),
        ("nfkc", "ﬁ²", "fi2"),
        ("nfkd", "ﬁä", "fia\u0308"),
        ("spaces", "\u00a0a \u2009 b\n", "a b"),
        ("controls", "a\u200fb\u00adc\ufeff\x07\n", "abc\n"),
        ("controls", "می\u200cخواهم", "می\u200cخواهم"),
        ("case", "STRAẞE", "strasse"),
        ("punctuation", "»Ja, so?«", "Ja so"),
        ("diacritics", "éüñ שָׁ", "eun ש"),
        ("quotes", "„a“ ‚b‘ «c»", '"a" \'b\' "c"'),
        ("dashes", "a–b—c⸗d−e", "a-b-c-d-e"),
        ("ligatures", "ﬁﬂﬃ ﬅ æ", "fiflffi ſt æ"),
        ("long-s", "ſo iſt", "so ist"),
        ("u-v", "vnd Vber", "und Uber"),
        ("i-j", "jch Jn", "ich In"),
    ],
)
def test_each_rule(name: str, text: str, expected: str) -> None:
    assert Normalization.named(name)(text) == expected


@given(st.text(), st.lists(st.sampled_from(RULES.names()), max_size=3))
def test_the_result_is_in_the_last_unicode_form_named(text: str, rules: list[str]) -> None:
    result = Normalization(tuple(rules))(text)
    for form in [rule.upper() for rule in rules if rule.startswith("nf")][-1:]:
        assert unicodedata.is_normalized(form, result)


@given(st.text())
def test_the_default_changes_nothing_twice(text: str) -> None:
    once = Normalization.DEFAULT(text)
    assert Normalization.DEFAULT(once) == once


def test_names_and_copies_round_trip() -> None:
    rules = Normalization(("nfc", "long-s", "u-v"))
    assert Normalization.named(rules.name) == rules
    assert pickle.loads(pickle.dumps(rules)) == rules
    assert Normalization.named("") == Normalization(())


def test_unknown_rules_are_refused_with_a_near_match() -> None:
    with pytest.raises(ConfigError, match="did you mean spaces"):
        Normalization.named("nfc+space")
    with pytest.raises(ConfigError, match="empty rule"):
        Normalization.named("nfc++spaces")
