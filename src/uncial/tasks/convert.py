"""Convert models and pages from one program's format to another's, and say what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError, MissingDependency
from uncial.progress import Note, Reporter, silent
from uncial.tasks.lineconvert import line_folder, line_set
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.archive import ModelArchive
    from uncial.export.parity import Parity
    from uncial.formats.models.base import Loss
    from uncial.formats.models.kinds import ModelKind

_SAME = 1e-3  # probabilities that differ by less are the same but for rounding


@dataclass(frozen=True, kw_only=True)
class ConvertConfig:
    """What to convert, and into what."""

    source: Path
    """Model file, folder with a checkpoint of transformers, or file or folder of pages; its content
    decides what it is. For an .arrow of ketos or a folder of lines any ground truth: a line store,
    pairs, pages, another .arrow."""

    target: Path
    """File to write; its suffix decides its format: .safetensors, .onnx, .traineddata or .mlmodel
    for models, for pages .page.xml, .alto.xml, .hocr, .tei.xml, .txt, .json, .docx or .pdf, for
    lines .arrow. Pages also go into a folder, one file each, and a model with an encoder and a
    decoder becomes a checkpoint of transformers in a folder."""

    kraken: bool = False
    """Write the .safetensors of kraken 7, not ours."""

    to: str = ""
    """Format of pages where the name does not tell it, such as page, page2013, alto; or lines for a
    folder of images of lines with .gt.txt, of pages or any other ground truth."""

    pages: str = ""
    """Which pages of a file that has several, such as 1-5,8,20-; all where it is empty."""

    integer: bool = False
    """Write int8 weights, for a traineddata or ONNX file: smaller, faster, a little worse."""

    half: bool = False
    """Keep matrices as 16-bit floats in our .safetensors: half the size, hardly worse."""

    lines: tuple[Path, ...] = ()
    """Images of lines, or folders of them, on which an ONNX file is compared with the model, and
    from which int8 takes the ranges of a model that has none; else lines are rendered."""

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
        parity: How an ONNX file reads beside its model.
    """

    source: Path
    target: Path
    size: int
    losses: tuple[str, ...]
    parity: Parity | None = None


@dataclass(frozen=True)
class _Converted:
    """Bytes to write, what they lack, and how they were checked."""

    data: bytes
    losses: Sequence[Loss] = ()
    parity: Parity | None = None


def convert(config: ConvertConfig, reporter: Reporter = silent) -> ConvertResult:
    """Convert a model, pages or lines from one program's format to another's.

    Models: safetensors of Uncial and traineddata of Tesseract, both ways, and to ONNX; safetensors
    and checkpoints of transformers, both ways. What is lost is told. A conversion to the format
    that the file has already changes no byte, but with integer weights. An ONNX file reads lines
    alone, and is compared with its model.

    Raises:
        ConfigError: The network or its preparation has no counterpart in the target, or with
            `strict` something would be lost.
        FormatError: The source is damaged, or a suffix is of no model file.
        MissingDependency: ONNX is wanted, and its package is not installed.
    """
    from uncial.tasks.pageconvert import convert_pages, is_pages

    config = with_local(config, "source", reporter=reporter)
    lines = config.target.suffix.lower() == ".arrow"
    if config.to == "lines" and not is_pages(config.source):
        size = line_folder(config.source, config.target, reporter)
        return ConvertResult(source=config.source, target=config.target, size=size, losses=())
    if config.to or (not lines and is_pages(config.source)):
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

    if not config.target.suffix:
        return _to_checkpoint(config, reporter)
    made = _converted(config, reporter)
    told = tuple(map(str, made.losses))
    if told and config.strict:
        raise ConfigError(
            f"{config.target}: would lose something:\n" + "\n".join(told),
            remedy="convert without strict if that is acceptable; nothing was written",
        )
    for loss in told:
        reporter(Note(text=loss, level="warning"))
    config.target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(config.target, made.data)
    return ConvertResult(
        source=config.source,
        target=config.target,
        size=len(made.data),
        losses=told,
        parity=made.parity,
    )


def _to_checkpoint(config: ConvertConfig, reporter: Reporter) -> ConvertResult:
    """A folder in the place of a file."""
    from uncial.formats.models import native
    from uncial.models.pretrained import write_pretrained

    if config.strict:
        raise ConfigError(
            f"{config.target}: a checkpoint of transformers does not hold how lines are prepared",
            remedy="convert without strict if that is acceptable; nothing was written",
        )
    archive = native.unpack(config.source.read_bytes())
    losses = tuple(map(str, write_pretrained(archive, config.target)))
    for loss in losses:
        reporter(Note(text=loss, level="warning"))
    size = sum(path.stat().st_size for path in config.target.iterdir())
    return ConvertResult(source=config.source, target=config.target, size=size, losses=losses)


