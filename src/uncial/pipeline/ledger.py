"""What has been done in a folder, so that a run that was stopped goes on where it stood.

One JSON object a line. The first says what the results are of: model, format, version. Each other
one is a source that was done, or failed. A line is written after the files that it speaks of, so
a source counts as done only if its files are whole; a torn last line counts as not written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from uncial.errors import ConfigError

NAME = "done.jsonl"


@dataclass
class Ledger:
    """The ledger of one folder; leaving the ``with`` block closes it.

    Attributes:
        path: Of the file.
        done: Results by source, those of earlier runs included.
    """

    path: Path
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    _file: IO[str] | None = None

    @classmethod
    def open(cls, folder: Path, of: Mapping[str, Any], *, anew: bool = False) -> Self:
        """Open the ledger of a folder, or begin one.

        Args:
            folder: Exists.
            of: What its results are of; must be the same each time.
            anew: Forget what was done.

        Raises:
            ConfigError: The folder holds results of something else.
        """
        ledger = cls(folder / NAME)
        kept: list[str] = []
        if ledger.path.exists() and not anew:
            kept = ledger._read(of)
        head = json.dumps({"of": dict(of)}, ensure_ascii=False)
        temporary = ledger.path.with_name(f".{NAME}.part")
        temporary.write_text("".join(f"{line}\n" for line in [head, *kept]), encoding="utf-8")
        temporary.replace(ledger.path)
        ledger._file = ledger.path.open("a", encoding="utf-8")
        return ledger

    def _read(self, of: Mapping[str, Any]) -> list[str]:
        """Lines of sources that are done; those that failed are forgotten, to be tried again."""
        first, *lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        whole = _parsed(first)
        if whole is None or whole.get("of") != json.loads(json.dumps(dict(of))):
            raise ConfigError(
                f"{self.path.parent}: holds results of another model or format",
                remedy="name another folder, or choose to overwrite them",
            )
        kept = []
        for line in lines:
            told = _parsed(line)
            if told and "source" in told and "failed" not in told and self._stands(told):
                self.done[told["source"]] = told
                kept.append(line)
        return kept

    def _stands(self, told: Mapping[str, Any]) -> bool:
        return all((self.path.parent / name).exists() for name in told.get("files", ()))

    def add(self, source: str, facts: Mapping[str, Any]) -> None:
        """Write down what became of a source."""
        told = {"source": source, **facts}
        self.done[source] = told
        if self._file is not None:
            self._file.write(json.dumps(told, ensure_ascii=False) + "\n")
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
