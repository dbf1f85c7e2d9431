"""Nothing heavy at import time, and nothing installed that breaks others."""

import importlib
import importlib.metadata
import os
import pkgutil
import subprocess
import sys
import time

import pytest

import uncial

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
