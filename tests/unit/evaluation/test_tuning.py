"""Tuned weights: never worse on the lines they were tuned on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from uncial.decoding.ctc import greedy
from uncial.decoding.lexicon import WordList
from uncial.decoding.listening import Listener
from uncial.decoding.steps import BeamSettings
from uncial.decoding.voting import vote
from uncial.evaluation.tuning import Lines, Voice, tune
from uncial.text.codec import Codec
from uncial.text.kneserney import train_ngrams
from uncial.text.metrics import cer
from uncial.text.normalize import Normalization

TEXTS = ["the cat sat on the mat", "that hat is the cats", "a mat is not a hat"]
CODEC = Codec.from_charset(sorted(set("".join(TEXTS))))


def doubtful(text: str, seed: int, noise: float) -> NDArray[np.float32]:
    """Log-probabilities of a text, with other letters as likely here and there."""
    rng = np.random.default_rng(seed)
    labels = CODEC.encode(text)
    logits = rng.normal(size=(2 * len(labels), CODEC.width))
    logits[::2, 0] += 8
    logits[np.arange(1, len(logits), 2), labels] += 8
    for at in np.flatnonzero(rng.random(len(labels)) < noise):
        logits[2 * at + 1, rng.integers(1, CODEC.width)] += 8.5
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def lines(noise: float, words: WordList | None = None, voices: int = 1) -> Lines:
    truths = TEXTS * 4
    each = [
        [doubtful(text, 100 * number + seed, noise) for seed, text in enumerate(truths)]
        for number in range(voices)
    ]
    return Lines(
        voices=[Voice(codec=CODEC, log_probs=tables, words=words) for tables in each],
        truths=truths,
        in_order=str,
        normalization=Normalization.DEFAULT,
    )


def tables(seen: Lines) -> list[NDArray[np.float32]]:
    return list(seen.voices[0].log_probs)  # type: ignore[arg-type]


def test_the_figures_are_those_of_reading_with_the_weights_found() -> None:
    seen, model = lines(0.3), train_ngrams(TEXTS, order=4)
    found = tune(seen, model, BeamSettings())
    assert found.cer < 0.5 * found.greedy_cer
    plain = [greedy(table, CODEC) for table in tables(seen)]
    read = Listener(CODEC, model, weights=found.weights).read(tables(seen), plain)
    assert cer(zip(seen.truths, (one.text for one in read), strict=True)) == pytest.approx(
        found.cer
    )
    beamed = sum(one.confidence < found.weights.stands for one in plain)
    assert found.beamed == beamed / len(plain)


def test_where_language_cannot_help_readings_stay_greedy() -> None:
    found = tune(lines(0.0), train_ngrams(["xyz"], order=2), BeamSettings())
    assert (found.greedy_cer, found.cer, found.beamed) == (0, 0, 0)
    assert found.weights.stands == 0


def test_a_closed_list_is_heard_even_where_it_harms() -> None:
    words = WordList(["that", "hat"], CODEC, closed=True)
    found = tune(lines(0.0, words), None, BeamSettings())
    assert found.greedy_cer == 0 < found.cer
    assert found.beamed == 1
    table = tables(lines(0.0))[:1]
    (read,) = Listener(CODEC, words=words, weights=found.weights).read(
        table, [greedy(table[0], CODEC)]
    )
    assert set(read.text.split()) <= {"that", "hat"}


def test_of_several_models_the_vote_is_tuned() -> None:
    seen, model = lines(0.3, voices=3), train_ngrams(TEXTS, order=4)
    found = tune(seen, model, BeamSettings())
    assert found.greedy_cer < tune(lines(0.3), model, BeamSettings()).greedy_cer
    assert found.cer < found.greedy_cer
    listener = Listener(CODEC, model, weights=found.weights)
    read = []
    for voice in seen.voices:
        rows = list(voice.log_probs)
        plain = [greedy(table, CODEC) for table in rows]  # type: ignore[arg-type]
        read.append(listener.read(rows, plain))  # type: ignore[arg-type]
    columns = [
        [[(c.grapheme, c.confidence) for c in one.characters] for one in each]
        for each in zip(*read, strict=True)
    ]
    voted = ["".join(place.grapheme for place in vote(each)) for each in columns]
    assert cer(zip(seen.truths, voted, strict=True)) == pytest.approx(found.cer)


def test_a_model_has_no_vote_on_lines_that_it_learnt_from() -> None:
    one = lines(0.3)
    halves = [
        Voice(
            codec=CODEC,
            log_probs=[table if at % 2 == half else None for at, table in enumerate(tables(one))],
        )
        for half in (0, 1)
    ]
    model = train_ngrams(TEXTS, order=4)
    assert tune(replace(one, voices=halves), model, BeamSettings()) == tune(
        one, model, BeamSettings()
    )
