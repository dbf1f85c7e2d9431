"""Options of what a run begins with: another model, further lines, what stands beside a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.registry import Registry

Auto = Literal["auto"]
Strategy = Literal[
    "scratch", "fine-tune", "extend-charset", "renew-charset", "append-head", "label-free"
]
_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}

FAMILIES: Registry[Any] = Registry(
    "network-family",
    {
        "ctc": "uncial.training.ctc:CTC",
        "encoder-decoder": "uncial.training.transformer:ENCODER_DECODER",
    },
)
"""Kinds of network that are trained; each is a `uncial.training.family.Family`."""


@dataclass(frozen=True, kw_only=True)
class StartConfig:
    """What the first weights are."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    base: Path | None = None
    """Model to go on from: ``.safetensors``, a float ``.traineddata`` of Tesseract, a checkpoint
    of lstmtraining, or folder or hub name of an encoder with a decoder of transformers."""
    traineddata: Path | None = None
    """Model of Tesseract whose charset a checkpoint was trained with."""
    strategy: Strategy | Auto = "auto"
    """What becomes of the base: fine-tune keeps its charset, extend-charset adds the
    characters of the lines, renew-charset takes theirs alone, append-head replaces its top
    layers by those of the spec, label-free learns from lines without ground truth. Auto:
    label-free where there are such lines, append-head where a layer is named, extend-charset where
    the lines have new characters, else fine-tune; scratch without a base."""
    append_index: int = -1
    """Last layer of the base that append-head keeps; the input is layer 0."""
    lower: int | Auto = "auto"
    """Layers above the input that learn at the lower rate; auto: those that append-head keeps,
    else none."""
    lower_rate: float = 0.0
    """Their learning rate as a share of that of the others; 0 freezes them."""
    lower_steps: int = 0
    """Optimizer steps after which they learn like the others; 0: never."""
    rank: int = 0
    """Rank of what fine-tuning adds to each matrix of the base below its head, as LoRA does; 0 lets
    them move freely."""
    charset: Path | None = None
    """File of the command charset: what becomes of each character that the base lacks."""

    def __post_init__(self) -> None:
        wrong = []
        alone = self.strategy in ("auto", "scratch", "label-free")
        if self.base is None and (not alone or self.traineddata or self.rank):
            wrong.append("there is no base to start from")
        if self.base is not None and self.strategy == "scratch":
            wrong.append("a run from scratch has no base")
        if self.strategy == "append-head" and self.append_index < 0:
            wrong.append("append-head needs the number of the last layer to keep")
        if self.append_index >= 0 and self.strategy not in ("auto", "append-head"):
            wrong.append(f"{self.strategy} replaces no layers")
        if self.append_index >= 0 and self.base is None:
            wrong.append("there are no layers to append to without a base")
        wrong += [
            f"{name} must not be negative"
            for name in ("lower", "lower_steps", "rank")
            if getattr(self, name) != "auto" and getattr(self, name) < 0
        ]
        if not 0 <= self.lower_rate <= 1:
            wrong.append("lower_rate must be from 0 to 1")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change the options of the start")

    @property
    def replaces_layers(self) -> bool:
        """Whether top layers of the base are replaced."""
        return self.append_index >= 0


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """How an encoder with a decoder learns."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    lora: int = 0
    """Rank of adapters beside the projections of the attention, which alone learn then; 0 trains
    the weights themselves."""
    freeze_encoder: int = 0
    """Layers of the encoder, from the image on, that do not learn."""
    freeze_decoder: int = 0
    """Layers of the decoder, from its embeddings on, that do not learn."""
    checkpointing: bool = False
    """Compute activations twice instead of keeping them: a third slower, far less memory."""
    smoothing: float | Auto = "auto"
    """Share of each target, 0-1, that goes to all other tokens."""

    def __post_init__(self) -> None:
        wrong = [
            f"{name} must not be negative"
            for name in ("lora", "freeze_encoder", "freeze_decoder")
            if getattr(self, name) < 0
        ]
        if self.smoothing != "auto" and not 0 <= self.smoothing < 1:
            wrong.append("smoothing must be from 0 to below 1")
        if self.lora and (self.freeze_encoder or self.freeze_decoder):
            wrong.append("with adapters every layer is frozen already")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change the options of the transformer")


@dataclass(frozen=True, kw_only=True)
class MaterialConfig:
    """Further lines, and which lines come first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    synthetic: tuple[Path, ...] = ()
    """More ground truth to train on, for example rendered lines; none of it validates."""
    share: float = 0.3
    """Share of the line views, 0-1, that are lines of it."""
    easy_first: float | Auto = "auto"
    """How far easy lines come forward in the first passes, half as far in each one; 0: not."""
    clean_first: float | Auto = "auto"
    """Passes in which distortions grow from none to their strength; 0: as strong at once."""
    easy: Literal["length", "loss"] = "length"
    """What makes a line easy: that its text is short, or that the present model reads it well."""

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ConfigError("share must be between 0 and 1", remedy="change material.share")


