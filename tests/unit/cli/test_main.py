from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from uncial import errors
from uncial.cli import main as cli
from uncial.progress import Advanced, silent
from uncial.tasks.base import TASKS, Task, options


@dataclass(frozen=True, kw_only=True)
class Ageing:
    blur: float = 0.5
    """Radius, px."""


@dataclass(frozen=True, kw_only=True)
class SayConfig:
    words: tuple[Path, ...] = ()
    """What to say."""

    output: Path
    """Where to."""

    loud: bool = False
    """Say it louder."""

    ageing: Ageing = field(default_factory=Ageing)


@dataclass(frozen=True, kw_only=True)
class SayResult:
    output: Path
    cer: float


def say(config: SayConfig, reporter=silent) -> SayResult:
    """Say something.

    Raises:
        InputError: It may not be said.
    """
    reporter(Advanced(stage="say", done=1, total=1))
    name = str(config.output)
    if name == "interrupt":
        raise KeyboardInterrupt
    if name == "full":
        raise OSError(28, "No space left on device", "/disk")
    if hasattr(errors, name):
        raise getattr(errors, name)("it went wrong", remedy="do it right")
    return SayResult(output=config.output, cer=0.125)


@pytest.fixture(autouse=True)
def _only_say(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    module = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "tests_say", module)
    task = Task(
        name="say",
        summary="Say something.",
        config="tests_say:SayConfig",
        run="tests_say:say",
        positional=("words",),
        flags={"output": "o"},
    )
    monkeypatch.setattr(cli, "COMMANDS", {"say": task})


def test_help_lists_commands_and_their_flags_with_the_fields_docs(capsys) -> None:
    assert cli.run(["--help"]) == 0
    assert "Say something." in capsys.readouterr().out
    assert cli.run(["say", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "uncial say WORD... -o OUTPUT [OPTIONS]" in shown
    for text in ("--ageing.blur", "Radius, px.", "-o", "--loud", "--dry-run", "--json"):
        assert text in shown
    assert "Raises" not in shown


def test_a_result_is_shown_or_printed_as_one_json_object(capsys) -> None:
    assert cli.run(["say", "a", "-o", "out"]) == 0
    assert "12.50 %" in capsys.readouterr().out
    assert cli.run(["say", "a", "-o", "out", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"output": "out", "cer": 0.125}
    assert "say" in captured.err


def test_dry_run_prints_what_defaults_file_and_flags_resolve_to(tmp_path, capsys) -> None:
    file = tmp_path / "c.toml"
    file.write_text('output = "from-file"\nloud = true\n[ageing]\nblur = 2.0\n')
    argv = ["say", "x", "y", "--config", str(file), "--ageing.blur", "3", "--dry-run"]
    assert cli.run(argv) == 0
    assert json.loads(capsys.readouterr().out) == {
        "words": ["x", "y"],
        "output": "from-file",
        "loud": True,
        "ageing": {"blur": 3.0},
    }


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ConfigError", 2),
        ("InputError", 3),
        ("FormatError", 3),
        ("DataError", 3),
        ("MissingDependency", 4),
        ("TrainingError", 5),
        ("Cancelled", 130),
        ("interrupt", 130),
        ("full", 3),
    ],
)
def test_errors_become_exit_codes_with_the_remedy_on_its_own_line(name, code, capsys) -> None:
    assert cli.run(["say", "-o", name]) == code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert captured.out == ""
    if hasattr(errors, name):
        assert "error: it went wrong\n  hint: do it right\n" in captured.err


def test_with_json_an_error_is_an_object_too(capsys) -> None:
    assert cli.run(["say", "-o", "FormatError", "--json"]) == 3
    captured = capsys.readouterr()
    expected = {"code": "format_error", "message": "it went wrong", "remedy": "do it right"}
    assert json.loads(captured.out) == {"error": expected}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["say", "--lowd", "-o", "x"], "--loud"),
        (["sya"], "say"),
        (["say"], "option output is required"),
        (["say", "-o", "x", "--ageing.blur", "much"], "ageing.blur"),
        (["say", "-o", "x", "--config", "absent.toml"], "absent.toml"),
    ],
)
def test_what_cannot_be_parsed_is_a_config_error_that_helps(argv, said, capsys) -> None:
    assert cli.run(argv) == 2
    assert said in capsys.readouterr().err


def test_a_bug_looks_like_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(config, reporter=silent):
        raise ZeroDivisionError

    import sys

    monkeypatch.setattr(sys.modules[__name__], "say", broken)
    with pytest.raises(ZeroDivisionError):
        cli.run(["say", "-o", "x"])


def test_the_first_interrupt_cancels_once_and_the_second_ends() -> None:
    interrupt = cli._Interrupt()
    interrupt(2, None)
    seen = []
    reporter = interrupt.guard(seen.append)
    with pytest.raises(KeyboardInterrupt):
        reporter(Advanced(stage="x", done=0))
    reporter(Advanced(stage="x", done=1))
    assert len(seen) == 1
    with pytest.raises(KeyboardInterrupt):
        interrupt(2, None)


def test_a_word_that_stands_for_a_file_is_tried_before_paths() -> None:
    for task in TASKS.values():
        config, _ = task.load()
        for option in options(config):
            kinds = get_args(option.kind)
            words = [at for at, kind in enumerate(kinds) if get_origin(kind) is Literal]
            if Path in kinds and words:
                assert words[0] < kinds.index(Path), f"{task.name}: {option.name}"
