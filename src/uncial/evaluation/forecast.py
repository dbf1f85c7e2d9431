"""How much more ground truth would help, by a learning curve from short runs on few lines.

The laws that the curve follows are in `uncial.evaluation.learning`; here they are read off, with
an interval for a single run on so many lines.

Source: prediction intervals as in Draper and Smith 1998, Applied Regression Analysis, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uncial.evaluation.charts import Axis, Mark, chart, reach
from uncial.evaluation.learning import Laws, ShortRun, drawn_laws, that_read
from uncial.evaluation.report import rendered

Floats = NDArray[np.float64]

_CURVE = 40  # points of the curve


@dataclass(frozen=True, kw_only=True)
class ForecastPoint:
    """What is expected of a run on some number of lines.

    Attributes:
        lines: Training lines.
        cer: A fraction.
        ci95: Interval in which the CER of such a run lies, 19 times in 20.
    """

    lines: int
    cer: float
    ci95: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A learning curve and what it says.

    Attributes:
        exponent: ``b``, with which the gap closes; 0 where it does not.
        curve: Expected CERs from the most lines tried to the most that were asked for.
        now: With the lines there are.
        later: With more.
        gain: Difference of CER that the lines to come would make, negative where they help.
        gain_ci95: Its interval.
        more: How many those are.
        left_out: Sizes whose runs had not learnt to read yet.
    """

    exponent: float
    curve: tuple[tuple[int, float], ...]
    now: ForecastPoint
    later: tuple[ForecastPoint, ...]
    gain: float
    gain_ci95: tuple[float, float]
    more: int
    left_out: tuple[int, ...] = ()


def forecast(
    runs: Sequence[ShortRun], *, lines: int, more: int, later: Sequence[int] = (), seed: int = 0
) -> Forecast:
    """Fit the law to short runs and read it off.

    Args:
        runs: Of the same length in steps or views, on two sizes or more, three runs or more.
        lines: Training lines that there are.
        more: Lines to come.
        later: Numbers of lines to tell of, beside those there are.
        seed: Of the resampling.

    Raises:
        DataError: There are too few runs that learnt to read.
    """
    used, left_out = that_read(runs)
    rng = np.random.default_rng(seed)
    plain = Laws.of(used, np.array([[run.cer for run in used]]))
    drawn = drawn_laws(used, plain, rng)

    def point(count: int) -> ForecastPoint:
        return ForecastPoint(
            lines=count, cer=float(plain.at(count)[0]), ci95=_ends(drawn.at(count) * drawn.chance)
        )

    counts = np.geomspace(max(run.lines for run in used), max([lines + more, *later]), _CURVE)
    gains = np.minimum(drawn.at(lines + more) - drawn.at(lines), 0.0)
    return Forecast(
        exponent=-float(plain.gap.slopes[0]),
        curve=tuple((round(count), float(plain.at(round(count))[0])) for count in counts.tolist()),
        now=point(lines),
        later=tuple(point(count) for count in later),
        gain=min(0.0, float(plain.at(lines + more)[0] - plain.at(lines)[0])),
        gain_ci95=_ends(gains),
        more=more,
        left_out=left_out,
    )


def html(found: Forecast, runs: Sequence[ShortRun], *, title: str, data: dict[str, Any]) -> str:
    """The forecast as one self-contained HTML page."""
    counts = [run.lines for run in runs] + [point.lines for point in (found.now, *found.later)]
    curve = [Mark(x=count, y=rate) for count, rate in found.curve]
    expected = [
        Mark(x=p.lines, y=p.cer, low=p.ci95[0], high=min(1.0, p.ci95[1]), label=f"{p.lines} lines")
        for p in (found.now, *found.later)
    ]
    seen = [Mark(x=run.lines, y=run.cer, label=f"run on {run.lines} lines") for run in runs]
    picture = chart(
        Axis(label="training lines", low=min(counts), high=max(counts), percent=False, log=True),
        Axis(label="CER", low=0, high=min(1.0, reach([mark.y for mark in [*seen, *curve]]))),
        points=seen + expected,
        line=curve,
        band=expected,
    )
    return rendered(
        "forecast.html.jinja", title=title, found=found, runs=runs, picture=picture, data=data
    )


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
