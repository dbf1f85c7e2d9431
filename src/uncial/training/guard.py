"""Watches a run for numbers that no longer mean anything, and says when to go back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from uncial.errors import TrainingError

_SKIPS = 5  # non-finite steps in a row that are passed over
_RESCUES = 3  # returns to the last checkpoint before the run is given up
_BLOW_UP = 4.0  # loss over its best moving mean that counts as divergence
_MEMORY = 0.95  # of the moving mean of the loss


@dataclass
class Guard:
    """Judges each step of a run.

    Attributes:
        mean: Moving mean of the loss; 0 before the first step.
        best: Lowest moving mean so far.
        skipped: Non-finite steps in a row.
    """

    mean: float = 0.0
    best: float = math.inf
    skipped: int = 0

    def sound(self, loss: float, norm: float) -> bool:
        """Whether the step may be taken: loss and gradient norm are numbers."""
        if math.isfinite(loss) and math.isfinite(norm):
            self.skipped = 0
            self.mean = _MEMORY * self.mean + (1 - _MEMORY) * loss if self.mean else loss
            self.best = min(self.best, self.mean)
            return True
        self.skipped += 1
        return False

    @property
    def diverged(self) -> bool:
        """Whether the run should go back to its last checkpoint with a lower rate."""
        return self.skipped >= _SKIPS or self.mean > _BLOW_UP * max(self.best, 0.05)


def check_rescues(rescues: int, step: int) -> None:
    """Give up after too many returns.

    Raises:
        TrainingError: The run diverged again and again.
    """
    if rescues > _RESCUES:
        raise TrainingError(
            f"training diverged {rescues} times, last at step {step}, each time with a lower rate",
            remedy="lower the learning rate to a tenth, and look at the ground-truth report: "
            "lines in the wrong order or direction cannot be learnt",
        )
