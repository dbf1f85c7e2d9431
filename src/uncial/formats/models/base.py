"""What a format cannot keep of a model: said, not passed over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """One thing that a conversion changed or left out.

    Attributes:
        part: What it is about: ``"weights"``, ``"dictionary"``.
        note: What became of it, as the rest of a sentence.
    """

    part: str
    note: str

    def __str__(self) -> str:
        """A line for people."""
        return f"{self.part}: {self.note}"
