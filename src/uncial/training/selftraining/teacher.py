"""What a model takes lines for, how likely that is, and whether it survives distortion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from uncial.decoding.ctc import Hypothesis, greedy
from uncial.decoding.likelihood import log_likelihoods
from uncial.decoding.listening import Listener
from uncial.errors import UnencodableText
from uncial.imaging.degrade import augment
from uncial.models.reading import Image, NetworkReader
from uncial.progress import Advanced, Reporter, silent

_CHUNK = 128  # lines whose outputs are in memory at once
_WEAK = 0.6  # strength of the distortions under which a reading should stay
_IMPOSSIBLE = -1e3  # score of a text that does not fit into its line


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A teacher's reading of one line.

    Attributes:
        text: In logical order.
        score: Natural log of its probability, summed over its alignments, for each character and
            the line's end: 0 is certain.
        agreement: Mean share of it that distorted views are read as, 0-1; 1 without views.
        confidence: Mean probability of its characters, 0-1.
        width: Of the line, px of the image given, for each of its height.
    """

    text: str
    score: float
    agreement: float
    confidence: float
    width: float


def guesses(
    reader: NetworkReader,
    image: Callable[[int], Image],
    count: int,
    *,
    listener: Listener | None,
    views: int,
    seed: int,
    threads: int = 0,
    reporter: Reporter = silent,
) -> Iterator[Guess]:
    """Read lines as a teacher does; memory stays flat however many there are.

    Args:
        reader: The teacher.
        image: The line with a number in ``range(count)``.
        count: Lines.
        listener: Reads the outputs with language; None reads greedily.
        views: Distorted views that are read of each line.
        seed: Draws the distortions, together with a line's number.
        threads: Cores to use; 0 takes every one.
        reporter: Told of progress.
    """
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        images = [image(at) for at in numbers]
        outputs = list(reader.log_probs_each(images.__getitem__, len(images), threads))
        found = [greedy(rows, reader.codec) for rows in outputs]
        if listener is not None:
            found = listener.read(outputs, found)
        agreed = np.ones(len(images))
        if views:
            each = [
                _agreement(reader, images, found, (seed, view), numbers, threads)
                for view in range(views)
            ]
            agreed = np.mean(each, axis=0)
        for one, rows, share, picture in zip(found, outputs, agreed, images, strict=True):
            yield Guess(
                text=reader.in_order(one.text),
                score=_score(reader, rows, one),
                agreement=float(share),
                confidence=_mean_probability(one),
                width=picture.shape[1] / picture.shape[0],
            )
        reporter(Advanced(stage="read unlabeled", done=numbers.stop, total=count))


def changed(before: Sequence[str], after: Sequence[str]) -> float:
    """Share of the characters of readings that differ from those before, 0-1."""
    edits = sum(Levenshtein.distance(a, b) for a, b in zip(before, after, strict=True))
    return edits / max(1, sum(map(len, after)))


def _agreement(
    reader: NetworkReader,
    images: Sequence[Image],
    found: Sequence[Hypothesis],
    seed: tuple[int, int],
    numbers: range,
    threads: int,
) -> NDArray[np.float64]:
    """How much of each reading one distorted view of its line is read as."""

    def distorted(at: int, line: Image) -> Image:
        rng = np.random.default_rng((*seed, numbers[at]))
        return augment(line, rng, _WEAK)

    outputs = reader.log_probs_each(images.__getitem__, len(images), threads, view=distorted)
    other = [greedy(rows, reader.codec).text for rows in outputs]
    pairs = zip(found, other, strict=True)
    return np.array([Levenshtein.normalized_similarity(one.text, text) for one, text in pairs])


def _score(reader: NetworkReader, rows: NDArray[np.float32], one: Hypothesis) -> float:
    try:
        labels = reader.codec.encode(one.text)
    except UnencodableText:
        return _IMPOSSIBLE
    likelihood = float(log_likelihoods(rows, [labels.tolist()])[0])
    return max(likelihood / (len(labels) + 1), _IMPOSSIBLE)


def _mean_probability(one: Hypothesis) -> float:
    if not one.characters:
        return 0.0
    return float(np.mean([character.confidence for character in one.characters]))
