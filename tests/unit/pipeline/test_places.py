"""Folders by path and by URL behave the same."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.pipeline.places import Place


@pytest.fixture(params=["disk", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "disk":
        return Place(str(tmp_path / "place"))
    return Place(f"memory://{uuid.uuid4().hex}/place")


def test_what_is_written_is_found_and_read(place: Place) -> None:
    place.write("b/two.txt", b"2")
    place.write("a.txt", b"one")
    place.write("b/two.txt", b"22")
    place.write("b/.hidden", b"")
    place.write(".git/head", b"")
    assert place.files() == [("a.txt", 3), ("b/two.txt", 2)]
    assert place.read("b/two.txt") == b"22"
    assert place.names("b") == {"two.txt"}
    assert place.names("none") == set()
    with pytest.raises(FileNotFoundError):
        place.read("none.txt")


def test_files_come_here_and_go_back_under_their_names(place: Place, tmp_path: Path) -> None:
    place.write("a/one.txt", b"1")
    place.write("a/two.txt", b"2")
    place.fetch(["a/one.txt"], tmp_path / "here")
    assert [path.name for path in (tmp_path / "here").rglob("*.txt")] == ["one.txt"]
    (tmp_path / "here" / "three.txt").write_bytes(b"333")
    assert place.store(tmp_path / "here") == 4
    assert place.files() == [("a/one.txt", 1), ("a/two.txt", 1), ("three.txt", 3)]


def test_places_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        Place(str(tmp_path / "none")).files()
    with pytest.raises(ConfigError, match="none://x: no such place"):
        Place("none://x").files()
