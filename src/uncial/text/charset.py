"""The ordered, unique graphemes that a model can tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from uncial.errors import CharsetError, describe_grapheme
from uncial.text.graphemes import graphemes

Units = Literal["grapheme", "codepoint"]


@dataclass(frozen=True)
class Charset:
    """Graphemes in a fixed order, each once.

    Attributes:
        graphemes: Usually one grapheme cluster each; a single code point or a ligature's
            spelling will do as well.

    Raises:
        CharsetError: One is empty or comes twice.
    """

    graphemes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if "" in self.graphemes:
            raise CharsetError(
                f"charset entry {self.graphemes.index('')} is empty", remedy="remove it"
            )
        seen: set[str] = set()
        for grapheme in self.graphemes:
            if grapheme in seen:
                raise CharsetError(
                    f"charset lists {describe_grapheme(grapheme)} twice",
                    remedy="keep each grapheme once",
                )
            seen.add(grapheme)

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, units: Units = "grapheme") -> Charset:
        """The graphemes (or code points) of `texts`, sorted by code point."""
        found: set[str] = set()
        for text in texts:
            found.update(graphemes(text) if units == "grapheme" else text)
        return cls(tuple(sorted(found)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.graphemes)

    def __len__(self) -> int:
        return len(self.graphemes)

    def __contains__(self, grapheme: object) -> bool:
        return grapheme in self._members

    def union(self, other: Iterable[str]) -> Charset:
        """These graphemes in their order, then the other's new ones in theirs."""
        new = dict.fromkeys(grapheme for grapheme in other if grapheme not in self._members)
        return Charset((*self.graphemes, *new))

    def difference(self, other: Iterable[str]) -> Charset:
        """The graphemes that `other` lacks, in this order."""
        removed = set(other)
        return Charset(tuple(grapheme for grapheme in self if grapheme not in removed))

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that neither stand here nor can be spelled by code points."""
        return {
            grapheme
            for grapheme in graphemes(text)
            if grapheme not in self._members and not self._members.issuperset(grapheme)
        }

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self.graphemes)
