"""Calibration: on readings made so that the right answer is known."""

import numpy as np
import pytest

from uncial.errors import DataError
from uncial.evaluation.calibration import Calibration, Evidence, fit, fitted_odds, mended


def readings(
    lines: int, *, temperature: float, shift: float = 0.0, seed: int = 0, groups: int = 10
) -> list[Evidence]:
    """Lines whose true log-odds are known from the stated ones; each mistake is an edit."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(lines):
        odds = rng.normal(3.0 * temperature, 2.0 * temperature, size=40)
        stated = 1 / (1 + np.exp(-odds))
        right = rng.random(40) < mended(stated, temperature, shift)
        found.append(
            Evidence(
                confidences=tuple(stated.tolist()),
                right=tuple(right.tolist()),
                edits=int((~right).sum()),
                characters=40,
                group=f"page {number % groups}",
            )
        )
    return found


@pytest.mark.parametrize(("temperature", "shift"), [(0.6, 0.0), (1.0, 0.7), (2.5, -0.5)])
def test_temperature_and_shift_are_found(temperature: float, shift: float) -> None:
    lines = readings(400, temperature=temperature, shift=shift)
    found = fitted_odds(
        np.concatenate([line.confidences for line in lines]),
        np.concatenate([line.right for line in lines]),
    )
    assert found[0] == pytest.approx(temperature, rel=0.12)
    assert found[1] == pytest.approx(shift, abs=0.15)


def test_the_plain_temperature_changes_nothing_and_order_is_always_kept() -> None:
    sure = np.linspace(0.001, 0.999, 50)
    assert mended(sure, 1.0, 0.0) == pytest.approx(sure)
    assert (np.diff(mended(sure, 3.0, -1.0)) > 0).all()
    assert mended(np.array([0.0, 1.0]), 2.0, 0.0) == pytest.approx([0.001, 0.999], abs=1e-3)


def test_edits_of_unseen_lines_are_predicted_within_their_interval() -> None:
    calibration = fit(readings(400, temperature=1.7))
    inside = errors = 0.0
    for seed in range(1, 41):
        page = readings(20, temperature=1.7, seed=seed)
        predicted = calibration.predict([line.confidences for line in page])
        assert predicted is not None
        true = sum(line.edits for line in page) / sum(line.characters for line in page)
        inside += predicted.ci95[0] <= true <= predicted.ci95[1]
        errors += abs(true - predicted.cer)
    assert inside / 40 >= 0.85
    assert errors / 40 < 0.015
    assert calibration.groups == 10


def test_lines_of_much_doubt_do_not_draw_the_prediction_up() -> None:
    lines = readings(300, temperature=1.0)
    uneven = [
        Evidence(line.confidences, line.right, line.edits * (3 if number % 9 == 0 else 1), 40, "")
        for number, line in enumerate(lines)
    ]
    predicted = fit(uneven).predict([line.confidences for line in uneven])
    assert predicted is not None
    assert predicted.cer == pytest.approx(sum(line.edits for line in uneven) / (300 * 40))


def test_documents_that_scatter_widen_the_interval() -> None:
    even = readings(200, temperature=1.0)
    uneven = [
        Evidence(
            line.confidences,
            line.right,
            line.edits * (3 if line.group in ("page 1", "page 2") else 1),
            line.characters,
            line.group,
        )
        for line in even
    ]
    assert fit(uneven).spread > fit(even).spread + 0.2


def test_it_survives_its_file_and_refuses_what_is_not_one() -> None:
    calibration = fit(readings(50, temperature=1.2))
    assert Calibration.of({"calibration": calibration.to_json()}) == calibration
    assert Calibration.of({}) is None
    assert Calibration.of({"calibration": {"temperature": 1.0}}) is None


def test_empty_readings_are_told_apart() -> None:
    calibration = fit(readings(50, temperature=1.0))
    assert calibration.line_confidence((), 0.25) == 0.25
    assert calibration.predict([(), ()]) is None
    assert calibration.edits(()) == 0


def test_too_few_lines_are_refused() -> None:
    with pytest.raises(DataError, match="9 lines"):
        fit(readings(9, temperature=1.0))


def test_validation_lines_that_were_all_read_right_can_be_fitted() -> None:
    lines = [Evidence((0.9, 0.99), (True, True), 0, 2, f"page {n}") for n in range(12)]
    predicted = fit(lines).predict([(0.9, 0.99)])
    assert predicted is not None
    assert predicted.cer == pytest.approx(0, abs=1e-6)
