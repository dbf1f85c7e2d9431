"""What a training run is told.

`TrainConfig` and its parts are what a user writes; ``"auto"`` leaves a setting to the preset
or to the data. `uncial.training.settings` fills every blank in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.training.basis import (
    Auto,
    MaterialConfig,
    RetainConfig,
    StartConfig,
    TesseractConfig,
    TransformerConfig,
)
from uncial.training.provenance import CardConfig
from uncial.training.selftraining.config import LabelfreeConfig

LossKind = Literal["alignment", "ctc"]
_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """What reads the lines."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    spec: str = "auto"
    """VGSL text; without a head it gets one for the charset."""
    stretch: float | Auto = "auto"
    """Width factor beside that scaling; auto aims at a number of frames a character."""
    pad: int | Auto = "auto"
    """Paper columns in px added left and right."""
    centre: bool | Auto = "auto"
    """Straighten lines along their own centre and scale them by the spread of their ink."""


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """How weights move."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    lr: float | Auto | Literal["range"] = "auto"
    """Peak learning rate; auto takes the preset's, range tries 48 steps at rising rates."""
    batch: int | Auto = "auto"
    """Lines of median width in one batch; wider lines come in smaller batches."""
    batches: int | Auto = "auto"
    """Batches summed into one step; they run side by side on the cores. auto: those of the
    preset, but no more than cores."""
    weight_decay: float | Auto = "auto"
    """Of AdamW, on matrices only."""
    momentum: float | Auto = "auto"
    """Of AdamW, 0-1: share of the mean gradient that each step keeps."""
    clip: float | Auto = "auto"
    """Largest norm of the gradient."""
    ema: float | Auto = "auto"
    """Decay of the averaged weights that are validated and saved."""
    warmup: float | Auto = "auto"
    """Share of the run, 0-1, in which the rate rises."""


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What is minimized."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    kind: LossKind | Auto = "auto"
    """``alignment`` is Tesseract's target computation, ``ctc`` the classic loss."""
    ending: float | Auto = "auto"
    """Share of the run, 0-1, at its end that minimizes CTC whatever `kind` says."""
    shortcut: float | Auto = "auto"
    """Weight of a second head on the op named ``stem``, or on the first that leaves one row;
    in training only."""
    augment: float | Auto = "auto"
    """Strength of the distortions; 0 trains on the lines as they are."""
    mix: float | Auto = "auto"
    """Share of views, 0-1, that join the first words of a line to the last of another."""
    rare_first: float | Auto = "auto"
    """How far lines with rare characters come forward in the first pass; 0: not at all."""
    rare_often: float | Auto = "auto"
    """How much more often lines with rare characters come in every pass; 0: as often as
    others, 1: so that each character is seen about as often as any other."""
    new_often: float | Auto = "auto"
    """Share of views, 0-1, whose line holds a character that the base lacks, at least, as far
    as no line comes more than eight times in a pass; auto: 0.2."""


@dataclass(frozen=True, kw_only=True)
class StopConfig:
    """When a run looks at itself, and when it ends."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    validations: int | Auto = "auto"
    """How often validation lines are read in a run of planned length."""
    patience: int | Auto = "auto"
    """Validations without a better CER after which a run stops whose length neither
    minutes nor steps fix; 0 never stops early. Counted once the learning rate falls."""
    validation_lines: int | Auto = "auto"
    """Most lines read at each validation, drawn once."""
    target: float | Auto = "auto"
    """Validation CER, a fraction, at which a run ends; 0 never does."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Train a recognizer."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    data: tuple[Path, ...] = ()
    """Line stores, folders of images with ``.gt.txt`` or ``.box`` files or of ``.lstmf`` files,
    zip or tar archives of images and ``.gt.txt``, tables or lists of files. Or one recipe, a
    ``.toml`` file: lines are then made as they are needed, none of them twice."""
    output: Path
    """Run folder to make; holds the model, checkpoints, log and report."""
    preset: str = "auto"
    """Settings for what is not given: quick, fast, wide, accurate, tesseract, kraken or trocr;
    auto takes quick, fast or wide by the minutes, the cores and the steps that it may use, and
    with a base what fits it."""
    minutes: float = 0.0
    """Time that the run may take; the schedule is planned to fit. 0: no limit."""
    steps: int = 0
    """Optimizer steps; fixes the length exactly. 0: by minutes, else by epochs."""
    epochs: int = 60
    """Passes over the lines when neither minutes nor steps are given."""
    folds: int = 0
    """Models to train, each without a part of the lines that validates it; they share the
    minutes, and vote when they read. 0 trains one."""
    seed: int = 0
    """Fixes first weights, order and distortions of the lines, and drawn splits."""
    resume: bool = False
    """Go on with the run in `output` where its last checkpoint stands."""
    normalization: str = "nfc+spaces"
    """Rules for the ground truth, joined by ``+``; stored with the model."""
    threads: int = 0
    """Cores to use; 0 takes every one."""
    device: str = "auto"
    """auto, cpu or cuda; auto takes a GPU if there is one."""
    pictures: int = 0
    """Steps between pages in the run folder's ``pictures`` that show, for one training line,
    what each op puts out, the probabilities and the targets; 0 draws none."""
    go_on: bool = False
    """Train even if over 5 % of the lines are bad."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """What reads the lines."""
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    """How weights move."""
    loss: LossConfig = field(default_factory=LossConfig)
    """What is minimized."""
    stop: StopConfig = field(default_factory=StopConfig)
    """When the run looks at itself, and when it ends."""
    start: StartConfig = field(default_factory=StartConfig)
    """What the first weights are."""
    transformer: TransformerConfig = field(default_factory=TransformerConfig)
    """How an encoder with a decoder learns."""
    material: MaterialConfig = field(default_factory=MaterialConfig)
    """Further lines, and which lines come first."""
    retain: RetainConfig = field(default_factory=RetainConfig)
    """What keeps a base from forgetting."""
    tesseract: TesseractConfig = field(default_factory=TesseractConfig)
    """What a model for Tesseract holds beside its network."""
    labelfree: LabelfreeConfig = field(default_factory=LabelfreeConfig)
    """How a recognizer teaches itself on lines without ground truth."""
    card: CardConfig = field(default_factory=CardConfig)
    """What the model's card says that no program can know."""

    def __post_init__(self) -> None:
        if self.folds == 1 or self.folds < 0:
            raise ConfigError(
                f"{self.folds} folds leave nothing to train on",
                remedy="ask for 2 folds or more, or for 0 to train one model",
            )
        if self.start.strategy == "label-free" and not self.labelfree.unlabeled:
            raise ConfigError(
                "label-free without lines to learn from",
                remedy="name a folder of line images with --unlabeled",
            )
