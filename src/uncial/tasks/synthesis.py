"""Recipes opened: files read, fonts found, the user's lines looked at; and stores made of them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uncial.errors import ConfigError, DataError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uncial.data.store import LineStore
    from uncial.imaging.appearance import Appearance
    from uncial.page.layout import LineSample
    from uncial.synth.recipe import Recipe
    from uncial.synth.synthesizer import LineMaker, Synthesizer

_SUFFIX = ".toml"
_PART = 32  # lines of one call of a worker
_LIKE = 300  # own lines looked at
_IMAGES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")


def is_recipe(path: Path) -> bool:
    """Whether a path names a recipe."""
    return path.suffix.lower() == _SUFFIX and path.is_file()


def read_recipe(path: Path) -> Recipe:
    """A recipe; paths in it are relative to its folder.

    Raises:
        ConfigError: It is absent, no TOML, or has unknown or mistyped options.
    """
    from uncial.synth.recipe import Recipe
    from uncial.tasks.base import read_config, resolve

    recipe = resolve(Recipe, read_config(path))
    folder = path.absolute().parent

    if recipe.parts and any((recipe.text.sources, recipe.fonts.names, recipe.ageing.like)):
        raise ConfigError(
            f"{path}: a recipe with parts has no text, fonts or ageing of its own",
            remedy="put them into the recipes that it names",
        )

    def found(places: Iterable[Path]) -> tuple[Path, ...]:
        return tuple(folder / Path(place).expanduser() for place in places)

    names = tuple(
        str(folder / Path(name).expanduser()) if _is_path(name) else name
        for name in recipe.fonts.names
    )
    return replace(
        recipe,
        parts={str(folder / Path(part)): share for part, share in recipe.parts.items()},
        text=replace(recipe.text, sources=found(recipe.text.sources)),
        fonts=replace(recipe.fonts, names=names),
        ageing=replace(recipe.ageing, like=found(recipe.ageing.like)),
    )


def open_synthesizer(recipe: Recipe, reporter: Reporter = silent) -> LineMaker:
    """What makes the lines of a recipe, or of those that it is made of.

    Raises:
        ConfigError: A font, sampler or path is unknown, or no font draws the text.
        InputError, FormatError, DataError: The text or the lines to look like cannot be used.
    """
    from uncial.synth.mixture import Mixture

    if not recipe.parts:
        return _synthesizer(recipe, reporter)
    parts = [read_recipe(Path(part)) for part in recipe.parts]
    nested = [part for part, inner in zip(recipe.parts, parts, strict=True) if inner.parts]
    if nested or min(recipe.parts.values()) <= 0:
        raise ConfigError(
            f"{recipe.name}: {', '.join(nested) or 'a part'} "
            + ("has parts of its own" if nested else "has no share"),
            remedy="name recipes without parts, each with a share above 0",
        )
    made = tuple(_synthesizer(part, reporter) for part in parts)
    return Mixture(recipe, made, tuple(recipe.parts.values()))


def _synthesizer(recipe: Recipe, reporter: Reporter) -> Synthesizer:
    from uncial.synth.corpus import built_in_prose
    from uncial.synth.distribution import Distribution
    from uncial.synth.fetching import font_choice
    from uncial.synth.standins import draws
    from uncial.synth.synthesizer import Synthesizer, usable
    from uncial.synth.texts import MIXTURE, Orthography, TextSampler
    from uncial.tasks.corpus import distribution_of
    from uncial.text.graphemes import graphemes

    look = _appearance(recipe, reporter)
    told = recipe.text
    if told.sources:
        corpus = distribution_of(told.sources, normalization=told.normalization, reporter=reporter)
    else:
        corpus = Distribution.measured(built_in_prose())
    frequent = [unit for unit, count in corpus.characters.items() if count >= told.least]
    sampler = TextSampler(
        corpus,
        charset=graphemes(told.charset) if told.charset else frequent,
        shares=told.mix or MIXTURE,
        lengths=(told.shortest, told.longest),
        other_case=told.other_case,
        orthography=Orthography(
            long_s=told.long_s,
            hyphen=told.hyphen,
            spellings=told.spellings,
            share=told.spelling_share,
        ),
    )
    fonts = usable(font_choice(recipe.fonts.names, system=recipe.fonts.system), recipe, sampler)
    reporter(Note(text=f"{len(fonts)} fonts, {len(sampler.written)} characters"))
    uncovered = [u for u in sampler.written if not any(draws(font, u) for font in fonts)]
    if uncovered:
        reporter(
            Note(text=f"no font has {' '.join(uncovered[:40])}; they do not occur", level="warning")
        )
    return Synthesizer(recipe, sampler, fonts, look)


def recipe_store(path: Path, workdir: Path, seed: int, reporter: Reporter = silent) -> LineStore:
    """The lines of a recipe that a training is planned with and validated on, as a line store.

    Args:
        path: Recipe.
        workdir: Where stores are kept; one of the same recipe and seed is not made twice.
        seed: Draws the lines.
        reporter: Told of progress.
    """
    from uncial.data.store import LineStore, is_store, read_manifest

    recipe = read_recipe(path)
    if not recipe.validation or not recipe.lines:
        raise ConfigError(
            f"{path}: no lines to train or to validate on", remedy="give both a number"
        )
    read = b"".join(part.read_bytes() for part in (path, *map(Path, recipe.parts)))
    key = hashlib.sha256(read + f"\0{seed}".encode()).hexdigest()
    folder = workdir / f"lines-{key[:12]}"
    if not (is_store(folder) and read_manifest(folder).get("recipe") == key):
        synthesizer = open_synthesizer(recipe, reporter)
        write_store(synthesizer, folder, seed=seed, key=key, reporter=reporter)
    return LineStore.open(folder)


def write_store(
    synthesizer: LineMaker,
    folder: Path,
    *,
    seed: int,
    key: str = "",
    workers: int = 0,
    reporter: Reporter = silent,
) -> dict[str, str]:
    """Write the lines of a recipe as a line store; the licences of the fonts that drew them.

    Every character of the text occurs in the training lines.

    Args:
        synthesizer: Of the recipe.
        folder: To make.
        seed: Draws the lines.
        key: Kept in the store's manifest, to know it again.
        workers: Processes; 0 makes the lines in this one.
        reporter: Told of progress.
    """
    from uncial.data.writer import LineStoreWriter
    from uncial.text.graphemes import graphemes

    used: set[str] = set()
    unseen = set(synthesizer.written)
    with LineStoreWriter(folder, overwrite=True) as writer:
        for split, sample in made_lines(synthesizer, seed, workers=workers, reporter=reporter):
            writer.append_sample(sample, split=split)
            used.add(sample.document)
            if split == "train":
                unseen.difference_update(graphemes(sample.text or ""))
        for sample in _lines_with(sorted(unseen), synthesizer, seed, len(writer)):
            writer.append_sample(sample)
            used.add(sample.document)
        licences = licences_of(synthesizer, used)
        writer.metadata |= {"recipe": key, "seed": seed, "fonts": licences}
    return licences


def _lines_with(
    units: Iterable[str], synthesizer: LineMaker, seed: int, first: int
) -> Iterator[LineSample]:
    """A line for each character that some font has."""
    for number, unit in enumerate(units, start=first):
        with contextlib.suppress(DataError):
            yield synthesizer.line_with(seed, number, unit)


def made_lines(
    synthesizer: LineMaker, seed: int, *, workers: int = 0, reporter: Reporter = silent
) -> Iterator[tuple[str, LineSample]]:
    """Split and line of all that a recipe writes to disk: the same for any number of workers."""
    from uncial.synth.workers import Workers

    recipe = synthesizer.recipe
    counts = {"train": recipe.lines, "validation": recipe.validation, "test": recipe.test}
    splits = [split for split, count in counts.items() for _ in range(count)]
    numbers = range(len(splits))
    if not workers:
        for number in numbers:
            yield splits[number], synthesizer.line(seed, number)
            reporter(Advanced(stage="synthesize", done=number + 1, total=len(splits)))
        return
    with Workers(synthesizer, workers) as pool:
        parts = [range(at, min(at + _PART, len(splits))) for at in numbers[::_PART]]
        waiting = [pool.submit("lines", seed, part) for part in parts[: 2 * workers]]
        for at in range(len(parts)):
            for number, sample in zip(parts[at], waiting.pop(0).result(), strict=True):
                yield splits[number], sample
            reporter(Advanced(stage="synthesize", done=parts[at].stop, total=len(splits)))
            following = at + 2 * workers
            if following < len(parts):
                waiting.append(pool.submit("lines", seed, parts[following]))


def licences_of(synthesizer: LineMaker, names: Iterable[str]) -> dict[str, str]:
    """Licence of each font by name; ``unknown`` where none is stated."""
    known = {font.name: font.licence for font in synthesizer.typefaces}
    return {name: known[name] or "unknown" for name in sorted(names)}


def _appearance(recipe: Recipe, reporter: Reporter) -> Appearance | None:
    from uncial.imaging.appearance import measured

    if not recipe.ageing.like:
        return None
    images = list(_own_lines(recipe.ageing.like))
    look = measured(images)
    reporter(Note(text=f"paper, ink and strokes of {len(images)} lines looked at"))
    return look


def _own_lines(places: Iterable[Path]) -> Iterator[NDArray[np.uint8]]:
    """Gray images of the user's own lines, spread over all there are."""
    from uncial.data.images import decode_image
    from uncial.data.store import LineStore, is_store
    from uncial.imaging.prepare import to_gray

    for place in places:
        if is_store(place):
            store = LineStore.open(place)
            rows = store.split("train")
            for row in rows[:: max(1, len(rows) // _LIKE)]:
                yield to_gray(store.image(int(row)))
            continue
        if not place.exists():
            raise ConfigError(f"{place}: does not exist", remedy="name a folder of line images")
        files = (
            [place]
            if place.is_file()
            else sorted(path for path in place.rglob("*") if path.suffix.lower() in _IMAGES)
        )
        if not files:
            raise ConfigError(f"{place}: no images", remedy="name a folder of line images")
        for file in files[:: max(1, len(files) // _LIKE)]:
            yield to_gray(decode_image(file.read_bytes(), where=str(file)))


def _is_path(name: str) -> bool:
    return "/" in name or name.startswith("~") or Path(name).suffix in (".ttf", ".otf", ".ttc")
