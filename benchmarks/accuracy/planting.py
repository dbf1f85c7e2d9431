"""Label errors as people make them, planted into the ground truth of a line store.

A quarter of the lines each: one to three characters taken for others that look alike, one word
left out, the texts of two lines exchanged, the text of a neighbouring line. Seeded; every planted
line is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from uncial.data.store import LineStore
from uncial.data.writer import LineStoreWriter

ALIKE = ("ſf", "nu", "ec", "rx", "bh", "il", "tk", "mw", "oa", "gq", "dv", "BV", "EC", "RK", ".,")
"""Characters that transcribers take for each other, in Fraktur above all."""
_CYCLE = (0, 1, 2, 3, 0, 1, 3)  # an exchange makes two lines wrong, so it comes half as often


def plant(store: LineStore, path: Path, share: float, seed: int) -> dict[str, str]:
    """Write the training lines of a store with errors in their ground truth.

    Args:
        store: Correct lines.
        path: Store to make.
        share: Of the training lines that become wrong, 0-1.
        seed: Chooses lines and errors.

    Returns:
        Kind of error by line id.
    """
    rows = store.split("train").tolist()
    texts = dict(zip(rows, store.texts(rows), strict=True))
    wrong, kinds = _wrong_texts(store, rows, texts, round(share * len(rows)), seed)
    with LineStoreWriter(path, overwrite=True) as writer:
        for row in rows:
            record = store.record(row)
            text = wrong.get(row, record.text)
            writer.append(replace(record, text=text, hash=""), bytes(store.image_bytes(row)))
    return {store.record(row).line_id: kind for row, kind in kinds.items()}


def _wrong_texts(
    store: LineStore, rows: Sequence[int], texts: dict[int, str], count: int, seed: int
) -> tuple[dict[int, str], dict[int, str]]:
    rng = np.random.default_rng(seed)
    wrong: dict[int, str] = {}
    kinds: dict[int, str] = {}

    def put(row: int, text: str, kind: str) -> None:
        if row not in wrong and text != texts[row] and len(wrong) < count:
            wrong[row], kinds[row] = text, kind

    for number, row in enumerate(rng.permutation(rows).tolist()):
        if len(wrong) >= count:
            break
        kind = _CYCLE[number % len(_CYCLE)]
        near = [r for r in (row - 1, row + 1) if _same_document(store, texts, r, row)]
        if kind == 0:
            put(row, substituted(texts[row], rng), "substitution")
        elif kind == 1:
            put(row, without_word(texts[row], rng), "dropped word")
        elif near and near[0] not in wrong and row not in wrong:
            if kind == 2 and len(wrong) + 2 <= count:
                put(row, texts[near[0]], "swapped")
                put(near[0], texts[row], "swapped")
            else:
                put(row, texts[near[0]], "neighbour's text")
    return wrong, kinds


def _same_document(store: LineStore, texts: dict[int, str], row: int, other: int) -> bool:
    return row in texts and store.record(row).document == store.record(other).document


def substituted(text: str, rng: np.random.Generator) -> str:
    """One to three characters taken for others that look alike."""
    alike = {a: b for pair in ALIKE for a, b in (pair, pair[::-1])}
    places = [at for at, character in enumerate(text) if character in alike]
    if not places:
        return text
    letters = list(text)
    for at in rng.permutation(places)[: int(rng.integers(1, 4))].tolist():
        letters[at] = alike[letters[at]]
    return "".join(letters)


def without_word(text: str, rng: np.random.Generator) -> str:
    """The text without one of its words."""
    words = text.split(" ")
    if len(words) < 2:
        return text
    del words[int(rng.integers(len(words)))]
    return " ".join(words)
