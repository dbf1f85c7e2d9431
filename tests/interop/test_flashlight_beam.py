"""The beam with character n-grams against flashlight-text's decoder and KenLM."""

from __future__ import annotations

import math
import sys
from importlib import import_module
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from uncial.decoding.beam import search
from uncial.decoding.language import CharacterNgrams, Rows, columns_of
from uncial.decoding.steps import BeamSettings
from uncial.formats.lm import arpa
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.text.codec import Codec
from uncial.text.kneserney import train_ngrams
from uncial.text.ngrams import NgramModel

if sys.platform != "linux":
    pytest.skip("no wheel of flashlight-text", allow_module_level=True)
# A development dependency: where it is missing that is an error, not a skip.
decoder = import_module("flashlight.lib.text.decoder")
dictionary = import_module("flashlight.lib.text.dictionary")
kenlm = import_module("flashlight.lib.text.decoder.kenlm")

UNITS = "aehnt"


@pytest.fixture(scope="module")
def model() -> NgramModel:
    texts = islice(text_lines(built_in_prose(), seed=0, longest=60), 80)
    kept = ["".join(unit for unit in text if unit in UNITS) for text in texts]
    return train_ngrams(kept, order=4)


def _theirs(
    path: Path, log_probs: NDArray[np.float32], weight: float, width: int
) -> tuple[str, float]:
    """Text and score of flashlight's best hypothesis."""
    tokens = dictionary.Dictionary()
    for unit in f"-{UNITS}":
        tokens.add_entry(unit)
    options = decoder.LexiconFreeDecoderOptions(
        beam_size=width,
        beam_size_token=len(UNITS) + 1,
        beam_threshold=1e4,
        lm_weight=weight * math.log(10),  # KenLM's scores are of base 10
        sil_score=0.0,
        log_add=True,
        criterion_type=decoder.CriterionType.CTC,
    )
    beam = decoder.LexiconFreeDecoder(options, kenlm.KenLM(str(path), tokens), 0, 0, [])
    table = np.ascontiguousarray(log_probs, dtype=np.float32)
    best = beam.decode(table.ctypes.data, *table.shape)[0]
    labels = [label for label, _ in groupby(best.tokens) if label > 0]
    return "".join(UNITS[label - 1] for label in labels), float(best.score)


@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("sharpness", [0.5, 1.5, 4.0])
def test_best_text_and_score_are_flashlights(
    model: NgramModel, tmp_path: Path, weight: float, sharpness: float
) -> None:
    path = tmp_path / "model.arpa"
    path.write_bytes(arpa.pack(model))
    codec = Codec.from_charset(UNITS)
    rows = Rows(CharacterNgrams(model, columns_of(codec)[0], weight, 0.0))
    exact = BeamSettings(width=3000, tokens=len(UNITS), floor=-math.inf, sure=2.0)
    for seed in range(4):
        logits = np.random.default_rng(seed).normal(size=(7, codec.width)) * sharpness
        log_probs = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype("f4")
        (best,) = search([log_probs], rows, exact)[0]
        text, score = _theirs(path, log_probs, weight, 6000)
        assert codec.decode(best.labels) == text
        assert best.merit == pytest.approx(score, abs=2e-3)
