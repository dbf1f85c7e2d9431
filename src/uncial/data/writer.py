"""Writing line stores: a stream in, one atomic rename at the end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from uncial.data.images import decode_image, encode_image
from uncial.data.splits import SPLITS
from uncial.data.store import FORMAT, MANIFEST, SCHEMA, SPLIT_FILE, VERSION, LineRecord, is_store
from uncial.errors import ConfigError
from uncial.page.layout import LineSample

_BATCH_LINES: Final = 512
_BATCH_BYTES: Final = 8 * 2**20
_SHARD_BYTES: Final = 512 * 2**20


class LineStoreWriter:
    """Writes a line store; use as a context manager.

    Lines go to disk in small batches, so memory does not grow with them. The store appears
    at `path` when the block ends well; when it ends with an error nothing is left behind.

    Args:
        path: Folder to create.
        overwrite: Replace a store that is there; anything else is never replaced.

    Raises:
        ConfigError: There is something at `path`.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = Path(path).absolute()
        _check_target(self.path, overwrite=overwrite)
        self.metadata: dict[str, Any] = {}
        self._work = self.path.with_name(f".{self.path.name}.partial-{os.getpid()}")
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir(parents=True)
        self._columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
        self._codes = bytearray()
        self._hashes = bytearray()
        self._pending = 0
        self._written = 0
        self._shards: list[str] = []
        self._file: pa.ipc.RecordBatchFileWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.close()
        finally:
            self.discard()

    def __len__(self) -> int:
        return len(self._codes)

    def append(self, record: LineRecord, image: bytes) -> None:
        """Add a line.

        Args:
            record: What is known of it; `hash` is filled in, width and height too where 0.
            image: Encoded image, kept as it is.
        """
        if not record.width or not record.height:
            height, width = decode_image(image, where=record.line_id).shape[:2]
            record = replace(record, width=width, height=height)
        digest = hashlib.sha256(image)
        digest.update(record.text.encode())
        self._hashes += digest.digest()
        self._codes.append(SPLITS.index(record.split))
        for name in SCHEMA.names:
            if name not in ("image", "hash"):
                self._columns[name].append(getattr(record, name))
        self._columns["image"].append(image)
        self._columns["hash"].append(digest.hexdigest())
        self._pending += len(image)
        if self._pending >= _BATCH_BYTES or len(self._columns["image"]) >= _BATCH_LINES:
            self._flush()

    def append_sample(self, sample: LineSample, *, split: str = "train") -> None:
        """Add a line from pixels; the image is stored as PNG."""
        height, width = sample.image.shape[:2]
        record = LineRecord(
            line_id=sample.line_id,
            text=sample.text or "",
            width=width,
            height=height,
            page=sample.page,
            document=sample.document,
            source=sample.source,
            split=split,
        )
        self.append(record, encode_image(sample.image))

    def assign_splits(self, codes: NDArray[np.int8]) -> None:
        """Replace the split of every line so far.

        Args:
            codes: ``(N,)`` indices into `SPLITS`.
        """
        if len(codes) != len(self):
            raise ValueError(f"{len(codes)} splits for {len(self)} lines")
        self._codes = bytearray(codes.astype(np.int8).tobytes())

    def write_text(self, name: str, text: str) -> None:
        """Put a text file into the store's folder."""
        (self._work / name).write_text(text, encoding="utf-8")

    def close(self) -> None:
        """Finish the files and move the store into place."""
        self._flush()
        self._end_shard()
        codes = np.frombuffer(bytes(self._codes), dtype=np.int8)
        table = pa.table({"split": codes})
        with pa.ipc.new_file(str(self._work / SPLIT_FILE), table.schema) as file:
            file.write_table(table)
        self.write_text(MANIFEST, json.dumps(self._manifest(codes), ensure_ascii=False, indent=1))
        self._move()

    def discard(self) -> None:
        """Remove what was written; nothing is left to remove after `close`."""
        if self._file is not None:
            self._file.close()
            self._file = None
        shutil.rmtree(self._work, ignore_errors=True)

    def _manifest(self, codes: NDArray[np.int8]) -> dict[str, Any]:
        counts = np.bincount(codes, minlength=len(SPLITS))
        fingerprint = hashlib.sha256(bytes(self._hashes))
        fingerprint.update(codes.tobytes())
        return {
            "format": FORMAT,
            "version": VERSION,
            "lines": len(codes),
            "splits": {name: int(n) for name, n in zip(SPLITS, counts, strict=True)},
            "shards": self._shards,
            "fingerprint": fingerprint.hexdigest(),
            **self.metadata,
        }

    def _move(self) -> None:
        old = self.path.with_name(f".{self.path.name}.old-{os.getpid()}")
        if self.path.exists():
            self.path.replace(old)
        self._work.replace(self.path)
        shutil.rmtree(old, ignore_errors=True)

    def _flush(self) -> None:
        if not self._columns["image"]:
            return
        if self._file is None:
            name = f"lines-{len(self._shards):05d}.arrow"
            self._file = pa.ipc.new_file(str(self._work / name), SCHEMA)
            self._shards.append(name)
        self._file.write_batch(pa.record_batch(self._columns, schema=SCHEMA))
        for column in self._columns.values():
            column.clear()
        self._written += self._pending
        self._pending = 0
        if self._written >= _SHARD_BYTES:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._written = 0


def _check_target(path: Path, *, overwrite: bool) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_store(path):
        raise ConfigError(
            f"{path} exists and is not a line store", remedy="choose another folder for the output"
        )
    if not overwrite:
        raise ConfigError(
            f"{path}: there is a line store already",
            remedy="choose another folder, or allow overwriting",
        )
