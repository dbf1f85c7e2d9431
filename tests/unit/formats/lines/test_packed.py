"""Zip and tar archives of lines: pairs by name, damage by line, nothing written to disk."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from uncial.errors import FormatError
from uncial.formats.lines.base import RawLine, open_source

MEMBERS = {
    "set/p1_l1.png": b"one",
    "set/p1_l1.gt.txt": b"first",
    "set/p1_l1.bin.png": b"another",
    "set/p1_l2.gt.txt": "zweite \u017feite".encode(),
    "set/p1_l3.png": b"three",
    "other/photo.png": b"no text beside it",
    ".hidden/x.gt.txt": b"hidden",
    "../../out.gt.txt": b"outside",
}


def write_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def write_tar(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("set/p1_l3.gt.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "named-otherwise"])
def test_pairs_of_an_archive(name: str, tmp_path: Path) -> None:
    write = write_tar if ".tar" in name else write_zip
    lines = {line.line_id: line for line in open_source(write(tmp_path / name, MEMBERS))}
    assert set(lines) == {"set/p1_l1", "set/p1_l2", "set/p1_l3", "out"}
    first = lines["set/p1_l1"]
    assert (first.image, first.text, first.page) == (b"one", b"first", "p1")
    assert [fault.code for fault in first.faults] == ["several-images"]
    assert first.source.endswith(f"{name}:set/p1_l1.png")
    assert (lines["set/p1_l2"].image, lines["set/p1_l3"].text) == (None, None)
    assert list(tmp_path.iterdir()) == [tmp_path / name]


def test_an_archive_without_texts_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.png": b"x"})
    with pytest.raises(FormatError, match=r"no \.gt\.txt file"):
        list(open_source(path))


def test_damage_costs_one_line(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", MEMBERS | {"z.png": b"zzzz" * 99, "z.gt.txt": b"z"})
    data = bytearray(path.read_bytes())
    data[data.index(b"z.png") + 8] ^= 255
    path.write_bytes(data)
    lines = {line.line_id: line for line in open_source(path)}
    assert [fault.code for fault in lines["z"].faults] == ["unreadable-image"]
    assert lines["set/p1_l1"].image == b"one"


def test_a_cut_archive_is_a_format_error(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "a.tar.gz", MEMBERS)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match="archive is damaged"):
        list[RawLine](open_source(path))


def test_what_unpacks_to_far_more_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    member = tarfile.TarInfo("a.gt.txt")
    member.size = 2 << 30
    path.write_bytes(member.tobuf() + bytes(1024))
    with pytest.raises(FormatError, match="over 100 times its size"):
        list(open_source(path))
