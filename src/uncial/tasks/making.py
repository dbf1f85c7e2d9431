"""One call of *tesstrain* in progress: what is to be made, where, and what was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from uncial.progress import Reporter
from uncial.tasks.makevars import MakeVariables


@dataclass(kw_only=True)
class Making:
    """A call in progress.

    Attributes:
        variables: As given, with their defaults.
        reporter: Told of what happens.
        threads: Cores to use; 0 takes every one.
        device: As for `train`.
        files: What was made, in that order.
        cer: Of the model on ``list.eval``, a fraction, once it is known.
    """

    variables: MakeVariables
    reporter: Reporter
    threads: int = 0
    device: str = "auto"
    files: list[Path] = field(default_factory=list)
    cer: float | None = None

    @property
    def name(self) -> str:
        """``MODEL_NAME``."""
        return self.variables["MODEL_NAME"]

    @property
    def folder(self) -> Path:
        """``OUTPUT_DIR``."""
        return self.variables.path("OUTPUT_DIR")

    @property
    def run(self) -> Path:
        """The run folder of the training."""
        return self.folder / "checkpoints"

    def listed(self, name: str) -> list[str]:
        """The entries of a list; none where it is not there yet."""
        path = self.folder / name
        return path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
