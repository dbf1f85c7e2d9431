"""Learning curves: on error rates that follow a law which is known."""

import numpy as np
import pytest

from uncial.errors import DataError
from uncial.evaluation.forecast import forecast, html
from uncial.evaluation.learning import ShortRun
from uncial.text.metrics import LineScore


def run(lines: int, cer: float, seed: int = 0, learnt: float = 0.0) -> ShortRun:
    """One whose 60 validation lines of 100 characters have about that error rate."""
    rng = np.random.default_rng([lines, seed])
    scores = tuple(
        LineScore(
            line_id=str(n), truth="", output="", group=f"page {n % 12}",
            char_edits=int(rng.binomial(100, min(cer, 1.0))), chars=100, word_edits=0, words=1,
        )
        for n in range(60)
    )  # fmt: skip
    return ShortRun(lines=lines, seed=seed, scores=scores, learnt=learnt)


def runs(scale: float, exponent: float, noise: float, seed: int = 0) -> list[ShortRun]:
    rng = np.random.default_rng(seed)
    return [
        run(n, scale * n**-exponent * np.exp(rng.normal(0, noise)), seed=10 * seed + at)
        for at in range(2)
        for n in (70, 140, 280)
    ]


def test_the_law_is_found_and_followed() -> None:
    found = forecast(runs(2.0, 0.5, 0.0), lines=1120, more=100, later=[2240])
    assert found.exponent == pytest.approx(0.5, abs=0.05)
    assert found.now.cer == pytest.approx(2 * 1120**-0.5, rel=0.1)
    assert found.later[0].cer < found.now.cer
    expected = 2 * (1220**-0.5 - 1120**-0.5)
    assert found.gain == pytest.approx(expected, rel=0.3)
    assert found.gain_ci95[0] < found.gain < found.gain_ci95[1]


def test_what_there_was_no_time_to_learn_is_not_hoped_for() -> None:
    def rates(n: int) -> tuple[float, float]:
        learnt = 0.02 if n == 280 else 0.0
        return learnt, learnt + 0.8 * n**-0.5

    some = [run(n, rates(n)[1], n + at, rates(n)[0]) for at in range(2) for n in (70, 140, 280)]
    found = forecast(some, lines=1120, more=100)
    assert found.now.cer == pytest.approx(0.02 + 0.8 * 1120**-0.5, rel=0.15)
    assert found.curve[0][0] == 280


def test_the_interval_holds_what_comes_in_most_cases() -> None:
    inside = 0
    for seed in range(40):
        found = forecast(runs(2.0, 0.4, 0.08, seed), lines=1120, more=100)
        truth = 2 * 1120**-0.4 * np.exp(np.random.default_rng(1000 + seed).normal(0, 0.08))
        inside += found.now.ci95[0] <= truth <= found.now.ci95[1]
    assert inside >= 34


def test_runs_that_disagree_widen_the_interval() -> None:
    def width(noise: float) -> float:
        low, high = forecast(runs(2.0, 0.5, noise), lines=1120, more=100).now.ci95
        return high - low

    assert width(0.2) > 2 * width(0.0)


def test_three_runs_that_disagree_give_a_wide_interval_and_no_warning() -> None:
    some = [run(15, 0.2), run(30, 0.14, learnt=0.002), run(60, 0.1, learnt=0.02)]
    found = forecast(some, lines=241, more=100, later=[1000])
    assert found.now.ci95[0] < found.now.cer < found.now.ci95[1]


def test_more_lines_never_hurt() -> None:
    found = forecast([run(n, 0.2, n) for n in (70, 140, 280)], lines=1120, more=100)
    assert found.exponent >= 0
    assert found.gain <= 0


def test_runs_that_did_not_learn_to_read_are_left_out_or_all_that_there_is() -> None:
    some = [run(35, 0.95), *runs(2.0, 0.5, 0.05)]
    assert forecast(some, lines=1120, more=100).left_out == (35,)
    with pytest.raises(DataError, match="0 short runs"):
        forecast([run(n, 0.9) for n in (70, 140, 280)], lines=1120, more=100)


def test_the_page_shows_the_curve_and_the_gain() -> None:
    some = runs(2.0, 0.5, 0.05)
    found = forecast(some, lines=1120, more=100, later=[2240])
    page = html(found, some, title="<t>", data={"views": 2400})
    assert "<svg" in page
    assert f"{100 * found.gain:+.2f}" in page
    assert "&lt;t&gt;" in page
    assert "<script" not in page
