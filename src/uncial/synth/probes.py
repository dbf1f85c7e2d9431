"""Lines of text that a training set may lack: random strings, digits, other case and spacing.

A recurrent network learns the language of its lines as well as their letters. Read on text that
this language does not foretell, it shows what it invents or drops; trained on some, it forgets
less of the letters.

Source: the "hallucination effect" of Tesseract's training guide (tessdoc,
``TrainingTesseract-5``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from uncial.errors import DataError
from uncial.page.layout import LineSample
from uncial.synth.corpus import built_in_prose
from uncial.synth.fonts import Font
from uncial.synth.render import Style, line_image

Kind = Literal["prose", "random", "digits", "case", "spacing"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_LONGEST = 36  # characters of a line, about
_ENOUGH_WORDS = 40  # of the prose that a charset must write for prose to be used
_MARKS = ".,:;/-()%$€£"


@dataclass(frozen=True)
class _Letters:
    """What a charset offers for one font.

    Attributes:
        all: Every character but spaces.
        digits: Decimal digits among them.
        marks: Marks that stand with numbers.
        words: Of the prose; of random letters where the charset cannot write it.
    """

    all: tuple[str, ...]
    digits: tuple[str, ...]
    marks: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class Probes:
    """Rendered lines of one kind or of several.

    Attributes:
        samples: With ids ``kind/number`` and the font as document.
        uncovered: Characters of the charset that no font has, or that do not stand alone.
    """

    samples: tuple[LineSample, ...]
    uncovered: tuple[str, ...]


def probes(
    charset: Iterable[str],
    fonts: Sequence[Font],
    *,
    lines: int,
    seed: int,
    kinds: Sequence[Kind] = KINDS,
) -> Probes:
    """Rendered lines of each kind in the characters of a charset.

    Every line is drawn in one font and uses the characters that this font has. A kind for which
    the charset has nothing, such as digits, is left out.

    Args:
        charset: Graphemes that a model can write.
        fonts: To draw from, in turn.
        lines: Of each kind.
        seed: Same seed, same lines.
        kinds: Wanted, in this order.

    Raises:
        DataError: No font has any of the characters.
    """
    wanted = tuple(dict.fromkeys(text for text in charset if text.strip()))
    alone = [text for text in wanted if not unicodedata.combining(text[0])]
    covered = {font.name: [text for text in alone if font.covers(text)] for font in fonts}
    most = max(map(len, covered.values()), default=0)
    able = [font for font in fonts if 2 * len(covered[font.name]) >= most > 0]
    if not able:
        raise DataError(
            f"none of {len(fonts)} fonts has any of the {len(wanted)} characters of the charset",
            remedy="name font files that do",
        )
    reached = set().union(*(covered[font.name] for font in able))
    samples = []
    for kind in kinds:
        rng = np.random.default_rng((seed, KINDS.index(kind)))
        letters = {font.name: _letters(covered[font.name], rng) for font in able}
        for number in range(lines):
            font = able[int(rng.integers(len(able)))]
            text = _TEXTS[kind](letters[font.name], rng)
            if text:
                samples.append(_sample(text, font, f"{kind}/{number:04d}", rng))
    return Probes(tuple(samples), tuple(text for text in wanted if text not in reached))


def kind_of(line_id: str) -> str:
    """The kind of a line by its id."""
    return line_id.partition("/")[0]


def _sample(text: str, font: Font, line_id: str, rng: np.random.Generator) -> LineSample:
    return LineSample(
        image=line_image(text, font, Style.drawn(rng), rng),
        text=text,
        line_id=line_id,
        document=font.name,
        source=font.path.name,
    )


def _letters(characters: Sequence[str], rng: np.random.Generator) -> _Letters:
    known = set(characters)
    words = sorted({w for text in built_in_prose() for w in text.split() if known >= set(w)})
    if len(words) < _ENOUGH_WORDS:
        drawn = [c for c in characters if c[0].isalpha()] or list(characters)
        words = [_string(drawn, int(rng.integers(2, 9)), rng) for _ in range(_ENOUGH_WORDS)]
    return _Letters(
        all=tuple(characters),
        digits=tuple(c for c in characters if len(c) == 1 and c.isdecimal()),
        marks=tuple(c for c in _MARKS if c in known),
        words=tuple(words),
    )


def _prose(letters: _Letters, rng: np.random.Generator) -> str:
    return _line(lambda: _one(letters.words, rng))


def _random(letters: _Letters, rng: np.random.Generator) -> str:
    return _line(lambda: _string(letters.all, int(rng.integers(1, 9)), rng))


def _digits(letters: _Letters, rng: np.random.Generator) -> str:
    if not letters.digits:
        return ""

    def number() -> str:
        groups = [_string(letters.digits, int(rng.integers(1, 5)), rng)]
        if letters.marks and rng.random() < 0.6:
            groups += [_one(letters.marks, rng), _string(letters.digits, 2, rng)]
        return "".join(groups)

    return _line(number)


def _case(letters: _Letters, rng: np.random.Generator) -> str:
    changes: tuple[Callable[[str], str], ...] = (str.upper, str.swapcase, _alternating)
    change, known = changes[int(rng.integers(len(changes)))], set(letters.all)
    changed = [change(word) for word in _prose(letters, rng).split()]
    plain = set(letters.words)
    return " ".join(word for word in changed if known >= set(word) and word not in plain)


def _spacing(letters: _Letters, rng: np.random.Generator) -> str:
    words = _prose(letters, rng).split()
    draw = rng.random()
    if draw < 0.4:  # run together
        return "".join(words)
    if draw < 0.7:  # set wide
        return "  ".join(words)
    return " ".join("".join(words)[: _LONGEST // 2])


_TEXTS: dict[Kind, Callable[[_Letters, np.random.Generator], str]] = {
    "prose": _prose,
    "random": _random,
    "digits": _digits,
    "case": _case,
    "spacing": _spacing,
}


def _alternating(word: str) -> str:
    return "".join(c.upper() if at % 2 else c.lower() for at, c in enumerate(word))


def _line(word: Callable[[], str]) -> str:
    line = word()
    for more in _endless(word):
        if len(line) + 1 + len(more) > _LONGEST:
            return line
        line = f"{line} {more}"
    return line


def _endless(word: Callable[[], str]) -> Iterator[str]:
    while True:
        yield word()


def _one(items: Sequence[str], rng: np.random.Generator) -> str:
    return items[int(rng.integers(len(items)))]


def _string(characters: Sequence[str], length: int, rng: np.random.Generator) -> str:
    return "".join(_one(characters, rng) for _ in range(length))
