"""Targets that make CTC networks take off early: Tesseract's, computed for a whole batch.

Used as ``cross_entropy(logits, targets)``, whose gradient is ``softmax - targets``, in place of
the CTC gradient. They differ from CTC in four ways: a bias toward an even spread of the labels
that fades as characters are found, normalization of each label over time instead of each step
over labels, the maximum instead of the sum over repeats of a label, and a probability floor.
CTC networks sit on a plateau (blank everywhere) for hundreds of steps; these targets have none.

The recurrences over time run for all lines and both directions at once: a line costs about one
CPU-millisecond at T = 200.

Source: tesseract 5.x, ``src/lstm/networkio.cpp`` and ``src/lstm/ctc.cpp`` (class CTC), with two
simplifications: label windows are left out, and the even spread is kept by place instead of by
label.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

FLOOR = 1e-12
_NEVER = -1e30
_RANGE = 80.0  # nats below the likeliest place that still count


@torch.no_grad()
def alignment_targets(
    probs: Tensor, widths: Tensor, labels: Tensor, lengths: Tensor, *, bias: float = 1.0
) -> Tensor:
    """What the network should put out at each step, given what it puts out now.

    Args:
        probs: ``(T, N, C)`` float32, rows of a softmax, blank at 0.
        widths: ``(N,)`` int64, steps of each line, at least as many as its path needs.
        labels: ``(N, L)`` int64, ground truth padded with 0.
        lengths: ``(N,)`` int64, labels of each line, at least 1.
        bias: Strength of the bias toward even spread; 0 switches it off.

    Returns:
        ``(T, N, C)`` float32, rows sum to 1; rows at and beyond a line's width mean nothing.
    """
    steps, count, width = probs.shape
    inside = torch.arange(steps, device=probs.device)[:, None] < widths
    places = 2 * lengths + 1
    share = bias * _bias(probs, inside, labels)
    emissions = _emissions(probs, inside, labels, places, share)
    weight = _posteriors(emissions, labels, places)
    weight.masked_fill_(~inside[:, :, None], _NEVER)
    weight -= weight.amax((0, 2), keepdim=True)
    weight.clamp_(min=-_RANGE).exp_()
    weight /= weight.sum(0, keepdim=True).clamp_(min=1e-8)
    targets = probs.new_zeros(steps, count, width)
    index = labels.expand(steps, *labels.shape)
    targets.scatter_reduce_(2, index, weight[:, :, 1::2], "amax")
    targets[:, :, 0] = weight[:, :, 0::2].amax(-1)
    targets.clamp_(min=FLOOR)
    return targets.div_(targets.sum(-1, keepdim=True))


def _bias(probs: Tensor, inside: Tensor, labels: Tensor) -> Tensor:
    """``(N,)`` weight of the even spread: near 1 at first, 1e-12 when all labels are found."""
    best = probs.argmax(-1)
    kept = (best != 0) & inside
    kept[1:] &= best[1:] != best[:-1]
    counts = probs.new_zeros(labels.shape[0], probs.shape[2])
    found = counts.scatter_add(1, best.T, kept.T.to(probs.dtype))
    wanted = counts.scatter_add(1, labels, (labels > 0).to(probs.dtype))
    right = torch.minimum(wanted, found).sum(1)
    wrong = ((found - wanted).clamp_(min=0) * (wanted > 0)).sum(1)
    total = wanted.sum(1).clamp_(min=1)
    return torch.exp((right - wrong).clamp_(min=1) * math.log(FLOOR) / total)


def _emissions(
    probs: Tensor, inside: Tensor, labels: Tensor, places: Tensor, share: Tensor
) -> Tensor:
    """``(T, N, U)`` log-probability of every place of the path, even spread mixed in.

    Beyond its width a line stays at its last place for free, so that all lines end together.
    """
    steps, count = inside.shape
    time = torch.arange(steps, device=probs.device, dtype=probs.dtype)[:, None, None]
    place = torch.arange(2 * labels.shape[1] + 1, device=probs.device)
    unused = (place >= places[:, None])[None]
    span = inside.sum(0).to(probs.dtype) / places
    centre = (place * span[:, None] + span[:, None] / 2).floor_()
    slope = share / (span / 2).clamp(min=1)
    mixed = (time - centre).abs_().mul_(-slope[:, None]).add_(share[:, None]).clamp_(min=0)
    mixed.masked_fill_(unused, 0)
    blank = mixed[:, :, 0::2].amax(-1)
    total = 1 + blank + mixed[:, :, 1::2].sum(-1)
    mixed[:, :, 1::2] += probs.gather(2, labels.expand(steps, *labels.shape))
    mixed[:, :, 0::2] = (probs[:, :, 0] + blank)[:, :, None]
    mixed /= total[:, :, None]
    emissions = mixed.clamp_(min=FLOOR).log_().masked_fill_(unused, _NEVER)
    if not bool(inside.all()):
        last = (places - 1).expand(steps, count)[:, :, None]
        stay = torch.where(inside, emissions.gather(2, last)[:, :, 0], 0.0)
        emissions.masked_fill_(~inside[:, :, None], _NEVER)
        emissions.scatter_(2, last, stay[:, :, None])
    return emissions


def _posteriors(emissions: Tensor, labels: Tensor, places: Tensor) -> Tensor:
    """``(T, N, U)`` log of forward times backward probability, up to a constant a line.

    The backward pass is the forward pass of the mirrored line, so both run as one batch.
    """
    steps, count, width = emissions.shape
    skips = emissions.new_full((2, count, width), _NEVER)
    repeats = labels[:, 1:] == labels[:, :-1]
    skips[0, :, 3::2] = torch.where(repeats, _NEVER, 0.0)
    skips[1, :, 3::2] = torch.where(repeats.flip(1), _NEVER, 0.0)
    both = torch.stack((emissions, emissions.flip(0, 2)), 1)
    sums = emissions.new_full((steps, 2, count, width + 2), _NEVER)
    sums[0, 0, :, 2:4] = both[0, 0, :, :2]
    # A mirrored path starts behind its unused places.
    first = (width - places)[:, None] + torch.arange(2, device=places.device)
    sums[0, 1].scatter_(1, first + 2, both[0, 1].gather(1, first))
    come, skip = torch.empty_like(skips), torch.empty_like(skips)
    # One view a step, made ahead: the loop below is all that runs step by step.
    here, left, far = (sums[..., a : a + width].unbind(0) for a in (2, 1, 0))
    emitted = both.unbind(0)
    for t in range(1, steps):
        torch.logaddexp(here[t - 1], left[t - 1], out=come)
        torch.add(far[t - 1], skips, out=skip)
        torch.logaddexp(come, skip, out=come)
        torch.add(come, emitted[t], out=here[t])
    result = sums[:, 1, :, 2:].flip(0, 2)
    result += sums[:, 0, :, 2:]
    result -= emissions
    return result
