from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.data.images import encode_image
from uncial.data.store import LineRecord, LineStore, is_store
from uncial.data.writer import LineStoreWriter
from uncial.errors import ConfigError, FormatError
from uncial.page.layout import LineSample


def line_image(seed: int, width: int = 40) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (16, width), dtype=np.uint8)


def write_store(path: Path, lines: int = 5, **options: bool) -> LineStore:
    with LineStoreWriter(path, **options) as writer:
        for at in range(lines):
            writer.append_sample(
                LineSample(
                    image=line_image(at, 40 + at),
                    text=f"line {at}",
                    line_id=f"l{at}",
                    page=f"p{at // 2}",
                    document="d",
                    source=f"l{at}.png",
                ),
                split=("train", "validation", "test")[at % 3],
            )
    return LineStore.open(path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", 7)
    assert len(store) == 7
    assert store.splits == {"train": 3, "validation": 2, "test": 2}
    assert store.split("val").tolist() == [1, 4]
    assert store.texts() == [f"line {at}" for at in range(7)]
    assert store.texts(np.array([6, 0])) == ["line 6", "line 0"]
    assert store.line_ids([2]) == ["l2"]
    assert store.widths().tolist() == list(range(40, 47))
    assert set(store.heights().tolist()) == {16}
    sample = store.sample(3)
    assert np.array_equal(sample.image, line_image(3, 43))
    assert (sample.text, sample.page, sample.document) == ("line 3", "p1", "d")
    record = store.record(4)
    assert (record.split, record.width, record.source) == ("validation", 44, "l4.png")
    assert len(record.hash) == 64
    assert bytes(store.image_bytes(0)) == encode_image(line_image(0))


@settings(max_examples=15, deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("texts") / "store"
    with LineStoreWriter(path) as writer:
        for at, text in enumerate(texts):
            record = LineRecord(line_id=str(at), text=text, width=1, height=1)
            writer.append(record, b"image")
    assert LineStore.open(path).texts() == texts


def test_fingerprint_follows_content_and_splits(tmp_path: Path) -> None:
    one = write_store(tmp_path / "one").fingerprint
    assert write_store(tmp_path / "two").fingerprint == one
    assert write_store(tmp_path / "three", 4).fingerprint != one
    with LineStoreWriter(tmp_path / "four") as writer:
        source = LineStore.open(tmp_path / "one")
        for row in range(len(source)):
            writer.append(source.record(row), bytes(source.image_bytes(row)))
        writer.assign_splits(np.zeros(len(source), np.int8))
    assert LineStore.open(tmp_path / "four").fingerprint != one


def test_a_store_travels_to_workers(tmp_path: Path) -> None:
    store = pickle.loads(pickle.dumps(write_store(tmp_path / "store")))
    assert store.texts([1]) == ["line 1"]


def test_lines_spread_over_batches_and_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uncial.data.writer._BATCH_LINES", 3)
    monkeypatch.setattr("uncial.data.writer._SHARD_BYTES", 3000)
    store = write_store(tmp_path / "store", 20)
    assert len(store.manifest["shards"]) > 1
    assert [store.record(row).line_id for row in range(20)] == [f"l{at}" for at in range(20)]


def test_a_failed_ingestion_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with LineStoreWriter(tmp_path / "store") as writer:
            writer.append(LineRecord(line_id="a", text="a", width=1, height=1), b"")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    write_store(tmp_path / "store")
    with pytest.raises(ConfigError, match="already"):
        LineStoreWriter(tmp_path / "store")
    assert len(write_store(tmp_path / "store", 2, overwrite=True)) == 2
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("precious")
    with pytest.raises(ConfigError, match="not a line store"):
        LineStoreWriter(tmp_path / "thesis", overwrite=True)


def test_unknown_split_and_row_are_refused(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store")
    with pytest.raises(ConfigError, match="trian"):
        store.split("trian")
    with pytest.raises(IndexError):
        store.record(5)


def test_damaged_stores_say_so(tmp_path: Path) -> None:
    assert not is_store(tmp_path)
    with pytest.raises(FormatError, match="not a line store"):
        LineStore.open(tmp_path)
    store = tmp_path / "store"
    write_store(store)
    manifest = json.loads((store / "store.json").read_text())
    for broken, match in (
        ("{", "not JSON"),
        ("[]", "not the manifest"),
        (json.dumps(manifest | {"version": 99}), "version 99"),
        (json.dumps(manifest | {"shards": ["gone.arrow"]}), "damaged"),
        (json.dumps(manifest | {"shards": []}), "0 lines"),
    ):
        (store / "store.json").write_text(broken)
        with pytest.raises(FormatError, match=match):
            LineStore.open(store)


def test_pages_given_back_are_read_again(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", lines=3)
    before = [store.image(row) for row in range(3)]
    kept = store.image_bytes(0)
    store._pages.let_go()
    assert store.texts() == ["line 0", "line 1", "line 2"]
    assert bytes(kept) == bytes(store.image_bytes(0))
    for row, image in enumerate(before):
        np.testing.assert_array_equal(store.image(row), image)


def test_an_empty_shard_is_named(tmp_path: Path) -> None:
    write_store(tmp_path / "store")
    next((tmp_path / "store").glob("lines-*.arrow")).write_bytes(b"")
    with pytest.raises(FormatError, match="damaged"):
        LineStore.open(tmp_path / "store")
