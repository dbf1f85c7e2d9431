"""Recipes made of other recipes."""

from pathlib import Path

import pytest

from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError
from uncial.tasks.synthesis import open_synthesizer, read_recipe, recipe_store
from uncial.tasks.synthesize import SynthesizeConfig, synthesize

_PART = """
[text]
charset = "{charset}"
shortest = 3
longest = 9
[fonts]
names = ["caladea"]
"""


@pytest.fixture(autouse=True)
def _no_fetched_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(_PART.format(charset="abdeilnorstu"))
    (tmp_path / "large.toml").write_text(_PART.format(charset="THEWASIDLN"))
    path = tmp_path / "mixed.toml"
    head = 'name = "mixed"\nlines = 60\nvalidation = 6\n'
    path.write_text(head + '[parts]\n"small.toml" = 3\n"large.toml" = 1\n')
    return path


def test_lines_come_from_every_part_by_its_share(mixed: Path) -> None:
    maker = open_synthesizer(read_recipe(mixed))
    texts = [maker.line(1, number).text or "" for number in range(120)]
    small = sum(text.islower() for text in texts)
    assert 70 < small < 110
    assert all(maker.line(1, n).line_id == f"mixed/{n:07d}" for n in (0, 5))
    assert set("abTHE") <= maker.written


def test_a_line_does_not_depend_on_those_before(mixed: Path) -> None:
    maker = open_synthesizer(read_recipe(mixed))
    later = maker.line(1, 17)
    again = open_synthesizer(read_recipe(mixed)).line(1, 17)
    assert later.text == again.text
    assert (later.image == again.image).all()


def test_workers_make_the_same_store(mixed: Path, tmp_path: Path) -> None:
    for workers in (0, 2):
        output = tmp_path / f"d{workers}"
        synthesize(SynthesizeConfig(recipe=mixed, output=output, workers=workers))
    one, two = (LineStore.open(tmp_path / f"d{workers}") for workers in (0, 2))
    assert one.fingerprint == two.fingerprint


def test_every_character_of_every_part_occurs(mixed: Path, tmp_path: Path) -> None:
    store = recipe_store(mixed, tmp_path / "lines", 0)
    seen = set("".join(store.texts(store.split("train"))))
    assert set("abdeilnorstuTHEWASIDLN") <= seen


def test_a_given_text_goes_to_a_part_that_draws_it(mixed: Path) -> None:
    maker = open_synthesizer(read_recipe(mixed))
    assert maker.line(0, 0, "stand").text == "stand"
    with pytest.raises(DataError, match="漢字"):
        maker.line(0, 0, "漢字")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[parts]\n"mixed.toml" = 1', "parts of its own"),
        ('[parts]\n"small.toml" = 0', "no share"),
        ('[parts]\n"small.toml" = 1\n[fonts]\nnames = ["caladea"]', "of its own"),
    ],
)
def test_parts_that_make_no_sense_are_refused(mixed: Path, text: str, words: str) -> None:
    path = mixed.with_name("outer.toml")
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        open_synthesizer(read_recipe(path))
