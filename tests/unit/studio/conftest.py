"""A studio for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studios import Place, open_place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = open_place(tmp_path / "studio")
    with made.client:
        yield made
