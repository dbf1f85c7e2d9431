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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import ConfigError, DataError
from uncial.formats.lines.base import GT_SUFFIX, open_source
from uncial.progress import Note, Reporter, silent
from uncial.tasks import makeresults
from uncial.tasks.makevars import MakeVariables
from uncial.tasks.making import Making

_TRUTH = (GT_SUFFIX, ".box", ".lstmf")
_ELSEWHERE = {
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
    "evaluation states CER and WER; in tesstrain those of bags of characters and of words",
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
    """training, lists, unicharset, proto-model, traineddata, evaluation or plot."""
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
    making = Making(
        variables=variables, reporter=reporter, threads=config.threads, device=config.device
    )
    differences = (*variables.notes(), *_DIFFERENCES)
    for text in differences:
        reporter(Note(text=text))
    make(making)
    return TesstrainResult(
        files=tuple(making.files),
        training_lines=len(making.listed("list.train")),
        evaluation_lines=len(making.listed("list.eval")),
        validation_cer=making.cer,
        run=making.run if making.run.exists() else None,
        differences=differences,
    )


def shuffled(entries: Iterable[str], seed: str) -> list[str]:
    """Entries in the order that tesstrain gives them.

    Args:
        entries: In any order.
        seed: Text of ``RANDOM_SEED``.
    """
    order = sorted(entries)
    random.Random(seed).shuffle(order)
    return order


def _lists(making: Making) -> None:
    """``list.train`` and ``list.eval``; those that are there stay."""
    paths = [making.folder / name for name in ("list.train", "list.eval")]
    if all(path.is_file() for path in paths):
        return
    source = making.variables.path("GROUND_TRUTH_DIR")
    entries = {
        os.path.join(folder, name.removesuffix(suffix) + ".lstmf")  # noqa: PTH118 - as typed
        for folder, _, names in os.walk(source, followlinks=True)
        for name in names
        for suffix in _TRUTH
        if name.endswith(suffix)
    }
    ratio = making.variables.number("RATIO_TRAIN")
    count = int(ratio * len(entries))
    if not 0 < count < len(entries):
        raise DataError(
            f"{source}: {len(entries)} lines of ground truth, {count} of them for training",
            remedy="put images with .gt.txt or .box files, or .lstmf files, there, and set "
            "RATIO_TRAIN between 0 and 1",
        )
    order = shuffled(entries, making.variables["RANDOM_SEED"])
    making.folder.mkdir(parents=True, exist_ok=True)
    for path, part in zip(paths, (order[:count], order[count:]), strict=True):
        path.write_text("\n".join(part), encoding="utf-8")
        making.files.append(path)


def _unicharset(making: Making) -> None:
    """``unicharset`` of the lines, and of the start model."""
    _proto(making, "lstm-unicharset", making.folder / "unicharset")


def _proto_model(making: Making) -> None:
    """The model without a network that training starts from."""
    _proto(making, "", making.variables.path("PROTO_MODEL"))


def _proto(making: Making, component: str, path: Path) -> None:
    from uncial.formats.tesseract.container import TrainedData
    from uncial.text.normalize import Normalization
    from uncial.training.start import open_base
    from uncial.training.starter import charset_of_base, charset_of_texts

    _lists(making)
    texts = [
        Normalization.DEFAULT(_decoded(line.text))
        for line in open_source(making.folder / "list.train")
        if line.text is not None
    ]
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


def _training(making: Making) -> None:
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
        steps, epochs = _length(making)
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
            threads=making.threads,
            device=making.device,
            go_on=True,
            steps=steps,
            epochs=epochs,
        )
    result = train(config, making.reporter)
    making.cer = result.validation_cer
    if result.traineddata is not None:
        target = making.variables.path("DATA_DIR") / f"{making.name}.traineddata"
        shutil.copyfile(result.traineddata, target)
        making.files.append(target)


def _length(making: Making) -> tuple[int, int]:
    """Steps, or 0, and epochs of a run; an iteration of Tesseract is one line."""
    from uncial.models.cores import cores
    from uncial.training.config import TrainConfig
    from uncial.training.settings import preset_values

    variables = making.variables
    if variables["EPOCHS"]:
        return 0, int(variables.number("EPOCHS"))
    iterations = int(variables.number("MAX_ITERATIONS"))
    if iterations < 0:
        return 0, -iterations
    preset = preset_values("tesseract")
    lines = preset["batch"] * min(preset["batches"], making.threads or cores())
    return math.ceil(iterations / lines), TrainConfig.epochs


def _decoded(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8-sig", errors="replace")


_TARGETS: dict[str, Callable[[Making], None]] = {
    "training": _training,
    "lists": _lists,
    "unicharset": _unicharset,
    "proto-model": _proto_model,
    "traineddata": makeresults.traineddata,
    "evaluation": makeresults.evaluation,
    "plot": makeresults.plot,
}
