"""What keeps a network near its base: lines of a base set, and the base's own output.

Source: Robins 1995, "Catastrophic forgetting, rehearsal and pseudorehearsal"; Li & Hoiem 2016,
"Learning without forgetting", arXiv:1606.09282 (distillation); Wortsman et al. 2022, "Robust
fine-tuning of zero-shot models", arXiv:2109.01903 (interpolation of weights).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from uncial.nn.build import Network
from uncial.training.batches import Batch, LineImages

_ALPHAS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


class JoinedImages:
    """The lines of two sources, those of the second with rows after those of the first.

    Args:
        first: With rows below `count`.
        count: How many rows it has.
        second: Its row 0 is row `count` here.
    """

    def __init__(self, first: LineImages, count: int, second: LineImages) -> None:
        self._first = first
        self._count = count
        self._second = second

    def image(self, row: int) -> NDArray[np.uint8]:
        """``(H, W)`` gray or ``(H, W, 3)`` RGB."""
        if row < self._count:
            return self._first.image(row)
        return self._second.image(row - self._count)


class Teacher:
    """The base, whose output a network is to keep on some lines.

    It is no part of the network that learns, and copies of that share it.

    Args:
        network: As training begins; it is copied.
        fresh: Labels that the base lacks: it has no opinion of them.
        weight: Of the distance.
        first: Index of the first line on which it counts.
    """

    def __init__(
        self, network: Network, fresh: NDArray[np.int64], weight: float, first: int
    ) -> None:
        self._network = copy.deepcopy(network).eval().requires_grad_(False)
        self._fresh = torch.from_numpy(fresh)
        self._weight = weight
        self._first = first

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def distance(self, batch: Batch, log_probs: Tensor, widths: Tensor) -> Tensor:
        """Kullback-Leibler divergence from the base's output, times the weight.

        Args:
            batch: Lines, on the network's device.
            log_probs: ``(T, N, C)`` float32 of the network that learns.
            widths: ``(N,)`` frames of each line.

        Returns:
            A scalar: the sum over frames of the lines that count, divided by the frames of all.
        """
        chosen = torch.from_numpy(batch.indices >= self._first).to(widths.device)
        if not bool(chosen.any()):
            return log_probs.new_zeros(())
        with torch.no_grad():
            own = self._network.to(widths.device)(batch.frames).data[:, :, 0].permute(2, 0, 1)
            own = own.float()
            if len(self._fresh):
                own = own.index_fill(2, self._fresh.to(own.device), -1e4)
            wanted = own.log_softmax(2)
        inside = (torch.arange(len(log_probs), device=widths.device)[:, None] < widths) & chosen
        each = (wanted.exp() * (wanted - log_probs)).sum(2)
        distance: Tensor = self._weight * (each * inside).sum() / widths.sum().clamp(min=1)
        return distance


def interpolated(
    base: Mapping[str, NDArray[Any]],
    tuned: Mapping[str, NDArray[Any]],
    alpha: float,
    fresh: NDArray[np.int64],
    head: Sequence[str],
) -> dict[str, NDArray[Any]]:
    """Weights on the way from a base to what it was trained to be.

    Args:
        base: Weights as training began, by name.
        tuned: Weights after it.
        alpha: 0 is the base, 1 the other.
        fresh: Labels that the base lacks; their rows stay as trained.
        head: Names of the tensors with a row a label.
    """
    made = {}
    for name, after in tuned.items():
        if not np.issubdtype(after.dtype, np.floating):
            made[name] = after
            continue
        mean = base[name] + alpha * (after.astype(np.float64) - base[name])
        if name in head:
            mean[fresh] = after[fresh]
        made[name] = mean.astype(after.dtype)
    return made


def keeping_alpha(base_cer: Callable[[float], float], most: float) -> float:
    """How far weights may go from a base that is to read its own lines no worse than allowed.

    Args:
        base_cer: CER of the base set by alpha, see `interpolated`.
        most: CER that it may have.

    Returns:
        The greatest alpha tried that keeps the base set, down to a half: below that little of
        what was learnt is left. Where none keeps it, the one that comes nearest.
    """
    looks = {}
    for alpha in _ALPHAS:
        looks[alpha] = base_cer(alpha)
        if looks[alpha] <= most:
            return alpha
    return min(looks, key=lambda alpha: (looks[alpha], -alpha))
