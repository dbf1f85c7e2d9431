"""kraken's VGSL text and ours: names of layers, what a letter means to each, where weights lie.

kraken names every layer in its text, ``Cr{C_0}3,3,32``, by kind and by place among all layers,
and its weights by these names; brackets do not count. Ours are named by place in their group,
``layers.C_0``, ``layers.parallel_1.C_0``.

A letter may mean something else to kraken than to VGSL: a network learnt with what kraken made
of it, so that is what the text is turned into. ``G`` is an LSTM there, ``r`` reads in the same
direction as ``f``, ``Cs`` applies no sigmoid, and a window of even size stays even.

Source: kraken 7.1, ``TorchVGSLModel`` (grammar, names), its layers (what they compute).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from uncial.errors import SpecError

_INPUT = re.compile(r"\s*\[\s*(\d+),(\d+),(\d+),(\d+)", re.ASCII)
_WORD = re.compile(r"S(?:\{\w+\})?\d\(\d+x\d+\)\d,\d|[^\s\[\]()]+", re.ASCII)
_NAMED = re.compile(r"([A-Za-z]+)(?:\{(\w+)\})?(.*)", re.ASCII | re.DOTALL)
_KIND = re.compile("Do|Mp|Gn|[A-Z]")
_CONV = re.compile(r"C(T?)(lr|[strlm])(\d+),(\d+),(\d+(?:,\d+,\d+){0,2})", re.ASCII)
_SCAN = re.compile(r"[LG]([frb])([xy])(s?)([co]?)(\d+)", re.ASCII)
_PLAIN = re.compile(
    r"(?:(Mp)\d+,\d+(?:,\d+,\d+)?|(Do)(?:\d+(?:\.\d*)?|\.\d+)?(?:,[12])?|(Gn)\d+|(I)|(A)[123],\d+"
    r"|(S)\d\(\d+x\d+\)\d,\d)",
    re.ASCII,
)
_HEAD = re.compile(r"O[12][lsc]a?\d+", re.ASCII)
_LONG = re.compile(r"\d{6}", re.ASCII)
_DEEPEST = 30
_MOST = 1000  # layers
_CLOSING = {"[": "]", "(": ")"}


@dataclass(frozen=True)
class Layer:
    """One layer in both programs.

    Attributes:
        name: kraken's, unique in its network: ``L_7``.
        kind: Our op: ``C``, ``CT``, ``L``, ``Gn``, ``O``, …
        text: Our text.
        path: Of our weights: ``layers.L_7``.
        theirs: Where kraken's network has it: ``nn.L_7``, in brackets below the names of all.
        column: 0-based place in the text that was read.
    """

    name: str
    kind: str
    text: str
    path: str
    theirs: str
    column: int


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network's text in both programs.

    Attributes:
        input: Batch, height, width and depth; 0 is variable.
        ours: Our text.
        theirs: kraken's text, every layer named.
        layers: In the order of the text.
    """

    input: tuple[int, int, int, int]
    ours: str
    theirs: str
    layers: tuple[Layer, ...]


def from_kraken(text: str) -> Network:
    """Read kraken's text.

    Raises:
        SpecError: It is none, or a layer has no counterpart here.
    """
    return _Reader(text, to_ours=True).network()


def to_kraken(text: str) -> Network:
    """Read our text and name its layers as kraken does.

    Raises:
        SpecError: It is none, or kraken has no such layer.
    """
    return _Reader(text, to_ours=False).network()


