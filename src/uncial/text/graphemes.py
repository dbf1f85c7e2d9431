r"""User-perceived characters: what one reader counts as one.

Source: Unicode Standard Annex #29, extended grapheme clusters, as ``\X`` of the regex
package finds them.
"""

from __future__ import annotations

from functools import lru_cache

import regex


def graphemes(text: str) -> list[str]:
    """Split text into extended grapheme clusters; joined, they are the text again.

    Example:
        >>> graphemes("क्षि!")
        ['क्षि', '!']
    """
    return list(text) if is_simple(text) else _cluster_pattern().findall(text)


def is_simple(text: str) -> bool:
    """Whether every code point of `text` is a cluster of its own."""
    if text.isascii():
        return "\r" not in text
    return _joining_pattern().search(text) is None


@lru_cache(maxsize=1)
def _cluster_pattern() -> regex.Pattern[str]:
    return regex.compile(r"\X")


@lru_cache(maxsize=1)
def _joining_pattern() -> regex.Pattern[str]:
    """Anything that may extend a cluster: marks, joiners, jamo, flags, prepended signs."""
    return regex.compile(r"[^\p{GCB=XX}\p{GCB=CN}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}]")
