"""The verb *score*: texts of pages against their ground truth, whatever program wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from uncial.errors import DataError, FormatError, InputError
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.text.normalize import Normalization
from uncial.text.pagescore import PageCounts, Rate, page_rates, score_page

_SUFFIXES = (".gt.txt", ".txt")
_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Which texts to compare, and how."""

    truth: Path
    """Text file of a page, or folder of such files (.txt, .gt.txt)."""

    text: Path
    """What was read: a file, or a folder of files with the same names."""

    normalization: str = "nfc+spaces"
    """Rules applied to every line of both sides, joined by +."""

    units: Literal["grapheme", "codepoint"] = "grapheme"
    """What counts as one character."""

    report: Path | None = None
    """CSV file to write, one page a row."""

    seed: int = 0
    """Of the bootstrap over pages."""


@dataclass(frozen=True, kw_only=True)
class ScoreResult:
    """What was measured; rates are fractions.

    Attributes:
        rates: In order (cer, wer), as a bag of words (bag_wer), and with lines in any order
            (flexible_cer, flexible_wer), with intervals over pages.
        order_share: Part of the WER, 0-1, that is the fault of order alone.
        pages: Errors of each.
        normalization: Applied to both sides.
        report: The CSV file, if one was asked for.
    """

    rates: tuple[Rate, ...]
    order_share: float
    pages: tuple[PageCounts, ...]
    normalization: str
    report: Path | None = None


def score(config: ScoreConfig, reporter: Reporter = silent) -> ScoreResult:
    """Score texts of whole pages: in order, as a bag of words, and with lines in any order.

    TRUTH and TEXT are two files, or two folders whose files have the same names. A page without
    a text counts as read empty. Lines are what is put in any order, so keep one line a row.

    Raises:
        InputError: A file or folder is missing.
        FormatError: A file is not UTF-8.
        DataError: There is no page.
    """
    from uncial.evaluation.tables import table_text

    rules = Normalization.named(config.normalization)
    pairs = _pairs(config.truth, config.text, reporter)
    pages = []
    for done, (name, truth, text) in enumerate(pairs, start=1):
        output = _read(text) if text is not None else ""
        counts = score_page(
            _read(truth), output, name=name, normalization=rules, units=config.units
        )
        pages.append(counts)
        reporter(Advanced(stage="score", done=done, total=len(pairs), unit="pages"))
    rates = page_rates(pages, seed=config.seed)
    found = {rate.name: rate.rate for rate in rates}
    if config.report is not None:
        columns = tuple(PageCounts.__dataclass_fields__)
        config.report.parent.mkdir(parents=True, exist_ok=True)
        rows = ({name: getattr(page, name) for name in columns} for page in pages)
        config.report.write_text(table_text(columns, rows), encoding="utf-8")
    lost = found["wer"] - found["bag_wer"]
    return ScoreResult(
        rates=tuple(rates),
        order_share=lost / found["wer"] if found["wer"] else 0.0,
        pages=tuple(pages),
        normalization=rules.name,
        report=config.report,
    )


def _pairs(truth: Path, text: Path, reporter: Reporter) -> list[tuple[str, Path, Path | None]]:
    """Name, truth and text of every page."""
    for path in (truth, text):
        if not path.exists():
            raise InputError(f"{path}: does not exist", remedy="name a text file or a folder")
    if truth.is_dir() != text.is_dir():
        raise InputError(
            f"{truth} and {text}: one is a folder, the other a file",
            remedy="name two files, or two folders",
        )
    if not truth.is_dir():
        return [(truth.name, truth, text)]
    expected, found = _texts(truth), _texts(text)
    if not expected:
        raise DataError(f"{truth}: holds no .txt file", remedy="name a folder with texts of pages")
    missing = sorted(set(expected) - set(found))
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        reporter(
            Note(
                text=f"{len(missing)} pages have no text in {text} and count as read empty: "
                f"{', '.join(missing[:_NAMED])}{more}",
                level="warning",
            )
        )
    return [(name, path, found.get(name)) for name, path in sorted(expected.items())]


def _texts(folder: Path) -> dict[str, Path]:
    """Text files of a folder by name of the page; ground truth wins over a plain text."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        suffix = next((end for end in _SUFFIXES if path.name.endswith(end)), None)
        if suffix is not None:
            found.setdefault(path.name.removesuffix(suffix), path)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: not UTF-8", offset=error.start, remedy="save the text as UTF-8"
        ) from error
