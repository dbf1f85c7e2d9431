"""What a run saves: its model on the way and at the end, for Tesseract too, and its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from uncial import __version__
from uncial.evaluation.figures import figures, noted_score
from uncial.evaluation.report import html
from uncial.evaluation.run import evaluate_lines
from uncial.formats.models import native, traineddata
from uncial.models.native import reader_of
from uncial.models.recognizer import Recognizer
from uncial.progress import Metric, Note, Reporter, silent
from uncial.tasks.calibrate import calibrated
from uncial.text.normalize import Normalization
from uncial.training.checkpoint import write_atomically
from uncial.training.doctor import TRAINING_CER, Watch
from uncial.training.family import family_of
from uncial.training.start import remembered

_CALIBRATION_LINES = 64  # of training, for reading in integers
_INTEGER_LOSS = 0.01  # of the CER that reading in integers may cost at most
_LEAST_LOSS = 0.0005  # CER that is no loss in any case
_TRAINING_LINES = 50  # read at the end to see what was learnt by heart

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.evaluation.run import Evaluation
    from uncial.models.hub import ModelReader
    from uncial.training.folder import RunFolder
    from uncial.training.lines import Plan
    from uncial.training.session import Session
    from uncial.training.settings import Settings


def model_writer(
    folder: RunFolder,
    plan: Plan,
    settings: Settings,
    store: LineStore,
    origin: Mapping[str, Any],
) -> Callable[[Session], None]:
    """What writes a session's averaged network as the model of the run, whole or not at all.

    Args:
        folder: Of the run.
        plan: Of the run.
        settings: Of the run.
        store: Holds the lines.
        origin: Metadata on author and descent.
    """
    normalization = Normalization.named(settings.normalization)

    def write(session: Session) -> None:
        if not folder.leads:
            return
        at = session.progress
        metadata: dict[str, Any] = {
            **origin,
            "uncial": __version__,
            "settings": settings.to_json(),
            "data": {"fingerprint": store.fingerprint, "lines": store.splits},
            "step": at.step,
            "lines_seen": at.lines,
            "validation_cer": at.validations[-1][1] if at.validations else None,
        }
        if plan.preprocessing.style == "tesseract":
            metadata["tesseract"] = remembered(plan.start.metadata, at.lines, settings.lr)
        if plan.preprocessing.style == "kraken" and plan.start.metadata:
            metadata["kraken"] = {**plan.start.metadata, "accuracy": [], "metrics": []}
        reader = family_of(settings).reader(session.average, plan, normalization, metadata)
        write_atomically(folder.model, native.pack(reader.to_archive()))

    return write


def finish(folder: RunFolder, store: LineStore, plan: Plan, best: float, reporter: Watch) -> float:
    """Prepare the model as saved for reading in integers, and write its report; the CER.

    Args:
        folder: Of the run.
        store: Holds the lines.
        plan: Of the run.
        best: CER of the same lines in training; where integers read worse, they are left.
        reporter: Told of every line; its diagnoses go into the report.
    """
    reader = reader_of(native.unpack(folder.model.read_bytes()))
    rows = [int(row) for row in plan.validation]
    if isinstance(reader, Recognizer):
        evaluation = _read_fast(reader, store, plan, best, reporter)
    else:
        evaluation = evaluate_lines(reader, store, rows, reporter)
    evaluation = calibrated(reader, evaluation, reporter)
    reader.metadata["scores"] = {"validation": noted_score(evaluation)}
    write_atomically(folder.model, native.pack(reader.to_archive()))
    _look_back(reader, store, plan, reporter)
    page = html(
        evaluation,
        figures(evaluation, texts=map(evaluation.normalization, store.texts())),
        store.image,
        title=f"{folder.path.name}: validation lines",
        model={
            "file": str(folder.model),
            "spec": reader.spec,
            "labels": reader.labels,
            "normalization": reader.normalization.name,
            **asdict(reader.preprocessing),
        },
        data={
            "lines": len(rows),
            "split": "validation",
            "fingerprint": store.fingerprint,
            "doctor": "\n".join(note.text for note in reporter.notes) or "nothing found",
        },
    )
    write_atomically(folder.report, page.encode("utf-8"))
    return evaluation.score.cer


def _read_fast(
    recognizer: Recognizer, store: LineStore, plan: Plan, best: float, reporter: Watch
) -> Evaluation:
    """Validation lines read in integers where that costs nothing; see `finish`."""
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
    return evaluation


def _look_back(recognizer: ModelReader, store: LineStore, plan: Plan, reporter: Watch) -> None:
    """Read training lines as they are, for the distance to validation shows over-fitting."""
    rows = [int(row) for row in plan.lines.rows[:: -(-len(plan.lines) // _TRAINING_LINES)]]
    cer = evaluate_lines(recognizer, store, rows, silent).score.cer
    reporter(Metric(name=TRAINING_CER, value=cer, step=reporter.step))
    reporter.end()


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
