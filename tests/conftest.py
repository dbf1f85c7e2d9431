"""What every test may ask for: the data folder, the Tesseract programs, hypothesis profiles."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

_CI = os.environ.get("UNCIAL_CI") == "1"
_TESSERACT = ("tesseract", "combine_tessdata", "lstmtraining")
_CHROMIUM = ("/usr/bin/chromium", "npm")
_REDIS = ("redis-server",)
_REQUIRED_IN_CI = ("tesseract", "chromium", "postgres", "redis")

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if _CI else "dev")


def data_folder() -> Path:
    """Where the data sets lie that are not part of the repository."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    return Path(os.environ.get("UNCIAL_DATA", beside))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data folder; a test that asks for it is marked `data`."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; name one in UNCIAL_DATA")
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [program for program in _TESSERACT if shutil.which(program) is None]
    has_kraken = bool(os.environ.get("UNCIAL_KRAKEN") or shutil.which("kraken"))
    no_browser = [program for program in _CHROMIUM if shutil.which(program) is None]
    no_redis = [program for program in _REDIS if shutil.which(program) is None]
    has_postgres = bool(list(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    has_data = data_folder().is_dir()
    for item in items:
        if missing and item.get_closest_marker("tesseract"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(missing)}"))
        if not has_kraken and item.get_closest_marker("kraken"):
            item.add_marker(pytest.mark.skip(reason="kraken is not installed, see UNCIAL_KRAKEN"))
        if no_browser and item.get_closest_marker("chromium"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(no_browser)}"))
        if no_redis and item.get_closest_marker("redis"):
            item.add_marker(pytest.mark.skip(reason="not installed: redis-server"))
        if not has_postgres and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="not installed: postgresql"))
        if not has_data and item.get_closest_marker("data"):
            item.add_marker(pytest.mark.skip(reason=f"no data folder at {data_folder()}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """In CI a skipped test of outside programs is a failure: nobody else would notice a break."""
    report = yield
    if _CI and report.skipped and any(map(item.get_closest_marker, _REQUIRED_IN_CI)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not be skipped in CI: {report.longrepr}"
    return report
