"""The run folder: where each file of a run lies, and its event log.

::

    run.json               config, resolved settings, data fingerprint
    events.jsonl           one event a line: metrics, notes, samples
    checkpoint.safetensors latest resumable state
    model.safetensors      best model so far
    model.traineddata      the same for Tesseract, where it can read such a network
    model-int8.traineddata the same in int8 weights, if asked for
    base.*                 the model that the run went on from
    report.html            the best model on the validation lines, written at the end
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from uncial.errors import ConfigError, FormatError
from uncial.progress import Advanced, Event, event_record
from uncial.training.checkpoint import write_atomically

_PARTS = {"config", "settings", "data"}  # of run.json


class RunFolder:
    """One run on disk.

    Args:
        path: The folder; `create` or `reopen` first.
        leads: Whether this process writes: of several that train one model, the first.
    """

    def __init__(self, path: Path, *, leads: bool = True) -> None:
        self.path = path
        self.leads = leads
        self.settings = path / "run.json"
        self.events = path / "events.jsonl"
        self.checkpoint = path / "checkpoint.safetensors"
        self.model = path / "model.safetensors"
        self.traineddata = path / "model.traineddata"
        self.integer = path / "model-int8.traineddata"
        self.report = path / "report.html"
        self.lines = path / "lines"
        self.pictures = path / "pictures"

    def create(self, values: dict[str, Any]) -> None:
        """Make the folder and write down what the run was told."""
        if not self.leads:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        text = json.dumps(values, ensure_ascii=False, indent=2)
        write_atomically(self.settings, text.encode())

    def refuse_existing(self) -> None:
        """Make sure that no run is overwritten.

        Raises:
            ConfigError: There is a run already.
        """
        if self.settings.exists():
            raise ConfigError(
                f"there is a run in {self.path} already",
                remedy="name another folder, or resume that run",
            )

    def reopen(self) -> dict[str, Any]:
        """What the run was told.

        Raises:
            ConfigError: There is no run.
            FormatError: Its description is damaged.
        """
        if not self.settings.exists():
            raise ConfigError(
                f"there is no run in {self.path}",
                remedy="name the folder that the run was started with",
            )
        remedy = "start a new run in another folder; a model.safetensors here is still good"
        try:
            told = json.loads(self.settings.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FormatError(f"{self.settings} is damaged: {error}", remedy=remedy) from error
        if not isinstance(told, dict) or not told.keys() >= _PARTS:
            raise FormatError(
                f"{self.settings} is damaged: it lacks one of {', '.join(sorted(_PARTS))}",
                remedy=remedy,
            )
        return told

    def log(self, event: Event) -> None:
        """Append an event; mere progress is not kept."""
        if isinstance(event, Advanced) or not self.leads:
            return
        with self.events.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event_record(event), ensure_ascii=False) + "\n")

    def events_length(self) -> int:
        """Bytes of the event log."""
        return self.events.stat().st_size if self.events.exists() else 0

    def rewind_events(self, length: int) -> None:
        """Forget events after a checkpoint: the resumed run tells them again."""
        if self.leads and self.events.exists() and self.events_length() > length:
            with self.events.open("r+b") as file:
                file.truncate(length)
