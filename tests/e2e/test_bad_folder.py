"""A folder where much is broken: training takes the good lines and says what became of the rest."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bad_lines import BAD, write_bad, write_pairs

from uncial.cli.main import run
from uncial.data.findings import KINDS
from uncial.data.store import LineStore
from uncial.models.recognizer import Recognizer

SPEC = "[1,24,0,1 Cl3,3,8,2,2 Bnr Mp2,2 Fh{stem} (I Lbx8)]"
LEFT_OUT = {
    name: code for name, (_, code) in BAD.items() if code and KINDS[code].severity == "error"
}
KEPT = {name: code for name, (_, code) in BAD.items() if name not in LEFT_OUT}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad") / "lines"
    write_pairs(folder, 60)
    write_bad(folder)
    return folder


def _train(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, result object and standard error of ``uncial train``."""
    small = ("--steps", "20", "--stop.patience", "0", "--threads", "1", "--network.spec", SPEC)
    code = run(["train", *argv, *small, "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out), captured.err


def test_the_cases_are_many() -> None:
    assert len(LEFT_OUT) + sum(bool(code) for code in KEPT.values()) >= 20


def test_training_goes_on_with_the_good_lines_and_names_every_bad_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    code, result, told = _train(capsys, str(folder), "-o", str(output), "--go-on")
    assert code == 0, told
    assert (result["ended"], result["steps"]) == ("finished", 20)
    assert "Traceback" not in told

    (report,) = output.glob("lines/*/report.txt")
    store = LineStore.open(report.parent)
    ids = set(store.line_ids())
    assert len(ids) == 60 + len(KEPT)
    assert not ids & {f"bad-{name}" for name in LEFT_OUT}
    assert {f"bad-{name}" for name in KEPT} <= ids
    assert result["training_lines"] == store.splits["train"]

    assert f"left out {len(LEFT_OUT)} bad lines: " in told
    assert str(report) in told
    _check_readable(report.read_text(encoding="utf-8"), LEFT_OUT | KEPT)
    _check_findings(json.loads(report.with_suffix(".json").read_text(encoding="utf-8")))

    model = Recognizer.load(Path(result["model"]))
    assert len(model.read([store.image(0)], threads=1)) == 1
    page = Path(result["report"]).read_text(encoding="utf-8")
    assert "validation" in page


def _check_readable(text: str, expected: dict[str, str]) -> None:
    """Every chapter counts its lines, states the remedy and names them."""
    chapters = {
        part.split("[")[1].split("]")[0]: part for part in text.split("\n\n") if " × " in part
    }
    for name, code in expected.items():
        if code:
            assert f"bad-{name}" in chapters[code], name
            assert f"→ {KINDS[code].remedy}" in chapters[code]
    for code, count in Counter(LEFT_OUT.values()).items():
        assert f"{count} × {KINDS[code].message}" in chapters[code]


def _check_findings(report: dict[str, Any]) -> None:
    assert report["lines"]["left_out"] == Counter(LEFT_OUT.values())
    found = {(finding["line_id"], finding["code"]): finding for finding in report["findings"]}
    for name, code in (LEFT_OUT | KEPT).items():
        if code:
            finding = found[f"bad-{name}", code]
            assert finding["remedy"] == KINDS[code].remedy
            assert finding["message"].startswith(KINDS[code].message)
            assert f"bad-{name}" in finding["source"]


def test_without_leave_to_go_on_nothing_is_trained(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "run"
    code, result, told = _train(capsys, str(folder), "-o", str(output))
    assert code == 3
    assert result["error"]["code"] == "data_error"
    share = f"{len(LEFT_OUT)} of {60 + len(BAD)} lines"
    assert share in told
    assert "go on without them" in result["error"]["remedy"]
    for wrong in set(LEFT_OUT.values()):
        assert KINDS[wrong].message in told
    (report,) = output.glob("lines/*.report.txt")
    assert str(report) in told
    _check_readable(report.read_text(encoding="utf-8"), LEFT_OUT)
    assert not (output / "run.json").exists()
    assert not list(output.rglob("*.arrow"))
    code, result, told = _train(capsys, str(folder), "-o", str(output), "--go-on")
    assert code == 0, told
    assert result["training_lines"] > 40
