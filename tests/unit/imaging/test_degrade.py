"""Degradations: seeded, height-preserving, harmless at strength 0."""

import numpy as np
import pytest

from uncial.imaging.ageing import CHANCES
from uncial.imaging.degrade import DEGRADATIONS, age, augment


def _line(width: int = 240) -> np.ndarray:
    image = np.full((48, width), 255, np.uint8)
    image[12:36, 10 : width - 10 : 4] = 20
    return image


@pytest.mark.parametrize("name", DEGRADATIONS.names())
@pytest.mark.parametrize("width", [9, 240])
def test_the_same_seed_gives_the_same_line_of_the_same_height(name: str, width: int) -> None:
    change = DEGRADATIONS.get(name)
    line = _line(max(width, 24))[:, :width].copy()
    before = line.copy()
    made = [change(line, np.random.default_rng(4), 1.0) for _ in range(2)]
    assert np.array_equal(*made)
    assert made[0].shape[0] == 48
    assert made[0].dtype == np.uint8
    assert np.array_equal(line, before)


@pytest.mark.parametrize("name", ["warp", "tone", "noise", "spans"])
def test_strength_changes_more(name: str) -> None:
    change = DEGRADATIONS.get(name)
    line = _line(480)

    def distance(strength: float) -> float:
        made = [change(line, np.random.default_rng(seed), strength) for seed in range(30)]
        return float(np.mean([abs(m.mean() - line.mean()) + m.std() * 0.01 for m in made]))

    assert distance(1.0) > distance(0.05)


def test_augment_keeps_ink_and_paper_apart() -> None:
    for seed in range(50):
        made = augment(_line(), np.random.default_rng(seed))
        assert made.shape[0] == 48
        assert int(made.max()) - int(made.min()) > 40


def test_no_strength_no_change() -> None:
    line = _line()
    assert augment(line, np.random.default_rng(0), 0.0) is line


def test_ageing_keeps_the_shape_and_leaves_something_to_read() -> None:
    line = np.full((48, 240), 255, np.uint8)
    for x in range(12, 228, 12):
        line[12:36, x : x + 4] = 0
    rng = np.random.default_rng(2)
    for _ in range(40):
        made = age(line, rng)
        assert made.shape == line.shape
        middle = np.s_[14:34]
        assert np.corrcoef(made[middle].ravel(), line[middle].ravel())[0, 1] > 0.3


def test_ageing_draws_what_it_is_told_to() -> None:
    line, never = _line(), dict.fromkeys(CHANCES, 0.0)
    assert age(line, np.random.default_rng(0), 1.0, never) is line
    assert age(line, np.random.default_rng(0), 0.0) is line
    ruled = age(line, np.random.default_rng(0), 1.0, {**never, "ruling": 1.0})
    assert not np.array_equal(ruled, line)
    assert (ruled <= line).all()


def test_every_ageing_is_a_degradation_by_name() -> None:
    assert set(CHANCES) <= set(DEGRADATIONS.names())
