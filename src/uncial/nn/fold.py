"""Faster reading: batch norms folded into the convolutions before them.

Source: Jacob et al. 2018, arXiv:1712.05877, section 3.2.
"""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from uncial.nn.ops.conv import Conv, Depthwise
from uncial.nn.ops.graph import Series
from uncial.nn.ops.norm import BatchNorm
from uncial.nn.ops.reshape import Identity

M = TypeVar("M", bound=nn.Module)


def folded(network: M) -> M:
    """A copy for reading only, which gives the same output in less time.

    Taps at a folded convolution or norm are lost; they serve training.

    Invariant:
        ``folded(network)(frames) == network.eval()(frames)`` up to rounding.
    """
    copy = deepcopy(network).eval().requires_grad_(False)
    for series in [module for module in copy.modules() if isinstance(module, Series)]:
        keys = list(series._modules)
        for before, at in pairwise(keys):
            op, norm = series._modules[before], series._modules[at]
            if isinstance(norm, BatchNorm) and isinstance(op, Conv | Depthwise):
                if op.activation != "l":
                    continue
                _fold(op, norm)
                series._modules[at] = Identity()
    return copy


def _fold(op: Conv | Depthwise, norm: BatchNorm) -> None:
    batch = norm.norm
    mean, variance = cast("Tensor", batch.running_mean), cast("Tensor", batch.running_var)
    scale = batch.weight * (variance + batch.eps).rsqrt()
    bias = torch.zeros_like(mean) if op.conv.bias is None else op.conv.bias
    weight = op.conv.weight * scale[:, None, None, None]
    op.conv.weight = nn.Parameter(weight, requires_grad=False)
    op.conv.bias = nn.Parameter((bias - mean) * scale + batch.bias, requires_grad=False)
    op.activation = norm.activation
    op.blanks = norm.blanks
