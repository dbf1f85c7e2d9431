"""What was found in, fetched from and sent to public catalogues, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Result = Mapping[str, Any]
_FEW = 4  # codes in a column
_FACTS = (
    *("name", "title", "kinds", "scripts", "languages", "licence", "authors", "date"),
    *("software", "metrics", "files", "readable"),
)


def show_catalogue(result: Result, console: Console) -> None:
    """Print what `uncial models` found, fetched or published."""
    if "fetched" in result:
        for name, path in result["fetched"].items():
            console.print(f"{name}: {path}", highlight=False, soft_wrap=True)
    elif "found" in result:
        _show_found(result["found"], console)
    else:
        _show_publishing(result, console)


def _show_found(found: Sequence[Result], console: Console) -> None:
    if len(found) == 1:
        _show_facts({name: found[0][name] for name in _FACTS}, console)
        console.print(Text(found[0]["card"]), soft_wrap=True)
        return
    table = Table(title=f"{len(found)} models", title_justify="left")
    table.add_column("name", overflow="fold")
    for name in ("title", "kind", "script", "language", "licence", "MiB"):
        table.add_column(name, justify="right" if name == "MiB" else "left")
    for one in found:
        table.add_row(
            Text(one["name"]),
            Text(one["title"]),
            *(_several(one[name]) for name in ("kinds", "scripts", "languages")),
            Text(one["licence"]),
            f"{one['size'] / 2**20:.1f}" if one["size"] else "–",
        )
    console.print(table)


def _show_publishing(result: Result, console: Console) -> None:
    if not result["uploaded"]:
        console.print(Text(result["card"]), soft_wrap=True)
    _show_facts({name: result[name] for name in ("metadata", "written", "doi", "address")}, console)
    state = "published" if result["published"] else "a draft" if result["uploaded"] else "not sent"
    console.print(f"{result['model']} is {state}", highlight=False, soft_wrap=True)


def _show_facts(facts: Result, console: Console) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in facts.items():
        if value not in ("", [], {}):
            table.add_row(name, Text(_told(value)))
    console.print(table)


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {_told(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_told, value))
    return str(value)


def _several(names: Sequence[str]) -> Text:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return Text(", ".join(names[:_FEW]) + more)
