"""The verb *synthesize*: recipe → lines or pages with ground truth."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from uncial.errors import ConfigError
from uncial.progress import Advanced, Note, Reporter, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from uncial.formats.tesseract.boxes import BoxEntry
    from uncial.synth.boxpages import BoxPage
    from uncial.synth.synthesizer import LineMaker

Form = Literal["store", "pairs", "tesseract", "pages"]
_LISTS = {"train": "list.train", "validation": "list.val", "test": "list.test"}
_FONTS = "fonts.json"


@dataclass(frozen=True, kw_only=True)
class SynthesizeConfig:
    """What to make, and how much of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    recipe: Path
    """TOML file with text, fonts, hand and ageing."""
    output: Path
    """Folder to make."""
    form: Form = "store"
    """store: a line store; pairs: images with .gt.txt and lists of splits; tesseract: pages of
    lines as .tif with .box files, as text2image writes them; pages: whole pages with layout, as
    .png with PAGE XML or ALTO."""
    pages: int = 10
    """Of the forms tesseract and pages: how many; each of tesseract has one font."""
    layout: Literal["page", "alto"] = "page"
    """Of the form pages: format of the layout, PAGE XML or ALTO."""
    exposure: int = 0
    """Of the form tesseract: from -3, thin and pale, to 3, bold and dark."""
    workers: int = 0
    """Processes for the forms store and pairs; 0 takes one. Their number changes no line."""
    seed: int = 0
    """Same recipe and seed, same lines."""
    overwrite: bool = False
    """Replace a line store that is there."""


@dataclass(frozen=True, kw_only=True)
class SynthesizeResult:
    """What was made.

    Attributes:
        lines: How many, by split; of pages all together as ``train``.
        pages: How many.
        fonts: Licence of each font that drew something, by its name; also in the data's
            ``store.json`` or ``fonts.json``.
        cpu_seconds: Processor time of this process.
    """

    output: Path
    lines: dict[str, int]
    pages: int
    fonts: dict[str, str]
    cpu_seconds: float


def synthesize(config: SynthesizeConfig, reporter: Reporter = silent) -> SynthesizeResult:
    """Make lines or pages from text and fonts.

    To train on lines without end, and none on disk, give the recipe to train instead.

    Raises:
        ConfigError: The recipe has unknown options or names what is not there, or the output
            exists.
        InputError, FormatError, DataError: Its text or its fonts cannot be used.
    """
    from uncial.tasks.synthesis import open_synthesizer, read_recipe

    started = time.process_time()
    recipe = read_recipe(config.recipe)
    if config.form != "store" and config.output.exists() and any(config.output.iterdir()):
        raise ConfigError(f"{config.output}: is not empty", remedy="name another folder")
    synthesizer = open_synthesizer(recipe, reporter)
    makers = {"store": _store, "pairs": _pairs, "tesseract": _tesseract, "pages": _pages}
    lines, pages, fonts = makers[config.form](config, synthesizer, reporter)
    reporter(Note(text=f"{sum(lines.values())} lines in {len(fonts)} fonts in {config.output}"))
    return SynthesizeResult(
        output=config.output,
        lines=lines,
        pages=pages,
        fonts=fonts,
        cpu_seconds=time.process_time() - started,
    )


Made = tuple[dict[str, int], int, dict[str, str]]


def _store(config: SynthesizeConfig, synthesizer: LineMaker, reporter: Reporter) -> Made:
    from uncial.data.store import LineStore, is_store
    from uncial.tasks.synthesis import write_store

    if is_store(config.output) and not config.overwrite:
        raise ConfigError(
            f"{config.output}: there is a line store already",
            remedy="name another folder, or choose to overwrite it",
        )
    fonts = write_store(
        synthesizer, config.output, seed=config.seed, workers=config.workers, reporter=reporter
    )
    return LineStore.open(config.output).splits, 0, fonts


