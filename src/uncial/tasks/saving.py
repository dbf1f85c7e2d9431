"""What a run saves: its model on the way and at the end, for Tesseract too, and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from uncial import __version__
from uncial.evaluation.report import html
from uncial.evaluation.run import evaluate_lines
from uncial.formats.models import native, traineddata
from uncial.models.recognizer import Recognizer
from uncial.progress import Note, Reporter
from uncial.text.normalize import Normalization
from uncial.training.checkpoint import write_atomically
from uncial.training.start import remembered

_CALIBRATION_LINES = 64  # of training, for reading in integers
_INTEGER_LOSS = 0.01  # of the CER that reading in integers may cost at most
_LEAST_LOSS = 0.0005  # CER that is no loss in any case

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.training.config import Settings
    from uncial.training.folder import RunFolder
    from uncial.training.lines import Plan
    from uncial.training.session import Session


def model_writer(
    folder: RunFolder, plan: Plan, settings: Settings, store: LineStore
) -> Callable[[Session], None]:
    """What writes a session's averaged network as the model of the run, whole or not at all."""
    normalization = Normalization.named(settings.normalization)

    def write(session: Session) -> None:
        at = session.progress
        metadata: dict[str, Any] = {
            "uncial": __version__,
            "settings": settings.to_json(),
            "data": {"fingerprint": store.fingerprint, "lines": store.splits},
            "step": at.step,
            "lines_seen": at.lines,
            "validation_cer": at.validations[-1][1] if at.validations else None,
        }
        if plan.preprocessing.style == "tesseract":
            metadata["tesseract"] = remembered(plan.start.metadata, at.lines, settings.lr)
        recognizer = Recognizer(
            session.average,
            plan.codec,
            plan.preprocessing,
            normalization,
            metadata,
            components=plan.start.components,
        )
        write_atomically(folder.model, native.pack(recognizer.to_archive()))

    return write


def finish(
    folder: RunFolder, store: LineStore, plan: Plan, best: float, reporter: Reporter
) -> float:
    """Prepare the model as saved for reading in integers, and write its report; the CER.

    Args:
        folder: Of the run.
        store: Holds the lines.
        plan: Of the run.
        best: CER of the same lines in training; where integers read worse, they are left.
        reporter: Told of every line.
    """
    recognizer = Recognizer.load(folder.model)
    if plan.preprocessing.style != "tesseract":  # Tesseract rounds in a way of its own
        typical = plan.lines.rows[:: -(-len(plan.lines) // _CALIBRATION_LINES)]
        recognizer.calibrate(store.image(int(row)) for row in typical)
    rows = [int(row) for row in plan.validation]
    evaluation = evaluate_lines(recognizer, store, rows, reporter)
    worse = evaluation.score.cer > best * (1 + _INTEGER_LOSS) + _LEAST_LOSS
    if recognizer.ranges and worse:
        reporter(Note(text="8-bit integers read worse; the model will read without them"))
        recognizer.read_in_reals()
        evaluation = evaluate_lines(recognizer, store, rows, reporter)
    recognizer.metadata["validation_cer"] = evaluation.score.cer
    write_atomically(folder.model, native.pack(recognizer.to_archive()))
    page = html(
        evaluation,
        store.image,
        title=f"{folder.path.name}: validation lines",
        model={
            "file": str(folder.model),
            "spec": recognizer.network.spec,
            "labels": recognizer.codec.width,
            "normalization": recognizer.normalization.name,
            **asdict(recognizer.preprocessing),
        },
        data={"lines": len(rows), "split": "validation", "fingerprint": store.fingerprint},
    )
    write_atomically(folder.report, page.encode("utf-8"))
    return evaluation.score.cer


def write_for_tesseract(folder: RunFolder, integer: bool, reporter: Reporter) -> None:
    """Write the model as saved for Tesseract, and say what that file cannot hold."""
    archive = native.unpack(folder.model.read_bytes())
    told = replace(archive, metadata={"tesseract": archive.metadata["tesseract"]})
    data, losses = traineddata.pack(told)
    write_atomically(folder.traineddata, data)
    if integer:
        write_atomically(folder.integer, traineddata.pack(told, integer=True)[0])
    for loss in losses:
        reporter(Note(text=f"{folder.traineddata.name}: {loss}"))
