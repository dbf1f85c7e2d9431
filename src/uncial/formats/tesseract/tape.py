"""A string under segmentation: what is still to read, and the units cut so far.

The grammars of `uncial.formats.tesseract.syllables` and `uncial.formats.tesseract.segmentation`
move code points from the input to the output, and cut the output into parts.

Source: tesseract 5.x ``src/training/unicharset/validator.{h,cpp}``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from uncial.errors import CharsetError

ZWNJ, ZWJ = "\u200c", "\u200d"


class Tape:
    """Input, output and parts of one string.

    Args:
        points: The code points to read.
        classify: The class of a code point, one letter.

    Attributes:
        points: The input.
        kinds: Class of each code point of the input.
        at: Position of the next code point to read.
        output: Code points read and kept, and those put in.
        parts: Units cut from the output.
        cut: How much of the output the parts hold.
    """

    def __init__(self, points: Sequence[str], classify: Callable[[str], str]) -> None:
        self.points = points
        self.kinds = [classify(point) for point in points]
        self.at = 0
        self.output: list[str] = []
        self.parts: list[str] = []
        self.cut = 0

    @property
    def done(self) -> bool:
        """Whether everything was read."""
        return self.at >= len(self.points)

    @property
    def point(self) -> str:
        """The next code point, empty at the end."""
        return self.ahead(0)[1]

    @property
    def kind(self) -> str:
        """The class of the next code point, empty at the end."""
        return self.ahead(0)[0]

    @property
    def uncut(self) -> int:
        """Code points of the output that no part holds."""
        return len(self.output) - self.cut

    def ahead(self, steps: int) -> tuple[str, str]:
        """Class and code point some steps ahead, empty beyond the end."""
        at = self.at + steps
        return (self.kinds[at], self.points[at]) if at < len(self.points) else ("", "")

    def keep(self) -> None:
        """Move the next code point to the output."""
        self.output.append(self.points[self.at])
        self.at += 1

    def part(self, length: int) -> None:
        """Cut the last code points of the output as one unit, those before one by one."""
        while self.uncut > length:
            self.parts.append(self.output[self.cut])
            self.cut += 1
        if self.uncut:
            self.parts.append("".join(self.output[self.cut :]))
            self.cut = len(self.output)

    def take(self, length: int = 1) -> None:
        """Keep the next code point and cut it, with those before it, as a unit of a length."""
        self.keep()
        self.part(length)

    def malformed(self, problem: str) -> CharsetError:
        """An error about the place that was reached."""
        shown = " ".join(f"U+{ord(point):04X}" for point in self.points)
        return CharsetError(
            f"{problem} at code point {self.at + 1} of {shown}",
            remedy="correct the text; renderers and Tesseract refuse such a sequence",
        )
