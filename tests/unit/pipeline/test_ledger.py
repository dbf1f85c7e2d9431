"""What has been done is not done again, and nothing else counts as done."""

from __future__ import annotations

from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.pipeline.ledger import NAME, Ledger

OF = {"model": "a", "format": "alto"}


def test_a_run_goes_on_after_what_is_done(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, OF) as ledger:
        for name in ("one", "two", "gone"):
            (tmp_path / f"{name}.xml").touch()
            ledger.add(name, {"files": [f"{name}.xml"], "lines": 3})
        ledger.add("bad", {"failed": "no image"})
    (tmp_path / "gone.xml").unlink()
    with (tmp_path / NAME).open("a") as file:
        file.write('{"source": "torn", "fil')
    with Ledger.open(tmp_path, OF) as ledger:
        assert set(ledger.done) == {"one", "two"}
        ledger.add("three", {"files": []})
    with Ledger.open(tmp_path, OF) as ledger:
        assert set(ledger.done) == {"one", "two", "three"}
    assert len((tmp_path / NAME).read_text().splitlines()) == 4


def test_results_of_another_model_are_not_mixed_in(tmp_path: Path) -> None:
    with Ledger.open(tmp_path, OF) as ledger:
        ledger.add("one", {"files": []})
    with pytest.raises(ConfigError, match="another model or format"):
        Ledger.open(tmp_path, {**OF, "model": "b"})
    with Ledger.open(tmp_path, {**OF, "model": "b"}, anew=True) as ledger:
        assert not ledger.done
