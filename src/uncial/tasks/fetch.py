"""The verb *fetch*: the page images of a IIIF manifest into a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from uncial.errors import ConfigError, InputError
from uncial.progress import Advanced, Note, Reporter, silent


@dataclass(frozen=True, kw_only=True)
class FetchConfig:
    """What to download, and where to."""

    manifest: str
    """Address of a IIIF manifest (Presentation 2 or 3), or a file that holds one."""

    output: Path
    """Folder for the images. What is there already is not downloaded again."""

    pages: str = ""
    """Which pages, from 1, such as 1-5,8,20-; all where it is empty."""

    size: int = 0
    """Longest side of the images in px; 0 for the largest that there is."""

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ConfigError(f"size {self.size}", remedy="give px, or 0 for all there is")


@dataclass(frozen=True, kw_only=True)
class FetchResult:
    """What was downloaded.

    Attributes:
        label: Title of the document.
        pages: Pages that were asked for.
        downloaded: Images downloaded now.
        present: Images that were there already.
        failed: Pages that could not be had, and why.
        output: The folder.
    """

    label: str
    pages: int
    downloaded: int
    present: int
    failed: tuple[str, ...]
    output: Path


def fetch(config: FetchConfig, reporter: Reporter = silent) -> FetchResult:
    """Download the pages of a IIIF manifest; run again, it goes on where it stopped.

    A page that cannot be had is listed and ends nothing.

    Raises:
        InputError: The manifest cannot be had, or not one page.
        FormatError: It is no manifest.
        ConfigError: The pages are written otherwise than as ranges.
    """
    from uncial import web
    from uncial.formats.pages import iiif
    from uncial.formats.pages.source import page_ranges

    wanted = page_ranges(config.pages)
    local = Path(config.manifest)
    data = local.read_bytes() if local.is_file() else web.fetch(config.manifest, iiif.MAX_MANIFEST)
    manifest = iiif.read_manifest(data, config.manifest)
    chosen = [
        (number, canvas)
        for number, canvas in enumerate(manifest.canvases, start=1)
        if not wanted or any(number in one for one in wanted)
    ]
    if not chosen:
        raise ConfigError(
            f"{config.manifest}: has {len(manifest.canvases)} pages, none of {config.pages}",
            remedy="name pages that it has",
        )
    config.output.mkdir(parents=True, exist_ok=True)
    (config.output / "manifest.json").write_bytes(data)
    downloaded, failed, names = 0, [], {}
    for done, (number, canvas) in enumerate(chosen, start=1):
        try:
            path, new = iiif.download(canvas, number, config.output, config.size)
        except InputError as error:
            failed.append(f"page {number}: {error.problem}")
            continue
        downloaded += new
        names[path.name] = canvas.id
        reporter(Advanced(stage="fetch", done=done, total=len(chosen), unit="pages"))
    if len(failed) == len(chosen):
        raise InputError("no page could be had:\n" + "\n".join(failed[:5]), remedy="try again")
    for text in failed:
        reporter(Note(text=text, level="warning"))
    text = json.dumps(names, indent=1, ensure_ascii=False)
    (config.output / "canvases.json").write_text(text, encoding="utf-8")
    return FetchResult(
        label=manifest.label,
        pages=len(chosen),
        downloaded=downloaded,
        present=len(chosen) - downloaded - len(failed),
        failed=tuple(failed),
        output=config.output,
    )
