"""What the real kraken makes of our files, and we of its."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uncial.formats.models import kraken
from uncial.models.blla import KrakenSegmenter
from uncial.models.hub import open_model

pytestmark = [pytest.mark.data, pytest.mark.kraken]
_LINES = 12
_READ = """
import json, sys, warnings
warnings.simplefilter("ignore")
from PIL import Image
from kraken.configs import RecognitionInferenceConfig
from kraken.containers import BBoxLine, Segmentation
from kraken.tasks import RecognitionTaskModel
model = RecognitionTaskModel.load_model(sys.argv[1])
config = RecognitionInferenceConfig(accelerator="cpu", num_line_workers=0)
for name in sys.argv[2:]:
    image = Image.open(name)
    line = BBoxLine(id="x", bbox=(0, 0, *image.size))
    page = Segmentation(type="bbox", text_direction="horizontal-lr", imagename=name,
                        script_detection=False, lines=[line])
    print(json.dumps([one.prediction for one in model.predict(image, page, config)][0]))
"""


@pytest.fixture(scope="module")
def lines(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "print-latin-anthologia" / "lines").glob("*.png"))[:_LINES]


@pytest.fixture(scope="module")
def model(shared_data: Path) -> Path:
    return shared_data / "models-kraken" / "latin_print_anthologia.mlmodel"


def kraken_python() -> str:
    """The interpreter of the environment that kraken is installed in."""
    folder = os.environ.get("UNCIAL_KRAKEN")
    if folder:
        return str(Path(folder) / "bin" / "python")
    return str(Path(shutil.which("kraken") or "kraken").parent / "python")


def read_by_kraken(model: Path, lines: list[Path]) -> list[str]:
    done = subprocess.run(
        [kraken_python(), "-c", _READ, str(model), *map(str, lines)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(text) for text in done.stdout.splitlines()]


def test_both_read_the_same_and_kraken_reads_what_we_write_back(
    model: Path, lines: list[Path], tmp_path: Path
) -> None:
    images = [np.asarray(Image.open(line)) for line in lines]
    ours = [reading.text for reading in open_model(model).read(images, threads=1)]
    assert ours == read_by_kraken(model, lines)
    archive, _ = kraken.unpack(model.read_bytes())
    for name in ("back.mlmodel", "back.safetensors"):
        path = tmp_path / name
        path.write_bytes(kraken.pack(archive, coreml=name.endswith("mlmodel"))[0])
        assert read_by_kraken(path, lines) == ours


_SEGMENT = """
import json, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import kraken
from PIL import Image
from kraken.configs import SegmentationInferenceConfig
from kraken.tasks import SegmentationTaskModel
model = str(Path(kraken.__file__).with_name("blla.mlmodel"))
task = SegmentationTaskModel.load_model(model)
config = SegmentationInferenceConfig(accelerator="cpu")
page = task.predict(im=Image.open(sys.argv[1]), config=config)
print(json.dumps([model, [line.baseline for line in page.lines]]))
"""


@pytest.mark.slow
def test_both_find_the_same_baselines(shared_data: Path) -> None:
    page = shared_data / "pages-hw-en-hooker-page" / "JDH_2_16_67_001.jpg"
    done = subprocess.run(
        [kraken_python(), "-c", _SEGMENT, str(page)], capture_output=True, text=True, check=True
    )
    model, theirs = json.loads(done.stdout.splitlines()[-1])
    segmenter = KrakenSegmenter.load(model)
    segmenter.exact = True
    found = segmenter.segment(np.asarray(Image.open(page).convert("RGB")))
    assert [[list(map(int, point)) for point in line.baseline] for line in found.lines()] == theirs
