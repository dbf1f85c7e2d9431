from pathlib import Path

import pytest

from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError
from uncial.tasks.forecast import ForecastConfig, forecast, subset_sizes, write_subset
from uncial.tasks.ingest import IngestConfig, ingest


def test_sizes_are_halves_within_the_share() -> None:
    assert subset_sizes(1150, 0.25, 3) == [71, 143, 287]
    with pytest.raises(ConfigError, match="8 training lines"):
        subset_sizes(8, 0.25, 3)


def test_a_subset_keeps_the_validation_lines_and_draws_by_its_seed(
    pairs: Path, tmp_path: Path
) -> None:
    ingest(IngestConfig(sources=(pairs,), output=tmp_path / "all"))
    store = LineStore.open(tmp_path / "all")
    one = write_subset(store, tmp_path / "one", 2, seed=1)
    again = write_subset(store, tmp_path / "again", 2, seed=1)
    assert one.splits == {"train": 2, "validation": 2, "test": 0}
    assert one.fingerprint == again.fingerprint
    assert set(one.line_ids()) <= set(store.line_ids())


def test_runs_that_are_too_short_say_so(pairs: Path) -> None:
    config = ForecastConfig(data=(pairs,), share=1.0, sizes=2, seeds=2, views=2, threads=1)
    with pytest.raises(DataError, match="learnt to read"):
        forecast(config)


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"sizes": 1}, {"sizes": 2, "seeds": 1}])
def test_options_that_leave_too_few_runs_are_refused(wrong: dict, pairs: Path) -> None:
    with pytest.raises(ConfigError):
        ForecastConfig(data=(pairs,), **wrong)
