"""Options of learning from lines that nobody has transcribed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from uncial.errors import ConfigError

_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}


@dataclass(frozen=True, kw_only=True)
class LabelfreeConfig:
    """How a recognizer teaches itself on lines without ground truth."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    unlabeled: tuple[Path, ...] = ()
    """Your lines: folders or files of line images, or line stores, whose text is not looked at."""
    labels: tuple[Path, ...] = ()
    """A few lines with ground truth, if there are any: they watch over the rounds, and are
    learnt in the last one."""
    rounds: int = 5
    """Times that a model reads the lines and another learns from what it read."""
    first_share: float = 0.3
    """Share of the lines whose reading is taken for true in the first round, 0-1."""
    last_share: float = 0.85
    """The same in the last round; it rises evenly between them."""
    choice: Literal["likeliest", "threshold"] = "likeliest"
    """Which readings are taken: the likeliest for their length that distortions do not change,
    or all of a mean probability of at least the threshold."""
    threshold: float = 0.4
    """That mean probability, 0-1."""
    agreement: float = 0.8
    """Least share, 0-1, of a reading that stays the same when the line is distorted."""
    views: int = 2
    """Distorted views of each line that are read for that; 0 does without."""
    replay: float = 0.5
    """Share of the views in a round, 0-1, that are made lines of the recipe."""
    seed_share: float = 0.4
    """Share of the time or steps, 0-1, for the first model, which learns from made lines alone."""
    from_seed: int = 2
    """Rounds that start from that first model; later ones go on from the last."""
    augment: float = 1.5
    """Strength of the distortions of what is learnt in a round."""
    look_alike: bool = True
    """Made lines get paper, ink and stroke width of the unlabeled ones."""
    normalize: bool = True
    """Measure the statistics of batch normalization anew on the unlabeled lines."""
    lm: Literal["auto", "none"] | Path = "auto"
    """Language model that the teacher listens to; auto learns one from the recipe's text."""
    weight: float = 0.5
    """Of its log-probabilities."""
    bonus: float = 1.0
    """Added for every character, natural log."""
    settled: float = 0.01
    """Share of the characters of all readings, 0-1; if fewer change in a round, it is the last."""

    def __post_init__(self) -> None:
        shares = ("first_share", "last_share", "threshold", "agreement", "replay", "seed_share")
        wrong = [f"{n} must be from 0 to 1" for n in shares if not 0 <= getattr(self, n) <= 1]
        if self.replay == 1 or self.seed_share == 1:
            wrong.append("replay and seed_share must leave something to learn from the lines")
        if min(self.rounds, self.views, self.from_seed) < 0:
            wrong.append("rounds, views and from_seed must not be negative")
        if wrong:
            raise ConfigError("; ".join(wrong), remedy="change the options of labelfree")

    def share(self, number: int) -> float:
        """Share of the lines that are learnt in a round, counted from 1."""
        if self.rounds <= 1:
            return self.last_share
        return self.first_share + (self.last_share - self.first_share) * (number - 1) / (
            self.rounds - 1
        )
