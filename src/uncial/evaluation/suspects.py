"""Which ground truth is probably wrong: what a model that never saw a line holds against its text.

A wrong text is one that the model denies although it is sure of what it reads. Denial is how
much likelier its own reading is than the ground truth; doubt is how unlikely even that reading
is. Lines are ranked by denial over doubt, so that a hard line that is read badly comes behind
an easy one whose text has a single wrong character.

Source: ours, after Northcutt et al. 2021, arXiv:1911.00068 (held-out predictions against given
labels); compared with other scores in ``benchmarks/accuracy/label_errors.py``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from uncial.decoding.ctc import greedy
from uncial.decoding.likelihood import log_likelihoods
from uncial.evaluation.report import passages, png_uri
from uncial.text.codec import Codec
from uncial.text.metrics import score_line
from uncial.text.normalize import Normalization

IMPOSSIBLE = 1000.0
"""Denial in nats of a text that does not fit into its line."""
UNKNOWN = 8.0
"""Denial in nats of a character that occurs in this line alone."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a model holds against the text of a line.

    Attributes:
        denial: Nats by which its own reading is likelier than the ground truth, at least 0.
        doubt: Nats by which its own reading is less likely than certain.
    """

    denial: float
    doubt: float

    @property
    def suspicion(self) -> float:
        """The higher, the likelier the ground truth is wrong."""
        return self.denial / (1.0 + self.doubt)


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A line with both readings.

    Attributes:
        row: Index in the store.
        truth: Ground truth, normalized.
        output: What the model reads.
        fold: Number of the model.
    """

    row: int
    line_id: str
    document: str
    source: str
    truth: str
    output: str
    fold: int
    judgement: Judgement


def judge(
    log_probs: NDArray[np.floating[Any]], codec: Codec, truth: Sequence[int], *, unknown: int = 0
) -> Judgement:
    """Weigh a line's ground truth against what a model reads.

    Args:
        log_probs: ``(T, C)`` natural log.
        codec: Of the model.
        truth: Labels of the ground truth in the order of the columns.
        unknown: Characters of it that the codec lacks.
    """
    own = codec.encode(greedy(log_probs, codec).text).tolist()
    reading, given = log_likelihoods(log_probs, [own, list(truth)])
    denial = float(reading - given) if np.isfinite(given) else IMPOSSIBLE
    return Judgement(
        denial=min(max(denial, 0.0), IMPOSSIBLE) + UNKNOWN * unknown,
        doubt=max(float(-reading), 0.0),
    )


def ranked(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The most suspicious first; lines that were read as they are transcribed are left out."""
    differing = [one for one in suspects if one.truth != one.output]
    return sorted(differing, key=lambda one: (-one.judgement.suspicion, one.line_id))


def record(rank: int, suspect: Suspect) -> dict[str, Any]:
    """A suspect as a row of a table."""
    return {
        "rank": rank,
        "line_id": suspect.line_id,
        "document": suspect.document,
        "suspicion": round(suspect.judgement.suspicion, 4),
        "denial": round(suspect.judgement.denial, 3),
        "doubt": round(suspect.judgement.doubt, 3),
        "fold": suspect.fold,
        "truth": suspect.truth,
        "output": suspect.output,
        "source": suspect.source,
    }


def as_csv(suspects: Sequence[Suspect]) -> str:
    """Ranked suspects as a table."""
    rows = [record(rank, one) for rank, one in enumerate(suspects, start=1)]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]) if rows else ["rank"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def as_html(
    suspects: Sequence[Suspect],
    image_of: Callable[[int], NDArray[np.uint8]],
    *,
    title: str,
    lines: int,
    shown: int,
) -> str:
    """Ranked suspects as one self-contained page, with images and both readings.

    Args:
        suspects: As from `ranked`.
        image_of: Image of a row of the store.
        title: Heading of the page.
        lines: How many were judged.
        shown: Suspects to show at most.
    """
    plain = Normalization(())
    items = []
    for rank, suspect in enumerate(suspects[:shown], start=1):
        score = score_line(suspect.truth, suspect.output, normalization=plain)
        items.append((rank, suspect, png_uri(image_of(suspect.row)), list(passages(score))))
    page = _environment().get_template("suspects.html.jinja")
    return page.render(title=title, items=items, lines=lines, count=len(suspects))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("uncial.evaluation", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
