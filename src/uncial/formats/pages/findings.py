"""What can be amiss in files of pages: every kind of finding, with what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Outcome = Literal["repaired", "kept", "left-out"]
"""``repaired``: set right. ``kept``: as it is, worth a look. ``left-out``: cannot be used."""


class Kind(NamedTuple):
    """One kind of finding.

    Attributes:
        outcome: What became of it.
        message: What was amiss, and how it was repaired.
        remedy: The reader's next step, as an imperative sentence.
    """

    outcome: Outcome
    message: str
    remedy: str


_AGAIN: Final = "correct it in the program that wrote the file, if it matters"

KINDS: Final[Mapping[str, Kind]] = {
    "missing-image": Kind(
        "left-out", "the image of the page was not found", "put it beside the page file"
    ),
    "unreadable-image": Kind(
        "left-out", "the image of the page cannot be read", "copy it again from its origin"
    ),
    "image-elsewhere": Kind(
        "repaired",
        "the image that the file names is not there; another of like name was taken",
        "check that it is the right one",
    ),
    "no-image-name": Kind(
        "repaired", "the file names no image; the one with its own name was taken", _AGAIN
    ),
    "path-escape": Kind(
        "repaired",
        "the image is named by a path that leads out of the folder; only its name was used",
        "put the image beside the page file",
    ),
    "remote-image": Kind(
        "kept", "the image is named by a web address, which is not fetched", "download it first"
    ),
    "same-image": Kind(
        "left-out", "another page file has the same image", "keep one of the two files"
    ),
    "size-missing": Kind("repaired", "the size of the page was missing: that of its image", _AGAIN),
    "size-unknown": Kind("kept", "the size of the page is not known", "add its image"),
    "size-scaled": Kind(
        "repaired",
        "coordinates are for another size of the image and were scaled",
        "check that lines lie where they should",
    ),
    "size-differs": Kind(
        "kept",
        "the image has another shape than the file says, and its own counts",
        "check that it is the image of this page and was not turned or cropped",
    ),
    "other-unit": Kind(
        "kept", "coordinates are not in pixels; they are scaled to the image", "add the image"
    ),
    "no-id": Kind("repaired", "an element had no id and got one", _AGAIN),
    "duplicate-id": Kind("repaired", "an id occurred twice; the later one was renamed", _AGAIN),
    "bad-id": Kind("repaired", "an id that no XML file may have was replaced", _AGAIN),
    "bad-points": Kind("left-out", "coordinates cannot be read", _AGAIN),
    "one-point-baseline": Kind(
        "repaired", "a baseline has one point; it is sought from the outline", _AGAIN
    ),
    "bad-polygon": Kind("left-out", "an outline encloses nothing", _AGAIN),
    "crossing-polygon": Kind("repaired", "an outline crosses itself; its main part was kept",
                             _AGAIN),
    "outside": Kind(
        "repaired", "an outline or baseline reaches beyond the page and was cut off", _AGAIN
    ),
    "not-on-page": Kind(
        "left-out",
        "an outline or baseline lies wholly outside the page",
        "check that the file belongs to this image at this size",
    ),
    "no-place": Kind(
        "kept", "a line has neither baseline nor outline", "segment the page again"
    ),
    "bad-confidence": Kind("repaired", "a confidence was not between 0 and 1", _AGAIN),
    "bad-reference": Kind("kept", "the reading order names what is not there", _AGAIN),
    "order-incomplete": Kind(
        "repaired", "the reading order lacks regions; they were put at its end", _AGAIN
    ),
    "text-without-lines": Kind(
        "left-out", "a region has text but no lines to hold it", "align the text to found lines"
    ),
    "control-character": Kind(
        "repaired", "characters that no XML file may have were removed", _AGAIN
    ),
    "not-kept": Kind("left-out", "the page model does not hold it", "keep the original file"),
    "no-page": Kind("left-out", "the file holds no page", "remove it"),
    "unreadable": Kind("left-out", "the file cannot be read", "export it again"),
    "skipped-member": Kind(
        "left-out", "a member of the archive was passed over", "check that it is needed"
    ),
}  # fmt: skip
"""Every kind of finding by its code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFinding:
    """One thing about a file of pages that is worth knowing.

    Attributes:
        code: A key of `KINDS`.
        element: Id of the region, line or word, or ``""``.
        detail: What was seen.
        source: File it was found in.
    """

    code: str
    element: str = ""
    detail: str = ""
    source: str = ""

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        return KINDS[self.code].outcome

    @property
    def message(self) -> str:
        """Where, what was amiss, and what was seen."""
        where = ": ".join(filter(None, (self.source, self.element)))
        text = KINDS[self.code].message
        seen = f" ({self.detail})" if self.detail else ""
        return f"{where}: {text}{seen}" if where else f"{text}{seen}"

    @property
    def remedy(self) -> str:
        """The reader's next step."""
        return KINDS[self.code].remedy


def summary(findings: Iterable[PageFinding]) -> list[str]:
    """One line for each kind of finding: how many, what, and an example."""
    counts: Counter[str] = Counter()
    first: dict[str, PageFinding] = {}
    for finding in findings:
        counts[finding.code] += 1
        first.setdefault(finding.code, finding)
    return [
        f"{count} × {code}: {KINDS[code].message}; first {_example(first[code])}"
        for code, count in counts.most_common()
    ]


def _example(finding: PageFinding) -> str:
    source = finding.source.replace("\\", "/").rpartition("/")[2]
    where = ": ".join(filter(None, (source, finding.element)))
    return (
        " ".join(filter(None, (where, f"({finding.detail})" if finding.detail else ""))) or "here"
    )
