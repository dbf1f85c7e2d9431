"""Whether Uncial reads with Tesseract's models what Tesseract reads, and is as sure of it.

Both read the same line images with the same model, Tesseract as ``--psm 13`` with hOCR's boxes
of characters, which state each character's confidence. Texts have to be equal, without the
invisible marks of direction; confidences are compared character by character and word by
word. Without a dictionary, both read a copy of the model without word graphs::

    python benchmarks/interop/tesseract_parity.py                    # every model, 300 lines
    python benchmarks/interop/tesseract_parity.py frak2021 --lines 40
    python benchmarks/interop/tesseract_parity.py eng-int8 --no-dictionary

Rows go to ``results/tesseract_parity.jsonl``.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import tesseract
from measure import ONE_THREAD, Failed, Skip, data_folder, fresh, guarded, measured, record

SETS = (
    ("print-fraktur-archiscribe", "lines"),
    ("hw-lines-en-hooker", "images"),
    ("rtl-arabic-jstor", "lines"),
    ("print-latin-anthologia", "lines"),
)
INSTALLED = Path("/usr/share/tesseract-ocr/5/tessdata/eng.traineddata")
MODELS = ("eng-int8", "eng", "frak2021", "fas")
TOLERANCE = 0.01  # of 100
_MARKS = str.maketrans("", "", "\u200e\u200f")
_WORD = re.compile(r"x_wconf (\d+)")
_CHARACTER = re.compile(r"x_conf ([-\d.e]+)'>([^<]*)<")
GRAPHS = ("lstm-word-dawg", "lstm-punc-dawg", "lstm-number-dawg")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a program says of a line; characters as sorted (text, confidence of 100)."""

    text: str
    characters: list[tuple[str, float]]
    words: list[int]


