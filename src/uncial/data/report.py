"""The ground-truth report: every finding for programs, a summary for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from uncial.data.findings import KINDS, Finding, Severity

SHOWN_PER_KIND: Final = 20
"""Lines of one kind that the readable report names; the JSON names all."""
_HEADINGS: Final[Mapping[Severity, str]] = {
    "error": "Left out, because they cannot be used",
    "skip": "Left out, as the lists ask",
    "warning": "Kept, but worth a look",
}


@dataclass
class GroundTruthReport:
    """Findings as they come in, and what became of the lines.

    Attributes:
        findings: In the order found.
        seen: Lines looked at.
        kept: Lines stored.
        left_out: Lines left out, by the first finding that condemned them.
    """

    findings: list[Finding] = field(default_factory=list)
    seen: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Take in a finding."""
        self.findings.append(finding)

    @property
    def bad(self) -> int:
        """Lines left out for errors, those left out by lists not counted."""
        return sum(
            count for code, count in self.left_out.items() if KINDS[code].severity == "error"
        )

    @property
    def bad_share(self) -> float:
        """Bad lines among those that were to be used, 0-1."""
        wanted = self.kept + self.bad
        return self.bad / wanted if wanted else 0.0

    def warnings(self) -> dict[str, int]:
        """Number of warnings by code."""
        return dict(Counter(f.code for f in self.findings if f.severity == "warning"))

    def of(self, code: str) -> list[Finding]:
        """Findings of one kind."""
        return [finding for finding in self.findings if finding.code == code]

    def to_json(self) -> dict[str, Any]:
        """Counts and every finding, JSON-ready."""
        return {
            "lines": {"seen": self.seen, "kept": self.kept, "left_out": dict(self.left_out)},
            "warnings": self.warnings(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def json_text(self) -> str:
        """`to_json` as a document, one finding a line."""
        record = self.to_json()
        findings = record.pop("findings")
        rows = ",\n".join(json.dumps(finding, ensure_ascii=False) for finding in findings)
        head = json.dumps(record, ensure_ascii=False)[:-1]
        return f'{head}, "findings": [\n{rows}\n]}}\n'

    def to_text(self) -> str:
        """The readable report; nothing longer than a few screens."""
        rows = [
            "Ground-truth report",
            f"{self.seen} lines seen, {self.kept} kept, {self.left_out.total()} left out",
            f"{sum(self.warnings().values())} warnings",
        ]
        for severity, heading in _HEADINGS.items():
            kinds = [code for code, kind in KINDS.items() if kind.severity == severity]
            chapters = [(code, found) for code in kinds if (found := self.of(code))]
            if chapters:
                rows += ["", heading, "=" * len(heading)]
            for code, found in chapters:
                rows += _chapter(code, found)
        return "\n".join([*rows, ""])

    def summary(self) -> str:
        """Lines left out by kind with the first names, one kind a line."""
        return "\n".join(
            f"{count} × {KINDS[code].message}: {name_some(self.of(code))}"
            for code, count in self.left_out.most_common()
        )


def name_some(findings: Iterable[Finding], count: int = 3) -> str:
    """The first few lines by name, and how many more there are."""
    names = [finding.line_id or finding.source for finding in findings]
    more = f" and {len(names) - count} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def _chapter(code: str, found: list[Finding]) -> list[str]:
    kind = KINDS[code]
    rows = ["", f"{len(found)} × {kind.message} [{code}]", f"  → {kind.remedy}"]
    for finding in found[:SHOWN_PER_KIND]:
        detail = f": {finding.detail}" if finding.detail else ""
        rows.append(f"    {finding.line_id or finding.source}{detail}")
    if len(found) > SHOWN_PER_KIND:
        rows.append(f"    … and {len(found) - SHOWN_PER_KIND} more in report.json")
    return rows
