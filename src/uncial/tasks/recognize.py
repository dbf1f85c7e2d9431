"""Read images of lines, to text or to box files that can be corrected and trained on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uncial.errors import ConfigError, ImageError, InputError
from uncial.models.cores import Backend
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.tasks.listening import LanguageConfig, listen, unknown_rate
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from uncial.evaluation.calibration import Calibration
    from uncial.models.hub import LineReader
    from uncial.models.reading import Reading
    from uncial.tasks.pageplan import PageRun
    from uncial.tasks.pagewise import PagesResult

_BOXES = ("lstmbox", "wordstrbox")
_LINE_FORMATS = ("txt", "json", *_BOXES)
_CHUNK = 256  # images decoded and read at once; bounds memory
_PAGE_HEIGHT, _PAGE_ASPECT = 400, 3.0  # px, widths a height: higher and narrower are no lines
_NAMED = 10  # faults spelled out in one error


@dataclass(frozen=True, kw_only=True)
class RecognizeConfig:
    """What to read, and with what."""

    model: Path
    """Model file."""

    images: tuple[Path, ...]
    """Images of one line each, or folders of such images; or pages: images, PAGE
    and ALTO files with their images, or folders of them."""

    decoder: Literal["greedy", "beam"] = "greedy"
    """How the network's output becomes text; models of Tesseract keep their own way, and language
    is listened to in a beam."""

    language: LanguageConfig = field(default_factory=LanguageConfig)
    """Language to listen to."""

    dictionary: bool = True
    """Whether a model of Tesseract prefers the words of its dictionary."""

    format: str = "txt"
    """Text (txt), JSON (json), of pages also alto, page or another page format; of lines also
    Tesseract's box files with a box for each grapheme (lstmbox) or for the line (wordstrbox)."""

    pages: bool = False
    """The images hold pages, not lines; with a page format they do anyway."""

    segmenter: Literal["default", "none"] | Path = "default"
    """Segmentation model that finds the lines of pages on which none are marked; default is the
    one that comes with the package, none fails such pages."""

    output: Path | None = None
    """Folder for one file an image, named after it; without it everything is printed. A run over
    pages that was stopped goes on there."""

    overwrite: bool = False
    """Replace files in the output folder that exist."""

    go_on: bool = False
    """Leave out images of lines that cannot be read instead of stopping; pages that cannot be read
    never stop a run."""

    backend: Backend = "auto"
    """What computes a model of ours: torch or onnxruntime, and in which numbers; auto measures once
    for each model and machine where there is much to read."""

    processes: int = 0
    """Processes that read pages side by side; 0 takes one for each core."""


@dataclass(frozen=True, kw_only=True)
class RecognizedLine:
    """What one image says.

    Attributes:
        image: As it was given.
        text: In logical order.
        confidence: 0-1; of a calibrated model, the share of characters that are probably right.
        predicted_cer: CER that the line probably has, a fraction; None for a model that was
            never calibrated, and for a line on which nothing was read.
    """

    image: Path
    text: str
    confidence: float
    predicted_cer: float | None = None


@dataclass(frozen=True, kw_only=True)
class RecognizeResult:
    """Every line in the order its image was given.

    Attributes:
        lines: One for each image that could be read.
        files: What was written, where a folder was named.
        printed: In another format than text, where no folder was named.
        predicted_cer: CER that all lines together probably have, a fraction; None for a model
            that was never calibrated.
        predicted_ci95: Its 95 % interval, for lines of one page or document.
        oov_rate: Share of the words read, 0-1, that the word list lacks.
        pages: Of a run over pages, how they went; its lines are in its files.
    """

    lines: tuple[RecognizedLine, ...]
    files: tuple[Path, ...] = ()
    printed: str = ""
    predicted_cer: float | None = None
    predicted_ci95: tuple[float, float] | None = None
    oov_rate: float | None = None
    pages: PagesResult | None = None


