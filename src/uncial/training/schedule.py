"""How long a run is and what the learning rate does meanwhile."""

from __future__ import annotations

import math

from uncial.training.settings import Settings

_PROBE_STEPS = 24  # steps after which the first plan from a time budget is made
_FINAL = 0.01  # share of the peak rate at the end
_TOLERANCE = 0.05  # a plan that is off by less of what is left stays
_LOOK_SHARE = 0.2  # validation lines read for each training line: a twentieth of the time
_LEAST_LOOKS = 2
_USABLE = 0.985  # of a time budget; the rest goes to the last model and the report


def learning_rate(settings: Settings, share: float) -> float:
    """Warm-up, then a cosine down to a hundredth of the peak.

    Args:
        settings: Peak rate and warm-up.
        share: Part of the run that is done, 0-1.
    """
    if share < settings.warmup:
        return settings.lr * max(share, 1e-4) / settings.warmup
    left = (share - settings.warmup) / (1 - settings.warmup)
    wave = 0.5 * (1 + math.cos(math.pi * min(1.0, left)))
    return settings.lr * (wave * (1 - _FINAL) + _FINAL)


def first_plan(settings: Settings, batches_an_epoch: int) -> int:
    """Steps of the whole run, or 0 while a time budget has to be measured first."""
    if settings.steps:
        return settings.steps
    if settings.minutes:
        return 0
    return max(1, math.ceil(settings.epochs * batches_an_epoch / settings.batches))


def replanned(settings: Settings, *, step: int, steps: int, seconds: float, pace: float) -> int:
    """Steps that fit the time budget, at the pace so far.

    Args:
        settings: Says whether time decides, and how much there is.
        step: Steps done.
        steps: Plan in force; 0 before the first.
        seconds: Wall time used, everything included.
        pace: Seconds a step, validation included.

    Returns:
        `steps` where it still holds, or where the length is not fixed by time.
    """
    if not settings.minutes or settings.steps or step < _PROBE_STEPS:
        return steps
    budget = settings.minutes * 60 * _USABLE
    fitting = step + max(0, int((budget - seconds) / pace))
    left = max(1, steps - step)
    return steps if steps and abs(fitting - steps) < _TOLERANCE * left else fitting


def estimated_share(settings: Settings, *, step: int, steps: int, seconds: float) -> float:
    """Part of the run that is done, 0-1; by time before the plan is made."""
    if steps:
        return min(1.0, step / steps)
    return min(0.05, seconds / max(1e-9, settings.minutes * 60))


def affordable_looks(wanted: int, *, steps: int, lines_a_step: float, lines_a_look: int) -> int:
    """Validations in a run: as many as wanted, fewer where a short run would mostly validate.

    Args:
        wanted: At most so many.
        steps: Steps of the run; 0 where a time budget decides, which leaves enough room.
        lines_a_step: Training lines in a step, about.
        lines_a_look: Validation lines.
    """
    if not steps:
        return wanted
    room = int(_LOOK_SHARE * steps * lines_a_step / max(1, lines_a_look))
    return min(wanted, max(_LEAST_LOOKS, room))
