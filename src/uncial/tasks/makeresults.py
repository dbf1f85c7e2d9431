"""What *tesstrain* makes of a trained model: other precisions, a measurement, curves.

Source: tesstrain ``Makefile`` of 2024, its targets traineddata, evaluation and plot.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from uncial.errors import ConfigError
from uncial.tasks.making import Making

_SIZE = (960, 540)  # px of a chart
_FRAME = (80, 40, 930, 480)  # px: left, top, right, bottom of its plane
_TICKS = 5
_FIRST_TRAIN = "make the target training"


def traineddata(making: Making) -> None:
    """Float and int8 models of a trained run."""
    from uncial.formats.models.traineddata import rewritten

    data = _model(making).read_bytes()
    name = f"{making.name}.traineddata"
    for kind, integer in (("best", False), ("fast", True)):
        path = making.folder / f"tessdata_{kind}" / name
        _write(making, path, rewritten(data, name, integer=integer)[0])


def evaluation(making: Making) -> None:
    """What the model reads of ``list.eval``, without its dictionary, as ``lstmeval`` does."""
    from uncial.tasks.evaluate import EvaluateConfig, evaluate_reader

    result = evaluate_reader(
        EvaluateConfig(
            model=_model(making),
            data=(making.folder / "list.eval",),
            split="all",
            dictionary=False,
            go_on=True,
        ),
        making.reporter,
    )
    making.cer = result.cer
    told = f"CER eval={100 * result.cer:.3f}, WER eval={100 * result.wer:.3f}\n"
    _write(making, making.folder / "eval" / f"{making.name}.eval.log", told.encode())


def plot(making: Making) -> None:
    """The course of the training, as a table and as charts over iterations, which are lines."""
    course = _course(making)
    rows = ["Name\tTrainingIteration\tEvalCER\tLoss"]
    for kind, points in (("eval", course.cer), ("train", course.loss)):
        for iteration, value in points:
            cells = (f"{value:.4f}", "") if kind == "eval" else ("", f"{value:.5f}")
            rows.append("\t".join((making.name, str(iteration), *cells)))
    path = making.folder / f"{making.name}.plot.tsv"
    _write(making, path, ("\n".join(rows) + "\n").encode())
    for kind, points, title in (
        ("cer", course.cer, "CER on list.eval, percent"),
        ("log", course.loss, "loss on the training lines"),
    ):
        if points:
            chart(points, title, making.folder / f"{making.name}.plot_{kind}.png")
            making.files.append(making.folder / f"{making.name}.plot_{kind}.png")


@dataclass(frozen=True, kw_only=True)
class _Course:
    """How a training went.

    Attributes:
        cer: Iterations, and percent on ``list.eval``.
        loss: Iterations, and loss.
    """

    cer: list[tuple[int, float]]
    loss: list[tuple[int, float]]


def _course(making: Making) -> _Course:
    log, told = making.run / "events.jsonl", making.run / "run.json"
    if not log.is_file() or not told.is_file():
        raise ConfigError(f"{making.run}: nothing was trained yet", remedy=_FIRST_TRAIN)
    settings = json.loads(told.read_text(encoding="utf-8"))["settings"]
    lines = int(settings["batch"]) * int(settings["batches"])
    found: dict[str, list[tuple[int, float]]] = {"validation_cer": [], "loss": []}
    for row in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(row)
        if event["event"] == "metric" and event["name"] in found:
            scale = 100 if event["name"] == "validation_cer" else 1
            found[event["name"]].append((event["step"] * lines, scale * event["value"]))
    return _Course(cer=found["validation_cer"], loss=found["loss"])


def chart(points: Sequence[tuple[float, float]], title: str, path: Path) -> None:
    """Draw one curve.

    Args:
        points: From left to right, at least one; no value is negative.
        title: What the values are.
        path: Of the PNG.
    """
    image = Image.new("L", _SIZE, 255)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size=16)
    left, top, right, bottom = _FRAME
    wide = max(x for x, _ in points) or 1
    high = max(y for _, y in points) or 1
    draw.text((left, 10), title, fill=0, font=font)
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        y, x = bottom - share * (bottom - top), left + share * (right - left)
        draw.line([(left, y), (right, y)], fill=210)
        draw.text((left - 8, y), f"{share * high:.3g}", fill=0, font=font, anchor="rm")
        draw.text((x, bottom + 8), f"{share * wide:.0f}", fill=0, font=font, anchor="mt")
    draw.rectangle(_FRAME, outline=0)
    places = [
        (left + x / wide * (right - left), bottom - y / high * (bottom - top)) for x, y in points
    ]
    draw.line(places, fill=0, width=2)
    for x, y in places if len(places) < 100 else ():
        draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=0)
    draw.text(((left + right) / 2, bottom + 32), "iterations", fill=0, font=font, anchor="mt")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def _model(making: Making) -> Path:
    path = making.run / "model.traineddata"
    if not path.is_file():
        raise ConfigError(f"{path}: nothing was trained yet", remedy=_FIRST_TRAIN)
    return path


def _write(making: Making, path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    making.files.append(path)