def main() -> None:
    """Compare model by model, with and without the dictionary."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; none means all")
    parser.add_argument("--lines", type=int, default=300, help="for each model; %(default)s")
    parser.add_argument("--dictionary", action=argparse.BooleanOptionalAction)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = set(options.models) - set(MODELS)
    if unknown:
        parser.error(f"no model {', '.join(unknown)}; there are {', '.join(MODELS)}")
    count = 8 if options.quick else options.lines
    for name in options.models or MODELS:
        for dictionary in (True, False) if options.dictionary is None else (options.dictionary,):
            try:
                compare(name, count, dictionary=dictionary, keep=not options.quick)
            except Skip as reason:
                print(f"{name}: skipped: {reason}")


def compare(name: str, count: int, *, dictionary: bool, keep: bool) -> None:
    """Let both read the same lines with one model; a row of what agrees."""
    source = (
        INSTALLED if name == "eng-int8" else data_folder("models-tesseract", f"{name}.traineddata")
    )
    if not source.exists():
        raise Skip(f"{source} is not installed")
    work = fresh("interop", f"{name}{'' if dictionary else '-plain'}")
    has_words = copy_model(source, work / "model.traineddata", dictionary=dictionary)
    if dictionary and not has_words:
        raise Skip("the model has no dictionary")
    images = lines(count)
    print(f"== {name}, {'with' if dictionary else 'without'} dictionary, {len(images)} lines")
    theirs, cost = with_tesseract(images, work)
    ours, seconds = with_uncial(images, work)
    record(
        "tesseract_parity",
        "uncial",
        {
            "model": name,
            "dictionary": dictionary,
            "data": [folder for folder, _ in SETS],
            **agreement(images, ours, theirs),
            "tesseract_cpu_ms_per_line": round(1000 * cost / len(images), 1),
            "uncial_cpu_ms_per_line": round(1000 * seconds / len(images), 1),
        },
        keep=keep,
    )


def copy_model(source: Path, target: Path, *, dictionary: bool) -> bool:
    """Copy a model, on demand without its word graphs; whether it had any."""
    from uncial.formats.tesseract.container import TrainedData

    model = TrainedData.unpack(source.read_bytes(), source.name)
    has_words = any(graph in model.components for graph in GRAPHS)
    for graph in () if dictionary else GRAPHS:
        model = model.replaced(graph, b"")
    target.write_bytes(model.pack())
    return has_words


def lines(count: int) -> list[Path]:
    """As many lines of each set, spread over all of it."""
    found: list[Path] = []
    for at, (folder, inside) in enumerate(SETS):
        images = sorted(data_folder(folder, inside).glob("*.png"))
        share = min(len(images), (count - len(found)) // (len(SETS) - at))
        found += [images[len(images) * place // share] for place in range(share)]
    return found


def with_tesseract(images: Sequence[Path], work: Path) -> tuple[list[Told], float]:
    """Readings of Tesseract, one process, one thread; and its CPU-seconds."""
    listing, output = work / "images.list", work / "read"
    listing.write_text("".join(f"{image}\n" for image in images), encoding="utf-8")
    settings = ("hocr_char_boxes=1", "tessedit_create_hocr=1", "tessedit_create_txt=1")
    run = measured(
        [
            *(tesseract(), listing, output, "--psm", "13", "-l", "model"),
            *("--tessdata-dir", work),
            *(word for setting in settings for word in ("-c", setting)),
        ],
        ONE_THREAD,
    )
    texts = output.with_suffix(".txt").read_text(encoding="utf-8").split("\f")
    markup = output.with_suffix(".hocr").read_text(encoding="utf-8")
    pages = markup.split("<div class='ocr_page'")[1:]
    if len(texts) != len(images) or len(pages) != len(images):
        raise Failed(f"tesseract read {len(pages)} of {len(images)} images")
    told = [
        Told(
            text=text.strip("\n").translate(_MARKS),
            characters=sorted(
                (html.unescape(character), float(confidence))
                for confidence, character in _CHARACTER.findall(page)
            ),
            words=sorted(map(int, _WORD.findall(page))),
        )
        for text, page in zip(texts, pages, strict=True)
    ]
    return told, run.cpu


def with_uncial(images: Sequence[Path], work: Path) -> tuple[list[Told], float]:
    """Readings of Uncial, one thread; and CPU-seconds of reading alone."""
    from uncial.models.tesseract import TesseractRecognizer

    recognizer = TesseractRecognizer.load(work / "model.traineddata")
    pixels = [np.asarray(Image.open(image).convert("L")) for image in images]
    start = time.process_time()
    decoded = [recognizer.decode(line) for line in pixels]
    seconds = time.process_time() - start
    told = [
        Told(
            text=line.reading.text,
            characters=sorted(
                (one.grapheme, 100 * one.confidence) for one in line.reading.characters
            ),
            words=sorted(int(100 * word.confidence) for word in line.words),
        )
        for line in decoded
    ]
    return told, seconds


def agreement(
    images: Sequence[Path], ours: Sequence[Told], theirs: Sequence[Told]
) -> dict[str, Any]:
    """How many texts are equal, and how far confidences are apart."""
    different = [
        (image.name, here.text, there.text)
        for image, here, there in zip(images, ours, theirs, strict=True)
        if here.text != there.text
    ]
    for name, here, there in different:
        print(f"  {name}\n    uncial    {here!r}\n    tesseract {there!r}")
    apart = list(distances(ours, theirs))
    words = [
        abs(a - b)
        for here, there in zip(ours, theirs, strict=True)
        if len(here.words) == len(there.words)
        for a, b in zip(here.words, there.words, strict=True)
    ]
    return {
        "lines": len(images),
        "equal_lines": len(images) - len(different),
        "characters": sum(len(there.characters) for there in theirs),
        "compared_characters": len(apart),
        "characters_apart": sum(distance > TOLERANCE for distance in apart),
        "greatest_distance": round(max(apart, default=0.0), 7),
        "words": len(words),
        "greatest_word_distance": max(words, default=0),
    }


def distances(ours: Sequence[Told], theirs: Sequence[Told]) -> Iterator[float]:
    """Of the confidences of each character, where both read the same ones."""
    for here, there in zip(ours, theirs, strict=True):
        if [text for text, _ in here.characters] == [text for text, _ in there.characters]:
            for (_, a), (_, b) in zip(here.characters, there.characters, strict=True):
                yield abs(a - b)


if __name__ == "__main__":
    guarded(main)
