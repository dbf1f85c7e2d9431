"""Checkpoints: all of a run comes back, and what is damaged or foreign is refused in words."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from uncial.errors import FormatError
from uncial.models.compute import worker_pool
from uncial.training.batches import StreamPlace
from uncial.training.checkpoint import (
    Progress,
    load_checkpoint,
    save_checkpoint,
    write_atomically,
)
from uncial.training.drawing import TrainingStream
from uncial.training.folder import RunFolder
from uncial.training.losses import Learner
from uncial.training.parallel import Replicas
from uncial.training.session import Session
from uncial.training.settings import Settings

Make = Callable[..., Session]


@pytest.fixture
def new(make_learner: Callable[..., Learner], make_settings: Callable[..., Settings]) -> Make:
    def make(spec: str = "", lr: float = 0.01) -> Session:
        learner = make_learner(spec) if spec else make_learner()
        return Session(learner, make_settings(lr=lr, steps=20), started=0.0, started_cpu=0.0)

    return make


def _trained(session: Session, stream: TrainingStream, steps: int = 3) -> Session:
    """Some steps on, so that no part of the state is as it began."""
    with worker_pool(1) as pool:
        replicas = Replicas(session.learner, 1, pool)
        for place, make in islice(stream.from_place(session.progress.place), steps):
            session.prepare_rate()
            replicas.step([make], seed=session.progress.step)
            session.gradient_norm()
            session.move()
            session.progress = session.progress.moved(step=session.progress.step + 1, place=place)
    return session


def _same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and one.equal(other)
    if isinstance(one, dict):
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        assert isinstance(other, list)
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


def _states(session: Session) -> list[object]:
    optimizer = {name: tensor.clone() for name, tensor in session.optimizer.tensors()}
    return [session.learner.state_dict(), session.average.state_dict(), optimizer]


def test_all_of_a_run_comes_back(new: Make, stream: TrainingStream, tmp_path: Path) -> None:
    there = _trained(new(), stream)
    there.progress = there.progress.moved(
        steps=20,
        lines=48,
        loss=0.25,
        lr_factor=0.5,
        rescues=1,
        validations=((2, 0.75), (3, 1 / 3)),
        best_step=3,
    )
    path = tmp_path / "checkpoint.safetensors"
    there.save(path, events=77)
    back = new()
    assert not _same(_states(back), _states(there))
    back.restore(path)
    assert back.progress == there.progress
    assert back.progress.place == StreamPlace(epoch=0, batch=3)
    assert back.progress.best_cer == 1 / 3
    assert back.progress.events == 77
    assert _same(_states(back), _states(there))
    one, other = _trained(there, stream), _trained(back, stream)
    assert _same(_states(one), _states(other))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_run_that_never_moved_comes_back(new: Make, tmp_path: Path) -> None:
    session = new()
    session.save(tmp_path / "c", events=0)
    again = new()
    again.restore(tmp_path / "c")
    assert again.progress.step == 0
    assert not any(tensor.any() for _, tensor in again.optimizer.tensors())


def test_going_back_keeps_the_count_of_rescues(
    new: Make, stream: TrainingStream, tmp_path: Path
) -> None:
    session = _trained(new(), stream, 1)
    session.save(tmp_path / "c", events=0)
    kept = {name: tensor.clone() for name, tensor in session.learner.state_dict().items()}
    _trained(session, stream)
    for times in (1, 2):
        session.roll_back(tmp_path / "c")
        assert session.progress.step == 1
        assert session.progress.rescues == times
        assert session.progress.lr_factor == 0.5**times
    assert _same(kept, dict(session.learner.state_dict()))


def _damaged(path: Path, kind: str) -> None:
    data = path.read_bytes()
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "cut in the header":
            path.write_bytes(data[:200])
        case "cut in the weights":
            path.write_bytes(data[: len(data) // 2])
        case "cut by a byte":
            path.write_bytes(data[:-1])
        case "not a checkpoint":
            path.write_bytes(b"PK\x03\x04 something else altogether")
        case "a model":
            save_file({"weight": np.zeros(3, np.float32)}, path, metadata={"uncial": "{}"})
        case "no progress":
            save_file(load_file(path), path)
        case "odd progress":
            save_file(load_file(path), path, metadata={"uncial-run": '{"place": {}, "stop": 1}'})


@pytest.mark.parametrize(
    "kind",
    [
        *("empty", "cut in the header", "cut in the weights", "cut by a byte"),
        *("not a checkpoint", "a model", "no progress", "odd progress"),
    ],
)
def test_a_damaged_file_is_refused(
    new: Make, stream: TrainingStream, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "checkpoint.safetensors"
    _trained(new(), stream, 1).save(path, events=0)
    _damaged(path, kind)
    with pytest.raises(FormatError, match="this checkpoint cannot be used") as caught:
        new().restore(path)
    assert str(path) in caught.value.problem
    assert "start the run anew" in caught.value.remedy


@pytest.mark.parametrize(
    "spec",
    ["[1,16,0,1 Cl3,3,8,2,2 Bnr Mp2,2 Fh{stem} (I Lbx6)]", "[1,16,0,1 Cl3,3,4 Fh{stem} Lbx6]"],
)
def test_the_checkpoint_of_another_network_is_refused(
    new: Make, stream: TrainingStream, tmp_path: Path, spec: str
) -> None:
    _trained(new(), stream, 1).save(tmp_path / "c", events=0)
    with pytest.raises(FormatError, match="this checkpoint cannot be used") as caught:
        new(spec).restore(tmp_path / "c")
    assert caught.value.remedy


def test_a_missing_checkpoint_is_a_missing_file(new: Make, tmp_path: Path) -> None:
    session = new()
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "gone", session.learner, session.average, session.optimizer)


def test_a_full_disk_leaves_the_old_file(
    new: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new()
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, Progress(step=5), session.learner, session.average, session.optimizer)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == before
    monkeypatch.undo()
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '{"config": {}}', "\x00\xff"])
def test_a_damaged_description_of_a_run_is_refused(tmp_path: Path, text: str) -> None:
    folder = RunFolder(tmp_path)
    folder.settings.write_bytes(text.encode("latin-1"))
    with pytest.raises(FormatError, match="damaged") as caught:
        folder.reopen()
    assert "start a new run" in caught.value.remedy


def test_a_run_folder_gives_back_what_it_was_told(tmp_path: Path) -> None:
    told = {"config": {"data": ["ä"]}, "settings": {"lr": 1e-3}, "data": {"fingerprint": "f"}}
    RunFolder(tmp_path / "run").create(told)
    assert RunFolder(tmp_path / "run").reopen() == told
