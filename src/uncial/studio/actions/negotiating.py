"""The action *negotiate*: characters of some lines that a base cannot write, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from uncial.studio import groundtruth, shelf
from uncial.studio.context import Context
from uncial.studio.groundtruth import Choice
from uncial.tasks.base import TASKS, resolve


@dataclass(frozen=True, kw_only=True)
class NegotiateConfig:
    """Which base, on which lines."""

    base: int
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class NegotiateResult:
    """What the base lacks.

    Attributes:
        lines: With such a character.
        of_lines: In all.
        characters: As the task *charset* tells them: ``text``, ``name``, ``count``, ``action``,
            ``to`` and an example.
    """

    lines: int
    of_lines: int
    characters: list[dict[str, Any]]


def negotiate(context: Context, config: NegotiateConfig) -> NegotiateResult:
    """List the characters that a base lacks, each with a proposal.

    Raises:
        NotFound: The base is gone.
        DataError: There is no line.
    """
    frozen = groundtruth.freeze(context, config.choice, context.folder / "data")
    with context.db.read() as session:
        base = shelf.path_of(session, context.files, config.base)
    task_config, run = TASKS["charset"].load()
    given = {"base": base, "data": (frozen.data,), "go_on": True}
    result: Any = run(resolve(task_config, given), context.reporter)
    return NegotiateResult(
        lines=result.lines, of_lines=result.of_lines, characters=result.characters
    )
