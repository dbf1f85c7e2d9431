"""The one way to a model that finds lines, whatever program wrote its file."""

from __future__ import annotations

from pathlib import Path

from uncial.errors import FormatError
from uncial.formats.models import kraken, segmentation
from uncial.formats.models.kinds import model_kind
from uncial.models.blla import KrakenSegmenter
from uncial.models.segmenter import Segmenter


def open_finder(path: Path) -> Segmenter | KrakenSegmenter:
    """Open a model that finds lines; its content decides, not its name.

    Args:
        path: A model of ours, or of kraken.

    Raises:
        FormatError: It finds no lines, is damaged, or from a newer version.
        ConfigError: It is a model of kraken that reads text.
    """
    if model_kind(path.read_bytes(), path.name) == "kraken":
        return KrakenSegmenter.load(path)
    return Segmenter.load(path)


def finds_lines(path: Path) -> bool:
    """Whether a file is such a model; no file is none, nor is a damaged one."""
    if not path.is_file():
        return False
    data = path.read_bytes()
    if segmentation.is_segmenter(data):
        return True
    try:
        return model_kind(data, path.name) == "kraken" and any(
            "segmentation" in model.tasks for model in kraken.models_of(data, path.name)
        )
    except FormatError:
        return False
