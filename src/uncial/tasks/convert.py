"""Convert models and pages from one program's format to another's, and say what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.formats.models.base import Loss


@dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """What to convert, and into what."""

    source: Path
    """Model file, or file or folder of pages; its content decides what it is."""

    target: Path
    """File to write; its suffix decides its format: .safetensors or .traineddata for models,
    for pages .page.xml, .alto.xml, .hocr, .tei.xml, .txt, .json, .docx or .pdf. Pages also go
    into a folder, one file each."""

    to: str = ""
    """Format of pages where the name does not tell it, such as page, page2013, alto, or lines for
    images of lines with .gt.txt."""

    pages: str = ""
    """Which pages of a file that has several, such as 1-5,8,20-; all where it is empty."""

    integer: bool = False
    """Write int8 weights, for a traineddata: smaller, faster in Tesseract, a little worse."""

    strict: bool = False
    """Stop, and write nothing, where something would be lost."""


@dataclass(frozen=True, kw_only=True)
class ConvertResult:
    """What was written.

    Attributes:
        source: As given.
        target: As given.
        size: Bytes written.
        losses: What the target does not hold, or holds changed; of pages also what was repaired
            in reading them.
    """

    source: Path
    target: Path
    size: int
    losses: tuple[str, ...]


def convert(config: ConvertConfig, reporter: Reporter = silent) -> ConvertResult:
    """Convert a model: safetensors of Uncial and traineddata of Tesseract, both ways; or pages.

    What is lost is told. A conversion to the format that the file has already changes no byte,
    but with integer weights.

    Raises:
        ConfigError: The network or its preparation has no counterpart in the target, or with
            `strict` something would be lost.
        FormatError: The source is damaged, or a suffix is of no model file.
    """
    from uncial.tasks.pageconvert import convert_pages, is_pages

    if config.to or is_pages(config.source):
        size, notes = convert_pages(
            config.source,
            config.target,
            config.to,
            pages=config.pages,
            strict=config.strict,
            reporter=reporter,
        )
        return ConvertResult(source=config.source, target=config.target, size=size, losses=notes)
    from uncial.training.checkpoint import write_atomically

    data, losses = _converted(config)
    told = tuple(map(str, losses))
    if told and config.strict:
        raise ConfigError(
            f"{config.target}: would lose something:\n" + "\n".join(told),
            remedy="convert without strict if that is acceptable; nothing was written",
        )
    for loss in told:
        reporter(Note(text=loss, level="warning"))
    config.target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(config.target, data)
    return ConvertResult(source=config.source, target=config.target, size=len(data), losses=told)


def _converted(config: ConvertConfig) -> tuple[bytes, Sequence[Loss]]:
    """The bytes to write, and what they lack."""
    from uncial.formats.models import native, traineddata
    from uncial.formats.models.base import Loss
    from uncial.formats.models.kinds import kind_to_write, model_kind

    wanted = kind_to_write(config.target)
    if config.integer and wanted != "traineddata":
        raise ConfigError(
            f"{config.target}: int8 weights are written to traineddata files only",
            remedy="end the target's name in .traineddata, or leave integer weights out",
        )
    data = config.source.read_bytes()
    given, name = model_kind(data, config.source.name), config.source.name
    if wanted == given == "traineddata":
        return traineddata.rewritten(data, name, integer=config.integer)
    if wanted == given:
        native.unpack(data)
        return data, ()
    if wanted == "traineddata":
        archive = native.unpack(data)
        packed, losses = traineddata.pack(archive, integer=config.integer)
        if archive.voters:
            one = f"only the first of {len(archive.voters) + 1} models is written"
            losses = (Loss("voters", one), *losses)
        return packed, losses
    archive, losses = traineddata.unpack(data, name)
    return native.pack(archive), losses
