"""Font files on this machine, and which text they really cover.

Fonts come from installed Python distributions (packages such as ``font-caladea`` that ship
open fonts; their record is read, their code is not run) and from the system's font folders.

Source: OpenType specification, ``cmap`` and ``OS/2`` tables, read with fontTools.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from uncial.errors import FormatError, MissingDependency

_SUFFIXES = (".ttf", ".otf")
_NORMAL_WIDTH = 5  # OS/2 usWidthClass "medium"
_FAMILIES = ("Caladea", "Roboto", "Source Sans Pro", "Source Serif Pro")


@dataclass(frozen=True, kw_only=True)
class Font:
    """One font file.

    Attributes:
        path: TrueType or OpenType file.
        family: E.g. ``"Caladea"``.
        style: E.g. ``"Bold Italic"``.
        weight: OS/2 weight class, 1-1000; 400 is regular.
        width: OS/2 width class, 1-9; 5 is normal.
        variable: The file holds a range of weights or widths.
        licence: As its distribution states it, or ``""``.
        characters: Code points that have a glyph.
    """

    path: Path
    family: str
    style: str
    weight: int = 400
    width: int = _NORMAL_WIDTH
    variable: bool = False
    licence: str = ""
    characters: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def name(self) -> str:
        """Family and style, e.g. ``"Caladea Bold Italic"``."""
        return f"{self.family} {self.style}".strip()

    def covers(self, text: str) -> bool:
        """Whether every character of `text` has a glyph; spaces need none."""
        return all(ord(c) in self.characters or c.isspace() for c in text)

    def suits_text(self) -> bool:
        """Whether it is meant for running text: neither hairline, poster, nor condensed."""
        return 300 <= self.weight <= 700 and self.width == _NORMAL_WIDTH and not self.variable


def read_font(path: Path, *, licence: str = "") -> Font:
    """Read names, weight and coverage of a font file.

    Raises:
        FormatError: The file is not a font, or lacks the tables that say what it covers.
        MissingDependency: fontTools is not installed.
    """
    try:
        from fontTools.ttLib import TTFont, TTLibError  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingDependency(
            "reading fonts needs the package fonttools", remedy="install uncial[demo]"
        ) from error
    try:
        with path.open("rb") as file, TTFont(file, lazy=True) as font:
            names, os2, cmap = font["name"], font["OS/2"], font.getBestCmap() or {}
            return Font(
                path=path,
                family=names.getBestFamilyName() or path.stem,
                style=names.getBestSubFamilyName() or "",
                weight=os2.usWeightClass,
                width=os2.usWidthClass,
                variable="fvar" in font,
                licence=licence,
                characters=frozenset(cmap),
            )
    except (TTLibError, KeyError, EOFError) as error:
        raise FormatError(
            f"{path}: not a usable font: {error}", remedy="name another font file"
        ) from error


def package_fonts() -> list[Font]:
    """Fonts that installed Python distributions ship, one per style, sorted by name."""
    found: dict[str, Font] = {}
    for path, licence in sorted(_package_files(), key=lambda item: item[0].name):
        font = _cached(path, licence)
        found.setdefault(font.name, font)
    return sorted(found.values(), key=lambda font: font.name)


def text_fonts(files: Iterable[Path] = ()) -> list[Font]:
    """Fonts to set running text in: the files named, else those of the extra ``demo``.

    Raises:
        FormatError: A file is no font.
        MissingDependency: No file is named, and the extra is not installed.
    """
    fonts = [read_font(path) for path in files]
    if not fonts:
        fonts = [font for font in package_fonts() if font.family in _FAMILIES]
        fonts = [font for font in fonts if font.suits_text()]
    if not fonts:
        raise MissingDependency(
            f"none of the fonts {', '.join(_FAMILIES)} is installed", remedy="install uncial[demo]"
        )
    return fonts


def system_font_files(folders: Iterable[Path] | None = None) -> list[Path]:
    """Font files in the system's font folders, sorted; nothing is opened."""
    roots = _system_folders() if folders is None else folders
    return sorted(
        path
        for root in roots
        if root.is_dir()
        for path in root.rglob("*")
        if path.suffix.lower() in _SUFFIXES
    )


@lru_cache(maxsize=512)
def _cached(path: Path, licence: str) -> Font:
    return read_font(path, licence=licence)


def _package_files() -> Iterator[tuple[Path, str]]:
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"] or ""
        if not name.lower().startswith("font-"):
            continue  # other packages ship fonts for their own use, without a font licence
        licence = distribution.metadata["License"] or ""
        for file in distribution.files or ():
            if file.suffix.lower() in _SUFFIXES:
                path = Path(str(distribution.locate_file(file)))
                if path.is_file():
                    yield path, licence


def _system_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts"]
