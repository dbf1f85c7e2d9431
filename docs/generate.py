"""Writes the reference pages from the code: ``make docs``; a test keeps them up to date."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

from uncial import errors
from uncial.cli.flags import field_help, flag_names, prose, usage_of
from uncial.cli.main import COMMANDS, EXIT_CODES
from uncial.tasks.base import Option, Task, options

_HERE = Path(__file__).parent
_MADE = "<!-- Written by docs/generate.py; run `make docs` instead of editing. -->"


def pages() -> dict[str, str]:
    """Every generated page by file name."""
    return {
        "cli.md": "\n".join(_cli()) + "\n",
        "config.md": "\n".join(_config()) + "\n",
        "errors.md": "\n".join(_errors()) + "\n",
    }


def _cli() -> Iterator[str]:
    yield from (_MADE, "", "# Commands", "")
    yield "Every command also takes:"
    yield ""
    yield "| flag | meaning |"
    yield "|---|---|"
    yield "| `--config FILE.toml` | TOML file with [options](config.md); flags win over it. |"
    yield "| `--json` | Print one JSON object; progress and logs go to standard error. |"
    yield "| `--dry-run` | Print the resolved options as JSON and stop. |"
    yield "| `--help` | Show the command's flags. |"
    yield ""
    yield "Exit codes: 0 done, " + ", ".join(_exit_codes()) + ", 1 a bug in Uncial."
    yield ""
    yield (
        'With `--json`, an error is one object too: `{"error": {"code": …, "message": …, '
        '"remedy": …}}`, where `code` is the name of the class in [errors](errors.md) in '
        "snake case."
    )
    for task in COMMANDS.values():
        yield from ("", f"## uncial {task.name}", "")
        yield from _command(task)


def _command(task: Task) -> Iterator[str]:
    config, run = task.load()
    yield f"    {usage_of(task)}"
    yield ""
    yield prose(run, task.summary)
    given = [option for option in options(config) if option.name not in task.positional]
    if given:
        yield from ("", "| flag | default | meaning |", "|---|---|---|")
    for option in given:
        flags = ", ".join(f"`{name}`" for name in flag_names(task, option))
        yield f"| {flags} | {_default(option)} | {_meaning(option)} |"
    told = get_type_hints(run)["return"]
    results = get_args(told) or (told,)
    keys = "; or ".join(
        ", ".join(f"`{item.name}`" for item in dataclasses.fields(result)) for result in results
    )
    yield from ("", f"`--json` gives {keys}.")


def _config() -> Iterator[str]:
    yield from (_MADE, "", "# Options", "")
    yield (
        "Each command's options, as they stand in a TOML file for `--config` and as keyword "
        "arguments of its config class in Python. A later source wins, option by option: "
        "defaults, then the file, then flags. Unknown options are errors. A dotted name is a "
        "TOML table: `optimizer.lr` is `lr` under `[optimizer]`."
    )
    for task in COMMANDS.values():
        config, _ = task.load()
        every = list(options(config))
        if not every:
            continue
        yield from ("", f"## {task.name}: `uncial.{config.__name__}`", "")
        yield from ("| option | type | default | meaning |", "|---|---|---|---|")
        for option in every:
            row = (f"`{option.name}`", f"`{_type(option.kind)}`", _default(option))
            yield f"| {' | '.join(row)} | {_meaning(option)} |"


def _errors() -> Iterator[str]:
    yield from (_MADE, "", "# Errors", "")
    yield (
        "Every error Uncial raises on purpose says what is wrong and where, and has a `remedy`: "
        "the next step. The classes go by who must act."
    )
    yield from ("", "| class | also a | exit code | meaning |", "|---|---|--:|---|")
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if not issubclass(kind, errors.UncialError):
            continue
        builtin = [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"]
        also = ", ".join(f"`{base}`" for base in builtin if base in _NATURAL) or "–"
        meaning = (inspect.getdoc(kind) or "").partition("\n")[0]
        yield f"| `{name}` | {also} | {_exit_code(kind)} | {meaning} |"


_NATURAL = ("ValueError", "ImportError", "RuntimeError", "FileNotFoundError")


def _exit_code(kind: type[errors.UncialError]) -> int:
    return next((code for base, code in EXIT_CODES if issubclass(kind, base)), 1)


def _exit_codes() -> Iterator[str]:
    for kind, code in EXIT_CODES:
        yield f"{code} `{kind.__name__}`"


def _meaning(option: Option) -> str:
    return field_help(option.owner, option.name.rpartition(".")[2]).replace("|", "\\|")


def _default(option: Option) -> str:
    if option.required:
        return "required"
    if option.default in (None, (), ""):
        return "–"
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return f"`{option.default}`"


def _type(kind: object) -> str:
    text = kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
    text = re.sub(r"\b(?:pathlib|typing|collections\.abc|uncial[\w.]*)\.", "", text)
    return text.replace("_local.", "").replace("|", "\\|")


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (_HERE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
