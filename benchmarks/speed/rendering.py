"""Rendered English lines for training, made by Tesseract's own tools.

``text2image`` draws pages in several open faces, ``tesseract … lstm.train`` cuts them into
lines and writes ``.lstmf`` files; the images in those files, untouched, become line images with
``.gt.txt`` for other programs, so that everyone trains on the same pixels.

Source: tesseract 5.3.0 ``text2image``, ``src/ccstruct/imagedata.cpp`` (``.lstmf``).
"""

from __future__ import annotations

import importlib.util
import random
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines import program
from measure import ONE_THREAD, Failed, Running, Skip, data_folder

FACES = {
    "Caladea": ("font_caladea", "Caladea-Regular.ttf"),
    "Caladea Bold": ("font_caladea", "Caladea-Bold.ttf"),
    "Caladea Italic": ("font_caladea", "Caladea-Italic.ttf"),
    "Source Serif Pro": ("font_source_serif_pro", "SourceSerifPro-Regular.ttf"),
    "Source Serif Pro Italic": ("font_source_serif_pro", "SourceSerifPro-It.ttf"),
    "Source Sans Pro": ("font_source_sans_pro", "SourceSansPro-Regular.ttf"),
    "Source Sans Pro Bold": ("font_source_sans_pro", "SourceSansPro-Bold.ttf"),
    "Roboto": ("font_roboto", "Roboto-Regular.ttf"),
}
SHORTEST, LONGEST = 40, 60  # characters of a line


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Both forms of the same lines.

    Attributes:
        training: ``.lstmf`` files, one a face.
        lines: Folder with ``lines/STEM.png``, ``lines/STEM.gt.txt`` and ``list.*``.
        texts: Ground truth of the training lines.
        validation: How many of them uncial validates on instead of training.
    """

    training: tuple[Path, ...]
    lines: Path
    texts: tuple[str, ...]
    validation: int


def render(folder: Path, train: int, test: int, seed: int) -> Rendered:
    """Draw `train` lines from the start of the corpus and `test` lines from its end."""
    fonts, cache = folder / "fonts", folder / "fontconfig"
    for path in (fonts, cache, folder / "pages"):
        path.mkdir(parents=True)
    for package, name in FACES.values():
        shutil.copy(_font_folder(package) / name, fonts)
    lines = corpus_lines(seed)
    if len(lines) < train + test:
        raise Failed(f"the corpus has {len(lines)} lines, not {train + test}")
    texts = {"train": lines[:train], "test": lines[-test:]}
    files: dict[str, list[Path]] = {"train": [], "test": []}
    for split, chosen in texts.items():
        for number, face in enumerate(FACES):
            base = folder / "pages" / f"{split}-{number}"
            base.with_suffix(".txt").write_text("\n".join(chosen[number :: len(FACES)]) + "\n")
            _draw(base, face, fonts, cache)
            files[split].append(base.with_suffix(".lstmf"))
        print(f"  rendered {len(chosen)} {split} lines in {len(FACES)} faces", flush=True)
    texts["train"] = _unpack(folder / "data", files)
    validation = _write_lists(folder / "data", seed)
    return Rendered(
        training=tuple(files["train"]),
        lines=folder / "data",
        texts=tuple(texts["train"]),
        validation=validation,
    )


def corpus_lines(seed: int) -> list[str]:
    """The English corpus cut at words into distinct lines of 40 to 60 characters."""
    path = data_folder("langdata", "corpus_en_gutenberg.txt")
    rng = random.Random(seed)
    lines: dict[str, None] = {}
    line, wanted = "", rng.randint(SHORTEST, LONGEST)
    for word in path.read_text(encoding="utf-8").split():
        longer = f"{line} {word}".strip()
        if len(longer) > wanted:
            if SHORTEST <= len(line) <= LONGEST:
                lines[line] = None
            line, wanted = word, rng.randint(SHORTEST + 5, LONGEST)
        else:
            line = longer
    return list(lines)


def _font_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        name = package.replace("_", "-")
        raise Skip(f"the fonts of {name} are not installed: pip install {name}")
    return Path(found.origin).parent / "files"


def _draw(base: Path, face: str, fonts: Path, cache: Path) -> None:
    """``BASE.txt`` → ``BASE.tif`` and ``BASE.box`` → ``BASE.lstmf``."""
    draw = [program("text2image"), "--text", base.with_suffix(".txt"), "--outputbase", base]
    draw += ["--font", face, "--fonts_dir", fonts, "--fontconfig_tmpdir", cache]
    draw += ["--ptsize", "12", "--leading", "32", "--xsize", "2600", "--ysize", "3300"]
    cut = [program("tesseract"), base.with_suffix(".tif"), base, "--psm", "6", "lstm.train"]
    for command in (draw, cut):
        with Running(command, ONE_THREAD) as running:
            run = running.finish()
            if "Could not find font" in run.stderr:
                raise Failed(f"text2image does not find {face}: {run.stderr[:500]}")


def _unpack(folder: Path, files: dict[str, list[Path]]) -> list[str]:
    """Write the lines of all ``.lstmf`` files as pairs; the training texts."""
    (folder / "lines").mkdir(parents=True)
    training = []
    for split, paths in files.items():
        stems = []
        for number, path in enumerate(paths):
            for at, (image, text) in enumerate(read_lstmf(path)):
                stem = f"{split}-{number}-{at:04d}"
                (folder / "lines" / f"{stem}.png").write_bytes(image)
                (folder / "lines" / f"{stem}.gt.txt").write_text(f"{text}\n", encoding="utf-8")
                stems.append(stem)
                if split == "train":
                    training.append(text)
        (folder / f"list.{split}").write_text("\n".join(stems) + "\n")
    return training


def _write_lists(folder: Path, seed: int) -> int:
    """Take one training line in 40 for validation; how many that is."""
    stems = (folder / "list.train").read_text().split()
    random.Random(seed).shuffle(stems)
    count = max(2, len(stems) // 40)
    (folder / "list.val").write_text("\n".join(stems[:count]) + "\n")
    (folder / "list.train").write_text("\n".join(stems[count:]) + "\n")
    return count


def read_lstmf(path: Path) -> Iterator[tuple[bytes, str]]:
    """PNG and transcription of every line of a ``.lstmf`` file."""
    data, at = path.read_bytes(), 4
    for _ in range(struct.unpack_from("<I", data)[0]):
        fields, at = _strings(data, at + 1, ("name", 4, "image", "language", "text"))
        boxes = struct.unpack_from("<I", data, at)[0]
        at += 4 + 8 * boxes
        texts = struct.unpack_from("<I", data, at)[0]
        _, at = _strings(data, at + 4, ["box"] * texts)
        at += 1  # whether the text is vertical
        yield fields["image"], fields["text"].decode("utf-8")


def _strings(data: bytes, at: int, layout: Sequence[str | int]) -> tuple[dict[str, bytes], int]:
    """Length-prefixed strings by name, and bytes to pass over; where they end."""
    found = {}
    for item in layout:
        if isinstance(item, int):
            at += item
            continue
        size = struct.unpack_from("<I", data, at)[0]
        found[item] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found, at
