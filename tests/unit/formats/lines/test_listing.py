from __future__ import annotations

from pathlib import Path

import pytest

from uncial.errors import FormatError
from uncial.formats.lines.base import RawLine, open_source
from uncial.formats.lines.listing import SplitLists


def pair(folder: Path, *stems: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        (folder / f"{stem}.png").write_bytes(stem.encode())
        (folder / f"{stem}.gt.txt").write_text(stem)


def line(path: Path, line_id: str) -> RawLine:
    return RawLine(line_id=line_id, path=str(path / line_id), source="", image=None, text=None)


@pytest.mark.parametrize(
    "entry",
    ["lines/{}", "lines/{}.png", "./lines/{}.gt.txt", "lines\\{}.lstmf", "{root}/lines/{}.png"],
)
def test_a_list_is_a_source(tmp_path: Path, entry: str) -> None:
    pair(tmp_path / "lines", "a", "b", "c")
    listing = tmp_path / "some.txt"
    listing.write_text("\n".join(entry.format(stem, root=tmp_path) for stem in "ba") + "\n\n")
    lines = list(open_source(listing))
    assert [(found.line_id, found.text) for found in lines] == [
        ("lines/b", b"b"),
        ("lines/a", b"a"),
    ]


def test_a_named_list_gives_its_split_and_may_hold_bare_stems(tmp_path: Path) -> None:
    pair(tmp_path / "lines", "a", "b", "c")
    (tmp_path / "list.eval").write_text("c\na\ngone\n")
    found = {line.line_id: line for line in open_source(tmp_path / "list.eval")}
    assert {name: line.split for name, line in found.items()} == {
        "lines/a": "validation",
        "lines/c": "validation",
        "gone": "",
    }
    assert found["gone"].faults[0].code == "not-found"


def test_paths_relative_to_a_folder_above(tmp_path: Path) -> None:
    pair(tmp_path / "data" / "mine-ground-truth", "a")
    (tmp_path / "data" / "mine").mkdir()
    (tmp_path / "data" / "mine" / "list.train").write_text("data/mine-ground-truth/a.lstmf\n")
    (found,) = open_source(tmp_path / "data" / "mine" / "list.train")
    assert (found.text, found.split) == (b"a", "train")


def test_same_names_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    pair(tmp_path / "a", "1")
    pair(tmp_path / "b", "1")
    (tmp_path / "list.train").write_text("a/1.png\n")
    (tmp_path / "list.test").write_text("b/1.png\n")
    lists = SplitLists.beside(tmp_path)
    assert lists is not None
    assert lists.lookup(line(tmp_path, "a/1")) == ("train",)
    assert lists.lookup(line(tmp_path, "b/1")) == ("test",)
    assert lists.lookup(line(tmp_path, "c/1")) == ()
    assert lists.unmatched(tmp_path) == []


def test_lists_beside_a_folder_may_speak_of_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "list.train").write_text("a/1\na/2\nb/1\n")
    lists = SplitLists.beside(tmp_path / "a")
    assert lists is not None
    assert lists.lookup(line(tmp_path, "a/1")) == ("train",)
    assert lists.unmatched(tmp_path / "a") == ["a/2"]
    assert SplitLists.beside(tmp_path / "a" / "deeper") is None


def test_entries_that_name_no_file_lead_nowhere(tmp_path: Path) -> None:
    pair(tmp_path / "lines", "a")
    (tmp_path / "some.txt").write_text("lines/a.png\n.\n./\n..\n/\n")
    good, *others = open_source(tmp_path / "some.txt")
    assert good.text == b"a"
    assert {fault.code for other in others for fault in other.faults} == {"not-found"}


def test_lists_must_be_utf8(tmp_path: Path) -> None:
    (tmp_path / "list.train").write_bytes("grün".encode("latin-1"))
    with pytest.raises(FormatError, match="at byte 2"):
        SplitLists.beside(tmp_path)


def test_other_files_are_no_lists(tmp_path: Path) -> None:
    for name, data in (
        ("readme.txt", b"Read me first.\n"),
        ("x.bin", bytes(range(256))),
        ("e", b""),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FormatError, match="no line ground truth"):
            open_source(tmp_path / name)
    (tmp_path / "long.txt").write_text("x" * 5000)
    with pytest.raises(FormatError):
        open_source(tmp_path / "long.txt")
