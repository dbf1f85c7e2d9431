import json
from pathlib import Path

import pytest

from uncial.data.store import LineStore
from uncial.errors import ConfigError, InputError
from uncial.formats.tesseract.boxes import END_OF_LINE, unpack
from uncial.page.layout import LineSample
from uncial.tasks.synthesis import open_synthesizer, read_recipe, recipe_store
from uncial.tasks.synthesize import SynthesizeConfig, synthesize
from uncial.text.graphemes import graphemes

_RECIPE = """
name = "t"
lines = 24
validation = 6
[text]
shortest = 4
longest = 14
charset = "abcdefghijklmnopqrstuvwxyzßäöü.,"
[fonts]
names = ["caladea"]
"""


@pytest.fixture(autouse=True)
def _no_fetched_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(_RECIPE)
    return path


def _lines(path: Path) -> list[LineSample]:
    store = LineStore.open(path)
    return [store.sample(row) for row in range(len(store))]


def test_a_store_has_every_character_and_the_licences(recipe: Path, tmp_path: Path) -> None:
    result = synthesize(SynthesizeConfig(recipe=recipe, output=tmp_path / "data"))
    store = LineStore.open(tmp_path / "data")
    assert store.splits["validation"] == 6
    assert store.splits["train"] >= 24
    texts = store.texts(store.split("train"))
    found = {unit for text in texts for unit in graphemes(text)}
    assert set("abcdefghijklmnopqrstuvwxyzßäöü.,") <= found
    assert set(result.fonts.values()) == {"APACHE 2.0"}
    assert store.manifest["fonts"] == result.fonts


def test_one_worker_and_three_write_the_same_lines(recipe: Path, tmp_path: Path) -> None:
    for workers in (0, 3):
        config = SynthesizeConfig(recipe=recipe, output=tmp_path / f"d{workers}", workers=workers)
        synthesize(config)
    one, three = (_lines(tmp_path / f"d{workers}") for workers in (0, 3))
    assert [line.text for line in one] == [line.text for line in three]
    assert all((a.image == b.image).all() for a, b in zip(one, three, strict=True))


def test_pairs_have_lists_and_ground_truth(recipe: Path, tmp_path: Path) -> None:
    output = tmp_path / "pairs"
    result = synthesize(SynthesizeConfig(recipe=recipe, output=output, form="pairs"))
    assert result.lines == {"train": 24, "validation": 6, "test": 0}
    names = (output / "list.train").read_text().split()
    assert len(names) == 24
    assert all((output / name).with_suffix(".gt.txt").is_file() for name in names)
    told = json.loads((output / "fonts.json").read_text())
    assert {font["licence"] for font in told} == {"APACHE 2.0"}
    with pytest.raises(ConfigError, match="not empty"):
        synthesize(SynthesizeConfig(recipe=recipe, output=output, form="pairs"))


def test_pages_for_tesseract_have_boxes_for_characters_and_line_ends(
    recipe: Path, tmp_path: Path
) -> None:
    output = tmp_path / "tess"
    config = SynthesizeConfig(recipe=recipe, output=output, form="tesseract", pages=2, exposure=1)
    result = synthesize(config)
    boxes = sorted(output.glob("*.exp1.*.box"))
    assert len(boxes) == result.pages == 2
    entries = unpack(boxes[0].read_bytes())
    assert sum(entry.text == END_OF_LINE for entry in entries) == result.lines["train"] / 2
    assert {entry.text for entry in entries} - {END_OF_LINE, " "} <= set(
        "abcdefghijklmnopqrstuvwxyzßäöü.,"
    )
    assert len((output / "fonts.list").read_text().splitlines()) == 2


@pytest.mark.parametrize("layout", ["page", "alto"])
def test_whole_pages_come_with_their_layout(layout: str, recipe: Path, tmp_path: Path) -> None:
    from uncial.formats.pages.base import read_file

    output = tmp_path / "pages"
    result = synthesize(
        SynthesizeConfig(recipe=recipe, output=output, form="pages", pages=1, layout=layout)
    )
    (page,) = read_file(output / "t-00000.xml").pages
    assert sum(1 for _ in page.lines()) == result.lines["train"]
    assert (output / page.image).is_file()


def test_a_recipe_is_made_once_for_a_seed(recipe: Path, tmp_path: Path) -> None:
    first = recipe_store(recipe, tmp_path / "lines", 0)
    assert recipe_store(recipe, tmp_path / "lines", 0).path == first.path
    assert recipe_store(recipe, tmp_path / "lines", 1).path != first.path


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ('[text]\nsource = ["x"]', ConfigError, "unknown option text.source"),
        ('[text]\nsources = ["none.txt"]', InputError, "none.txt: does not exist"),
        ('[fonts]\nnames = ["no-such-font"]', ConfigError, "no-such-font"),
        ('[ageing]\nlike = ["nowhere"]', ConfigError, "nowhere: does not exist"),
        ("[text]\nmix = { wrods = 1.0 }", ConfigError, "wrods"),
    ],
)
def test_what_a_recipe_gets_wrong_is_named(
    line: str, error: type[Exception], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(line)
    with pytest.raises(error, match=words):
        open_synthesizer(read_recipe(path))
