"""Font files on this machine, what they look like, which text they really cover, and their licence.

Fonts come from installed Python distributions (packages such as ``font-caladea`` that ship
open fonts; their record is read, their code is not run), from what `uncial.synth.fetching` has
brought, from the system's font folders, and from files and folders that a user names.

Source: OpenType specification, ``cmap``, ``name`` and ``OS/2`` tables, read with fontTools.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from uncial.errors import ConfigError, FormatError, MissingDependency

_SUFFIXES = (".ttf", ".otf", ".ttc")
_NORMAL_WIDTH = 5  # OS/2 usWidthClass "medium"
_SCRIPTS, _SANS, _PANOSE_HAND = 10, 8, 3  # OS/2 sFamilyClass and panose.bFamilyType
KINDS = (
    *("hand", "cursive", "blackletter", "early-print", "antiqua", "grotesk", "naskh", "nastaliq"),
    "script",
)
"""What fonts look like: unjoined and joined handwriting, Fraktur and its like, type before 1800,
type with and without serifs, two styles of Arabic, print of any other script."""

_WORDS = {
    "blackletter": ("fraktur", "blackletter", "schwabach", "textura", "old english", "gotisch"),
    "cursive": ("script", "cursive", "kurrent"),
    "hand": ("hand", "handwriting", "manuscript", "pencil"),
    "naskh": ("naskh",),
    "nastaliq": ("nastaliq",),
    "grotesk": ("sans", "grotesk", "grotesque", "mono"),
    "antiqua": ("serif", "antiqua", "roman", "text", "garamond", "times"),
}
"""Words in a family's name that tell its kind, looked for in this order."""

_LICENCE_FILES = ("LICENSE_FONT", "OFL.txt", "LICENSE.txt", "LICENSE", "COPYING", "COPYRIGHT")
_LICENCES = {
    "OFL-1.1": ("open font licen", "scripts.sil.org/ofl", "openfontlicense"),
    "Apache-2.0": ("apache license", "apache.org/licenses"),
    "GPL": ("gnu general public", "gnu gpl"),
    "UFL-1.0": ("ubuntu font licen",),
    "CC0-1.0": ("cc0", "creativecommons.org/publicdomain"),
}
"""What a licence's text says, by the licence's SPDX name."""

_SPACES = frozenset(char for char in map(chr, range(0x3001)) if char.isspace())
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
        licence: As its distribution, its name table or a file beside it states it, or ``""``.
        kind: What it looks like, one of `KINDS`; ``""`` where nothing tells.
        characters: Code points that have a glyph.
    """

    path: Path
    family: str
    style: str
    weight: int = 400
    width: int = _NORMAL_WIDTH
    variable: bool = False
    licence: str = ""
    kind: str = ""
    characters: frozenset[int] = field(default=frozenset(), repr=False)

    @property
    def name(self) -> str:
        """Family and style, e.g. ``"Caladea Bold Italic"``."""
        return f"{self.family} {self.style}".strip()

    def covers(self, text: str) -> bool:
        """Whether every character of `text` has a glyph; spaces need none."""
        return self._drawable.issuperset(text)

    @cached_property
    def _drawable(self) -> frozenset[str]:
        return frozenset(map(chr, self.characters)) | _SPACES

    def suits_text(self) -> bool:
        """Whether it is meant for running text: neither hairline, poster, nor condensed."""
        return 300 <= self.weight <= 700 and self.width == _NORMAL_WIDTH and not self.variable


def read_font(path: Path, *, licence: str = "", kind: str = "") -> Font:
    """Read names, weight, kind, licence and coverage of a font file.

    Args:
        path: Of the file; ``.ttc`` collections give their first font.
        licence: Where it is known; else the font and the files beside it are asked.
        kind: Where it is known.

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
        with path.open("rb") as file, TTFont(file, lazy=True, fontNumber=0) as font:
            names, os2, cmap = font["name"], font["OS/2"], font.getBestCmap() or {}
            family = names.getBestFamilyName() or path.stem
            told = " ".join(filter(None, (names.getDebugName(at) for at in (13, 14, 0))))
            return Font(
                path=path,
                family=family,
                style=names.getBestSubFamilyName() or "",
                weight=os2.usWeightClass,
                width=os2.usWidthClass,
                variable="fvar" in font,
                licence=licence or licence_of(told) or _licence_beside(path),
                kind=kind or _kind(family, os2),
                characters=frozenset(cmap),
            )
    except (TTLibError, KeyError, EOFError) as error:
        raise FormatError(
            f"{path}: not a usable font: {error}", remedy="name another font file"
        ) from error


def licence_of(text: str) -> str:
    """The licence that a text names, or ``""``."""
    plain = " ".join(text.lower().split())
    for name, words in _LICENCES.items():
        if any(word in plain for word in words):
            return name
    return ""


def _licence_beside(path: Path) -> str:
    """What a licence file in the font's folder, or in the one above it, says."""
    for folder in (path.parent, path.parent.parent):
        for name in _LICENCE_FILES:
            file = folder / name
            if file.is_file():
                found = licence_of(file.read_text(encoding="utf-8", errors="replace")[:4000])
                if found:
                    return found
    return ""


def _kind(family: str, os2: Any) -> str:  # noqa: ANN401  (fontTools has no types)
    """What the family's name, else the font's classification, tells of its looks."""
    name = family.lower()
    for kind, words in _WORDS.items():
        if any(word in name for word in words):
            return kind
    family_class = os2.sFamilyClass >> 8
    if family_class == _SCRIPTS or os2.panose.bFamilyType == _PANOSE_HAND:
        return "cursive"
    return "grotesk" if family_class == _SANS else "antiqua" if 0 < family_class < _SANS else ""


def fonts_in(places: Iterable[Path]) -> list[Font]:
    """Fonts in files and folders, sorted by path; in folders, what is no usable font is skipped.

    Raises:
        ConfigError: A place does not exist.
        FormatError: A file that is named is no font.
    """
    found = []
    for place in places:
        if place.is_file():
            found.append(read_font(place))
        elif place.is_dir():
            found += _usable(font_files([place]))
        else:
            raise ConfigError(f"{place}: no such font", remedy="name a font file or a folder")
    return found


def _usable(paths: Iterable[Path]) -> Iterator[Font]:
    for path in paths:
        try:
            font = _cached(path, "")
        except FormatError:
            continue
        yield font


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
    return font_files(_system_folders() if folders is None else folders)


def font_files(folders: Iterable[Path]) -> list[Path]:
    """Font files in folders and below them, sorted; nothing is opened."""
    return sorted(
        path
        for folder in folders
        if folder.is_dir()
        for path in folder.rglob("*")
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
