"""First weights of a run: new ones, or those of a base with or without a change at its top.

Weights of a base are copied by name. Where the charset changes, each row of the head goes to
the label that its grapheme has now; rows of new labels begin as the mean of all old ones, which
is no opinion. Where layers are replaced, those below are kept.

Source: tesseract 5.x ``src/lstm/lstmtrainer.cpp`` (charset mapping, ``--append_index``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, SpecError
from uncial.imaging.prepare import Preprocessing
from uncial.nn import vgsl
from uncial.nn.build import Network, build
from uncial.nn.weights import from_arrays, network_of, to_arrays
from uncial.text.codec import Codec

_HEAD_PARTS = ("weight", "bias")


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """What a run begins with.

    Attributes:
        network: With its first weights.
        codec: Of its labels.
        preprocessing: Of its lines; None where it is still to be worked out.
        rates: Learning rate of parameters as a share of that of the others, by name; those
            at 0 are frozen.
        components: What Tesseract keeps beside the network.
        metadata: What Tesseract or kraken remembers of the network's training.
        fresh: Labels that the base lacks; None where the network is not the base's as a whole.
    """

    network: nn.Module
    codec: Codec
    preprocessing: Preprocessing | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    components: Mapping[str, bytes] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fresh: NDArray[np.int64] | None = None


def scratch(
    spec: str,
    codec: Codec,
    preprocessing: Preprocessing | None = None,
    components: Mapping[str, bytes] | None = None,
) -> Start:
    """New weights.

    Args:
        spec: VGSL text; without a head it gets one.
        codec: Of the lines.
        preprocessing: None works it out from the lines.
        components: For Tesseract.

    Raises:
        SpecError: The text is no network.
    """
    return Start(
        network=build(spec, labels=codec.width),
        codec=codec,
        preprocessing=preprocessing,
        components=components or {},
    )


def fine_tune(base: ModelArchive) -> Start:
    """A base as it is."""
    network = network_of(base.spec, base.codec.width, base.weights)
    start = _on(base, network, base.codec, base.components)
    return replace(start, fresh=np.empty(0, np.int64))


def extend_charset(
    base: ModelArchive, codec: Codec, components: Mapping[str, bytes] | None = None
) -> Start:
    """A base whose head writes another charset; graphemes of both keep what they have learnt.

    Args:
        base: With an output layer at its end.
        codec: May have more graphemes than the base, or fewer, or other labels for them.
        components: For Tesseract, with the same charset; None keeps those of the base.

    Raises:
        ConfigError: The base ends in another kind of layer.
    """
    network = network_of(base.spec, codec.width, carried_weights(base, codec))
    start = _on(base, network, codec, base.components if components is None else components)
    return replace(start, fresh=fresh_labels(base.codec, codec))


def carried_weights(base: ModelArchive, codec: Codec) -> dict[str, NDArray[Any]]:
    """Weights of a base for a head that writes another charset, see `extend_charset`."""
    if codec == base.codec:
        return dict(base.weights)
    sources = label_sources(base.codec, codec)
    changed = {n: mapped_rows(base.weights[n], sources) for n in head_tensors(base.spec)}
    return base.weights | changed


def fresh_labels(old: Codec, new: Codec) -> NDArray[np.int64]:
    """Labels of a codec that mean nothing in another one."""
    return np.flatnonzero(label_sources(old, new) < 0)


def append_head(
    base: ModelArchive,
    spec: str,
    keep: int,
    codec: Codec,
    components: Mapping[str, bytes] | None = None,
) -> Start:
    """The lower layers of a base under new ones.

    Args:
        base: Gives input and lower layers.
        spec: New layers, in brackets and without an input: ``[Lfx256 O1c1]``.
        keep: Last layer of the base that is kept, counted as Tesseract counts: 0 is the input.
        codec: Of the new head.
        components: For Tesseract, with the same charset; None keeps those of the base.

    Raises:
        ConfigError: The base has no layer `keep` below its head.
        SpecError: The layers cannot be read, or do not fit on those kept.
    """
    network = build(appended_spec(base.spec, spec, keep), labels=codec.width)
    kept = {name: array for name, array in base.weights.items() if _place(name) < keep}
    from_arrays(network, to_arrays(network) | kept)
    return _on(base, network, codec, base.components if components is None else components)


def appended_spec(base: str, spec: str, keep: int) -> str:
    """The VGSL text of a base's lower layers and new ones; arguments as for `append_head`."""
    tree = vgsl.parse(base)
    layers = tree.body.layers
    if not 0 <= keep < len(layers):
        raise ConfigError(
            f"layer {keep} cannot be the last one kept of {base}, which has layers 0, the input, "
            f"to {len(layers)}, the head",
            remedy=f"name a layer from 0 to {len(layers) - 1}",
        )
    inner = spec.strip()
    if not (inner.startswith("[") and inner.endswith("]")) or not inner[1:-1].strip():
        raise SpecError(
            "layers to append stand in brackets, without an input",
            spec=spec,
            column=0,
            remedy="write them like [Lfx256 O1c1]",
        )
    lower = vgsl.format(replace(tree, body=replace(tree.body, layers=layers[:keep])))
    return f"{lower.rstrip()[:-1].rstrip()} {inner[1:-1].strip()}]"


