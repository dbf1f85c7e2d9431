"""What is known of a model without ground truth, from round to round, and the page on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from uncial.evaluation.charts import Axis, Mark, chart, reach
from uncial.evaluation.report import png_uri, rendered
from uncial.training.selftraining.teacher import Guess, guesses

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.models.recognizer import Recognizer

_MADE_LINES = 150  # read to know how agreement and error go together
_WORSE = 1.02  # times the CER of labeled lines from which a round is taken back
_LEAST = 0.002  # CER by which it must have risen, too
_ESTIMATED = 1.05  # times the estimated CER before
_AGREEMENT_LOST = 0.03
_COLLAPSED = (2.0, 0.05)  # times, and above, the CER of made lines before
_EMPTY = 0.05  # share of lines more that are read as nothing
_SHOWN = 24


@dataclass(frozen=True, kw_only=True)
class Round:
    """One model, seen from its readings.

    Attributes:
        number: Of the round that made it; 0 is the first model.
        accepted: Share of the unlabeled lines that it learnt from, 0-1.
        agreement: Mean share of a reading that stays under distortion, 0-1.
        score: Mean log-probability of a character of its readings, natural log.
        empty: Share of lines read as nothing, 0-1.
        changed: Share of the characters that differ from the readings before, 0-1.
        made_cer: On made lines that were not learnt, a fraction; None without any.
        estimated_cer: On the unlabeled lines, a fraction: as much above that on the made lines as
            their readings agree less; None without made lines.
        guard_cer: On the labeled lines, a fraction; None without any.
        kept: Whether it became the teacher.
    """

    number: int
    accepted: float
    agreement: float
    score: float
    empty: float
    changed: float
    made_cer: float | None = None
    estimated_cer: float | None = None
    guard_cer: float | None = None
    kept: bool = True

    def metrics(self) -> dict[str, float]:
        """Its numbers, those that there are."""
        values = {
            "accepted_share": self.accepted,
            "agreement": self.agreement,
            "changed_share": self.changed,
            "made_cer": self.made_cer,
            "estimated_cer": self.estimated_cer,
            "validation_cer": self.guard_cer,
        }
        return {name: value for name, value in values.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """As the model keeps it."""
        return asdict(self)


class Watcher:
    """Judges models without ground truth, or with a little.

    Args:
        labels: A few lines with ground truth; None where there are none.
    """

    def __init__(self, labels: LineStore | None) -> None:
        self._labels = labels

    def watch(
        self,
        number: int,
        model: Recognizer,
        found: Sequence[Guess],
        moved: float,
        accepted: float,
        made: LineStore | None,
    ) -> Round:
        """What is known of a model by its readings of the unlabeled lines.

        Args:
            number: Of the round.
            model: Reads made and labeled lines.
            found: Its readings of the unlabeled ones.
            moved: Share of their characters that changed.
            accepted: Share of the lines that it learnt from.
            made: Store whose validation lines are made ones.
        """
        from uncial.tasks.baseset import error_rate

        agreement = _mean([one.agreement for one in found])
        made_cer = estimated = guard = None
        if made is not None:
            rows = made.split("validation")[:_MADE_LINES]
            made_cer = error_rate(model, made, rows)
            stays = _mean(
                [
                    one.agreement
                    for one in guesses(
                        model,
                        lambda at: made.image(int(rows[at])),
                        len(rows),
                        listener=None,
                        views=1,
                        seed=0,
                    )
                ]
            )
            estimated = min(1.0, made_cer * (1 - agreement) / max(1 - stays, 1e-3))
        if self._labels is not None:
            guard = error_rate(model, self._labels, np.arange(len(self._labels)))
        return Round(
            number=number,
            accepted=accepted,
            agreement=agreement,
            score=_mean([one.score for one in found]),
            empty=_mean([float(not one.text.strip()) for one in found]),
            changed=moved,
            made_cer=made_cer,
            estimated_cer=estimated,
            guard_cer=guard,
        )

    def worse(self, now: Round, before: Round) -> str:
        """Why a model is worse than the one before; ``""`` where it is not."""
        if now.guard_cer is not None and before.guard_cer is not None:
            most = max(before.guard_cer * _WORSE, before.guard_cer + _LEAST)
            if now.guard_cer > most:
                return (
                    f"it reads the labeled lines with {now.guard_cer:.2%} CER, "
                    f"{before.guard_cer:.2%} before"
                )
            return ""
        if now.empty > before.empty + _EMPTY:
            return f"it reads {now.empty:.0%} of the lines as nothing"
        if now.estimated_cer is not None and before.estimated_cer is not None:
            if now.estimated_cer > before.estimated_cer * _ESTIMATED:
                return (
                    f"its estimated CER is {now.estimated_cer:.1%}, "
                    f"{before.estimated_cer:.1%} before"
                )
        elif now.agreement < before.agreement - _AGREEMENT_LOST and now.score < before.score:
            return (
                f"{1 - now.agreement:.1%} of its readings change under distortion, "
                f"{1 - before.agreement:.1%} before"
            )
        if now.made_cer is not None and before.made_cer is not None:
            times, above = _COLLAPSED
            if now.made_cer > times * before.made_cer + above:
                return f"it has unlearnt the made lines: {now.made_cer:.1%} CER"
        return ""


def rounds_page(
    rounds: Sequence[Round], lines: LineStore, found: Sequence[Guess], title: str
) -> str:
    """A report as one HTML file: numbers by round, and lines as they are read in the end.

    Args:
        rounds: All of them, those taken back too.
        lines: The unlabeled lines.
        found: Readings of the best model.
        title: Of the page.
    """
    order = np.argsort([one.score for one in found])
    spread = order[np.linspace(0, len(order) - 1, min(_SHOWN, len(order))).round().astype(int)]
    shown = [
        {"image": png_uri(lines.image(int(at))), "guess": found[int(at)]} for at in spread[::-1]
    ]
    estimates = [one for one in rounds if one.estimated_cer is not None]
    picture = ""
    if len(estimates) > 1:
        top = reach([one.estimated_cer or 0.0 for one in estimates])
        marks = [
            Mark(x=one.number, y=one.estimated_cer or 0.0, label=f"round {one.number}")
            for one in estimates
        ]
        picture = chart(
            Axis(label="round", low=0, high=max(1, rounds[-1].number), percent=False),
            Axis(label="estimated CER", low=0, high=top),
            points=marks,
            line=marks,
        )
    return rendered(
        "rounds.html.jinja",
        title=title,
        rounds=rounds,
        lines=len(lines),
        shown=shown,
        chart=picture,
        labeled=any(one.guard_cer is not None for one in rounds),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
