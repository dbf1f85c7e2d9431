"""Text to label sequences and back, for CTC.

Label 0 is CTC's blank; every code is one or more labels from 1 up. A code may begin another one
only if the other goes on with a label that begins none, as of Han characters that share their
strokes; so a label sequence reads in one way only, by longest match. Text is cut by longest
match, too, so an accented letter with its own code is never spelled by its parts.

Source: the many-to-many codec of kraken and the recoder of Tesseract
(``src/ccutil/unicharcompress.cpp``) set the requirements; JSON layout version 1 is ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from uncial.errors import CharsetError, FormatError, UnencodableText, describe_grapheme
from uncial.text.charset import Charset
from uncial.text.graphemes import graphemes, is_simple

Code = tuple[str, tuple[int, ...]]
_VERSION = 1


@dataclass(frozen=True)
class Codec:
    """A table from graphemes to label sequences.

    Attributes:
        codes: Grapheme and its labels, in charset order.
        blank: CTC's blank label, always 0.

    Invariant:
        ``decode(encode(text)) == text``.

    Raises:
        CharsetError: A grapheme or code is empty or repeated, a label is below 1, or a code
            begins another that goes on as a third one begins; the message names both.
    """

    codes: tuple[Code, ...]

    blank: ClassVar[int] = 0

    def __post_init__(self) -> None:
        Charset(tuple(grapheme for grapheme, _ in self.codes))
        for grapheme, labels in self.codes:
            if not labels or min(labels) < 1:
                raise CharsetError(
                    f"{describe_grapheme(grapheme)} has the labels {list(labels)}",
                    remedy="give it one or more labels from 1 up; 0 is the blank",
                )
        known = {labels: grapheme for grapheme, labels in reversed(self.codes)}
        first = {labels[0] for labels in known}
        for grapheme, labels in self.codes:
            heads = [labels[:at] for at in range(1, len(labels)) if labels[at] in first]
            short = next((head for head in heads if head in known), labels)
            if short != labels or known[labels] != grapheme:
                raise CharsetError(
                    f"the code {list(short)} of {describe_grapheme(known[short])} begins the code "
                    f"{list(labels)} of {describe_grapheme(grapheme)}",
                    remedy="give them labels such that neither begins the other",
                )

    @classmethod
    def from_charset(cls, charset: Iterable[str]) -> Codec:
        """One label per grapheme, from 1, in charset order."""
        return cls(tuple((grapheme, (at,)) for at, grapheme in enumerate(charset, start=1)))

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, rare: int = 3) -> Codec:
        """One label per grapheme cluster of `texts`; rare combinations are spelled.

        A cluster of several code points (a letter with a mark that has no composed form)
        seen fewer than `rare` times is too seldom to learn: its code points get labels,
        and the cluster is written with several of them.

        Args:
            texts: Ground truth, normalized as it will be encoded.
            rare: Occurrences from which a combination earns a label of its own.
        """
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(graphemes(text))
        units: set[str] = set()
        for cluster, count in seen.items():
            units.update([cluster] if len(cluster) == 1 or count >= rare else cluster)
        return cls.from_charset(sorted(units))

    @cached_property
    def width(self) -> int:
        """Number of labels, blank included: the network's output width C."""
        return 1 + max((max(labels) for _, labels in self.codes), default=0)

    @cached_property
    def charset(self) -> Charset:
        """The graphemes, in order."""
        return Charset(tuple(grapheme for grapheme, _ in self.codes))

    def encode(self, text: str, where: str = "") -> NDArray[np.int32]:
        """Labels of `text` by longest match.

        Args:
            text: Already normalized.
            where: Line id or path, for the message.

        Returns:
            ``(L,)`` int32.

        Raises:
            UnencodableText: Some grapheme has no code.
        """
        labels: list[int] = []
        gaps = self._match(text, labels)
        if gaps:
            raise UnencodableText(_clusters_at(text, gaps), where=where or f"text {text[:40]!r}")
        return np.array(labels, dtype=np.int32)

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that cannot be encoded."""
        gaps = self._match(text, [])
        return _clusters_at(text, gaps) if gaps else set()

    def units(self, text: str) -> list[str]:
        """A text cut as `encode` cuts it; what has no code stands as single code points."""
        units: list[str] = []
        at = 0
        while at < len(text):
            sizes = self._lengths.get(text[at], ())
            size = next((n for n in sizes if text[at : at + n] in self._table), 1)
            units.append(text[at : at + size])
            at += size
        return units

    def decode(self, labels: Sequence[int] | NDArray[Any]) -> str:
        """Text of a label sequence without blanks.

        Labels that belong to no code are skipped, for a network may output a half code.
        """
        return "".join(piece for piece, _, _ in self._pieces(labels))

    def stray(self, labels: Sequence[int] | NDArray[Any]) -> list[int]:
        """The labels of a sequence without blanks that `decode` skips, for no code has them."""
        left = set(range(len(labels)))
        for _, start, stop in self._pieces(labels):
            left -= set(range(start, stop))
        return [int(labels[at]) for at in sorted(left)]

    def decode_spans(self, labels: Sequence[int] | NDArray[Any]) -> list[tuple[str, int, int]]:
        """Graphemes of a label sequence, each with the labels ``[start, stop)`` it is made of.

        Marks that have a code of their own join the letter before them.
        """
        pieces = self._pieces(labels)
        text = "".join(piece for piece, _, _ in pieces)
        if is_simple(text):
            return pieces
        ends = set(np.cumsum([len(cluster) for cluster in graphemes(text)]).tolist())
        joined: list[tuple[str, int, int]] = []
        at = 0
        opened = True
        for piece, start, stop in pieces:
            if opened:
                joined.append((piece, start, stop))
            else:
                joined[-1] = (joined[-1][0] + piece, joined[-1][1], stop)
            at += len(piece)
            opened = at in ends
        return joined

    def extend(self, new: Iterable[str]) -> Codec:
        """A codec that also has `new` graphemes, one fresh label each, sorted by code point.

        Invariant:
            No existing label moves.
        """
        fresh = sorted({grapheme for grapheme in new if grapheme not in self.charset})
        added = tuple((grapheme, (at,)) for at, grapheme in enumerate(fresh, start=self.width))
        return Codec((*self.codes, *added))

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        codes = [[grapheme, list(labels)] for grapheme, labels in self.codes]
        return {"version": _VERSION, "codes": codes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Codec:
        """The codec that `to_json` wrote.

        Raises:
            FormatError: `data` has another shape or version.
            CharsetError: Its codes contradict each other.
        """
        if not isinstance(data, Mapping) or data.get("version") != _VERSION:
            raise FormatError(
                f"codec is not of version {_VERSION}", remedy="update uncial to read it"
            )
        codes = data.get("codes")
        if not isinstance(codes, list) or not all(_is_code(code) for code in codes):
            raise FormatError(
                'codec has no "codes" list of [grapheme, [label, ...]] pairs',
                remedy="save the model again; this file was edited or damaged",
            )
        return cls(tuple((grapheme, tuple(labels)) for grapheme, labels in codes))

    def _match(self, text: str, labels: list[int]) -> list[int]:
        """Append the labels of `text`; return the positions that no code covers."""
        table, lengths = self._table, self._lengths
        gaps = []
        at = 0
        while at < len(text):
            for length in lengths.get(text[at], ()):
                code = table.get(text[at : at + length])
                if code is not None:
                    labels.extend(code)
                    at += length
                    break
            else:
                gaps.append(at)
                at += 1
        return gaps

    def _pieces(self, labels: Sequence[int] | NDArray[Any]) -> list[tuple[str, int, int]]:
        """Coded units with their label spans; labels outside any code are skipped."""
        numbers = labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
        single = self._single
        pieces = []
        at = 0
        while at < len(numbers):
            piece = single.get(numbers[at])
            stop = at + 1
            if piece is None:
                piece, stop = self._long_piece(numbers, at)
            if piece:
                pieces.append((piece, at, stop))
            at = stop
        return pieces

    def _long_piece(self, numbers: list[int], at: int) -> tuple[str, int]:
        """The longest unit at `at` and its stop; no unit, one label on, if none."""
        for length in self._code_lengths:
            piece = self._units.get(tuple(numbers[at : at + length]))
            if piece is not None:
                return piece, at + length
        return "", at + 1

    @cached_property
    def _table(self) -> dict[str, tuple[int, ...]]:
        return dict(self.codes)

    @cached_property
    def _lengths(self) -> dict[str, tuple[int, ...]]:
        """Lengths of the graphemes that begin with a code point, longest first."""
        lengths: dict[str, set[int]] = {}
        for grapheme, _ in self.codes:
            lengths.setdefault(grapheme[0], set()).add(len(grapheme))
        return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}

    @cached_property
    def _units(self) -> dict[tuple[int, ...], str]:
        return {labels: grapheme for grapheme, labels in self.codes}

    @cached_property
    def _single(self) -> dict[int, str]:
        """Graphemes of one label that begins no other code."""
        longer = {labels[0] for _, labels in self.codes if len(labels) > 1}
        return {
            labels[0]: grapheme
            for grapheme, labels in self.codes
            if len(labels) == 1 and labels[0] not in longer
        }

    @cached_property
    def _code_lengths(self) -> tuple[int, ...]:
        """Longest first."""
        return tuple(sorted({len(labels) for _, labels in self.codes}, reverse=True))


def _is_code(code: object) -> bool:
    match code:
        case [str(), [*labels]]:
            return all(type(label) is int for label in labels)
    return False


def _clusters_at(text: str, gaps: Sequence[int]) -> set[str]:
    """The grapheme clusters that hold the given positions."""
    clusters = graphemes(text)
    stops = np.cumsum([len(cluster) for cluster in clusters])
    return {clusters[int(np.searchsorted(stops, gap, side="right"))] for gap in gaps}
