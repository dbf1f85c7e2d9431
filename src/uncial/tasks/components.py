"""List, take out and put in the components of a traineddata file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from uncial.errors import ConfigError, InputError
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from uncial.formats.tesseract.container import TrainedData


@dataclass(frozen=True, kw_only=True)
class ComponentsConfig:
    """Which file, and what to do with its components."""

    file: Path
    """A traineddata file; one that does not exist yet may be put together from components."""

    extract: Path | None = None
    """Folder for the components, each in a file called as the model and the component."""

    only: tuple[str, ...] = ()
    """Names of the components to extract; all where none is named."""

    replace: tuple[Path, ...] = ()
    """Files to put in; the suffix names the component, as in new.lstm-word-dawg."""

    remove: tuple[str, ...] = ()
    """Names of components to leave out."""

    output: Path | None = None
    """File to write where components are replaced or removed; it may be the one that is read."""


@dataclass(frozen=True, kw_only=True)
class ComponentsResult:
    """What the file holds, after the change if there was one.

    Attributes:
        version: Text of the version component.
        components: Bytes of each, in the order of the file.
        files: What was written.
    """

    file: Path
    version: str
    components: dict[str, int]
    files: tuple[Path, ...]


def components(config: ComponentsConfig, reporter: Reporter = silent) -> ComponentsResult:
    """List the components of a traineddata file; extract, replace or remove some.

    Without options nothing is written. What is not replaced stays as it is, byte for byte.

    Raises:
        ConfigError: No component has such a name, or the options contradict each other.
        FormatError: The file is no traineddata file.
        InputError: It does not exist, and no component is put in.
    """
    from uncial.formats.tesseract.container import TrainedData
    from uncial.training.checkpoint import write_atomically

    changes = bool(config.replace or config.remove)
    if changes != (config.output is not None):
        raise ConfigError(
            "components are changed without an output, or an output is named without a change",
            remedy="name both the change and the file to write",
        )
    if config.file.exists():
        model = TrainedData.unpack(config.file.read_bytes(), config.file.name)
    elif config.replace:
        model = TrainedData()
    else:
        raise InputError(f"{config.file}: does not exist", remedy="name a traineddata file")
    files = []
    if config.output is not None:
        model = _changed(model, config)
        _warn(model, config.output.name, reporter)
        config.output.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(config.output, model.pack())
        files.append(config.output)
    if config.extract is not None:
        files += _extracted(model, config, config.extract)
    elif config.only:
        raise ConfigError(
            "components are named, but no folder to extract them to", remedy="name a folder, too"
        )
    return ComponentsResult(
        file=config.file,
        version=model.version,
        components={name: len(data) for name, data in model.components.items()},
        files=tuple(files),
    )


def _changed(model: TrainedData, config: ComponentsConfig) -> TrainedData:
    for name in config.remove:
        model.component(name, of=config.file.name)
        model = model.replaced(name, b"")
    for path in config.replace:
        model = model.replaced(path.suffix.removeprefix("."), path.read_bytes())
    return model


def _extracted(model: TrainedData, config: ComponentsConfig, folder: Path) -> list[Path]:
    chosen = {
        name: model.component(name, of=config.file.name) for name in config.only or model.components
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, data in chosen.items():
        path = folder / f"{config.file.stem}.{name}"
        path.write_bytes(data)
        files.append(path)
    return files


def _warn(model: TrainedData, name: str, reporter: Reporter) -> None:
    """Say so where the network and its charset do not fit together."""
    from uncial.formats.models.traineddata import fit

    problem = fit(model, name) if "lstm" in model.components else ""
    if problem:
        reporter(Note(text=f"Tesseract will not read with it: {problem}", level="warning"))
