"""The charset of a network for Tesseract, with everything that stands beside it in its file.

What ``unicharset_extractor``, ``merge_unicharsets`` and ``combine_lang_model`` do before a
training, in one step and from the lines themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from uncial.errors import CharsetError, ConfigError
from uncial.formats.tesseract import bundle as bundles
from uncial.formats.tesseract.bundle import Langdata, Language, Starter, bundle
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.engine import RECODER, UNICHARSET, charset
from uncial.formats.tesseract.extraction import Extraction, extract, merge
from uncial.formats.tesseract.labels import label_table
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.segmentation import Mode
from uncial.formats.tesseract.unicharset import Unicharset
from uncial.formats.tesseract.wordlists import word_lists
from uncial.text.codec import Codec
from uncial.text.order import base_direction
from uncial.training.basis import TesseractConfig

_GRAPHS = (bundles.WORDS, bundles.PUNCTUATION, bundles.NUMBERS)
_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class TesseractCharset:
    """A charset and the components that go with it.

    Attributes:
        codec: To train with.
        components: All of a ``.traineddata`` but its network.
        notes: What could not be used.
    """

    codec: Codec
    components: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


def charset_of_texts(texts: Sequence[str], options: TesseractConfig) -> TesseractCharset:
    """The charset of lines, with word graphs from them.

    Args:
        texts: Ground truth in logical order, normalized.
        options: Mode, lists and where to find what is known of scripts.

    Raises:
        CharsetError: The lines hold no unit, or one that cannot be recoded.
        ConfigError, FormatError: A list or the data of scripts cannot be used.
    """
    found = _extracted(texts, options)
    language = _language(texts, options)
    if options.dictionary == "lines":
        lists = word_lists(texts)
        language = replace(
            language,
            words=language.words or lists.words,
            punctuation=language.punctuation or lists.punctuation,
            numbers=language.numbers or lists.numbers,
        )
    return _made(found.unicharset, language, options, {}, _refused(found))


def charset_of_base(
    base: Mapping[str, bytes], texts: Sequence[str], options: TesseractConfig
) -> TesseractCharset:
    """The charset of a model together with that of lines; its word graphs stay.

    Args:
        base: Components of a model of Tesseract.
        texts: Ground truth in logical order, normalized.
        options: Lists given there replace those of the base.

    Raises:
        CharsetError, ConfigError, FormatError: As `charset_of_texts`.
    """
    old, recoder = charset(TrainedData(components=dict(base)), "the base")
    found = _extracted(texts, options)
    merged = merge([old, found.unicharset])
    language = _language(texts, options)
    passed = language.pass_through or _is_pass_through(recoder)
    language = replace(language, pass_through=passed)
    kept = {part: body for part, body in base.items() if part not in _GRAPHS}
    if options.dictionary != "none" and not language.punctuation:
        kept |= _carried(base, old, merged)
    return _made(merged, language, options, kept, _refused(found))


def _made(
    units: Unicharset,
    language: Language,
    options: TesseractConfig,
    kept: Mapping[str, bytes],
    notes: list[str],
) -> TesseractCharset:
    known = _langdata(options)
    try:
        starter, codec = _recoded(units, language, known)
    except CharsetError as error:
        if language.pass_through:
            raise
        notes.append(f"units are not recoded, for {error.problem}")
        starter, codec = _recoded(units, replace(language, pass_through=True), known)
    notes += [
        f"{len(texts)} entries of {part} cannot be written, such as {texts[0]!r}"
        for part, texts in starter.dropped.items()
        if texts
    ]
    made = starter.model.components
    fresh = {UNICHARSET: made[UNICHARSET], RECODER: made[RECODER]}
    return TesseractCharset(codec=codec, components={**made, **kept, **fresh}, notes=tuple(notes))


def _recoded(
    units: Unicharset, language: Language, known: Langdata | None
) -> tuple[Starter, Codec]:
    starter = bundle(units, language, known)
    table = label_table(starter.unicharset, starter.recoder)
    if table.lost:
        raise CharsetError(
            f"{table.lost[0]!r} would have the code of another unit",
            remedy="pass the units through",
        )
    return starter, table.codec


def _extracted(texts: Sequence[str], options: TesseractConfig) -> Extraction:
    modes: dict[int, Mode] = {1: 1, 2: 2, 3: 3}
    chosen = 2 if options.norm_mode == "auto" else options.norm_mode
    if options.norm_mode == "auto" and _right_to_left(texts, options):
        chosen = 3
    found = extract(texts, modes[chosen])
    if len(found.unicharset) < 4:
        raise CharsetError(
            "the training lines hold no character", remedy="check their ground truth"
        )
    return found


def _refused(found: Extraction) -> list[str]:
    notes = []
    if found.refused:
        shown = "; ".join(f"{text[:40]!r} ({why})" for text, why in found.refused[:_SHOWN])
        notes.append(f"{len(found.refused)} texts break the rules of their script: {shown}")
    if found.unfit:
        notes.append(f"units that Tesseract cannot hold: {found.unfit[:_SHOWN]}")
    return notes


def _right_to_left(texts: Sequence[str], options: TesseractConfig) -> bool:
    if options.right_to_left != "auto":
        return options.right_to_left
    return base_direction(" ".join(texts)) == "rl"


def _language(texts: Sequence[str], options: TesseractConfig) -> Language:
    """What was given of the dictionary, and how the script is written."""
    words, punctuation, numbers = (
        _listed(path) for path in (options.words, options.punctuation, options.numbers)
    )
    if (words or numbers) and not punctuation:
        punctuation = (" ",)
    return Language(
        words=words,
        punctuation=punctuation,
        numbers=numbers,
        right_to_left=_right_to_left(texts, options),
        pass_through=options.pass_through,
    )


def _listed(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    if not path.is_file():
        raise ConfigError(f"{path}: no such list", remedy="name an existing file")
    return bundles.lines(path.read_bytes())


def _langdata(options: TesseractConfig) -> Langdata | None:
    """What is known of scripts, and of Han characters where the folder has that."""
    folder = options.langdata
    if folder is None:
        return None
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder", remedy="name that of langdata_lstm")
    return Langdata.folder(folder, han=False)


def _carried(base: Mapping[str, bytes], old: Unicharset, new: Unicharset) -> dict[str, bytes]:
    """The word graphs of a base in the ids of another unicharset."""
    to = [new.id_of(entry.text) for entry in old.entries]
    graphs = {}
    for part in _GRAPHS:
        if part not in base:
            continue
        graph = Dawg.unpack(base[part], part)
        if to == list(range(len(old))) and graph.unicharset_size == len(old):
            graphs[part] = _widened(graph, len(new)).pack()
            continue
        words = [[to[at] for at in word] for word in graph.sequences()]
        words = [word for word in words if min(word) >= 0]
        if words:
            graphs[part] = Dawg.build(words, unicharset_size=len(new)).pack()
    return graphs


def _widened(graph: Dawg, size: int) -> Dawg:
    """A graph for a unicharset that goes on behind the one it was made for."""
    old, new = graph.unicharset_size.bit_length(), size.bit_length()
    unichars = graph.packed & np.uint64((1 << old) - 1)
    rest = graph.packed >> np.uint64(old)
    return Dawg(size, unichars | (rest << np.uint64(new)))


def _is_pass_through(recoder: Recoder) -> bool:
    """Whether codes are the units themselves."""
    return all(code == (at,) for at, code in enumerate(recoder.codes))
