"""Kinds of training: the one table from which screen, API and action take what they offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from uncial.errors import InputError

Needs = Literal["lines", "pages", "unwritten"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind.

    Attributes:
        title: For people.
        words: What comes of it, in one sentence.
        task: Of `uncial.tasks`.
        needs: ``lines`` with ground truth, ``pages`` whose lines people drew or corrected, or
            ``unwritten`` lines that nobody transcribed.
        base: Kind of the models that it may go on from.
        suffixes: Of these models; empty for any.
        bare: What it begins from without a base; empty where it needs one.
        presets: That may be chosen; empty where the task has none.
        options: Of the task, always.
        least: Lines or pages without which it does not begin.
    """

    title: str
    words: str
    task: str
    needs: Needs = "lines"
    base: Literal["recognition", "segmentation"] = "recognition"
    suffixes: tuple[str, ...] = ()
    bare: str = "None: begin anew"
    presets: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    least: int = 10


KINDS: Final[Mapping[str, Kind]] = {
    "recognition": Kind(
        title="Read text",
        words="A model that reads the lines of your pages.",
        task="train",
        presets=("auto", "quick", "fast", "wide", "accurate", "kraken"),
        suffixes=(".safetensors", ".traineddata", ".mlmodel"),
    ),
    "segmentation": Kind(
        title="Find lines",
        words="A model that finds lines and regions as you draw them.",
        task="segtrain",
        needs="pages",
        base="segmentation",
        suffixes=(".safetensors",),
        bare="The one that comes with Uncial",
        least=2,
    ),
    "tesseract": Kind(
        title="Read text with Tesseract",
        words="A model for the program Tesseract, as traineddata and for use here.",
        task="train",
        suffixes=(".traineddata",),
        options={"preset": "tesseract"},
    ),
    "labelfree": Kind(
        title="Read text, without ground truth",
        words="A model teaches itself on lines that nobody wrote; those with text watch over it.",
        task="train",
        needs="unwritten",
        suffixes=(".safetensors",),
        bare="",
        presets=("auto", "quick", "fast", "wide", "accurate"),
        least=100,
    ),
}


def kind_of(name: str) -> Kind:
    """A kind by its name.

    Raises:
        InputError: There is no such kind.
    """
    if name not in KINDS:
        raise InputError(f"{name}: no kind of training", remedy=f"use one of {', '.join(KINDS)}")
    return KINDS[name]


def shown() -> list[dict[str, Any]]:
    """What the screen offers."""
    names = ("title", "words", "needs", "base", "suffixes", "bare", "presets", "least")
    return [
        {"name": key, **{name: getattr(kind, name) for name in names}}
        for key, kind in KINDS.items()
    ]
