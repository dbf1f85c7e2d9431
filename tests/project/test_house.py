"""The rules of the house that no other tool checks."""

import ast
import importlib
import inspect
import pickle
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from uncial import errors
from uncial.cli.main import exit_code

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
DRAWERS = {"utils", "common", "helpers", "misc", "core"}
CLASSES = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.UncialError)
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_on_a_few_screens(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 500, f"{path} has {lines} lines; which two concepts share the file?"


def test_most_modules_stay_within_three_hundred_lines() -> None:
    long = [p.name for p in SOURCES if len(p.read_text(encoding="utf-8").splitlines()) > 300]
    assert len(long) <= len(SOURCES) // 10, long


def test_no_drawers() -> None:
    assert not [path for path in SOURCES if path.stem in DRAWERS or path.parent.name in DRAWERS]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lists_of_public_names_are_sorted_and_true(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            names = ast.literal_eval(node.value)
            assert list(names) == sorted(names)
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            module = importlib.import_module(".".join(parts).removesuffix(".__init__"))
            assert all(hasattr(module, name) for name in names)


def _made(kind: type[errors.UncialError]) -> errors.UncialError:
    """An instance with every argument filled in."""
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(kind.__init__).items():
        if name == "return":
            continue
        if hint is int or hint == int | None:
            values[name] = 3
        elif getattr(hint, "__origin__", None) is Collection:
            values[name] = ["ſ", "aͤ"]
        else:
            values[name] = f"some {name}"
    return kind(**values)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_crosses_process_borders(kind: type[errors.UncialError]) -> None:
    error = _made(kind)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_has_its_own_exit_code_and_docstring(kind: type[errors.UncialError]) -> None:
    assert kind.__doc__
    if kind is not errors.UncialError:
        assert exit_code(_made(kind)) in {2, 3, 4, 5, 130}


def test_every_raised_error_names_a_remedy() -> None:
    """`remedy=` is given wherever the reader has options or ground truth to mend.

    Damage inside a file (`FormatError`, `ImageError`) may have no other remedy than the file.
    """
    plain = {"ConfigError", "DataError", "InputError", "MissingDependency", "TrainingError"}
    missing = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            name = getattr(node.exc.func, "id", "")
            given = {keyword.arg for keyword in node.exc.keywords}
            if name in plain and "remedy" not in given:
                missing.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert missing == []


def test_nothing_is_left_open() -> None:
    words = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    assert not [str(path) for path in SOURCES if words.search(path.read_text(encoding="utf-8"))]


def test_torch_is_capped_alike_in_both_files() -> None:
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").split("torch==")[1].split()[0]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(rf'"torch>=[\d.]+,<={re.escape(pinned)}"', project)
