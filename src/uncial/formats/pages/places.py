"""Where the image of a page file lies: as it says, or near to that.

Programs name images by other paths, other suffixes, web addresses or not at all. Tried in this
order, always inside one root folder:

1. the name as it stands, beside the page file and in the folders above it up to the root
   (OCR-D names images from the workspace, Transkribus puts page files into ``page/``);
2. its last part, in the same places and in folders named like ``images``;
3. a file of the same stem with another image suffix; 4. the stem of the page file itself.

Case, ``%20``, backslashes and spaces written as underscores make no difference.

Source: exports of Transkribus, eScriptorium, OCR-D, LAREX; htr-united issues 104 and 124.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple
from urllib.parse import unquote

from uncial.formats.lines.base import IMAGE_SUFFIXES, is_image_name

PAGE_IMAGE_SUFFIXES: Final = (*IMAGE_SUFFIXES, ".heic", ".heif", ".avif", ".j2k", ".jpf")
_FOLDERS: Final = ("images", "image", "img", "imgs", "jpg", "max", "default", "ocr-d-img")
_WEB = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+://")


class FoundImage(NamedTuple):
    """An image of a page, or why there is none.

    Attributes:
        path: None where nothing was found.
        codes: Of findings about how it was found.
    """

    path: Path | None
    codes: tuple[str, ...] = ()


@dataclass
class ImageFinder:
    """Finds images below one folder, whose listings it keeps.

    Attributes:
        root: Nothing outside it is looked at.
    """

    root: Path
    _listings: dict[Path, dict[str, Path]] = field(default_factory=dict, repr=False)

    def find(self, name: str, page_file: Path) -> FoundImage:
        """The image that a page file calls `name`."""
        codes: list[str] = []
        clean = name.replace("\\", "/").strip()
        if _WEB.match(clean):
            codes.append("remote-image")
            clean = clean.partition("?")[0].rstrip("/").rpartition("/")[2]
        parts = PurePosixPath(clean).parts
        if ".." in parts or clean.startswith("/") or (parts and parts[0].endswith(":")):
            inside = self._inside(page_file.parent, clean)
            if inside is not None:
                return FoundImage(inside, tuple(codes))
            codes.append("path-escape")
            clean = parts[-1] if parts and parts[-1] != ".." else ""
        if not clean:
            found = self._beside(_stem(page_file.name), page_file)
            return FoundImage(found, (*codes, "no-image-name") if found else (*codes,))
        for folder in self._folders(page_file):
            exact = self._look(folder / PurePosixPath(clean).parent, PurePosixPath(clean).name)
            if exact is not None:
                plain = folder == page_file.parent or "/" in clean
                return FoundImage(exact, tuple(codes if plain else [*codes, "image-elsewhere"]))
        found = self._near(clean, page_file)
        return FoundImage(found, (*codes, "image-elsewhere") if found else tuple(codes))

    def _inside(self, folder: Path, name: str) -> Path | None:
        """A path with ``..`` or from the root of the disk, where it stays below our root."""
        path = Path(os.path.normpath(folder.absolute() / name))
        root = Path(os.path.normpath(self.root.absolute()))
        if not path.is_relative_to(root) or path == root:
            return None
        return self._look(path.parent, path.name)

    def _near(self, clean: str, page_file: Path) -> Path | None:
        """By the last part of the name, its stem, or the stem of the page file."""
        last = PurePosixPath(clean).name
        for folder in self._folders(page_file):
            found = self._look(folder, last)
            if found is not None:
                return found
        return self._beside(_stem(last), page_file) or self._beside(
            _stem(page_file.name), page_file
        )

    def _beside(self, stem: str, page_file: Path) -> Path | None:
        """An image with this stem and any suffix."""
        for folder in self._folders(page_file):
            for suffix in PAGE_IMAGE_SUFFIXES:
                found = self._look(folder, stem + suffix)
                if found is not None:
                    return found
        return None

    def _folders(self, page_file: Path) -> Iterator[Path]:
        """Where to look, nearest first."""
        folder = page_file.parent
        root = self.root.absolute()
        for _ in range(4):
            yield folder
            names = {path.name.lower(): path for path in self._subfolders(folder)}
            yield from (names[name] for name in _FOLDERS if name in names)
            if folder.absolute() == root or not folder.absolute().is_relative_to(root):
                return
            folder = folder.parent

    def _subfolders(self, folder: Path) -> list[Path]:
        self._listing(folder)
        return self._below[folder]

    _below: dict[Path, list[Path]] = field(default_factory=dict, repr=False)

    def _look(self, folder: Path, name: str) -> Path | None:
        return self._listing(folder).get(_plain(name))

    def _listing(self, folder: Path) -> dict[str, Path]:
        """Images of a folder by their plain name."""
        if folder not in self._listings:
            files: dict[str, Path] = {}
            below: list[Path] = []
            try:
                with os.scandir(folder) as entries:
                    for entry in sorted(entries, key=lambda one: one.name):
                        if entry.is_dir():
                            below.append(folder / entry.name)
                        elif is_page_image(entry.name):
                            files.setdefault(_plain(entry.name), folder / entry.name)
            except OSError:
                pass
            self._listings[folder], self._below[folder] = files, below
        return self._listings[folder]


def is_page_image(name: str) -> bool:
    """Whether the suffix is that of an image of a page."""
    return is_image_name(name) or name.lower().endswith(PAGE_IMAGE_SUFFIXES)


def _plain(name: str) -> str:
    return unquote(name).lower().replace(" ", "_")


def _stem(name: str) -> str:
    """A file name without its image suffix, else without its last one."""
    lower = name.lower()
    for suffix in sorted(PAGE_IMAGE_SUFFIXES, key=len, reverse=True):
        if lower.endswith(suffix):
            return name[: -len(suffix)]
    stem = PurePosixPath(name).stem
    return stem.removesuffix(".page").removesuffix(".alto").removesuffix(".gt")
