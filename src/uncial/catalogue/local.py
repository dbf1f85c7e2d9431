"""Models of catalogues on this machine: fetched once, checked, found again by their names.

A name is ``CATALOGUE:IDENTIFIER``, and ``#FILE`` behind it where an entry has several models. What
was fetched lies in the user's cache folder, by catalogue, identifier and revision.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from uncial.catalogue.answers import asking, mapping, texts
from uncial.catalogue.entry import CATALOGUES, Asking, Entry, ModelFile
from uncial.errors import ConfigError, InputError
from uncial.progress import Advanced, Note, Reporter, silent
from uncial.web import cache_folder, download

MAX_MODEL: Final = 4 * 2**30
"""Bytes of one file of a model."""
_NAME: Final = re.compile(r"([a-z]{2,20}):([^#]+)(?:#(.+))?")
_FILE: Final = re.compile(r"[A-Za-z0-9][\w.+=, ()@-]{0,180}")
_CHECKPOINT: Final = re.compile(r".*\.(json|txt|model)|model.*\.safetensors|pytorch_model.*\.bin")
_NOTE: Final = "fetched.json"


def is_named(path: Path | str) -> bool:
    """Whether this is a name in a catalogue, not a path."""
    found = _NAME.fullmatch(str(path))
    return found is not None and found[1] in CATALOGUES and not Path(path).exists()


def local_model(path: Path | str, reporter: Reporter = silent) -> Path:
    """Where a model lies: a path as it is; of a name the file that was fetched for it.

    What was fetched before is taken without asking the catalogue again.

    Args:
        path: Path, or name in a catalogue.
        reporter: Told how far a download has come.

    Raises:
        ConfigError: It is no name of that catalogue, or names several models.
        InputError: The model cannot be had, or is not what the catalogue promises.
    """
    if not is_named(path):
        return Path(path)
    name, _, wanted = str(path).partition("#")
    known = _fetched_before(name, wanted)
    if known is not None:
        return known
    return fetched(name, entry_named(name, asking(reporter)), wanted, reporter)


def entry_named(name: str, asked: Asking) -> Entry:
    """The entry of a name, with its card.

    Raises:
        ConfigError: It names no catalogue, or nothing that a catalogue can hold.
        InputError: There is no such entry, or the catalogue cannot be reached.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ConfigError(
            f"{name!r} names no model of a catalogue",
            remedy="write htrmopo:DOI, hf:OWNER/NAME or tessdata:NAME",
        )
    return CATALOGUES.get(found[1]).show(found[2], asked)


def fetched(name: str, entry: Entry, wanted: str = "", reporter: Reporter = silent) -> Path:
    """Fetch the model of an entry, unless it is there already.

    Args:
        name: By which the entry was asked for, and is found again.
        entry: Of a catalogue.
        wanted: Name of its file, where it has several models.
        reporter: Told how far a download has come.

    Returns:
        The model file; of a checkpoint of transformers its folder.

    Raises:
        ConfigError: It has several models, or none, or no file called so.
        InputError: A file cannot be had, or is not what the catalogue promises.
    """
    files = _chosen(entry, wanted)
    folder = _folder(entry.name) / _plain(entry.revision)
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        path = folder / _safe(file, entry)
        if not path.exists() or (file.size and path.stat().st_size != file.size):
            _download(file, path, entry, reporter)
    if entry.card:
        (folder / "CARD.md").write_text(entry.card, encoding="utf-8")
    note = {
        "folder": str(folder.relative_to(cache_folder("models"))),
        "files": [file.name for file in files],
        "wanted": wanted,
    }
    _write_note(_note(name, wanted), note)
    return folder if len(files) > 1 else folder / files[0].name


def _chosen(entry: Entry, wanted: str) -> list[ModelFile]:
    """The one model file, or all files of a checkpoint."""
    if wanted:
        found = [file for file in entry.files if file.name == wanted]
        if not found:
            raise ConfigError(
                f"{entry.name}: has no file {wanted!r}", remedy=_naming(entry, entry.files)
            )
        return found
    if entry.is_checkpoint:
        return [file for file in entry.files if _CHECKPOINT.fullmatch(file.name)]
    if len(entry.models) == 1:
        return [entry.models[0]]
    if not entry.models:
        raise ConfigError(
            f"{entry.name}: has no model that is read here, only "
            f"{', '.join(file.name for file in entry.files[:8]) or 'nothing'}",
            remedy="choose another model",
        )
    raise ConfigError(
        f"{entry.name}: has {len(entry.models)} models", remedy=_naming(entry, entry.models)
    )


def _naming(entry: Entry, files: Iterable[ModelFile]) -> str:
    names = [f"{entry.name}#{file.name}" for file in files]
    return f"name one of {', '.join(names[:8]) or 'another entry'}"


def _safe(file: ModelFile, entry: Entry) -> str:
    """The name of a file, if it stays in its folder."""
    if _FILE.fullmatch(file.name) is None or PurePosixPath(file.name).name != file.name:
        raise InputError(
            f"{entry.name}: a file is called {file.name!r}, which leads elsewhere",
            remedy="choose another model, and tell its publisher",
        )
    return file.name


def _download(file: ModelFile, path: Path, entry: Entry, reporter: Reporter) -> None:
    if not file.digest:
        text = f"{entry.name}: nothing says what digest {file.name} has; it is not checked"
        reporter(Note(text=text, level="warning"))

    def tell(done: int) -> None:
        total = (file.size or None) and max(1, file.size >> 10)
        reporter(Advanced(stage=file.name, done=done >> 10, total=total, unit="KiB"))

    download(file.address, path, most=MAX_MODEL, size=file.size, digest=file.digest, tell=tell)


def _folder(name: str) -> Path:
    catalogue, _, identifier = name.partition(":")
    return cache_folder("models", catalogue, _plain(identifier))


def _plain(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip(".")[:120]


def _note(name: str, wanted: str) -> Path:
    """Where it says what was fetched for a name."""
    return _folder(name) / f"{_plain(wanted)}{_NOTE}"


def _write_note(path: Path, note: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
    temporary.replace(path)


def _fetched_before(name: str, wanted: str) -> Path | None:
    """The model that was fetched for a name; None where it is not there, or not whole."""
    try:
        told = mapping(json.loads(_note(name, wanted).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    folder = cache_folder("models", str(told.get("folder")))
    files = [folder / file for file in texts(told.get("files"))]
    if told.get("wanted") != wanted or not files or not all(file.is_file() for file in files):
        return None
    return folder if len(files) > 1 else files[0]
