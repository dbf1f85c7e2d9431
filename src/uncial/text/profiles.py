"""Named sets of normalization rules, from strict to relaxed, for scores side by side.

Each relaxed profile forgives one kind of difference, so what it gains over ``spaces`` is the
share of that kind in the errors; ``historical`` and ``letters`` forgive several.

Source: what OCR-D, dinglehopper and ocreval treat as equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from uncial.errors import ConfigError
from uncial.text.normalize import Normalization

PROFILES: Final[dict[str, str]] = {
    "strict": "nfc",
    "spaces": "nfc+spaces",
    "case": "nfc+spaces+case",
    "punctuation": "nfc+punctuation+spaces",
    "diacritics": "nfc+spaces+diacritics",
    "ligatures": "nfc+spaces+ligatures",
    "long-s": "nfc+spaces+long-s",
    "historical": "nfc+spaces+ligatures+long-s+quotes+dashes+u-v+i-j",
    "letters": "nfkc+ligatures+long-s+diacritics+case+punctuation+spaces",
}
"""Rules by profile; ``strict`` changes nothing but the Unicode form."""


def profiles_named(names: Iterable[str]) -> dict[str, Normalization]:
    """The pipelines of some profiles, in the order given.

    Args:
        names: Of `PROFILES`, ``all`` for every one, or rules joined by ``+``.

    Raises:
        ConfigError: Neither a profile nor a rule is called so.
    """
    found: dict[str, Normalization] = {}
    for name in names:
        if name == "all":
            found |= {each: Normalization.named(rules) for each, rules in PROFILES.items()}
            continue
        try:
            found[name] = Normalization.named(PROFILES.get(name, name))
        except ConfigError as error:
            raise ConfigError(
                f"no profile or rule is called {name!r}",
                remedy=f"use all, one of {', '.join(PROFILES)}, or rules joined by +",
            ) from error
    return found
