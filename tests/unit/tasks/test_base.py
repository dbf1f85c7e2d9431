from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.tasks.base import TASKS, as_json, options, read_config, resolve


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    lr: float = 1e-3
    steps: int = 10


@dataclass(frozen=True, kw_only=True)
class Config:
    data: tuple[Path, ...]
    output: Path = Path("run")
    optimizer: Optimizer = field(default_factory=Optimizer)

    def __post_init__(self) -> None:
        if self.optimizer.lr <= 0:
            raise ConfigError("learning rate must be positive", remedy="raise it")


def test_later_layers_win_field_by_field() -> None:
    file = {"data": ["a"], "optimizer": {"lr": 0.1, "steps": 5}}
    flags = {"optimizer": {"lr": 0.2}}
    config = resolve(Config, file, flags)
    assert config == Config(data=(Path("a"),), optimizer=Optimizer(lr=0.2, steps=5))


def test_all_unknown_options_are_named_at_once_with_their_place() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(Config, {"dat": ["a"], "optimizer": {"lrte": 1, "xyz": 2}})
    message = caught.value.problem
    assert "unknown option dat; did you mean data?" in message
    assert "unknown option optimizer.lrte; did you mean optimizer.lr?" in message
    assert "unknown option optimizer.xyz" in message


def test_missing_and_mistyped_options_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(Config, {"optimizer": {"lr": "fast"}})
    assert "option data is required" in caught.value.problem
    assert "option optimizer.lr" in caught.value.problem
    assert "'fast'" in caught.value.problem


def test_a_config_s_own_check_keeps_its_remedy() -> None:
    with pytest.raises(ConfigError, match="must be positive") as caught:
        resolve(Config, {"data": ["a"], "optimizer": {"lr": -1}})
    assert caught.value.remedy == "raise it"


def test_options_are_flat_and_dotted() -> None:
    found = {option.name: option for option in options(Config)}
    assert list(found) == ["data", "output", "optimizer.lr", "optimizer.steps"]
    assert found["data"].required
    assert found["optimizer.lr"].default == 1e-3


def test_resolved_options_survive_json() -> None:
    config = resolve(Config, {"data": ["a", "b"]})
    assert resolve(Config, as_json(config)) == config


def test_a_config_file_is_toml_or_an_error_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('data = ["a"]\n[optimizer]\nlr = 0.5\n')
    assert read_config(path) == {"data": ["a"], "optimizer": {"lr": 0.5}}
    path.write_text("data = [")
    with pytest.raises(ConfigError, match=r"c\.toml: not TOML"):
        read_config(path)
    with pytest.raises(ConfigError, match=r"absent\.toml"):
        read_config(tmp_path / "absent.toml")


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_every_task_loads_and_its_positions_are_options(task) -> None:
    config, run = task.load()
    names = {option.name for option in options(config)}
    assert set(task.positional) <= names
    assert set(task.flags) <= names
    assert callable(run)
