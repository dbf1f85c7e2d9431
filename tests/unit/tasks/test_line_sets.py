"""Any ground truth becomes a compiled set of kraken, and such a set images with their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.ingest import open_lines


def test_lines_go_into_a_set_and_back_with_their_splits(pairs: Path, tmp_path: Path) -> None:
    arrow, folder = tmp_path / "lines.arrow", tmp_path / "folder"
    convert(ConvertConfig(source=pairs, target=arrow))
    result = convert(ConvertConfig(source=arrow, target=folder, to="lines"))
    assert result.size > 0
    first, last = open_lines((pairs,)), open_lines((folder,))
    assert last.splits == first.splits == {"train": 4, "validation": 2, "test": 6}
    for split in first.splits:
        before, after = first.split(split), last.split(split)
        assert sorted(last.texts(after)) == sorted(first.texts(before))
        images = [{bytes(store.image_bytes(row)) for row in rows.tolist()}
                  for store, rows in ((first, before), (last, after))]  # fmt: skip
        assert images[0] == images[1]
    with pytest.raises(ConfigError, match="exists already"):
        convert(ConvertConfig(source=arrow, target=folder, to="lines"))
