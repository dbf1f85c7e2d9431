"""Files that hold several pages, and IIIF manifests: every page of them becomes a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uncial.errors import UncialError
from uncial.page.layout import Page as Layout
from uncial.progress import Advanced, Note
from uncial.studio.actions.laying import TextKind, lay_on_page, lay_upon_layouts
from uncial.studio.actions.paging import make_page, page_of_mark
from uncial.studio.context import Context
from uncial.tasks.base import TASKS, resolve
from uncial.tasks.unpacking import Unpacked, unpacked


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """One such file, and what is to be done with it.

    Attributes:
        document: That the pages become part of.
        name: Of the file.
        file: Where it lies; None for a manifest.
        manifest: Address of a IIIF manifest; empty for a file.
        pages: Which ones, from 1, such as ``1-5,8,20-``; empty for all.
        size: Longest side of a manifest's images, px; 0 for all there is.
        mark: Job and item.
        again: Make pages of images that the document has already.
        text: What its text is taken for.
    """

    document: int
    name: str
    file: Path | None = None
    manifest: str = ""
    pages: str = ""
    size: int = 0
    mark: str
    again: bool = False
    text: TextKind = "written"


@dataclass(kw_only=True)
class Tally:
    """What has become of files so far."""

    made: int = 0
    known: int = 0
    refused: int = 0
    lines: int = 0

    def add(self, other: Tally) -> None:
        """Count what became of another file."""
        self.made += other.made
        self.known += other.known
        self.refused += other.refused
        self.lines += other.lines


def bring(context: Context, bundle: Bundle) -> Tally:
    """Make pages of a bundle, each saved by itself; a run that died goes on.

    Raises:
        FormatError: It is damaged as a whole.
        InputError: A manifest cannot be had, or there is no page in it.
        NotFound: The document is gone.
    """
    if bundle.manifest:
        return _from_manifest(context, bundle)
    return _from_file(context, bundle)


def _from_file(context: Context, bundle: Bundle) -> Tally:
    tally = Tally()
    work = context.folder / "unpacked"
    work.mkdir(parents=True, exist_ok=True)
    loose: list[Layout] = []
    if bundle.file is None:
        return tally
    for done, one in enumerate(unpacked(bundle.file, name=bundle.name, pages=bundle.pages)):
        context.reporter(Advanced(stage=f"import {bundle.name}", done=done, unit="pages"))
        if not one.about.image:
            loose.append(one.page)
            continue
        try:
            _page(context, bundle, one, work, tally)
        except UncialError as error:
            tally.refused += 1
            _warn(context, f"{bundle.name}, page {one.about.number}: {error.problem}")
    if loose:  # layout and text of pages that are here already
        tally.lines += lay_upon_layouts(context, bundle.document, bundle.name, loose, bundle.text)
    return tally


def _page(context: Context, bundle: Bundle, one: Unpacked, work: Path, tally: Tally) -> None:
    mark = f"{bundle.mark}:{one.about.number}"
    made = page_of_mark(context, mark)
    if made is None:
        image = work / f"{one.about.number}.image"
        image.write_bytes(one.encoded() or b"")
        try:
            again, name = bundle.again, one.about.name
            made = make_page(context, bundle.document, image, name, mark=mark, again=again)
        finally:
            image.unlink()
    tally.made += made.new
    tally.known += not made.new
    if one.about.lines:
        name = f"{bundle.name}, page {one.about.number}"
        tally.lines += lay_on_page(context, made.page, one.page, name, bundle.text)


def _from_manifest(context: Context, bundle: Bundle) -> Tally:
    tally = Tally()
    folder = context.folder / f"manifest-{bundle.mark.rpartition(':')[2]}"
    config, run = TASKS["fetch"].load()
    given: dict[str, Any] = {"manifest": bundle.manifest, "output": folder, "size": bundle.size}
    result: Any = run(resolve(config, {**given, "pages": bundle.pages}), context.reporter)
    tally.refused += len(result.failed)
    for path, name in _fetched(folder):
        mark = f"{bundle.mark}:{path.name}"
        made = make_page(context, bundle.document, path, name, mark=mark, again=bundle.again)
        tally.made += made.new
        tally.known += not made.new
    return tally


def _fetched(folder: Path) -> Iterator[tuple[Path, str]]:
    """The images that were downloaded, in order, each with a page's name."""
    for name in sorted(json.loads((folder / "canvases.json").read_text("utf-8"))):
        number, _, label = Path(name).stem.partition("_")
        yield folder / name, f"{label or int(number)}{Path(name).suffix}"


def _warn(context: Context, text: str) -> None:
    context.reporter(Note(text=text, level="warning", code="refused"))
