"""The doctor at real runs of a tiny network: sound, at too high a rate, and silent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from uncial.errors import TrainingError
from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import Network
from uncial.progress import silent
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.metrics import cer
from uncial.text.normalize import Normalization
from uncial.training.doctor import Watch
from uncial.training.drawing import TrainingStream
from uncial.training.folder import RunFolder
from uncial.training.loop import fit
from uncial.training.losses import Learner
from uncial.training.session import Session
from uncial.training.settings import Settings
from uncial.training.validation import Validation

from .conftest import LABELS, Bars

CODEC = Codec.from_charset(Charset(("a", "b", "c")))
TRUTHS = [CODEC.decode(labels.tolist()) for labels in LABELS]


def _look(network: Network) -> Validation:
    prepared = Preprocessing(height=16, pad=4, centre=False)
    reader = Recognizer(network, CODEC, prepared, Normalization.DEFAULT)
    outputs = [reading.text for reading in reader.read([Bars().image(r) for r in range(12)])]
    rate = cer(zip(TRUTHS, outputs, strict=True))
    return Validation(rate, sum(map(len, outputs)) / sum(map(len, TRUTHS)), ())


def _forget(session: Session) -> None:
    """No model is wanted here."""


@pytest.mark.parametrize(
    ("kind", "lr", "expected"),
    [
        ("alignment", 0.01, []),
        ("alignment", 30.0, ["rate-too-high"]),
        ("ctc", 1e-7, ["blank-collapse"]),
    ],
)
def test_the_course_of_a_real_run_is_diagnosed(
    kind: str,
    lr: float,
    expected: list[str],
    make_settings: Callable[..., Settings],
    make_learner: Callable[..., Learner],
    stream: TrainingStream,
    tmp_path: Path,
) -> None:
    learner = make_learner(kind=kind)
    if kind == "ctc":  # a network that has already gone silent
        (head,) = [p for n, p in learner.network.named_parameters() if n.endswith("lin.bias")]
        head.data[0] += 5
    session = Session(learner, make_settings(steps=120, lr=lr), started=0.0, started_cpu=0.0)
    session.progress = session.progress.moved(steps=120)
    watch = Watch(silent)
    try:
        folder = RunFolder(tmp_path)
        fit(session, stream, _look, folder, watch, save_model=_forget, watch=_forget, threads=1)
    except TrainingError:
        assert expected == ["rate-too-high"]
    watch.end()
    assert [note.code for note in watch.notes] == expected
