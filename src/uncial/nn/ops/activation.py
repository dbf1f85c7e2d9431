"""Nonlinearities by their VGSL letter.

Source: Tesseract's and kraken's letters (``s t r l lr m p n``); ``g`` and ``w`` are ours.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

ACTIVATION = r"(?P<act>lr|[strlmpngw])"
"""Sigmoid, tanh, ReLU, linear, leaky ReLU, softmax, clip to 0..1, clip to -1..1, GELU, SiLU."""

_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "s": torch.sigmoid,
    "t": torch.tanh,
    "r": torch.relu,
    "l": lambda x: x,
    "lr": functional.leaky_relu,
    "p": lambda x: x.clamp(0, 1),
    "n": lambda x: x.clamp(-1, 1),
    "g": functional.gelu,
    "w": functional.silu,
}


def activate(x: Tensor, letter: str, *, channels: int = 1) -> Tensor:
    """Apply the nonlinearity of `letter`; softmax runs along dimension `channels`."""
    return x.softmax(channels) if letter == "m" else _FUNCTIONS[letter](x)


def keeps_zero(letter: str) -> bool:
    """Whether zero stays zero, so that blank padding stays blank."""
    return letter not in "sm"


def rises(letter: str) -> bool:
    """Whether it never falls and keeps zero: it may then follow a maximum as well."""
    return letter in ("t", "r", "lr", "p", "n")
