"""Character n-grams from text: interpolated, modified Kneser-Ney smoothing.

Everything is counted by one sort: the text is cut into windows of the order's length, the
windows are sorted, and n-grams of every length are stretches of equal beginnings among them.

Source: Chen and Goodman, "An empirical study of smoothing techniques for language modeling",
TR-10-98, Harvard 1998, section 4.3 and appendix (equations for D1, D2, D3+). Lines stand for
sentences. N-grams that begin a line keep their counts where others are counted by the kinds of
what precedes them, and `<unk>` has the share that is given to all tokens alike, as in KenLM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from uncial.errors import ConfigError, DataError
from uncial.text.codec import Codec
from uncial.text.graphemes import is_simple
from uncial.text.ngrams import BEGIN, END, MAX_ORDER, NEVER, SPECIAL, NgramModel, linked, suffixes

_DISCOUNTS = (0.5, 1.0, 1.5)  # where counts of counts give none, as lmplz falls back


def train_ngrams(texts: Iterable[str], *, order: int = 6, prune: int = 0) -> NgramModel:
    """An n-gram model of some lines of text.

    Args:
        texts: Lines, normalized, in the order of the columns; empty ones are passed over.
        order: Graphemes in the longest n-gram, 1-8.
        prune: N-grams of three graphemes or more that occur so often or less are left out.

    Raises:
        ConfigError: The order is out of range.
        DataError: There is no text.
    """
    if not 1 <= order <= MAX_ORDER:
        raise ConfigError(
            f"an order of {order} is not possible", remedy=f"choose one from 1 to {MAX_ORDER}"
        )
    lines = [text for text in texts if text]
    if not lines:
        raise DataError("there is no text to learn from", remedy="name files that hold some")
    tokens, stream = _encoded(lines, order)
    trie = _counted(stream, len(tokens), order)
    return _smoothed(tokens, trie, prune)


@dataclass(frozen=True, kw_only=True)
class _Trie:
    """N-grams in the order of `NgramModel`, node 0 included; `seen` says how often."""

    counts: list[int]
    token: NDArray[np.int64]
    parent: NDArray[np.int64]
    seen: NDArray[np.int64]


def _encoded(lines: Sequence[str], order: int) -> tuple[list[str], NDArray[np.uint64]]:
    """Tokens, and ids of all lines: begin, graphemes, end, as many zeros as windows need."""
    plain = [line for line in lines if is_simple(line)]
    marked = [line for line in lines if not is_simple(line)]
    codec = Codec.from_texts(marked)
    points = np.frombuffer("\n".join(plain).encode("utf-32-le"), "<u4")
    known = {chr(point) for point in np.flatnonzero(np.bincount(points))} - {"\n"}
    tokens = [*SPECIAL, *sorted(known.union(codec.charset))]
    ids = {token: at for at, token in enumerate(tokens)}
    table = np.zeros(0x110000, np.uint32)
    for token, at in ids.items():
        if len(token) == 1:
            table[ord(token)] = at
    parts = [table[points]] if plain else []
    for line in marked:
        parts.append(np.array([0, *(ids[unit] for unit in codec.units(line))], np.uint32))
    joined = np.concatenate(parts)
    if not plain:
        joined = joined[1:]
    gap = joined == 0  # one between lines, to be widened
    margin = [END, *([0] * (order - 1)), BEGIN]
    place = np.arange(1, len(joined) + 1)
    place += (np.cumsum(gap) - gap) * (len(margin) - 1)
    stream = np.zeros(int(place[-1]) + 1 + order, np.uint64)
    stream[place] = joined
    for offset, one in enumerate(margin):
        stream[place[gap] + offset] = one
    stream[0] = BEGIN
    stream[-order] = END
    return tokens, stream


def _counted(stream: NDArray[np.uint64], size: int, order: int) -> _Trie:
    """Count the n-grams of every length by sorting windows, packed into words of 64 bits."""
    bits = (size - 1).bit_length()
    held = min(order, 64 // bits)  # tokens in one word
    windows = len(stream) - order + 1
    words = []
    for start in range(0, order, held):
        word = np.zeros(windows, np.uint64)
        for at in range(start, min(start + held, order)):
            word = (word << np.uint64(bits)) | stream[at : at + windows]
        words.append(word)
    if len(words) == 1:
        words[0].sort()
    else:
        by = np.lexsort(words[::-1])
        words = [word[by] for word in words]
    whole = np.searchsorted(words[0], np.uint64(1 << bits * (held - 1)))  # a token comes first
    words = [word[whole:] for word in words]
    windows = len(words[0])
    mask = np.uint64((1 << bits) - 1)
    begins = np.zeros(windows, bool)
    begins[0] = True
    above = np.zeros(1, np.int64)  # where the n-grams one shorter begin, and their nodes
    named = np.zeros(1, np.int64)
    counts, tokens, parents, seen = [], [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], []
    seen.append(np.zeros(1, np.int64))
    total = 1
    for at in range(order):
        packed = min(held, order - at // held * held)
        last = (words[at // held] >> np.uint64(bits * (packed - 1 - at % held))) & mask
        begins[1:] |= last[1:] != last[:-1]
        place = np.flatnonzero(begins)
        often = np.diff(place, append=windows)
        kept = last[place] > 0
        place, often = place[kept], often[kept]
        tokens.append(last[place].astype(np.int64))
        parents.append(named[np.searchsorted(above, place, side="right") - 1])
        seen.append(often)
        above, named = place, np.arange(total, total + len(place))
        counts.append(len(place))
        total += len(place)
    trie = _Trie(
        counts=counts,
        token=np.concatenate(tokens),
        parent=np.concatenate(parents),
        seen=np.concatenate(seen),
    )
    return _with_unknown(trie)


def _with_unknown(trie: _Trie) -> _Trie:
    """Give `<unk>`, which no text holds, its node: the first after node 0."""
    parent = np.insert(trie.parent + (trie.parent > 0), 1, 0)
    return _Trie(
        counts=[trie.counts[0] + 1, *trie.counts[1:]],
        token=np.insert(trie.token, 1, 0),
        parent=parent,
        seen=np.insert(trie.seen, 1, 0),
    )


def _smoothed(tokens: Sequence[str], trie: _Trie, prune: int) -> NgramModel:
    """Discount, prune and interpolate, from the shortest n-grams up."""
    parent, token, nodes = trie.parent, trie.token, len(trie.token)
    ending = suffixes(len(tokens), trie.counts, token, parent)
    edges = np.cumsum([1, *trie.counts])
    adjusted = _adjusted(trie, ending, edges)
    kept = trie.seen > prune
    kept[: sum(trie.counts[:2]) + 1] = True
    probability = np.zeros(nodes)
    left = np.ones(nodes)  # what a context leaves to the shorter one
    for low, high in pairwise(edges):
        level = np.arange(low, high)
        counted = adjusted[level].astype(np.float64)
        if low == 1:
            counted[BEGIN] = 0.0
        total = np.bincount(parent[level], counted, minlength=low)
        share = _discounted(counted) / np.maximum(total[parent[level]], 1)
        share[~kept[level]] = 0.0
        above = np.unique(parent[level])
        left[above] = 1.0 - np.bincount(parent[level], share, minlength=low)[above]
        if low == 1:
            shorter = np.full(len(level), 1.0 / (len(tokens) - 1))  # <s> is never predicted
        else:
            shorter = probability[ending[level]]
        probability[level] = share + np.maximum(left[parent[level]], 0.0) * shorter
    left = np.maximum(left, 1e-30)
    probability[[0, 1 + BEGIN]] = 1.0
    log_prob = np.log(np.maximum(probability, 1e-30))
    log_prob[1 + BEGIN] = NEVER
    backoff = np.log(left)
    backoff[0] = 0.0
    return _pruned(tokens, trie, kept, log_prob, backoff)


def _adjusted(
    trie: _Trie, ending: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Counts; of n-grams that are neither longest nor first in a line, the kinds before them."""
    adjusted = trie.seen.copy()
    begins = np.zeros(len(adjusted), bool)
    begins[1 + BEGIN] = True
    for low, high in pairwise(edges):
        if low > 1:
            begins[low:high] = begins[trie.parent[low:high]]
    for low, high in pairwise(edges[1:]):
        kinds = np.bincount(ending[low:high], minlength=low)
        shorter = slice(int(edges[np.searchsorted(edges, low) - 1]), int(low))
        adjusted[shorter] = np.where(begins[shorter], adjusted[shorter], kinds[shorter])
    return adjusted


