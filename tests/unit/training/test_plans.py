"""Settings, schedule, guard: what a run decides about itself."""

import math
from pathlib import Path

import pytest

from uncial.errors import ConfigError, TrainingError
from uncial.nn.build import build
from uncial.training.config import LossConfig, NetworkConfig, OptimizerConfig, TrainConfig
from uncial.training.guard import Guard, check_rescues
from uncial.training.schedule import (
    affordable_looks,
    estimated_share,
    first_plan,
    learning_rate,
    replanned,
)
from uncial.training.settings import Settings, preset_names, resolve


def _settings(**changes: object) -> Settings:
    return resolve(TrainConfig(output=Path("run"), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted({*preset_names()} - {"trocr"}))  # it goes on from a base
def test_every_preset_resolves_and_builds(name: str) -> None:
    settings = _settings(preset=name)
    network = build(settings.spec, labels=20)
    assert network.labels == 20
    assert Settings.from_json(settings.to_json()) == settings


def test_what_the_user_gives_wins_over_the_preset() -> None:
    settings = _settings(optimizer=OptimizerConfig(lr=0.5), network=NetworkConfig(stretch=2.0))
    assert (settings.lr, settings.stretch) == (0.5, 2.0)
    assert settings.batch == _settings().batch


@pytest.mark.parametrize(
    ("preset", "length", "cores"),
    [
        ("quick", {"minutes": 1.0}, 2),
        ("fast", {"minutes": 10.0}, 2),
        ("wide", {"minutes": 25.0}, 2),
        ("fast", {"minutes": 25.0}, 1),
        ("quick", {"steps": 500}, 2),
        ("fast", {"steps": 5000}, 2),
        ("fast", {}, 2),
    ],
)
def test_longer_runs_get_a_larger_network(
    preset: str, length: dict[str, float], cores: int
) -> None:
    config = TrainConfig(output=Path("run"), **length)  # type: ignore[arg-type]
    assert resolve(config, cores).preset == preset


def test_a_step_has_no_more_batches_than_cores_unless_asked_for() -> None:
    config = TrainConfig(output=Path("run"), preset="fast")
    assert [resolve(config, cores).batches for cores in (1, 2, 16)] == [1, 2, 2]
    assert _settings(optimizer=OptimizerConfig(batches=3)).batches == 3


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"lr must be above 0; .*minutes and steps"):
        _settings(optimizer=OptimizerConfig(lr=-1.0), minutes=1.0, steps=5)
    with pytest.raises(ConfigError, match="unknown preset 'fats'"):
        _settings(preset="fats")


def test_the_rate_rises_then_falls_to_a_hundredth() -> None:
    settings = _settings()
    rates = [learning_rate(settings, share / 200) for share in range(201)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert max(rates) == pytest.approx(settings.lr, rel=0.01)
    assert rates[-1] == pytest.approx(settings.lr / 100, rel=0.01)


def test_a_time_budget_becomes_steps_at_the_measured_pace() -> None:
    settings = _settings(minutes=10.0)
    assert first_plan(settings, 100) == 0
    assert replanned(settings, step=5, steps=0, seconds=3, pace=0.5) == 0
    steps = replanned(settings, step=100, steps=0, seconds=50, pace=0.5)
    assert steps == pytest.approx(1182, abs=5)
    assert replanned(settings, step=200, steps=steps, seconds=101, pace=0.5) == steps
    assert replanned(settings, step=200, steps=steps, seconds=200, pace=1.0) < steps
    assert replanned(settings, step=900, steps=1182, seconds=595, pace=0.5) == 900
    assert estimated_share(settings, step=0, steps=0, seconds=600) <= 0.05


def test_a_number_of_steps_is_never_replanned() -> None:
    settings = _settings(steps=70)
    assert first_plan(settings, 100) == 70
    assert replanned(settings, step=60, steps=70, seconds=1e6, pace=1e4) == 70


def test_short_runs_validate_less_often() -> None:
    assert affordable_looks(20, steps=150, lines_a_step=8, lines_a_look=150) == 2
    assert affordable_looks(20, steps=5000, lines_a_step=8, lines_a_look=150) == 20
    assert affordable_looks(2, steps=5000, lines_a_step=8, lines_a_look=150) == 2
    assert affordable_looks(20, steps=0, lines_a_step=8, lines_a_look=10**6) == 20


def test_the_guard_skips_what_is_no_number_then_asks_to_go_back() -> None:
    guard = Guard()
    assert guard.sound(1.0, 1.0)
    for _ in range(4):
        assert not guard.sound(math.nan, 1.0)
        assert not guard.diverged
    assert not guard.sound(1.0, math.inf)
    assert guard.diverged


def test_the_guard_sees_a_loss_that_runs_away() -> None:
    guard = Guard()
    for _ in range(50):
        guard.sound(0.5, 1.0)
    assert not guard.diverged
    for _ in range(60):
        guard.sound(9.0, 1.0)
    assert guard.diverged


def test_a_run_that_diverges_again_and_again_is_given_up() -> None:
    check_rescues(3, 10)
    with pytest.raises(TrainingError, match="diverged 4 times"):
        check_rescues(4, 10)


@pytest.mark.parametrize(("share", "wrong"), [(0.4, ""), (-0.1, "ending"), (1.1, "ending")])
def test_the_ending_is_a_share(share: float, wrong: str) -> None:
    config = TrainConfig(output=Path("run"), loss=LossConfig(ending=share))
    if not wrong:
        assert resolve(config).ending == share
        return
    with pytest.raises(ConfigError, match="ending must be from 0 to 1"):
        resolve(config)
