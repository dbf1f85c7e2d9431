"""What only all lines together show: rare characters, mixed Unicode forms, copies.

Keeps a few dozen bytes a line and never an image, so memory stays flat.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from uncial.data.findings import Finding
from uncial.errors import describe_grapheme

MIN_LINES_FOR_ONE_OFFS: Final = 50
"""With fewer lines most characters are rare, and naming them helps nobody."""

_DECOMPOSED: Final = 1
_COMPOSED: Final = 2


@dataclass
class Census:
    """Facts about every line kept so far, by row."""

    line_ids: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    _images: bytearray = field(default_factory=bytearray)
    _texts: bytearray = field(default_factory=bytearray)
    _forms: bytearray = field(default_factory=bytearray)
    _characters: Counter[str] = field(default_factory=Counter)
    _first_seen: dict[str, int] = field(default_factory=dict)

    def add(self, line_id: str, source: str, text: str, content: bytes) -> None:
        """Take in the next line.

        Args:
            line_id: Its id.
            source: File it was read from.
            text: Its ground truth.
            content: 8 bytes that stand for its pixels.
        """
        row = len(self.line_ids)
        self.line_ids.append(line_id)
        self.sources.append(source)
        self._images += content
        self._texts += hashlib.blake2b(text.encode(), digest_size=8).digest()
        self._forms.append(_form(text))
        for character in set(text).difference(self._first_seen):
            self._first_seen[character] = row
        self._characters.update(text)

    @property
    def images(self) -> NDArray[np.uint64]:
        """``(N,)``: equal where pixels are."""
        return np.frombuffer(bytes(self._images), dtype=np.uint64)

    @property
    def texts(self) -> NDArray[np.uint64]:
        """``(N,)``: equal where texts are."""
        return np.frombuffer(bytes(self._texts), dtype=np.uint64)

    def finding(self, code: str, row: int, detail: str = "") -> Finding:
        """A finding about the line in `row`."""
        return Finding(
            code=code, line_id=self.line_ids[row], source=self.sources[row], detail=detail
        )

    def findings(self) -> Iterator[Finding]:
        """Rare characters and mixed Unicode forms."""
        for row in self._mixed_rows():
            form = ("decomposed here", "composed here", "both in this line")[self._forms[row] - 1]
            yield self.finding("mixed-normalization", row, form)
        if len(self.line_ids) < MIN_LINES_FOR_ONE_OFFS:
            return
        for character, count in sorted(self._characters.items()):
            if count == 1 and not character.isspace():
                row = self._first_seen[character]
                yield self.finding("one-off-character", row, describe_grapheme(character))

    def _mixed_rows(self) -> list[int]:
        """Rows in the less common of the two forms, and rows that mix them."""
        forms = np.frombuffer(bytes(self._forms), dtype=np.uint8)
        decomposed = int(np.count_nonzero(forms & _DECOMPOSED))
        composed = int(np.count_nonzero(forms & _COMPOSED))
        if not decomposed or not composed:
            return []
        minority = _DECOMPOSED if decomposed <= composed else _COMPOSED
        return [int(row) for row in np.flatnonzero(forms & minority)]


def _form(text: str) -> int:
    """Bits: has characters that NFC would join, has characters that NFD would take apart.

    Lengths tell; marks in another order, which both forms would change, are no mixture.
    """
    if text.isascii():
        return 0
    form = 0
    if len(unicodedata.normalize("NFC", text)) < len(text):
        form |= _DECOMPOSED
    if len(unicodedata.normalize("NFD", text)) > len(text):
        form |= _COMPOSED
    return form


def equal_groups(hashes: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
    """Rows that share a hash, groups of two or more, each sorted.

    Args:
        hashes: ``(N,)``.
    """
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    edges = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1], True])
    wide = np.flatnonzero(np.diff(edges) > 1)
    return [order[edges[at] : edges[at + 1]].astype(np.int64) for at in wide]