def recognize(config: RecognizeConfig, reporter: Reporter = silent) -> RecognizeResult:
    """Read line images and give their text, in the order given, or read whole pages.

    An image holds one line; a folder stands for the images in it, sorted by name. MODEL is one
    of ours or a traineddata file of Tesseract, which is read as Tesseract reads it. With a page
    format, or --pages, images and files of pages are read, however many: each once, on every
    core; a run that was stopped goes on.

    Raises:
        ConfigError: No image was named, or there is no such format.
        FormatError: The model file cannot be used.
        ImageError: An image cannot be read; all that cannot are named, before any is read.
        InputError: A file to be written exists, or would be written twice.
    """
    from uncial.evaluation.calibration import Calibration
    from uncial.pipeline.backends import open_reader

    config = with_local(config, "model", "segmenter", reporter=reporter)
    if config.pages or config.format not in _LINE_FORMATS:
        return _recognize_pages(config, reporter)
    paths = expanded(config.images)
    targets = _targets(paths, config)
    reader = open_reader(
        config.model, config.backend, dictionary=config.dictionary, reporter=reporter
    )
    calibration = Calibration.of(reader.metadata)
    words, weights = listen(reader, config.language, reporter)
    decoder = config.decoder if weights is None else "beam"
    lines: list[RecognizedLine] = []
    sureness: list[tuple[float, ...]] = []
    printed: list[str] = []
    faults: list[str] = []
    for start in range(0, len(paths), _CHUNK):
        images = list(_decoded(paths[start : start + _CHUNK], faults))
        if faults and not config.go_on:
            faults += [fault for _, fault in _faulty(paths[start + _CHUNK :])]
            raise _unreadable(faults, len(paths))
        for (path, image), reading in _read(reader, images, decoder):
            sureness.append(tuple(one.confidence for one in reading.characters))
            if not lines and _looks_like_page(image):
                text = (
                    f"{path}: looks like a page, and is read as one line; --pages finds its lines"
                )
                reporter(Note(text=text, level="warning"))
            line = _line(path, reading, calibration)
            page = 0 if targets else len(lines)
            lines.append(line)
            text = _formatted(line, image.shape, page, config.format)
            if targets:
                targets[line.image].write_text(text, encoding="utf-8")
            elif config.format != "txt":
                printed.append(text)
        done = min(start + _CHUNK, len(paths))
        reporter(Advanced(stage="recognize", done=done, total=len(paths)))
    for fault in faults:
        reporter(Note(text=f"left out: {fault}", level="warning"))
    files = tuple(targets[line.image] for line in lines) if targets else ()
    predicted = calibration.predict(sureness) if calibration else None
    unknown = unknown_rate(words, [line.text for line in lines])
    if unknown is not None:
        reporter(Note(text=f"{unknown:.1%} of the words read are not on the word list"))
    return RecognizeResult(
        lines=tuple(lines),
        files=files,
        printed="".join(printed),
        predicted_cer=predicted.cer if predicted else None,
        predicted_ci95=predicted.ci95 if predicted else None,
        oov_rate=unknown,
    )


def _recognize_pages(config: RecognizeConfig, reporter: Reporter) -> RecognizeResult:
    from uncial.tasks.pagewise import recognize_pages

    pages, printed = recognize_pages(page_run(config), reporter)
    return RecognizeResult(lines=(), printed=printed, pages=pages)


def page_run(config: RecognizeConfig) -> PageRun:
    """What a config says about pages."""
    from uncial.tasks.pageplan import PageRun
    from uncial.tasks.segmodels import default_segmenter

    values = {item.name: getattr(config, item.name) for item in fields(PageRun)}
    if isinstance(config.segmenter, str):
        values["segmenter"] = default_segmenter() if config.segmenter == "default" else None
    return PageRun(**values)


def _looks_like_page(image: NDArray[np.uint8]) -> bool:
    """Whether an image is too high and too narrow for a line."""
    height, width = image.shape[:2]
    return bool(height > _PAGE_HEIGHT and width < _PAGE_ASPECT * height)


