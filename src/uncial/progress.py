"""What a running task tells its audience, and how the audience stops it.

Tasks call ``reporter(event)``. The terminal draws events, a server stores and streams them,
tests collect them in a list; `silent` drops them. A reporter that wants the task to stop
raises `uncial.errors.Cancelled`, so whatever reports can be cancelled.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from uncial.errors import Cancelled


@dataclass(frozen=True, kw_only=True)
class Advanced:
    """Work moved on.

    Attributes:
        stage: What is being done, e.g. ``"train"``.
        done: Units finished.
        total: Units in all, or None while unknown.
        unit: What is counted, e.g. ``"lines"``.
    """

    stage: str
    done: int
    total: int | None = None
    unit: str = "lines"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number was measured.

    Attributes:
        name: E.g. ``"validation_cer"`` (a fraction), ``"loss"``.
        step: Optimizer step at which it was measured.
    """

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something a person should read once.

    Attributes:
        level: ``"info"`` or ``"warning"``.
        code: What it is about, for programs; may be empty.
    """

    text: str
    level: str = "info"
    code: str = ""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One line as the model reads it now, beside its ground truth.

    Attributes:
        name: Line id.
    """

    name: str
    truth: str
    output: str
    step: int = 0


Event = Advanced | Metric | Note | Sample
Reporter = Callable[[Event], None]


def silent(event: Event) -> None:
    """Drop every event."""


@dataclass
class CancelToken:
    """A flag that another thread raises to stop a task at its next report."""

    _flag: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask the task to stop."""
        self._flag.set()

    def guard(self, reporter: Reporter) -> Reporter:
        """A reporter that raises `Cancelled` once the flag is up."""

        def guarded(event: Event) -> None:
            if self._flag.is_set():
                raise Cancelled("stopped on request")
            reporter(event)

        return guarded


def event_record(event: Event) -> dict[str, Any]:
    """An event as a JSON-ready dict with its type under ``"event"``."""
    return {"event": type(event).__name__.lower(), **vars(event)}
