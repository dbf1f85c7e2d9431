"""The ``uncial`` command: parse, resolve options, run one task, map errors to exit codes."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from cyclopts import App, CycloptsError
from rich.console import Console

from uncial.cli.flags import add_command, add_stub, options_from
from uncial.errors import (
    Cancelled,
    ConfigError,
    InputError,
    MissingDependency,
    TrainingError,
    UncialError,
)
from uncial.extras import absent
from uncial.progress import Event, Reporter
from uncial.tasks.base import TASKS, Task, as_json, read_config, resolve

STUDIO = Task(
    name="studio",
    summary="Open projects, pages, models and trainings in the browser.",
    config="uncial.studio.serve:StudioConfig",
    run="uncial.studio.serve:studio",
)
COMMANDS: dict[str, Task] = {**TASKS, STUDIO.name: STUDIO}
"""The tasks, and the other door to them."""

EXIT_CODES: tuple[tuple[type[UncialError], int], ...] = (
    (ConfigError, 2),
    (InputError, 3),
    (MissingDependency, 4),
    (TrainingError, 5),
    (Cancelled, 130),
)
_OUTPUT_CLOSED = 141  # what a shell reports for a program that SIGPIPE ended


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns 0, or the code of what went wrong."""
    wants_json = "--json" in argv
    try:
        with _interruptible() as cancel:
            _dispatch(argv, cancel)
            sys.stdout.flush()
            return 130 if cancel.raised else 0
    except UncialError as error:
        _tell(error, wants_json)
        return exit_code(error)
    except ModuleNotFoundError as error:
        missing = absent(error)
        if missing is None:
            raise
        _tell(missing, wants_json)
        return exit_code(missing)
    except KeyboardInterrupt:
        _tell(Cancelled("interrupted"), wants_json)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OUTPUT_CLOSED
    except OSError as error:  # a full disk or a forbidden folder: the user's to mend, not a bug
        where = error.filename if error.filename is not None else "a file"
        problem = f"{where}: {error.strerror or error}"
        _tell(InputError(problem, remedy="check that it exists and may be used"), wants_json)
        return 3


def exit_code(error: UncialError) -> int:
    """The exit code of a deliberate error."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def build_app(named: Sequence[str]) -> tuple[App, dict[Callable[..., None], Task]]:
    """The command tree; only the tasks in `named` are imported, the others are listed."""
    app = App(
        name="uncial",
        help="Train text recognition for your own material: print, handwriting, any script.",
        version=lambda: importlib.metadata.version("uncial"),
        help_format="plaintext",
        result_action="return_value",
        default_parameter=None,
    )
    commands = {}
    for position, task in enumerate(COMMANDS.values()):
        if task.name in named:
            commands[add_command(app, task, sort_key=position)] = task
        else:
            add_stub(app, task, sort_key=position)
    return app, commands


def _dispatch(argv: Sequence[str], cancel: _Interrupt) -> None:
    app, commands = build_app(argv[:1])
    try:
        command, bound, _ = app.parse_args(list(argv), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        named = argv[0] if argv and argv[0] in COMMANDS else ""
        raise ConfigError(
            str(error), remedy=f"see {' '.join(['uncial', named]).strip()} --help"
        ) from error
    task = commands.get(command)
    if task is None:
        command(*bound.args, **bound.kwargs)  # --help or --version
        return
    _run_task(task, dict(bound.arguments), cancel)


def _run_task(task: Task, arguments: dict[str, Any], cancel: _Interrupt) -> None:
    config_class, function = task.load()
    path: Path | None = arguments.get("config")
    layers = ([read_config(path)] if path else []) + [options_from(arguments)]
    config = resolve(config_class, *layers)
    if arguments.get("dry_run"):
        _print_json(as_json(config))
        return
    from uncial.cli.console import progress_reporter
    from uncial.cli.tables import show

    _log_to_stderr()
    with progress_reporter(Console(stderr=True)) as reporter:
        result = function(config, cancel.guard(reporter))
    if os.environ.get("RANK", "0") != "0":
        return  # of the processes that torchrun started, the first one tells
    if arguments.get("json"):
        _print_json(as_json(result))
    else:
        show(task.name, as_json(result), Console())


class _Interrupt:
    """Ctrl-C: the first stops what is being done, in good order; the second ends at once.

    The task is interrupted once, at its next report, where its state is whole; it may still
    finish: training keeps its best model and reports on it.
    """

    def __init__(self) -> None:
        self.raised = False
        self._told = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        if self.raised:
            raise KeyboardInterrupt
        self.raised = True
        sys.stderr.write("\nStopping; what was finished is kept. Ctrl-C again ends at once.\n")

    def guard(self, reporter: Reporter) -> Reporter:
        """A reporter that raises `KeyboardInterrupt` once after Ctrl-C."""

        def guarded(event: Event) -> None:
            if self.raised and not self._told:
                self._told = True
                raise KeyboardInterrupt
            reporter(event)

        return guarded


@contextmanager
def _interruptible() -> Iterator[_Interrupt]:
    interrupt = _Interrupt()
    try:
        before = signal.signal(signal.SIGINT, interrupt)
    except ValueError:  # not in the main thread: the caller keeps its own handling
        yield interrupt
        return
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")


def _tell(error: UncialError, as_object: bool) -> None:
    if as_object:
        body = {
            "code": _code(error),
            "message": error.problem,
            "remedy": error.remedy,
        }
        _print_json({"error": body})
    hint = f"\n  hint: {error.remedy}" if error.remedy else ""
    sys.stderr.write(f"error: {error.problem}{hint}\n")


def _code(error: UncialError) -> str:
    """The class of an error in snake case, as programs may test it."""
    name = type(error).__name__
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
