"""Learning in which order boxes are read, from pages whose order somebody gave."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from uncial.page.geometry import Box, line_box, region_box
from uncial.page.layout import Page
from uncial.page.order import Order, facing, in_reading_order
from uncial.page.pairorder import FEATURES, PairOrder, relations

_HIDDEN = 16
_STEPS = 400
_RATE = 0.02
_DECAY = 1e-3
_MOST = 40_000  # pairs that are looked at


def learnt_order(pages: Sequence[Page], seed: int = 0) -> PairOrder | None:
    """How likely one box is read before another; None where no page tells.

    Args:
        pages: Those without a given order are left out.
        seed: Of the first weights, and of the pairs that are looked at where there are many.
    """
    ahead, behind = [], []
    for boxes in _sequences(pages):
        looks = relations(boxes)
        first, second = np.triu_indices(len(boxes), 1)
        ahead.append(looks[first, second])
        behind.append(looks[second, first])
    if not ahead:
        return None
    pairs = np.stack([np.concatenate(ahead), np.concatenate(behind)], 1)
    if len(pairs) > _MOST:
        pairs = pairs[np.random.default_rng(seed).permutation(len(pairs))[:_MOST]]
    return _fitted(torch.from_numpy(pairs), seed)


def share_in_order(pages: Sequence[Page], order: Order) -> float:
    """Share of pairs of lines that an order puts as they were given, 0-1; 1 without any.

    Args:
        pages: Those without a given order are left out.
        order: Lists boxes.
    """
    right = count = 0
    for page in pages:
        if not page.ordered:
            continue
        given = {line.id: at for at, line in enumerate(page.lines())}
        places = np.array([given[line.id] for line in in_reading_order(page, order).lines()])
        right += int(np.triu(places[:, None] < places[None, :], 1).sum())
        count += len(places) * (len(places) - 1) // 2
    return right / count if count else 1.0


def _sequences(pages: Sequence[Page]) -> Iterator[NDArray[np.float64]]:
    """Boxes in the order given: a page's regions, and the lines in each region."""
    for page in pages:
        if not page.ordered:
            continue
        yield from _boxes([region_box(region) for region in page.regions], page)
        for region in page.walk():
            yield from _boxes([line_box(line) for line in region.lines], page)


def _boxes(found: Sequence[Box | None], page: Page) -> Iterator[NDArray[np.float64]]:
    known = [box for box in found if box is not None]
    if len(known) > 1:
        yield facing(known, page.direction)


def _fitted(pairs: torch.Tensor, seed: int) -> PairOrder:
    """Weights by which the first of each pair comes first.

    Args:
        pairs: ``(N, 2, FEATURES)``, each pair seen from both of its boxes.
        seed: Of the first weights.
    """
    random = torch.Generator().manual_seed(seed)
    hidden = torch.randn(FEATURES, _HIDDEN, generator=random, dtype=torch.float64) / FEATURES**0.5
    out = torch.randn(_HIDDEN, generator=random, dtype=torch.float64) / _HIDDEN**0.5
    weights = [
        nn.Parameter(part) for part in (hidden, torch.zeros(_HIDDEN, dtype=torch.float64), out)
    ]
    optimizer = torch.optim.Adam(weights, lr=_RATE, weight_decay=_DECAY)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        logits = torch.tanh(pairs @ weights[0] + weights[1]) @ weights[2]
        functional.softplus(logits[:, 1] - logits[:, 0]).mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    hidden, bias, out = (weight.detach() for weight in weights)
    return PairOrder(hidden=hidden.numpy(), bias=bias.numpy(), out=out.numpy())
