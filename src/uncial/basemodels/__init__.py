"""Models that come with the package, each with its card beside it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

_SUFFIX = ".safetensors"


def shipped(name: str) -> Path | None:
    """The file of a model that comes with the package; None where none is called so.

    Args:
        name: Such as ``latin-print``.
    """
    return _folder() / f"{name}{_SUFFIX}" if name in shipped_names() else None


def shipped_names() -> list[str]:
    """Names of all of them."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in _folder().glob(f"*{_SUFFIX}"))


def _folder() -> Path:
    return Path(str(resources.files("uncial.basemodels")))