def _discounted(counted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Counts less the discounts of their length."""
    often = np.bincount(np.minimum(counted, 5).astype(np.int64), minlength=6)
    n1, n2, n3, n4 = (float(count) for count in often[1:5])
    discounts = np.array([0.0, *_DISCOUNTS])
    if min(n1, n2, n3, n4) > 0:
        y = n1 / (n1 + 2 * n2)
        found = np.array([0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3])
        if np.all(found[1:] > 0) and np.all(found[1:] <= [1, 2, 3]):
            discounts = found
    less: NDArray[np.float64] = discounts[np.minimum(counted, 3).astype(np.int64)]
    return np.maximum(counted - less, 0.0)


def _pruned(
    tokens: Sequence[str],
    trie: _Trie,
    kept: NDArray[np.bool_],
    log_prob: NDArray[np.float64],
    backoff: NDArray[np.float64],
) -> NgramModel:
    """The model of the nodes that are kept, numbered anew."""
    number = np.cumsum(kept) - 1
    edges = np.cumsum([1, *trie.counts])
    counts = [int(kept[a:b].sum()) for a, b in pairwise(edges)]
    while not counts[-1]:
        counts.pop()
    return linked(
        tokens,
        counts,
        trie.token[kept],
        number[trie.parent[kept]],
        log_prob[kept],
        backoff[kept],
    )
