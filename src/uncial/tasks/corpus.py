"""The verb *corpus*: text → what synthesis draws its lines from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from uncial.errors import ConfigError, InputError
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.synth.distribution import Distribution

_TABLES = (".csv", ".tsv", ".parquet")
_XML_IN = 4096  # bytes at the start of a file that show whether it is XML


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Which text, and where to keep what is counted."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    sources: tuple[Path, ...]
    """Text files, plain or compressed by gzip; XML files (ALTO, PAGE, TEI or other) and folders
    of them; ground truth as for ingest and line stores, of which the lines for training are
    taken."""
    output: Path
    """JSON file to write."""
    normalization: str = "nfc+spaces"
    """Rules for the text."""
    seed: int = 0
    """Draws the split, where ground truth has none yet."""
    overwrite: bool = False
    """Replace the output if it exists."""


@dataclass(frozen=True, kw_only=True)
class CorpusResult:
    """What was counted.

    Attributes:
        characters: In all, spaces not counted.
        distinct_characters: Graphemes that occur.
        distinct_words: Words that are kept.
        lines: Of running text that are kept.
    """

    output: Path
    characters: int
    distinct_characters: int
    distinct_words: int
    lines: int


def corpus(config: CorpusConfig, reporter: Reporter = silent) -> CorpusResult:
    """Count characters, pairs, triples and words of a corpus, and keep some running text.

    A recipe for `synthesize` or `train` names the file as its text.

    Raises:
        ConfigError: No source was named.
        InputError: The output exists, or a text cannot be read.
        FormatError: A source holds neither text nor ground truth.
        DataError: There is no text.
    """
    if config.output.exists() and not config.overwrite:
        raise InputError(
            f"{config.output} exists", remedy="name another file, or choose to overwrite it"
        )
    found = distribution_of(
        config.sources, normalization=config.normalization, seed=config.seed, reporter=reporter
    )
    config.output.parent.mkdir(parents=True, exist_ok=True)
    partial = config.output.with_name(f".{config.output.name}.part")
    partial.write_text(found.to_json(), encoding="utf-8")
    partial.replace(config.output)
    return CorpusResult(
        output=config.output,
        characters=found.total,
        distinct_characters=len(found.characters),
        distinct_words=len(found.words),
        lines=len(found.lines),
    )


def distribution_of(
    sources: Iterable[Path],
    *,
    normalization: str = "nfc+spaces",
    seed: int = 0,
    reporter: Reporter = silent,
) -> Distribution:
    """The distribution in a file that `corpus` wrote, or that of sources as it takes them.

    Raises:
        ConfigError, InputError, FormatError, DataError: As `corpus`.
    """
    from uncial.synth.distribution import Distribution, is_distribution
    from uncial.text.normalize import Normalization

    paths = tuple(sources)
    if not paths:
        raise ConfigError("no text was given", remedy="name text files or ground truth")
    absent = [path for path in paths if not path.exists()]
    if absent:
        raise InputError(f"{absent[0]}: does not exist", remedy="check the path")
    if len(paths) == 1 and paths[0].is_file() and is_distribution(paths[0]):
        return Distribution.from_json(paths[0].read_text(encoding="utf-8"), str(paths[0]))
    rules = Normalization.named(normalization)
    texts: list[str] = []
    truths: list[Path] = []
    for path in paths:
        if path.suffix.lower() in _TABLES or path.name.startswith("list."):
            truths.append(path)
        elif path.is_file():
            texts += _file_lines(path)
        else:
            pages = [file for file in sorted(path.glob("*.xml")) if file.is_file()]
            for page in pages:
                texts += _file_lines(page)
            truths += [] if pages else [path]
    if truths:
        from uncial.tasks.ingest import open_lines

        store = open_lines(truths, seed=seed, reporter=reporter)
        texts += store.texts(store.split("train"))
    reporter(Note(text=f"{len(texts)} lines of text"))
    return Distribution.measured(map(rules, texts))


def _file_lines(path: Path) -> list[str]:
    from uncial.formats.xmltext import text_lines
    from uncial.tasks.listening import read_lines

    with path.open("rb") as file:
        head = file.read(_XML_IN).removeprefix(b"\xef\xbb\xbf").lstrip()
    if path.suffix.lower() == ".xml" or head.startswith(b"<?xml"):
        return text_lines(path.read_bytes(), str(path))
    return read_lines(path)
