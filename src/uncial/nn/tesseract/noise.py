"""The random numbers that stand for what lies beyond the border of an image.

Tesseract's convolutions do not pad with zeros but with noise, seeded anew for each line, so
a line's confidences can be reproduced only with the same numbers.

Source: tesseract 5.x ``src/ccutil/helpers.h`` (``TRand``, the minimal standard generator).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MULTIPLIER = 48_271
_MODULUS = 2_147_483_647
_SEED_FACTOR = 0x10000001
_WORD = 1 << 64


class Noise:
    """A stream of numbers.

    Args:
        sample_iteration: Of the recognizer; with it the stream of each line begins.
    """

    def __init__(self, sample_iteration: int) -> None:
        seed = (sample_iteration * _SEED_FACTOR) % _WORD
        self._state = (seed % _MODULUS) or 1
        self.draw(1)

    def draw(self, count: int) -> NDArray[np.float64]:
        """`count` numbers in -1..1."""
        if not count:
            return np.empty(0)
        values = _powers(count) * np.uint64(self._state) % np.uint64(_MODULUS)
        self._state = int(values[-1])
        return np.asarray(2.0 * values.astype(np.float64) / _MODULUS - 1.0)

    def reals(self, count: int) -> NDArray[np.float32]:
        """Noise for a network of real weights."""
        return self.draw(count).astype(np.float32)

    def bytes(self, count: int) -> NDArray[np.float32]:
        """Noise for an int8 network: whole numbers from -127 to 127."""
        wide = 127.0 * self.draw(count)
        return np.trunc(wide + np.copysign(0.5, wide)).astype(np.float32)


def _powers(count: int) -> NDArray[np.uint64]:
    """``(count,)`` multiplier^1, multiplier^2, … modulo the modulus."""
    powers: NDArray[np.uint64] = np.empty(count, np.uint64)
    powers[0] = _MULTIPLIER
    done = 1
    while done < count:
        more = min(done, count - done)
        step = powers[done - 1]
        powers[done : done + more] = powers[:more] * step % np.uint64(_MODULUS)
        done += more
    return powers
