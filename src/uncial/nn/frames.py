"""The one type that flows through every network: a padded batch and its true widths."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


class Frames(NamedTuple):
    """A padded batch of line images or feature maps.

    Attributes:
        data: ``(N, C, H, W)`` float. Columns at and beyond a sample's width are zero.
        widths: ``(N,)`` int64, valid columns of each sample.
        narrowest: Least width, where known without asking the device; 0 is always right.
            At ``W`` or more no line is padded, and masks are skipped.
    """

    data: Tensor
    widths: Tensor
    narrowest: int = 0

    @property
    def padded(self) -> bool:
        """Whether some line may end before the last column."""
        return self.narrowest < self.data.shape[-1]

    def bounded(self) -> Frames:
        """The same frames with `narrowest` known; waits for the device once."""
        return self._replace(narrowest=int(self.widths.min())) if self.widths.numel() else self

    def beyond(self) -> Tensor:
        """Where columns from `narrowest` on are padding, ``(N, 1, 1, W - narrowest)`` bool."""
        columns = torch.arange(self.narrowest, self.data.shape[-1], device=self.data.device)
        return (columns >= self.widths.to(columns.device)[:, None])[:, None, None, :]

    def blanked(self) -> Frames:
        """Zero every column beyond its sample's width, in a copy if there is any."""
        if not self.padded:
            return self
        whole = self._replace(narrowest=0)
        return self._replace(data=self.data.masked_fill(whole.beyond(), 0))

    def blanked_(self) -> Frames:
        """Like `blanked`, but in place where that is safe; only the padding is touched.

        For an op's own fresh output that no backward formula still needs.
        """
        if not self.padded:
            return self
        if self.data._is_view():
            return self.blanked()
        data = _Blank.apply(self.data, self.beyond(), self.narrowest)  # type: ignore[no-untyped-call]
        return self._replace(data=data)


class _Blank(torch.autograd.Function):
    """Zero the padding of a tensor in place, and of its gradient."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, beyond: Tensor, start: int) -> Tensor:  # noqa: ANN401
        ctx.mark_dirty(data)
        ctx.save_for_backward(beyond)
        ctx.start = start
        data[..., start:].masked_fill_(beyond, 0)
        return data

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (beyond,) = ctx.saved_tensors
        grad = grads[0].clone()
        grad[..., ctx.start :].masked_fill_(beyond, 0)
        return grad, None, None
