"""The whole loop on made-up lines: render, train, evaluate, read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.page.layout import LineSample
    from uncial.synth.fonts import Font

_MARK = "demo.json"  # written first; a folder that has it may be made anew
_SPLITS = ("train", "validation", "test", "fresh")
_LISTS = {"train": "list.train", "validation": "list.val", "test": "list.test"}
_SEEDS = {name: 1000 * (place + 1) for place, name in enumerate(_SPLITS)}


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """How much to make and how long to train."""

    output: Path = Path("demo")
    """Folder for the lines, the model and the report."""

    minutes: float = 2.0
    """Training time."""

    lines: int = 2400
    """Lines to train on; a tenth as many, at least 20, are validated and tested on."""

    fresh: int = 8
    """New lines to read at the end."""

    seed: int = 0
    """Draws text, fonts, ageing and the network's start."""


@dataclass(frozen=True, kw_only=True)
class FreshLine:
    """A line that was rendered after training and then read.

    Attributes:
        truth: What was rendered.
        text: What was read.
    """

    image: Path
    font: str
    truth: str
    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What this run measured; rates are fractions.

    Attributes:
        train_seconds: Wall time of training.
        cpu_seconds: CPU time of training, all threads.
        fresh: Lines made and read at the end.
    """

    output: Path
    model: Path
    report: Path
    fonts: int
    train_lines: int
    train_seconds: float
    cpu_seconds: float
    validation_cer: float
    lines: int
    cer: float
    cer_ci95: tuple[float, float]
    wer: float
    cpu_ms_per_line: float
    fresh: tuple[FreshLine, ...]


def demo(config: DemoConfig, reporter: Reporter = silent) -> DemoResult:
    """Make lines from open fonts, train on them, measure, and read fresh lines.

    The lines are written as image and .gt.txt pairs, the layout your own lines may have.
    Training, validation and test text come from different paragraphs. Every figure is
    measured in this run.

    Raises:
        ConfigError: The folder holds something else than an earlier demo.
        MissingDependency: The font packages are not installed.
    """
    from uncial.synth.fonts import text_fonts
    from uncial.tasks.evaluate import EvaluateConfig, evaluate_reader
    from uncial.tasks.train import TrainConfig, train

    fonts = text_fonts()
    _clear(config.output)
    made = _make_lines(config, fonts, reporter)
    data = config.output / "lines"
    trained = train(
        TrainConfig(
            data=(data,), output=config.output / "run", minutes=config.minutes, seed=config.seed
        ),
        reporter,
    )
    report = config.output / "report.html"
    measured = evaluate_reader(
        EvaluateConfig(model=trained.model, data=(data,), report=report, seed=config.seed),
        reporter,
    )
    return DemoResult(
        output=config.output,
        model=trained.model,
        report=report,
        fonts=len(fonts),
        train_lines=made,
        train_seconds=trained.seconds,
        cpu_seconds=trained.cpu_seconds,
        validation_cer=trained.validation_cer,
        lines=measured.lines,
        cer=measured.cer,
        cer_ci95=measured.cer_ci95,
        wer=measured.wer,
        cpu_ms_per_line=measured.cpu_ms_per_line,
        fresh=_read_fresh(config, fonts, trained.model, reporter),
    )


def _clear(folder: Path) -> None:
    """Make `folder` an empty demo folder; what is not an earlier demo is left alone."""
    if folder.exists():
        if not (folder / _MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(
                f"{folder}: exists and is not an earlier demo", remedy="name another output folder"
            )
        for name in ("lines", "fresh", "run"):
            shutil.rmtree(folder / name, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text(json.dumps({"made by": "uncial demo"}) + "\n", encoding="utf-8")


def _make_lines(config: DemoConfig, fonts: Sequence[Font], reporter: Reporter) -> int:
    from uncial.synth.corpus import text_lines
    from uncial.synth.recipe import samples

    tested = max(20, config.lines // 10)
    counts = {"train": config.lines, "validation": tested, "test": tested}
    total, done = sum(counts.values()), 0
    folder = config.output / "lines"
    for split, count in counts.items():
        seed = config.seed + _SEEDS[split]
        texts = islice(text_lines(_paragraphs(split), seed=seed), count)
        names = []
        for sample in samples(texts, fonts, seed=seed, name=split):
            names.append(_write_pair(sample, folder))
            done += 1
            reporter(Advanced(stage="render", done=done, total=total))
        (folder / _LISTS[split]).write_text("\n".join(names) + "\n", encoding="utf-8")
    reporter(Note(text=f"{total} lines in {len(fonts)} fonts rendered into {folder}"))
    return config.lines


def _paragraphs(split: str) -> list[str]:
    """The paragraphs whose text a split may use; no two splits share one."""
    from uncial.synth.corpus import built_in_prose

    owners = ("train", "validation", "train", "test", "train", "train")
    wanted = "test" if split == "fresh" else split
    prose = built_in_prose()
    return [text for at, text in enumerate(prose) if owners[at % len(owners)] == wanted]


def _write_pair(sample: LineSample, folder: Path) -> str:
    """Write image and ground truth; the name of the image relative to `folder`."""
    from uncial.data.images import encode_image

    font = sample.document.replace(" ", "")
    name = f"{font}/{sample.line_id.replace('/', '-')}"
    image = folder / f"{name}.png"
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_bytes(encode_image(sample.image))
    image.with_name(f"{image.stem}.gt.txt").write_text(f"{sample.text}\n", encoding="utf-8")
    return f"{name}.png"


def _read_fresh(
    config: DemoConfig, fonts: Sequence[Font], model: Path, reporter: Reporter
) -> tuple[FreshLine, ...]:
    from uncial.synth.recipe import samples
    from uncial.tasks.recognize import RecognizeConfig, recognize

    folder = config.output / "fresh"
    seed = config.seed + _SEEDS["fresh"]
    made = list(samples(_fresh_texts(config.fresh, seed), fonts, seed=seed, name="fresh"))
    paths = tuple(folder / _write_pair(sample, folder) for sample in made)
    if not paths:
        return ()
    read = recognize(RecognizeConfig(model=model, images=paths), reporter)
    return tuple(
        FreshLine(
            image=line.image,
            font=sample.document,
            truth=sample.text or "",
            text=line.text,
            confidence=line.confidence,
        )
        for sample, line in zip(made, read.lines, strict=True)
    )


def _fresh_texts(count: int, seed: int) -> Iterable[str]:
    from uncial.synth.corpus import text_lines

    return islice(text_lines(_paragraphs("fresh"), seed=seed), count)
