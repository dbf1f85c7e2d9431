"""The line store: what ingestion writes and training reads, memory-mapped.

A store is a folder::

    store.json            version, counts, shards, seed, sources, fingerprint
    lines-00000.arrow     Arrow IPC file, uncompressed, one record a line (`SCHEMA`)
    splits.arrow          one int8 a line: 0 train, 1 validation, 2 test, in line order
    report.json, .txt     the ground-truth report, where the store was ingested

Splits lie apart from the lines because they can be drawn only when every line was seen, and
lines are written as they are seen.

Source: Arrow columnar format 1.5, "IPC File Format".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from uncial.data.images import decode_image
from uncial.data.pages import MappedPages
from uncial.data.splits import SPLITS, split_named
from uncial.errors import ConfigError, FormatError
from uncial.page.layout import LineSample

FORMAT: Final = "uncial-lines"
VERSION: Final = 1
MANIFEST: Final = "store.json"
SPLIT_FILE: Final = "splits.arrow"
SCHEMA: Final = pa.schema(
    [
        pa.field("line_id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("image", pa.binary(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("page", pa.string(), nullable=False),
        pa.field("document", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("hash", pa.string(), nullable=False),
    ]
)
"""Columns of a line; width and height are those of the decoded, upright image, px."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LineRecord:
    """A line without its image.

    Attributes:
        line_id: Unique within the store.
        text: Ground truth in logical order, as transcribed.
        width: Pixels of the decoded image.
        height: Pixels of the decoded image.
        page: Page it was cut from, or ``""``.
        document: Document of that page, or ``""``.
        source: File it was read from.
        split: ``train``, ``validation`` or ``test``.
        hash: SHA-256 in hex over the image's bytes and the text.
    """

    line_id: str
    text: str
    width: int
    height: int
    page: str = ""
    document: str = ""
    source: str = ""
    split: str = "train"
    hash: str = ""


class LineStore:
    """Lines on disk, read by row number; nothing is loaded before it is asked for.

    Safe to share between threads, and cheap to pickle: workers open it again.

    Args:
        path: The folder.

    Raises:
        FormatError: Not a line store, a damaged one, or one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.manifest = read_manifest(self.path)
        self._batches: list[pa.RecordBatch] = []
        self._pages = MappedPages()
        try:
            for name in self.manifest["shards"]:
                reader = pa.ipc.open_file(pa.BufferReader(self._pages.add(self.path / name)))
                self._batches += [reader.get_batch(at) for at in range(reader.num_record_batches)]
            table = pa.ipc.open_file(pa.memory_map(str(self.path / SPLIT_FILE))).read_all()
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise FormatError(
                f"{self.path}: the line store is damaged: {error}",
                remedy="ingest the ground truth again",
            ) from error
        self._codes: NDArray[np.int8] = table.column("split").to_numpy()
        counts = [batch.num_rows for batch in self._batches]
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        if int(self._starts[-1]) != len(self._codes):
            raise FormatError(
                f"{self.path}: {self._starts[-1]} lines, but splits of {len(self._codes)}",
                remedy="ingest the ground truth again",
            )

    @classmethod
    def open(cls, path: Path) -> LineStore:
        """The store at `path`."""
        return cls(path)

    def __reduce__(self) -> tuple[type[LineStore], tuple[Path]]:
        return type(self), (self.path,)

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def fingerprint(self) -> str:
        """Hex digest over every line's hash and split."""
        return str(self.manifest["fingerprint"])

    @property
    def splits(self) -> dict[str, int]:
        """Number of lines in each split."""
        counts = np.bincount(self._codes, minlength=len(SPLITS))
        return {name: int(count) for name, count in zip(SPLITS, counts, strict=True)}

    def split(self, name: str) -> NDArray[np.int64]:
        """Rows of a split, ascending.

        Raises:
            ConfigError: There is no split of that name.
        """
        known = split_named(name)
        if known is None:
            raise ConfigError(
                f"no split is called {name!r}", remedy="use train, validation or test"
            )
        return np.flatnonzero(self._codes == SPLITS.index(known)).astype(np.int64)

    def record(self, row: int) -> LineRecord:
        """A line without its image."""
        batch, at = self._locate(row)
        values = {name: batch.column(name)[at].as_py() for name in SCHEMA.names if name != "image"}
        return LineRecord(split=SPLITS[self._codes[row]], **values)

    def image_bytes(self, row: int) -> memoryview:
        """The encoded image, without a copy."""
        batch, at = self._locate(row)
        return memoryview(batch.column("image")[at].as_buffer())

    def image(self, row: int) -> NDArray[np.uint8]:
        """The decoded image, ``(H, W)`` gray or ``(H, W, 3)`` RGB."""
        batch, at = self._locate(row)
        data = self._pages.read(batch.column("image")[at].as_buffer())
        return decode_image(data, where=f"{self.path}: row {row}")

    def sample(self, row: int) -> LineSample:
        """Image, text and origin of a line."""
        record = self.record(row)
        return LineSample(
            image=self.image(row),
            text=record.text,
            line_id=record.line_id,
            page=record.page,
            document=record.document,
            source=record.source,
        )

    def texts(self, rows: Iterable[int] | NDArray[np.int64] | None = None) -> list[str]:
        """Ground truth of `rows`, or of every line."""
        return self._strings("text", rows)

    def line_ids(self, rows: Iterable[int] | NDArray[np.int64] | None = None) -> list[str]:
        """Ids of `rows`, or of every line."""
        return self._strings("line_id", rows)

    def widths(self) -> NDArray[np.int32]:
        """``(N,)`` width of every image, px."""
        return self._numbers("width")

    def heights(self) -> NDArray[np.int32]:
        """``(N,)`` height of every image, px."""
        return self._numbers("height")

    def _strings(self, name: str, rows: Iterable[int] | NDArray[np.int64] | None) -> list[str]:
        if rows is None:
            return [text for batch in self._batches for text in batch.column(name).to_pylist()]
        found = []
        for row in rows:
            batch, at = self._locate(int(row))
            found.append(batch.column(name)[at].as_py())
        return found

    def _numbers(self, name: str) -> NDArray[np.int32]:
        parts = [batch.column(name).to_numpy() for batch in self._batches]
        return np.concatenate([np.empty(0, np.int32), *parts]).astype(np.int32)

    def _locate(self, row: int) -> tuple[pa.RecordBatch, int]:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a store of {len(self)} lines")
        at = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self._batches[at], int(row - self._starts[at])


def is_store(path: Path) -> bool:
    """Whether a folder claims to be a line store."""
    return (path / MANIFEST).is_file()


def read_manifest(path: Path) -> dict[str, Any]:
    """The checked ``store.json`` of a store.

    Raises:
        FormatError: Missing, not ours, or of a newer version.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(
            f"{path}: not a line store, it has no readable {MANIFEST}",
            remedy="ingest the ground truth into a store first",
        ) from error
    except ValueError as error:
        raise FormatError(
            f"{path / MANIFEST}: not JSON: {error}", remedy="ingest the ground truth again"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise FormatError(
            f"{path / MANIFEST}: not the manifest of a line store",
            remedy="ingest the ground truth into a store first",
        )
    if manifest.get("version") != VERSION:
        raise FormatError(
            f"{path}: line store of version {manifest.get('version')}, we read {VERSION}",
            remedy="ingest the ground truth again with this version",
        )
    return manifest


def split_codes(splits: Sequence[str]) -> NDArray[np.int8]:
    """``(N,)`` indices into `SPLITS`."""
    return np.array([SPLITS.index(split) for split in splits], dtype=np.int8)
