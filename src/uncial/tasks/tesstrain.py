"""The verb *tesstrain*: tesstrain's ``make``, without its tool-chain.

Reads the same folders and variables and leaves the same files: ``list.train`` and ``list.eval``,
``unicharset``, the model that training starts from, and ``DATA_DIR/MODEL_NAME.traineddata``.

Source: tesstrain ``Makefile`` of 2024.
"""

from __future__ import annotations

import math
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import ConfigError, DataError
from uncial.formats.lines.base import GT_SUFFIX
from uncial.progress import Note, Reporter, silent
from uncial.tasks.makevars import MakeVariables

_ELSEWHERE = {
    "evaluation": "use uncial evaluate on the model",
    "plot": "the report in the run folder shows the course of the run",
    "tesseract-langdata": "take it from github.com/tesseract-ocr/langdata_lstm",
    "charfreq": "use uncial ingest, whose report counts characters",
    "clean": "remove the folder of the model",
    "clean-output": "remove the folder of the model",
    "clean-box": "no box files are made",
    "clean-lstmf": "no .lstmf files are made",
    "tesseract": "nothing has to be built",
    "leptonica": "nothing has to be built",
}
_DIFFERENCES = (
    "lines are read from their images; no .box and .lstmf files are made",
    "the same image in both lists is an error",
    "the charset is that of list.train; in tesstrain that of all lines",
    "TARGET_ERROR_RATE is the CER on list.eval; in tesstrain an error rate of training lines",
    "the model kept is the best on list.eval; in tesstrain the best on the training lines",
)


