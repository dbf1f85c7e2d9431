"""Which start a run has: read the base, choose the strategy, make the charset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError, describe_grapheme
from uncial.formats.models import kraken, native, traineddata
from uncial.formats.models.kinds import is_pretrained, model_kind
from uncial.formats.tesseract import checkpoint
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.engine import UNICHARSET, network
from uncial.formats.tesseract.unicharset import clean
from uncial.formats.tesseract.vgsl import nodes_of
from uncial.imaging.prepare import Preprocessing
from uncial.models.hub import open_checkpoint
from uncial.nn import vgsl
from uncial.nn.border import RandomBorder, set_border
from uncial.nn.build import Network
from uncial.progress import Note, Reporter, silent
from uncial.text.codec import Codec
from uncial.text.order import display_order, units_as_seen
from uncial.training.basis import StartConfig, Strategy
from uncial.training.config import TrainConfig
from uncial.training.settings import Asked, Settings
from uncial.training.starter import TesseractCharset, charset_of_base, charset_of_texts
from uncial.training.strategies import (
    Start,
    append_head,
    extend_charset,
    fine_tune,
    scratch,
    slowed,
)

_SHOWN = 10  # new characters in a note
_FLOAT = (
    "take the float model of the same language, for example from "
    "github.com/tesseract-ocr/tessdata_best"
)


def open_base(config: StartConfig, reporter: Reporter = silent) -> ModelArchive | None:
    """The model that a run goes on from; None from scratch.

    Raises:
        ConfigError: There is no such file, its weights are int8, or a checkpoint comes without
            the model whose charset it has.
        FormatError: It is no model, or damaged.
    """
    path = config.base
    if path is None:
        return None
    if is_pretrained(path):
        return open_checkpoint(path, reporter)
    data = _read(path)
    if config.traineddata is not None:
        model = TrainedData.unpack(_read(config.traineddata), config.traineddata.name)
        record = checkpoint.recognizer(data, path.name)
        return _archive(model.replaced("lstm", record.pack()), path.name)
    try:
        kind = model_kind(data, path.name)
    except FormatError as error:
        raise FormatError(
            f"{path}: no model",
            offset=0,
            remedy="give a .safetensors, .mlmodel or .traineddata file; for a checkpoint of "
            "lstmtraining also the traineddata that it was trained with",
        ) from error
    if kind == "kraken":
        archive, _ = kraken.unpack(data, path.name)
        if kraken.is_segmenter(archive):
            raise ConfigError(
                f"{path}: finds lines on pages and reads no text",
                remedy="start from a model that reads text",
            )
        return archive
    if kind == "safetensors":
        archive = native.unpack(data)
        if archive.voters:
            raise ConfigError(
                f"{path}: holds {len(archive.voters) + 1} models that vote",
                remedy="start from the model.safetensors of one of its folds",
            )
        return archive
    return _archive(TrainedData.unpack(data, path.name), path.name)


def begin(asked: Asked, texts: Sequence[str], reporter: Reporter) -> Start:
    """The first weights and the charset of a run.

    Args:
        asked: Options, settings and base.
        texts: Ground truth of the training lines, in logical order and normalized.
        reporter: Told of new characters and of texts that cannot be used.

    Raises:
        ConfigError, CharsetError, SpecError, FormatError: As the strategies and
            `uncial.training.starter`.
    """
    config, settings, base = asked.config, asked.settings, asked.base
    if base is None:
        return _new(config, settings, texts, reporter)
    options = config.start
    new = _new_graphemes(base, texts)
    strategy = _strategy(options, new)
    codec, components = base.codec, base.components
    if strategy == "renew-charset" or (strategy != "fine-tune" and new):
        codec, components = _charset(config, base, texts, reporter, strategy)
    if strategy == "append-head":
        keep = options.append_index
        start = append_head(base, config.network.spec, keep, codec, components)
    elif strategy == "fine-tune":
        start = fine_tune(base)
    else:
        start = extend_charset(base, codec, components)
        _tell(base.codec, codec, reporter)
    lower = options.append_index if options.replaces_layers else 0
    start = slowed(start, lower if options.lower == "auto" else options.lower, options.lower_rate)
    _prepare_for_tesseract(start, settings)
    return start


def written(text: str, style: str) -> str:
    """A normalized text with the characters that a network writes for it.

    Args:
        text: In logical order.
        style: Of the preprocessing. For Tesseract's the text is cleaned as there and stays in
            logical order, for what is seen mirrored keeps its label there.
    """
    return clean(text) if style == "tesseract" else display_order(text)


def encoded(text: str, codec: Codec, style: str) -> NDArray[np.int32]:
    """Labels of a normalized text in the order of its columns.

    Args:
        text: In logical order.
        codec: Of the network.
        style: As for `written`.

    Raises:
        UnencodableText: The codec lacks a character.
    """
    spelled = written(text, style)
    labels = codec.encode(spelled)
    if style != "tesseract":
        return labels
    units = codec.units(spelled)
    seen = units_as_seen(units)
    return labels if seen == units else np.concatenate([codec.encode(unit) for unit in seen])


def remembered(known: Mapping[str, Any], lines: int, rate: float) -> dict[str, Any]:
    """What a model for Tesseract says of its training.

    Args:
        known: What its base said.
        lines: Training lines seen in this run.
        rate: Learning rate of this run.
    """
    counts = {
        key: int(known.get(key, 0)) + lines for key in ("training_iteration", "sample_iteration")
    }
    return {**known, **counts, "learning_rate": rate}


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise ConfigError(f"{path}: no such model", remedy="name an existing file")
    return path.read_bytes()


def _archive(model: TrainedData, name: str) -> ModelArchive:
    record = network(model, name)
    if record.is_integer:
        raise ConfigError(
            f"{name}: its weights are int8, which are too coarse to learn from", remedy=_FLOAT
        )
    return traineddata.to_archive(model, name)[0]


def _new(
    config: TrainConfig, settings: Settings, texts: Sequence[str], reporter: Reporter
) -> Start:
    if settings.style != "tesseract":
        codec = Codec.from_texts([written(text, settings.style) for text in texts])
        return scratch(settings.spec, codec, _krakens(settings))
    made = charset_of_texts(texts, config.tesseract)
    _report(made, reporter)
    height = vgsl.parse(settings.spec).input.height
    start = scratch(
        settings.spec, made.codec, Preprocessing.tesseract(height or 48), made.components
    )
    _prepare_for_tesseract(start, settings)
    return start


def _krakens(settings: Settings) -> Preprocessing | None:
    """How kraken prepares lines, where a network is to be one of kraken's."""
    if settings.style != "kraken":
        return None
    height = vgsl.parse(settings.spec).input.height
    return Preprocessing.kraken(height or 48, centre=settings.centre, pad=settings.pad)


