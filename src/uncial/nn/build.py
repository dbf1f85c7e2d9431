"""Syntax tree to network: infers every shape and says in which column one does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import torch
from torch import Tensor, nn
from torch.nn import functional

from uncial.errors import ConfigError, SpecError
from uncial.nn import vgsl
from uncial.nn.frames import Frames
from uncial.nn.initialize import Scheme, initialize
from uncial.nn.ops.base import Border, Op, Shape, Site, W, kinds
from uncial.nn.ops.graph import Parallel, Residual, Reversed, Series, fits

STEM = "stem"
"""Name of the op whose output an early head reads in training; where no op is named so, the first
that leaves one row."""
_PROBES = (48, 97, 360, 1000, 1001, 2003, 4096)
"""Widths in pixels that tell whether two branches agree."""
_MOST = 1000  # ops in a network; copies of copies would be without end


class Network(nn.Module):
    """A network that reads line or page images.

    Attributes:
        spec: Its VGSL text, with the real number of labels.
        layers: The outer series.
        input_height: Image height in pixels; 0 is variable.
        input_channels: 1 gray, 3 colour.
        by_columns: Its ops see whole columns: the rows of an image become channels.
        labels: Outputs of the head.
        loss: What the head is meant for: ``ctc``, ``softmax`` or ``logistic``.
        output_shape: Declared shape of the output; 0 is variable.
        stride_x: Image columns for each output column, rounded.
        taps: Shape at each named op, for auxiliary heads.
        border: What its convolutions see beyond a line, where not zeros; set it with
            `uncial.nn.border.set_border`.
    """

    border: Border | None = None

    def __init__(
        self,
        spec: str,
        layers: Series,
        given: Shape,
        *,
        named: dict[str, tuple[Op, Shape]],
        loss: str,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.layers = layers
        self.by_columns = given.height == 1 and given.channels > 3
        self.input_height = given.channels if self.by_columns else given.height
        self.input_channels = 1 if self.by_columns else given.channels
        self.output_shape = layers.shape(given)
        self.labels = self.output_shape.channels
        self.loss = loss
        self.stride_x = max(1, round(1_000_000 / max(1, layers.widths(1_000_000))))
        self.taps = {name: shape for name, (_, shape) in named.items()}
        self._named = [(name, op) for name, (op, _) in named.items()]

    def output_widths(self, widths: W) -> W:
        """Output columns for image widths; 0 where a line is too narrow to be read."""
        return self.layers.widths(widths)

    @overload
    def forward(self, frames: Frames) -> Frames: ...
    @overload
    def forward(self, frames: Frames, taps: Sequence[str]) -> tuple[Frames, dict[str, Frames]]: ...

    def forward(
        self, frames: Frames, taps: Sequence[str] = ()
    ) -> Frames | tuple[Frames, dict[str, Frames]]:
        """Logits ``(N, C, H, T)``, H = 1 for lines; with `taps` also what named ops put out.

        Raises:
            ConfigError: Images of another height or depth, or a name that no op has.
        """
        given = self._entering(frames)
        if self.border is not None:
            self.border.begin(len(given.data))
        if not taps:
            made: Frames = self.layers(given)
            return made
        seen: dict[str, Frames] = {}
        hooks = [self._tapped(name, seen) for name in taps]
        try:
            made = self.layers(given)
        finally:
            for hook in hooks:
                hook.remove()
        return made, {name: frames.blanked() for name, frames in seen.items()}

    def log_probs(self, frames: Frames) -> Tensor:
        """Natural log-probabilities of each column, ``(N, T, C)`` float32.

        For a logistic head those of every label on its own.
        """
        logits = self.forward(frames).data[:, :, 0].transpose(1, 2).float()
        if self.loss == "logistic":
            return functional.logsigmoid(logits)
        return logits.log_softmax(2)

    def probabilities(self, frames: Frames) -> Tensor:
        """Probabilities of each pixel, ``(N, C, H, W)`` float32, for a map."""
        logits = self.forward(frames).data.float()
        return logits.sigmoid() if self.loss == "logistic" else logits.softmax(1)

    def _entering(self, frames: Frames) -> Frames:
        """Checked, blank, and in the memory layout that convolutions like."""
        data = frames.data
        _, c, h, _ = data.shape
        if c != self.input_channels or (self.input_height and h != self.input_height):
            raise ConfigError(
                f"this network reads {self.input_channels}-channel images "
                f"{self.input_height or 'any number of'} px high, got {c} channels and {h} px",
                remedy="prepare lines with the preprocessing of the model",
            )
        if self.by_columns:
            data = data.transpose(1, 2)
        widths = frames.widths.to(data.device)
        bounded = Frames(data, widths).bounded().blanked()
        return bounded._replace(data=bounded.data.contiguous(memory_format=torch.channels_last))

    def _tapped(self, name: str, seen: dict[str, Frames]) -> torch.utils.hooks.RemovableHandle:
        for known, op in self._named:
            if known == name:
                return op.register_forward_hook(
                    lambda _module, _given, made: seen.__setitem__(name, made)
                )
        raise ConfigError(
            f"no op of this network is named {name!r}",
            remedy=f"name one in the spec, as in Fh{{{name}}}; there are {sorted(self.taps)}",
        )


def build(spec: str, *, labels: int | None = None, scheme: Scheme | None = "scaled") -> Network:
    """Build a network with new weights.

    Args:
        spec: VGSL text. Without a head it gets ``O1c``, as kraken does.
        labels: Outputs of the head, blank included; None takes the number in the spec.
        scheme: How first weights are drawn; None leaves that to be done.

    Raises:
        SpecError: The text cannot be read, or its layers do not fit together.
    """
    tree = vgsl.parse(spec)
    tree = _with_head(tree, labels)
    text = vgsl.format(tree)
    given = Shape(tree.input.depth, tree.input.height, tree.input.width)
    builder = _Builder(text, labels, len(list(vgsl.layers(tree.body))))
    layers = builder.series(tree.body.layers, given)
    if STEM not in builder.named:
        builder.named |= _folded(layers, given)
    loss = next(op.loss for op in layers.modules() if isinstance(op, Op) and op.head)
    network = Network(text, layers, given, named=builder.named, loss=loss)
    if scheme is not None:
        initialize(network, scheme)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _folded(layers: Series, given: Shape) -> dict[str, tuple[Op, Shape]]:
    """The first op that leaves one row of several, as the stem; nothing in other networks."""
    for op in layers.parts():
        made = op.shape(given)
        if made.height == 1 and given.height > 1 and not op.head:
            return {STEM: (op, made)}
        given = made
    return {}


def _with_head(tree: vgsl.Spec, labels: int | None) -> vgsl.Spec:
    """The tree, re-read so that its columns are right, with a head of `labels` outputs."""
    last = vgsl.last_layer(tree)
    if last is None or not kinds()[last.op].head:
        if any(kinds()[layer.op].head for layer in vgsl.layers(tree.body)):
            return tree  # not at the end: the builder knows the column
        if labels is None:
            end = len(vgsl.format(tree).rstrip()) - 1
            raise SpecError(
                "the network has no head",
                spec=vgsl.format(tree),
                column=end,
                remedy="end it with an output such as O1c80, or give the number of labels",
            )
        tree = vgsl.with_layer(tree, f"O1c{labels}")
    elif labels is not None and last.op == "O":
        tree = vgsl.with_last(tree, re.sub(r"\d+$", str(labels), last.text))
    return vgsl.parse(vgsl.format(tree))


@dataclass
class _Builder:
    """Builds the ops of one spec.

    Attributes:
        spec: Its text, for messages.
        labels: Outputs of the head, if not those in the text.
        remaining: Ops not yet built; the head must be the last.
        built: Ops that are.
        named: Ops that have names, with the shape of their output.
    """

    spec: str
    labels: int | None
    remaining: int
    built: int = 0
    named: dict[str, tuple[Op, Shape]] = field(default_factory=dict)

    def series(self, nodes: Sequence[vgsl.Node], given: Shape) -> Series:
        """Build one after the other."""
        parts = {}
        for at, (node, after) in enumerate(zip(nodes, [*nodes[1:], None], strict=True)):
            normed = isinstance(after, vgsl.Layer) and after.op == "Bn"
            op = self.node(node, given, normed=normed)
            given = op.shape(given)
            parts[_key(node, at)] = op
        return Series(parts)

    def node(self, node: vgsl.Node, given: Shape, *, normed: bool = False) -> Op:
        """Build one op or group for an input of shape `given`."""
        if isinstance(node, vgsl.Layer):
            return self._op(node, given, normed)
        if isinstance(node, vgsl.Prefix):
            return self._prefixed(node, given)
        if node.opening == "[":
            return self.series(node.layers, given)
        return self._parallel(node.layers, given)

    def _op(self, node: vgsl.Layer, given: Shape, normed: bool) -> Op:
        kind = kinds()[node.op]
        match = kind.pattern.fullmatch(node.text)
        if match is None:
            raise self._fail(f"{node.text!r} does not read as {node.op!r}", node)
        self.remaining -= 1
        self.built += 1
        if self.built > _MOST:
            raise self._fail(f"a network of over {_MOST} layers", node, "repeat fewer of them")
        if kind.head and self.remaining:
            raise self._fail("an output has to come last", node, "move it to the end")
        site = Site(
            spec=self.spec, column=node.column, match=match, labels=self.labels, normed=normed
        )
        op = kind.build(site, given)
        made = op.shape(given)
        if made.channels < 1 or (given.height and made.height < 1):
            raise self._fail(
                f"nothing is left of {given.height} px of height",
                node,
                "use a higher input, smaller windows, or fewer of them",
            )
        name = site.text("name")
        if name in self.named:
            raise self._fail(f"two ops are named {name!r}", node, "give each its own name")
        if name:
            self.named[name] = (op, made)
        return op

    def _prefixed(self, node: vgsl.Prefix, given: Shape) -> Op:
        if node.text[1:].isdigit():
            copies = int(node.text[1:])
            self.remaining += (copies - 1) * len(list(vgsl.layers(node.layer)))
            return self._parallel([node.layer] * copies, given)
        inner = self.node(node.layer, given)
        if node.text != "+":
            return Reversed(inner, node.text[1])
        made = inner.shape(given)
        if made != given or not _same_widths(inner, None):
            raise self._fail(
                f"a shortcut needs equal shapes, but {_shown(given)} becomes {_shown(made)}",
                node,
                "keep channels, height and width inside of '+', without strides",
            )
        return Residual(inner)

    def _parallel(self, nodes: Sequence[vgsl.Node], given: Shape) -> Op:
        first: Op | None = None
        parts: dict[str, Op] = {}
        for at, branch in enumerate(nodes):
            op = self.node(branch, given)
            if first is not None and not fits(op):
                here, there = op.shape(given), first.shape(given)
                if here.height != there.height or not _same_widths(op, first):
                    raise self._fail(
                        f"branches differ: {_shown(there)} and {_shown(here)}",
                        branch,
                        "give all branches the same strides",
                    )
            first = first or op
            parts[_key(branch, at)] = op
        return Parallel(parts)

    def _fail(self, problem: str, node: vgsl.Node, remedy: str = "") -> SpecError:
        return SpecError(problem, spec=self.spec, column=node.column, remedy=remedy)


def _key(node: vgsl.Node, at: int) -> str:
    """Name of a part in the state dict: its op and its place, e.g. ``C_0``."""
    if isinstance(node, vgsl.Layer):
        return f"{node.op}_{at}"
    if isinstance(node, vgsl.Group):
        return f"{'series' if node.opening == '[' else 'parallel'}_{at}"
    return f"{'residual' if node.text == '+' else node.text}_{at}"


def _same_widths(op: Op, other: Op | None) -> bool:
    return all(op.widths(w) == (other.widths(w) if other else w) for w in _PROBES)


def _shown(shape: Shape) -> str:
    c, h, w = (str(size) if size else "any" for size in shape)
    return f"{c} channels of {h} x {w} px"
