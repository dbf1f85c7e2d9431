from __future__ import annotations

from pathlib import Path

import pytest

from uncial.formats.lines.base import IMAGE_SUFFIXES, strip_suffix
from uncial.formats.lines.names import Origin
from uncial.formats.lines.pairs import PAIRS


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())


@pytest.mark.parametrize("suffix", [*IMAGE_SUFFIXES, ".PNG", ".Jpg"])
def test_every_image_suffix_pairs(tmp_path: Path, suffix: str) -> None:
    touch(tmp_path, f"p1.l2{suffix}", "p1.l2.gt.txt")
    assert PAIRS.recognizes(tmp_path)
    (line,) = PAIRS.open(tmp_path)
    assert line.line_id == "p1.l2"
    assert line.image == f"p1.l2{suffix}".encode()
    assert line.text == b"p1.l2.gt.txt"
    assert not line.faults


def test_folders_nest_and_lines_come_sorted(tmp_path: Path) -> None:
    touch(tmp_path / "b", "2.png", "2.gt.txt", "1.png", "1.gt.txt")
    touch(tmp_path / "a" / "deep", "3.png", "3.gt.txt")
    touch(tmp_path / ".hidden", "4.png", "4.gt.txt")
    reader = PAIRS.open(tmp_path)
    assert [line.line_id for line in reader] == ["a/deep/3", "b/1", "b/2"]
    assert [line.document for line in reader] == ["a/deep", "b", "b"]
    assert reader.total() == 3


def test_of_several_images_the_plain_one_is_read(tmp_path: Path) -> None:
    touch(tmp_path, "x.bin.png", "x.nrm.png", "x.png", "x.gt.txt")
    (line,) = PAIRS.open(tmp_path)
    assert line.image == b"x.png"
    assert [fault.code for fault in line.faults] == ["several-images"]


def test_halves_are_lines_too(tmp_path: Path) -> None:
    touch(tmp_path, "only-image.png", "only-text.gt.txt")
    lines = list(PAIRS.open(tmp_path))
    assert [(line.image is None, line.text is None) for line in lines] == [
        (False, True),
        (True, False),
    ]


def test_folders_without_texts_are_remarked_on(tmp_path: Path) -> None:
    touch(tmp_path / "lines", "1.png", "1.gt.txt")
    touch(tmp_path / "pages", "page.jpg")
    touch(tmp_path / "notes", "readme.md")
    reader = PAIRS.open(tmp_path)
    assert len(list(reader)) == len(list(reader)) == 1
    assert [(remark.code, Path(remark.source).name) for remark in reader.remarks] == [
        ("folder-passed-over", "pages")
    ]


@pytest.mark.parametrize(
    ("stems", "stem", "origin"),
    [
        (["p0019_line_1_20"], "p0019_line_1_20", ("p0019", "lines")),
        (["p012_l07"], "p012_l07", ("p012", "lines")),
        (["JDH_2_16_156_002_r1l12"], "JDH_2_16_156_002_r1l12", ("JDH_2_16_156_002", "lines")),
        (["f1_tl_3"], "f1_tl_3", ("f1", "lines")),
        (["a_2_002_tr_1_tl_10"], "a_2_002_tr_1_tl_10", ("a_2_002", "lines")),
        (["1800_work_01bd", "1800_work_04aa", "1801_x_9c"], "1800_work_01bd", ("", "1800_work")),
        (["1800_work_01bd", "1800_work_04aa", "1801_x_9c"], "1801_x_9c", ("", "1801_x")),
        (["3f46-a83a", "a577-b1"], "3f46-a83a", ("", "lines")),
        (["word_1", "word_2"], "word_1", ("", "lines")),
        (["a_1", "b_2", "c_3"], "a_1", ("", "lines")),
    ],
)
def test_origin_is_guessed_only_where_names_tell(
    stems: list[str], stem: str, origin: tuple[str, str]
) -> None:
    assert Origin.of_names("lines", stems).guess(stem) == origin


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a/b.bin.png", "a/b"),
        ("x.gt.txt", "x"),
        ("v1.2", "v1.2"),
        ("l.lstmf", "l"),
        (".png", ".png"),
    ],
)
def test_suffixes_are_stripped_whole(name: str, stem: str) -> None:
    assert strip_suffix(name) == stem
