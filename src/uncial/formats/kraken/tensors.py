"""Weights of kraken's layers under our names, and back.

kraken's leaf modules call their parameters ``co`` (convolution), ``layer`` (LSTM, norm) and
``lin`` (head of a line); a head of a map is a convolution of one pixel. Gates of an LSTM are in
the same order; its second direction ends in ``_reverse``.

Source: kraken 7.1, parameters of its VGSL layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.formats.kraken.spec import Layer, Network

Tensors = dict[str, NDArray[Any]]
_PAIRS = {
    "C": [("conv", "co")],
    "CT": [("conv", "co")],
    "Gn": [("norm", "layer")],
}
_CELL = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
_REMEDY = "its text and its weights do not belong together; use an unchanged file"


def to_ours(network: Network, tensors: Mapping[str, NDArray[Any]], name: str) -> Tensors:
    """Tensors of kraken under our names.

    Args:
        network: Their text.
        tensors: By layer and parameter.
        name: Of the file, for messages.

    Raises:
        FormatError: One is missing, or belongs to no layer.
    """
    taken = _Taken(tensors, name)
    made: Tensors = {}
    for layer in network.layers:
        for ours, theirs, how in _parts(layer):
            if how == "peepholes":
                gates = [taken(f"{layer.name}.{theirs.replace('?', gate)}") for gate in "ifo"]
                made[f"{layer.path}.{ours}"] = np.stack(gates)
                continue
            array = taken(f"{layer.name}.{theirs}")
            if how == "flat":
                array = array.reshape(array.shape[0], -1)
            made[f"{layer.path}.{ours}"] = array
    taken.all()
    return made


def to_theirs(network: Network, weights: Mapping[str, NDArray[Any]], name: str) -> Tensors:
    """Our weights under kraken's names.

    Raises:
        FormatError: One is missing, or belongs to no layer.
    """
    taken = _Taken(weights, name)
    made: Tensors = {}
    for layer in network.layers:
        for ours, theirs, how in _parts(layer):
            array = np.asarray(taken(f"{layer.path}.{ours}"), np.float32)
            if how == "peepholes":
                for gate, row in zip("ifo", array, strict=True):
                    made[f"{layer.name}.{theirs.replace('?', gate)}"] = row
                continue
            made[f"{layer.name}.{theirs}"] = array[:, :, None, None] if how == "flat" else array
    taken.all()
    return made


class _Taken:
    """Tensors by name, each of which must be asked for."""

    def __init__(self, tensors: Mapping[str, NDArray[Any]], name: str) -> None:
        self._tensors = tensors
        self._name = name
        self._left = set(tensors)

    def __call__(self, key: str) -> NDArray[Any]:
        if key not in self._tensors:
            raise FormatError(f"{self._name}: lacks the tensor {key!r}", remedy=_REMEDY)
        self._left.discard(key)
        return self._tensors[key]

    def all(self) -> None:
        if self._left:
            raise FormatError(
                f"{self._name}: has an unknown tensor {min(self._left)!r}", remedy=_REMEDY
            )


def _parts(layer: Layer) -> list[tuple[str, str, str]]:
    """Our and their name of each parameter of a layer, and what becomes of its shape."""
    if layer.kind in _PAIRS:
        return [
            (f"{ours}.{part}", f"{theirs}.{part}", "")
            for ours, theirs in _PAIRS[layer.kind]
            for part in ("weight", "bias")
        ]
    if layer.kind == "O":
        flat = layer.text.startswith("O2")
        theirs = "co" if flat else "lin"
        return [
            ("lin.weight", f"{theirs}.weight", "flat" if flat else ""),
            ("lin.bias", f"{theirs}.bias", ""),
        ]
    return _cells(layer) if layer.kind == "L" else []


def _cells(layer: Layer) -> list[tuple[str, str, str]]:
    letters = layer.text.rstrip("0123456789")
    legacy = letters[-1] if letters[-1] in "co" else ""
    found = []
    for cell, suffix in (("ahead", ""), ("back", "_reverse"))[: 2 if letters[1] == "b" else 1]:
        if legacy == "o":
            pairs = [(f"{cell}.{part}", f"layer.{part}_l0{suffix}", "") for part in _CELL[:2]]
            pairs.append((f"{cell}.peepholes", f"layer.weight_?p_l0{suffix}", "peepholes"))
        else:
            parts = _CELL[:2] if legacy else _CELL
            pairs = [(f"{cell}.{part}_l0", f"layer.{part}_l0{suffix}", "") for part in parts]
        found += pairs
    return found