def slowed(start: Start, layers: int, rate: float) -> Start:
    """A start whose lower layers learn more slowly, or not at all.

    Args:
        start: Its network is changed: frozen layers stop learning, their statistics too.
        layers: How many, from the input on.
        rate: Share of the learning rate, 0-1; 0 freezes.

    Raises:
        ConfigError: The network has no layers above them.
    """
    if not layers or rate == 1:
        return start
    network = cast("Network", start.network)
    parts = list(network.layers.named_children())
    if layers >= len(parts):
        raise ConfigError(
            f"{layers} lower layers leave none of the {len(parts)} to learn",
            remedy="name fewer",
        )
    rates = {n: rate for n, _ in network.named_parameters() if _place(n) < layers}
    if rate == 0:
        for name, parameter in network.named_parameters():
            if name in rates:
                parameter.requires_grad_(False)
        for _, op in parts[:layers]:
            op.eval()
    return replace(start, rates=rates)


def label_sources(old: Codec, new: Codec) -> NDArray[np.int64]:
    """``(new.width,)`` the old label that means the same as each new one; -1 where none does.

    Codes of several labels are compared place by place.
    """
    sources = np.full(new.width, -1, np.int64)
    sources[Codec.blank] = Codec.blank
    known = dict(old.codes)
    for grapheme, labels in new.codes:
        for label, source in zip(labels, known.get(grapheme, ()), strict=False):
            if sources[label] < 0:
                sources[label] = source
    return sources


def mapped_rows(rows: NDArray[Any], sources: Sequence[int] | NDArray[np.int64]) -> NDArray[Any]:
    """Rows of a head for other labels; the mean of all where a label is new."""
    chosen = np.asarray(sources)
    fresh = rows.mean(0, dtype=np.float64).astype(rows.dtype)
    made: NDArray[Any] = rows[np.maximum(chosen, 0)]
    made[chosen < 0] = fresh
    return made


def _on(
    base: ModelArchive, network: Network, codec: Codec, components: Mapping[str, bytes]
) -> Start:
    remembered = base.metadata.get(base.preprocessing.style)
    return Start(
        network=network,
        codec=codec,
        preprocessing=base.preprocessing,
        components=components,
        metadata=remembered if isinstance(remembered, dict) else {},
    )


def _place(name: str) -> int:
    """The place among the layers of the tensor ``layers.<op>_<place>.…``."""
    return int(name.split(".")[1].rpartition("_")[2])


def head_tensors(spec: str) -> list[str]:
    """The names of the tensors of a network's output layer, a row a label each.

    Raises:
        ConfigError: It ends in another kind of layer.
    """
    layers = vgsl.parse(spec).body.layers
    last = layers[-1]
    if not isinstance(last, vgsl.Layer) or last.op != "O":
        raise ConfigError(
            f"{vgsl.format(vgsl.parse(spec))} does not end in an output layer, so its charset "
            "cannot change",
            remedy="keep its charset, or replace its top layers",
        )
    return [f"layers.O_{len(layers) - 1}.lin.{part}" for part in _HEAD_PARTS]
