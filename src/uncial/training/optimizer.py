"""AdamW over torch's fused kernel.

`torch.optim.AdamW` does the same, but to make one imports torch's compiler: a second of
processor time and 70 MB that a short run on a small computer has better uses for.

Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2; the arithmetic is torch's own
(``torch._fused_adamw_``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn

from uncial.errors import FormatError

_SQUARES = 0.999  # decay of the mean square
_EPSILON = 1e-8


class AdamW:
    """Adam with decoupled weight decay on matrices and kernels, not on vectors.

    Args:
        parameters: What it moves.
        weight_decay: Share of a matrix that is taken away at each step, times the rate.
        momentum: Decay of the mean gradient.
        shares: Share of the rate that a parameter gets, if not all of it.

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
    ) -> None:
        every = list(parameters)
        self.rate = 0.0
        self._groups = []
        known = shares or {}
        for share in sorted({1.0, *known.values()}, reverse=True):
            here = [p for p in every if known.get(p, 1.0) == share]
            self._groups += [
                _Group([p for p in here if p.ndim > 1], weight_decay, momentum, share),
                _Group([p for p in here if p.ndim <= 1], 0.0, momentum, share),
            ]

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
