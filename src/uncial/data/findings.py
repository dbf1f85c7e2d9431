"""What can be wrong with ground truth: every kind of finding, with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Severity = Literal["error", "skip", "warning"]
"""``error``: the line is left out and counts as bad. ``skip``: left out as its own lists ask.
``warning``: kept, worth a look."""


class Kind(NamedTuple):
    """One kind of finding.

    Attributes:
        severity: What becomes of the line.
        message: What is wrong.
        remedy: The reader's next step, as an imperative sentence.
    """

    severity: Severity
    message: str
    remedy: str


KINDS: Final[Mapping[str, Kind]] = {
    "missing-image": Kind("error", "the image is missing", "add the image, or remove the text"),
    "empty-image": Kind(
        "error", "the image is empty", "cut the line from its page again, or remove it"
    ),
    "unreadable-image": Kind(
        "error", "the image cannot be read", "save it as PNG, JPEG or TIFF, or remove the line"
    ),
    "truncated-image": Kind(
        "error", "the image is truncated or damaged", "copy the file again from its origin"
    ),
    "decompression-bomb": Kind(
        "error",
        "the image is too large to be a line",
        "check that it is one line, not a page or a hostile file, and reduce it",
    ),
    "image-too-wide": Kind(
        "error",
        "the image is too wide for its height",
        "cut the line into pieces, and check that the image was not squeezed",
    ),
    "missing-text": Kind("error", "no text belongs to the image", "transcribe it, or remove it"),
    "empty-text": Kind("error", "the text is empty", "transcribe the line, or remove it"),
    "wrong-encoding": Kind("error", "the text is not UTF-8", "save the text as UTF-8"),
    "several-lines": Kind(
        "error", "the text has several lines", "keep the text of this one line, split the rest off"
    ),
    "impossible-length": Kind(
        "error",
        "the text cannot fit the width of the image",
        "check that image and text belong together and that the image is not cut or shrunk",
    ),
    "unreadable-lstmf": Kind(
        "error",
        "a line of the .lstmf file cannot be read",
        "make the file again with tesseract … lstm.train, or give its image and text instead",
    ),
    "no-text-line": Kind(
        "error",
        "no text line was found",
        "write boxes with text, or make the .lstmf file again in a page segmentation mode that "
        "finds the line, such as --psm 13",
    ),
    "bad-box": Kind(
        "error",
        "a box cannot be read",
        "write it as: TEXT left bottom right top page, with whole numbers of px that count from "
        "the lower left corner",
    ),
    "box-outside": Kind(
        "error",
        "a box lies outside the image",
        "check that the boxes were made for this image at this size; px count from the lower "
        "left corner",
    ),
    "boxes-run-together": Kind(
        "error",
        "boxes of two text lines are not separated",
        "put a box whose text is a tab behind the last box of every text line",
    ),
    "not-found": Kind(
        "error", "a list names a line that is not there", "correct the list, or add the line"
    ),
    "unlisted": Kind("skip", "no list file names the line", "add it to a list to use it"),
    "unknown-split": Kind(
        "skip", "the split column holds no known split", "write train, validation or test"
    ),
    "leak": Kind(
        "warning", "the same image is in two splits", "remove the copies from one of the splits"
    ),
    "two-lists": Kind(
        "warning", "the line is in the lists of two splits", "remove it from one of the lists"
    ),
    "page-across-splits": Kind(
        "warning",
        "lines of one page are in two splits",
        "split by page or document for a test that tells how unseen pages will be read",
    ),
    "duplicate-text": Kind(
        "warning",
        "the text also occurs in another split",
        "check that it is a different line; if many repeat, split by document",
    ),
    "duplicate-image": Kind(
        "warning", "the same image occurs twice in its split", "remove one of the copies"
    ),
    "conflicting-text": Kind(
        "warning", "the same image has another text elsewhere", "correct one of the two texts"
    ),
    "mixed-normalization": Kind(
        "warning",
        "composed and decomposed characters are mixed",
        "normalize all texts to one Unicode form, NFC by preference; training does so by default",
    ),
    "control-character": Kind(
        "warning", "the text has control characters", "remove them from the text"
    ),
    "replacement-character": Kind(
        "warning", "the text has characters lost in a conversion", "transcribe them again"
    ),
    "mojibake": Kind(
        "warning",
        "the text looks like UTF-8 that was read as Latin-1",
        "convert the text back, or correct it by hand",
    ),
    "one-off-character": Kind(
        "warning",
        "a character occurs once in all the ground truth",
        "check for a typing error; a model learns nothing from a single example",
    ),
    "not-in-charset": Kind(
        "warning",
        "the model cannot write a character",
        "correct it, replace it by a rule of normalization, or extend the charset in training",
    ),
    "sparse-text": Kind(
        "warning", "the image is very wide for its text", "check that the text is complete"
    ),
    "box-beyond-edge": Kind(
        "warning",
        "a box reaches beyond the edge of the image and is cut off there",
        "check that the boxes were made for this image at this size",
    ),
    "several-images": Kind(
        "warning", "several images have the line's name", "keep the one that you mean"
    ),
    "several-frames": Kind(
        "warning", "the image has several frames; the first is used", "save frames as single files"
    ),
    "not-transcribed": Kind("skip", "the line has no text yet", "transcribe it to use it"),
    "page-file": Kind(
        "warning",
        "a page file has something amiss, which was repaired where it could be",
        "correct it in the program that wrote the file, if it matters",
    ),
    "line-geometry": Kind(
        "warning",
        "the place of the line on its page is doubtful",
        "look at its image, and correct baseline or outline",
    ),
    "folder-passed-over": Kind(
        "warning",
        "a folder has images but no .gt.txt, .box or .lstmf",
        "add texts if these are lines",
    ),
}
"""Every kind of finding by its code."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing worth a person's look.

    Attributes:
        code: A key of `KINDS`.
        line_id: The line, or ``""`` where it is about no single line.
        source: File or row it was found in.
        detail: What was seen, e.g. the character or the size.
    """

    code: str
    line_id: str
    source: str
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """What becomes of the line."""
        return KINDS[self.code].severity

    @property
    def message(self) -> str:
        """What is wrong, with what was seen."""
        text = KINDS[self.code].message
        return f"{text}: {self.detail}" if self.detail else text

    @property
    def remedy(self) -> str:
        """The reader's next step."""
        return KINDS[self.code].remedy

    def to_json(self) -> dict[str, str]:
        """All of it, JSON-ready."""
        return {
            "code": self.code,
            "severity": self.severity,
            "line_id": self.line_id,
            "source": self.source,
            "message": self.message,
            "remedy": self.remedy,
        }