def _prepare_for_tesseract(start: Start, settings: Settings) -> None:
    """Refuse at once what Tesseract could not read at the end; let the rest learn as there."""
    if settings.style == "tesseract":
        made = cast("Network", start.network)
        nodes_of(made.spec, start.codec.width)
        set_border(made, RandomBorder())


def _new_graphemes(base: ModelArchive, texts: Sequence[str]) -> set[str]:
    style = base.preprocessing.style
    return set().union(*(base.codec.missing(written(text, style)) for text in texts))


def _strategy(options: StartConfig, new: set[str]) -> Strategy:
    if options.strategy != "auto":
        return options.strategy
    if options.replaces_layers:
        return "append-head"
    return "extend-charset" if new else "fine-tune"


def _charset(
    config: TrainConfig,
    base: ModelArchive,
    texts: Sequence[str],
    reporter: Reporter,
    strategy: Strategy,
) -> tuple[Codec, dict[str, bytes]]:
    """The charset of the lines, with or without that of the base."""
    renewed = strategy == "renew-charset"
    if base.preprocessing.style != "tesseract":
        codec = Codec.from_texts([written(text, "uncial") for text in texts])
        if not renewed:
            fresh = [text for text in codec.charset if base.codec.missing(text)]
            codec = base.codec.extend(fresh)
        return codec, dict(base.components)
    if renewed or UNICHARSET not in base.components:
        made = charset_of_texts(texts, config.tesseract)
    else:
        made = charset_of_base(base.components, texts, config.tesseract)
    _report(made, reporter)
    return made.codec, dict(made.components)


def _report(made: TesseractCharset, reporter: Reporter) -> None:
    for note in made.notes:
        reporter(Note(text=note, level="warning"))


def _tell(old: Codec, new: Codec, reporter: Reporter) -> None:
    """Say which characters came and went."""
    came = [text for text in new.charset if text not in old.charset]
    went = [text for text in old.charset if text not in new.charset]
    for texts, what in ((came, "new in the charset"), (went, "no longer in the charset")):
        if texts:
            shown = ", ".join(map(describe_grapheme, texts[:_SHOWN]))
            more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
            reporter(Note(text=f"{what}: {shown}{more}"))
