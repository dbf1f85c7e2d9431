"""Results of the tasks that guard a training, as a person reads them."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from uncial.cli.tables import show


def _shown(task: str, result: dict[str, Any]) -> str:
    file = io.StringIO()
    show(task, result, Console(file=file, width=100))
    return file.getvalue()


def test_the_doctor_names_what_is_wrong_or_that_nothing_is() -> None:
    sound = {"run": "runs/a", "diagnoses": {}, "cores": 2}
    assert _shown("doctor", sound) == "runs/a: nothing found\n"
    ill = _shown("doctor", {**sound, "diagnoses": {"leak": "copies (3 of 9); split by page"}})
    assert ill == "• copies (3 of 9); split by page\n"
    machine = _shown("doctor", {"run": None, "diagnoses": {}, "cores": 2})
    assert "cores" in machine
    assert "diagnoses" not in machine


def test_a_long_charset_is_cut_and_says_so() -> None:
    one = {"text": "ſ", "count": 9, "lines": 8, "action": "map", "to": "s", "example": "daß ſie"}
    result = {"base": "b", "lines": 8, "of_lines": 10, "output": "c.toml"}
    few = _shown("charset", {**result, "characters": [one]})
    assert "ſ  U+017F" in few
    assert "map s" in few
    assert "train with --charset-file" in few
    assert "and 5 rarer ones" in _shown("charset", {**result, "characters": [one] * 45})


def test_models_that_cannot_be_read_have_their_reason_for_figures() -> None:
    good = {"model": "a", "cer": 0.0132, "cer_ci95": [0.005, 0.02], "wer": 0.1, "missing": 0}
    bad = {"model": "b", "problem": "cut short"}
    models = [{**good, "cpu_ms_per_line": 7.2, "problem": ""}, bad]
    text = _shown("models", {"models": models, "lines": 20})
    assert "1.32 %" in text
    assert "b: cut short" in text


def test_suspects_show_both_readings() -> None:
    first = [{"rank": 1, "line_id": "p1", "truth": "daß", "output": "das"}]
    result = {"differing": 3, "lines": 9, "cer": 0.05, "first": first}
    text = _shown("suspects", {**result, "report": "r.html", "table": "t.csv"})
    assert "3 of 9 lines" in text
    assert "1. p1" in text
    assert "daß" in text
    assert "das" in text
