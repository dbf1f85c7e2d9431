"""The action *suggest*: which lines to transcribe next."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uncial.studio import shelf, unwritten
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class SuggestConfig:
    """Among which lines, by which model."""

    model: int
    choice: Choice
    count: int = 20


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A line worth transcribing.

    Attributes:
        page: Id.
        line: Id in the page's layout.
        reading: What the model takes it for.
        doubt: Rank of its doubt among all lines, 0-1.
    """

    page: int
    line: str
    reading: str
    doubt: float


@dataclass(frozen=True, kw_only=True)
class SuggestResult:
    """The lines, the most useful first.

    Attributes:
        among: Lines that were looked at.
        suggested: They.
    """

    among: int
    suggested: list[Suggested]


def suggest_lines(context: Context, config: SuggestConfig) -> SuggestResult:
    """Choose the lines whose ground truth would teach the model most.

    Raises:
        NotFound: The model is gone.
        DataError: There is no line without text.
        ConfigError: The model is of a kind that cannot tell.
    """
    folder = unwritten.freeze(context, config.choice, context.folder / "data")
    with context.db.read() as session:
        model = shelf.path_of(session, context.files, config.model)
    task_config, run = TASKS["suggest"].load()
    given = {"model": model, "lines": (folder,), "count": config.count, "threads": 1}
    result: Any = run(resolve(task_config, given), context.reporter)
    return SuggestResult(among=result.among, suggested=[_line(one) for one in result.lines])


def _line(one: Any) -> Suggested:  # noqa: ANN401
    page, _, line = Path(one.image).name.removesuffix(".png").removeprefix("page").partition("_")
    return Suggested(page=int(page), line=line, reading=one.reading, doubt=one.doubt)
