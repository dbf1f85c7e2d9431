"""AdamW over torch's fused kernel.

`torch.optim.AdamW` does the same, but to make one imports torch's compiler: a second of
processor time and 70 MB that a short run on a small computer has better uses for.

With a rank, the sum of all steps of a matrix keeps that rank: each moves it along a few directions
of its input that are drawn once, so that moments are small and nothing is added to the network.

Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2; the arithmetic is torch's own
(``torch._fused_adamw_``). Low rank: Zhang et al. 2023, "LoRA-FA", arXiv:2308.03303.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from uncial.errors import FormatError

_SQUARES = 0.999  # decay of the mean square
_EPSILON = 1e-8


@dataclass(frozen=True, kw_only=True)
class LowRank:
    """How far matrices may move.

    Attributes:
        rank: Of what is added to each matrix that has more rows and columns.
        seed: Draws the directions.
        whole: Parameters that move freely.
    """

    rank: int
    seed: int = 0
    whole: Collection[nn.Parameter] = ()

    def binds(self, parameter: nn.Parameter) -> bool:
        """Whether a parameter is such a matrix; a kernel is one with a row for each output."""
        free = any(parameter is one for one in self.whole)
        return not free and parameter.ndim > 1 and min(_matrix(parameter).shape) > self.rank


class AdamW:
    """Adam with decoupled weight decay on matrices and kernels, not on vectors.

    Args:
        parameters: What it moves.
        weight_decay: Share of a matrix that is taken away at each step, times the rate.
        momentum: Decay of the mean gradient.
        shares: Share of the rate that a parameter gets, if not all of it.
        low_rank: Binds matrices, which do not decay then; None lets all move freely.

    Attributes:
        rate: Learning rate of the next step.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        weight_decay: float,
        momentum: float = 0.9,
        shares: Mapping[nn.Parameter, float] | None = None,
        low_rank: LowRank | None = None,
    ) -> None:
        every = list(parameters)
        self.rate = 0.0
        self._groups: list[_Group] = []
        bound = [p for p in every if low_rank is not None and low_rank.binds(p)]
        known = shares or {}
        for share in sorted({1.0, *known.values()}, reverse=True):
            here = [p for p in every if known.get(p, 1.0) == share]
            free = [p for p in here if not any(p is one for one in bound)]
            self._groups += [
                _Group([p for p in free if p.ndim > 1], weight_decay, momentum, share),
                _Group([p for p in free if p.ndim <= 1], 0.0, momentum, share),
            ]
            if low_rank is not None:
                tied = [p for p in here if any(p is one for one in bound)]
                self._groups.append(_BoundGroup(tied, momentum, share, low_rank))

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter that has a gradient."""
        for group in self._groups:
            group.step(self.rate)

    def level(self) -> None:
        """Give every parameter the whole rate from now on."""
        for group in self._groups:
            group.share = 1.0

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Its state by name; the tensors are the live ones."""
        for number, group in enumerate(self._groups):
            for place in range(len(group.parameters)):
                yield f"{number}.{place}.mean", group.means[place]
                yield f"{number}.{place}.square", group.squares[place]
                yield f"{number}.{place}.step", group.steps[place]

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put a state back, into the memory layout that the parameters have.

        Raises:
            FormatError: The state belongs to another network.
        """
        wanted = dict(self.tensors())
        if wanted.keys() != tensors.keys():
            raise FormatError("the optimizer's state belongs to another network")
        for name, tensor in wanted.items():
            if tensor.shape != tensors[name].shape:
                raise FormatError(f"optimizer state {name!r} belongs to another network")
            tensor.copy_(tensors[name])


class _Group:
    """Parameters with one weight decay and rate; their moments in the same memory layout."""

    def __init__(
        self, parameters: list[nn.Parameter], weight_decay: float, momentum: float, share: float
    ) -> None:
        self.parameters = parameters
        self.means = [torch.zeros_like(p) for p in parameters]
        self.squares = [torch.zeros_like(p) for p in parameters]
        self.steps = [torch.zeros((), dtype=torch.float32, device=p.device) for p in parameters]
        self._weight_decay = weight_decay
        self._momentum = momentum
        self.share = share

    def step(self, rate: float) -> None:
        used = [at for at, p in enumerate(self.parameters) if p.grad is not None]
        if not used:
            return
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        torch._foreach_add_([self.steps[at] for at in used], 1.0)
        torch._fused_adamw_(
            [self.parameters[at] for at in used],
            gradients,
            [self.means[at] for at in used],
            [self.squares[at] for at in used],
            [],
            [self.steps[at] for at in used],
            lr=rate * self.share,
            beta1=self._momentum,
            beta2=_SQUARES,
            weight_decay=self._weight_decay,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
        )


class _BoundGroup(_Group):
    """Matrices that move along a few directions: the step is taken by coordinates along these."""

    def __init__(
        self, parameters: list[nn.Parameter], momentum: float, share: float, how: LowRank
    ) -> None:
        drawn = torch.Generator().manual_seed(how.seed)
        self._bound = parameters
        self._directions = [_directions(_matrix(p), how.rank, drawn) for p in parameters]
        coordinates = [
            nn.Parameter(p.new_zeros(len(p), how.rank), requires_grad=False) for p in parameters
        ]
        super().__init__(coordinates, 0.0, momentum, share)

    def step(self, rate: float) -> None:
        each = list(zip(self._bound, self.parameters, self._directions, strict=True))
        for matrix, along, directions in each:
            gradient = matrix.grad
            along.grad = None if gradient is None else gradient.flatten(1) @ directions.T
        super().step(rate)
        for matrix, along, directions in each:
            matrix.add_((along @ directions).view_as(matrix))
            along.zero_()


def _matrix(parameter: Tensor) -> Tensor:
    return parameter.detach().flatten(1)


def _directions(matrix: Tensor, rank: int, drawn: torch.Generator) -> Tensor:
    """``(rank, inputs)`` at right angles, so long that a step moves each number by the rate."""
    inputs = matrix.shape[1]
    found, _ = torch.linalg.qr(torch.randn(inputs, rank, generator=drawn))
    directions: Tensor = found.T * (inputs / rank) ** 0.5
    return directions.contiguous().to(matrix)
