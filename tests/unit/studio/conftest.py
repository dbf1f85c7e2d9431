"""A studio for every test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studios import Place, open_place
from team import Team, open_team


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = open_place(tmp_path / "studio")
    with made.client:
        yield made


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = open_team(tmp_path / "studio")
    yield made
    made.app.state.studio.db.close()


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose network knows nothing, but reads something."""
    import torch

    from uncial.formats.models import native
    from uncial.imaging.prepare import Preprocessing
    from uncial.models.recognizer import Recognizer
    from uncial.nn.build import build
    from uncial.text.codec import Codec
    from uncial.text.normalize import Normalization

    torch.manual_seed(0)
    codec = Codec.from_charset("abc ")
    spec = f"[1,32,0,1 Cr3,3,8 Mp4,2 S1(1x0)1,3 O1c{codec.width}]"
    network = build(spec, labels=codec.width)
    recognizer = Recognizer(network, codec, Preprocessing(height=32), Normalization.DEFAULT)
    path = tmp_path_factory.mktemp("model") / "small.safetensors"
    path.write_bytes(native.pack(recognizer.to_archive()))
    return path
