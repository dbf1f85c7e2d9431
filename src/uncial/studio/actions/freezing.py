"""The action *freeze*: a dataset as it is now becomes a version, with a report on its lines."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from uncial.progress import Note
from uncial.studio import datasets, groundtruth
from uncial.studio.context import Context
from uncial.studio.db.tables import DatasetVersion
from uncial.tasks.base import TASKS, resolve
from uncial.text.graphemes import graphemes

_FINDINGS: Final = 500
"""Findings that are kept; the report of the job has them all."""


@dataclass(frozen=True, kw_only=True)
class FreezeConfig:
    """Which dataset."""

    dataset: int


@dataclass(frozen=True, kw_only=True)
class FreezeResult:
    """What was frozen.

    Attributes:
        dataset: Its id.
        version: Number of the version.
        lines: In it.
        left_out: Lines that cannot be used.
        warnings: About lines that are kept.
    """

    dataset: int
    version: int
    lines: int
    left_out: int
    warnings: int


def freeze_dataset(context: Context, config: FreezeConfig) -> FreezeResult:
    """Cut the lines of a dataset out, judge them and draw their split by page.

    Raises:
        NotFound: The dataset is gone.
        DataError: There is no line, or none that can be used.
    """
    with context.db.read() as session:
        dataset = datasets.found(session, config.dataset)
        choice, body = datasets.choice_of(dataset), dataset.body
        counts = groundtruth.count(session, choice)
    table = groundtruth.freeze(context, choice, context.folder / "data").data
    store = context.folder / "store"
    task_config, run = TASKS["ingest"].load()
    given: dict[str, Any] = {"sources": (table,), "output": store, "go_on": True}
    given |= {name: body[name] for name in ("validation", "test", "seed")}
    result: Any = run(resolve(task_config, {**given, "overwrite": True}), context.reporter)
    facts = {
        "lines": result.lines,
        "splits": result.splits,
        "left_out": result.left_out,
        "warnings": result.warnings,
        "findings": _findings(store / "report.json"),
        "characters": _characters(table),
        "counts": counts,
        "frozen": body,
    }
    number = _keep(context, config.dataset, facts)
    for code, count in {**result.left_out, **result.warnings}.items():
        context.reporter(Note(text=f"{count} × {code.replace('-', ' ')}", level="warning"))
    return FreezeResult(
        dataset=config.dataset,
        version=number,
        lines=result.lines,
        left_out=sum(result.left_out.values()),
        warnings=sum(result.warnings.values()),
    )


def _keep(context: Context, dataset: int, facts: dict[str, Any]) -> int:
    """The number of the version, which a run that died may have made already."""
    with context.db.write() as session:
        there = select(DatasetVersion).where(DatasetVersion.job_id == context.job)
        version = session.scalar(there)
        if version is None:
            number = datasets.next_number(session, dataset)
            version = DatasetVersion(dataset_id=dataset, number=number, job_id=context.job)
            version.facts = facts
            session.add(version)
        return version.number


def _findings(report: Path) -> list[dict[str, Any]]:
    """What is wrong with lines, each with the line that it is about."""
    found = json.loads(report.read_text("utf-8"))["findings"]
    return [{**one, "at": _place(one)} for one in found[:_FINDINGS]]


def _place(finding: dict[str, Any]) -> str:
    """``"page:line"`` of a finding; empty where it is about none."""
    name = Path(str(finding.get("line") or finding.get("line_id") or finding.get("source") or ""))
    page, _, line = name.stem.removeprefix("page").partition("_")
    return f"{page}:{line}" if page.isdigit() and line else ""


def _characters(table: Path) -> list[dict[str, Any]]:
    """Every grapheme with how often it stands, its name, and a line that has it; rare ones last."""
    counts: Counter[str] = Counter()
    example: dict[str, str] = {}
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for one in graphemes(unicodedata.normalize("NFC", row["text"])):
                counts[one] += 1
                example.setdefault(one, row["image"])
    return [
        {
            "text": text,
            "count": times,
            "code": " ".join(f"U+{ord(c):04X}" for c in text),
            "name": " + ".join(unicodedata.name(c, "no name") for c in text).lower(),
            "at": _place({"line": example[text]}),
        }
        for text, times in counts.most_common()
    ]
