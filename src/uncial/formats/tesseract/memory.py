"""What is remembered of a network of Tesseract while it is one of ours.

Settings of its training and the headers of its layers, as JSON: ``spec``, five numbers, and in
``layers`` for each layer, parents first, its type, name, state, flags and learning rates.
On the way back they are used where the network is still made of the same layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from uncial.formats.tesseract.network import LSTMRecord
from uncial.formats.tesseract.nodes import Node

KEY = "tesseract"
"""Of the metadata of an archive."""
SETTINGS = (
    "training_iteration",
    "sample_iteration",
    "adam_beta",
    "learning_rate",
    "momentum",
)
"""Numbers of a record that are remembered."""


def remembered(record: LSTMRecord) -> dict[str, Any]:
    """Settings of a network's training and the headers of its layers, ready for JSON."""
    layers = [
        {
            "type": node.type,
            "name": node.name,
            "state": node.state,
            "needs_backprop": node.needs_backprop,
            "flags": node.flags,
            "rates": None if node.rates is None else [float(rate) for rate in node.rates],
        }
        for node in record.network.walk()
    ]
    settings = {key: getattr(record, key) for key in SETTINGS}
    return {"spec": record.spec, **settings, "layers": layers}


def known(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the metadata remember of a model of Tesseract; each setting a number."""
    known = metadata.get(KEY, {})
    if not isinstance(known, dict):
        return {}
    kinds = {"training_iteration": int, "sample_iteration": int}
    sound = {
        key: value
        for key, value in known.items()
        if key not in SETTINGS or isinstance(value, (kinds.get(key, float), int))
    }
    if not isinstance(sound.get("spec", ""), str):
        del sound["spec"]
    return sound


def headed(network: Node, layers: object) -> Node:
    """The network with remembered headers, where they are of the same layers."""
    nodes = list(network.walk())
    if not isinstance(layers, list) or len(layers) != len(nodes):
        return network
    if any(_unlike(node, header) for node, header in zip(nodes, layers, strict=True)):
        return network
    rest = iter(layers)

    def named(node: Node) -> Node:
        header = next(rest)
        rates = header["rates"]
        return replace(
            node,
            name=header["name"],
            state=header["state"],
            needs_backprop=header["needs_backprop"],
            flags=header["flags"],
            rates=None if rates is None else np.array(rates, np.float32),
            children=tuple(named(child) for child in node.children),
        )

    return named(network)


def _unlike(node: Node, header: object) -> bool:
    """Whether a header is of another layer, or damaged."""
    if not isinstance(header, dict) or header.get("type") != node.type:
        return True
    if header.get("state") not in (0, 2) or not isinstance(header.get("name"), str):
        return True
    if header.get("needs_backprop") not in (0, 1) or type(header.get("flags")) is not int:
        return True
    rates = header.get("rates", 0)
    plain = isinstance(rates, Sequence) and all(isinstance(rate, float) for rate in rates)
    return not (rates is None or plain) or (rates is None) != (node.rates is None)


def stored_spec(spec: str, before: str) -> str:
    """The spec as it was stored, where the network is still that one."""

    def bare(text: str) -> str:
        return re.sub(r"\s+|\d+\s*\]\s*$", "", text)

    return before if bare(before) == bare(spec) else spec