@dataclass(frozen=True)
class _Group:
    """Layers in brackets, or one of them alone.

    Attributes:
        ours: Our text.
        theirs: kraken's.
        layers: With paths below this group.
        key: Our name of it, without its place.
    """

    ours: str
    theirs: str
    layers: tuple[Layer, ...]
    key: str

    @property
    def module(self) -> str:
        """Name of the group in kraken: those of all its layers."""
        return " ".join(layer.name for layer in self.layers)


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str, *, to_ours: bool) -> None:
        self.text = text
        self.to_ours = to_ours
        self.at = 0
        self.depth = 0
        self.count = 0
        self.names: set[str] = set()

    def network(self) -> Network:
        match = _INPUT.match(self.text)
        if match is None:
            raise self._fail("the input is missing", "begin with an input such as [1,48,0,1 …]")
        if any(len(number) > 6 for number in match.groups()):
            raise self._fail("an input of an impossible size")
        batch, height, width, depth = map(int, match.groups())
        self.at = match.end()
        body = self._group("[")
        if self.text[self.at :].strip():
            raise self._fail("the network has ended, but the text goes on")
        given = f"[{batch},{height},{width},{depth} "
        return Network(
            input=(batch, height, width, depth),
            ours=given + body.ours[1:],
            theirs=given + body.theirs[1:],
            layers=tuple(
                replace(layer, path=f"layers.{layer.path}", theirs=f"nn.{layer.theirs}")
                for layer in body.layers
            ),
        )

    def _group(self, opening: str) -> _Group:
        """What follows an opening bracket, up to and with the closing one."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._fail(f"brackets are nested over {_DEEPEST} deep")
        parts: list[_Group] = []
        while not self._ends(_CLOSING[opening]):
            parts.append(self._part())
        self.depth -= 1
        if not parts:
            raise self._fail("there is no layer in these brackets")
        layers = tuple(
            _under(layer, f"{part.key}_{place}", part.module if _is_group(part) else "")
            for place, part in enumerate(parts)
            for layer in part.layers
        )
        ours = " ".join(part.ours for part in parts)
        theirs = " ".join(part.theirs for part in parts)
        key = "series" if opening == "[" else "parallel"
        closing = _CLOSING[opening]
        return _Group(opening + ours + closing, opening + theirs + closing, layers, key)

    def _ends(self, closing: str) -> bool:
        """Whether the group ends here; white space is passed over."""
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        here = self.text[self.at : self.at + 1]
        if not here:
            raise self._fail(f"{closing!r} is missing")
        if here == closing:
            self.at += 1
        return here == closing

    def _part(self) -> _Group:
        here = self.text[self.at]
        if here in _CLOSING:
            self.at += 1
            return self._group(here)
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self._fail("a bracket closes that was not opened")
        layer, theirs = self._layer(word.group())
        self.at = word.end()
        return _Group(layer.text, theirs, (layer,), layer.kind)

    def _layer(self, word: str) -> tuple[Layer, str]:
        """One layer, and kraken's text for it."""
        match = _NAMED.fullmatch(word)
        if match is None or self.count == _MOST:
            raise self._fail(f"{word!r} is no layer" if match is None else f"over {_MOST} layers")
        letters, given, rest = match.groups()
        if _LONG.search(rest):
            raise self._fail("a number out of range")
        kind, ours, theirs = self._counterpart(letters + rest)
        common = _KIND.match(theirs)
        name = f"{common.group() if common else letters}_{self.count}"
        if self.to_ours and given:
            name = given
        if name in self.names:
            raise self._fail(f"two layers are named {name!r}")
        self.names.add(name)
        self.count += 1
        named = _NAMED.sub(rf"\g<1>{{{name}}}\g<3>", theirs)
        return Layer(name, kind, ours, "", name, self.at), named

    def _counterpart(self, text: str) -> tuple[str, str, str]:
        """Our op for a layer without its name, our text and kraken's."""
        if match := _CONV.fullmatch(text):
            return self._window(text, *match.groups())
        if match := _SCAN.fullmatch(text):
            ours = self._scan(*match.groups())
            return "L", ours, text if self.to_ours else ours
        if _HEAD.fullmatch(text):
            return "O", text, text
        if match := _PLAIN.fullmatch(text):
            return next(filter(None, match.groups())), text, text
        if not self.to_ours and text == "Fh":
            return "Fh", text, "S1(1x0)1,3"
        known = "here" if self.to_ours else "in kraken"
        raise self._fail(f"{text!r} has no counterpart {known}")

    def _window(
        self, text: str, transposed: str, letter: str, y: str, x: str, rest: str
    ) -> tuple[str, str, str]:
        """A convolution; kraken keeps even windows, we only where strides are given."""
        even = not transposed and "," not in rest.lstrip("0123456789")
        if not self.to_ours:
            if letter == "s":
                raise self._fail("kraken does not apply the sigmoid of such a layer")
            if even:
                y, x = (str(int(size) // 2 * 2 + 1) for size in (y, x))
            return f"C{transposed}", text, f"C{transposed}{letter}{y},{x},{rest}"
        letter = "l" if letter == "s" else letter
        even = even and not (int(y) % 2 and int(x) % 2)
        ours = f"C{transposed}{letter}{y},{x},{rest}{',1,1' if even else ''}"
        return f"C{transposed}", ours, text

    def _scan(self, direction: str, axis: str, summarize: str, legacy: str, units: str) -> str:
        both = direction == "b"
        if summarize and both:
            raise self._fail(
                "kraken sums up only one direction of such a layer",
                "use one direction, as in Lfys64",
            )
        if self.to_ours:
            direction = "b" if both else "f"
        elif direction == "r":
            raise self._fail("kraken would read such a layer from left to right")
        return f"L{direction}{axis}{summarize}{legacy}{units}"

    def _fail(self, problem: str, remedy: str = "") -> SpecError:
        return SpecError(
            problem, spec=self.text, column=min(self.at, len(self.text)), remedy=remedy
        )


def _is_group(part: _Group) -> bool:
    return part.key in ("series", "parallel")


def _under(layer: Layer, ours: str, theirs: str) -> Layer:
    """A layer as the group around it sees it."""
    path = f"{ours}.{layer.path}" if layer.path else ours
    return replace(layer, path=path, theirs=f"{theirs}.{layer.theirs}" if theirs else layer.theirs)
