"""Folds of a line store: every line held out once, lines of one document always together.

A fold is a line store of its own that shares the lines of the whole: its folder holds other
splits and points at the shards of the first, so that folds cost no space and everything that
reads a store reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from uncial.data.splits import SPLITS, Unit
from uncial.data.store import MANIFEST, SPLIT_FILE, LineStore
from uncial.errors import DataError

_TRAIN, _VALIDATION, _TEST = range(3)


def deal_folds(
    store: LineStore, rows: Sequence[int] | NDArray[np.int64], count: int, seed: int
) -> tuple[list[NDArray[np.int64]], Unit]:
    """Deal lines into folds of about equal size, by document, else by page, else by line.

    Args:
        store: Holds the lines.
        rows: Lines to deal.
        count: How many folds, 2 or more.
        seed: The same seed and lines give the same folds.

    Returns:
        Rows of each fold, ascending, and what was kept together: the widest unit of which
        there is one for each fold.

    Raises:
        DataError: There are fewer lines than folds.
    """
    if len(rows) < count:
        raise DataError(
            f"{len(rows)} lines cannot be dealt into {count} folds",
            remedy="ask for fewer folds, or give more lines",
        )
    groups, unit = _groups(store, rows, count)
    order = np.random.default_rng(seed).permutation(len(groups))
    folds: list[list[int]] = [[] for _ in range(count)]
    for at in sorted(order.tolist(), key=lambda at: -len(groups[at])):
        min(folds, key=len).extend(groups[at])
    return [np.array(sorted(fold), np.int64) for fold in folds], unit


def write_fold(
    store: LineStore, training: NDArray[np.int64], held_out: NDArray[np.int64], path: Path
) -> LineStore:
    """A store that trains on some lines of another and validates on others; the rest is test.

    Args:
        store: Holds the lines, and must stay where it is.
        training: Rows to train on.
        held_out: Rows to validate on.
        path: Folder to make.
    """
    codes = np.full(len(store), _TEST, np.int8)
    codes[training], codes[held_out] = _TRAIN, _VALIDATION
    counts = np.bincount(codes, minlength=len(SPLITS))
    digest = hashlib.sha256(store.fingerprint.encode() + codes.tobytes())
    manifest = {
        **store.manifest,
        "splits": {name: int(n) for name, n in zip(SPLITS, counts, strict=True)},
        "shards": [str((store.path / name).resolve()) for name in store.manifest["shards"]],
        "fingerprint": digest.hexdigest(),
        "fold_of": store.fingerprint,
    }
    path.mkdir(parents=True, exist_ok=True)
    table = pa.table({"split": codes})
    with pa.ipc.new_file(str(path / SPLIT_FILE), table.schema) as file:
        file.write_table(table)
    (path / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    return LineStore.open(path)


def _groups(
    store: LineStore, rows: Sequence[int] | NDArray[np.int64], count: int
) -> tuple[list[list[int]], Unit]:
    """Rows that must stay together, in order of their first row."""
    records = [(int(row), store.record(int(row))) for row in rows]
    keyed: list[tuple[Unit, dict[str, list[int]]]] = [("document", {}), ("page", {}), ("line", {})]
    for row, record in records:
        line = record.hash
        page = f"{record.document}/{record.page}" if record.page else line
        for (_, groups), key in zip(keyed, (record.document or page, page, line), strict=True):
            groups.setdefault(key, []).append(row)
    for unit, groups in keyed:
        if len(groups) >= count and (unit == "line" or _known(records, unit)):
            return list(groups.values()), unit
    return [[row] for row, _ in records], "line"


def _known(records: Sequence[tuple[int, object]], unit: Unit) -> bool:
    """Whether at least one line says of which document or page it is."""
    return any(getattr(record, unit) for _, record in records)
