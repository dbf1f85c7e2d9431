"""Models that a task is given by their names in a catalogue: fetched before it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from uncial.progress import Reporter

C = TypeVar("C")


def with_local(config: C, *fields: str, reporter: Reporter) -> C:
    """A config in which names of catalogues have become files on this machine.

    Args:
        config: A frozen dataclass.
        fields: Its fields that are models: a path, several, or something that is neither; those
            of a nested config with a dot.
        reporter: Told how far a download has come.

    Raises:
        ConfigError: A name is none of its catalogue, or is of several models.
        InputError: A model cannot be had, or is not what its catalogue promises.
    """
    whole: Any = config
    for field in fields:
        outer, _, inner = field.partition(".")
        value = getattr(whole, outer)
        new = with_local(value, inner, reporter=reporter) if inner else _local(value, reporter)
        if new is not value:
            whole = replace(whole, **{outer: new})
    made: C = whole
    return made


def _local(value: object, reporter: Reporter) -> object:
    from uncial.catalogue.local import is_named, local_model

    if isinstance(value, tuple):
        return tuple(_local(one, reporter) for one in value)
    if isinstance(value, Path) and is_named(value):
        return local_model(value, reporter)
    return value
