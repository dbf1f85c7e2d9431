"""A task's config dataclass as a cyclopts command: no option is written twice.

A command declares every field of the config but is never called: `main` reads from the parse
what was really typed, so that a TOML file can fill the rest.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from cyclopts import App, Group, Parameter
from docstring_parser import parse_from_object

from uncial.tasks.base import Option, Task, options

_NESTED = "__"  # stands for the dot of a nested option in a Python name
_OWN = Group("Options", sort_key=0)
_COMMON = Group("Every command", sort_key=2)
_COMMON_FLAGS: tuple[tuple[str, Any, str], ...] = (
    ("config", Path | None, "TOML file with options; flags win over it."),
    ("json", bool, "Print one JSON object; progress goes to standard error."),
    ("dry_run", bool, "Print the resolved options and stop."),
)
COMMON_FLAGS = tuple(name for name, _, _ in _COMMON_FLAGS)


def add_command(app: App, task: Task, *, sort_key: int) -> Callable[..., None]:
    """Give `app` the command of `task`, with a flag for every field of its config."""
    config, run = task.load()
    described = {option.name: _parameter(task, option) for option in options(config)}
    positions = [described.pop(name) for name in task.positional]
    signature = _ordered([*positions, *described.values()])
    command = _command(task.name, signature)
    app.command(
        command,
        name=task.name,
        help=prose(run, task.summary),
        usage=f"Usage: {usage_of(task)}",
        sort_key=sort_key,
    )
    return command


def add_stub(app: App, task: Task, *, sort_key: int) -> None:
    """List `task` under the commands without importing it."""
    app.command(_command(task.name, []), name=task.name, help=task.summary, sort_key=sort_key)


def options_from(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The nested config options among the parsed `arguments`."""
    nested: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in COMMON_FLAGS:
            continue
        *groups, leaf = name.split(_NESTED)
        into = nested
        for group in groups:
            into = into.setdefault(group, {})
        into[leaf] = value
    return nested


def field_help(owner: type[Any], field: str) -> str:
    """The docstring of one field of a dataclass, on one line."""
    for described in parse_from_object(owner).params:
        if described.arg_name == field:
            return re.sub(r"\s+", " ", described.description or "").replace("``", "").strip()
    return ""


def flag_names(task: Task, option: Option) -> list[str]:
    """The flags of an option, e.g. ``["--output", "-o"]``."""
    names = ["--" + option.name.replace("_", "-")]
    handy = task.flags.get(option.name)
    if handy:
        names.append(f"-{handy}" if len(handy) == 1 else f"--{handy}")
    return names


def usage_of(task: Task) -> str:
    """The shape of a command line, e.g. ``uncial evaluate MODEL DATA... [OPTIONS]``."""
    config, _ = task.load()
    words = ["uncial", task.name]
    for option in options(config):
        if option.name in task.positional:
            name = option.name.upper()
            words.append(f"{name.removesuffix('S')}..." if _takes_many(task, option) else name)
        elif option.required:
            words.append(f"{flag_names(task, option)[-1]} {option.name.upper()}")
    return " ".join([*words, "[OPTIONS]"])


def _parameter(task: Task, option: Option) -> inspect.Parameter:
    text = field_help(option.owner, option.name.rpartition(".")[2])
    name = option.name.replace(".", _NESTED)
    if option.name in task.positional:
        return _position(task, option, name, text)
    note = Parameter(
        name=flag_names(task, option),
        help=f"{text} (required)" if option.required else text,
        required=False,
        show_default=not option.required and option.default not in (None, (), "", False),
        metavar=_metavar(option.kind),
        show_choices=_metavar(option.kind) is None,
        group=_group(option),
        negative=None if option.default is True else "",
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None if option.required else option.default,
        annotation=Annotated[option.kind | None if option.required else option.kind, note],
    )


def _metavar(kind: object) -> str | None:
    """``FLOAT|auto`` for a number that may also be a word; None where cyclopts knows best."""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else ()
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    names = [part.__name__.upper() for part in parts if part in (int, float, str)]
    return "|".join([*names, *words]) if words else None


def _group(option: Option) -> Group:
    """A panel of its own for the options of a nested config."""
    table, dot, _ = option.name.rpartition(".")
    return Group(table.capitalize(), sort_key=1) if dot else _OWN


def _position(task: Task, option: Option, name: str, text: str) -> inspect.Parameter:
    note = Parameter(help=text, show_default=False, required=False)
    if _takes_many(task, option):
        element = get_args(option.kind)[0]
        return inspect.Parameter(
            name, inspect.Parameter.VAR_POSITIONAL, annotation=Annotated[element, note]
        )
    return inspect.Parameter(
        name,
        inspect.Parameter.POSITIONAL_ONLY,
        default=None,
        annotation=Annotated[option.kind | None, note],
    )


def _takes_many(task: Task, option: Option) -> bool:
    return option.name == task.positional[-1] and Ellipsis in get_args(option.kind)


def _ordered(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    for name, kind, text in _COMMON_FLAGS:
        note = Parameter(help=text, group=_COMMON, negative="", show_default=False)
        parameters.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=False if kind is bool else None,
                annotation=Annotated[kind, note],
            )
        )
    return sorted(parameters, key=lambda parameter: parameter.kind)


def _command(name: str, parameters: list[inspect.Parameter]) -> Callable[..., None]:
    def command(*args: object, **flags: object) -> None:
        """Declare the options; the work is done by `main`."""

    command.__name__ = name
    command.__doc__ = None
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {item.name: item.annotation for item in parameters}
    return command


def prose(run: object, fallback: str) -> str:
    """The part of a docstring that is meant for users: everything above its sections."""
    text = inspect.getdoc(run) or fallback
    above = re.split(r"\n\s*(?:Args|Returns|Raises|Source|Example):\n", text)[0].strip()
    return re.sub(r"(?<!\n)\n(?!\n)", " ", above).replace("`", "")
