"""Open font families from a package registry, checked against pinned hashes.

The families are packages of npm's scope ``@expo-google-fonts``: archives with whole TrueType
files and their licence. The registry is the one that npm uses on this machine, by its own
configuration; npm itself is not needed.

Sources: npm registry API (package archives); W3C Subresource Integrity (hashes).
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath

from uncial import web
from uncial.errors import ConfigError, DataError, InputError
from uncial.synth.fonts import (
    KINDS,
    Font,
    font_files,
    fonts_in,
    package_fonts,
    read_font,
    system_font_files,
)

_SCOPE = "@expo-google-fonts"
_WANTED = re.compile(r"_(400Regular|400Regular_Italic|500Medium|700Bold)\.(ttf|otf)$")
_LICENCE = "LICENSE_FONT"
_MOST = 60_000_000  # bytes of an archive


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family that can be fetched.

    Attributes:
        name: E.g. ``im-fell-english``.
        kind: One of `KINDS`.
        version: Of its package.
        integrity: Hash of the package's archive, ``sha512-`` and base64.
    """

    name: str
    kind: str
    version: str
    integrity: str


@cache
def families() -> tuple[Family, ...]:
    """Every family that can be fetched, by kind and name."""
    text = resources.files("uncial.synth").joinpath("families.toml").read_text(encoding="utf-8")
    return tuple(
        Family(
            name=name,
            kind=values["style"],
            version=values["version"],
            integrity=values["integrity"],
        )
        for name, values in tomllib.loads(text).items()
    )


def chosen(names: Iterable[str]) -> list[Family]:
    """Families by name or kind; all where none are named.

    Raises:
        ConfigError: Something is neither.
    """
    wanted = tuple(names)
    known = {family.name for family in families()} | {family.kind for family in families()}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ConfigError(
            f"no font family or kind is called {', '.join(unknown)}",
            remedy=f"name families of 'uncial fonts list', or kinds: {', '.join(KINDS)}",
        )
    return [f for f in families() if not wanted or f.name in wanted or f.kind in wanted]


def font_cache() -> Path:
    """The user's folder for fetched fonts; it may not exist yet."""
    return web.cache_folder("fonts")


def font_choice(names: Iterable[str] = (), *, system: bool = False) -> list[Font]:
    """Fonts at hand by family, kind, file or folder; all that are at hand where none is named.

    Args:
        names: A family's name as in the font or as fetched, a kind, a file or a folder.
        system: Whether fonts of the system's folders count as at hand.

    Raises:
        ConfigError: A name is none of these, or no font at hand has it.
    """
    wanted = tuple(names)
    at_hand = [*package_fonts(), *fetched_fonts()]
    if system:
        at_hand += fonts_in(path for path in system_font_files())
    if not wanted:
        return at_hand
    found: dict[Path, Font] = {}
    for name in wanted:
        chosen_fonts = [font for font in at_hand if name == font.kind or _is_called(font, name)]
        if not chosen_fonts and (Path(name).exists() or "/" in name):
            chosen_fonts = fonts_in([Path(name)])
        if not chosen_fonts:
            raise ConfigError(
                f"no font at hand is called or of the kind {name!r}",
                remedy=f"fetch it with 'uncial fonts fetch {name}', or name a file or folder",
            )
        found |= {font.path: font for font in chosen_fonts}
    return list(found.values())


def _is_called(font: Font, name: str) -> bool:
    plain = name.lower().replace("-", " ")
    folder = font.path.parent.name
    return plain in (font.family.lower(), font.name.lower()) or name == folder


def fetched_fonts(folder: Path | None = None) -> list[Font]:
    """Fonts that were fetched, by family.

    Args:
        folder: Where they lie; None takes the user's.
    """
    kinds = {family.name: family.kind for family in families()}
    root = folder or font_cache()
    return [
        read_font(path, kind=kinds.get(path.relative_to(root).parts[0], ""))
        for path in font_files([root])
    ]


def registry_address() -> str:
    """The package registry that npm uses here.

    Raises:
        ConfigError: Neither npm nor its configuration says.
    """
    variables = {name.lower(): value for name, value in os.environ.items()}
    told = variables.get("npm_config_registry", "") or _from_npmrc(Path.home() / ".npmrc")
    npm = shutil.which("npm")
    if not told and npm is not None:
        command = [npm, "config", "get", "registry"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        told = done.stdout.strip()
    if not told.startswith("http"):
        raise ConfigError(
            "no package registry is known: npm is not installed and nothing configures it",
            remedy="name one with --registry",
        )
    return told.rstrip("/")


def fetch(family: Family, registry: str, folder: Path | None = None) -> list[Path]:
    """Bring a family's regular, italic and bold files, unless they are there already.

    Args:
        family: Which.
        registry: Its address.
        folder: Where to put it; None takes the user's.

    Returns:
        The font files.

    Raises:
        DataError: The registry does not answer, or with something else than what was pinned.
    """
    place = (folder or font_cache()) / family.name
    if not place.is_dir():
        data = _download(f"{registry}/{_SCOPE}/{family.name}/-/{family.name}-{family.version}.tgz")
        found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        if found != family.integrity:
            raise DataError(
                f"{family.name} {family.version}: the archive has hash {found}, "
                f"not {family.integrity}",
                remedy="use a registry that serves the original package",
            )
        part = place.with_name(f".{family.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        _unpack(data, part)
        part.replace(place)
    return font_files([place])


def _unpack(data: bytes, folder: Path) -> None:
    """Write the wanted fonts and their licence; names are taken without their folders."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        fonts = [m for m in members if m.name.endswith((".ttf", ".otf"))]
        wanted = [m for m in fonts if _WANTED.search(m.name)] or fonts[:1]
        wanted += [m for m in members if PurePosixPath(m.name).name == _LICENCE]
        for member in wanted:
            file = archive.extractfile(member)
            if file is not None:
                (folder / PurePosixPath(member.name).name).write_bytes(file.read())


def _download(address: str) -> bytes:
    try:
        return web.fetch(address, _MOST)
    except InputError as error:
        raise DataError(
            error.problem, remedy="check the network, or name another --registry"
        ) from error


def _from_npmrc(path: Path) -> str:
    if not path.is_file():
        return ""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "registry":
            return value.strip().strip('"')
    return ""
