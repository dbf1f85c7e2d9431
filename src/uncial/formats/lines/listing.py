"""Lists of files: as a source of lines, and as the word on which line is in which split.

One entry a line, UTF-8: a stem, an image, a ``.gt.txt``, a ``.box`` or a ``.lstmf`` (tesstrain
writes those; the line is read from the pair of the same name, if there is one). Paths are
absolute, or relative to the list, to a folder above it or to the working directory; for splits
also to the folder of lines.

Source: tesstrain ``Makefile`` (``list.train``, ``list.eval``).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final

from uncial.errors import FormatError
from uncial.formats.lines.base import (
    GT_SUFFIX,
    IMAGE_SUFFIXES,
    Fault,
    LineReader,
    RawLine,
    Remark,
    is_file,
    open_source,
    stem_path,
    strip_suffix,
)
from uncial.formats.lines.boxes import BOX_SUFFIX
from uncial.formats.lines.lstmf import SAMPLES_SUFFIX
from uncial.formats.lines.names import Origin, without_number
from uncial.formats.lines.pairs import LineFiles, read_files

SPLIT_LISTS: Final = {
    "list.train": "train",
    "list.val": "validation",
    "list.validation": "validation",
    "list.eval": "validation",
    "list.test": "test",
}
_HEAD: Final = 64 * 1024
_TRIED: Final = 10  # entries looked up to tell what a list names


def read_entries(path: Path) -> list[str]:
    """The entries of a list file, slashes forward, blank lines left out.

    Raises:
        FormatError: The file is not UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path}: not a UTF-8 list of files",
            offset=error.start,
            remedy="save the list as UTF-8, one file name a line",
        ) from error
    return [line.strip().replace("\\", "/") for line in text.split("\n") if line.strip()]


@dataclass(kw_only=True)
class SplitLists:
    """Which split the list files beside a source give each line.

    Attributes:
        files: The lists, by name.
        splits: Splits by entry without suffix; more than one where lists disagree.
    """

    files: tuple[Path, ...]
    splits: dict[str, set[str]]
    _matched: set[str] = field(default_factory=set)
    _tails: dict[str, str] = field(default_factory=dict)

    @classmethod
    def beside(cls, root: Path) -> SplitLists | None:
        """The lists in `root`, else those next to it; None where there are none."""
        absolute = root.absolute()
        for folder in (absolute, absolute.parent):
            files = tuple(folder / name for name in SPLIT_LISTS if (folder / name).is_file())
            if files:
                return cls.read(files)
        return None

    @classmethod
    def read(cls, files: tuple[Path, ...]) -> SplitLists:
        """Read lists; one of another name gives the split ``""``."""
        splits: dict[str, set[str]] = {}
        tails: dict[str, str] = {}
        for path in files:
            for entry in read_entries(path):
                key = _normal(strip_suffix(entry))
                splits.setdefault(key, set()).add(SPLIT_LISTS.get(path.name, ""))
                if "/" in key and not _exists_near(entry, path.parent):
                    # The path means nothing here (another machine, another working
                    # directory); its tail may still name a line.
                    tails.update(dict.fromkeys(_tails(key), key))
        return cls(files=files, splits=splits, _tails=tails)

    def lookup(self, line: RawLine) -> tuple[str, ...]:
        """Splits that name `line`, sorted; empty where no list does."""
        key = next((tail for tail in _tails(line.path) if tail in self.splits), None)
        if key is None:
            key = self._tails.get(without_number(line.line_id))
        if key is None:
            return ()
        self._matched.add(key)
        return tuple(sorted(self.splits[key]))

    def unmatched(self, root: Path) -> list[str]:
        """Entries that no looked-up line answered to, sorted.

        Lists that lie beside `root` may also speak of its neighbours; entries that lead into
        another folder are not counted.
        """
        missing = sorted(self.splits.keys() - self._matched)
        if any(path.parent == root.absolute() for path in self.files):
            return missing
        name = root.absolute().name
        return [entry for entry in missing if "/" not in entry or name in entry.split("/")]


