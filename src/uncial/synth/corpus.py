"""Sample text for synthetic lines.

The built-in prose is the openings of books whose copyright has expired everywhere their
authors' deaths decide it: L. Carroll 1865, J. Austen 1813, H. Melville 1851, C. Dickens 1859,
H. D. Thoreau 1854, C. Darwin 1859, A. Conan Doyle 1892, R. L. Stevenson 1883, H. G. Wells 1895.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

import numpy as np

_SHUFFLED = 0.5  # share of lines whose words are drawn freely, so that no sentence is learnt
_NUMBERED = 0.15  # share of those lines' words that become a number
_PUNCTUATED = 0.2  # share of those lines' words that get a mark
_MARKS = (",", ".", ";", ":", "!", "?")


def built_in_prose() -> list[str]:
    """Paragraphs of English prose, about ten thousand characters in all."""
    text = files("uncial.synth").joinpath("prose.txt").read_text(encoding="utf-8")
    return [paragraph.strip() for paragraph in text.split("\n\n")]


def text_lines(
    paragraphs: Sequence[str], *, seed: int, shortest: int = 16, longest: int = 52
) -> Iterator[str]:
    """Endless lines of text: passages of the prose, and freely mixed words of it.

    Args:
        paragraphs: Prose to draw from.
        seed: Same seed, same lines.
        shortest: Aim, in characters, of the shortest line.
        longest: No line has more characters, unless one word does.
    """
    rng = np.random.default_rng(seed)
    words_of = [paragraph.split() for paragraph in paragraphs]
    vocabulary = sorted({word for words in words_of for word in words})
    weights = np.array([len(words) for words in words_of], dtype=float)
    while True:
        aim = int(rng.integers(shortest, longest + 1))
        if rng.random() < _SHUFFLED:
            words = _mixed(vocabulary, rng)
        else:
            chosen = words_of[int(rng.choice(len(words_of), p=weights / weights.sum()))]
            words = chosen[int(rng.integers(len(chosen))) :]
        yield _filled(words, aim)


def passages(paragraphs: Sequence[str], *, longest: int = 52) -> list[str]:
    """The prose itself, broken into lines of at most `longest` characters."""
    lines = []
    for paragraph in paragraphs:
        words = paragraph.split()
        while words:
            line = _filled(words, longest)
            words = words[len(line.split(" ")) :]
            lines.append(line)
    return lines


def _mixed(vocabulary: Sequence[str], rng: np.random.Generator) -> list[str]:
    words = []
    for index in rng.integers(len(vocabulary), size=16):
        word = vocabulary[int(index)]
        draw = rng.random()
        if draw < _NUMBERED:
            word = str(rng.integers(10 ** int(rng.integers(1, 5))))
        elif draw < _NUMBERED + _PUNCTUATED:
            word = word.strip("".join(_MARKS)) + _MARKS[int(rng.integers(len(_MARKS)))]
        elif draw > 0.9:
            word = word.capitalize() if draw < 0.97 else word.upper()
        words.append(word)
    return words


def _filled(words: Sequence[str], longest: int) -> str:
    line = words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > longest:
            break
        line = f"{line} {word}"
    return line
