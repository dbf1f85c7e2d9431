"""Pages to and from tasks: files of pages as JSON, which every task that knows pages reads.

What a task reads or writes in another format goes through the task *convert*.

Source: the JSON of pages, an object ``{"uncial": "pages", "version": 1, "pages": […]}`` whose
entries have the fields of `uncial.page.layout.Page`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from uncial.page.layout import Page, Reading
from uncial.progress import Reporter
from uncial.tasks.base import TASKS, as_json, resolve

_VERSION: Final = 1
_PAGES: Final = TypeAdapter(tuple[Page, ...])


def write_pages(path: Path, pages: Sequence[Page]) -> None:
    """Write pages where a task will read them; a crash leaves the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"uncial": "pages", "version": _VERSION, "pages": [as_json(page) for page in pages]}
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def read_pages(source: Path, workdir: Path, reporter: Reporter) -> tuple[Page, ...]:
    """The pages of a file of any format.

    Args:
        source: The file.
        workdir: For what lies between.
        reporter: Told of what was repaired.

    Raises:
        FormatError: It is of no format of pages, or damaged.
        DataError: There is no page in it.
    """
    target = workdir / f"{source.name}.pages.json"
    config, run = TASKS["convert"].load()
    workdir.mkdir(parents=True, exist_ok=True)
    run(resolve(config, {"source": source, "target": target, "to": "json"}), reporter)
    whole = json.loads(target.read_text(encoding="utf-8"))
    return _PAGES.validate_python(whole["pages"], strict=False)


def characters(reading: Reading, span: tuple[float, float] | None) -> list[list[object]] | None:
    """Each grapheme of a reading with its confidence and, where known, its place in the line.

    Args:
        reading: With words and glyphs.
        span: Where the line begins and ends, px along x; None where that is not known.

    Returns:
        ``[text, confidence]`` or ``[text, confidence, start, end]``, places 0-1 from the left;
        None where the reading has no glyphs that agree with its text.
    """
    found: list[list[object]] = []
    for word in reading.words:
        if found:
            found.append([" ", word.confidence if word.confidence is not None else 1.0])
        for glyph in word.glyphs:
            sure = 1.0 if glyph.confidence is None else round(glyph.confidence, 4)
            found.append([glyph.text, sure, *_place(glyph.boundary, span)])
    if "".join(str(one[0]) for one in found) != reading.text:
        return None
    return _whole(found)


def _place(
    boundary: Sequence[tuple[float, float]], span: tuple[float, float] | None
) -> list[float]:
    if not boundary or span is None or span[1] <= span[0]:
        return []
    xs = [(x - span[0]) / (span[1] - span[0]) for x, _ in boundary]
    return [round(min(max(x, 0.0), 1.0), 4) for x in (min(xs), max(xs))]


def _whole(found: list[list[object]]) -> list[list[object]]:
    """Places for all, or for none; a space lies between its neighbours."""
    for at, one in enumerate(found):
        if (
            len(one) == 2
            and 0 < at < len(found) - 1
            and len(found[at - 1]) == 4 == len(found[at + 1])
        ):
            one += [found[at - 1][3], found[at + 1][2]]
    if any(len(one) != 4 for one in found):
        return [one[:2] for one in found]
    return found