@dataclass
class ListReader:
    """Lines named by a list file; the file's name may give their split.

    Attributes:
        path: The list.
        remarks: Always empty: an entry that leads nowhere is a line with faults.
    """

    path: Path
    remarks: list[Remark] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Folder of the list."""
        return self.path.parent

    def total(self) -> int | None:
        """Number of entries; unknown where the first may hold several lines."""
        entries = read_entries(self.path)
        if entries and not self._find(entries[0])[1].is_pair:
            return None
        return len(entries)

    def __iter__(self) -> Iterator[RawLine]:
        """Read every entry in order."""
        entries = read_entries(self.path)
        stems = [PurePosixPath(strip_suffix(entry)).name for entry in entries]
        prefixes = Origin.of_names("", stems)
        for entry in entries:
            folder, files = self._find(entry)
            if not files.images and not files.has_truth:
                yield _missing(self.path, entry)
                continue
            origin = Origin(folder.name, by_prefix=prefixes.by_prefix)
            for line in read_files(folder, files, root=self.root, origin=origin):
                yield replace(line, split=SPLIT_LISTS.get(self.path.name, ""))

    def _find(self, entry: str) -> tuple[Path, LineFiles]:
        """Folder and files of an entry; no files where it leads nowhere."""
        stem = strip_suffix(entry)
        for base in _bases(self.root):
            at = base / stem
            if not at.name:
                continue
            named = [base / entry] if entry.lower().endswith(IMAGE_SUFFIXES) else []
            others = [at.with_name(at.name + suffix) for suffix in IMAGE_SUFFIXES]
            images = [path.name for path in (*named, *others) if is_file(path)]
            text, boxes, samples = (
                at.name + suffix if is_file(at.parent / (at.name + suffix)) else ""
                for suffix in (GT_SUFFIX, BOX_SUFFIX, SAMPLES_SUFFIX)
            )
            files = LineFiles(at.name, tuple(images[:1]), text, boxes, samples)
            if files.images or files.has_truth:
                return at.parent, files
        return self.root, LineFiles(stem)

    def leads_somewhere(self) -> bool:
        """Whether one of the first entries is the path of a line with its text beside it."""
        return any(self._find(entry)[1].has_truth for entry in read_entries(self.path)[:_TRIED])


@dataclass
class SelectionReader:
    """Those lines of the list's folder that a list names by bare stems or as in a table.

    Attributes:
        path: The list.
        inner: Reader of the folder.
    """

    path: Path
    inner: LineReader

    @property
    def root(self) -> Path:
        """Folder that line ids are relative to."""
        return self.inner.root

    @property
    def remarks(self) -> Sequence[Remark]:
        """Those of the folder."""
        return self.inner.remarks

    def total(self) -> int | None:
        """Number of entries."""
        return len(read_entries(self.path))

    def __iter__(self) -> Iterator[RawLine]:
        """Read the folder and keep what is listed."""
        lists = SplitLists.read((self.path,))
        for line in self.inner:
            splits = lists.lookup(line)
            if splits:
                yield replace(line, split=splits[0] or line.split)
        for entry in lists.unmatched(self.path.parent):
            yield _missing(self.path, entry)


def _missing(path: Path, entry: str) -> RawLine:
    return RawLine(
        line_id=strip_suffix(entry),
        path=stem_path(path.parent / entry),
        source=f"{path}: {entry}",
        image=None,
        text=None,
        faults=(Fault("not-found", f"{entry} in {path.name}"),),
    )


def _bases(folder: Path) -> Iterator[Path]:
    absolute = folder.absolute()
    yield folder
    yield from list(absolute.parents)[:3]
    yield Path()


def _normal(entry: str) -> str:
    """Without ``.`` parts; ``..`` is left to `_exists_near`."""
    parts = [part for part in entry.split("/") if part not in ("", ".")]
    return ("/" if entry.startswith("/") else "") + "/".join(parts)


def _tails(path: str) -> list[str]:
    """`path` and its ends, longest first: ``/a/b/c`` gives itself, ``a/b/c``, ``b/c``, ``c``."""
    parts = path.split("/")
    tails = ["/".join(parts[start:]) for start in range(len(parts))]
    return [tail for tail in tails if tail]


def _exists_near(entry: str, folder: Path) -> bool:
    near = folder / entry
    return is_file(near) or is_file(near.with_name(strip_suffix(near.name) + GT_SUFFIX))


class FileList:
    """UTF-8 text files that are named like a list or whose first entry leads to a line."""

    def recognizes(self, path: Path) -> bool:
        """Whether the file is text and named like a list, or its first entry exists."""
        if not path.is_file():
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head)
        except UnicodeDecodeError:
            return path.name in SPLIT_LISTS
        return path.name in SPLIT_LISTS or ListReader(path).leads_somewhere()

    def open(self, path: Path) -> ListReader | SelectionReader:
        """A reader of the files that the list names, or of its folder's lines."""
        reader = ListReader(path)
        if reader.leads_somewhere() or not read_entries(path):
            return reader
        return SelectionReader(path, open_source(path.parent))


LIST = FileList()
