from pathlib import Path

import pytest
import torch

from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file of a network without normalization that knows nothing."""
    torch.manual_seed(0)
    codec = Codec.from_charset(Charset.from_texts(["abc"]))
    network = build(f"[1,32,0,1 Cr3,3,8 Mp4,2 S1(1x0)1,3 O1c{codec.width}]", labels=codec.width)
    recognizer = Recognizer(network, codec, Preprocessing(height=32), Normalization.DEFAULT)
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    path.write_bytes(native.pack(recognizer.to_archive()))
    return path
