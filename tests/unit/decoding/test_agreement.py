from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uncial.decoding.agreement import Likelihood, Text, agreed


def favours(wanted: str, weight: float = 1.0) -> Likelihood:
    """A model that finds texts likelier the more places they share with one."""

    def likelihood(texts: Sequence[Text]) -> NDArray[np.float64]:
        wrong = [sum(a != b for a, b in zip(text, wanted, strict=False)) for text in texts]
        lengths = [abs(len(text) - len(wanted)) for text in texts]
        return -weight * np.array(wrong, float) - weight * np.array(lengths, float)

    return likelihood


def test_places_are_mended_one_by_one_towards_what_somebody_read() -> None:
    read = [tuple("hallo welt"), tuple("hullo walt"), tuple("hello wolt")]
    models = [favours("hello welt")] * 3
    assert "".join(agreed(tuple("hullo wolt"), read, models)) == "hello welt"


def test_one_model_that_forbids_a_text_does_not_overrule_the_others() -> None:
    def never(texts: Sequence[Text]) -> NDArray[np.float64]:
        return np.where([text == tuple("ab") for text in texts], -np.inf, -1.0)

    read = [tuple("ab"), tuple("ab"), tuple("cb")]
    models = [favours("ab", 9.0), favours("ab", 9.0), never]
    assert agreed(tuple("ab"), read, models) == tuple("ab")


@given(st.lists(st.text("abc", max_size=6), min_size=1, max_size=4), st.text("abc", max_size=6))
def test_the_text_found_is_never_less_likely_than_the_first(read: list[str], wanted: str) -> None:
    models = [favours(text) for text in (wanted, *read)]

    def together(text: Text) -> float:
        return float(np.logaddexp.reduce([0.3 * model([text])[0] for model in models]))

    first = tuple(read[0])
    found = agreed(first, [tuple(text) for text in read], models)
    assert together(found) >= together(first)
    assert set(found) <= set("".join(read))
