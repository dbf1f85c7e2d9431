"""Every error Uncial raises on purpose, on one page.

UncialError
├── InputError                 a file, image or text we were given is at fault
│   ├── FormatError            bytes do not follow the format they claim
│   ├── ImageError             an image cannot be used: unreadable, truncated, too large
│   ├── DataError              ground truth as a whole is unusable: too many bad lines, a leak
│   ├── SpecError              a VGSL spec cannot be read or built
│   └── CharsetError           text and charset do not fit together
│       └── UnencodableText    a line uses characters the model cannot output
├── ConfigError                options contradict each other or name nothing we know
├── MissingDependency          an optional package or program is not installed
├── TrainingError              the run cannot go on (diverged, no usable lines)
└── Cancelled                  the user asked the task to stop

Classes go by who must act: `InputError` (fix the file), `ConfigError` (fix the options),
`MissingDependency` (install), `TrainingError` (change the run). Anything else is a bug.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Any


class UncialError(Exception):
    """Base of all deliberate errors: say what is wrong, then what to do.

    Attributes:
        remedy: The reader's next step, as an imperative sentence; may be empty.
    """

    remedy: str = ""

    def __init__(self, problem: str, *, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy

    def __str__(self) -> str:
        what = super().__str__()
        return f"{what}\n  hint: {self.remedy}" if self.remedy else what

    @property
    def problem(self) -> str:
        """The message without its remedy."""
        return super().__str__()

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders (data workers, jobs); BaseException would call
        # our __init__ with the message only and lose or miss the other arguments.
        return _restore, (type(self), self.args, self.__dict__)


class InputError(UncialError):
    """A file, image or text we were given is at fault."""


class FormatError(InputError, ValueError):
    """Bytes do not follow the format they claim.

    Args:
        problem: What is wrong, in terms of the format's own vocabulary.
        offset: Byte position of the problem, if known.
        remedy: What the reader can do about it.
    """

    def __init__(self, problem: str, *, offset: int | None = None, remedy: str = "") -> None:
        where = "" if offset is None else f" (at byte {offset})"
        super().__init__(f"{problem}{where}", remedy=remedy)
        self.offset = offset


class ImageError(InputError, ValueError):
    """An image cannot be used: unreadable, truncated, empty or too large."""


class DataError(InputError, ValueError):
    """Ground truth as a whole cannot be used: too many bad lines, a leak between splits."""


class SpecError(InputError, ValueError):
    """A VGSL spec cannot be read or built; the message shows a caret under the column.

    Args:
        problem: What is wrong.
        spec: The whole spec.
        column: 0-based position of the problem in `spec`.
        remedy: What the reader can do about it.
    """

    def __init__(self, problem: str, *, spec: str, column: int, remedy: str = "") -> None:
        super().__init__(
            f"{problem} (column {column + 1})\n  {spec}\n  {' ' * column}^", remedy=remedy
        )
        self.spec = spec
        self.column = column


class CharsetError(InputError, ValueError):
    """Text and charset do not fit together."""


class UnencodableText(CharsetError):
    """A line uses characters the model cannot output.

    Args:
        missing: Graphemes absent from the charset.
        where: Line id or path, for the message.
    """

    def __init__(self, missing: Collection[str], *, where: str) -> None:
        missing = tuple(sorted(missing))
        shown = ", ".join(describe_grapheme(g) for g in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        super().__init__(
            f"{where}: not in the model's charset: {shown}{more}",
            remedy="fine-tune with the extend-charset strategy to teach them, "
            "or replace them with a normalization rule",
        )
        self.missing = missing


class ConfigError(UncialError, ValueError):
    """Options contradict each other or name nothing we know."""


class MissingDependency(UncialError, ImportError):
    """An optional package or program is not installed."""


class TrainingError(UncialError, RuntimeError):
    """The run cannot go on: it diverged, or no line is usable."""


class Cancelled(UncialError):
    """The user asked the task to stop; what was finished is kept."""


def describe_grapheme(grapheme: str) -> str:
    """A grapheme with its code points spelled out, for messages."""
    points = " + ".join(f"U+{ord(c):04X} {unicodedata.name(c, 'unnamed')}" for c in grapheme)
    return f"{grapheme!r} ({points})"


def _restore(cls: type[UncialError], args: tuple[Any, ...], state: dict[str, Any]) -> UncialError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
