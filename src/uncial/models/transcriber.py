"""Transcriber: a recognizer whose decoder writes token after token, looking at the whole line.

Confidences and positions of characters are approximate: a token's probability given those
before it, and where the decoder looked while it wrote the token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from uncial.archive import ModelArchive
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing, prepare
from uncial.models.compute import half_precision, wide_operations, worker_pool
from uncial.models.pretrained import CONFIG, REACH, TOKENIZER
from uncial.models.reading import Decoder, Image, OnDemand, ReadCharacter, Reading
from uncial.models.tensors import to_frames
from uncial.models.tokens import Tokens
from uncial.nn.adapters import merged_weights
from uncial.nn.generation import Generation, generate
from uncial.nn.transformer import LineTransformer, Reach, States, fitting, network_from
from uncial.text.codec import Codec
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization
from uncial.text.order import display_order

_CHUNK = 64  # images in memory at once
_TILES = 16  # in one batch
_BEAM = 4
_LOOKING = 0.5  # share of the layers, the upper ones, whose attention tells where it looked


class Transcriber(OnDemand):
    """An encoder with a decoder and everything needed to read lines.

    Args:
        network: Reads prepared lines.
        tokens: What it writes.
        codec: Charset of the lines that it learnt, for what asks which characters it knows.
        preprocessing: How lines were prepared in training.
        normalization: Form of the texts that it learnt; for scoring.
        metadata: Provenance.
        components: Configuration, tokenizer and reach as a model file keeps them.
    """

    def __init__(
        self,
        network: LineTransformer,
        tokens: Tokens,
        codec: Codec,
        preprocessing: Preprocessing,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
        *,
        components: Mapping[str, bytes] | None = None,
    ) -> None:
        self.network = network
        self.tokens = tokens
        self.codec = codec
        self.preprocessing = preprocessing
        self.normalization = normalization
        self.metadata = metadata or {}
        self.components = dict(components or {})

    @classmethod
    def load(cls, path: Path | str) -> Transcriber:
        """Read a model file.

        Raises:
            FormatError: It is no model of this kind, or damaged.
        """
        return cls.from_archive(native.unpack(Path(path).read_bytes()))

    @classmethod
    def from_archive(cls, archive: ModelArchive) -> Transcriber:
        """Build the network of an archive from its weights.

        Raises:
            FormatError: Its parts are missing, or do not belong together.
        """
        parts = archive.components
        try:
            reach = Reach.from_json(parts[REACH])
            tokens = Tokens(parts[TOKENIZER].decode(), reach.end)
            weights = {n: torch.from_numpy(np.array(a)) for n, a in archive.weights.items()}
            network = network_from(parts[CONFIG], weights, reach)
        except (KeyError, TypeError, ValueError, RuntimeError, OSError, AttributeError) as error:
            raise FormatError(
                f"this model of an encoder and a decoder cannot be used: {error}",
                remedy="copy or download the file again; this one is damaged or was edited",
            ) from error
        return cls(
            network,
            tokens,
            archive.codec,
            archive.preprocessing,
            archive.normalization,
            archive.metadata,
            components=parts,
        )

    def to_archive(self) -> ModelArchive:
        """Everything as NumPy and plain data; adapters are merged into the weights."""
        return ModelArchive(
            family="encoder-decoder",
            spec=self.network.spec,
            codec=self.codec,
            preprocessing=self.preprocessing,
            normalization=self.normalization,
            weights=merged_weights(self.network),
            metadata=self.metadata,
            components=self.components,
        )

    @property
    def spec(self) -> str:
        """What the network is made of."""
        return self.network.spec

    @property
    def labels(self) -> int:
        """Tokens that it knows."""
        return self.network.labels

    @property
    def characters(self) -> tuple[str, ...]:
        """Graphemes of the lines that it learnt; it may be able to write others."""
        return self.codec.charset.graphemes

    def decoding(self, decoder: Decoder) -> str:
        """How tokens are found where `decoder` is asked for."""
        return f"beam of {_BEAM} texts" if decoder == "beam" else "greedy, token by token"

    def missing(self, text: str) -> set[str]:
        """Graphemes of `text` that its tokens cannot write."""
        if self.tokens.writes(text):
            return set()
        return {one for one in graphemes(text) if not self.tokens.writes(one)}

    def read_each(
        self,
        image: Callable[[int], Image],
        count: int,
        decoder: Decoder = "greedy",
        threads: int = 0,
    ) -> Iterator[Reading]:
        """See `OnDemand`."""
        settings = Generation(width=_BEAM if decoder == "beam" else 1)
        for start in range(0, count, _CHUNK):
            numbers = range(start, min(count, start + _CHUNK))
            with worker_pool(threads) as pool:
                given = list(pool.map(lambda i: self._prepared(image(i)), numbers))
            with wide_operations(threads):
                yield from self._chunk(given, settings)

    def _prepared(self, image: Image) -> tuple[Image, int]:
        return prepare(image, self.preprocessing), image.shape[1]

    def _chunk(self, given: Sequence[tuple[Image, int]], settings: Generation) -> list[Reading]:
        """Readings of prepared images, in their order; wide lines share no batch with narrow."""
        pad = 2 * self.preprocessing.pad
        tiles = [self.network.tiling.count(line.shape[1] + pad) for line, _ in given]
        order = sorted(range(len(given)), key=lambda i: (tiles[i], given[i][0].shape[1]))
        found: dict[int, Reading] = {}
        while order:
            size = max(1, _TILES // tiles[order[0]])
            group = [i for i in order[:size] if tiles[i] == tiles[order[0]]]
            order = order[len(group) :]
            found.update(zip(group, self._batch([given[i] for i in group], settings), strict=True))
        return [found[i] for i in range(len(given))]

    def _batch(self, given: Sequence[tuple[Image, int]], settings: Generation) -> list[Reading]:
        device = next(self.network.parameters()).device
        pad, style = self.preprocessing.pad, self.preprocessing.style
        frames = to_frames([line for line, _ in given], pad, style=style)
        frames = frames._replace(data=frames.data.to(device), widths=frames.widths.to(device))
        reach = self.network.reach
        limits = [fitting(reach.most, width, reach) for width in frames.widths.tolist()]
        with torch.inference_mode(), half_precision(device):
            states = self.network.encode(frames)
            texts = generate(self.network, states, limits, settings)
            sure, middles = self._looked(states, texts)
        return [
            self._reading(text, sure[at], middles[at], width / line.shape[1], width)
            for at, (text, (line, width)) in enumerate(zip(texts, given, strict=True))
        ]

    def _looked(
        self, states: States, texts: Sequence[Sequence[int]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``(N, L)`` probability of each token, and px of the prepared line where it was seen."""
        reach = self.network.reach
        longest = max(map(len, texts), default=0) + 1
        inputs = torch.full((len(texts), longest), reach.start, device=states.data.device)
        for row, text in zip(inputs, texts, strict=True):
            row[1 : len(text) + 1] = torch.tensor(list(text), dtype=torch.int64)
        told = self.network.decode(states, inputs, use_cache=False, output_attentions=True)
        log_probs = told.logits.float().log_softmax(2)
        wanted = inputs.roll(-1, 1)
        sure = log_probs.gather(2, wanted[..., None])[..., 0].exp()
        return sure.cpu().numpy(), _middles(told.cross_attentions, states).cpu().numpy()

    def _reading(
        self,
        text: Sequence[int],
        sure: NDArray[np.float32],
        middles: NDArray[np.float32],
        scale: float,
        width: int,
    ) -> Reading:
        pieces = self.tokens.pieces(text)
        whole = "".join(one for one, _, _ in pieces)
        graded = [(one, float(sure[first:stop].prod())) for one, first, stop in pieces]
        spans = [(first, stop) for _, first, stop in pieces]
        centres = [
            (float(middles[first:stop].mean()), _within(spans, at))
            for at, (first, stop) in enumerate(spans)
        ]
        places = _edges(centres, scale, float(width))
        shown = _as_shown(whole, graded)
        trusts = np.maximum([trust for _, trust in graded] or [0.0], 1e-9)
        confidence = float(np.exp(np.log(trusts).mean()))
        return Reading(
            text=whole,
            confidence=confidence if graded else 0.0,
            characters=tuple(
                ReadCharacter(one, trust, *place)
                for (one, trust), place in zip(shown, places, strict=True)
            ),
            approximate=True,
        )


