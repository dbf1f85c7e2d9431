"""A starter model: everything of a ``.traineddata`` but the network.

What ``combine_lang_model`` does: a unicharset gets its properties, a recoder is built for it,
and lists of words, punctuation and numbers become word graphs. Training adds the network.

Layout of the folder that is read, as in langdata::

    <Script>.unicharset     properties of the units of a script
    radical-stroke.txt      codes of Han characters
    <lang>/<lang>.config    settings for the recognizer; may be absent

Words of right-to-left scripts are turned around and mirrored, for the network reads lines from
left to right.

Source: tesseract 5.x ``src/training/combine_lang_model.cpp``,
``src/training/unicharset/lang_model_helpers.cpp``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from uncial.errors import ConfigError, InputError, UnencodableText
from uncial.formats.tesseract import properties, radicals
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import MAX_LENGTH, Dawg
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.recoding import Code
from uncial.formats.tesseract.unicharset import Unicharset

WORDS, PUNCTUATION, NUMBERS = "lstm-word-dawg", "lstm-punc-dawg", "lstm-number-dawg"
_RIGHT_TO_LEFT = frozenset({1, 13})
_SOURCE = "take it from github.com/tesseract-ocr/langdata_lstm"


@dataclass(frozen=True, kw_only=True)
class Language:
    """What a starter model is made of, beside its units.

    Attributes:
        words: Words of the dictionary.
        punctuation: Contexts of words, a space standing for the word.
        numbers: Patterns, a space standing for any digit.
        right_to_left: The script is written from right to left.
        pass_through: Let the network write units, not their parts.
        version: Text of the version component.
        config: Settings for the recognizer.
    """

    words: tuple[str, ...] = ()
    punctuation: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    right_to_left: bool = False
    pass_through: bool = False
    version: str = "uncial"
    config: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Starter:
    """A starter model and what was left out of it.

    Attributes:
        model: With the components ``lstm-unicharset``, ``lstm-recoder``, ``version`` and the
            word graphs.
        unicharset: The units, with their properties.
        recoder: Their codes.
        dropped: Words that the units cannot write, by component.
        unknown_scripts: Scripts whose properties of the line were not given.
    """

    model: TrainedData
    unicharset: Unicharset
    recoder: Recoder
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown_scripts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Langdata:
    """What is known of scripts.

    Attributes:
        script: The unicharset of a script by its name, None if there is none.
        radicals: Codes of Han characters.
    """

    script: Callable[[str], Unicharset | None] = lambda name: None
    radicals: Mapping[int, Code] = field(default_factory=dict)

    @classmethod
    def folder(cls, folder: Path, *, han: bool = True) -> Langdata:
        """The data of a folder; scripts are read when they are asked for.

        Args:
            folder: As in langdata.
            han: The codes of Han characters have to be there.

        Raises:
            InputError: There is no ``radical-stroke.txt``, but it has to be.
            FormatError: It cannot be read.
        """
        file = folder / "radical-stroke.txt"
        if han and not file.is_file():
            raise InputError(f"{folder}: no radical-stroke.txt", remedy=_SOURCE)

        def script(name: str) -> Unicharset | None:
            source = folder / f"{name}.unicharset"
            if not os.path.isfile(source):  # noqa: PTH113 - Path.is_file raises on long names
                return None
            return Unicharset.unpack(source.read_bytes(), str(source))

        codes = radicals.unpack(file.read_bytes(), str(file)) if file.is_file() else {}
        return cls(script=script, radicals=codes)


def bundle(units: Unicharset, language: Language, langdata: Langdata | None = None) -> Starter:
    """The starter model of some units.

    Args:
        units: Read or extracted; their properties are set anew.
        language: Dictionary and direction.
        langdata: Properties of scripts and Han characters; without it boxes stay open.

    Raises:
        ConfigError: There are words or numbers but no punctuation, or the units can write
            nothing of a list.
        CharsetError: The units cannot be recoded.
        FormatError: The unicharset of a script cannot be read.
    """
    known = langdata or Langdata()
    listed = [entry.script for entry in units.entries]
    unicharset, unknown = properties.from_scripts(
        properties.from_unicode(units), known.script, listed
    )
    if language.pass_through:
        recoder = Recoder.pass_through(unicharset)
    else:
        recoder = Recoder.build(unicharset, known.radicals)
    graphs, dropped = _graphs(language, unicharset)
    components = {
        "config": language.config,
        "lstm-unicharset": unicharset.pack(),
        "lstm-recoder": recoder.pack(),
        "version": language.version.encode(),
    }
    return Starter(
        model=TrainedData(components=components | graphs),
        unicharset=unicharset,
        recoder=recoder,
        dropped=dropped,
        unknown_scripts=tuple(unknown),
    )


def lines(data: bytes) -> tuple[str, ...]:
    """The entries of a list file: its lines, spaces kept, without empty ones."""
    text = data.decode("utf-8", errors="replace")
    return tuple(line for line in (row.rstrip("\r") for row in text.split("\n")) if line)


def _graphs(
    language: Language, unicharset: Unicharset
) -> tuple[dict[str, bytes], dict[str, tuple[str, ...]]]:
    """The word graphs by component, and what they leave out."""
    if not language.punctuation and (language.words or language.numbers):
        raise ConfigError(
            "a dictionary needs a list of punctuation",
            remedy="give one; a single line with one space allows words without punctuation",
        )
    turned = language.right_to_left
    lists = {
        WORDS: (language.words, None),
        PUNCTUATION: (language.punctuation, turned),
        NUMBERS: (language.numbers, False),
    }
    graphs = {}
    dropped = {}
    for name, (texts, turn) in lists.items():
        if texts:
            words, left = _encoded(texts, unicharset, turn)
            if not words:
                raise ConfigError(
                    f"the units can write none of the {len(texts)} entries for {name}",
                    remedy="give the list of the same language as the text, or leave it out",
                )
            graphs[name] = Dawg.build(words, unicharset_size=len(unicharset)).pack()
            dropped[name] = tuple(left)
    return graphs, dropped


def _encoded(
    texts: Iterable[str], unicharset: Unicharset, turn: bool | None
) -> tuple[list[list[int]], list[str]]:
    """Texts as ids, and those that cannot be encoded.

    Args:
        texts: Words or patterns.
        unicharset: Their units.
        turn: Turn them around: always, never, or (None) those with right-to-left letters.
    """
    words = []
    left = []
    for text in texts:
        try:
            ids = unicharset.encode(text)
        except UnencodableText:
            ids = []
        if not 0 < len(ids) <= MAX_LENGTH:
            left.append(text)
            continue
        entries = [unicharset.entries[at] for at in ids]
        reverse = any(entry.direction in _RIGHT_TO_LEFT for entry in entries)
        if reverse if turn is None else turn:
            ids = [entry.mirror for entry in reversed(entries)]
        words.append(ids)
    return words, left
