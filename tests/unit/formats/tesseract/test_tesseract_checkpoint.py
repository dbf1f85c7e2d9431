from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lstm_networks import bare_record

from uncial.errors import ConfigError, FormatError
from uncial.formats.tesseract import checkpoint
from uncial.formats.tesseract.checkpoint import WINDOW, Checkpoint, ErrorRates
from uncial.formats.tesseract.quantize import quantized


def brief(*, light: bool = False, full: bool = False) -> Checkpoint:
    """A checkpoint of the least network with short error windows."""
    state = Checkpoint.start(bare_record())
    windows = tuple(np.full(2, kind / 8) for kind in range(5))
    rates = ErrorRates(1.0, 2.0, 3.0, 4.0, 5.0)
    progress = None if light else state.progress
    return replace(state, errors=windows, rates=rates, progress=progress, full=full)


def nested() -> Checkpoint:
    """A full checkpoint with everything in it that one can hold."""
    state = brief(full=True)
    assert state.progress is not None
    progress = replace(
        state.progress,
        best_model=b"best",
        worst_model=b"worst!",
        best_trainer=brief(),
        second_trainer=brief(light=True),
        history=np.array([50.0, 25.0]),
        history_iterations=np.array([100, 300], np.int32),
        improvement_steps=200,
    )
    return replace(state, learning_iteration=7, last_perfect=3, stage=1, progress=progress)


def test_everything_survives() -> None:
    state = nested()
    again = Checkpoint.unpack(state.pack())
    assert again.pack() == state.pack()
    assert (again.learning_iteration, again.last_perfect, again.stage) == (7, 3, 1)
    assert again.rates.char == 4.0
    assert [window.tolist() for window in again.errors] == [[k / 8] * 2 for k in range(5)]
    progress = again.progress
    assert progress is not None
    assert progress.best.rate == 100.0
    assert (progress.best_model, progress.worst_model) == (b"best", b"worst!")
    assert progress.best_trainer is not None
    assert not progress.best_trainer.full
    assert progress.second_trainer is not None
    assert progress.second_trainer.progress is None
    assert progress.history.tolist() == [50.0, 25.0]
    assert progress.history_iterations.tolist() == [100, 300]


def test_a_training_starts_with_zeroed_optimizer_state() -> None:
    state = Checkpoint.unpack(Checkpoint.start(replace(bare_record(), momentum=0.25)).pack())
    assert state.record.momentum == 0.25
    assert all(len(window) == WINDOW for window in state.errors)
    (matrix,) = state.record.network.children[1].matrices
    assert matrix.updates is not None
    assert not matrix.updates.any()


def test_the_recognizer_alone() -> None:
    record = bare_record(1)
    assert checkpoint.recognizer(record.pack()).pack() == record.pack()
    state = nested()
    assert checkpoint.recognizer(state.pack()).pack() == state.record.pack()


def test_integer_weights_cannot_be_trained() -> None:
    with pytest.raises(ConfigError, match="layer 'Softmax' has int8 weights"):
        Checkpoint.start(quantized(bare_record()))


def test_deep_nesting_is_refused() -> None:
    state = brief()
    for _ in range(6):
        assert state.progress is not None
        state = replace(state, progress=replace(state.progress, second_trainer=state))
    with pytest.raises(FormatError, match="nested too deeply"):
        Checkpoint.unpack(state.pack())


def test_unknown_extent_is_refused() -> None:
    data = brief(light=True).pack()
    with pytest.raises(FormatError, match="extent 3"):
        Checkpoint.unpack(data[:-1] + b"\3")


def test_every_truncation_is_refused() -> None:
    data = nested().pack()
    for end in range(len(data)):
        with pytest.raises(FormatError):
            Checkpoint.unpack(data[:end])
    with pytest.raises(FormatError, match="1 bytes too many"):
        Checkpoint.unpack(data + b"\0")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6))
def test_damaged_checkpoints_parse_or_are_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(_NESTED)
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(FormatError):
        assert Checkpoint.unpack(bytes(data)).pack() == data


_NESTED = nested().pack()
