"""Read images of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from uncial.errors import ConfigError, ImageError, InputError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from uncial.models.recognizer import Recognizer

_CHUNK = 256  # images decoded and read at once; bounds memory
_NAMED = 10  # faults spelled out in one error


@dataclass(frozen=True, kw_only=True)
class RecognizeConfig:
    """What to read, and with what."""

    model: Path
    """Model file."""

    images: tuple[Path, ...]
    """Images of one line each, or folders of such images."""

    decoder: Literal["greedy", "beam"] = "greedy"
    """How the network's output becomes text."""

    go_on: bool = False
    """Leave out images that cannot be read instead of stopping."""


@dataclass(frozen=True, kw_only=True)
class RecognizedLine:
    """What one image says.

    Attributes:
        image: As it was given.
        text: In logical order.
        confidence: 0-1.
    """

    image: Path
    text: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class RecognizeResult:
    """Every line in the order its image was given."""

    lines: tuple[RecognizedLine, ...]


def recognize(config: RecognizeConfig, reporter: Reporter = silent) -> RecognizeResult:
    """Read line images and give their text, in the order given.

    An image holds one line; a folder stands for the images in it, sorted by name.

    Raises:
        ConfigError: No image was named.
        ImageError: An image cannot be read; all that cannot are named, before any is read.
    """
    from uncial.models.recognizer import Recognizer

    paths = _expanded(config.images)
    recognizer = Recognizer.load(config.model)
    lines: list[RecognizedLine] = []
    faults: list[str] = []
    for start in range(0, len(paths), _CHUNK):
        images = list(_decoded(paths[start : start + _CHUNK], faults))
        if faults and not config.go_on:
            faults += [fault for _, fault in _faulty(paths[start + _CHUNK :])]
            raise _unreadable(faults, len(paths))
        lines += _read(recognizer, images, config.decoder)
        done = min(start + _CHUNK, len(paths))
        reporter(Advanced(stage="recognize", done=done, total=len(paths)))
    for fault in faults:
        reporter(Note(text=f"left out: {fault}", level="warning"))
    return RecognizeResult(lines=tuple(lines))


def _read(
    recognizer: Recognizer,
    images: Sequence[tuple[Path, NDArray[np.uint8]]],
    decoder: Literal["greedy", "beam"],
) -> Iterator[RecognizedLine]:
    readings = recognizer.read([image for _, image in images], decoder=decoder)
    for (path, _), reading in zip(images, readings, strict=True):
        yield RecognizedLine(image=path, text=reading.text, confidence=reading.confidence)


def _decoded(paths: Sequence[Path], faults: list[str]) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    from uncial.data.images import decode_image

    for path in paths:
        try:
            yield path, decode_image(path.read_bytes(), where=str(path))
        except OSError as error:
            faults.append(f"{path}: {error.strerror}")
        except ImageError as error:
            faults.append(error.problem)


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


def _expanded(paths: Sequence[Path]) -> list[Path]:
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
