"""A tiny untrained model and a few rendered lines, for the tasks that need both."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from uncial.data.images import decode_image, encode_image
from uncial.formats.models import native, traineddata
from uncial.formats.pages.base import write_pages
from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.page.layout import Line, Page, Region
from uncial.synth.corpus import built_in_prose, text_lines
from uncial.synth.fonts import package_fonts
from uncial.synth.recipe import samples
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of image and .gt.txt pairs with lists that fix the splits."""
    folder = tmp_path_factory.mktemp("pairs")
    fonts = [font for font in package_fonts() if font.family == "Caladea"]
    texts = islice(text_lines(built_in_prose(), seed=1, longest=24), 12)
    names = []
    for number, sample in enumerate(samples(texts, fonts, seed=1, name="line")):
        image = folder / f"book{number % 3}" / f"{number:02d}.png"
        image.parent.mkdir(exist_ok=True)
        image.write_bytes(encode_image(sample.image))
        image.with_suffix(".gt.txt").write_text(f"{sample.text}\n", encoding="utf-8")
        names.append(str(image.relative_to(folder)))
    for name, chosen in (("train", names[:4]), ("val", names[4:6]), ("test", names[6:])):
        (folder / f"list.{name}").write_text("\n".join(chosen) + "\n")
    return folder


@pytest.fixture(scope="session")
def book(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of three lines each, one without lines, and one whose image is damaged."""
    folder = tmp_path_factory.mktemp("book")
    images = [decode_image(path.read_bytes()) for path in sorted(pairs.rglob("*.png"))]
    for number in range(3):
        lines, rows, top = [], [], 40
        width = 80 + max(image.shape[1] for image in images)
        for at, image in enumerate(images[3 * number : 3 * number + 3]):
            gray = image if image.ndim == 2 else image[..., 0]
            row = np.full((gray.shape[0] + 30, width), 255, np.uint8)
            row[: gray.shape[0], 40 : 40 + gray.shape[1]] = gray
            rows.append(row)
            foot = top + 0.75 * gray.shape[0]
            lines.append(Line(id=f"l{at}", baseline=((40, foot), (40 + gray.shape[1], foot))))
            top += len(row)
        pixels = np.concatenate([np.full((40, width), 255, np.uint8), *rows])
        (folder / f"p{number}.png").write_bytes(encode_image(pixels))
        region = Region(id="r", lines=tuple(lines), boundary=((0, 0), (width, 0), (width, top)))
        page = Page(image=f"p{number}.png", width=width, height=len(pixels), regions=(region,))
        (folder / f"p{number}.xml").write_bytes(write_pages([page], "page").data)
    (folder / "bare.png").write_bytes((folder / "p0.png").read_bytes())
    (folder / "torn.png").write_bytes((folder / "p0.png").read_bytes()[:900])
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose network knows nothing."""
    torch.manual_seed(0)
    codec = Codec.from_charset(Charset.from_texts(built_in_prose()))
    network = build(f"[1,32,0,1 Cr3,3,8 Mp4,2 S1(1x0)1,3 O1c{codec.width}]", labels=codec.width)
    recognizer = Recognizer(
        network, codec, Preprocessing(height=32), Normalization.DEFAULT, {"made": "for tests"}
    )
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    path.write_bytes(native.pack(recognizer.to_archive()))
    return path


@pytest.fixture(scope="session")
def tesseract_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as Tesseract reads it, whose network knows nothing either."""
    torch.manual_seed(0)
    codec = Codec.from_charset(Charset.from_texts(built_in_prose()))
    network = build(f"[1,32,0,1 Ct3,3,4 Mp3,3 Lfys8 Lfx8 O1c{codec.width}]", labels=codec.width)
    with torch.no_grad():
        list(network.parameters())[-2].mul_(40)
    recognizer = Recognizer(
        network, codec, Preprocessing.tesseract(32), Normalization.DEFAULT, {"made": "for tests"}
    )
    path = tmp_path_factory.mktemp("model") / "tiny.traineddata"
    path.write_bytes(traineddata.pack(recognizer.to_archive())[0])
    return path
