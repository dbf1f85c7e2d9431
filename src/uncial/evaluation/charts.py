"""Charts as SVG text: readable without a script, coloured by the style of their page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 420, 300  # px, of a whole chart
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 10, 42  # px around the plot
_TICKS = 5


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point of a chart, in the units of its axes.

    Attributes:
        x: Across.
        y: Up.
        low: Lower end of an interval of `y`; None draws none.
        high: Upper end.
        label: Shown when pointed at, and read aloud.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One side of a chart.

    Attributes:
        label: What it counts.
        low: Value at its start.
        high: Value at its end.
        percent: Whether values are fractions to be shown in percent.
        log: Whether steps are by factors.
    """

    label: str
    low: float
    high: float
    percent: bool = True
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0-1."""
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low) if high > low else 0.0

    def ticks(self) -> list[float]:
        """Round values along it."""
        if self.log:
            return _factors(self.low, self.high)
        step = _round_step((self.high - self.low) / _TICKS)
        first = math.ceil(self.low / step - 1e-9)
        return [step * at for at in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def text(self, value: float) -> str:
        """A value as it stands beside a tick."""
        return f"{100 * value:.4g} %" if self.percent else f"{value:.6g}"


def chart(
    across: Axis,
    up: Axis,
    *,
    points: Sequence[Mark] = (),
    line: Sequence[Mark] = (),
    band: Sequence[Mark] = (),
    diagonal: bool = False,
) -> Markup:
    """A chart of points, a line, or both.

    Args:
        across: The axis below.
        up: The axis at the left.
        points: Drawn as dots, with their intervals as bars.
        line: Drawn as one line, in order.
        band: Its intervals are filled, in order.
        diagonal: Whether to draw where both axes are equal.
    """
    parts = [_frame(across, up)]
    if band:
        edge = [(one.x, one.low or 0.0) for one in band]
        edge += [(one.x, one.high or 0.0) for one in reversed(band)]
        path = " ".join(_at(across, up, x, y) for x, y in edge)
        parts.append(f'<polygon class="band" points="{path}"/>')
    if diagonal:
        low, high = max(across.low, up.low), min(across.high, up.high)
        parts.append(
            f'<polyline class="guide" points="{_at(across, up, low, low)} '
            f'{_at(across, up, high, high)}"/>'
        )
    if line:
        path = " ".join(_at(across, up, one.x, one.y) for one in line)
        parts.append(f'<polyline class="curve" points="{path}"/>')
    parts += [_dot(across, up, one) for one in points]
    name = escape(f"{up.label} by {across.label}")
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" role="img" aria-label="{name}">{"".join(parts)}</svg>'
    )  # the parts hold numbers and escaped labels only


def reach(values: Sequence[float], least: float = 0.0) -> float:
    """A round end for an axis from 0 that shows all `values`."""
    largest = max([least, *values])
    step = _round_step(largest / _TICKS) if largest > 0 else 1.0
    return step * max(1, math.ceil(largest / step - 1e-9))


def _frame(across: Axis, up: Axis) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in across.ticks():
        x = _x(across, value)
        parts.append(f'<line class="grid" x1="{x}" y1="{_TOP}" x2="{x}" y2="{bottom}"/>')
        parts.append(
            f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{across.text(value)}</text>'
        )
    for value in up.ticks():
        y = _y(up, value)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{up.text(value)}</text>')
    middle = (_LEFT + right) / 2
    parts.append(
        f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(across.label)}</text>'
    )
    return "".join(parts)


def _dot(across: Axis, up: Axis, one: Mark) -> str:
    x, y = _x(across, one.x), _y(up, one.y)
    bar = ""
    if one.low is not None and one.high is not None:
        bar = (
            f'<line class="bar" x1="{x}" y1="{_y(up, one.low)}" x2="{x}" y2="{_y(up, one.high)}"/>'
        )
    return f'<g><title>{escape(one.label)}</title>{bar}<circle cx="{x}" cy="{y}" r="3.5"/></g>'


def _at(across: Axis, up: Axis, x: float, y: float) -> str:
    return f"{_x(across, x)},{_y(up, y)}"


def _x(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(axis: Axis, value: float) -> float:
    return round(_TOP + (1 - axis.share(value)) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _round_step(step: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step * (1 - 1e-9))


def _factors(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two values."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [value for value in found if low <= value <= high]
