"""kraken's compiled line sets."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from uncial.errors import FormatError
from uncial.formats.lines.base import open_source
from uncial.formats.lines.compiled import CompiledLine, CompiledReader, pack

LINES = [
    CompiledLine(image=b"one", text="first", split="train"),
    CompiledLine(image=b"two", text="zweite", split="validation"),
    CompiledLine(image=b"", text="", split=""),
]


def test_lines_come_back_with_their_splits(tmp_path: Path) -> None:
    path = tmp_path / "lines.arrow"
    path.write_bytes(pack(LINES, baselines=True, legacy_polygons=True))
    reader = open_source(path)
    assert isinstance(reader, CompiledReader)
    found = list(reader)
    assert [(line.image, line.text, line.split) for line in found] == [
        (b"one", "first", "train"),
        (b"two", "zweite", "validation"),
        (None, "", ""),
    ]
    assert [fault.code for fault in found[2].faults] == ["missing-image"]
    assert reader.total() == 3
    assert reader.kept["legacy_polygons"] is True
    assert reader.kept["type"] == "kraken_recognition_baseline"
    assert reader.kept["counts"] == {"all": 3, "train": 1, "validation": 1, "test": 0}


def test_a_set_without_splits_and_flags_is_read(tmp_path: Path) -> None:
    kind = pa.struct([("text", pa.string()), ("im", pa.binary())])
    schema = pa.schema([("lines", kind)], metadata={"lines": json.dumps({"type": "x"})})
    path = tmp_path / "old.arrow"
    with pa.ipc.new_file(str(path), schema) as writer:
        values = pa.array([{"text": "a", "im": b"i"}], kind)
        writer.write(pa.record_batch([values], schema=schema))
    (line,) = open_source(path)
    assert (line.text, line.image, line.split) == ("a", b"i", "")


def test_an_arrow_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.arrow"
    schema = pa.schema([("x", pa.int32())])
    with pa.ipc.new_file(str(path), schema) as writer:
        writer.write(pa.record_batch([pa.array([1], pa.int32())], schema=schema))
    with pytest.raises(FormatError, match="no lines of kraken"):
        list(open_source(path))