@dataclass(frozen=True, kw_only=True)
class RetainConfig:
    """What keeps a base from forgetting."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    base_set: tuple[Path, ...] = ()
    """Lines of the kind that the base was made for: test lines are read before and after,
    validation lines choose the interpolation, training lines are replayed. Without any, those
    of the base's own run where it lies in its folder; else rendered lines are read before and
    after, but the base is not held to them."""
    source: Literal["lines", "rendered", "none"] | Auto = "auto"
    """Base set to use: lines only, rendered ones, to which the base is held then, or none."""
    replay: float | Auto = "auto"
    """Share of the line views, 0-1, that are lines of the base set; auto: 0.3."""
    distill: float | Auto = "auto"
    """Weight of the distance to the base's own output on those lines; auto: 1."""
    interpolate: float | Auto = "auto"
    """Where the result lies on the way from the base's weights, 0, to the trained ones, 1;
    auto: the farthest, down to half of the way, at which validation lines of the base set are
    read no worse than allowed."""
    tolerance: float = 0.05
    """By how much the CER of the base set may rise for that, as a share of what it was."""

    def __post_init__(self) -> None:
        wrong = []
        if self.replay != "auto" and not 0 <= self.replay < 1:
            wrong.append("replay must be from 0 to below 1")
        if self.distill != "auto" and self.distill < 0:
            wrong.append("distill must not be negative")
        if self.interpolate != "auto" and not 0 <= self.interpolate <= 1:
            wrong.append("interpolate must be from 0 to 1")
        if self.tolerance < 0:
            wrong.append("tolerance must not be negative")
        if self.base_set and self.source in ("rendered", "none"):
            wrong.append(f"a base set is named, and {self.source} asked for")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change the options of retain")


@dataclass(frozen=True, kw_only=True)
class TesseractConfig:
    """What a model for Tesseract holds beside its network."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    norm_mode: int | Auto = "auto"
    """Units of the charset: 1 clusters, 2 parts of syllables, 3 code points; auto: 3 where
    most letters run from right to left, else 2."""
    dictionary: Literal["lines", "lists", "none"] = "lists"
    """Word graphs of the model: of the lists below, else those of the base; lines makes them of
    the training lines where there are neither, with which Tesseract reads other text worse; none
    does without any."""
    words: Path | None = None
    """List of words, one a line."""
    punctuation: Path | None = None
    """List of punctuation around words, one a line; a space stands for the word."""
    numbers: Path | None = None
    """List of number patterns, one a line; a space stands for a digit."""
    langdata: Path | None = None
    """Folder with the unicharsets of scripts and radical-stroke.txt, as in langdata_lstm."""
    pass_through: bool = False
    """Let the network write whole units, not the parts they are recoded to."""
    right_to_left: bool | Auto = "auto"
    """Whether the language is written from right to left; auto: by most letters."""
    integer: bool = False
    """Also write a model with int8 weights: smaller, faster, a little less accurate."""

    def __post_init__(self) -> None:
        if self.norm_mode != "auto" and self.norm_mode not in (1, 2, 3):
            raise ConfigError(
                f"norm_mode {self.norm_mode} does not exist", remedy="give 1, 2, 3 or auto"
            )
        lists = (self.words, self.punctuation, self.numbers)
        if self.dictionary == "none" and any(lists):
            raise ConfigError(
                "word lists without a dictionary",
                remedy="leave the lists out, or allow the dictionary",
            )
