"""A segmentation network of kraken: page images in, lines and regions out, as kraken finds them.

The page is scaled to the network's height, the maps are enlarged to the scaled page, lines and
regions traced there and scaled back.

Source: kraken 7.1, segmentation with networks written as VGSL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as Pillow
from torch import Tensor

from uncial.archive import Channel, ChannelKind, ModelArchive
from uncial.decoding.kraken.baselines import Marks, Points, baselines
from uncial.decoding.kraken.order import Box, reading_order
from uncial.decoding.kraken.regions import regions
from uncial.decoding.layout import Constraints
from uncial.errors import ConfigError, FormatError
from uncial.formats.models import kraken
from uncial.models.compute import half_precision, side_by_side
from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.nn.weights import network_of
from uncial.page.layout import Direction, Line, Page, Polygon, Region

Image = NDArray[np.uint8]
_KINDS: tuple[tuple[ChannelKind, str], ...] = (("baseline", "baselines"), ("region", "regions"))
_MOST = 20_000  # px of a side of the scaled page
_BEGINS, _ENDS = "_start_separator", "_end_separator"


class KrakenSegmenter:
    """A network of kraken with what its maps show.

    In 32 bits it finds the points that kraken finds; in 16, where the processor multiplies those
    faster, points that are a few pixels off, in half the time.

    Args:
        archive: For which `uncial.formats.models.kraken.is_segmenter` holds.

    Raises:
        FormatError: It does not say what its maps show.

    Attributes:
        channels: Lines and regions that it tells apart.
        exact: Compute in 32 bits everywhere.
    """

    exact: bool = False

    def __init__(self, archive: ModelArchive) -> None:
        known = archive.metadata.get(kraken.KEY)
        classes = known.get("class_mapping") if isinstance(known, Mapping) else None
        self.network: Network = network_of(archive.spec, _outputs(archive), archive.weights).eval()
        self.metadata: dict[str, Any] = archive.metadata
        self._lines = _maps(classes, "baselines", self.network.labels)
        self._regions = _maps(classes, "regions", self.network.labels)
        marks = _maps(classes, "aux", self.network.labels)
        if not {_BEGINS, _ENDS} <= marks.keys() or self.network.loss != "logistic":
            raise FormatError(
                "this model does not say which of its maps show where lines begin and end",
                remedy="give an unchanged segmentation model of kraken",
            )
        self._begins, self._ends = marks[_BEGINS], marks[_ENDS]
        self.channels = tuple(
            Channel(kind=kind, type=name)
            for kind, named in _KINDS
            for name in (self._lines if named == "baselines" else self._regions)
        )

    @classmethod
    def load(cls, path: Path | str) -> KrakenSegmenter:
        """Read a model file of kraken.

        Raises:
            FormatError: It is damaged, or no model of kraken.
            ConfigError: It reads text.
        """
        path = Path(path)
        archive, _ = kraken.unpack(path.read_bytes(), path.name)
        if not kraken.is_segmenter(archive):
            raise ConfigError(f"{path}: reads text", remedy="give a model that finds lines")
        return cls(archive)

    def maps(self, image: Image) -> tuple[NDArray[np.float32], tuple[int, int]]:
        """``(C, h, w)`` probabilities, and height and width in px of the page as it was scaled.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
        """
        data = _page(image, self.network.input_height, self.network.input_channels)
        device = next(self.network.parameters()).device
        frames = Frames(data.to(device), torch.tensor([data.shape[3]], device=device))
        precision = nullcontext() if self.exact else half_precision(device)
        with torch.inference_mode(), precision:
            logits = self.network(frames).data.float()
        found = np.asarray(logits.sigmoid()[0].cpu().numpy(), np.float32)
        return found, (int(data.shape[2]), int(data.shape[3]))

    def segment(self, image: Image, constraints: Constraints | None = None) -> Page:
        """Lines and regions of a page, in reading order.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` RGB.
            constraints: Of these the direction counts: lines run down where the network is not
                sure, columns follow each other to the left.
        """
        direction = constraints.direction if constraints else ""
        vertical = direction.startswith("vertical")
        maps, size = self.maps(image)
        back = np.array([image.shape[0] / size[0], image.shape[1] / size[1]])
        areas = [
            (kind, _scaled(outline, back))
            for kind, at in self._regions.items()
            for outline in regions(_enlarged(maps[at], size))
        ]
        marks = Marks(_enlarged(maps[self._begins], size), _enlarged(maps[self._ends], size))
        lines = [
            (kind, _scaled(line, back))
            for kind, at in self._lines.items()
            for line in baselines(maps[at], marks, vertical=vertical)
        ]
        return _laid_out(image.shape[:2], lines, areas, direction or "lr")

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
            constraints: As for `segment`.
            threads: Pages side by side; 0 takes every core.
        """
        yield from side_by_side(lambda at: self.segment(image(at), constraints), count, threads)


def _outputs(archive: ModelArchive) -> int:
    """Maps that the network puts out, by the last of its weights."""
    sizes = [len(array) for name, array in archive.weights.items() if name.endswith("lin.bias")]
    if not sizes:
        raise FormatError("the network does not end in an output", remedy="give another model")
    return sizes[-1]


def _maps(classes: object, level: str, count: int) -> dict[str, int]:
    """Number of the map of each class."""
    found = classes.get(level) if isinstance(classes, Mapping) else None
    named = found.items() if isinstance(found, Mapping) else ()
    return {str(kind): at for kind, at in named if type(at) is int and 0 <= at < count}


def _page(image: Image, height: int, channels: int) -> Tensor:
    """``(1, C, h, w)`` float32: 0 where a page is lightest."""
    page = Pillow.fromarray(image).convert("RGB" if channels == 3 else "L")
    if height:
        width = min(_MOST, max(1, page.width * height // page.height))
        page = page.resize((width, height), Pillow.Resampling.LANCZOS)
    pixels = np.asarray(page, np.float32).reshape(page.height, page.width, -1) / np.float32(255)
    return torch.from_numpy(np.ascontiguousarray((pixels.max() - pixels).transpose(2, 0, 1)))[None]


def _enlarged(small: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """A map with its pixels repeated to fill `size`."""
    rows = np.arange(size[0]) * small.shape[0] // size[0]
    columns = np.arange(size[1]) * small.shape[1] // size[1]
    return np.asarray(small[rows][:, columns])


def _scaled(points: Points, back: NDArray[np.float64]) -> Polygon:
    """Rows and columns as x and y on the page, whole px."""
    whole = (points * back).astype(np.int64)
    return tuple((float(x), float(y)) for y, x in whole.tolist())


def _laid_out(
    size: Sequence[int],
    lines: Sequence[tuple[str, Polygon]],
    areas: Sequence[tuple[str, Polygon]],
    direction: Direction,
) -> Page:
    """Lines in their regions, both in reading order."""
    outlines = [np.array(area, np.float32)[:, None] for _, area in areas]
    owners = []
    for _, line in lines:
        middle = _middle(line)
        inside = (
            at for at, one in enumerate(outlines) if cv2.pointPolygonTest(one, middle, False) > 0
        )
        owners.append(next(inside, -1))
    boxes = [_box(line) for _, line in lines]
    order = reading_order(
        boxes, owners, [_box(area) for _, area in areas], leftward=direction.endswith("rl")
    )
    made = [
        Line(id=f"line{number}", baseline=lines[at][1], type=lines[at][0])
        for number, at in enumerate(order, 1)
    ]
    members: dict[int, list[Line]] = {}
    for at, one in zip(order, made, strict=True):
        members.setdefault(owners[at], []).append(one)
    empty = [at for at in range(len(areas)) if at not in members]
    found = tuple(
        Region(
            id=f"region{number}",
            kind="text" if at >= 0 else "",
            type=areas[at][0] if at >= 0 else "",
            boundary=areas[at][1] if at >= 0 else (),
            lines=tuple(members.get(at, ())),
        )
        for number, at in enumerate([*members, *empty], 1)
    )
    return Page(
        image="",
        width=size[1],
        height=size[0],
        regions=found,
        ordered=True,
        direction=direction,
    )


def _box(points: Polygon) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(ys), min(xs), max(ys), max(xs))


def _middle(line: Polygon) -> tuple[float, float]:
    """The point halfway along a line."""
    points = np.array(line)
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    half = along[-1] / 2
    return float(np.interp(half, along, points[:, 0])), float(np.interp(half, along, points[:, 1]))
