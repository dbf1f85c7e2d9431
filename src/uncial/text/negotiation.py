"""What becomes of each character of the ground truth that a base model cannot write.

The file is TOML, or JSON with the same keys, one entry a character::

    base = "eng.safetensors"

    [[character]]
    text = "ſ"
    name = "'ſ' (U+017F LATIN SMALL LETTER LONG S)"
    count = 812
    lines = 640
    line = "page3/line7"
    example = "daß ſie"
    action = "map"          # keep, map, drop or normalize
    to = "s"                # of map: the text; of normalize: the name of a rule

Only ``text``, ``action`` and ``to`` are read; the others say what it is about. Decisions become
one rule of normalization, which is stored with the model and applied to both sides of a score.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from uncial.errors import ConfigError
from uncial.text.normalize import RULES, replacing

Action = Literal["keep", "map", "drop", "normalize"]
_PREFERRED = ("ligatures", "quotes", "dashes", "long-s", "nfkc")
"""Rules that are proposed, those that change least first."""
_OFTEN = 10  # occurrences from which a character is worth learning
_HEAD = """\
# What becomes of characters that the base cannot write. Edit action (and to), then train with
# --charset-file. keep: the model learns it. map: it becomes the text in to. drop: it goes.
# normalize: the rule named in to is applied to it.
"""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One character, and what becomes of it.

    Attributes:
        text: The grapheme.
        name: Its code points by name.
        count: How often it occurs.
        lines: In how many lines.
        line: One of them.
        example: Its text, the beginning.
        action: What becomes of it.
        to: Of ``map`` the text that it becomes, of ``normalize`` the name of a rule.
    """

    text: str
    name: str = ""
    count: int = 0
    lines: int = 0
    line: str = ""
    example: str = ""
    action: Action = "keep"
    to: str = ""

    def __post_init__(self) -> None:
        if not self.text:
            raise ConfigError("a character is empty", remedy="name it under text")
        if self.action not in get_args(Action):
            raise ConfigError(
                f"{self.text!r}: there is no action {self.action!r}",
                remedy=f"use one of {', '.join(get_args(Action))}",
            )
        if self.action == "map" and not self.to:
            raise ConfigError(
                f"{self.text!r} is mapped to nothing", remedy="name its text under to, or drop it"
            )
        if self.action == "normalize":
            RULES.get(self.to)

    @property
    def becomes(self) -> str:
        """The text in its place."""
        if self.action == "normalize":
            return RULES.get(self.to)(self.text)
        return {"keep": self.text, "map": self.to, "drop": ""}[self.action]


@dataclass(frozen=True, kw_only=True)
class Negotiation:
    """Every decision about the characters of some ground truth.

    Attributes:
        base: The model they were made for.
        decisions: The most frequent character first.
    """

    base: str = ""
    decisions: tuple[Decision, ...] = ()

    @property
    def rule(self) -> str:
        """The rule of normalization that carries them out; ``""`` where all are kept."""
        table = {one.text: one.becomes for one in self.decisions if one.becomes != one.text}
        return replacing(table) if table else ""

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values, with the keys of the file."""
        return {"base": self.base, "character": [asdict(one) for one in self.decisions]}

    def to_toml(self) -> str:
        """As the text of a file to edit."""
        rows = [_HEAD, f"base = {_quoted(self.base)}"]
        for one in self.decisions:
            rows += ["", "[[character]]"]
            for key, value in asdict(one).items():
                rows.append(f"{key} = {_quoted(value) if isinstance(value, str) else value}")
        return "\n".join([*rows, ""])

    def decided(self, given: Iterable[str]) -> Negotiation:
        """With decisions from flags: ``X`` keeps, ``X=Y`` maps, ``X=`` drops.

        Raises:
            ConfigError: One is about a character that is not among them.
        """
        made = {one.text: one for one in self.decisions}
        for flag in given:
            text, equals, to = (flag[:1], "=", flag[2:]) if flag[1:2] == "=" else _parted(flag)
            if text not in made:
                raise ConfigError(
                    f"{flag!r}: the base lacks no {text!r}",
                    remedy=f"decide about one of {' '.join(made) or 'none: it has them all'}",
                )
            action: Action = "keep" if not equals else "map" if to else "drop"
            made[text] = replace(made[text], action=action, to=to)
        return replace(self, decisions=tuple(made.values()))


def proposed(text: str, count: int, writable: Mapping[str, bool] | Sequence[str]) -> Decision:
    """What is proposed for a character.

    One that occurs often is kept, for the model will learn it. A rare one is normalized where a
    rule makes it writable.

    Args:
        text: The grapheme.
        count: How often it occurs.
        writable: Texts that the base can write, out of `alternatives`.
    """
    for rule, becomes in alternatives(text).items():
        if count < _OFTEN and becomes in writable:
            if not becomes:
                return Decision(text=text, action="drop")
            return Decision(text=text, action="normalize", to=rule)
    return Decision(text=text)


def alternatives(text: str) -> dict[str, str]:
    """What rules make of a character, by their names."""
    made = {name: RULES.get(name)(text) for name in ("controls", *_PREFERRED)}
    return {name: becomes for name, becomes in made.items() if becomes != text}


def read_negotiation(path: Path) -> Negotiation:
    """Read a file of decisions.

    Raises:
        ConfigError: It is missing, neither TOML nor JSON, or a decision is unknown.
    """
    try:
        text = path.read_text(encoding="utf-8")
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror})", remedy="name a file of uncial charset"
        ) from error
    except ValueError as error:
        raise ConfigError(f"{path}: {error}", remedy="correct the file") from error
    entries = told.get("character", []) if isinstance(told, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{path}: no list of characters", remedy="write [[character]] tables")
    known = Decision.__dataclass_fields__
    try:
        made = [Decision(**{k: v for k, v in entry.items() if k in known}) for entry in entries]
    except TypeError as error:
        raise ConfigError(f"{path}: a character lacks its text", remedy="add text") from error
    return Negotiation(base=str(told.get("base", "")), decisions=tuple(made))


def _parted(flag: str) -> tuple[str, str, str]:
    return flag.partition("=")


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