def _within(spans: Sequence[tuple[int, int]], at: int) -> float:
    """Where a grapheme lies among those of the same token: -0.5 to 0.5 of them, 0 alone."""
    same = [number for number, span in enumerate(spans) if span == spans[at]]
    return (same.index(at) + 0.5) - len(same) / 2


def _middles(attentions: Sequence[Tensor], states: States) -> Tensor:
    """``(N, L)`` px where the upper layers looked: the median column by their attention."""
    upper = attentions[int(len(attentions) * _LOOKING) :]
    weight = torch.stack([layer.float().mean(1) for layer in upper]).mean(0)
    seen = states.columns >= 0
    weight = weight * (seen & (states.mask > 0))[:, None]
    order = states.columns.argsort(dim=1)
    sorted_columns = states.columns.gather(1, order)
    ranked = weight.gather(2, order[:, None].expand_as(weight)).cumsum(2)
    middle = (ranked < ranked[..., -1:] / 2).sum(2).clamp(max=weight.shape[2] - 1)
    return sorted_columns.gather(1, middle)


def _edges(
    centres: Sequence[tuple[float, float]], scale: float, width: float
) -> list[tuple[float, float]]:
    """Left and right edges in px of the image given, from left to right, without gaps."""
    if not centres:
        return []
    plain = np.array([centre for centre, _ in centres])
    ordered = np.sort(plain) * scale
    room = float(np.median(np.diff(ordered))) if len(ordered) > 1 else width
    room = max(room, width / (4 * len(ordered)))
    spread = ordered + room * np.array([step for _, step in centres])
    spread = np.maximum.accumulate(np.clip(spread, 0, width))
    between = (spread[1:] + spread[:-1]) / 2
    left = max(0.0, float(spread[0]) - room)
    right = min(width, float(spread[-1]) + room)
    edges = [left, *between.tolist(), right]
    return list(pairwise(edges))


def _as_shown(text: str, graded: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Graphemes from left to right with their confidences, given in logical order."""
    shown = graphemes(display_order(text))
    if shown == [one for one, _ in graded]:
        return list(graded)
    left = list(graded)[::-1]
    found = []
    for one in shown:
        at = next((i for i, (known, _) in enumerate(left) if known == one), 0)
        found.append((one, left.pop(at)[1] if left else 0.0))
    return found
