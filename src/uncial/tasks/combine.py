"""The verb *combine*: several models in one file, which vote when they read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from uncial.errors import ConfigError
from uncial.progress import Note, Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.archive import ModelArchive


@dataclass(frozen=True, kw_only=True)
class CombineConfig:
    """Which models to put together."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    models: tuple[Path, ...]
    """Model files, of Uncial or Tesseract; one that votes already brings all of its models."""

    output: Path
    """Model file to write, ``.safetensors``."""


@dataclass(frozen=True, kw_only=True)
class CombineResult:
    """What was written.

    Attributes:
        model: The file.
        models: How many vote in it.
        parameters: Of all of them.
        characters: Graphemes that any of them can write.
    """

    model: Path
    models: int
    parameters: int
    characters: int


def combine(config: CombineConfig, reporter: Reporter = silent) -> CombineResult:
    """Put models together in one file: they read every line, and vote on its characters.

    Models of different kinds, a network of Uncial and one that began as a model of Tesseract, make
    different errors and gain the most. The file is read, measured and compared like any other;
    reading takes the time of all its models.

    Raises:
        ConfigError: There are fewer than two models, they write texts in different forms, or the
            output is no ``.safetensors`` file.
        FormatError: A file is no model, or damaged.
    """
    from uncial.formats.models import native
    from uncial.training.checkpoint import write_atomically

    config = with_local(config, "models", reporter=reporter)
    if config.output.suffix.lower() != ".safetensors":
        raise ConfigError(
            f"{config.output}: models that vote are kept in .safetensors files only",
            remedy="end the name in .safetensors",
        )
    members = [one for path in config.models for one in _members(path)]
    if len(members) < 2:
        raise ConfigError("one model cannot vote", remedy="name two models or more")
    forms = {member.normalization.name for member in members}
    if len(forms) > 1:
        raise ConfigError(
            f"the models write texts in different forms: {', '.join(sorted(forms))}",
            remedy="combine models that were trained with the same normalization",
        )
    combined = replace(members[0], voters=tuple(members[1:]))
    write_atomically(config.output, native.pack(combined))
    known = {one for member in members for one in member.codec.charset.graphemes}
    if len({member.spec for member in members}) == 1:
        text = "all models have the same network; those of another kind would gain more"
        reporter(Note(text=text))
    return CombineResult(
        model=config.output,
        models=len(members),
        parameters=combined.parameters,
        characters=len(known),
    )


def _members(path: Path) -> list[ModelArchive]:
    """The models of a file, each without voters of its own."""
    from uncial.formats.models import native, traineddata
    from uncial.formats.models.kinds import model_kind
    from uncial.formats.tesseract.container import TrainedData

    if not path.is_file():
        raise ConfigError(f"{path}: no such model", remedy="name an existing file")
    data = path.read_bytes()
    kind = model_kind(data, path.name)
    if kind == "safetensors":
        archive = native.unpack(data)
    elif kind == "traineddata":
        archive = traineddata.to_archive(TrainedData.unpack(data, path.name), path.name)[0]
    else:
        raise ConfigError(
            f"{path}: models in {kind} files cannot vote",
            remedy="name the model file that it was made of",
        )
    own = {name: value for name, value in archive.metadata.items() if name != "vote"}
    return [replace(archive, voters=(), metadata=own), *archive.voters]
