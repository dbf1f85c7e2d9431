"""Processes that work off jobs: each once, whatever dies."""

from __future__ import annotations

from pathlib import Path

import pytest
from doubling import Doubling

from uncial.errors import FormatError
from uncial.pipeline.crew import Fault, worked


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
