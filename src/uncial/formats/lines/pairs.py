"""Folders of lines: images with a text of the same name beside them, at any depth.

``p1_l2.png`` belongs to ``p1_l2.gt.txt``; so do ``p1_l2.nrm.png``, ``p1_l2.bin.png`` and every
other suffix in `base.IMAGE_SUFFIXES`. Where a name has no such pair it may have an image with a
``.box`` file, or failing that a ``.lstmf``; both may hold several lines.

Source: tesstrain ``README.md`` (ground truth), OCR-D GT guidelines, ocropus ``ocrolib/common.py``
(``.bin.png``, ``.nrm.png``), kraken ``ketos train`` (path format).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from uncial.formats.lines.base import (
    GT_SUFFIX,
    IMAGE_SUFFIXES,
    Fault,
    RawLine,
    Remark,
    is_image_name,
    read_image,
    strip_suffix,
)
from uncial.formats.lines.boxes import BOX_SUFFIX, read_boxed
from uncial.formats.lines.lstmf import SAMPLES_SUFFIX, read_samples, sample_count
from uncial.formats.lines.names import LineName, Origin


@dataclass(frozen=True, slots=True)
class LineFiles:
    """The files of one name; at least one of them is there.

    Attributes:
        stem: The name without suffix.
        images: The preferred one first.
        text: The ``.gt.txt``, or ``""``.
        boxes: The ``.box``, or ``""``.
        samples: The ``.lstmf``, or ``""``.
    """

    stem: str
    images: tuple[str, ...] = ()
    text: str = ""
    boxes: str = ""
    samples: str = ""

    @property
    def is_pair(self) -> bool:
        """Whether image and text are both there."""
        return bool(self.images and self.text)

    @property
    def is_boxed(self) -> bool:
        """Whether the lines are those of the box file."""
        return bool(self.images and self.boxes and not self.text)

    @property
    def is_whole(self) -> bool:
        """Whether there is all that a line needs."""
        return bool(self.is_pair or self.is_boxed or self.samples)

    @property
    def has_truth(self) -> bool:
        """Whether there is a text, alone or with its image."""
        return bool(self.text or self.is_boxed or self.samples)


@dataclass
class PairReader:
    """Lines of a folder and the folders below it.

    Attributes:
        root: The folder.
        remarks: Folders with images but not one text.
    """

    root: Path
    remarks: list[Remark] = field(default_factory=list)

    def total(self) -> int | None:
        """Number of lines; unknown where box files have to be read for it."""
        total = 0
        for folder, names in _folders(self.root):
            found = line_files(names)
            for files in found if any(files.has_truth for files in found) else ():
                if files.is_boxed:
                    return None
                lstmf = files.samples and not files.is_pair
                total += sample_count(folder / files.samples) if lstmf else 1
        return total

    def __iter__(self) -> Iterator[RawLine]:
        """Read every line, folders and names in sorted order."""
        self.remarks.clear()
        for folder, names in _folders(self.root):
            found = line_files(names)
            if not any(files.has_truth for files in found):
                images = sum(map(is_image_name, names))
                if images:
                    self.remarks.append(
                        Remark("folder-passed-over", str(folder), f"{images} images")
                    )
                continue
            origin = Origin.of_names(self._folder_name(folder), [files.stem for files in found])
            for files in found:
                yield from read_files(folder, files, root=self.root, origin=origin)

    def _folder_name(self, folder: Path) -> str:
        inner = folder.relative_to(self.root).as_posix()
        return Path(os.path.abspath(self.root)).name if inner == "." else inner  # noqa: PTH100


def read_files(folder: Path, files: LineFiles, *, root: Path, origin: Origin) -> Iterator[RawLine]:
    """Read the lines of one name.

    Args:
        folder: Where the files lie.
        files: What there is.
        root: Folder that line ids are relative to.
        origin: What the names of the folder tell.
    """
    name = LineName.of(folder, files.stem, root=root, origin=origin)
    if files.is_boxed:
        yield from read_boxed(folder / files.images[0], folder / files.boxes, name)
    elif files.samples and not files.is_pair:
        yield from read_samples(folder / files.samples, name)
    else:
        yield _pair(folder, files, name)


def line_files(names: Iterable[str]) -> list[LineFiles]:
    """What there is of each name among the files of one folder, sorted by stem."""
    single: dict[str, dict[str, str]] = {GT_SUFFIX: {}, BOX_SUFFIX: {}, SAMPLES_SUFFIX: {}}
    images: dict[str, list[str]] = {}
    for name in names:
        kind = next((suffix for suffix in single if name.lower().endswith(suffix)), None)
        if kind:
            single[kind][strip_suffix(name)] = name
        elif is_image_name(name):
            images.setdefault(strip_suffix(name), []).append(name)
    texts, boxes, samples = single.values()
    return [
        LineFiles(
            stem,
            tuple(sorted(images.get(stem, ()), key=_preference)),
            texts.get(stem, ""),
            boxes.get(stem, ""),
            samples.get(stem, ""),
        )
        for stem in sorted(texts.keys() | boxes.keys() | samples.keys() | images.keys())
    ]


def several_images(files: LineFiles) -> tuple[Fault, ...]:
    """A fault where a name has more than one image, of which the first counts."""
    if len(files.images) < 2:
        return ()
    return (Fault("several-images", f"{files.images[0]} of {', '.join(files.images)}"),)


def _pair(folder: Path, files: LineFiles, name: LineName) -> RawLine:
    """Image and text of one line, or what there is of them."""
    faults: tuple[Fault, ...] = ()
    image, text = None, None
    if files.images:
        image, faults = read_image(folder / files.images[0])
        faults += several_images(files)
    if files.text:
        try:
            text = (folder / files.text).read_bytes()
        except OSError as error:
            faults += (Fault("missing-text", f"{files.text}: {error.strerror}"),)
    source = files.images[0] if files.images else files.text or files.boxes
    return name.line(source=str(folder / source), image=image, text=text, faults=faults)


def _folders(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders below `root` that hold files, hidden ones left aside, sorted."""
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        shown = sorted(name for name in names if not name.startswith("."))
        if shown:
            yield Path(folder), shown


def _preference(name: str) -> tuple[int, str]:
    suffix = name[len(strip_suffix(name)) :].lower()
    return IMAGE_SUFFIXES.index(suffix), name


class Pairs:
    """Folders with at least one text, image with boxes or ``.lstmf`` in or below them."""

    def recognizes(self, path: Path) -> bool:
        """Whether there is ground truth."""
        return path.is_dir() and any(
            files.has_truth for _, names in _folders(path) for files in line_files(names)
        )

    def open(self, path: Path) -> PairReader:
        """A reader of the folder."""
        return PairReader(path)


PAIRS = Pairs()
