"""Names that stand for implementations, loaded only when looked up.

Built-ins are a dict of ``name -> "module:attr"`` next to the protocol that they implement;
other packages add theirs through the entry-point group ``uncial.<kind>``.
"""

from __future__ import annotations

import difflib
import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar, cast

from uncial.errors import ConfigError
from uncial.extras import explained

T = TypeVar("T")


class Registry(Generic[T]):
    """Implementations of one protocol by name.

    Args:
        kind: Singular, as in messages and in the entry-point group ``uncial.<kind>``.
        builtin: ``"module:attr"`` by name.
    """

    def __init__(self, kind: str, builtin: Mapping[str, str]) -> None:
        self.kind = kind
        self._builtin = dict(builtin)

    def names(self) -> list[str]:
        """Every name that can be looked up, sorted; nothing is imported."""
        return sorted({*self._builtin, *(point.name for point in self._plugins())})

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def get(self, name: str) -> T:
        """Import and return the implementation called `name`.

        Raises:
            ConfigError: No such name, or two packages claim it.
            MissingDependency: It needs a package that is not installed.
        """
        plugins = [point for point in self._plugins() if point.name == name]
        if len(plugins) + (name in self._builtin) > 1:
            claimants = [point.value for point in plugins] + [self._builtin.get(name, "")]
            raise ConfigError(
                f"{self.kind} {name!r} is provided twice: {', '.join(filter(None, claimants))}",
                remedy="uninstall one of the packages that provide it",
            )
        if plugins:
            return cast("T", plugins[0].load())
        if name not in self._builtin:
            near = difflib.get_close_matches(name, self.names(), n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"use one of {self.names()}"
            raise ConfigError(f"unknown {self.kind} {name!r}", remedy=hint)
        module, _, attribute = self._builtin[name].partition(":")
        with explained():
            return cast("T", getattr(importlib.import_module(module), attribute))

    def _plugins(self) -> Sequence[EntryPoint]:
        return _points(f"uncial.{self.kind}", tuple(sys.path))


@cache
def _points(group: str, path: tuple[str, ...]) -> Sequence[EntryPoint]:
    """Entry points of a group; looking for them reads a file of every package on the path."""
    return tuple(entry_points(group=group))
