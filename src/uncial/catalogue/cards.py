"""Model cards of other programs, as facts about an entry.

Source: HTRMoPo model cards, version 1 (front matter of ``README.md``) and 0 (``metadata.json``);
Hugging Face hub, model cards.
"""

from __future__ import annotations

import json
from typing import Any

from uncial.catalogue.answers import items, mapping, texts
from uncial.errors import FormatError
from uncial.formats.models import frontmatter


def from_markdown(data: bytes) -> tuple[dict[str, Any], str]:
    """Fields for `uncial.catalogue.entry.Entry` of a card with front matter, and its text.

    A card whose front matter cannot be read is text alone.
    """
    text = data.decode("utf-8", "replace")
    try:
        matter, body = frontmatter.split(text)
    except FormatError:
        return {}, text
    return from_matter(matter), body


def from_matter(matter: dict[str, Any]) -> dict[str, Any]:
    """Fields of an entry that front matter tells, those of other types left out."""
    authors = [str(one.get("name") or "") for one in items(matter.get("authors"))]
    rates = mapping(matter.get("metrics")).items()
    licence = texts(matter.get("license"))
    if licence and licence[0].startswith("other"):
        licence = texts(matter.get("license_name")) or licence
    told: dict[str, Any] = {
        "title": "".join(texts(matter.get("summary"))[:1]),
        "kinds": texts(matter.get("model_type")),
        "scripts": texts(matter.get("script")),
        "languages": texts(matter.get("language")),
        "licence": "".join(licence[:1]),
        "authors": tuple(filter(None, authors)),
        "software": "".join(texts(matter.get("software_name"))[:1]),
        "keywords": texts(matter.get("keywords")) + texts(matter.get("tags")),
        "metrics": {
            str(name): float(rate)
            for name, rate in rates
            if isinstance(rate, int | float) and not isinstance(rate, bool)
        },
    }
    return {name: value for name, value in told.items() if value}


def from_json(data: bytes) -> tuple[dict[str, Any], str]:
    """Fields of an entry of a ``metadata.json``, and its description."""
    try:
        whole = mapping(json.loads(data))
    except (ValueError, RecursionError):
        return {}, ""
    told = from_matter({**whole, "model_type": ["recognition"], "software_name": "kraken"})
    accuracy = whole.get("accuracy")
    if isinstance(accuracy, int | float):
        told["metrics"] = {"cer": round(100 - accuracy, 4)}
    return told, "".join(texts(whole.get("description"))[:1])
