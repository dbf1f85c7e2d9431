"""The likeliest text of a line under a decoder that writes token after token: a beam.

Three things keep it from running on: a text is no longer than its line leaves room for, scores
are divided by length, and what has repeated itself longer than any text of the training did
may not go on.

Source: beam search with length normalization as in Wu et al. 2016, arXiv:1609.08144, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from uncial.nn.transformer import LineTransformer, States

_PERIODS = 8  # tokens of the longest phrase whose repetition is watched


@dataclass(frozen=True)
class Generation:
    """How texts are found.

    Attributes:
        width: Hypotheses kept for a line; 1 always takes the likeliest token.
        length: Power of the length that a score is divided by; more favours long texts.
    """

    width: int = 1
    length: float = 1.0


@dataclass
class _Line:
    """The hypotheses of one line: those that go on, and those that have ended."""

    limit: int
    texts: list[list[int]]
    scores: list[float]
    ended: list[tuple[float, list[int]]] = field(default_factory=list)
    done: bool = False


def generate(
    network: LineTransformer, states: States, limits: Sequence[int], settings: Generation
) -> list[list[int]]:
    """Tokens of each line, without start and end.

    Args:
        network: In evaluation.
        states: Of the lines, as it encodes them.
        limits: Most tokens of each line, the end included.
        settings: How to search.
    """
    width = settings.width
    lines = [_Line(limit, [[]], [0.0]) for limit in limits]
    for line in lines:
        line.texts = [[] for _ in range(width)]
        line.scores = [0.0] + [-float("inf")] * (width - 1)
    wide = states.repeated(width)
    device = states.data.device
    tokens = torch.full((len(lines) * width, 1), network.reach.start, device=device)
    cache = None
    for _ in range(max(limits, default=0)):
        told = network.decode(wide, tokens, past_key_values=cache, use_cache=True)
        cache = told.past_key_values
        chosen, parents = _step(lines, told.logits[:, -1].float(), network, settings)
        if all(line.done for line in lines):
            break
        tokens = torch.tensor(chosen, device=device)[:, None]
        if width > 1:
            cache.reorder_cache(torch.tensor(parents, device=device))
    return [_best(line, settings) for line in lines]


def _step(
    lines: Sequence[_Line], logits: Tensor, network: LineTransformer, settings: Generation
) -> tuple[list[int], list[int]]:
    """Move every line on by a token: the token of each hypothesis, and which one it goes on."""
    width, reach = settings.width, network.reach
    log_probs = logits.log_softmax(1)
    log_probs[:, [*{reach.pad, reach.start, *reach.silent} - {reach.end}]] = -float("inf")
    for number, line in enumerate(lines):
        for at, text in enumerate(line.texts):
            for token in repeated(text, reach.loop):
                log_probs[number * width + at, token] = -float("inf")
    vocabulary = log_probs.shape[1]
    before = torch.tensor([line.scores for line in lines], device=logits.device)
    total = (before.view(-1, 1) + log_probs).view(len(lines), width * vocabulary)
    best = total.topk(min(2 * width, total.shape[1]), dim=1)
    chosen, parents = [], []
    for number, line in enumerate(lines):
        scores = best.values[number].tolist()
        places = best.indices[number].tolist()
        for token, parent in _moved(line, scores, places, vocabulary, (reach.end, settings)):
            chosen.append(token)
            parents.append(number * width + parent)
    return chosen, parents


def _moved(
    line: _Line,
    scores: Sequence[float],
    places: Sequence[int],
    vocabulary: int,
    how: tuple[int, Generation],
) -> list[tuple[int, int]]:
    """Take the best candidates of one line; token and parent of each that goes on."""
    end, settings = how
    width = settings.width
    if line.done:
        return [(end, at) for at in range(width)]
    texts: list[list[int]] = []
    kept: list[float] = []
    moves: list[tuple[int, int]] = []
    for rank, (score, place) in enumerate(zip(scores, places, strict=True)):
        parent, token = divmod(place, vocabulary)
        if token == end:
            if rank < width:
                line.ended.append(_ended(score, line.texts[parent], settings))
            continue
        if len(texts) < width:
            texts.append([*line.texts[parent], token])
            kept.append(score)
            moves.append((token, parent))
    while len(moves) < width:
        texts.append(line.texts[0])
        kept.append(-float("inf"))
        moves.append((end, 0))
    line.texts, line.scores = texts, kept
    length = len(texts[0])
    full = len(line.ended) >= width
    hopeless = full and kept[0] / (length + 1) ** settings.length < min(line.ended)[0]
    line.done = (full and (width == 1 or hopeless)) or length + 1 >= line.limit
    if line.done and not line.ended:
        line.ended.append(_ended(kept[0], texts[0], settings))
    return moves


def _ended(score: float, text: list[int], settings: Generation) -> tuple[float, list[int]]:
    return score / (len(text) + 1) ** settings.length, text


def _best(line: _Line, settings: Generation) -> list[int]:
    running = [_ended(line.scores[0], line.texts[0], settings)] if not line.ended else []
    return max([*line.ended, *running])[1]


def repeated(text: Sequence[int], most: int) -> set[int]:
    """Tokens that would carry on a repetition that is as long as any may be.

    Args:
        text: So far.
        most: Tokens of the longest repetition, its first round not counted.
    """
    return {text[-p] for p in range(1, _PERIODS + 1) if echo(text, p) >= max(most, 2 * p)}


def echo(text: Sequence[int], period: int) -> int:
    """How many of the last tokens are the same as the ones `period` before them."""
    count = 0
    while count + period < len(text) and text[-1 - count] == text[-1 - count - period]:
        count += 1
    return count


def longest_echo(texts: Sequence[Sequence[int]]) -> int:
    """Tokens of the longest repetition in some texts, its first round not counted."""
    longest = 0
    for text in texts:
        for period in range(1, _PERIODS + 1):
            run = 0
            for at in range(period, len(text)):
                run = run + 1 if text[at] == text[at - period] else 0
                longest = max(longest, run)
    return longest
