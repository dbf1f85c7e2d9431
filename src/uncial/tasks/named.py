"""Models that a task is given by name: of the package, or fetched from a catalogue beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from uncial.progress import Reporter

C = TypeVar("C")


def with_local(config: C, *fields: str, reporter: Reporter) -> C:
    """A config in which names of models have become files on this machine.

    A path that exists goes before a model of the package with that name.

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
    from uncial.basemodels import shipped
    from uncial.catalogue.local import is_named, local_model

    if isinstance(value, tuple):
        return tuple(_local(one, reporter) for one in value)
    if not isinstance(value, Path):
        return value
    if not value.exists() and (own := shipped(str(value))) is not None:
        return own
    if is_named(value):
        return local_model(value, reporter)
    return value
