from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from uncial.errors import FormatError
from uncial.formats.lines.base import open_source
from uncial.formats.lines.tabular import TABLE


def images(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("labels.csv", 'image,label\nimg/a.png,"one, two"\nimg/b.png,drei\n'),
        ("labels.csv", '\ufeffimage,text\r\nimg/a.png,"one, two"\r\nimg/b.png,drei\r\n'),
        ("semicolon.csv", "file_name;text\nimg/a.png;one, two\nimg/b.png;drei\n"),
        ("metadata.csv", 'id,File_Name,Text\n7,img/a.png,"one, two"\n8,img/b.png,drei\n'),
        ("labels.tsv", "image\ttext\nimg/a.png\tone, two\nimg/b.png\tdrei\n"),
        ("gt_test.txt", "img/a.png\tone, two\nimg/b.png\tdrei\n"),
        ("headerless.tsv", "img/a.png\tone, two\nimg/b.png\tdrei"),
    ],
)
def test_layouts_of_text_tables(tmp_path: Path, name: str, table: str) -> None:
    images(tmp_path, "img/a.png", "img/b.png")
    (tmp_path / name).write_text(table, "utf-8", newline="")
    lines = list(open_source(tmp_path / name))
    assert [(line.line_id, line.image, line.text) for line in lines] == [
        ("img/a", b"img/a.png", "one, two"),
        ("img/b", b"img/b.png", "drei"),
    ]


def test_headerless_lists_keep_quotes(tmp_path: Path) -> None:
    images(tmp_path, "a.png", "b.png")
    (tmp_path / "gt_train.txt").write_text('a.png\t"Oh\nb.png\tno"\n')
    assert [line.text for line in open_source(tmp_path / "gt_train.txt")] == ['"Oh', 'no"']


def test_a_folder_of_tables_gives_splits_by_name(tmp_path: Path) -> None:
    for split in ("train", "test"):
        images(tmp_path / split, f"{split}.png")
        (tmp_path / split / "metadata.csv").write_text(f"file_name,text\n{split}.png,x\n")
    lines = list(open_source(tmp_path))
    assert [(line.line_id, line.split) for line in lines] == [
        ("test/test", "test"),
        ("train/train", "train"),
    ]


def test_hugging_face_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "image": [{"bytes": b"one", "path": "a.png"}, {"bytes": b"two", "path": None}],
            "text": ["eins", "zwei"],
            "writer": [3, None],
            "embedding": [[0.0], [1.0]],
        }
    )
    (tmp_path / "data").mkdir()
    pq.write_table(table, tmp_path / "data" / "validation-00000-of-00001.parquet")
    reader = open_source(tmp_path)
    assert reader.total() == 2
    lines = list(reader)
    assert [(line.image, line.text, line.document, line.split) for line in lines] == [
        (b"one", "eins", "3", "validation"),
        (b"two", "zwei", "", "validation"),
    ]
    assert lines[0].line_id != lines[1].line_id
    assert "a" in lines[0].line_id


@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
def test_parquet_with_paths_or_bytes(tmp_path: Path, kind: pa.DataType) -> None:
    images(tmp_path, "a.png")
    value = "a.png" if kind == pa.string() else b"a.png"
    pq.write_table(
        pa.table({"image": pa.array([value], kind), "label": ["x"]}), tmp_path / "t.parquet"
    )
    (line,) = open_source(tmp_path / "t.parquet")
    assert line.image == b"a.png"


