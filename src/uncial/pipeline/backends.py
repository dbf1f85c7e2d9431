"""What computes a model on this machine: torch or onnxruntime, in reals or in 8-bit integers.

Which is fastest depends on the processor and on the network, so it is measured once, on a few
lines, and remembered for each model and machine. Integers are only taken where the model keeps
ranges for them, the processor multiplies them in hardware, and the texts of the measured lines
stay what they are in reals.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError, UncialError
from uncial.formats.models.kinds import model_kind
from uncial.models.cores import Backend, dot_products, processor_flags, processor_name
from uncial.models.hub import LineReader, open_model
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.archive import ModelArchive
    from uncial.models.reading import Image

_WORTH = 2000  # lines from which measuring pays
_APART = 0.005  # edits for each character that integers may cost on the measured lines
_LINES = 24  # that are measured
_CACHE = Path(".cache") / "uncial"  # below the home folder
_NAME = "backends.json"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A model and what computes it.

    Attributes:
        model: Its file.
        backend: One of `Backend` but auto.
    """

    model: Path
    backend: Backend

    def opened(self, *, dictionary: bool = True) -> LineReader:
        """The model, ready to read."""
        return open_reader(self.model, self.backend, dictionary=dictionary)


def open_reader(
    path: Path,
    backend: Backend = "auto",
    *,
    dictionary: bool = True,
    reporter: Reporter = silent,
) -> LineReader:
    """Open a model, computed by what was named.

    Args:
        path: Model file of any kind.
        backend: auto and torch leave the choice of numbers to the model.
        dictionary: As for `uncial.models.hub.open_model`.
        reporter: As there.

    Raises:
        ConfigError: Models of this kind are not computed so.
        FormatError: The model file cannot be used.
    """
    if backend in ("auto", "torch"):
        return open_model(path, dictionary=dictionary, reporter=reporter)
    program, _, numbers = backend.partition("-")
    data = path.read_bytes()
    kind = model_kind(data, path.name)
    if kind == "onnx" and program == "onnx":
        return open_model(path)
    if kind != "safetensors":
        raise ConfigError(
            f"{path}: a {kind} file is not computed by {backend}",
            remedy="leave the backend out",
        )
    from uncial.formats.models import native  # noqa: PLC0415  (needs extras)

    archive = native.unpack(data)
    if archive.voters:
        raise ConfigError(
            f"{path}: holds {len(archive.voters) + 1} models that vote",
            remedy="leave the backend out, or name one of its folds",
        )
    return _made(archive, program, numbers)


def _made(archive: ModelArchive, program: str, numbers: str) -> LineReader:
    if program == "onnx":
        from uncial.export.onnx import to_onnx  # noqa: PLC0415
        from uncial.models.onnx import OnnxReader  # noqa: PLC0415

        return OnnxReader(to_onnx(archive, integer=numbers == "int8"))
    from uncial.models.recognizer import Recognizer  # noqa: PLC0415

    recognizer = Recognizer.from_archive(archive)
    recognizer.arithmetic = numbers  # type: ignore[assignment]
    return recognizer


def choose(
    path: Path, wanted: Backend, lines: int, reporter: Reporter, cache: Path | None = None
) -> Choice:
    """What is to compute a model here.

    Args:
        path: Model file of any kind.
        wanted: auto measures where there is much to read, or takes what was measured before.
        lines: How many are to be read, about.
        reporter: Told what was measured.
        cache: Folder that remembers; one below the home folder where None.

    Raises:
        ConfigError: Models of this kind are not computed as wanted.
        FormatError: The model file cannot be used.
    """
    data = path.read_bytes()
    kind = model_kind(data, path.name)
    cache = cache or Path.home() / _CACHE
    if wanted == "auto":
        if kind != "safetensors":
            return Choice(model=path, backend="auto")
        known = _remembered(cache)
        key = f"{hashlib.sha256(data).hexdigest()} {_machine()}"
        if key not in known and lines < _WORTH:
            return Choice(model=path, backend="torch")
        if key not in known:
            known[key] = _measured(path, reporter)
            _remember(cache, known)
        wanted = known[key]
    if kind == "safetensors" and wanted.startswith("onnx"):
        return Choice(model=_exported(path, data, wanted, cache), backend=wanted)
    return Choice(model=path, backend=wanted)


def _measured(path: Path, reporter: Reporter) -> Backend:
    """The fastest whose texts are those of float32, but for a few."""
    from uncial.export.parity import rendered_lines  # noqa: PLC0415
    from uncial.formats.models import native  # noqa: PLC0415
    from uncial.text.metrics import score_line, summarize  # noqa: PLC0415

    archive = native.unpack(path.read_bytes())
    if archive.voters or archive.preprocessing.style == "tesseract":
        return "torch"
    names: list[Backend] = ["torch-bfloat16", "onnx-float32"]
    if archive.ranges and dot_products():
        names += ["torch-int8", "onnx-int8"]
    first = open_reader(path, "torch-float32")
    images = rendered_lines(archive.codec.charset.graphemes, _LINES)
    texts, cost = _timed(first, images)
    found: dict[Backend, float] = {"torch-float32": cost}
    for name in names:
        with suppress(UncialError):  # not installed, or no counterpart: another one reads
            others, cost = _timed(open_reader(path, name), images)
            scores = [score_line(a, b) for a, b in zip(texts, others, strict=True)]
            if summarize(scores, resamples=1).cer <= _APART:
                found[name] = cost
    best = min(found, key=lambda name: found[name])
    told = ", ".join(f"{name} {1000 * cost:.1f} ms" for name, cost in found.items())
    reporter(Note(text=f"reading with {best}; measured on one core, a line: {told}"))
    return best


def _timed(reader: LineReader, images: Sequence[Image]) -> tuple[list[str], float]:
    """Texts, and processor seconds for each line, the best of three."""
    reader.read(images, threads=1)
    costs = []
    for _ in range(3):
        start = time.process_time()
        texts = [one.text for one in reader.read(images, threads=1)]
        costs.append((time.process_time() - start) / len(images))
    return texts, min(costs)


def _exported(path: Path, data: bytes, backend: Backend, cache: Path) -> Path:
    """The ONNX file of a model, made once: processes that read it need no torch."""
    digest = hashlib.sha256(data).hexdigest()
    target = cache / f"{digest[:24]}-{version('uncial')}-{backend}.onnx"
    if not target.exists():
        from uncial.export.onnx import to_onnx  # noqa: PLC0415
        from uncial.formats.models import native  # noqa: PLC0415

        cache.mkdir(parents=True, exist_ok=True)
        made = to_onnx(native.unpack(data), integer=backend == "onnx-int8")
        _replaced(target, made)
    return target


def _machine() -> str:
    """What a measurement is true of: processor and programs."""
    programs = [f"{name} {_version(name)}" for name in ("uncial", "torch", "onnxruntime", "onnx")]
    flags = " ".join(sorted(processor_flags()))
    known = [platform.machine(), processor_name(), flags, *programs]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def _remembered(cache: Path) -> dict[str, Backend]:
    try:
        known = json.loads((cache / _NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(cache: Path, known: dict[str, Backend]) -> None:
    with suppress(OSError):  # a home that cannot be written to costs a second each time
        cache.mkdir(parents=True, exist_ok=True)
        _replaced(cache / _NAME, json.dumps(known, indent=0).encode())


def _replaced(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
