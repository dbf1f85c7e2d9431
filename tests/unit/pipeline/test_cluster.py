"""Jobs on Ray: each has one result, though actors die."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.pipeline.crew import Fault

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("ray.data", reason='ray is not installed: pip install "uncial[ray]"')

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

WORK = """
import os
from dataclasses import dataclass
from pathlib import Path

from uncial.errors import ConfigError


@dataclass
class Hire:
    folder: str
    fails: bool = False

    def __call__(self):
        if self.fails:
            raise ConfigError("no such model")
        return self.work

    def work(self, jobs):
        [job] = jobs
        flag = Path(self.folder) / f"{job}"
        if job == 1 or (job == 2 and not flag.exists()):
            flag.touch()
            os._exit(1)
        return [10 * job]
"""


def test_actors_that_die_are_replaced_and_what_kills_them_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from uncial.pipeline.cluster import worked

    (tmp_path / "deadly.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # of the actors
    deadly = importlib.import_module("deadly")
    done = list(worked(range(5), deadly.Hire(str(tmp_path)), processes=2))
    results = {one.job: one.result for one in done}
    assert len(done) == 5
    assert results.pop(1) == Fault("its process died 3 times")
    assert results == {0: 0, 2: 20, 3: 30, 4: 40}
    with pytest.raises(ConfigError, match="no such model"):
        list(worked(range(2), deadly.Hire(str(tmp_path), fails=True), processes=1))