def _targets(paths: Sequence[Path], config: RecognizeConfig) -> dict[Path, Path]:
    """The file to write by its image; nothing where no folder was named."""
    folder = config.output
    if folder is None:
        return {}
    suffix = "box" if config.format in _BOXES else config.format
    targets = {path: folder / f"{path.stem}.{suffix}" for path in paths}
    twice = sorted({t for t, count in Counter(targets.values()).items() if count > 1})
    if twice:
        raise InputError(
            f"several images are called {twice[0].stem!r}; both would be written to {twice[0]}",
            remedy="read them into different folders",
        )
    there = [target for target in targets.values() if target.exists()]
    if there and not config.overwrite:
        raise InputError(
            f"{len(there)} files exist, the first is {there[0]}",
            remedy="name another folder, or choose to overwrite them",
        )
    folder.mkdir(parents=True, exist_ok=True)
    return targets


def _formatted(line: RecognizedLine, shape: Sequence[int], page: int, form: str) -> str:
    """What the file of one image holds."""
    from uncial.formats.tesseract.boxes import line_text
    from uncial.text.order import display_order

    if form in _BOXES:  # as seen, left to right: so Tesseract writes and reads them
        shown = display_order(line.text)
        return line_text(shown, shape[1], shape[0], page=page, words=form == "wordstrbox")
    if form == "json":
        body = {"image": str(line.image), "text": line.text, "confidence": line.confidence}
        if line.predicted_cer is not None:
            body["predicted_cer"] = line.predicted_cer
        return json.dumps(body, ensure_ascii=False) + "\n"
    return f"{line.text}\n"


def _read(
    reader: LineReader,
    images: Sequence[tuple[Path, NDArray[np.uint8]]],
    decoder: Literal["greedy", "beam"],
) -> Iterator[tuple[tuple[Path, NDArray[np.uint8]], Reading]]:
    readings = reader.read([image for _, image in images], decoder=decoder)
    return zip(images, readings, strict=True)


def _line(path: Path, reading: Reading, calibration: Calibration | None) -> RecognizedLine:
    from uncial.evaluation.run import mended_confidence

    predicted = None
    if calibration is not None:
        predicted = calibration.predict([[one.confidence for one in reading.characters]])
    return RecognizedLine(
        image=path,
        text=reading.text,
        confidence=mended_confidence(reading, calibration),
        predicted_cer=predicted.cer if predicted else None,
    )


def _decoded(paths: Sequence[Path], faults: list[str]) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    from uncial.data.images import decode_image

    for path in paths:
        try:
            yield path, decode_image(path.read_bytes(), where=str(path))
        except OSError as error:
            faults.append(f"{path}: {error.strerror}")
        except ImageError as error:
            faults.append(error.problem)


def line_images(paths: Sequence[Path]) -> list[tuple[Path, NDArray[np.uint8]]]:
    """Images decoded.

    Raises:
        ImageError: Some cannot be read; all are named.
    """
    faults: list[str] = []
    images = list(_decoded(paths, faults))
    if faults:
        raise _unreadable(faults, len(paths))
    return images


def _faulty(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        faults: list[str] = []
        for _ in _decoded([path], faults):
            pass
        yield from ((path, fault) for fault in faults)


def _unreadable(faults: Sequence[str], count: int) -> InputError:
    more = f"\nand {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
    return ImageError(
        f"{len(faults)} of {count} images cannot be read:\n" + "\n".join(faults[:_NAMED]) + more,
        remedy="mend or leave out these images, or go on without them",
    )


def expanded(paths: Sequence[Path]) -> list[Path]:
    """Images, folders replaced by the images in them, sorted by name.

    Raises:
        ConfigError: There is none.
    """
    from uncial.formats.lines.base import is_image_name

    images: list[Path] = []
    for path in paths:
        if path.is_dir():
            images += sorted(p for p in path.iterdir() if is_image_name(p.name))
        else:
            images.append(path)
    if not images:
        raise ConfigError(
            "no image to read" + (f" in {', '.join(map(str, paths))}" if paths else ""),
            remedy="name at least one image of a line, or a folder that holds some",
        )
    return images
