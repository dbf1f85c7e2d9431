"""The JSON header of a model of ours, in whatever file it lies.

One object::

    format         1, raised when a reader of today would misread the file; 2 with voters, 3 of
                   another family
    family         optional: kind of network; "ctc" where it is not said
    spec           VGSL text
    codec          Codec.to_json()
    preprocessing  Preprocessing.to_json()
    normalization  rule names joined by "+"
    metadata       provenance, free JSON
    ranges         optional: least and greatest input of convolutions by name
    voters         optional: such an object, without ``format``, for each further model
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from uncial.errors import CharsetError, ConfigError, FormatError
from uncial.imaging.prepare import Preprocessing
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

if TYPE_CHECKING:
    from uncial.archive import ModelArchive

FORMAT = 3
WITH_VOTERS = 2
KEY = "uncial"
"""Name of the header among a file's metadata."""

_AGAIN = "copy or download the file again; this one is cut short, damaged or was edited"
_FINITE = 1e30  # no activation is as large
_FIELDS = {
    "spec": str,
    "codec": dict,
    "preprocessing": dict,
    "normalization": str,
    "metadata": dict,
}

# Version n -> a function that turns a header of version n into one of version n + 1.
_MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: lambda header: {**header, "format": 2},  # which came with voters
    2: lambda header: {**header, "format": 3},  # which came with families
}


@dataclass(frozen=True, kw_only=True)
class ModelHeader:
    """What a model file says beside its weights; fields as in `ModelArchive`."""

    spec: str
    codec: Codec
    preprocessing: Preprocessing
    normalization: Normalization
    metadata: dict[str, Any] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    family: str = "ctc"


def header_of(archive: ModelArchive) -> dict[str, Any]:
    """The header of one model, without voters, as JSON-ready values."""
    header: dict[str, Any] = {
        "format": 1,
        "spec": archive.spec,
        "codec": archive.codec.to_json(),
        "preprocessing": archive.preprocessing.to_json(),
        "normalization": archive.normalization.name,
        "metadata": archive.metadata,
    }
    if archive.ranges:
        header["ranges"] = {name: list(seen) for name, seen in archive.ranges.items()}
    if archive.family != "ctc":
        header |= {"format": FORMAT, "family": archive.family}
    return header


def updated(header: dict[str, Any]) -> dict[str, Any]:
    """A header of any version brought to the present one.

    Raises:
        FormatError: It is of a newer version, or of none.
    """
    version = header.get("format")
    if not isinstance(version, int) or version > FORMAT or version < 1:
        raise FormatError(
            f"model format {version!r}; this version reads up to {FORMAT}",
            offset=8,
            remedy="update Uncial",
        )
    while version < FORMAT:
        header = _MIGRATIONS[version](header)
        version += 1
    return dict(header)


def parsed(header: dict[str, Any]) -> ModelHeader:
    """One model's header, checked.

    Raises:
        FormatError: A field is missing or cannot be used.
    """
    for name, kind in _FIELDS.items():
        if not isinstance(header.get(name), kind):
            raise FormatError(
                f"the model header lacks or misstates {name!r}", offset=8, remedy=_AGAIN
            )
    try:
        return ModelHeader(
            spec=header["spec"],
            codec=Codec.from_json(header["codec"]),
            preprocessing=Preprocessing.from_json(header["preprocessing"]),
            normalization=Normalization.named(header["normalization"]),
            metadata=header["metadata"],
            ranges=_ranges(header.get("ranges", {})),
            family=str(header.get("family", "ctc")),
        )
    except (CharsetError, ConfigError) as error:
        raise FormatError(
            f"the model header cannot be used: {error.problem}", offset=8, remedy=_AGAIN
        ) from error


def _ranges(values: object) -> dict[str, tuple[float, float]]:
    """Ranges as written by `header_of`, checked."""
    if not isinstance(values, dict):
        raise FormatError("the ranges are not a JSON object", offset=8, remedy=_AGAIN)
    found: dict[str, tuple[float, float]] = {}
    for name, seen in values.items():
        match seen:
            case [int() | float() as low, int() | float() as high] if (
                _FINITE > high >= low > -_FINITE
            ):
                found[name] = (float(low), float(high))
            case _:
                raise FormatError(
                    f"the range of {name!r} is {seen!r}, not two ascending numbers",
                    offset=8,
                    remedy=_AGAIN,
                )
    return found
