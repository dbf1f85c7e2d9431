"""Models of kraken, opened for reading lines."""

from __future__ import annotations

from uncial.errors import ConfigError
from uncial.formats.models import kraken
from uncial.models.recognizer import Recognizer


def opened(data: bytes, name: str, *, dictionary: bool) -> Recognizer:
    """The reader of a model of kraken; see `uncial.models.hub.open_model`.

    Raises:
        ConfigError: It finds lines, or has no counterpart here.
    """
    archive, _ = kraken.unpack(data, name)
    if kraken.is_segmenter(archive):
        raise ConfigError(
            f"{name}: finds lines on pages and reads no text", remedy="give a model that reads text"
        )
    return Recognizer.from_archive(archive)
