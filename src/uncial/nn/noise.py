"""Random numbers of training ops, drawn from a generator of the running thread.

Threads that share torch's global generator would draw in whatever order they happen to run;
inside `seeded_noise` each draws its own, so that a run can be repeated exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_THREAD = threading.local()
_SEEDS = 2**63  # torch takes no larger number


@contextmanager
def seeded_noise(seed: int) -> Iterator[None]:
    """Dropout and masks of this thread follow from `seed` inside the block.

    Args:
        seed: From 0 up, of any size.
    """
    before = noise()
    _THREAD.generator = torch.Generator().manual_seed(seed % _SEEDS)
    try:
        yield
    finally:
        _THREAD.generator = before


def noise() -> torch.Generator | None:
    """The generator that ops draw from; None is torch's own."""
    found: torch.Generator | None = getattr(_THREAD, "generator", None)
    return found
