from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.dictionary import NUMBER, PUNCTUATION, WORD, Dictionary, Follow

UNITS = " abcd.(),1$"
SPACE, ONE = 0, UNITS.index("1")
words_of = st.lists(st.text("abcd", min_size=1, max_size=6), min_size=1, max_size=8)


def graph(*words: str) -> Dawg:
    return Dawg.build([[UNITS.index(u) for u in w] for w in words], unicharset_size=len(UNITS))


def made(words: Dawg | None = None, numbers: Dawg | None = None, punc: bool = True) -> Dictionary:
    punctuation = graph(" ", " .", "( )", "(", ".") if punc else None
    return Dictionary(words, numbers, punctuation, digits=[ONE])


def walked(dictionary: Dictionary, text: str) -> Follow | None:
    found = None
    state = dictionary.initial
    for unit in text:
        found = dictionary.follow(state, UNITS.index(unit))
        if found is None:
            return None
        state = found.state
    return found


def outcome(dictionary: Dictionary, text: str) -> tuple[int, bool] | None:
    found = walked(dictionary, text)
    return None if found is None else (found.permuter, found.ends)


def test_words_with_punctuation_around_them() -> None:
    dictionary = made(graph("cab", "cabd", "ab"))
    assert outcome(dictionary, "cab") == (WORD, True)
    assert outcome(dictionary, "ca") == (WORD, False)
    assert outcome(dictionary, "cab.") == (WORD, True)
    assert outcome(dictionary, "(cab)") == (WORD, True)
    assert outcome(dictionary, "(") == (PUNCTUATION, True)
    assert outcome(dictionary, "(cab") == (WORD, False), "the bracket stays open"
    assert outcome(dictionary, "cab)") is None, "the bracket was not opened"
    assert outcome(dictionary, "cab.d") is None, "the word is over behind punctuation"
    assert outcome(dictionary, "d") is None
    assert outcome(dictionary, "ca.") is None, "no word ends there"


def test_digits_stand_for_the_space_of_number_patterns() -> None:
    dictionary = made(graph("ab"), graph("$  ", "  "))
    assert outcome(dictionary, "11") == (NUMBER, True)
    assert outcome(dictionary, "$1") == (NUMBER, False)
    assert outcome(dictionary, "$11.") == (NUMBER, True)
    assert outcome(dictionary, "111") is None


def test_the_space_is_never_part_of_a_word() -> None:
    assert made(graph("ab")).follow(0, SPACE) is None
    assert made(graph("ab")).follow(0, -1) is None


def test_without_punctuation_words_stand_bare() -> None:
    dictionary = made(graph("ab"), punc=False)
    assert outcome(dictionary, "ab") == (WORD, True)
    assert outcome(dictionary, "ab.") is None


def test_patterns_that_leave_no_bare_word_let_words_begin_at_once() -> None:
    dictionary = Dictionary(graph("ab"), None, graph("( )"), digits=[])
    assert outcome(dictionary, "ab") == (WORD, True)
    assert outcome(dictionary, "(ab)") == (WORD, True)


def test_no_graph_at_all_accepts_nothing() -> None:
    assert outcome(Dictionary(None, None, None, digits=[]), "a") is None


@given(words_of, st.text("abcd", min_size=1, max_size=7))
def test_accepts_exactly_the_words(words: list[str], text: str) -> None:
    dictionary = made(graph(*words))
    found = outcome(dictionary, text)
    assert (found == (WORD, True)) == (text in words)
    assert (found is not None) == any(word.startswith(text) for word in words)
    assert outcome(dictionary, text) == found, "what is remembered is the same"
