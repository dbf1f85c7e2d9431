"""Packages that come with an extra of the distribution, and what to do where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from uncial.errors import MissingDependency

_PACKAGES = {
    "cli": ("cyclopts", "docstring_parser", "pydantic", "pydantic_core", "rich"),
    "runtime": ("onnxruntime",),
    "onnx": ("onnx",),
    "pages": ("lxml", "pikepdf", "pypdfium2"),
    "docx": ("docx",),
    "hf": ("peft", "sentencepiece", "tokenizers", "transformers"),
    "ray": ("fsspec", "ray"),
    "render": ("freetype", "uharfbuzz", "fontTools"),
    "studio": ("alembic", "argon2", "fastapi", "huey", "sqlalchemy", "uvicorn"),
    "train": ("cv2", "jinja2", "pyarrow", "rapidfuzz", "safetensors", "torch"),
}

EXTRAS = {package: extra for extra, packages in _PACKAGES.items() for package in packages}
"""The extra that brings a package, by the name under which it is imported."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn a missing package of an extra into an error that says how to install it.

    Raises:
        MissingDependency: An import inside of the block failed for want of a package.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = absent(error)
        if missing is None:
            raise
        raise missing from error


def absent(error: ModuleNotFoundError) -> MissingDependency | None:
    """What to tell about a package that is not there; None where it is none of an extra."""
    package = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(package)
    if extra is None:
        return None
    return MissingDependency(
        f"this needs the package {package}, which is not installed",
        remedy=f'install it: pip install "uncial[{extra}]"',
    )
