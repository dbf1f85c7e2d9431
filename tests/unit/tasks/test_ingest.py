from __future__ import annotations

import gc
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bad_lines import BAD, ink, write_bad, write_pairs

from uncial.data.findings import KINDS
from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError, FormatError
from uncial.progress import Advanced, Event, Note
from uncial.tasks.ingest import IngestConfig, ingest, open_lines


def report_of(store: Path) -> list[dict[str, str]]:
    return json.loads((store / "report.json").read_text(encoding="utf-8"))["findings"]


def test_every_kind_of_bad_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    write_pairs(folder, 60)
    write_bad(folder)
    (tmp_path / "lines" / "pages").mkdir()
    (tmp_path / "lines" / "pages" / "page1.png").write_bytes(ink(5000))
    config = IngestConfig(sources=(folder,), output=tmp_path / "store", go_on=True)
    result = ingest(config)

    findings = report_of(result.store)
    readable = result.report.read_text(encoding="utf-8")
    left_out = 0
    for name, (_, code) in BAD.items():
        found = [f for f in findings if f["line_id"] == f"bad-{name}"]
        codes = {f["code"] for f in found} - ({"one-off-character"} - {code})
        assert codes == ({code} if code else set()), name
        if code:
            assert found[0]["remedy"] == KINDS[code].remedy
            assert f"bad-{name}" in readable
            assert KINDS[code].remedy in readable
            left_out += KINDS[code].severity == "error"
    assert [f["source"] for f in findings if f["code"] == "folder-passed-over"] == [
        str(folder / "pages")
    ]
    store = LineStore.open(result.store)
    assert result.lines == len(store) == 60 + len(BAD) - left_out
    assert sum(result.left_out.values()) == left_out
    good = [line for line in store.line_ids() if line.startswith("p")]
    assert len(good) == 60


