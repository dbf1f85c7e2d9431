"""Render ``docs/reference/benchmarks.md`` from the rows in ``benchmarks/results`` alone.

For each benchmark, data set and engine the rows of the newest commit count; where there are
several, figures are their medians::

    python benchmarks/report.py            # write the page
    python benchmarks/report.py --check    # exit code 1 if the page is not up to date
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from tables import APART, TABLES, Column, Row

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"

HEAD = """\
# Benchmarks

Written by `python benchmarks/report.py` from the rows in `benchmarks/results`; `make bench` runs
everything anew. Each figure was measured by the script named above its table, every engine in
processes of its own. *CPU-seconds* are user and system time of all processes of an engine;
machines are noisy, so compare these rather than wall time. *CER* is edits over ground-truth
characters ([how it is computed](../how-cer-is-computed.md)), in brackets its 95 % interval by
bootstrap. Memory is the peak resident size of one process.
"""


def rows_of(name: str) -> list[Row]:
    """One row for each data set and engine of a benchmark."""
    path = RESULTS / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    groups: dict[tuple[str, str], list[Row]] = {}
    for line in lines:
        row = {"engine": "uncial", **json.loads(line)}
        key = " ".join(str(row.get(part, "")) for part in APART.get(name, ("set",)))
        groups.setdefault((key, row["engine"]), []).append(row)
    merged = []
    for rows in groups.values():
        newest = max(rows, key=lambda row: row["when"])
        same = [row for row in rows if row.get("commit") == newest.get("commit")]
        merged.append(median_row([row for row in same if row is not newest], newest))
    return sorted(merged, key=lambda row: (row.get("set", ""), row["engine"] != "uncial"))


def median_row(older: Sequence[Row], newest: Row) -> Row:
    """The newest row, its figures replaced by medians over all."""
    result: Row = {"rows": len(older) + 1}
    for key, value in newest.items():
        others = [row[key] for row in older if key in row]
        if isinstance(value, dict):
            inner = median_row([other for other in others if isinstance(other, dict)], value)
            result[key] = {name: item for name, item in inner.items() if name != "rows"}
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            result[key] = statistics.median([value, *others])
        else:
            result[key] = value
    return result


def table(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    """A Markdown table; every column but the texts at the left is a figure."""
    head = [name for name, _ in columns]
    marks = ["---" if name in ("set", "engine") else "--:" for name in head]
    cells = [[cell(row) for _, cell in columns] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, marks, *cells])


def section(name: str) -> str:
    """Heading, table and provenance of a benchmark; empty where it has no rows."""
    rows = rows_of(name)
    if not rows:
        return ""
    title, about, columns = TABLES[name]
    origins = dict.fromkeys(
        f"{row['when'][:10]}, commit {row['commit']}, {machine(row)}"
        + (f", medians of {row['rows']} runs" if row["rows"] > 1 else "")
        for row in rows
    )
    return f"## {title}\n\n{about}\n\n{table(rows, columns)}\n\nMeasured {'; '.join(origins)}.\n"


def machine(row: Row) -> str:
    """The hardware in words."""
    told = row.get("hardware")
    if not told:
        return str(row.get("machine", "machine unknown"))
    half = ", bfloat16" if told.get("bf16") else ""
    return f"{told['cpu']}, {told['cores']:.0f} cores{half}"


def main() -> None:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = "\n".join([HEAD, *filter(None, map(section, TABLES))])
    if options.check:
        written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        sys.exit(f"{PAGE} is not up to date: run benchmarks/report.py" if written != text else 0)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
