"""Lines a CPU-second that a prefix beam of width 16 decodes with a character 6-gram, one thread.

The log-probabilities are made up, T = 160 and C = 100, with the text of lines that the 6-gram has
not seen: *peaked* ones are as sure as a trained network's, with a share of doubtful characters;
in *flat* ones a third of every step's probability lies on wrong labels, so that no step can be
left out. flashlight-text, where it is installed, decodes the same lines with the same 6-gram,
beam and labels a step::

    python benchmarks/speed/beam.py

Rows go to ``results/beam.jsonl``.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import data_folder, guarded, record
from uncial.decoding.ctc import greedy
from uncial.decoding.listening import Listener, Weights
from uncial.formats.lm import arpa
from uncial.text.codec import Codec
from uncial.text.kneserney import train_ngrams
from uncial.text.metrics import cer
from uncial.text.ngrams import NgramModel
from uncial.text.normalize import Normalization

CORPUS = ("langdata", "corpus_en_gutenberg.txt")
T, C, WIDTH, ORDER = 160, 100, 16, 6
WEIGHT, BONUS = 0.5, 0.0
Table = NDArray[np.float32]
Decode = Callable[[Sequence[Table]], list[str]]


def main() -> None:
    """Measure each kind of log-probabilities."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=256)
    parser.add_argument("--repeat", type=int, default=3, help="rounds of ours, for the median")
    parser.add_argument("--alone", action="store_true", help="without flashlight-text")
    parser.add_argument("--quick", action="store_true", help="16 lines, one round, not recorded")
    options = parser.parse_args()
    if options.quick:
        options.lines, options.repeat = 16, 1
    texts = data_folder(*CORPUS).read_text(encoding="utf-8").splitlines()
    texts = [Normalization.DEFAULT(text) for text in texts]
    unseen = [text[start : start + 53] for text in texts[::2] for start in range(0, 160, 53)]
    model = train_ngrams(texts[1::2], order=ORDER)
    codec = Codec.from_charset(model.tokens[3 : 2 + C])
    chosen = [text for text in unseen if len(text) == 53 and not codec.missing(text)]
    truths = chosen[: options.lines]
    for kind in ("peaked", "flat"):
        rng = np.random.default_rng(0)
        tables = [made(codec.encode(text), kind, rng) for text in truths]
        for engine, decode in engines(model, codec, options.alone).items():
            rounds = options.repeat if engine == "uncial" else 1
            row = measure(decode, tables, truths, codec, rounds)
            about = {"set": kind, "T": T, "C": C, "width": WIDTH, "order": ORDER, "threads": 1}
            record("beam", engine, {**about, **row}, keep=not options.quick)


def made(labels: NDArray[np.int32], kind: str, rng: np.random.Generator) -> Table:
    """Log-probabilities of one line, ``(T, C)``: each label at a step of its own."""
    flat = kind == "flat"
    logits = rng.gumbel(size=(T, C)) * 1.2 if flat else rng.normal(size=(T, C)) * 1.5
    logits[:, 0] += 6 if flat else 11
    steps = np.linspace(2, T - 3, len(labels)).astype(int)
    height = rng.choice([7, 10, 14, 18], size=len(labels), p=[0.05, 0.1, 0.15, 0.7])
    logits[steps, 0] -= 4 if flat else 9
    logits[steps, labels] += height
    other = rng.integers(1, C, len(labels))
    logits[steps, other] += rng.choice([0, 8], size=len(labels), p=[0.7, 0.3])
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def engines(model: NgramModel, codec: Codec, alone: bool) -> dict[str, Decode]:
    """Ways of decoding by name."""

    def ours(tables: Sequence[Table]) -> list[str]:
        listener = Listener(codec, model, weights=Weights(weight=WEIGHT, bonus=BONUS, stands=2.0))
        plain = [greedy(table, codec) for table in tables]
        return [one.text for one in listener.read(tables, plain)]

    found: dict[str, Decode] = {"uncial": ours}
    if alone:
        return found
    try:
        import flashlight.lib.text.decoder as decoder
        from flashlight.lib.text.decoder.kenlm import KenLM
        from flashlight.lib.text.dictionary import Dictionary
    except ImportError:
        return found
    tokens = Dictionary()
    for unit in ["<blank>", *codec.charset]:
        tokens.add_entry("<space>" if unit == " " else unit)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.arpa"
        path.write_bytes(arpa.pack(model))
        kenlm = KenLM(str(path), tokens)
    options = decoder.LexiconFreeDecoderOptions(
        beam_size=WIDTH,
        beam_size_token=16,
        beam_threshold=100.0,
        lm_weight=WEIGHT * math.log(10),
        sil_score=0.0,
        log_add=True,
        criterion_type=decoder.CriterionType.CTC,
    )

    def theirs(tables: Sequence[Table]) -> list[str]:
        beam = decoder.LexiconFreeDecoder(options, kenlm, 0, 0, [])
        best = [beam.decode(table.ctypes.data, *table.shape)[0].tokens for table in tables]
        return [codec.decode([label for label, _ in groupby(one) if label > 0]) for one in best]

    return {**found, "flashlight-text": theirs}


def measure(
    decode: Decode, tables: Sequence[Table], truths: Sequence[str], codec: Codec, rounds: int
) -> dict[str, object]:
    """Processor time of this process over some rounds, and what was read."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        texts = decode(tables)
        spent.append(time.process_time() - start)
    plain = [greedy(table, codec).text for table in tables]
    seconds = statistics.median(spent)
    return {
        "lines": len(tables),
        "rounds": rounds,
        "cpu_seconds": round(seconds, 3),
        "cpu_seconds_each": [round(value, 3) for value in spent],
        "lines_per_cpu_second": round(len(tables) / seconds, 1),
        "cer": cer(zip(truths, texts, strict=True)),
        "greedy_cer": cer(zip(truths, plain, strict=True)),
    }


if __name__ == "__main__":
    guarded(main)
