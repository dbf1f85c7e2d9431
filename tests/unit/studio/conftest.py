"""A studio for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studios import Place, open_place, small_model_in
from team import Team, open_team


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = open_place(tmp_path / "studio")
    with made.client:
        yield made


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = open_team(tmp_path / "studio")
    yield made
    made.app.state.studio.db.close()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose network knows nothing, but reads something."""
    return small_model_in(tmp_path_factory.mktemp("model"))
