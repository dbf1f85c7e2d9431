"""Damaged and hostile files raise errors of ours or are read; the fuzzer goes on for minutes."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "robustness"))
import readers
from mutate import Mutator

INPUTS = 12


@pytest.mark.parametrize("name", readers.READERS)
def test_damage_never_ends_in_another_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "DATA", tmp_path)  # the same inputs on every machine
    reader = readers.READERS[name]
    mutator = Mutator(reader.seeds(), reader.tokens, seed=1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for data in (*mutator.sound, *(mutator.make() for _ in range(INPUTS))):
            reader.read(data, tmp_path)
