"""Fully connected layers, and the heads that end a network.

Heads give logits: the loss, the decoder or `Network.log_probs` normalizes them.

Source: ``NetworkBuilder::ParseFullyConnected`` and ``ParseOutput``, tesseract 5.x; kraken
``build_output``.
"""

from __future__ import annotations

import re
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

from uncial.nn.frames import Frames
from uncial.nn.ops.activation import ACTIVATION, activate
from uncial.nn.ops.base import NAME, Op, Shape, Site, W, pixels
from uncial.nn.ops.reshape import fold_height

LOSSES = {"c": "ctc", "s": "softmax", "l": "logistic"}
"""What a head's letter says about its loss."""


class Full(Op):
    """Fully connected layer over a whole image of fixed size.

    Spec:
        ``F(f)[{name}]<n>``: activation as in ``C``, outputs.

    Shape:
        ``(N, C, H, W)`` -> ``(N, n, 1, 1)``, columns slowest; narrower lines are padded.
    """

    pattern = re.compile(rf"F{ACTIVATION}{NAME}(?P<n>\d+)", re.ASCII)
    examples: ClassVar = ("Ft4", "Fm{page}3")
    needs_blank = True

    def __init__(self, given: Shape, outputs: int, activation: str) -> None:
        super().__init__()
        self.width = given.width
        self.activation = activation
        self.lin = nn.Linear(given.channels * given.height * given.width, outputs)

    @classmethod
    def build(cls, site: Site, given: Shape) -> Full:
        """Needs a fixed height and width."""
        _fixed(site, given)
        return cls(given, site.size("n"), site.text("act"))

    def shape(self, given: Shape) -> Shape:
        """A single pixel."""
        return Shape(self.lin.out_features, 1, 1)

    def widths(self, widths: W) -> W:
        """A single column."""
        return min(widths, 1) if isinstance(widths, int) else widths.clamp(max=1)

    def forward(self, frames: Frames) -> Frames:
        """Multiply the whole image."""
        out = activate(self.lin(_flat(frames.data, self.width)), self.activation)
        return self.emit(out[:, :, None, None], frames)


class Output(Op):
    """A head: logits for each column, pixel or image.

    Spec:
        ``O[{name}](2|1|0)(l|s|c)[a]<n>``: a label map, sequence or category; logistic,
        softmax, or softmax with CTC; ``a`` puts a constant 1 before the input, as kraken
        does for old models. The labels to learn decide n, as in Tesseract.

    Shape:
        ``(N, C, H, W)`` -> ``(N, n, H, W)`` for 2, ``(N, n, 1, W)`` for 1 (the height is
        folded), ``(N, n, 1, 1)`` for 0.

    Invariant:
        A line's output does not depend on how far its batch was padded.
    """

    pattern = re.compile(rf"O{NAME}(?P<dims>[012])(?P<kind>[lsc])(?P<ones>a?)(?P<n>\d+)", re.ASCII)
    examples: ClassVar = ("O1c5", "O{head}1s4", "O1l3", "O2l3", "O2s2", "O0s4", "O1ca5")
    head = True

    def __init__(self, inputs: int, outputs: int, *, width: int, dims: int, loss: str) -> None:
        super().__init__()
        self.dims = dims
        self.width = width
        self.loss = loss
        self.lin = nn.Linear(inputs, outputs)
        self.needs_blank = dims == 0
        self.ones = False

    @classmethod
    def build(cls, site: Site, given: Shape) -> Output:
        """A head over what `given` folds to."""
        dims = site.size("dims", least=0)
        inputs = given.channels
        if dims == 2 and site.text("kind") == "c":
            raise site.fail("CTC reads lines, not maps", "use O1c, or O2l for a map", "kind")
        if dims == 0:
            _fixed(site, given)
            inputs *= given.height * given.width
        if dims == 1:
            if not given.height:
                raise site.fail(
                    "a sequence head needs a fixed height",
                    "give the input a height, or sum up the height with Lfys or Mh",
                )
            inputs *= given.height
        outputs = site.size("n") if site.labels is None else site.labels
        head = cls(
            inputs + site.has("ones"),
            outputs,
            width=given.width,
            dims=dims,
            loss=LOSSES[site.text("kind")],
        )
        head.ones = site.has("ones")
        return head

    def shape(self, given: Shape) -> Shape:
        """One channel for each label."""
        height = given.height if self.dims == 2 else 1
        return Shape(self.lin.out_features, height, 1 if self.dims == 0 else given.width)

    def widths(self, widths: W) -> W:
        """Those of the input, or a single column."""
        if self.dims:
            return widths
        return min(widths, 1) if isinstance(widths, int) else widths.clamp(max=1)

    def forward(self, frames: Frames) -> Frames:
        """Logits."""
        if self.dims == 0:
            rows = _flat(frames.data, self.width)[:, None, None, :]
        else:
            data = fold_height(frames.data) if self.dims == 1 else frames.data
            rows = pixels(data)
        if self.ones:
            rows = functional.pad(rows, (1, 0), value=1.0)
        return self.emit(self.lin(rows).permute(0, 3, 1, 2), frames)


def _fixed(site: Site, given: Shape) -> None:
    if not (given.height and given.width):
        raise site.fail(
            "a layer over the whole image needs a fixed height and width",
            "give the input both, or scan with Lfxs and Lfys first",
        )


def _flat(data: Tensor, width: int) -> Tensor:
    """``(N, C, H, W)`` -> ``(N, width*H*C)``; lines are padded to `width`."""
    if data.shape[3] > width:
        raise ValueError(f"this network reads images {width} columns wide, got {data.shape[3]}")
    padded = functional.pad(data, (0, width - data.shape[3]))
    return padded.permute(0, 3, 2, 1).flatten(1)
