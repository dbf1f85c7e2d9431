"""VGSL text and its syntax tree: one grammar for Tesseract's dialect, kraken's and ours.

::

    spec    := input '[' layers ']'  |  '[' input layers ']'
    input   := batch,height,width,depth          0 = variable
    layers  := layer layer …                     white space may stand before any of them
    layer   := '[' layers ']'                    series
             | '(' layers ')'                    parallel
             | 'Rx' layer | 'Ry' layer           on mirrored data
             | 'R'<n> layer                      n copies in parallel
             | '+' layer                         shortcut around it (ours)
             | op                                see `uncial.nn.ops`

The tree keeps white space, so that ``format(parse(text)) == text``. Where the dialects use a
letter for two things, the rest of the op tells them apart: ``S2,3`` is Tesseract's and
``S1(1x0)1,3`` kraken's.

Source: ``NetworkBuilder``, tesseract 5.x; kraken ``TorchVGSLModel``.
"""

from __future__ import annotations

import re
from dataclasses import replace

import regex

from uncial.errors import SpecError
from uncial.nn.ops.base import LARGEST, kinds
from uncial.nn.syntax import (
    CLOSING,
    Group,
    Input,
    Layer,
    Node,
    Prefix,
    Spec,
    format,
    last_layer,
    layers,
    with_last,
)

_SPACE = re.compile(r"\s*")
_INPUT = re.compile(r"(\d+),(\d+),(\d+),(\d+)", re.ASCII)
_PREFIX = re.compile(r"R[xy]|R\d+|\+", re.ASCII)
_WORD = re.compile(r"[^\s\[\]()]+")
_DEEPEST = 32

__all__ = [
    "Group",
    "Input",
    "Layer",
    "Node",
    "Prefix",
    "Spec",
    "format",
    "last_layer",
    "layers",
    "parse",
    "with_last",
    "with_layer",
]


def parse(text: str) -> Spec:
    """Read a spec.

    Raises:
        SpecError: It does not follow the grammar; the error shows where.
    """
    return _Reader(text).spec()


def with_layer(tree: Spec, text: str) -> Spec:
    """The same tree with one more op at its end."""
    more = Layer(text, _recognize(text, 0)[1], len(format(tree)), " ")
    return replace(tree, body=replace(tree.body, layers=(*tree.body.layers, more)))


def _recognize(text: str, at: int) -> tuple[str, str]:
    """The longest op text that begins at `at`, and its name; empty if there is none."""
    best = ("", "")
    for name, kind in kinds().items():
        match = kind.pattern.match(text, at)
        if match and len(match.group()) > len(best[0]):
            best = (match.group(), name)
    return best


class _Reader:
    """Recursive descent over one spec."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def spec(self) -> Spec:
        space = self._space()
        inside = self.text.startswith("[", self.at)
        if inside:
            column = self.at
            self.at += 1
            given = self._input(self._space())
        else:
            given = self._input(space)
            space, column = self._space(), self.at
            if not self.text.startswith("[", self.at):
                raise self._fail("the layers are missing", "put them in brackets: […]")
            self.at += 1
        body = self._group("[", column, space)
        tail = self._space()
        if self.at < len(self.text):
            raise self._fail("the network has ended, but the text goes on", "remove the rest")
        return Spec(given, body, inside, tail)

    def _input(self, space: str) -> Input:
        match = _INPUT.match(self.text, self.at)
        if not match:
            raise self._fail(
                "the input is missing",
                "begin with batch,height,width,depth, for example [1,48,0,1 …]",
            )
        column = self.at
        for at, number in enumerate(match.groups(), 1):
            if len(number) > 6 or int(number) > LARGEST:
                raise self._fail(f"{number} is out of range", f"use at most {LARGEST}")
            if at == 4 and not int(number):
                raise self._fail("an input of depth 0", "use 1 for gray or 3 for colour")
        self.at = match.end()
        batch, height, width, depth = map(int, match.groups())
        return Input(match.group(), batch, height, width, depth, column, space)

    def _group(self, opening: str, column: int, space: str) -> Group:
        """What follows an opening bracket, up to and with the closing one."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"brackets are nested over {_DEEPEST} deep")
        found: list[Node] = []
        while True:
            gap = self._space()
            here = self.text[self.at : self.at + 1]
            if not here or (here in "])" and here != CLOSING[opening]):
                raise self._fail(
                    f"{opening!r} in column {column + 1} is not closed here",
                    f"add {CLOSING[opening]!r}",
                )
            if here == CLOSING[opening]:
                break
            found.append(self._layer(gap))
        if not found:
            raise self._fail("there is no layer in these brackets")
        self.at += 1
        self.depth -= 1
        return Group(opening, tuple(found), column, space, gap)

    def _layer(self, space: str) -> Node:
        column = self.at
        here = self.text[self.at]
        if here in CLOSING:
            self.at += 1
            return self._group(here, column, space)
        if prefix := _PREFIX.match(self.text, self.at):
            return self._prefix(prefix.group(), space)
        text, name = _recognize(self.text, self.at)
        if not text:
            raise self._unreadable()
        self.at += len(text)
        return Layer(text, name, column, space)

    def _prefix(self, text: str, space: str) -> Prefix:
        column = self.at
        if text[1:].isdigit() and not (len(text) < 4 and int(text[1:])):
            raise self._fail("copies are counted from 1 to 99")
        self.at += len(text)
        inner = self._space()
        if self.text[self.at : self.at + 1] in ("", "]", ")"):
            raise self._fail(f"nothing follows {text!r}", "put a layer or brackets after it")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"layers are nested over {_DEEPEST} deep")
        layer = self._layer(inner)
        self.depth -= 1
        return Prefix(text, layer, column, space)

    def _space(self) -> str:
        match = _SPACE.match(self.text, self.at)
        space = match.group() if match else ""
        self.at += len(space)
        return space

    def _fail(self, problem: str, remedy: str = "") -> SpecError:
        return SpecError(problem, spec=self.text, column=self.at, remedy=remedy)

    def _unreadable(self) -> SpecError:
        """The op that comes closest, with the caret where it stops to fit."""
        found = _WORD.match(self.text, self.at)
        word = found.group() if found else self.text[self.at :]
        reach, near = 0, ""
        for name, kind in kinds().items():
            partial = regex.compile(kind.pattern.pattern, regex.ASCII)
            fitting = (n for n in range(len(word), reach, -1) if _fits(partial, word[:n]))
            longest = next(fitting, 0)
            if longest > reach:
                reach, near = longest, name
        if not near:
            return self._fail(
                f"no layer begins with {word[:12]!r}", f"layers are {', '.join(kinds())}"
            )
        self.at += reach
        shown = ", ".join(kinds()[near].examples[:3])
        return self._fail(f"{word!r} does not read as {near!r}", f"write it like {shown}")


def _fits(pattern: regex.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text, partial=True) is not None
