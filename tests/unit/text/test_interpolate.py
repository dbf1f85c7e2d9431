"""Two models as one: a weighted mean that is a model again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.text.interpolate import best_share, interpolated
from uncial.text.kneserney import train_ngrams
from uncial.text.ngrams import BEGIN, UNKNOWN, NgramModel

lines = st.lists(st.text("abc ", min_size=1, max_size=9), min_size=1, max_size=6)
others = st.lists(st.text("bcd", min_size=1, max_size=9), min_size=1, max_size=6)


def after(model: NgramModel, history: str) -> dict[str, float]:
    """Probabilities of every token after some text at the beginning of a line."""
    state = np.array([model.start])
    for unit in history:
        _, state = model.step(state, np.array([model.ids.get(unit, UNKNOWN)]))
    tokens = [at for at in range(len(model.tokens)) if at != BEGIN]
    score, _ = model.step(np.repeat(state, len(tokens)), np.array(tokens))
    return dict(zip([model.tokens[at] for at in tokens], np.exp(score), strict=True))


@given(lines, others, st.integers(1, 4), st.integers(1, 4), st.floats(0.05, 0.95))
def test_every_context_still_shares_out_one(
    texts: list[str], more: list[str], order: int, other_order: int, share: float
) -> None:
    model = interpolated(
        train_ngrams(texts, order=order), train_ngrams(more, order=other_order), share
    )
    tokens = np.array([at for at in range(len(model.tokens)) if at != BEGIN])
    for state in np.unique(model.state):
        score, _ = model.step(np.full(len(tokens), state), tokens)
        assert np.exp(score).sum() == pytest.approx(1, abs=1e-4)


@given(lines, others, st.floats(0.05, 0.95))
def test_n_grams_that_were_seen_get_the_weighted_mean(
    texts: list[str], more: list[str], share: float
) -> None:
    one, other = train_ngrams(texts, order=3), train_ngrams(more, order=3)
    model = interpolated(one, other, share)
    for text, seen in ((texts[0], one), (more[0], other)):
        history, unit = text[:1], text[1:2] or "</s>"
        assert history in seen.ids
        expected = share * after(one, history).get(unit, 0)
        expected += (1 - share) * after(other, history).get(unit, 0)
        assert after(model, history)[unit] == pytest.approx(expected, rel=1e-4)


def test_the_share_goes_to_the_model_that_knows_the_text() -> None:
    one, other = (train_ngrams(texts, order=3) for texts in (["abab", "abba"], ["xyxy", "yxxy"]))
    asked = [list("abab"), list("baba")]
    assert best_share(one, other, asked) > 0.95
    assert best_share(other, one, asked) < 0.05
    mean = interpolated(one, other, best_share(one, other, asked))
    assert mean.sentence_log_probs(asked).sum() == pytest.approx(
        one.sentence_log_probs(asked).sum(), abs=0.5
    )
