"""What the decoder is told of a model: codes of its unichars, scripts, dictionary, weights.

Source: tesseract 5.x ``src/ccutil/unicharcompress.cpp`` (decoding tables),
``src/lstm/recodebeam.h`` and ``src/lstm/lstmrecognizer.cpp`` (constants).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

SPACE = 0
INVALID = -1
NO_PERMUTER = 0
TOP_CHOICE = 2
DICTIONARY_PERMUTERS = frozenset({6, 7, 8, 9, 10, 11, 12})
"""Permuters of numbers, patterns and words of any dictionary."""
MIN_CERTAINTY = -20.0
"""Least certainty, in natural log."""

Code = tuple[int, ...]


class Step(Protocol):
    """What one more unichar leads to."""

    @property
    def state(self) -> int:
        """Of the text with it."""

    @property
    def permuter(self) -> int:
        """Which graph accepted the text."""

    @property
    def ends(self) -> bool:
        """The text is a whole word."""


class Lexicon(Protocol):
    """A dictionary that is walked unichar by unichar."""

    @property
    def initial(self) -> int:
        """State of the empty text."""

    def follow(self, state: int, unichar_id: int) -> Step | None:
        """The state behind one more unichar; None where nothing accepts it."""


@dataclass(frozen=True, kw_only=True)
class CodeTables:
    """How labels make unichars.

    Attributes:
        labels: Outputs of the network.
        null: CTC's blank among them.
        units: The unichar by its whole code.
        final: Labels that may end a code, by what stands before them.
        following: Labels that may go on with a code without ending it.
        undelimited: Unichars whose words stand without spaces.
        space_delimited: Whether the language puts spaces between words.
    """

    labels: int
    null: int
    units: Mapping[Code, int]
    final: Mapping[Code, tuple[int, ...]]
    following: Mapping[Code, tuple[int, ...]]
    undelimited: Collection[int] = frozenset()
    space_delimited: bool = True


@dataclass(frozen=True, kw_only=True)
class Weighting:
    """How certainties are weighted.

    Attributes:
        dictionary_ratio: Factor on certainties outside of the dictionary.
        offset: Added to each certainty.
        worst_in_dictionary: Certainty that a label of a dictionary word has to exceed.
    """

    dictionary_ratio: float = 2.25
    offset: float = -0.085
    worst_in_dictionary: float = -25.0 / 7.0