@dataclass(frozen=True, kw_only=True)
class TesstrainConfig:
    """What to make."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    target: str = "training"
    """training, lists, unicharset, proto-model or traineddata."""
    variables: tuple[str, ...] = ()
    """Assignments as for make: MODEL_NAME=foo START_MODEL=eng TESSDATA=DIR."""
    threads: int = 0
    """Cores to use; 0 takes every one."""
    device: str = "auto"
    """auto, cpu or cuda; auto takes a GPU if there is one."""


@dataclass(frozen=True, kw_only=True)
class TesstrainResult:
    """What was made.

    Attributes:
        files: In the order in which they were made.
        training_lines: Lines in ``list.train``.
        evaluation_lines: Lines in ``list.eval``.
        validation_cer: Of the model on ``list.eval``, a fraction; None where none was trained.
        run: The run folder, if there is one.
        differences: What was done otherwise than tesstrain does it.
    """

    files: tuple[Path, ...]
    training_lines: int
    evaluation_lines: int
    validation_cer: float | None
    run: Path | None
    differences: tuple[str, ...]


@dataclass
class _Making:
    """One call in progress."""

    variables: MakeVariables
    config: TesstrainConfig
    reporter: Reporter
    files: list[Path]
    validation_cer: float | None = None

    @property
    def folder(self) -> Path:
        return self.variables.path("OUTPUT_DIR")

    @property
    def run(self) -> Path:
        return self.folder / "checkpoints"


def tesstrain(config: TesstrainConfig, reporter: Reporter = silent) -> TesstrainResult:
    """Do what `make` does in tesstrain, with its folders and variables.

    A training that was stopped goes on with its first settings when it is called again. What
    is done otherwise than in tesstrain is said.

    Raises:
        ConfigError: There is no such target or variable.
        DataError: There is no ground truth, or it is unusable.
    """
    variables = MakeVariables.read(config.variables)
    make = _TARGETS.get(config.target)
    if make is None:
        raise ConfigError(
            f"there is no target {config.target!r}",
            remedy=_ELSEWHERE.get(config.target, f"use one of {', '.join(_TARGETS)}"),
        )
    making = _Making(variables, config, reporter, [])
    differences = (*variables.notes(), *_DIFFERENCES)
    for text in differences:
        reporter(Note(text=text))
    make(making)
    return TesstrainResult(
        files=tuple(making.files),
        training_lines=len(_entries(making.folder / "list.train")),
        evaluation_lines=len(_entries(making.folder / "list.eval")),
        validation_cer=making.validation_cer,
        run=making.run if making.run.exists() else None,
        differences=differences,
    )


def shuffled(entries: Sequence[str], seed: str) -> list[str]:
    """Entries in the order that tesstrain gives them.

    Args:
        entries: In any order.
        seed: Text of ``RANDOM_SEED``.
    """
    order = sorted(entries)
    random.Random(seed).shuffle(order)
    return order


def _lists(making: _Making) -> None:
    """``list.train`` and ``list.eval``; those that are there stay."""
    paths = [making.folder / name for name in ("list.train", "list.eval")]
    if all(path.is_file() for path in paths):
        return
    source = making.variables.path("GROUND_TRUTH_DIR")
    entries = [
        os.path.join(folder, name.removesuffix(GT_SUFFIX) + ".lstmf")  # noqa: PTH118 - as typed
        for folder, _, names in os.walk(source, followlinks=True)
        for name in names
        if name.endswith(GT_SUFFIX)
    ]
    ratio = making.variables.number("RATIO_TRAIN")
    count = int(ratio * len(entries))
    if not 0 < count < len(entries):
        raise DataError(
            f"{source}: {len(entries)} lines of ground truth, {count} of them for training",
            remedy="put images with .gt.txt files there, and set RATIO_TRAIN between 0 and 1",
        )
    order = shuffled(entries, making.variables["RANDOM_SEED"])
    making.folder.mkdir(parents=True, exist_ok=True)
    for path, part in zip(paths, (order[:count], order[count:]), strict=True):
        path.write_text("\n".join(part), encoding="utf-8")
        making.files.append(path)


def _unicharset(making: _Making) -> None:
    """``unicharset`` of the lines, and of the start model."""
    _proto(making, "lstm-unicharset", making.folder / "unicharset")


def _proto_model(making: _Making) -> None:
    """The model without a network that training starts from."""
    _proto(making, "", making.variables.path("PROTO_MODEL"))


def _proto(making: _Making, component: str, path: Path) -> None:
    from uncial.formats.tesseract.container import TrainedData
    from uncial.text.normalize import Normalization
    from uncial.training.start import open_base
    from uncial.training.starter import charset_of_base, charset_of_texts

    _lists(making)
    texts = []
    for entry in _entries(making.folder / "list.train"):
        truth = Path(entry.removesuffix(".lstmf") + GT_SUFFIX)
        if truth.is_file():
            text = truth.read_text(encoding="utf-8", errors="replace")
            texts.append(Normalization.DEFAULT(text))
    options = making.variables.tesseract()
    base = open_base(making.variables.start())
    made = (
        charset_of_texts(texts, options)
        if base is None
        else charset_of_base(base.components, texts, options)
    )
    model = TrainedData(components=dict(made.components))
    path.write_bytes(model.components[component] if component else model.pack())
    making.files.append(path)


def _training(making: _Making) -> None:
    """The model, trained."""
    from uncial.tasks.train import train
    from uncial.training.basis import RetainConfig
    from uncial.training.config import NetworkConfig, OptimizerConfig, StopConfig, TrainConfig

    _lists(making)
    if (making.run / "run.json").exists():
        making.reporter(Note(text=f"goes on with the run in {making.run}"))
        config = TrainConfig(output=making.run, resume=True)
    else:
        variables = making.variables
        based = variables.start_model is not None
        replaces = based and variables.finetune_type == "Layer"
        rate = variables.number("LEARNING_RATE") if variables["LEARNING_RATE"] else None
        steps, epochs = _length(variables)
        config = TrainConfig(
            data=(making.folder / "list.train", making.folder / "list.eval"),
            output=making.run,
            preset="tesseract",
            network=NetworkConfig(spec=variables.spec if replaces or not based else "auto"),
            optimizer=OptimizerConfig(lr="auto" if rate is None else rate),
            stop=StopConfig(target=variables.number("TARGET_ERROR_RATE") / 100),
            start=variables.start(),
            tesseract=variables.tesseract(),
            retain=RetainConfig(source="none"),
            threads=making.config.threads,
            device=making.config.device,
            go_on=True,
            steps=steps,
            epochs=epochs,
        )
    result = train(config, making.reporter)
    making.validation_cer = result.validation_cer
    if result.traineddata is not None:
        target = making.variables.path("DATA_DIR") / f"{making.variables['MODEL_NAME']}.traineddata"
        shutil.copyfile(result.traineddata, target)
        making.files.append(target)


def _length(variables: MakeVariables) -> tuple[int, int]:
    """Steps, or 0, and epochs of a run; an iteration of Tesseract is one line."""
    from uncial.training.config import TrainConfig, preset_values

    if variables["EPOCHS"]:
        return 0, int(variables.number("EPOCHS"))
    iterations = int(variables.number("MAX_ITERATIONS"))
    if iterations < 0:
        return 0, -iterations
    preset = preset_values("tesseract")
    return math.ceil(iterations / (preset["batch"] * preset["batches"])), TrainConfig.epochs


def _traineddata(making: _Making) -> None:
    """Float and int8 models of a trained run."""
    from uncial.formats.models import traineddata

    source = making.run / "model.traineddata"
    if not source.is_file():
        raise ConfigError(f"{source}: nothing was trained yet", remedy="make the target training")
    data = source.read_bytes()
    name = f"{making.variables['MODEL_NAME']}.traineddata"
    for kind, integer in (("best", False), ("fast", True)):
        path = making.folder / f"tessdata_{kind}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(traineddata.rewritten(data, name, integer=integer)[0])
        making.files.append(path)


def _entries(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n") if path.is_file() else []


_TARGETS: dict[str, Callable[[_Making], None]] = {
    "training": _training,
    "lists": _lists,
    "unicharset": _unicharset,
    "proto-model": _proto_model,
    "traineddata": _traineddata,
}
