"""What a run makes of its options: every blank filled in, from a preset and the base.

`Settings` are saved with the run and with the model.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from uncial.errors import ConfigError
from uncial.text.negotiation import read_negotiation
from uncial.training.basis import (
    Auto,
)
from uncial.training.config import LossKind, TrainConfig

if TYPE_CHECKING:
    from uncial.archive import ModelArchive

_QUICK_PAYS = 6.0  # core-minutes up to which a small network reads better
_QUICK_STEPS = 1000
_WIDE_PAYS = 40.0  # core-minutes
_REPLAY = 0.3  # share of the views of a fine-tuning that are lines of the base set
_DISTILL = 1.0  # weight of the base's own output on them
_NEW_OFTEN = 0.2  # share of the views that hold characters which the base lacks
_GENTLER = 0.25  # share of a preset's learning rate at which a trained model goes on
_ADAPTERS_LR = 2e-4  # of adapters, which begin at nothing


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every choice of a run, made; units as in the config classes.

    Attributes:
        frames: Frames wanted for a median label when `stretch` is auto.
        replay: Share of the views that are lines of a base set, where there is one.
        distill: Weight of the distance to the base's output.
        style: How lines are prepared, see `uncial.imaging.prepare.Preprocessing`.
        wide_shortcut: Whether the early head sees neighbouring frames, see `ShortcutHead`.
        lower_steps: Steps after which slowed layers learn like the others; 0: never.
        family: Kind of network, see `uncial.training.family`.
        clean_first: Passes in which distortions grow.
        rank: Of what is added to each matrix of a base; 0: any.
    """

    preset: str
    spec: str
    stretch: float | Auto
    frames: float
    pad: int
    centre: bool
    lr: float
    batch: int
    batches: int
    weight_decay: float
    clip: float
    ema: float
    warmup: float
    kind: LossKind
    ending: float
    shortcut: float
    augment: float
    mix: float
    rare_first: float
    validations: int
    patience: int
    validation_lines: int
    minutes: float
    steps: int
    epochs: int
    seed: int
    normalization: str
    style: str = "uncial"
    target: float = 0.0
    wide_shortcut: bool = False
    momentum: float = 0.9
    rare_often: float = 0.0
    new_often: float = 0.0
    lower_steps: int = 0
    replay: float = 0.0
    distill: float = 0.0
    family: str = "ctc"
    smoothing: float = 0.0
    easy_first: float = 0.0
    clean_first: float = 0.0
    rank: int = 0
    easy: str = "length"

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Settings:
        """Read what `to_json` wrote."""
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Asked:
    """What a run is asked to begin with.

    Attributes:
        config: As the user gave it.
        settings: Made from it.
        base: Model to go on from; None from scratch.
    """

    config: TrainConfig
    settings: Settings
    base: ModelArchive | None = None


def preset_names() -> list[str]:
    """Presets that come with the package."""
    folder = resources.files("uncial.presets")
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith("toml"))


@cache
def preset_values(name: str) -> dict[str, Any]:
    """The settings of a preset; in the table ``base`` those that differ with a base.

    Raises:
        ConfigError: No preset is called so.
    """
    if name not in preset_names():
        raise ConfigError(
            f"unknown preset {name!r}", remedy=f"use one of {', '.join(preset_names())}"
        )
    text = resources.files("uncial.presets").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def chosen_preset(config: TrainConfig, cores: int) -> str:
    """The preset of a config, chosen by its length where it says auto.

    Args:
        config: As the user gave it.
        cores: Cores that the run will use.
    """
    if config.preset != "auto":
        return config.preset
    if config.minutes:
        room = config.minutes * cores
        return "wide" if room >= _WIDE_PAYS else "fast" if room > _QUICK_PAYS else "quick"
    return "quick" if 0 < config.steps <= _QUICK_STEPS else "fast"


