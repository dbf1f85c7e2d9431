"""The verb *fonts*: what there is to render text with, and more of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.synth.fonts import Font


@dataclass(frozen=True, kw_only=True)
class FontsConfig:
    """Which fonts, and what to do."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    action: Literal["list", "fetch", "sheet"]
    """list: those that are here; fetch: bring open families from the package registry that npm
    uses; sheet: draw them to look at."""
    names: tuple[str, ...] = ()
    """Families or kinds (hand, cursive, blackletter, early-print, antiqua, grotesk, naskh,
    nastaliq, script); for list and sheet also files and folders. None: all."""
    output: Path = Path("fonts.html")
    """Of sheet: an .html or .png file."""
    text: str = ""
    """Of sheet: words to show; of list and sheet: only fonts that cover them."""
    registry: str = "auto"
    """Of fetch: address of the registry; auto asks npm's configuration."""
    system: bool = False
    """Take the system's fonts, too."""


@dataclass(frozen=True, kw_only=True)
class ListedFont:
    """One font file."""

    name: str
    kind: str
    licence: str
    characters: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class FontsResult:
    """Fonts that were listed, fetched or drawn.

    Attributes:
        output: The sheet, if one was made.
    """

    fonts: list[ListedFont]
    output: Path | None = None


def fonts(config: FontsConfig, reporter: Reporter = silent) -> FontsResult:
    """List the fonts that synthesis can use, fetch open ones, or draw a contact sheet.

    Fetched fonts lie in the user's cache folder; each archive must have the hash that this
    version of Uncial pins. Every font's licence is shown and recorded in the data made with it.

    Raises:
        ConfigError: A name is neither a family, a kind, a file nor a folder.
        DataError: The registry does not answer, or with other files than those pinned.
        MissingDependency: fontTools is not installed.
    """
    if config.action == "fetch":
        return FontsResult(fonts=[_listed(font) for font in _fetched(config, reporter)])
    found = _found(config)
    if config.action == "list":
        return FontsResult(fonts=[_listed(font) for font in found])
    from uncial.data.images import encode_image
    from uncial.synth.sheet import sheet_image, sheet_page

    if config.output.suffix not in (".html", ".png"):
        raise ConfigError(f"{config.output}: a sheet is .html or .png", remedy="name the output so")
    config.output.parent.mkdir(parents=True, exist_ok=True)
    if config.output.suffix == ".html":
        config.output.write_text(sheet_page(found, config.text), encoding="utf-8")
    else:
        config.output.write_bytes(encode_image(sheet_image(found, config.text)))
    return FontsResult(fonts=[_listed(font) for font in found], output=config.output)


def _fetched(config: FontsConfig, reporter: Reporter) -> list[Font]:
    from uncial.synth.fetching import chosen, fetch, font_cache, registry_address
    from uncial.synth.fonts import read_font

    registry = registry_address() if config.registry == "auto" else config.registry.rstrip("/")
    wanted = chosen(config.names)
    found = []
    for done, family in enumerate(wanted, start=1):
        found += [read_font(path, kind=family.kind) for path in fetch(family, registry)]
        reporter(Advanced(stage="fetch", done=done, total=len(wanted), unit="families"))
    reporter(Note(text=f"{len(wanted)} families in {font_cache()}"))
    return found


def _found(config: FontsConfig) -> list[Font]:
    from uncial.synth.fetching import font_choice

    found = font_choice(config.names, system=config.system)
    return [font for font in found if font.covers(config.text)]


def _listed(font: Font) -> ListedFont:
    return ListedFont(
        name=font.name,
        kind=font.kind,
        licence=font.licence,
        characters=len(font.characters),
        path=font.path,
    )
