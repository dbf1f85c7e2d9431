"""Nothing heavy at import time, and nothing installed that breaks others."""

import importlib
import importlib.metadata
import os
import pkgutil
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

import uncial
from uncial.data.images import encode_image
from uncial.export.onnx import to_onnx
from uncial.extras import EXTRAS
from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

_HEAVY = ("torch", "cv2", "pyarrow", "PIL", "jinja2", "fontTools", "transformers")


def _loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    code = "from uncial.cli.main import run\nassert run(['--help']) == 0"
    assert not _loaded_by(code) & set(_HEAVY)


def test_the_help_of_a_command_does_not_import_torch() -> None:
    code = "from uncial.cli.main import run\nassert run(['train', '--help']) == 0"
    assert "torch" not in _loaded_by(code)


def test_help_is_fast() -> None:
    """CPU time of the best of five starts, so that a busy machine does not matter."""
    spent = []
    for _ in range(5):
        before = os.times()
        subprocess.run([sys.executable, "-m", "uncial", "--help"], check=True, capture_output=True)
        after = os.times()
        spent.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
        time.sleep(0.05)
    assert min(spent) < 0.4


def test_the_package_imports_nothing_heavy() -> None:
    assert not _loaded_by("import uncial\ndir(uncial)") & {*_HEAVY, "numpy", "pydantic"}


def test_every_public_name_loads_and_the_list_is_sorted() -> None:
    assert uncial.__all__ == sorted(uncial.__all__)
    for name in uncial.__all__:
        assert getattr(uncial, name) is not None
        assert name in dir(uncial)
    assert uncial.__version__ == importlib.metadata.version("uncial")
    with pytest.raises(AttributeError, match="nothing_such"):
        uncial.nothing_such  # noqa: B018


@pytest.mark.parametrize(
    "name", [module.name for module in pkgutil.walk_packages(uncial.__path__, "uncial.")]
)
def test_every_module_imports_and_says_what_it_is(name: str) -> None:
    if name == "uncial.__main__":
        return
    module = importlib.import_module(name)
    assert module.__doc__


def test_no_package_is_installed_that_breaks_others() -> None:
    """Torchvision has no build beside this torch and breaks transformers; CUDA is not needed."""
    import torch

    names = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions()}
    assert not names & {"torchvision", "torchaudio", "timm"}
    if torch.version.cuda is None:
        assert not [name for name in names if name.startswith("nvidia-")]


def _wanted(extra: str) -> set[str]:
    """Names of the distributions that an extra, or the package alone, asks for."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    lists = {"": project["dependencies"], **project["optional-dependencies"]}
    return {re.split(r"[\[<>=]", one)[0] for one in lists[extra]}


def test_a_reader_of_lines_needs_few_packages() -> None:
    assert _wanted("") == {"numpy", "pillow", "python-bidi", "regex"}
    assert _wanted("runtime") == {"onnxruntime"}


def test_lines_are_read_without_anything_of_an_extra_but_onnxruntime(tmp_path: Path) -> None:
    codec = Codec.from_charset(Charset(tuple("abcd ")))
    network = build("[1,24,0,1 Cr3,3,4,2,2 Fh Lbx4]", labels=codec.width).eval()
    recognizer = Recognizer(network, codec, Preprocessing(height=24), Normalization.DEFAULT)
    (tmp_path / "model.onnx").write_bytes(to_onnx(recognizer.to_archive()))
    (tmp_path / "line.png").write_bytes(encode_image(np.full((30, 90), 255, np.uint8)))
    absent = sorted(set(EXTRAS) - {"onnxruntime"})
    loaded = _loaded_by(
        f"sys.modules.update(dict.fromkeys({absent}))\n"
        "import uncial\n"
        f"reader = uncial.open_model({str(tmp_path / 'model.onnx')!r})\n"
        "from uncial.data.images import decode_image\n"
        f"image = decode_image(open({str(tmp_path / 'line.png')!r}, 'rb').read())\n"
        "[reading] = reader.read([image])\n"
        "assert isinstance(reading.text, str)\n"
        "from uncial.errors import MissingDependency\n"
        "try:\n    uncial.Recognizer\n"
        "except MissingDependency as error:\n    assert 'uncial[train]' in error.remedy\n"
        "else:\n    raise AssertionError\n"
        f"for name in {absent}:\n    del sys.modules[name]"
    )
    assert not loaded & {*_HEAVY, "pydantic", "rapidfuzz"} - {"PIL"}


def test_the_command_says_what_to_install() -> None:
    code = "sys.modules['cyclopts'] = None\nfrom uncial.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert 'pip install "uncial[cli]"' in done.stderr


def test_a_task_says_what_to_install() -> None:
    code = (
        "sys.modules['torch'] = None\nfrom uncial.cli.main import run\n"
        "code = run(['train', 'x', '-o', 'y'])\nassert code == 4, code\nsys.stderr.write('\\n')"
    )
    assert "uncial[train]" in " ".join(_loaded_by(code))
