"""The verb *suggest*: which lines to transcribe next."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from uncial.errors import ConfigError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.suggestion import Pick
    from uncial.training.selftraining.teacher import Guess


@dataclass(frozen=True, kw_only=True)
class SuggestConfig:
    """Among which lines to choose, and by which model."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    model: Path
    """The best model that there is for these lines."""
    lines: tuple[Path, ...]
    """Lines that nobody has transcribed: folders or files of images, or line stores."""
    output: Path | None = None
    """Folder to make: the images, each with the model's reading in a ``.gt.txt`` to correct."""
    count: int = 20
    """Lines wanted."""
    views: int = 2
    """Distorted views of each line that are read; a reading that changes is doubtful."""
    threads: int = 0
    """Cores to use; 0 takes every one."""

    def __post_init__(self) -> None:
        if self.count < 1 or self.views < 0:
            raise ConfigError(
                f"{self.count} lines by {self.views} views", remedy="ask for at least one line"
            )


@dataclass(frozen=True, kw_only=True)
class SuggestedLine:
    """One line worth transcribing.

    Attributes:
        image: Its file, or its id in a line store.
        reading: What the model takes it for.
        doubt: Rank of its doubt among all lines, 0-1.
        newness: How unlike it is to those above it, 0-1.
    """

    image: str
    reading: str
    doubt: float
    newness: float


@dataclass(frozen=True, kw_only=True)
class SuggestResult:
    """The lines to transcribe, the most useful first.

    Attributes:
        lines: They.
        among: How many lines were looked at.
        output: Folder with images and readings to correct; None where none was asked for.
        cpu_seconds: Processor time.
    """

    lines: tuple[SuggestedLine, ...]
    among: int
    output: Path | None
    cpu_seconds: float


def suggest(config: SuggestConfig, reporter: Reporter = silent) -> SuggestResult:
    """Choose the lines whose ground truth would teach a model most.

    They are read badly now, unlike each other, and no bad crops. With a folder as output their
    images are put there, each with the present reading in a file to correct; what is corrected can
    be trained on as it is.

    Raises:
        ConfigError: A path does not exist, the folder is not empty, or the model decodes in a way
            of its own.
        DataError: There is no line that can be read.
        FormatError: The model cannot be read.
    """
    import tempfile

    from uncial.evaluation.suggestion import Candidate, suggested
    from uncial.models.hub import open_model
    from uncial.tasks.listening import listeners
    from uncial.tasks.unlabeled import unlabeled_store
    from uncial.training.selftraining.teacher import guesses

    cpu = time.process_time()
    config = with_local(config, "model", reporter=reporter)
    if config.output is not None and config.output.exists() and any(config.output.iterdir()):
        raise ConfigError(f"{config.output}: is not empty", remedy="name another folder")
    reader, *_ = listeners(open_model(config.model, reporter=reporter))
    with tempfile.TemporaryDirectory() as scratch:
        store = unlabeled_store(config.lines, Path(scratch) / "lines", reporter)
        found = list(
            guesses(
                reader,
                store.image,
                len(store),
                listener=None,
                views=config.views,
                seed=0,
                threads=config.threads,
                reporter=reporter,
            )
        )
        candidates = [
            Candidate(text=one.text, score=one.score, agreement=one.agreement, width=one.width)
            for one in found
        ]
        picks = suggested(candidates, config.count)
        if len(picks) < config.count:
            text = f"only {len(picks)} of {len(store)} lines look sound"
            reporter(Note(text=text, level="warning"))
        if config.output is not None:
            _write(config.output, store, found, picks)
        lines = tuple(_line(store, found, pick) for pick in picks)
    return SuggestResult(
        lines=lines,
        among=len(found),
        output=config.output,
        cpu_seconds=time.process_time() - cpu,
    )


def _line(store: LineStore, found: list[Guess], pick: Pick) -> SuggestedLine:
    record = store.record(pick.number)
    return SuggestedLine(
        image=record.source or record.line_id,
        reading=found[pick.number].text,
        doubt=pick.doubt,
        newness=pick.newness,
    )


def _write(folder: Path, store: LineStore, found: list[Guess], picks: list[Pick]) -> None:
    """Images with readings to correct, numbered by usefulness."""
    from uncial.data.images import encode_image

    folder.mkdir(parents=True, exist_ok=True)
    for place, pick in enumerate(picks, start=1):
        stem = Path(store.line_ids([pick.number])[0].replace("/", "_")).stem
        path = folder / f"{place:03d}-{stem}"
        path.with_name(f"{path.name}.png").write_bytes(encode_image(store.image(pick.number)))
        text = f"{found[pick.number].text}\n"
        path.with_name(f"{path.name}.gt.txt").write_text(text, encoding="utf-8")
