"""Characters of the ground truth that a model cannot write: which, how often, in which lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from uncial.data.findings import Finding
from uncial.errors import describe_grapheme

NAMED_LINES: Final = 5
"""Lines that a finding names for each character."""


@dataclass
class Places:
    """Where one grapheme stands.

    Attributes:
        text: Of the first line.
        times: How often.
        lines: In how many lines.
        first: A few of the lines with their sources.
    """

    text: str
    times: int = 0
    lines: int = 0
    first: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Coverage:
    """Takes in one text after another.

    Attributes:
        missing: Graphemes of a text that the model cannot write.
        normalize: What the model does to a text before.
    """

    missing: Callable[[str], Collection[str]]
    normalize: Callable[[str], str]
    _places: dict[str, Places] = field(default_factory=dict)

    def add(self, line_id: str, source: str, text: str) -> None:
        """Take in the next line."""
        whole = self.normalize(text)
        for grapheme in self.missing(whole):
            places = self._places.setdefault(grapheme, Places(whole))
            places.times += whole.count(grapheme)
            places.lines += 1
            if places.lines <= NAMED_LINES:
                places.first.append((line_id, source))

    def ranked(self) -> list[tuple[str, Places]]:
        """Graphemes that the model cannot write, the most frequent first."""
        return sorted(self._places.items(), key=lambda item: (-item[1].times, item[0]))

    def findings(self) -> Iterator[Finding]:
        """One for each grapheme, the most frequent first."""
        for grapheme, places in self.ranked():
            names = ", ".join(line_id for line_id, _ in places.first)
            more = places.lines - len(places.first)
            line_id, source = places.first[0]
            yield Finding(
                code="not-in-charset",
                line_id=line_id,
                source=source,
                detail=f"{describe_grapheme(grapheme)}, {places.times} times in "
                f"{places.lines} lines: {names}{f' and {more} more' if more else ''}",
            )
