"""What learning without ground truth begins with: the lines, a recipe like them, their language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from uncial.errors import ConfigError, DataError, ImageError
from uncial.progress import Note, Reporter

if TYPE_CHECKING:
    from uncial.data.store import LineStore
    from uncial.page.layout import LineSample
    from uncial.synth.synthesizer import LineMaker
    from uncial.text.ngrams import NgramModel

_LANGUAGE_LINES = 20_000
_ORDER = 6
_NAMED = 5  # images that cannot be read, in a note


def unlabeled_store(paths: Sequence[Path], folder: Path, reporter: Reporter) -> LineStore:
    """Line images as a store without text; made once.

    Args:
        paths: Folders of images, images, or line stores, of which the lines for training are taken.
        folder: Of the store.
        reporter: Told of images that cannot be read.

    Raises:
        ConfigError: A path does not exist.
        DataError: Not one line can be read.
    """
    from uncial.data.store import LineStore, is_store
    from uncial.data.writer import LineStoreWriter

    if is_store(folder):
        return LineStore.open(folder)
    faults: list[str] = []
    with LineStoreWriter(folder) as writer:
        seen: set[str] = set()
        for sample in _lines(paths, faults):
            if sample.line_id in seen:
                raise ConfigError(
                    f"{sample.line_id}: two unlabeled lines have this name",
                    remedy="name folders whose images have different names",
                )
            seen.add(sample.line_id)
            writer.append_sample(sample)
        if not len(writer):
            named = ", ".join(map(str, paths))
            raise DataError(
                f"{named}: no line image that can be read" + "".join(f"\n{f}" for f in faults[:5]),
                remedy="name a folder with images of single lines",
            )
    if faults:
        more = f" and {len(faults) - _NAMED} more" if len(faults) > _NAMED else ""
        told = f"left out {len(faults)} images: {'; '.join(faults[:_NAMED])}{more}"
        reporter(Note(text=told, level="warning"))
    return LineStore.open(folder)


def _lines(paths: Iterable[Path], faults: list[str]) -> Iterator[LineSample]:
    from uncial.data.images import decode_image
    from uncial.data.store import LineStore, is_store
    from uncial.formats.lines.base import is_image_name
    from uncial.page.layout import LineSample

    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: does not exist", remedy="name a folder of line images")
        if is_store(path):
            store = LineStore.open(path)
            for row in store.split("train").tolist():
                yield replace(store.sample(row), text="")
            continue
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if not is_image_name(file.name):
                continue
            name = file.name if path.is_file() else file.relative_to(path).as_posix()
            try:
                image = decode_image(file.read_bytes(), where=str(file))
            except ImageError as error:
                faults.append(error.problem)
                continue
            yield LineSample(image=image, text="", line_id=name, source=str(file))


def like_them(recipe: Path, lines: Path, target: Path) -> Path:
    """A recipe whose lines look like those of a store, written as a file.

    Args:
        recipe: Where texts, fonts and hands come from; its own `like` stays where it has one.
        lines: Store of lines to look like.
        target: File to write; its parts lie beside it.
    """
    from uncial.tasks.base import as_json
    from uncial.tasks.synthesis import read_recipe

    told = read_recipe(recipe)
    target.parent.mkdir(parents=True, exist_ok=True)
    if told.parts:
        parts = {}
        for number, (part, share) in enumerate(told.parts.items(), start=1):
            path = like_them(Path(part), lines, target.with_name(f"{target.stem}-{number}.toml"))
            parts[path.name] = share
        told = replace(told, parts=parts)
    elif not told.ageing.like:
        told = replace(told, ageing=replace(told.ageing, like=(lines.resolve(),)))
    target.write_text(_toml(as_json(told)), encoding="utf-8")
    return target


def _toml(values: Mapping[str, Any], table: str = "") -> str:
    """Nested options as TOML: JSON's strings, numbers and lists are TOML's."""
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    rows = [
        f"{_text(name)} = {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()
    ]
    text = "\n".join([f"[{table}]"] * bool(table) + rows) + "\n"
    for name, value in values.items():
        if isinstance(value, Mapping):
            text += "\n" + _toml(value, f"{table}.{_text(name)}" if table else _text(name))
    return text


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def language_of(maker: LineMaker, normalization: str, seed: int) -> NgramModel:
    """Character n-grams of a recipe's text, in the order of the columns."""
    from uncial.text.kneserney import train_ngrams
    from uncial.text.normalize import Normalization
    from uncial.text.order import display_order

    rules = Normalization.named(normalization)
    rng = np.random.default_rng((seed, _ORDER))
    texts = [
        display_order(rules(maker.part(seed, number).texts.line(rng, natural=True)))
        for number in range(_LANGUAGE_LINES)
    ]
    return train_ngrams(texts, order=_ORDER)
