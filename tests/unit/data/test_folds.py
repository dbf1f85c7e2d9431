"""Folds of a line store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from uncial.data.folds import deal_folds, write_fold
from uncial.data.images import encode_image
from uncial.data.store import LineRecord, LineStore
from uncial.data.writer import LineStoreWriter
from uncial.errors import DataError


def _store(path: Path, documents: list[str], pages: list[str]) -> LineStore:
    image = encode_image(np.full((16, 40), 255, np.uint8))
    with LineStoreWriter(path) as writer:
        for at, (document, page) in enumerate(zip(documents, pages, strict=True)):
            record = LineRecord(
                line_id=str(at),
                text=f"line {at}",
                width=40,
                height=16,
                page=page,
                document=document,
                split="test" if at % 5 == 0 else "train",
            )
            writer.append(record, image)
    return LineStore.open(path)


@pytest.mark.parametrize(
    ("documents", "pages", "unit"),
    [
        ([f"book{at // 4}" for at in range(24)], [""] * 24, "document"),
        (["book"] * 24, [f"p{at // 4}" for at in range(24)], "page"),
        (["", "a", "b", "c"] * 6, [""] * 24, "document"),
        ([""] * 24, [""] * 24, "line"),
    ],
)
def test_every_line_is_in_one_fold_and_what_belongs_together_stays_so(
    documents: list[str], pages: list[str], unit: str, tmp_path: Path
) -> None:
    store = _store(tmp_path / "store", documents, pages)
    rows = store.split("train")
    folds, kept = deal_folds(store, rows, 3, seed=1)
    assert kept == unit
    np.testing.assert_array_equal(np.sort(np.concatenate(folds)), rows)
    assert max(map(len, folds)) <= min(map(len, folds)) + 4
    for name in ("document", "page") if unit != "line" else ():
        for fold in folds if unit == name else ():
            mine, rest = (
                {getattr(store.record(row), name) for row in some.tolist()} - {""}
                for some in (fold, np.setdiff1d(rows, fold))
            )
            assert not mine & rest
    again, _ = deal_folds(store, rows, 3, seed=1)
    assert all((one == two).all() for one, two in zip(folds, again, strict=True))


def test_a_fold_is_a_store_with_the_lines_of_the_whole(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", [""] * 12, [""] * 12)
    training, held_out = np.array([1, 2, 3, 4]), np.array([6, 7])
    fold = write_fold(store, training, held_out, tmp_path / "fold")
    assert fold.splits == {"train": 4, "validation": 2, "test": 6}
    assert fold.texts(fold.split("validation")) == ["line 6", "line 7"]
    assert fold.image(3).shape == (16, 40)
    assert fold.fingerprint != store.fingerprint
    assert not list((tmp_path / "fold").glob("lines-*"))


def test_fewer_lines_than_folds_are_refused(tmp_path: Path) -> None:
    store = _store(tmp_path / "store", [""] * 3, [""] * 3)
    with pytest.raises(DataError, match="3 lines cannot be dealt into 4 folds"):
        deal_folds(store, range(3), 4, seed=0)
