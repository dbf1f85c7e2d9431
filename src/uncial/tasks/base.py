"""What a task is, the list of all tasks, and how a task's options are resolved.

A task is a module with a frozen config dataclass, a function that takes it, and a frozen
result. The command line and the Python API are doors to the same functions. Options come
from the dataclass's defaults, then a TOML file, then flags; later ones win.
"""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from uncial.errors import ConfigError, UncialError
from uncial.progress import Reporter

C = TypeVar("C", contravariant=True)
K = TypeVar("K")


class Run(Protocol[C]):
    """A task's function: config in, result out."""

    def __call__(self, config: C, reporter: Reporter = ...) -> object:
        """Do the work and report progress."""
        ...


@dataclass(frozen=True, kw_only=True)
class Task:
    """One verb.

    Attributes:
        name: As typed on the command line.
        summary: One line for the list of commands.
        config: ``"module:Class"`` of its config dataclass.
        run: ``"module:function"``.
        positional: Config fields given without a flag, in order; the last may take several.
        flags: A field's handier flag, one letter or a word, e.g. ``{"output": "o"}``.
    """

    name: str
    summary: str
    config: str
    run: str
    positional: tuple[str, ...] = ()
    flags: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def load(self) -> tuple[type[Any], Run[Any]]:
        """Import the config class and the function."""
        return cast("type[Any]", _attribute(self.config)), cast("Run[Any]", _attribute(self.run))


@dataclass(frozen=True, kw_only=True)
class Option:
    """One field of a config.

    Attributes:
        name: Dotted where the field is nested, e.g. ``"optimizer.lr"``.
        owner: The dataclass that declares the field.
        kind: The field's type.
        default: `dataclasses.MISSING` where it must be given.
    """

    name: str
    owner: type[Any]
    kind: Any
    default: Any

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is dataclasses.MISSING


def _attribute(path: str) -> object:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _task(
    name: str,
    summary: str,
    positional: tuple[str, ...] = (),
    flags: Mapping[str, str] | None = None,
) -> Task:
    module = f"uncial.tasks.{name}"
    return Task(
        name=name,
        summary=summary,
        config=f"{module}:{name.capitalize()}Config",
        run=f"{module}:{name}",
        positional=positional,
        flags=flags or {},
    )


_LANGUAGE = {"language.lm": "lm", "language.words": "words", "language.closed": "closed"}

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        _task("demo", "Make lines from fonts, train, evaluate and read: the whole loop.",
              flags={"output": "o"}),
        _task("ingest", "Turn ground truth into a line store, with a report on it.",
              ("sources",), {"output": "o"}),
        _task("train", "Train a model on ground truth.", ("data",),
              {"output": "o", "network.spec": "spec", "start.base": "base",
               "start.strategy": "strategy", "start.append_index": "append-index",
               "start.charset": "charset-file", "labelfree.unlabeled": "unlabeled",
               "retain.base_set": "base-set", "card.license": "license", "card.authors": "authors",
               "card.language": "language"}),
        _task("tesstrain", "Do what make does in tesstrain, with its folders and variables.",
              ("target", "variables")),
        _task("synthesize", "Make lines or pages with ground truth from text and fonts.",
              ("recipe",), {"output": "o"}),
        _task("lm", "Learn character n-grams from text, to be listened to in reading.",
              ("sources",), {"output": "o"}),
        _task("corpus", "Count what text is made of, for synthesis to draw from.",
              ("sources",), {"output": "o"}),
        _task("tune", "Find how much language should count for a model.", ("model", "data"),
              {"output": "o"}),
        _task("segtrain", "Train a model that finds lines and regions on pages.", ("data",),
              {"output": "o", "types.regions": "regions", "types.lines": "lines",
               "types.ignore": "ignore", "card.license": "license",
               "card.authors": "authors"}),
        _task("evaluate", "Measure a model on a split: CER, WER, report.", ("model", "data"),
              _LANGUAGE),
        _task("calibrate", "Make a model's confidences mean something.", ("model", "data"),
              {"output": "o"}),
        _task("compare", "Measure models against each other on the same lines.", ("models",)),
        _task("score", "Score texts of pages against their ground truth.", ("truth", "text")),
        _task("forecast", "Say how much more ground truth would help.", ("data",)),
        _task("drift", "Compare a fine-tuned model with its base on text it was not trained on.",
              ("base", "model", "data")),
        _task("segment", "Find lines and regions on page images.", ("images",),
              {"output": "o", "format": "f"}),
        _task("recognize", "Read images of lines, or pages, with a model.", ("model", "images"),
              {"output": "o", "format": "f", **_LANGUAGE}),
        _task("bulk", "Do a verb to any number of files, on this machine or a cluster.",
              ("verb", "source"), {"output": "o", "model": "m"}),
        _task("combine", "Put models together that vote when they read.", ("models",),
              {"output": "o"}),
        _task("convert", "Turn a model or pages into another program's format.",
              ("source", "target")),
        _task("align", "Give the lines of pages the text of transcripts that exist.",
              ("pages", "transcripts"), {"output": "o"}),
        _task("fetch", "Download the page images of a IIIF manifest.", ("manifest",),
              {"output": "o"}),
        _task("formats", "List the formats that are read and written."),
        _task("components", "List, extract or replace the parts of a traineddata file.",
              ("file",), {"output": "o"}),
        _task("inspect", "Say what a model, a line store or a file of pages holds.",
              ("file",)),
        _task("charset", "Settle what becomes of characters that a base model lacks.",
              ("base", "data"), {"output": "o"}),
        _task("models", "Find, fetch and publish models, or rank them on your own lines.",
              ("action", "names"),
              {"output": "o",
               **{f"find.{name}": name for name in
                  ("catalogue", "script", "language", "kind", "licence", "unreadable")},
               **{f"publish.{name}": name.replace("_", "-") for name in
                  ("card", "upload", "final", "version_of", "private")},
               **{f"rank.{name}": name.replace("_", "-") for name in
                  ("folder", "lines", "seed", "go_on")}}),
        _task("suggest", "Choose the lines whose transcription would teach a model most.",
              ("model", "lines"), {"output": "o"}),
        _task("suspects", "Find lines whose ground truth is probably wrong.", ("data",),
              {"output": "o"}),
        _task("fonts", "List the fonts at hand, fetch open ones, or draw them to look at.",
              ("action", "names"), {"output": "o"}),
        _task("doctor", "Say what is wrong with a training run, and what this machine offers.",
              ("run",)),
    )
}  # fmt: skip


