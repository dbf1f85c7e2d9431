"""Model files of our own, opened for reading with torch."""

from __future__ import annotations

from uncial.archive import ModelArchive
from uncial.formats.models import native
from uncial.models.ensemble import Ensemble
from uncial.models.recognizer import Recognizer


def opened(data: bytes, name: str, *, dictionary: bool) -> Recognizer | Ensemble:
    """The reader of a ``.safetensors`` file; see `uncial.models.hub.open_model`."""
    return reader_of(native.unpack(data))


def reader_of(archive: ModelArchive) -> Recognizer | Ensemble:
    """The reader of an archive: one model, or several that vote."""
    first = Recognizer.from_archive(archive)
    if not archive.voters:
        return first
    return Ensemble([first, *map(Recognizer.from_archive, archive.voters)])
