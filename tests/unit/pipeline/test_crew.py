"""Processes that work off jobs: each once, whatever dies."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from uncial.errors import FormatError
from uncial.pipeline.crew import Fault, Work, worked


@dataclass(frozen=True)
class Doubling:
    """Doubles numbers; 7 kills its process, 8 does so once, 9 is refused."""

    folder: Path
    broken: bool = False

    def __call__(self) -> Work[int, int]:
        if self.broken:
            raise FormatError("a broken model", remedy="mend it")
        return self._doubled

    def _doubled(self, numbers: Sequence[int]) -> list[int | Fault]:
        return [self._one(number) for number in numbers]

    def _one(self, number: int) -> int | Fault:
        if number == 7 or (number == 8 and self._first()):
            os.kill(os.getpid(), signal.SIGKILL)
        return Fault("nine") if number == 9 else 2 * number

    def _first(self) -> bool:
        mark = self.folder / "died"
        seen = mark.exists()
        mark.touch()
        return not seen


@pytest.mark.parametrize("batch", [1, 4])
def test_every_job_is_done_once_and_the_one_that_kills_is_named(tmp_path: Path, batch: int) -> None:
    done = list(worked(range(12), Doubling(tmp_path), processes=2, batch=batch))
    assert sorted(one.job for one in done) == list(range(12))
    results = {one.job: one.result for one in done}
    assert results[7] == Fault("its process died (SIGKILL)")
    assert results[9] == Fault("nine")
    assert all(results[number] == 2 * number for number in range(12) if number not in (7, 9))


def test_a_process_that_cannot_be_made_ready_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="a broken model") as caught:
        list(worked(range(3), Doubling(tmp_path, broken=True), processes=1))
    assert caught.value.remedy == "mend it"


def test_nothing_to_do_starts_nothing(tmp_path: Path) -> None:
    assert list(worked([], Doubling(tmp_path, broken=True), processes=2)) == []
