"""Model files of our own, opened for reading with torch."""

from __future__ import annotations

from typing import Protocol

from uncial.archive import ModelArchive
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.models.ensemble import Ensemble
from uncial.models.hub import ModelReader
from uncial.models.recognizer import Recognizer
from uncial.registry import Registry


class FromArchive(Protocol):
    """Makes the readers of one family of networks."""

    def from_archive(self, archive: ModelArchive) -> ModelReader:
        """The reader of one model."""


READERS: Registry[FromArchive] = Registry(
    "network-reader",
    {
        "ctc": "uncial.models.recognizer:Recognizer",
        "encoder-decoder": "uncial.models.transcriber:Transcriber",
    },
)
"""By the family of the network."""


def opened(data: bytes, name: str, *, dictionary: bool) -> ModelReader | Ensemble:
    """The reader of a ``.safetensors`` file; see `uncial.models.hub.open_model`."""
    archive = native.unpack(data)
    if not archive.voters:
        return reader_of(archive)
    return Ensemble([Recognizer.from_archive(one) for one in (archive, *archive.voters)])


def reader_of(archive: ModelArchive) -> ModelReader:
    """The reader of one model in memory.

    Raises:
        FormatError: It is of a family that this version does not know, or damaged.
    """
    if archive.family not in READERS:
        raise FormatError(
            f"a model of the family {archive.family!r}, which this version cannot read",
            remedy="update Uncial",
        )
    return READERS.get(archive.family).from_archive(archive)
