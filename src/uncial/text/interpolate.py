"""Two n-gram models as one: little text of one's own, and much that is more general.

Every n-gram that either model holds gets the weighted mean of both probabilities; what is left of
each context goes to the shorter ones, so that it shares out exactly one again.

Source: the static interpolation of SRILM's ``ngram -mix-lm``; weights by expectation
maximization, Jelinek and Mercer 1980.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from uncial.text.ngrams import BEGIN, END, NEVER, SPECIAL, UNKNOWN, NgramModel, linked, suffixes

_ROUNDS = 30
_LEAST = 1e-30


def interpolated(one: NgramModel, other: NgramModel, share: float) -> NgramModel:
    """The weighted mean of two models.

    Args:
        one: A model.
        other: Another.
        share: Of `one`, 0-1.
    """
    tokens = [*SPECIAL, *sorted({*one.tokens, *other.tokens} - set(SPECIAL))]
    counts, token, parent = _union(one, other, tokens)
    probability = share * _probabilities(one, tokens, counts, token, parent)
    probability += (1 - share) * _probabilities(other, tokens, counts, token, parent)
    ending = suffixes(len(tokens), counts, token, parent)
    size = len(token)
    said = np.bincount(parent[1:], probability[1:], minlength=size)
    shorter = np.bincount(parent[1:], probability[ending[1:]], minlength=size)
    left = np.maximum(1 - said, _LEAST) / np.maximum(1 - shorter, _LEAST)
    is_context = np.bincount(parent[1:], minlength=size) > 0
    backoff = np.where(is_context, np.log(np.maximum(left, _LEAST)), 0.0)
    backoff[0] = 0.0
    log_prob = np.log(np.maximum(probability, _LEAST))
    log_prob[0], log_prob[1 + BEGIN] = 0.0, NEVER
    return linked(tokens, counts, token, parent, log_prob, backoff)


def best_share(one: NgramModel, other: NgramModel, lines: Sequence[Sequence[str]]) -> float:
    """The share of `one` with which both together predict some lines best, 0-1.

    Args:
        one: A model.
        other: Another.
        lines: Graphemes of each; neither model should have learnt them.
    """
    ours, theirs = (
        np.exp(np.concatenate([_scores(model, line) for line in lines])) for model in (one, other)
    )
    share = 0.5
    for _ in range(_ROUNDS):
        share = float(np.mean(share * ours / (share * ours + (1 - share) * theirs)))
    return share


def _scores(model: NgramModel, line: Sequence[str]) -> NDArray[np.float64]:
    """Log-probability of each grapheme of a line and of its end."""
    state = np.array([model.start])
    scores = []
    for unit in line:
        total = 0.0
        for token in model.encode([unit]):
            score, state = model.step(state, np.array([token]))
            total += float(score[0])
        scores.append(total)
    scores.append(float(model.step(state, np.array([END]))[0][0]))
    return np.array(scores)


def _union(
    one: NgramModel, other: NgramModel, tokens: Sequence[str]
) -> tuple[list[int], NDArray[np.int64], NDArray[np.int64]]:
    """Counts, tokens and parents of all n-grams that either model holds, in a model's order."""
    ids = {token: at for at, token in enumerate(tokens)}
    size = len(tokens)
    levels: dict[int, list[NDArray[np.int64]]] = {}
    numbers = []
    for model in (one, other):
        mapped = np.array([ids[token] for token in model.tokens])[model.token]
        number = np.zeros(len(mapped), np.int64)  # of the node in the union
        numbers.append((model, mapped, model.parents(), number))
    counts, token, parent = [], [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    total = 1
    for length in range(1, max(one.order, other.order) + 1):
        for model, mapped, parents, number in numbers:
            nodes = dict(model.nodes()).get(length, np.zeros(0, np.int64))
            keys = number[parents[nodes]] * size + mapped[nodes]
            levels.setdefault(length, []).append(keys)
        merged = np.union1d(*levels[length])
        for (model, _, _, number), keys in zip(numbers, levels[length], strict=True):
            nodes = dict(model.nodes()).get(length, np.zeros(0, np.int64))
            number[nodes] = total + np.searchsorted(merged, keys)
        counts.append(len(merged))
        token.append(merged % size)
        parent.append(merged // size)
        total += len(merged)
    return counts, np.concatenate(token), np.concatenate(parent)


def _probabilities(
    model: NgramModel,
    tokens: Sequence[str],
    counts: Sequence[int],
    token: NDArray[np.int64],
    parent: NDArray[np.int64],
) -> NDArray[np.float64]:
    """``(N,)`` what a model says of each n-gram's last token after the others."""
    known = np.array([model.ids.get(one, -1) for one in tokens])
    state = np.zeros(len(token), np.int64)
    found = np.zeros(len(token))
    start = 1
    for count in counts:
        nodes = np.arange(start, start + count)
        ids = known[token[nodes]]
        score, after = model.step(state[parent[nodes]], np.maximum(ids, UNKNOWN))
        found[nodes] = np.where(ids >= 0, np.exp(score), 0.0)
        state[nodes] = after
        start += count
    found[1 + BEGIN] = 0.0
    return found
