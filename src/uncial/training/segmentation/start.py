"""The first weights of a segmenter: new ones, or those of a base with other types."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from uncial.archive import Channel, SegmenterArchive
from uncial.nn.build import Network, build
from uncial.nn.weights import from_arrays, to_arrays

SPEC = (
    "[1,0,0,1 Cl5,5,12,2,2 Bnr (I [Mp2,2 Cl3,3,24 Bnr (I [Mp2,2 Cl3,3,48 Bnr (I [Mp2,2 "
    "Cl3,3,96 Bnr Cl3,3,96 Bnr (I [Mp2,2 Cl3,3,128 Bnr Cl3,3,128 Bnr CTl2,2,96,2,2]) "
    "Cl3,3,96 Bnr +[Lbx48] +[Lby48] Cl3,3,96 Bnr CTl2,2,48,2,2]) Cl3,3,48 Bnr +[Lbx24] "
    "CTl2,2,24,2,2]) "
    "Cl3,3,24 Bnr CTl2,2,12,2,2]) Cl3,3,12 Bnr O2l1]"
)
"""Five scales, each with a way across to the last layers of its size, and at two of them a look
along whole rows and columns, so that a line goes on over gaps and ends where others end.

Sources: Ronneberger et al. 2015, arXiv:1505.04597, figure 1; smaller, and nearly all of it at a
quarter of the input's size or below. Rows and columns as in kraken's segmentation network.
"""
_SELDOM = -3.0  # first logit of what covers few pixels
_RARE = ("baseline", "ends", "line")


def new_network(spec: str, channels: Sequence[Channel]) -> Network:
    """A network with new weights that puts out these channels.

    Args:
        spec: VGSL text that ends in a logistic map.
        channels: What it is to put out.

    Raises:
        SpecError: The text cannot be read, or its layers do not fit together.
    """
    network = build(spec, labels=len(channels))
    head = _head(network)
    with torch.no_grad():
        for at, channel in enumerate(channels):
            head.bias[at] = _SELDOM if channel.kind in _RARE else 0.0
    return network


def network_from(base: SegmenterArchive, channels: Sequence[Channel]) -> Network:
    """A base's network with these channels: those it knows keep their weights, others are new.

    Args:
        base: To go on from.
        channels: What the network is to put out.
    """
    network = new_network(base.spec, channels)
    fresh = to_arrays(network)
    head = {f"{name}.{part}" for name, module in network.named_modules()
            if module is _head(network) for part in ("weight", "bias")}  # fmt: skip
    known = {channel: at for at, channel in enumerate(base.channels)}
    arrays = dict(base.weights)
    for name in head:
        rows = fresh[name]
        for at, channel in enumerate(channels):
            if channel in known:
                rows[at] = base.weights[name][known[channel]]
        arrays[name] = rows
    from_arrays(network, arrays)
    return network


def _head(network: Network) -> nn.Linear:
    """The layer that puts out the maps."""
    return [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
