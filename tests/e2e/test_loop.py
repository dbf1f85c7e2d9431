"""From nothing to a read line through the command line, as a user goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MINUTES = "0.5"


def uncial(*argv: str | Path, code: int = 0) -> dict[str, Any]:
    """Run a command with ``--json``; its one object."""
    done = subprocess.run(
        [sys.executable, "-m", "uncial", *map(str, argv), "--json"],
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, done.stderr[-4000:]
    assert "Traceback" not in done.stderr
    result = json.loads(done.stdout)
    assert isinstance(result, dict)
    return result


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    return uncial("demo", "-o", folder, "--minutes", MINUTES, "--lines", "600", "--fresh", "4")


def test_the_demo_learns_to_read(demo: dict[str, Any]) -> None:
    assert demo["cer"] < 0.5
    assert demo["cer_ci95"][0] <= demo["cer"] <= demo["cer_ci95"][1]
    assert demo["train_seconds"] < 60 * float(MINUTES) + 60
    assert len(demo["fresh"]) == 4
    assert Path(demo["report"]).stat().st_size > 10_000


def test_evaluation_repeats_the_demo_s_figures(demo: dict[str, Any]) -> None:
    lines = Path(demo["output"]) / "lines"
    result = uncial("evaluate", demo["model"], lines, "--split", "test")
    assert result["cer"] == pytest.approx(demo["cer"])
    assert result["cer_ci95"] == pytest.approx(demo["cer_ci95"])
    assert result["lines"] == demo["lines"]


def test_images_are_read_in_the_order_given(demo: dict[str, Any]) -> None:
    images = [line["image"] for line in demo["fresh"]][::-1]
    read = uncial("recognize", demo["model"], *images)["lines"]
    assert [line["image"] for line in read] == images
    assert [line["text"] for line in read] == [line["text"] for line in demo["fresh"]][::-1]


def test_the_model_and_a_store_can_be_inspected(demo: dict[str, Any], tmp_path: Path) -> None:
    assert uncial("inspect", demo["model"])["kind"] == "model"
    made = uncial("ingest", Path(demo["output"]) / "lines", "-o", tmp_path / "store")
    facts = uncial("inspect", tmp_path / "store")["facts"]
    assert facts["lines"] == made["lines"] == 720


def test_interrupting_keeps_the_best_model_and_resuming_goes_on(
    demo: dict[str, Any], tmp_path: Path
) -> None:
    run, lines = tmp_path / "run", Path(demo["output"]) / "lines"
    command = [sys.executable, "-m", "uncial", "train", lines, "-o", run, "--minutes", "0.7"]
    with subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as training:
        deadline = time.monotonic() + 200
        while not (run / "model.safetensors").exists() and time.monotonic() < deadline:
            assert training.poll() is None, training.communicate()[1][-4000:]
            time.sleep(0.5)
        training.send_signal(signal.SIGINT)
        _, said = training.communicate(timeout=120)
    assert training.returncode == 130, said[-4000:]
    assert "Traceback" not in said
    model = run / "model.safetensors"
    kept = uncial("evaluate", model, lines)
    assert kept["lines"] == demo["lines"]

    resumed = uncial("train", "--resume", "-o", run)
    assert Path(resumed["model"]) == model
    assert resumed["ended"] in {"finished", "early stop"}
    assert 0 <= resumed["validation_cer"] <= 1.5


def test_a_missing_model_is_the_user_s_to_mend(tmp_path: Path) -> None:
    error = uncial("evaluate", tmp_path / "absent.safetensors", tmp_path, code=3)["error"]
    assert "absent.safetensors" in error["message"]
    assert error["remedy"]
