"""Word, punctuation and number lists from plain text, for the word graphs of a model.

A token between spaces is taken apart into the marks before a word, the word, and the marks
behind it. Words go to one list, the marks with a space in the place of the word to another;
tokens of digits and marks become patterns with a space for each digit. Those are the contents
of langdata's ``<lang>.wordlist``, ``.punc`` and ``.numbers``.

Source: tesseract 5.x ``src/dict/dict.cpp`` (what the graphs mean).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 40  # characters; longer tokens are no words
_BARE = " "


@dataclass(frozen=True, kw_only=True)
class WordLists:
    """Lists in the order of first use.

    Attributes:
        words: Without marks around them.
        punctuation: Marks around words; the first entry is that of none.
        numbers: Patterns.
    """

    words: tuple[str, ...]
    punctuation: tuple[str, ...]
    numbers: tuple[str, ...]


def word_lists(texts: Iterable[str]) -> WordLists:
    """The lists of some lines of text.

    Args:
        texts: In logical order.
    """
    words: dict[str, None] = {}
    punctuation = {_BARE: None}
    numbers: dict[str, None] = {}
    for text in texts:
        for token in text.split():
            kinds = "".join(map(_kind, token))
            if len(token) > _LONGEST or "?" in kinds:
                continue
            if "L" in kinds and "N" not in kinds:
                start, stop = kinds.index("L"), kinds.rindex("L") + 1
                words[token[start:stop]] = None
                punctuation[f"{token[:start]} {token[stop:]}"] = None
            elif "N" in kinds and "L" not in kinds:
                pairs = zip(token, kinds, strict=True)
                numbers["".join(" " if kind == "N" else char for char, kind in pairs)] = None
    return WordLists(words=tuple(words), punctuation=tuple(punctuation), numbers=tuple(numbers))


def _kind(char: str) -> str:
    """``L`` of words (letters and marks on them), ``N`` a digit, ``P`` a mark, ``?`` another."""
    category = unicodedata.category(char)
    if category == "Nd":
        return "N"
    if category[0] in "LM" or char in "\u200c\u200d":
        return "L"
    return "P" if category[0] in "PS" else "?"