def resolve(config: TrainConfig, cores: int = 1, base: ModelArchive | None = None) -> Settings:
    """Fill what the config leaves open from its preset, or from the model it goes on from.

    Args:
        config: As the user gave it.
        cores: Cores that the run will use.
        base: Its spec, preparation and normalization stay; the rate is lower than from scratch.

    Raises:
        ConfigError: The preset does not exist, a value is out of range, or the options ask for
            another network than the base has.
    """
    preset = chosen_preset(config, cores) if base is None else _preset_for(config, base)
    values = dict(preset_values(preset))
    going_on = values.pop("base", {})
    if values.get("family", "ctc") == "ctc":
        values["batches"] = min(values["batches"], cores)
    if base is not None:
        values |= _values_of(base, values["lr"]) | going_on
        values |= {"replay": _REPLAY, "distill": _DISTILL, "new_often": _NEW_OFTEN}
        _check_kept(config, base)
        _check_family(preset, values.get("family", "ctc"), base)
    elif values.get("family", "ctc") != "ctc":
        raise ConfigError(
            f"the preset {preset} goes on from a model",
            remedy="name a base: a folder or hub name of an encoder with a decoder",
        )
    parts: tuple[Any, ...] = (config.network, config.optimizer, config.loss, config.stop)
    given = {f.name: getattr(part, f.name) for part in parts for f in fields(part)}
    material = config.material
    given |= {"smoothing": config.transformer.smoothing, "easy_first": material.easy_first}
    given["clean_first"] = material.clean_first
    values |= {"easy": material.easy, "rank": config.start.rank}
    if config.transformer.lora and base is not None:
        values["lr"] = max(values["lr"], _ADAPTERS_LR)
    if base is not None:
        given |= {"replay": config.retain.replay, "distill": config.retain.distill}
    if material.synthetic:
        given["replay"] = material.share
    values.update({n: value for n, value in given.items() if value not in ("auto", "range")})
    names = ("minutes", "steps", "epochs", "seed", "normalization")
    values = {name: getattr(config, name) for name in names} | {"preset": preset} | values
    values["lower_steps"] = config.start.lower_steps
    if config.start.charset is not None:
        rule = read_negotiation(config.start.charset).rule
        values["normalization"] = "+".join(filter(None, (values["normalization"], rule)))
    settings = Settings(**values)
    _check(settings)
    if config.pictures < 0:
        raise ConfigError("pictures must not be negative", remedy="give 0 for none")
    return settings


def _preset_for(config: TrainConfig, base: ModelArchive) -> str:
    """The preset that was given, else the one that fits a base."""
    if config.preset != "auto":
        return config.preset
    if base.family == "encoder-decoder":
        return "trocr"
    if base.preprocessing.style == "tesseract":
        return "tesseract"
    settings = base.metadata.get("settings")
    named = settings.get("preset") if isinstance(settings, dict) else None
    return named if named in preset_names() else "fast"


def _values_of(base: ModelArchive, lr: float) -> dict[str, Any]:
    """What a base fixes: everything that its weights were fitted to."""
    if base.family == "encoder-decoder":
        fresh = base.metadata.get("program") == "transformers"
        kept = {} if fresh else {"normalization": base.normalization.name}
        known = {} if fresh else {"stretch": base.preprocessing.stretch}
        return {"spec": base.spec, "pad": base.preprocessing.pad, **kept, **known}
    return {
        "spec": base.spec,
        "style": base.preprocessing.style,
        "normalization": base.normalization.name,
        "stretch": base.preprocessing.stretch,
        "pad": base.preprocessing.pad,
        "centre": base.preprocessing.centre,
        "lr": lr * _GENTLER,
        "shortcut": 0.0,
    }


def _check_family(preset: str, family: str, base: ModelArchive) -> None:
    """Refuse a preset that was made for another kind of network than the base is."""
    if family != base.family:
        raise ConfigError(
            f"the preset {preset} is for networks of the family {family}, the base is of the "
            f"family {base.family}",
            remedy="leave the preset out; it follows from the base then",
        )


def _check_kept(config: TrainConfig, base: ModelArchive) -> None:
    """Refuse options that contradict the base."""
    free = (
        {"spec", "stretch", "centre"}
        if base.metadata.get("program") == "transformers"
        else {"spec"}
    )
    fixed = [
        f"network.{item.name}"
        for item in fields(config.network)
        if item.name not in free and getattr(config.network, item.name) != "auto"
    ]
    if config.network.spec != "auto" and not config.start.replaces_layers:
        fixed.insert(0, "network.spec")
    if fixed:
        raise ConfigError(
            f"the base fixes what {' and '.join(fixed)} would change",
            remedy="leave them out; a spec goes with the last layer that append-head keeps",
        )
    if config.start.replaces_layers and config.network.spec == "auto":
        raise ConfigError(
            "append-head lacks the layers to append",
            remedy="give a spec without an input, such as [Lfx256 O1c1]",
        )


def _check(settings: Settings) -> None:
    positive = ("lr", "batch", "batches", "clip", "validations", "validation_lines", "epochs")
    wrong = [f"{n} must be above 0" for n in positive if getattr(settings, n) <= 0]
    shares = ("ema", "warmup", "momentum")
    wrong += [f"{n} must be from 0 to below 1" for n in shares if not 0 <= getattr(settings, n) < 1]
    parts = ("ending", "mix", "new_often")
    wrong += [f"{n} must be from 0 to 1" for n in parts if not 0 <= getattr(settings, n) <= 1]
    zero = (
        "minutes",
        "steps",
        "shortcut",
        "augment",
        "rare_first",
        "rare_often",
        "easy_first",
        "clean_first",
        "weight_decay",
        "patience",
        "pad",
        "seed",
    )
    wrong += [f"{n} must not be negative" for n in zero if getattr(settings, n) < 0]
    if settings.stretch != "auto" and not 0.05 <= settings.stretch <= 20:
        wrong.append("stretch must be from 0.05 to 20")
    if settings.seed >= 2**63:
        wrong.append("seed must be below 2 to the power of 63")
    if settings.minutes and settings.steps:
        wrong.append("minutes and steps both fix the length of the run")
    if wrong:
        raise ConfigError("; ".join(wrong), remedy="change these options")
