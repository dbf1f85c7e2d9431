"""Rendered lines in the characters of a model, as a line store: for *drift* and for replay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uncial.data.store import LineStore


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Lines that were rendered.

    Attributes:
        store: With ids ``kind/number``.
        uncovered: Characters that no font has.
    """

    store: LineStore
    uncovered: tuple[str, ...]


def rendered(
    characters: Iterable[str],
    folder: Path,
    *,
    splits: Mapping[str, int],
    fonts: Iterable[Path] = (),
    seed: int = 0,
) -> Rendered:
    """Render lines of every kind of text of `uncial.synth.probes`.

    Args:
        characters: That a model can write.
        folder: Of the store, to be made.
        splits: Lines of each kind in each split.
        fonts: Font files; without any, those of uncial[demo].
        seed: Same seed, same lines; splits differ.

    Raises:
        DataError: No font has any of the characters.
        MissingDependency: There is no font.
    """
    from uncial.data.splits import SPLITS
    from uncial.data.store import LineStore
    from uncial.data.writer import LineStoreWriter
    from uncial.synth.fonts import text_fonts
    from uncial.synth.probes import probes

    chosen, wanted = text_fonts(fonts), tuple(characters)
    uncovered: tuple[str, ...] = ()
    with LineStoreWriter(folder, overwrite=True) as writer:
        for split, lines in splits.items():
            made = probes(wanted, chosen, lines=lines, seed=3 * seed + SPLITS.index(split))
            uncovered = made.uncovered
            for sample in made.samples:
                writer.append_sample(sample, split=split)
    return Rendered(store=LineStore.open(folder), uncovered=uncovered)
