"""Character n-grams: against the published equations, and what every model promises."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError, DataError
from uncial.text.kneserney import train_ngrams
from uncial.text.ngrams import BEGIN, END, UNKNOWN, NgramModel

lines = st.lists(st.text("ab c", min_size=1, max_size=12), min_size=1, max_size=12)
orders = st.integers(1, 5)


def published(texts: list[str], order: int, history: tuple[str, ...], token: str) -> float:
    """Interpolated modified Kneser-Ney with dictionaries, as Chen and Goodman write it."""
    sentences = [["<s>", *text, "</s>"] for text in texts]
    grams = [
        Counter(tuple(s[i : i + n]) for s in sentences for i in range(len(s) - n + 1))
        for n in range(1, order + 1)
    ]
    adjusted: list[Counter[tuple[str, ...]]] = []
    for n in range(1, order + 1):
        if n == order:
            adjusted.append(grams[n - 1])
            continue
        kinds = Counter(gram[1:] for gram in grams[n])
        kinds.update({g: c for g, c in grams[n - 1].items() if g[0] == "<s>"})
        adjusted.append(kinds)
    adjusted[0].pop(("<s>",), None)
    vocabulary = {unit for s in sentences for unit in s} - {"<s>"} | {"<unk>"}

    def discount(n: int, count: int) -> float:
        often = Counter(min(c, 5) for c in adjusted[n - 1].values())
        found = [0.5, 1.0, 1.5]
        if all(often[i] for i in (1, 2, 3, 4)):
            y = often[1] / (often[1] + 2 * often[2])
            exact = [i - (i + 1) * y * often[i + 1] / often[i] for i in (1, 2, 3)]
            if all(0 < d <= i for i, d in enumerate(exact, 1)):
                found = exact
        return [0.0, *found][min(count, 3)]

    def probability(n: int, context: tuple[str, ...]) -> float:
        if n == 0:
            return 1 / len(vocabulary)
        counts = {
            g: c for g, c in adjusted[n - 1].items() if g[:-1] == context[-(n - 1) :][: n - 1]
        }
        if n == 1:
            counts = dict(adjusted[0])
        total = sum(counts.values())
        if not total:
            return probability(n - 1, context)
        freed = sum(min(c, discount(n, c)) for c in counts.values())
        own = counts.get((*context[len(context) - n + 1 :], token), 0)
        return max(own - discount(n, own), 0) / total + freed / total * probability(n - 1, context)

    return probability(min(order, len(history) + 1), history)


def walked(model: NgramModel, history: list[int]) -> int:
    """The state after some tokens at the beginning of a line."""
    state = model.start
    for token in history:
        _, after = model.step(np.array([state]), np.array([token]))
        state = int(after[0])
    return state


@given(lines, orders, st.text("ab cd", max_size=6))
def test_probabilities_are_the_published_ones(texts: list[str], order: int, text: str) -> None:
    model = train_ngrams(texts, order=order)
    state = model.start
    history: tuple[str, ...] = ("<s>",)
    for unit in [*text, "</s>"]:
        token = model.ids.get(unit, UNKNOWN)
        score, after = model.step(np.array([state]), np.array([token]))
        known = unit if unit in model.ids else "<unk>"
        expected = published(texts, order, history[-(order - 1) :] if order > 1 else (), known)
        assert math.exp(score[0]) == pytest.approx(expected, rel=1e-4)
        state = int(after[0])
        history = (*history, known)


@given(lines, orders, st.integers(0, 3))
def test_every_context_shares_out_exactly_one(texts: list[str], order: int, prune: int) -> None:
    model = train_ngrams(texts, order=order, prune=prune)
    tokens = np.array([t for t in range(len(model.tokens)) if t != BEGIN])
    for state in np.unique(model.state):
        score, _ = model.step(np.full(len(tokens), state), tokens)
        assert np.exp(score).sum() == pytest.approx(1, abs=1e-5)


@given(lines, st.lists(st.text("ab c", max_size=9), min_size=1, max_size=5))
def test_lines_are_scored_side_by_side_as_alone(texts: list[str], asked: list[str]) -> None:
    model = train_ngrams(texts, order=4)
    together = model.sentence_log_probs([list(text) for text in asked])
    alone = [model.sentence_log_probs([list(text)])[0] for text in asked]
    assert together == pytest.approx(alone)


def test_pruning_leaves_out_what_is_rare_and_keeps_short_n_grams() -> None:
    texts = ["abcabc", "abd", "xyz"]
    whole, pruned = (train_ngrams(texts, order=4, prune=prune) for prune in (0, 1))
    assert pruned.counts[:2] == whole.counts[:2]
    assert sum(pruned.counts) < sum(whole.counts)
    again = train_ngrams(texts, order=4, prune=9)
    assert len(again.counts) == 2


def test_combining_letters_are_one_token_where_they_are_frequent() -> None:
    model = train_ngrams(["aͤb", "aͤc", "aͤ", "oͤ"], order=2)
    assert "aͤ" in model.ids
    assert "oͤ" not in model.ids
    assert model.encode(["aͤ", "oͤ", "ß"]) == [
        model.ids["aͤ"], model.ids["o"], model.ids["\u0364"], UNKNOWN,
    ]  # fmt: skip


def test_large_alphabets_take_more_than_one_word_of_memory() -> None:
    units = [chr(0x4E00 + at) for at in range(3000)]
    texts = ["".join(units[at : at + 6]) for at in range(0, 3000, 3)] * 2
    model = train_ngrams(texts, order=8)
    assert model.counts[0] == 3003
    after = walked(model, [model.ids[units[0]], model.ids[units[1]]])
    score, _ = model.step(np.array([after]), np.array([model.ids[units[2]]]))
    assert math.exp(score[0]) > 0.5


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(DataError, match="no text"):
        train_ngrams(["", ""])
    with pytest.raises(ConfigError, match="order of 9"):
        train_ngrams(["a"], order=9)


def test_longer_contexts_predict_repetitive_text_better() -> None:
    texts = ["the cat and the dog and the cow"] * 3
    asked = [list(texts[0])]
    scores = [train_ngrams(texts, order=n).sentence_log_probs(asked)[0] for n in (1, 2, 4, 8)]
    assert scores == sorted(scores)
    assert END in set(train_ngrams(texts).token.tolist())
