"""Folders on this machine or in a store such as S3, named by path or URL.

A file is written whole or not at all, whoever is killed: on disks it is renamed into its place,
and object stores show an object only when it is complete.

Source: fsspec (filesystem-spec.readthedocs.io), which knows the kinds of URLs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from uncial.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """A folder somewhere.

    Attributes:
        url: A path, or a URL such as ``s3://bucket/pages``; what it needs to be let in comes from
            where its own library looks for it.
    """

    url: str

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs  # noqa: PLC0415  (an extra)

        try:
            filesystem, path = url_to_fs(self.url)
        except (ImportError, ValueError) as error:
            raise ConfigError(
                f"{self.url}: no such place can be opened: {error}",
                remedy="name a folder, or install what fsspec needs for such URLs",
            ) from error
        return filesystem, str(path).rstrip("/")

    @property
    def folder(self) -> Path | None:
        """The folder, if it is on this machine."""
        filesystem, path = self._opened
        return Path(path) if "file" in filesystem.protocol else None

    def files(self) -> list[tuple[str, int]]:
        """Names relative to the place, sorted, and bytes of the files in it and below.

        Hidden files, and those in hidden folders, are left out.

        Raises:
            ConfigError: There is no such folder.
        """
        filesystem, path = self._opened
        if not filesystem.isdir(path):
            raise ConfigError(f"{self.url}: no such folder", remedy="check the name")
        found = []
        for full, facts in filesystem.find(path, detail=True).items():
            name = full[len(path) :].lstrip("/")
            if not any(part.startswith(".") for part in name.split("/")):
                found.append((name, int(facts.get("size") or 0)))
        return sorted(found)

    def names(self, inside: str) -> set[str]:
        """Names of what is directly in a folder of the place; none where it does not exist."""
        filesystem, path = self._opened
        filesystem.invalidate_cache()
        at = f"{path}/{inside}"
        if not filesystem.isdir(at):
            return set()
        listed = filesystem.ls(at, detail=False)
        names = {str(one).rstrip("/").rpartition("/")[2] for one in listed}
        return {name for name in names if not name.startswith(".")}

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            FileNotFoundError: There is none of that name.
        """
        filesystem, path = self._opened
        return bytes(filesystem.cat_file(f"{path}/{name}"))

    def write(self, name: str, data: bytes) -> None:
        """Write a file; who looks sees the old one or the new one."""
        filesystem, path = self._opened
        if self.folder is None:
            filesystem.pipe_file(f"{path}/{name}", data)
            return
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        temporary.write_bytes(data)
        temporary.replace(target)

    def fetch(self, names: Iterable[str], into: Path) -> None:
        """Bring files into a folder of this machine, under the same names.

        On one disk they are linked, so that nothing is copied.
        """
        path = self._opened[1]
        for name in names:
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.folder is None:
                target.write_bytes(self.read(name))
                continue
            try:
                target.hardlink_to(f"{path}/{name}")
            except OSError:  # another disk, or files of somebody else
                shutil.copyfile(f"{path}/{name}", target)

    def store(self, folder: Path) -> int:
        """Write every file of a folder, under the same names; how many bytes they have."""
        size = 0
        for at in sorted(path for path in folder.rglob("*") if path.is_file()):
            data = at.read_bytes()
            self.write(at.relative_to(folder).as_posix(), data)
            size += len(data)
        return size
