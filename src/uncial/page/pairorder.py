"""A reading order that was learnt: how likely one box is read before another, for every pair.

A small network looks at where two boxes lie to each other and on the page. Boxes are listed by how
often they come first, so that no single wrong pair spoils the whole.

Source: Quirós & Vidal 2021 ("Learning to sort handwritten text lines in reading order through
estimated binary order relations"); kraken's ``ketos rotrain`` learns the same relation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError
from uncial.page.geometry import Box
from uncial.page.layout import Direction
from uncial.page.order import facing

FEATURES = 12
"""Numbers that `relations` tells of a pair."""
_DIGITS = 5  # of each weight that are kept in a file

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairOrder:
    """A network of one hidden layer over `relations`.

    Attributes:
        hidden: ``(FEATURES, K)`` weights of the hidden layer.
        bias: ``(K,)`` of it.
        out: ``(K,)`` weights of the output, a logit.
    """

    hidden: Array
    bias: Array
    out: Array

    def __call__(self, boxes: Sequence[Box], direction: Direction = "lr") -> list[int]:
        """Indices of boxes in the order in which they are read, as `reading_order` tells them."""
        if len(boxes) < 2:
            return list(range(len(boxes)))
        first = self.before(facing(boxes, direction)).sum(axis=1)
        return [int(at) for at in np.argsort(-first, kind="stable")]

    def before(self, boxes: Array) -> Array:
        """``(n, n)`` probability that each box (row) is read before each other one (column).

        Args:
            boxes: ``(n, 4)``, turned as `facing` does.
        """
        logits = np.tanh(relations(boxes) @ self.hidden + self.bias) @ self.out
        logits = logits - logits.T  # whatever comes first, the other comes second
        return np.asarray(1 / (1 + np.exp(-logits)))

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values; inverse of `from_json`."""
        return {
            name: np.round(getattr(self, name), _DIGITS).tolist()
            for name in ("hidden", "bias", "out")
        }

    @classmethod
    def from_json(cls, values: Any) -> PairOrder:  # noqa: ANN401 - of a file, which may hold anything
        """Read what `to_json` wrote.

        Raises:
            FormatError: The numbers are none, or do not belong together.
        """
        try:
            parts = {name: np.array(values[name], np.float64) for name in ("hidden", "bias", "out")}
        except (KeyError, TypeError, ValueError):
            parts = {}
        width = parts["out"].shape[:1] if parts else ()
        shapes = {"hidden": (FEATURES, *width), "bias": width, "out": width}
        if len(width) != 1 or any(part.shape != shapes[name] for name, part in parts.items()):
            raise FormatError(
                "the reading order in the header cannot be read",
                remedy="copy or download the file again; this one is damaged or was edited",
            )
        return cls(**parts)


def relations(boxes: Array) -> Array:
    """How each box lies to each other one, ``(n, n, FEATURES)``, about -1 to 1.

    Args:
        boxes: ``(n, 4)``, left, top, right, bottom, as `facing` turns them.
    """
    left, top, right, bottom = boxes.T
    wide, high = max(np.ptp(boxes[:, ::2]), 1e-9), max(np.ptp(boxes[:, 1::2]), 1e-9)
    tall = max(float(np.median(bottom - top)), 1e-9)
    down = _between(top + bottom) / 2
    across = _between(left + right) / 2
    columns, rows = _shared(left, right), _shared(top, bottom)
    steps, aside = np.tanh(down / tall), np.tanh(4 * across / wide)
    parts = [
        steps,
        np.tanh(4 * down / high),
        aside,
        np.tanh(8 * _between(left) / wide),
        np.tanh(8 * _between(right) / wide),
        columns,
        rows,
        columns * steps,
        (1 - columns) * aside,
        rows * aside,
        np.broadcast_to((left - left.min())[:, None] / wide, columns.shape),
        np.broadcast_to((right - left)[:, None] / wide, columns.shape),
    ]
    return np.stack(parts, axis=-1)


def _between(values: Array) -> Array:
    """Differences, positive where the second of a pair is greater."""
    return np.asarray(values[None, :] - values[:, None])


def _shared(starts: Array, ends: Array) -> Array:
    """Share of the smaller of two intervals that lies in the other."""
    common = np.minimum(ends[:, None], ends[None, :]) - np.maximum(starts[:, None], starts[None, :])
    sizes = np.maximum(ends - starts, 1e-9)
    return np.clip(common / np.minimum(sizes[:, None], sizes[None, :]), 0.0, 1.0)
