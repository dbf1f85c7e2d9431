r"""ARPA files of back-off n-grams, as KenLM, SRILM and flashlight read and write them.

Layout, UTF-8 text::

    \data\
    ngram 1=107            how many n-grams of each length follow
    …
    \1-grams:
    -2.31  a  -0.40        log10 probability, tokens, log10 back-off (absent: 0)
    …
    \end\

Fields are parted by tabs or spaces; a token is a grapheme, and a space is written ``<space>``.

Source: the manual page ngram-format(5) of SRILM.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from uncial.errors import FormatError
from uncial.text.ngrams import MAX_ORDER, SPECIAL, NgramModel, linked

MAGIC = b"\\data\\"
_SPACE = "<space>"
_LN10 = math.log(10.0)
_REMEDY = "write the file again with the program that made it"


def pack(model: NgramModel) -> bytes:
    """The bytes of an ARPA file."""
    return "".join(_text(model)).encode("utf-8")


def _text(model: NgramModel) -> Iterator[str]:
    written = [_SPACE if token == " " else token for token in model.tokens]
    parents = model.parents()
    names = [""]
    yield "\\data\\\n"
    yield from (f"ngram {length}={count}\n" for length, count in enumerate(model.counts, start=1))
    for length, nodes in model.nodes():
        last = [written[token] for token in model.token[nodes]]
        if length == 1:
            level = last
        else:
            above = parents[nodes] - (nodes[0] - len(names))
            level = [f"{names[a]} {token}" for a, token in zip(above.tolist(), last, strict=True)]
        scores = (model.log_prob[nodes] / _LN10).tolist()
        yield f"\n\\{length}-grams:\n"
        if length < model.order:
            owed = (model.backoff[nodes] / _LN10).tolist()
            rows = zip(scores, level, owed, strict=True)
            yield from (f"{score:.8g}\t{name}\t{back:.8g}\n" for score, name, back in rows)
        else:
            pairs = zip(scores, level, strict=True)
            yield from (f"{score:.8g}\t{name}\n" for score, name in pairs)
        names = level
    yield "\n\\end\\\n"


def unpack(data: bytes, where: str = "ARPA file") -> NgramModel:
    """Read an ARPA file's bytes.

    Args:
        data: The file, not compressed.
        where: Its name, for messages.

    Raises:
        FormatError: It is cut short, or a line does not follow the format.
    """
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError(f"{where}: not UTF-8 text", offset=error.start, remedy=_REMEDY) from error
    return _Reader(lines, where).model()


class _Reader:
    """Walks the lines of one file."""

    def __init__(self, lines: Sequence[str], where: str) -> None:
        self.lines = lines
        self.where = where
        self.at = 0

    def model(self) -> NgramModel:
        """The model that the file holds."""
        counts = self._counts()
        ids = {token: at for at, token in enumerate(SPECIAL)}
        found: list[tuple[float, tuple[str, ...], float]] = []
        for length, count in enumerate(counts, start=1):
            level = self._level(length, count)
            if length == 1:
                present = {gram[0] for _, gram, _ in level}
                least = min(score for score, _, _ in level)
                level += [(least, (one,), 0.0) for one in SPECIAL if one not in present]
                for _, (token,), _ in level:
                    ids.setdefault(token, len(ids))
            found += level
        counts[0] = len(ids)
        return self._linked(ids, counts, found)

    def _linked(
        self,
        ids: dict[str, int],
        counts: Sequence[int],
        found: Sequence[tuple[float, tuple[str, ...], float]],
    ) -> NgramModel:
        """Number the n-grams in the order of `NgramModel`."""
        try:
            coded = [tuple(ids[token] for token in gram) for _, gram, _ in found]
        except KeyError as error:
            raise self._wrong(f"the token {error.args[0]!r} is no n-gram of length 1") from error
        order = sorted(range(len(coded)), key=lambda at: (len(coded[at]), coded[at]))
        places = {coded[at]: node for node, at in enumerate(order, start=1)}
        if len(places) != len(coded):
            raise self._wrong("an n-gram stands there twice")
        try:
            parents = [places[coded[at][:-1]] if len(coded[at]) > 1 else 0 for at in order]
        except KeyError as error:
            tokens = list(ids)
            gram = " ".join(tokens[at] for at in error.args[0])
            raise self._wrong(f"the context {gram!r} is no n-gram of its own") from error
        tokens = [" " if token == _SPACE else token for token in ids]
        return linked(
            tokens,
            counts,
            np.array([0, *(coded[at][-1] for at in order)]),
            np.array([0, *parents]),
            np.array([0.0, *(found[at][0] for at in order)]) * _LN10,
            np.array([0.0, *(found[at][2] for at in order)]) * _LN10,
        )

    def _counts(self) -> list[int]:
        """How many n-grams of each length are announced."""
        self._skip_to("\\data\\")
        counts = []
        while (line := self._next()).startswith("ngram "):
            length, _, count = line[6:].partition("=")
            if not (length.strip().isdigit() and count.strip().isdigit()):
                raise self._wrong(f"{line!r} is no count")
            counts.append(int(count))
        self.at -= 1
        if not 1 <= len(counts) <= MAX_ORDER or not counts[0]:
            raise self._wrong(f"n-grams of {len(counts)} lengths; 1 to {MAX_ORDER} can be read")
        while not counts[-1]:
            counts.pop()
        return counts

    def _level(self, length: int, count: int) -> list[tuple[float, tuple[str, ...], float]]:
        """The n-grams of one length: log10 probability, tokens, log10 back-off."""
        self._skip_to(f"\\{length}-grams:")
        level = []
        for _ in range(count):
            fields = self._next().replace("\t", " ").split(" ")
            fields = [field for field in fields if field]
            try:
                if not length + 1 <= len(fields) <= length + 2:
                    raise ValueError
                score = float(fields[0])
                back = float(fields[length + 1]) if len(fields) == length + 2 else 0.0
                if not (math.isfinite(score) and math.isfinite(back)):
                    raise ValueError
            except ValueError:
                shown = self.lines[self.at - 1][:60]
                raise self._wrong(f"{shown!r} is no n-gram of {length} tokens") from None
            level.append((score, tuple(fields[1 : length + 1]), back))
        return level

    def _skip_to(self, heading: str) -> None:
        while (line := self._next()) != heading:
            if line.startswith("\\"):
                raise self._wrong(f"{line!r} stands where {heading!r} is due")

    def _next(self) -> str:
        """The next line that is not empty."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip(" \t\r")
            self.at += 1
            if line:
                return line
        raise self._wrong("the file ends too early")

    def _wrong(self, problem: str) -> FormatError:
        return FormatError(f"{self.where}, line {self.at}: {problem}", remedy=_REMEDY)
