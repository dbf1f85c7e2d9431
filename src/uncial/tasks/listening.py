"""Options for reading with language, shared by all verbs that read, and what they open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError, InputError
from uncial.progress import Note, Reporter

if TYPE_CHECKING:
    from uncial.decoding.lexicon import WordList
    from uncial.decoding.listening import Weights
    from uncial.models.hub import LineReader
    from uncial.models.reading import NetworkReader
    from uncial.text.codec import Codec
    from uncial.text.ngrams import NgramModel
    from uncial.text.normalize import Normalization


@dataclass(frozen=True, kw_only=True)
class LanguageConfig:
    """Which language to listen to, and how much."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    lm: Path | None = None
    """Language model: character n-grams as uncial lm writes them, or an ARPA file."""

    words: Path | None = None
    """Word list, one word a line; other words cost a penalty."""

    closed: bool = False
    """Read words of the list only."""

    weight: float | Literal["tuned"] = "tuned"
    """What log-probabilities of the language model are multiplied by."""

    bonus: float | Literal["tuned"] = "tuned"
    """Added for every character, natural log, against the language model's love of short texts."""

    penalty: float | Literal["tuned"] = "tuned"
    """Cost of a word that is not on the list, natural log, 0 or below."""

    stands: float | Literal["tuned"] = "tuned"
    """Confidence, 0-1, from which a line's greedy reading is left as it is."""

    width: int = 16
    """Hypotheses that the beam keeps for a line."""

    def __post_init__(self) -> None:
        if self.closed and self.words is None:
            raise ConfigError("closed without a word list", remedy="name a word list")

    @property
    def given(self) -> bool:
        """Whether there is any language to listen to."""
        return self.lm is not None or self.words is not None


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What was opened.

    Attributes:
        ngrams: The language model.
        listed: Words of the list, normalized; None without a list.
        closed: Whether no other words may be read.
        key: Names both by content, for weights that a model keeps.
    """

    ngrams: NgramModel | None
    listed: tuple[str, ...] | None
    closed: bool
    key: str

    def words(self, codec: Codec) -> WordList | None:
        """The word list in the labels of a model."""
        from uncial.decoding.lexicon import WordList

        return None if self.listed is None else WordList(self.listed, codec, closed=self.closed)


def listen(
    reader: LineReader, config: LanguageConfig, reporter: Reporter
) -> tuple[WordList | None, Weights | None]:
    """Let a model listen to language as the options say.

    Args:
        reader: The model.
        config: What to listen to.
        reporter: Told where weights are not tuned.

    Returns:
        The word list, if there is one, and the weights that are used.

    Raises:
        ConfigError: Models of this kind decode in their own way.
        FormatError: The language model cannot be used.
    """
    if not config.given:
        return None, None
    from uncial.decoding.listening import Listener
    from uncial.decoding.steps import BeamSettings

    members = listeners(reader)
    sources = open_sources(reader.normalization, config)
    known = [reader.metadata, *(member.metadata for member in members)]
    weights = _weights(known, config, sources.key, reporter)
    settings = BeamSettings(width=config.width)
    words = [sources.words(member.codec) for member in members]
    for member, listed in zip(members, words, strict=True):
        member.listen(Listener(member.codec, sources.ngrams, listed, weights, settings))
    return words[0], weights


def listeners(reader: LineReader) -> tuple[NetworkReader, ...]:
    """The models in a reader, one or several that vote, that can listen to language.

    Raises:
        ConfigError: It cannot.
    """
    from uncial.models.ensemble import Ensemble
    from uncial.models.hub import ModelReader
    from uncial.models.reading import NetworkReader

    if isinstance(reader, Ensemble):
        return reader.members
    if isinstance(reader, ModelReader) and not isinstance(reader, NetworkReader):
        raise ConfigError(
            "a decoder that writes token after token has its language in itself",
            remedy="leave the language out, or name a model that is read by CTC",
        )
    if not isinstance(reader, NetworkReader):
        raise ConfigError(
            "models of Tesseract decode in their own way, with their own dictionary",
            remedy="convert the model to .safetensors first, or leave the language out",
        )
    return (reader,)


def open_sources(normalization: Normalization, config: LanguageConfig) -> Sources:
    """Language model and word list for a model.

    Args:
        normalization: Form of the texts that the model writes.
        config: Names the files.

    Raises:
        InputError: A file is missing.
        FormatError: The language model cannot be used.
    """
    from uncial.formats.lm.opening import open_ngrams

    paths = [path for path in (config.lm, config.words) if path is not None]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path}: no such file", remedy="name an existing file")
    listed = None
    if config.words is not None:
        listed = tuple(filter(None, map(normalization, read_lines(config.words))))
    digest = hashlib.sha256(b"closed" if config.closed else b"")
    for path in paths:
        digest.update(path.read_bytes())
    return Sources(
        ngrams=None if config.lm is None else open_ngrams(config.lm),
        listed=listed,
        closed=config.closed,
        key=digest.hexdigest()[:16],
    )


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, plain or compressed by gzip.

    Raises:
        InputError: It is not UTF-8, or damaged.
    """
    import gzip

    data = path.read_bytes()
    try:
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}: {error}", remedy="save it as UTF-8 text, plain or compressed by gzip"
        ) from error


def unknown_rate(words: WordList | None, texts: Sequence[str]) -> float | None:
    """Share of the words of some texts that are not listed, 0-1; None without a list."""
    if words is None:
        return None
    counts = [words.unknown(text) for text in texts]
    return sum(missing for missing, _ in counts) / max(sum(count for _, count in counts), 1)


def _weights(
    known: Sequence[dict[str, Any]], config: LanguageConfig, key: str, reporter: Reporter
) -> Weights:
    """Tuned weights where some metadata keep them, and what the options say instead."""
    from dataclasses import replace

    from uncial.decoding.listening import Weights

    tuned = (one.get("language", {}).get(key) for one in known)
    kept = next((entry for entry in tuned if entry is not None), None)
    weights = Weights() if kept is None else Weights(**kept["weights"])
    names = ("weight", "bonus", "penalty", "stands")
    own = {name: getattr(config, name) for name in names if getattr(config, name) != "tuned"}
    if kept is None and not own:
        text = "this language was not tuned for this model: weights are a guess"
        reporter(Note(text=text, level="warning"))
    return replace(weights, **own)