def test_too_many_bad_lines_stop_it(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    write_pairs(folder, 30)
    (folder / "p000_line_2.gt.txt").write_bytes(b"")
    config = IngestConfig(sources=(folder,), output=tmp_path / "store")
    events: list[Event] = []
    result = ingest(config, events.append)  # 1 of 30 is under 5 %
    assert result.left_out == {"empty-text": 1}
    assert any(isinstance(e, Note) and "p000_line_2" in e.text for e in events)
    assert isinstance(events[-2], Advanced)

    (folder / "p000_line_3.gt.txt").write_bytes(b"\xff\xff")
    with pytest.raises(DataError, match=r"2 of 30 lines \(6.7%\)") as caught:
        ingest(replace(config, overwrite=True))
    message = str(caught.value)
    assert "p000_line_2" in message
    assert "p000_line_3" in message
    assert "go on" in message
    assert (tmp_path / "store.report.txt").exists()
    assert len(LineStore.open(tmp_path / "store")) == 29  # the old store is untouched
    assert ingest(replace(config, overwrite=True, go_on=True)).lines == 28


def test_nothing_usable_is_refused_even_when_told_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    (folder / "a.gt.txt").write_text("text")
    with pytest.raises(DataError, match="no line can be used"):
        ingest(IngestConfig(sources=(folder,), output=tmp_path / "store", go_on=True))


def test_a_drawn_split_keeps_pages_whole_and_is_frozen(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 200)
    config = IngestConfig(sources=(tmp_path / "lines",), output=tmp_path / "one", seed=3)
    result = ingest(config)
    assert result.splits == {"train": 160, "validation": 20, "test": 20}
    store = LineStore.open(result.store)
    pages: dict[str, set[str]] = {}
    for row in range(len(store)):
        record = store.record(row)
        pages.setdefault(record.page, set()).add(record.split)
    assert len(pages) == 40
    assert all(len(splits) == 1 for splits in pages.values())
    again = ingest(replace(config, output=tmp_path / "two"))
    assert LineStore.open(again.store).fingerprint == store.fingerprint
    other = ingest(replace(config, output=tmp_path / "three", seed=4))
    assert LineStore.open(other.store).fingerprint != store.fingerprint


ENTRY: dict[str, Callable[[int], str]] = {
    "stem": lambda at: f"p{at // 5:03d}_line_{at}",
    "image": lambda at: f"lines/p{at // 5:03d}_line_{at}.png",
    "text": lambda at: f"p{at // 5:03d}_line_{at}.gt.txt",
    "relative to the folder": lambda at: f"./lines/p{at // 5:03d}_line_{at}.png",
    "lstmf elsewhere": lambda at: f"data/mine-ground-truth/p{at // 5:03d}_line_{at}.lstmf",
}


@pytest.mark.parametrize(
    ("entry", "source"),
    [*((entry, "") for entry in list(ENTRY)[:-1]), *((entry, "lines") for entry in ENTRY)],
)
def test_list_files_fix_the_split(tmp_path: Path, entry: str, source: str) -> None:
    root = tmp_path / "mine"
    write_pairs(root / "lines", 20)
    name = ENTRY[entry]
    (root / "list.train").write_text("\n".join(map(name, range(10))) + "\n")
    (root / "list.eval").write_text("\r\n".join(map(name, range(10, 14))))
    (root / "list.test").write_text("\ufeff" + "\n".join(map(name, range(14, 19))), "utf-8")
    result = ingest(IngestConfig(sources=(root / source,), output=tmp_path / "store"))
    assert result.splits == {"train": 10, "validation": 4, "test": 5}
    assert result.left_out == {"unlisted": 1}


def test_lists_that_name_missing_lines_are_reported(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 3)
    (tmp_path / "lines" / "list.train").write_text("p000_line_0\np000_line_1\np000_line_9\n")
    config = IngestConfig(sources=(tmp_path / "lines",), output=tmp_path / "store")
    with pytest.raises(DataError, match="p000_line_9"):
        ingest(config)
    result = ingest(replace(config, go_on=True))
    assert result.left_out == {"unlisted": 1, "not-found": 1}


def test_a_leak_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    write_pairs(folder, 40)
    (folder / "copy.png").write_bytes((folder / "p000_line_1.png").read_bytes())
    (folder / "copy.gt.txt").write_text("good line number 1")
    names = sorted(path.name for path in folder.glob("p*.png"))
    (folder / "list.train").write_text("\n".join(names[:30]))
    (folder / "list.test").write_text("\n".join([*names[30:], "copy"]))
    config = IngestConfig(sources=(folder,), output=tmp_path / "store")
    with pytest.raises(DataError, match=r"leak.*copy \(test\) and p000_line_1 \(train\)") as caught:
        ingest(config)
    assert "remove the copies" in caught.value.remedy
    result = ingest(replace(config, allow_leak=True))
    assert result.warnings["leak"] == 1
    for name in ("list.train", "list.test"):
        (folder / name).unlink()
    assert ingest(replace(config, overwrite=True)).warnings == {"duplicate-image": 1}


def test_a_line_in_two_lists_is_a_leak(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 4)
    (tmp_path / "lines" / "list.train").write_text("\n".join(f"p000_line_{n}" for n in range(4)))
    (tmp_path / "lines" / "list.test").write_text("p000_line_3\n")
    config = IngestConfig(sources=(tmp_path / "lines",), output=tmp_path / "store", validation=0)
    with pytest.raises(DataError, match=r"leak.*p000_line_3"):
        ingest(config)
    assert ingest(replace(config, allow_leak=True)).splits["test"] == 1


def test_a_table_with_a_split_column_and_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for at in range(20):
            archive.writestr(f"images/w{at % 4}/{at}.png", ink(at))
    rows = [f"images/w{at % 4}/{at}.png,word {at},{at % 4},{split}" for at, split in enumerate(
        ["train"] * 14 + ["val"] * 2 + ["test"] * 3 + ["unsure"])]  # fmt: skip
    (tmp_path / "labels.csv").write_text("image,label,writer,split\n" + "\n".join(rows))
    result = ingest(IngestConfig(sources=(tmp_path,), output=tmp_path / "store"))
    assert result.splits == {"train": 14, "validation": 2, "test": 3}
    assert result.left_out == {"unknown-split": 1}
    record = LineStore.open(result.store).record(0)
    assert (record.line_id, record.document, record.text) == ("images/w0/0", "0", "word 0")


def test_stores_and_folders_merge(tmp_path: Path) -> None:
    write_pairs(tmp_path / "a", 20)
    write_pairs(tmp_path / "b", 20, start=100)
    first = ingest(IngestConfig(sources=(tmp_path / "a",), output=tmp_path / "store-a"))
    both = ingest(IngestConfig(sources=(first.store, tmp_path / "b"), output=tmp_path / "store-ab"))
    assert both.lines == 40
    store = LineStore.open(both.store)
    assert store.line_ids([0, 20]) == ["store-a/p000_line_0", "b/p020_line_100"]
    assert len(set(store.line_ids())) == 40
    before = LineStore.open(first.store)
    assert store.split("test")[:2].tolist() == before.split("test")[:2].tolist()


def test_open_lines_ingests_once(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 20)
    work = tmp_path / "work"
    first = open_lines([tmp_path / "lines"], seed=1, workdir=work)
    stamp = (first.path / "store.json").stat().st_mtime_ns
    again = open_lines([tmp_path / "lines"], seed=1, workdir=work)
    assert again.path == first.path
    assert (again.path / "store.json").stat().st_mtime_ns == stamp
    (tmp_path / "lines" / "p000_line_0.gt.txt").write_text("corrected line number zero")
    changed = open_lines([tmp_path / "lines"], seed=1, workdir=work)
    assert changed.path != first.path
    assert open_lines([changed.path]).path == changed.path


def test_open_lines_cleans_up_a_temporary_store(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 20)
    store = open_lines([tmp_path / "lines"], seed=1)
    path = store.path
    assert store.image(0).shape == (32, 300)
    del store
    gc.collect()
    assert not path.exists()


def test_wrong_options_and_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no ground truth"):
        IngestConfig(sources=(), output=tmp_path / "s")
    with pytest.raises(ConfigError, match="nothing to train on"):
        IngestConfig(sources=(tmp_path,), output=tmp_path / "s", validation=0.5, test=0.5)
    with pytest.raises(FormatError, match="no such file"):
        ingest(IngestConfig(sources=(tmp_path / "gone",), output=tmp_path / "s"))
    with pytest.raises(FormatError, match="no line ground truth") as caught:
        ingest(IngestConfig(sources=(tmp_path,), output=tmp_path / "s"))
    assert ".gt.txt" in caught.value.remedy
    (tmp_path / "t.csv").write_text("image,text\n")
    with pytest.raises(DataError, match="not one line"):
        ingest(IngestConfig(sources=(tmp_path / "t.csv",), output=tmp_path / "s"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "splits"),
    [
        ("print-latin-anthologia", (241, 30, 31)),
        ("print-latin-anthologia/lines", (241, 30, 31)),
        ("hw-words-de-dhsd/list.test", (0, 0, 495)),
        ("rtl-arabic-jstor", (800, 100, 100)),
        ("hw-lines-en-hooker/labels.csv", (2082, 254, 328)),
    ],
)
def test_real_ground_truth(
    shared_data: Path, tmp_path: Path, name: str, splits: tuple[int, int, int]
) -> None:
    result = ingest(IngestConfig(sources=(shared_data / name,), output=tmp_path / "store"))
    assert tuple(result.splits.values()) == splits
    assert result.left_out == {}
