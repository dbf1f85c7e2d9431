"""Word graphs: ours and those of Tesseract's own programs hold the same words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from uncial.formats.tesseract.dawg import Dawg

INSTALLED = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
pytestmark = pytest.mark.tesseract


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked English model; its components are ``eng.<name>``."""
    if not INSTALLED.is_file():
        pytest.skip(f"no English model at {INSTALLED}")
    folder = tmp_path_factory.mktemp("eng")
    run("combine_tessdata", "-u", INSTALLED, folder / "eng.")
    return folder


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def unichars(parts: Path) -> list[str]:
    """The first column of the unicharset."""
    lines = (parts / "eng.lstm-unicharset").read_text(encoding="utf-8").splitlines()[1:]
    found = [line.split(" ")[0] for line in lines]
    return [" " if one == "NULL" else one for one in found]


def listed(parts: Path, graph: Path) -> list[str]:
    """The words of a graph according to Tesseract."""
    target = parts / "words.txt"
    run("dawg2wordlist", parts / "eng.lstm-unicharset", graph, target)
    return target.read_text(encoding="utf-8").split("\n")[:-1]


@pytest.mark.parametrize(("kind", "count"), [("word", 338080), ("punc", 561), ("number", 442)])
def test_published_graphs(kind: str, count: int, parts: Path) -> None:
    source = parts / f"eng.lstm-{kind}-dawg"
    data = source.read_bytes()
    dawg = Dawg.unpack(data)
    assert dawg.pack() == data
    words = list(dawg.words(unichars(parts)))
    assert len(words) == count
    assert words == listed(parts, source)


@pytest.mark.parametrize("kind", ["punc", "number"])
def test_tesseract_reads_our_graphs(kind: str, parts: Path) -> None:
    theirs = Dawg.unpack((parts / f"eng.lstm-{kind}-dawg").read_bytes())
    ours = Dawg.build(theirs.sequences(), unicharset_size=theirs.unicharset_size)
    assert len(ours.packed) <= len(theirs.packed)
    target = parts / "ours.dawg"
    target.write_bytes(ours.pack())
    assert sorted(listed(parts, target)) == sorted(theirs.words(unichars(parts)))


def test_words_added_by_either_side(parts: Path) -> None:
    table = unichars(parts)
    words = ["hello", "help", "world", "word", "held", "sword", "lord", "Lord", "ohm"]
    source, target = parts / "list.txt", parts / "theirs.dawg"
    source.write_text("\n".join(words) + "\n", encoding="utf-8")
    run("wordlist2dawg", source, target, parts / "eng.lstm-unicharset")
    theirs = Dawg.unpack(target.read_bytes())
    ours = Dawg.build(
        ([table.index(char) for char in word] for word in words), unicharset_size=len(table)
    )
    assert sorted(theirs.words(table)) == sorted(ours.words(table)) == sorted(words)
