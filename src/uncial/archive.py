"""What model files hold, in memory: the meeting point of formats and networks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from uncial.imaging.pageview import PagePreparation
from uncial.imaging.prepare import Preprocessing
from uncial.page.pairorder import PairOrder
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


@dataclass(frozen=True, kw_only=True)
class ModelArchive:
    """One recognition model, independent of any file format and of torch.

    Attributes:
        spec: VGSL text of the network, with its real output count; of an encoder with a decoder
            a line that says what they are.
        codec: Text to labels and back.
        preprocessing: How a line becomes the network's input.
        normalization: Applied to ground truth in training and to both sides of every score.
        weights: Parameters and buffers by name.
        metadata: JSON-ready provenance: training settings, data, scores, licence, authors.
        ranges: Least and greatest input of each convolution, by its name, for reading in
            8-bit integers; empty where that was not prepared.
        components: What another program keeps beside the network, by name and unchanged:
            those of a ``.traineddata`` but its network; configuration and tokenizer of an
            encoder with a decoder.
        voters: Further models that read every line with this one; the surest characters of
            all win. They have none of their own. What is true of their vote, not of this model
            alone, is in the metadata under ``vote``.
        family: Kind of network: ``"ctc"`` or ``"encoder-decoder"``.
    """

    spec: str
    codec: Codec
    preprocessing: Preprocessing
    normalization: Normalization
    weights: dict[str, NDArray[Any]]
    metadata: dict[str, Any] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    components: dict[str, bytes] = field(default_factory=dict)
    voters: tuple[ModelArchive, ...] = ()
    family: str = "ctc"

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold, those of voters included."""
        own = sum(int(np.size(array)) for array in self.weights.values())
        return own + sum(voter.parameters for voter in self.voters)

    @property
    def facts(self) -> dict[str, Any]:
        """What was found out about its readings: the metadata, or of a vote what is kept of it."""
        kept: dict[str, Any] = self.metadata.get("vote", {}) if self.voters else self.metadata
        return kept

    def noted(self, name: str, value: object) -> ModelArchive:
        """The same with one of its `facts` added or changed."""
        known = {**self.facts, name: value}
        return replace(self, metadata={**self.metadata, "vote": known} if self.voters else known)


ChannelKind = Literal["baseline", "ends", "above", "below", "line", "region"]
"""What a map shows: where baselines run, where they end, how far their lines reach above and below
them, of which type a line is, where regions of a type lie."""


@dataclass(frozen=True)
class Channel:
    """One map that a segmentation network puts out.

    Attributes:
        kind: What it shows.
        type: The type of the lines or regions it shows; empty for the other kinds.
    """

    kind: ChannelKind
    type: str = ""


@dataclass(frozen=True, kw_only=True)
class SegmenterArchive:
    """One segmentation model, independent of any file format and of torch.

    Attributes:
        spec: VGSL text of the network.
        channels: What each of its outputs shows, in order.
        preparation: How a page becomes the network's input.
        weights: Parameters and buffers by name.
        metadata: JSON-ready provenance: training settings, data, scores, licence, authors.
        order: Reading order that it learnt; None goes by where lines stand.
    """

    spec: str
    channels: tuple[Channel, ...]
    preparation: PagePreparation
    weights: dict[str, NDArray[Any]]
    metadata: dict[str, Any] = field(default_factory=dict)
    order: PairOrder | None = None

    @property
    def parameters(self) -> int:
        """How many numbers the weights hold."""
        return sum(int(np.size(array)) for array in self.weights.values())
