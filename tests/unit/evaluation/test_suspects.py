"""How suspicious a text is, beside what a model reads."""

from __future__ import annotations

import numpy as np
import pytest

from uncial.evaluation.suspects import (
    IMPOSSIBLE,
    UNKNOWN,
    Judgement,
    Suspect,
    as_csv,
    judge,
    ranked,
)


def _log_probs(sureness: float) -> np.ndarray:
    """A line that reads "ab", each step as sure as told."""
    rest = (1 - sureness) / 2
    rows = np.full((5, 3), rest)
    for step, label in enumerate((0, 1, 0, 2, 0)):
        rows[step, label] = sureness
    return np.log(rows)


def test_a_sure_model_that_reads_otherwise_is_worth_more_than_one_in_doubt() -> None:
    sure = judge(_log_probs(0.98), [2, 2])
    doubtful = judge(_log_probs(0.5), [2, 2])
    assert sure.denial > doubtful.denial
    assert sure.doubt < doubtful.doubt
    assert sure.suspicion > 3 * doubtful.suspicion


def test_a_place_is_weighed_by_the_doubt_around_it() -> None:
    def line(*sureness: float) -> np.ndarray:
        """Reads "abab", each character as sure as told."""
        rows = np.full((9, 3), 0.005)
        rows[:, 0] = 0.99
        for at, sure in enumerate(sureness):
            rows[2 * at + 1] = (1 - sure) / 2
            rows[2 * at + 1, 1 + at % 2] = sure
        return np.log(rows)

    given = [2, 2, 1, 2]  # the first character is another one
    near, far = (judge(line(*s), given) for s in ((0.98, 0.6, 0.98, 0.98), (0.98, 0.98, 0.98, 0.6)))
    assert near.doubt == pytest.approx(far.doubt, rel=1e-3)
    assert near.places < 0.8 * far.places
    assert judge(line(0.9, 0.9, 0.9, 0.9), [1, 2, 1, 2]).places == 0


def test_a_text_that_differs_nearly_everywhere_is_weighed_as_a_whole() -> None:
    rows = np.concatenate([_log_probs(0.9)] * 12)
    found = judge(rows, [2, 2, 1] * 8)
    assert 0 < found.places <= found.denial


def test_the_text_that_is_read_is_not_denied() -> None:
    assert judge(_log_probs(0.9), [1, 2]).denial == 0


def test_texts_that_do_not_fit_or_have_unknown_characters_are_denied() -> None:
    assert judge(_log_probs(0.9), [1] * 9).denial == IMPOSSIBLE
    assert judge(_log_probs(0.9), [1, 2], unknown=2).denial == 2 * UNKNOWN


def test_lines_read_as_transcribed_are_no_suspects() -> None:
    def suspect(row: int, output: str, denial: float) -> Suspect:
        return Suspect(
            row=row,
            line_id=f"line-{row}",
            document="",
            source="",
            truth="ab",
            output=output,
            fold=1,
            judgement=Judgement(denial=denial, doubt=1.0),
        )

    found = ranked([suspect(0, "ab", 0), suspect(1, "b", 2), suspect(2, "a,b", 9)])
    assert [one.row for one in found] == [2, 1]
    assert as_csv(found).splitlines()[1].startswith("1,line-2,,4.5,")
    assert as_csv([]) == "rank\n"
