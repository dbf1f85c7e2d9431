"""What catalogues answered, kept on the disk: cards for good, listings for a day."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import Any, Final

from uncial.catalogue.entry import Asking
from uncial.errors import InputError
from uncial.progress import Note, Reporter
from uncial.web import MOST, cache_folder, fetch

DAY: Final = 86_400.0
FOR_GOOD: Final = float("inf")
"""Seconds: of what never changes."""


def asking(reporter: Reporter, *, anew: bool = False) -> Asking:
    """How to ask catalogues.

    Args:
        reporter: Told where an old answer has to do.
        anew: Take no answer that is kept, but for what never changes.
    """

    def answer(url: str, seconds: float) -> bytes:
        path = cache_folder("catalogue") / hashlib.sha256(url.encode()).hexdigest()[:40]
        age = time.time() - path.stat().st_mtime if path.exists() else None
        if age is not None and age < seconds and (not anew or seconds == FOR_GOOD):
            return path.read_bytes()
        try:
            data = fetch(url, MOST)
        except InputError as error:
            if age is None or anew:
                raise
            text = f"{error.problem}; going by what it said {age / DAY:.0f} days ago"
            reporter(Note(text=text, level="warning"))
            return path.read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(data)
        temporary.replace(path)
        return data

    return Asking(answer=answer, reporter=reporter)


def as_object(data: bytes, url: str) -> Any:  # noqa: ANN401 - JSON
    """An answer as JSON.

    Raises:
        InputError: It is none.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{url}: the answer is no JSON", remedy="try again later") from error


def texts(value: object) -> tuple[str, ...]:
    """The texts in a JSON or YAML value: one, or a list of them; of what is none, nothing."""
    if isinstance(value, str):
        return (value,) if value else ()
    found = value if isinstance(value, list) else ()
    return tuple(one for one in found if isinstance(one, str) and one)


def mapping(value: object) -> dict[str, Any]:
    """A JSON object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[dict[str, Any]]:
    """The objects in a JSON list; of what is none, nothing."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
