"""Lines of any ground truth as a compiled set of kraken, or as images with their text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from uncial.errors import ConfigError
from uncial.progress import Advanced, Reporter

_LISTS: Final = {"train": "list.train", "validation": "list.val", "test": "list.test"}
_SUFFIXES: Final = {b"\xff\xd8": ".jpg", b"II": ".tif", b"MM": ".tif"}


def line_set(source: Path, reporter: Reporter) -> bytes:
    """The lines of a store, or of any ground truth, as a file of ``ketos compile``."""
    from uncial.formats.lines.compiled import CompiledLine, pack
    from uncial.tasks.ingest import open_lines

    store = open_lines((source,), reporter=reporter)
    records = ((row, store.record(row)) for row in range(len(store)))
    return pack(
        CompiledLine(image=bytes(store.image_bytes(row)), text=line.text, split=line.split)
        for row, line in records
    )


def line_folder(source: Path, target: Path, reporter: Reporter) -> int:
    """The lines of a store or of any ground truth as images with ``.gt.txt``, and lists of splits.

    Returns:
        Bytes written.

    Raises:
        ConfigError: The folder is there already.
    """
    from uncial.tasks.ingest import open_lines

    if target.exists():
        raise ConfigError(f"{target} exists already", remedy="name a folder that does not exist")
    store = open_lines((source,), reporter=reporter)
    target.mkdir(parents=True)
    size, listed = 0, {split: list[str]() for split in _LISTS}
    for row in range(len(store)):
        record, image = store.record(row), bytes(store.image_bytes(row))
        name = f"line_{row:06d}"
        path = target / f"{name}{_SUFFIXES.get(image[:2], '.png')}"
        text = f"{record.text}\n".encode()
        path.write_bytes(image)
        (target / f"{name}.gt.txt").write_bytes(text)
        size += len(image) + len(text)
        if record.split in listed:
            listed[record.split].append(path.name)
        reporter(Advanced(stage="write", done=row + 1, total=len(store)))
    for split, names in listed.items():
        if names:
            (target / _LISTS[split]).write_text("\n".join(names) + "\n", encoding="utf-8")
    return size