def test_missing_images_and_cells_are_lines_with_faults(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,text,page\ngone.png,x,p1\n,y\nshort.png\n")
    lines = list(open_source(tmp_path / "t.csv"))
    assert [line.faults[0].code for line in lines] == ["missing-image"] * 3
    assert [line.text for line in lines] == ["x", "y", None]
    assert "gone.png" in lines[0].faults[0].detail


def test_bytes_that_are_not_utf8_stay_in_their_row(tmp_path: Path) -> None:
    images(tmp_path, "a.png", "b.png")
    (tmp_path / "t.csv").write_bytes(b"image,text\na.png,gr\xfcn\nb.png,blau\n")
    first, second = open_source(tmp_path / "t.csv")
    assert first.text == "gr\udcfcn"
    assert second.text == "blau"


def test_zips_are_read_without_unpacking(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("images/a.png", b"inside")
        archive.writestr("../escape.png", b"hostile")
    (tmp_path / "t.csv").write_text("image,text\nimages/a.png,x\n../gone.png,y\n/etc/none.png,z\n")
    lines = list(open_source(tmp_path / "t.csv"))
    assert lines[0].image == b"inside"
    assert [line.image for line in lines[1:]] == [None, None]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images.zip", "t.csv"]


def test_damaged_zip_members_are_faults_and_damaged_zips_errors(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("a.png", b"content of it")
    data = (tmp_path / "images.zip").read_bytes().replace(b"content", b"CONTENT")
    (tmp_path / "images.zip").write_bytes(data)
    (tmp_path / "t.csv").write_text("image,text\na.png,x\n")
    (line,) = open_source(tmp_path / "t.csv")
    assert line.faults[0].code == "unreadable-image"
    (tmp_path / "images.zip").write_bytes(b"PK, not really")
    with pytest.raises(FormatError, match=r"images\.zip"):
        list(open_source(tmp_path / "t.csv"))


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("t.csv", "image,text\na.png,x\n".encode("utf-16"), "UTF-16"),
        ("t.csv", b"name,age\nx,3\n", "no columns"),
        ("t.parquet", b"PAR1 cut", "Parquet"),
    ],
)
def test_tables_that_cannot_be_read_say_so(
    tmp_path: Path, name: str, data: bytes, match: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FormatError, match=match) as caught:
        list(open_source(tmp_path / name))
    assert caught.value.remedy


def test_parquet_without_text_is_no_ground_truth(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [b"x"], "label": [3]}), tmp_path / "digits.parquet")
    assert not TABLE.recognizes(tmp_path)
    with pytest.raises(FormatError, match="no columns"):
        list(open_source(tmp_path / "digits.parquet"))


def test_a_name_may_tell_the_page_where_no_column_does(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,text\nimages/JDH_2_001_r1l7.png,x\nplain.png,y\n")
    assert [line.page for line in open_source(tmp_path / "t.csv")] == ["JDH_2_001", ""]
    (tmp_path / "t.csv").write_text("image,text,page\nimages/JDH_2_001_r1l7.png,x,p9\n")
    assert [line.page for line in open_source(tmp_path / "t.csv")] == ["p9"]


@pytest.mark.parametrize("at", [40, 200])
def test_a_damaged_page_of_parquet_is_a_format_error(tmp_path: Path, at: int) -> None:
    path = tmp_path / "t.parquet"
    rows = {"image": [bytes(500)] * 3, "text": ["x"] * 3}
    pq.write_table(pa.table(rows), path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[4:at] = b"\xff" * (at - 4)
    path.write_bytes(data)
    with pytest.raises(FormatError, match="damaged after row 0"):
        list(open_source(path))


def test_cells_of_parquet_that_are_not_utf8_are_a_format_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = {"image": [b"i"], "text": ["some text"]}
    pq.write_table(pa.table(rows), path, compression="none", use_dictionary=False)
    path.write_bytes(path.read_bytes().replace(b"some text", b"some\xfftext"))
    with pytest.raises(FormatError, match="damaged after row"):
        list(open_source(path))


def test_columns_of_parquet_that_are_not_utf8_are_a_format_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": [b"i"], "text": ["x"], "other": [1]}), path)
    path.write_bytes(path.read_bytes().replace(b"other", b"oth\xff\xff"))
    with pytest.raises(FormatError, match="cannot be read as Parquet"):
        list(open_source(path))
