"""The verb *doctor*: what this machine offers, and what went wrong in a training run."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from uncial.errors import MissingDependency
from uncial.progress import Note, Reporter, silent

_PACKAGES = ("numpy", "torch", "opencv-python-headless", "pillow", "pyarrow", "rapidfuzz")
_TESSERACT_SECONDS = 20  # longest wait for the version of a program


@dataclass(frozen=True, kw_only=True)
class DoctorConfig:
    """What to look at."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    run: Path | None = None
    """Run folder of a training, finished or not; without one only the machine is looked at."""


@dataclass(frozen=True, kw_only=True)
class DoctorResult:
    """What was found.

    Attributes:
        cores: CPUs this process may use.
        bf16: Whether the CPU multiplies bfloat16 in hardware, which halves training time.
        devices: What a network can run on.
        fonts: Fonts from installed packages, by family.
        system_fonts: How many font files the system has.
        tesseract: Its version, or ``"not installed"``.
        problems: What will not work here, and what to do about it.
        run: The training that was looked at.
        diagnoses: What is wrong with it and what to do about it, by code, causes first.
    """

    uncial: str
    python: str
    platform: str
    cores: int
    packages: dict[str, str]
    bf16: bool
    devices: list[str]
    fonts: list[str]
    system_fonts: int
    tesseract: str
    problems: list[str]
    run: Path | None = None
    diagnoses: dict[str, str] = field(default_factory=dict)


def doctor(config: DoctorConfig, reporter: Reporter = silent) -> DoctorResult:
    """Say what this machine offers and what is wrong with a training run; changes nothing.

    The run is judged by its event log: what was seen in its lines before the first step, its
    losses, validations and returns after a divergence.

    Raises:
        ConfigError: There is no run in that folder.
    """
    from uncial.models.compute import bf16_pays
    from uncial.models.cores import cores

    diagnoses = _diagnoses(config.run) if config.run else {}
    problems: list[str] = []
    fonts = _font_families(problems)
    return DoctorResult(
        uncial=importlib.metadata.version("uncial"),
        python=platform.python_version(),
        platform=platform.platform(),
        cores=cores(),
        packages={name: _version(name) for name in _PACKAGES},
        bf16=bf16_pays(),
        devices=_devices(),
        fonts=fonts,
        system_fonts=_system_fonts(),
        tesseract=_tesseract_version(),
        problems=problems,
        run=config.run,
        diagnoses=diagnoses,
    )


def _diagnoses(run: Path) -> dict[str, str]:
    """What is wrong with a run, or with any of its folds."""
    from uncial.training.doctor import Watch, by_code, recorded
    from uncial.training.folder import RunFolder

    RunFolder(run).reopen()
    notes: list[Note] = []
    for path in (run, *sorted(run.glob("fold-*"))):
        watch = Watch(silent, recorded(RunFolder(path).events))
        watch.end()
        notes += watch.notes
    return by_code(notes)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _devices() -> list[str]:
    import torch

    devices = ["cpu"]
    devices += [
        f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())
    ]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return devices


def _font_families(problems: list[str]) -> list[str]:
    from uncial.synth.fonts import package_fonts

    try:
        families = sorted({font.family for font in package_fonts()})
    except MissingDependency as error:
        problems.append(f"{error.problem}: {error.remedy}")
        return []
    if not families:
        problems.append("no font packages, so the demo cannot run: install uncial[demo]")
    return families


def _system_fonts() -> int:
    from uncial.synth.fonts import system_font_files

    return len(system_font_files())


def _tesseract_version() -> str:
    program = shutil.which("tesseract")
    if program is None:
        return "not installed"
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=_TESSERACT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not run: {error}"
    return (done.stdout or done.stderr).partition("\n")[0]
