"""The syntax tree of a VGSL spec, and what can be done with it.

The tree keeps white space, so that ``format(parse(text)) == text``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

CLOSING = {"[": "]", "(": ")"}
"""Brackets of a series and of a parallel."""


@dataclass(frozen=True)
class Layer:
    """One op.

    Attributes:
        text: As written, e.g. ``Cr3,3,16``.
        op: Its name in `uncial.nn.ops.base.OPS`.
        column: 0-based place in the spec.
        space: White space before it.
    """

    text: str
    op: str
    column: int = 0
    space: str = ""


@dataclass(frozen=True)
class Group:
    """``[ … ]`` or ``( … )``.

    Attributes:
        opening: The bracket.
        layers: What is inside, at least one.
        gap: White space before the closing bracket.
    """

    opening: str
    layers: tuple[Node, ...]
    column: int = 0
    space: str = ""
    gap: str = ""


@dataclass(frozen=True)
class Prefix:
    """A layer with something before it that changes it: ``Rx``, ``Ry``, ``R<n>``, ``+``."""

    text: str
    layer: Node
    column: int = 0
    space: str = ""


Node: TypeAlias = Layer | Group | Prefix


@dataclass(frozen=True)
class Input:
    """What the network reads; 0 is variable.

    Attributes:
        text: As written, e.g. ``1,48,0,1``.
        batch: Ignored.
        height: Pixels; 1 with a depth over 3 means whole columns of `depth` pixels.
        width: Pixels.
        depth: 1 gray, 3 colour.
    """

    text: str
    batch: int
    height: int
    width: int
    depth: int
    column: int = 0
    space: str = ""


@dataclass(frozen=True)
class Spec:
    """A whole network.

    Attributes:
        body: The outer series, without the input.
        inside: The input stands inside the brackets.
        tail: White space at the end.
    """

    input: Input
    body: Group
    inside: bool = True
    tail: str = ""


def format(tree: Spec) -> str:
    """Write a spec as it was read: ``format(parse(text)) == text``."""
    body = tree.body
    given = tree.input.space + tree.input.text
    inner = "".join(map(_text, body.layers)) + body.gap + CLOSING[body.opening]
    if tree.inside:
        return f"{body.space}{body.opening}{given}{inner}{tree.tail}"
    return f"{given}{body.space}{body.opening}{inner}{tree.tail}"


def layers(node: Node) -> Iterator[Layer]:
    """All ops of a (part of a) tree, in the order of the text."""
    if isinstance(node, Layer):
        yield node
    elif isinstance(node, Prefix):
        yield from layers(node.layer)
    else:
        for inner in node.layers:
            yield from layers(inner)


def last_layer(tree: Spec) -> Layer | None:
    """The op that all lines leave the network through, if it is a single one."""
    node: Node = tree.body
    while isinstance(node, Group) and node.opening == "[":
        node = node.layers[-1]
    return node if isinstance(node, Layer) else None


def with_last(tree: Spec, text: str) -> Spec:
    """The same tree with another text for `last_layer`, e.g. a head with more labels."""

    def changed(group: Group) -> Group:
        *first, last = group.layers
        new: Node = changed(last) if isinstance(last, Group) else replace(last, text=text)
        return replace(group, layers=(*first, new))

    return replace(tree, body=changed(tree.body))


def _text(node: Node) -> str:
    if isinstance(node, Layer):
        return node.space + node.text
    if isinstance(node, Prefix):
        return node.space + node.text + _text(node.layer)
    inner = "".join(map(_text, node.layers))
    return f"{node.space}{node.opening}{inner}{node.gap}{CLOSING[node.opening]}"
