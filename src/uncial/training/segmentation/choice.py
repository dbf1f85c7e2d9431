"""Which types of lines and regions a run learns: chosen, merged, ignored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from uncial.archive import Channel
from uncial.errors import ConfigError
from uncial.page.layout import Page
from uncial.training.segmentation.config import TypesConfig
from uncial.training.segmentation.truth import Types

_COMMON = 0.1  # of the pages, that a type is learnt from


def chosen_types(config: TypesConfig, pages: Sequence[Page], base: Sequence[Channel] = ()) -> Types:
    """The types to learn.

    Args:
        config: As the user gave it.
        pages: Of training.
        base: What a model to go on from puts out; nothing from scratch.

    Raises:
        ConfigError: A type is on no page.
    """
    lines = [{line.type for line in page.lines() if line.type} for page in pages]
    regions = [
        {region.type or region.kind for region in page.walk() if region.boundary} - {""}
        for page in pages
    ]
    ignored = frozenset(config.ignore)
    unknown = ignored - set().union(*lines)
    if unknown:
        raise _unknown("line", unknown, set().union(*lines))
    return Types(
        lines=_mapping("line", config.lines, lines, _known(base, "line"), ignored),
        regions=_mapping("region", config.regions, regions, _known(base, "region"), frozenset()),
        ignored=ignored,
    )


def _known(base: Sequence[Channel], kind: str) -> list[str]:
    return [channel.type for channel in base if channel.kind == kind]


def _mapping(
    what: str,
    wanted: Sequence[str],
    pages: Sequence[set[str]],
    known: Sequence[str],
    ignored: frozenset[str],
) -> dict[str, str]:
    counts = Counter(name for names in pages for name in names - ignored)
    if tuple(wanted) == ("none",):
        return {}
    if tuple(wanted) == ("auto",):
        if known:
            return {name: name for name in known}
        least = max(1.0, _COMMON * len(pages))
        return {name: name for name in sorted(counts) if counts[name] >= least}
    made = dict(_pair(entry) for entry in wanted)
    unknown = made.keys() - counts.keys()
    if unknown:
        raise _unknown(what, unknown, counts)
    return made


def _pair(entry: str) -> tuple[str, str]:
    """``OLD=NEW``, or a name that stays."""
    old, _, new = entry.partition("=")
    return old, new or old


def _unknown(what: str, names: Iterable[str], known: Iterable[str]) -> ConfigError:
    there = ", ".join(sorted(known)) or "none at all"
    return ConfigError(
        f"no page has a {what} of type {', '.join(sorted(names))}",
        remedy=f"choose among those that the training pages have: {there}",
    )
