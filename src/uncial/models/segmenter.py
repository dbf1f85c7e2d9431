"""Segmenter: page images in, lines and regions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from uncial.archive import Channel, SegmenterArchive
from uncial.decoding.layout import Constraints, page_layout
from uncial.decoding.maps import LayoutMaps, layout_maps
from uncial.errors import FormatError
from uncial.formats.models import segmentation
from uncial.imaging.pageview import PagePreparation, prepare_page
from uncial.models.compute import half_precision, side_by_side
from uncial.models.tensors import to_frames
from uncial.nn.build import Network
from uncial.nn.fold import folded
from uncial.nn.weights import network_of, to_arrays
from uncial.page.layout import Page
from uncial.page.pairorder import PairOrder

Image = NDArray[np.uint8]


class Segmenter:
    """A network with everything needed to find lines and regions.

    Args:
        network: Puts out one map for each channel.
        channels: What they show.
        preparation: How pages were prepared in training.
        metadata: Provenance.
        order: Reading order that was learnt, if one was.
    """

    def __init__(
        self,
        network: Network,
        channels: Sequence[Channel],
        preparation: PagePreparation,
        metadata: dict[str, Any] | None = None,
        order: PairOrder | None = None,
    ) -> None:
        self.network = network
        self.channels = tuple(channels)
        self.preparation = preparation
        self.metadata = metadata or {}
        self.order = order
        self._reading: Network | None = None

    @classmethod
    def load(cls, path: Path | str) -> Segmenter:
        """Read a model file.

        Raises:
            FormatError: The file is not a segmentation model of ours, cut short, or newer.
        """
        return cls.from_archive(segmentation.unpack(Path(path).read_bytes()))

    @classmethod
    def from_archive(cls, archive: SegmenterArchive) -> Segmenter:
        """Build the network of an archive from its weights.

        Raises:
            SpecError: The spec cannot be read.
            FormatError: Weights, channels and spec do not belong together.
        """
        network = network_of(archive.spec, len(archive.channels), archive.weights).eval()
        if network.loss != "logistic" or network.output_shape.height == 1:
            raise FormatError(
                "its network puts out no maps",
                remedy="end the spec of a segmentation network in O2l",
            )
        return cls(network, archive.channels, archive.preparation, archive.metadata, archive.order)

    def to_archive(self) -> SegmenterArchive:
        """Everything as NumPy and plain data, ready to be written."""
        return SegmenterArchive(
            spec=self.network.spec,
            channels=self.channels,
            preparation=self.preparation,
            weights=to_arrays(self.network),
            metadata=self.metadata,
            order=self.order,
        )

    def maps(self, image: Image) -> LayoutMaps:
        """What the network sees on a page.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        """
        if self._reading is None:
            self._reading = folded(self.network)
        device = next(self._reading.parameters()).device
        frames = to_frames([prepare_page(image, self.preparation)], 0)
        frames = frames._replace(data=frames.data.to(device))
        with torch.inference_mode(), half_precision(device):
            logits = self._reading(frames).data[0].float().cpu().numpy()
        return layout_maps(np.asarray(logits, np.float32), self.channels)

    def segment(self, image: Image, constraints: Constraints | None = None) -> Page:
        """Lines and regions of a page, in reading order.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
            constraints: What its lines keep to.
        """
        height, width = image.shape[:2]
        keep = constraints or Constraints()
        if self.order is not None:
            keep = replace(keep, order=self.order)
        return page_layout(self.maps(image), (width, height), keep)

    def segment_each(
        self,
        image: Callable[[int], Image],
        count: int,
        constraints: Constraints | None = None,
        threads: int = 0,
    ) -> Iterator[Page]:
        """Like `segment`, page by page on demand: memory stays flat however many there are.

        Args:
            image: The page with a number in ``range(count)``.
            count: How many there are.
            constraints: What lines keep to.
            threads: Pages side by side; 0 takes every core.
        """
        yield from side_by_side(lambda at: self.segment(image(at), constraints), count, threads)