def read_config(path: Path) -> dict[str, Any]:
    """The options in a TOML file.

    Raises:
        ConfigError: The file is missing or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror})", remedy="name an existing TOML file"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML: {error}", remedy="correct the file") from error


def resolve(config: type[K], *layers: Mapping[str, Any]) -> K:
    """Build a config from layers of options; later layers win, field by field.

    Args:
        config: A frozen dataclass.
        layers: Nested option mappings, e.g. a TOML file's and the command line's.

    Raises:
        ConfigError: Unknown, missing or mistyped options; the message names them all.
    """
    merged: dict[str, Any] = {}
    problems: list[str] = []
    for layer in layers:
        problems += _unknown(config, layer, "")
        _merge(merged, layer)
    if problems:
        raise ConfigError("\n".join(problems), remedy="correct or remove these options")
    try:
        return TypeAdapter(config).validate_python(merged)
    except ValidationError as error:
        deliberate = _deliberate(error)
        if deliberate is not None:
            raise deliberate from error
        text = "\n".join(_problem(item) for item in error.errors(include_url=False))
        raise ConfigError(text, remedy="give these options valid values") from error


def as_json(value: object) -> dict[str, Any]:
    """A config or result dataclass as plain JSON values; paths become strings."""
    return cast("dict[str, Any]", to_jsonable_python(value))


def options(config: type[Any], prefix: str = "") -> Iterator[Option]:
    """Every option of a config dataclass, nested ones with a dotted name."""
    hints = get_type_hints(config)
    for item in dataclasses.fields(config):
        if not item.init:
            continue
        kind = hints[item.name]
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            yield from options(kind, f"{prefix}{item.name}.")
            continue
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        yield Option(name=f"{prefix}{item.name}", owner=config, kind=kind, default=default)


def _unknown(config: type[Any], options: Mapping[str, Any], prefix: str) -> list[str]:
    hints = get_type_hints(config)
    known = {item.name for item in dataclasses.fields(config) if item.init}
    problems = []
    for name, value in options.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else ""
            problems.append(f"unknown option {prefix}{name}{hint}")
        elif dataclasses.is_dataclass(hints[name]) and isinstance(value, Mapping):
            nested = cast("type[Any]", hints[name])
            problems += _unknown(nested, value, f"{prefix}{name}.")
    return problems


def _merge(into: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for name, value in layer.items():
        if isinstance(value, Mapping):
            nested = into.setdefault(name, {})
            if isinstance(nested, dict):
                _merge(nested, value)
                continue
        into[name] = value


def _deliberate(error: ValidationError) -> UncialError | None:
    """The error of ours that a config's own check raised, if that is what went wrong."""
    for item in error.errors(include_url=False):
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, UncialError):
            return cause
    return None


def _problem(item: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] in {"missing", "missing_keyword_only_argument"}:
        return f"option {where} is required"
    return f"option {where}: {str(item['msg']).lower()}, got {item['input']!r}"