def _pairs(config: SynthesizeConfig, synthesizer: LineMaker, reporter: Reporter) -> Made:
    from uncial.data.images import encode_image
    from uncial.tasks.synthesis import made_lines

    names: dict[str, list[str]] = {split: [] for split in _LISTS}
    used: Counter[str] = Counter()
    config.output.mkdir(parents=True, exist_ok=True)
    lines = made_lines(synthesizer, config.seed, workers=config.workers, reporter=reporter)
    for split, sample in lines:
        name = sample.line_id.rpartition("/")[2]
        (config.output / f"{name}.png").write_bytes(encode_image(sample.image))
        (config.output / f"{name}.gt.txt").write_text(f"{sample.text}\n", encoding="utf-8")
        names[split].append(f"{name}.png")
        used[sample.document] += 1
    for split, found in names.items():
        if found:
            text = "\n".join(found) + "\n"
            (config.output / _LISTS[split]).write_text(text, encoding="utf-8")
    return {s: len(found) for s, found in names.items()}, 0, _licences(config, synthesizer, used)


def _tesseract(config: SynthesizeConfig, synthesizer: LineMaker, reporter: Reporter) -> Made:
    from PIL import Image

    from uncial.formats.tesseract.boxes import pack
    from uncial.synth.boxpages import box_page

    used: Counter[str] = Counter()
    config.output.mkdir(parents=True, exist_ok=True)
    lines, listed = 0, []
    for number in range(config.pages):
        made = box_page(
            synthesizer.part(config.seed, number), config.seed, number, exposure=config.exposure
        )
        stem = f"{made.font.name.replace(' ', '_')}.exp{config.exposure}.{number:04d}"
        picture = Image.fromarray(made.image)
        picture.save(config.output / f"{stem}.tif", compression="tiff_lzw", dpi=(300, 300))
        (config.output / f"{stem}.box").write_bytes(pack(_entries(made)))
        listed.append(f"{stem}.tif\t{made.font.name}")
        used[made.font.name] += 1
        lines += len(made.lines)
        reporter(Advanced(stage="synthesize", done=number + 1, total=config.pages, unit="pages"))
    (config.output / "fonts.list").write_text("\n".join(listed) + "\n", encoding="utf-8")
    return {"train": lines}, config.pages, _licences(config, synthesizer, used)


def _entries(page: BoxPage) -> Iterator[BoxEntry]:
    """A box for each character and space, and one that ends each line."""
    from uncial.formats.tesseract.boxes import END_OF_LINE, Box, BoxEntry

    height = page.image.shape[0]
    for line in page.lines:
        for character in line:
            left, top, right, bottom = (round(edge) for edge in character.box)
            box = Box(left, height - bottom, right, height - top)
            yield BoxEntry(character.text, box)
        right = max(round(character.box[2]) for character in line)
        yield BoxEntry(END_OF_LINE, Box(right, box.bottom, right + 1, box.top))


def _pages(config: SynthesizeConfig, synthesizer: LineMaker, reporter: Reporter) -> Made:
    from uncial.data.images import encode_image
    from uncial.formats.pages.base import write_pages
    from uncial.synth.pages import synthetic_page

    used: Counter[str] = Counter()
    config.output.mkdir(parents=True, exist_ok=True)
    lines = 0
    for number in range(config.pages):
        image, page, fonts = synthetic_page(
            synthesizer.part(config.seed, number), config.seed, number
        )
        (config.output / page.image).write_bytes(encode_image(image))
        written = write_pages([page], config.layout)
        (config.output / f"{page.id}.xml").write_bytes(written.data)
        used.update(fonts)
        lines += sum(1 for _ in page.lines())
        reporter(Advanced(stage="synthesize", done=number + 1, total=config.pages, unit="pages"))
    return {"train": lines}, config.pages, _licences(config, synthesizer, used)


def _licences(
    config: SynthesizeConfig, synthesizer: LineMaker, used: Counter[str]
) -> dict[str, str]:
    """Licence of each font, also written beside the data."""
    from uncial.tasks.synthesis import licences_of

    licences = licences_of(synthesizer, used)
    told = [
        {"font": name, "licence": licence, "times": used[name]}
        for name, licence in licences.items()
    ]
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (config.output / _FONTS).write_text(text + "\n", encoding="utf-8")
    return licences
