"""What a segmenter's run is told, and the settings made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.training.provenance import CardConfig
from uncial.training.settings import Settings

_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}
_GENTLER = 0.5  # share of the learning rate at which a base goes on


@dataclass(frozen=True, kw_only=True)
class TypesConfig:
    """Which types of lines and regions are learnt.

    ``OLD=NEW`` learns a type as another one, so that several become one. Names are those of the
    pages, of regions without any their kind.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    regions: tuple[str, ...] = ("auto",)
    """Types of regions; auto takes those of the base, from scratch those on a tenth of the pages
    or more, none learns none."""
    lines: tuple[str, ...] = ("none",)
    """Types of lines to tell apart; auto and none as for regions."""
    ignore: tuple[str, ...] = ()
    """Types of lines that are not to be found."""


@dataclass(frozen=True, kw_only=True)
class ViewsConfig:
    """What the network sees of the pages."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    size: int | Literal["auto"] = "auto"
    """Longer side in px that pages are scaled to; auto takes that of the base, or 1280."""
    side: int = 448
    """Of the square pieces that are trained on, px."""
    augment: float = 1.0
    """Strength of the distortions; 0 trains on the pages as they are."""
    made: float = 0.5
    """Share of views of pages that recipes among the data make, below 1."""


@dataclass(frozen=True, kw_only=True)
class SegtrainConfig:
    """Train a model that finds lines and regions."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    data: tuple[Path, ...] = ()
    """Folders, lists or files of pages with ground truth. ``list.train`` and ``list.val`` in a
    folder fix its split; else an eighth of the pages validates, drawn with the seed. Recipes of
    synthetic pages (.toml) among them make further pages to train on, without end."""
    output: Path
    """Run folder to make; holds the model, checkpoints and log."""
    base: Literal["default"] | Path | None = None
    """Segmentation model to go on from; default is the one that comes with the package."""
    spec: str = "auto"
    """VGSL text of the network from scratch; auto takes a small one with ways across."""
    minutes: float = 0.0
    """Time that the run may take; the schedule is planned to fit. 0: no limit."""
    steps: int = 0
    """Optimizer steps; fixes the length exactly. 0: by minutes, else by epochs."""
    epochs: int = 60
    """Times that four views of each page are seen, when neither minutes nor steps are given."""
    lr: float = 3e-3
    """Peak learning rate from scratch; a base goes on with half of it."""
    batch: int = 2
    """Views in one batch."""
    batches: int = 2
    """Batches summed into one step; they run side by side on the cores."""
    seed: int = 0
    """Fixes first weights, order and distortions of the views, and drawn splits."""
    resume: bool = False
    """Go on with the run in `output` where its last checkpoint stands."""
    threads: int = 0
    """Cores to use; 0 takes every one."""
    device: str = "auto"
    """auto, cpu or cuda; auto takes a GPU if there is one."""
    validations: int = 10
    """How often validation pages are looked at in a run of planned length."""
    order: bool = True
    """Learn the reading order of pages that have one; kept where it orders the validation pages
    better than going by where lines stand."""
    types: TypesConfig = field(default_factory=TypesConfig)
    """Which types of lines and regions are learnt."""
    views: ViewsConfig = field(default_factory=ViewsConfig)
    """What the network sees of the pages."""
    card: CardConfig = field(default_factory=CardConfig)
    """What the model's card says that no program can know."""

    def __post_init__(self) -> None:
        positive = ("lr", "batch", "batches", "epochs", "validations")
        wrong = [f"{name} must be above 0" for name in positive if getattr(self, name) <= 0]
        zero = ("minutes", "steps", "seed", "threads")
        wrong += [f"{name} must not be negative" for name in zero if getattr(self, name) < 0]
        if self.minutes and self.steps:
            wrong.append("minutes and steps both fix the length of the run")
        if self.base is not None and self.spec != "auto":
            wrong.append("the base fixes the spec")
        if not 0 <= self.views.made < 1:
            wrong.append("views.made must be below 1")
        if self.views.side < 64:
            wrong.append("views.side must be 64 px at least")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change these options")


def settings_of(config: SegtrainConfig, spec: str, cores: int) -> Settings:
    """The settings of a run, as the training loop takes them.

    Args:
        config: As the user gave it.
        spec: VGSL text of the network.
        cores: That the run will use.
    """
    return Settings(
        preset="segmenter",
        spec=spec,
        style="page",
        lr=config.lr * (_GENTLER if config.base is not None else 1.0),
        batch=config.batch,
        batches=min(config.batches, cores),
        weight_decay=0.01,
        clip=1.0,
        ema=0.998,
        warmup=0.05,
        augment=config.views.augment,
        validations=config.validations,
        patience=0,
        minutes=config.minutes,
        steps=config.steps,
        epochs=config.epochs,
        seed=config.seed,
        # What only lines have:
        stretch=1.0,
        frames=0.0,
        pad=0,
        centre=False,
        kind="alignment",
        ending=0.0,
        shortcut=0.0,
        mix=0.0,
        rare_first=0.0,
        validation_lines=1,
        normalization="",
    )
