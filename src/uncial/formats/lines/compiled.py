"""kraken's compiled line sets, ``ketos compile``'s ``.arrow``: read, and written.

Layout: an Arrow IPC file of columns ``lines`` (a struct of ``text``, ``im`` and ``language``),
``train``, ``validation`` and ``test``. ``im`` are the bytes of an image, cut out but not scaled.
The schema's metadata has the key ``lines`` with a JSON object: ``type``
(``kraken_recognition_baseline`` or ``kraken_recognition_bbox``), ``counts``, ``alphabet``,
``im_mode``, ``legacy_polygons`` and more; older files lack the last one, which means that their
lines were cut out in the old way.

Source: kraken 7.1 ``arrow_dataset.py``; Arrow columnar format 1.0, IPC file format.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from uncial.errors import FormatError
from uncial.formats.lines.base import MAX_IMAGE_BYTES, Fault, FileLines, RawLine, stem_path

SPLITS: Final = ("train", "validation", "test")
_MAGIC: Final = b"ARROW1"
_LINE: Final = pa.struct(
    [("text", pa.string()), ("im", pa.binary()), ("language", pa.list_(pa.string()))]
)
_SCHEMA: Final = pa.schema([("lines", _LINE), *((split, pa.bool_()) for split in SPLITS)])
_BATCH: Final = 100  # lines
_AGAIN: Final = "compile the lines again with ketos, or copy the file again"


@dataclass(frozen=True, kw_only=True)
class CompiledLine:
    """One line of a set to be written.

    Attributes:
        image: Encoded bytes.
        text: In logical order.
        split: One of `SPLITS`, or empty.
    """

    image: bytes
    text: str
    split: str = ""


class CompiledReader(FileLines):
    """Lines of one compiled set."""

    def total(self) -> int | None:
        """As many as its batches say."""
        with _opened(self.path) as file:
            counts = _kept(self.path).get("counts")
            whole = counts.get("all") if isinstance(counts, dict) else None
            return whole if isinstance(whole, int) and file.num_record_batches else None

    @property
    def kept(self) -> dict[str, Any]:
        """What kraken keeps of the set: its type, counts, alphabet, how lines were cut out."""
        return _kept(self.path)

    def __iter__(self) -> Iterator[RawLine]:
        """Read line after line, a few in memory at once.

        Raises:
            FormatError: The file is damaged, or no line set of kraken.
        """
        number = 0
        with _opened(self.path) as file:
            for at in range(file.num_record_batches):
                for row in _rows(file, at, self.path):
                    number += 1
                    yield self._line(number, row)

    def _line(self, number: int, row: dict[str, Any]) -> RawLine:
        line = row.get("lines") or {}
        image = line.get("im")
        faults: tuple[Fault, ...] = ()
        if not image:
            image, faults = None, (Fault("missing-image", f"line {number} has no image"),)
        elif len(image) > MAX_IMAGE_BYTES:
            size = f"image of {len(image):,} bytes"
            image, faults = None, (Fault("decompression-bomb", size),)
        return RawLine(
            line_id=f"{self.path.stem}#{number}",
            path=stem_path(self.path.with_suffix("")),
            source=f"{self.path}:{number}",
            image=image,
            text=line.get("text"),
            split=next((split for split in SPLITS if row.get(split)), ""),
            faults=faults,
        )


def pack(
    lines: Iterable[CompiledLine], *, baselines: bool = False, legacy_polygons: bool = False
) -> bytes:
    """The bytes of a line set that ``ketos train -f binary`` reads.

    Args:
        lines: In the order in which they are to stand.
        baselines: Lines were cut out along baselines, so kraken does not straighten them.
        legacy_polygons: They were cut out in kraken's old way.
    """
    batches: list[pa.RecordBatch] = []
    alphabet: Counter[str] = Counter()
    counts = Counter({"all": 0, **dict.fromkeys(SPLITS, 0)})
    waiting: list[CompiledLine] = []
    for line in lines:
        waiting.append(line)
        alphabet.update(line.text)
        counts.update(["all", *([line.split] if line.split in SPLITS else [])])
        if len(waiting) == _BATCH:
            batches.append(_batch(waiting))
            waiting = []
    batches.append(_batch(waiting))
    about = {
        "type": f"kraken_recognition_{'baseline' if baselines else 'bbox'}",
        "alphabet": alphabet,
        "text_type": "raw",
        "image_type": "raw",
        "splits": ["train", "eval", "test"],
        "im_mode": "L",
        "legacy_polygons": legacy_polygons,
        "languages": {},
        "counts": counts,
    }
    file = io.BytesIO()
    schema = _SCHEMA.with_metadata({"lines": json.dumps(about)})
    with pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write(batch.replace_schema_metadata(schema.metadata))
    return file.getvalue()


def _batch(lines: list[CompiledLine]) -> pa.RecordBatch:
    values = [{"text": line.text, "im": line.image, "language": None} for line in lines]
    flags = [pa.array([line.split == split for line in lines], pa.bool_()) for split in SPLITS]
    return pa.RecordBatch.from_arrays([pa.array(values, _LINE), *flags], schema=_SCHEMA)


def _opened(path: Path) -> pa.ipc.RecordBatchFileReader:
    try:
        return pa.ipc.open_file(pa.memory_map(str(path)))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"{path}: cannot be read as Arrow: {error}", remedy=_AGAIN) from error


def _kept(path: Path) -> dict[str, Any]:
    """The JSON object that kraken keeps in the schema."""
    with _opened(path) as file:
        metadata = file.schema.metadata or {}
    try:
        kept = json.loads(metadata[b"lines"])
    except (KeyError, ValueError, RecursionError) as error:
        raise FormatError(
            f"{path}: an Arrow file, but no line set of kraken", remedy=_AGAIN
        ) from error
    if not isinstance(kept, dict):
        raise FormatError(f"{path}: what it says of its lines is no object", remedy=_AGAIN)
    return kept


def _rows(file: pa.ipc.RecordBatchFileReader, at: int, path: Path) -> list[dict[str, Any]]:
    """The lines of one batch, checked before they are looked at."""
    try:
        batch = file.get_batch(at)
        batch.validate(full=True)
        names = [name for name in ("lines", *SPLITS) if name in batch.schema.names]
        rows: list[dict[str, Any]] = batch.select(names).to_pylist()
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise FormatError(f"{path}: batch {at} is damaged: {error}", remedy=_AGAIN) from error
    sound = all(_is_line(row.get("lines")) for row in rows)
    if "lines" not in names or not sound:
        raise FormatError(f"{path}: batch {at} holds no lines of kraken", remedy=_AGAIN)
    return rows


def _is_line(line: object) -> bool:
    if line is None:
        return True
    return (
        isinstance(line, dict)
        and isinstance(line.get("text"), str | None)
        and isinstance(line.get("im"), bytes | None)
    )


class Compiled:
    """A line set that ``ketos compile`` wrote."""

    def recognizes(self, path: Path) -> bool:
        """Whether the file is one of Arrow, by its first bytes."""
        try:
            with path.open("rb") as file:
                return file.read(len(_MAGIC)) == _MAGIC
        except OSError:
            return False

    def open(self, path: Path) -> CompiledReader:
        """A reader of the set."""
        return CompiledReader(path)


COMPILED = Compiled()