def _converted(config: ConvertConfig, reporter: Reporter) -> _Converted:
    from uncial.formats.models import kraken, native, traineddata
    from uncial.formats.models.base import Loss
    from uncial.formats.models.kinds import is_pretrained, model_kind

    if config.target.suffix.lower() == ".arrow":
        return _Converted(line_set(config.source, reporter))
    wanted = _wanted(config)
    coreml = config.target.suffix.lower() == ".mlmodel"
    if is_pretrained(config.source) and wanted == "safetensors":
        from uncial.models.hub import open_checkpoint

        archive = open_checkpoint(config.source, reporter)
        return _Converted(native.pack(archive, half=config.half))
    data = config.source.read_bytes()
    given, name = model_kind(data, config.source.name), config.source.name
    if given == "onnx":
        raise ConfigError(
            f"{config.source}: an ONNX file can only be read, not converted",
            remedy="convert the model that it was made from",
        )
    if wanted == given == "traineddata":
        return _Converted(*traineddata.rewritten(data, name, integer=config.integer))
    if wanted == given == "kraken":
        return _Converted(*kraken.rewritten(data, name, coreml=coreml))
    archive, losses = _opened(data, given, name)
    if wanted == "safetensors":
        same = given == wanted and not config.half
        return _Converted(data if same else native.pack(archive, half=config.half), losses)
    if archive.voters:
        one = f"only the first of {len(archive.voters) + 1} models is written"
        losses = (*losses, Loss("voters", one))
    if wanted == "onnx":
        made = _exported(config, archive, reporter)
    elif wanted == "kraken":
        made = _Converted(*kraken.pack(archive, coreml=coreml))
    else:
        made = _Converted(*traineddata.pack(archive, integer=config.integer))
    return replace(made, losses=(*losses, *made.losses))


def _wanted(config: ConvertConfig) -> ModelKind:
    """The kind to write; checks the options that go with it."""
    from uncial.formats.models.kinds import kind_to_write

    wanted = kind_to_write(config.target)
    if config.kraken and wanted not in ("safetensors", "kraken"):
        raise ConfigError(
            f"{config.target}: kraken does not read such files",
            remedy="end the target's name in .safetensors or .mlmodel",
        )
    wanted = "kraken" if config.kraken else wanted
    if config.integer and wanted not in ("traineddata", "onnx"):
        raise ConfigError(
            f"{config.target}: int8 weights are written to traineddata and ONNX files only",
            remedy="end the target's name in .traineddata or .onnx, or leave integer weights out",
        )
    if config.half and wanted != "safetensors":
        raise ConfigError(
            f"{config.target}: 16-bit floats are written to our .safetensors only",
            remedy="end the target's name in .safetensors, or leave half out",
        )
    return wanted


def _opened(data: bytes, kind: ModelKind, name: str) -> tuple[ModelArchive, Sequence[Loss]]:
    """A model file as an archive, and what that lacks."""
    from uncial.formats.models import kraken, native, traineddata

    if kind == "kraken":
        return kraken.unpack(data, name)
    return traineddata.unpack(data, name) if kind == "traineddata" else (native.unpack(data), ())


def _exported(config: ConvertConfig, archive: ModelArchive, reporter: Reporter) -> _Converted:
    """A model as ONNX, read beside itself."""
    from uncial.export.onnx import to_onnx
    from uncial.export.parity import parity, rendered_lines
    from uncial.formats.models.base import Loss
    from uncial.models.onnx import OnnxReader
    from uncial.models.recognizer import Recognizer
    from uncial.tasks.recognize import expanded, line_images

    losses: list[Loss] = []
    recognizer = Recognizer.from_archive(archive)
    given = [image for _, image in line_images(expanded(config.lines))] if config.lines else []
    images = given or rendered_lines(recognizer.characters)
    if config.integer and not archive.ranges:
        if not given:
            raise ConfigError(
                f"{config.source}: holds no ranges for int8",
                remedy="name some of its training lines with --lines",
            )
        recognizer.calibrate(given)
        archive = recognizer.to_archive()
    if archive.preprocessing.style == "tesseract":
        losses.append(Loss("border", "Tesseract's noise beyond a line is left out"))
    data = to_onnx(archive, integer=config.integer)
    recognizer.arithmetic = "float32"
    try:
        exported = OnnxReader(data)
    except MissingDependency as error:
        reporter(Note(text=f"not compared with the model: {error.problem}", level="warning"))
        return _Converted(data, losses)
    found = parity(recognizer, exported, images, rendered=not given)
    kind = "rendered" if found.rendered else "given"
    text = (
        f"read {found.lines} {kind} lines with both: {found.same} texts are the same, CER between "
        f"them {100 * found.cer:.3f} %, probabilities differ by at most {found.greatest:.1e}"
    )
    reporter(Note(text=text))
    if not config.integer and found.greatest > _SAME:
        losses.append(Loss("parity", text))
    return _Converted(data, losses, found)
