"""The variables of tesstrain's Makefile: which there are, their defaults, what becomes of them.

Source: tesstrain ``Makefile`` of 2024; ``FINETUNE_TYPE`` as its README tells of it.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from uncial.errors import ConfigError
from uncial.formats.lines.base import is_file, is_folder
from uncial.training.basis import StartConfig, TesseractConfig

FinetuneType = Literal["Impact", "Plus", "Layer"]
DEFAULT_SPEC = "[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c1]"
TOP_LAYERS = "[Lfx96 Lrx96 Lfx192 O1c1]"
LAST_KEPT = 3
"""The layer above which ``FINETUNE_TYPE=Layer`` replaces the network."""

_DEFAULTS = {
    "MODEL_NAME": "foo",
    "DATA_DIR": "data",
    "OUTPUT_DIR": "{DATA_DIR}/{MODEL_NAME}",
    "GROUND_TRUTH_DIR": "{OUTPUT_DIR}-ground-truth",
    "LANGDATA_DIR": "{DATA_DIR}/langdata",
    "WORDLIST_FILE": "{OUTPUT_DIR}/{MODEL_NAME}.wordlist",
    "NUMBERS_FILE": "{OUTPUT_DIR}/{MODEL_NAME}.numbers",
    "PUNC_FILE": "{OUTPUT_DIR}/{MODEL_NAME}.punc",
    "PROTO_MODEL": "{OUTPUT_DIR}/{MODEL_NAME}.traineddata",
    "START_MODEL": "",
    "TESSDATA": "./usr/share/tessdata",
    "FINETUNE_TYPE": "",
    "NET_SPEC": "",
    "LEARNING_RATE": "",
    "MAX_ITERATIONS": "10000",
    "EPOCHS": "",
    "TARGET_ERROR_RATE": "0.01",
    "RATIO_TRAIN": "0.90",
    "RANDOM_SEED": "0",
    "LANG_TYPE": "",
    "NORM_MODE": "",
    "RECODER": "",
}
_WITHOUT_EFFECT = {
    "PSM": "each image is one line, no page is segmented",
    "GENERATE_BOX_SCRIPT": "training needs no boxes",
    "DEBUG_INTERVAL": "the run folder has an event log and a report instead",
    "LOG_FILE": "the run folder has an event log",
    "LAST_CHECKPOINT": "the checkpoint is in OUTPUT_DIR/checkpoints",
    "TESSDATA_REPO": "nothing is downloaded",
    "CORES": "uncial takes every core, or as many as threads says",
    "LEPTONICA_VERSION": "nothing is built",
    "TESSERACT_VERSION": "nothing is built",
    "PY_CMD": "no other program is called",
}
_TYPES: dict[str, FinetuneType] = {"impact": "Impact", "plus": "Plus", "layer": "Layer"}


@dataclass(frozen=True, kw_only=True)
class MakeVariables:
    """Variables with their defaults filled in.

    Attributes:
        values: Text of each, by name.
        given: Those that the user set.
    """

    values: dict[str, str]
    given: frozenset[str]

    @classmethod
    def read(cls, assignments: Sequence[str]) -> MakeVariables:
        """Read ``NAME=value`` as on make's command line; a later one wins.

        Raises:
            ConfigError: Something is no assignment, or the Makefile has no such variable.
        """
        given: dict[str, str] = {}
        for text in assignments:
            match = re.fullmatch(r"\s*(\w+)\s*[:?]?=(.*)", text, re.DOTALL | re.ASCII)
            if match is None:
                raise ConfigError(
                    f"{text!r} is no assignment", remedy="write it like MODEL_NAME=foo"
                )
            given[match[1]] = match[2].strip()
        known = _DEFAULTS | _WITHOUT_EFFECT
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise ConfigError(f"tesstrain has no variable {name}", remedy=hint)
        values: dict[str, str] = {}
        for name, default in _DEFAULTS.items():
            values[name] = given[name] if name in given else default.format_map(values)
        return cls(values=values, given=frozenset(given))

    def __getitem__(self, name: str) -> str:
        """The text of a variable."""
        return self.values[name]

    def path(self, name: str) -> Path:
        """A variable that names a file or folder."""
        return Path(self.values[name])

    def number(self, name: str) -> float:
        """A variable that is a number.

        Raises:
            ConfigError: It is none.
        """
        try:
            found = float(self.values[name])
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise ConfigError(f"{name}={self.values[name]} is no number", remedy="give a number")
        return found

    @property
    def start_model(self) -> Path | None:
        """The file of the start model; None from scratch."""
        name = self["START_MODEL"]
        return self.path("TESSDATA") / f"{name}.traineddata" if name else None

    @property
    def finetune_type(self) -> FinetuneType:
        """What becomes of the start model.

        Raises:
            ConfigError: There is no such type.
        """
        text = self["FINETUNE_TYPE"] or "Plus"
        kind = _TYPES.get(text.lower())
        if kind is None:
            raise ConfigError(
                f"FINETUNE_TYPE={text} does not exist", remedy="use Impact, Plus or Layer"
            )
        return kind

    @property
    def spec(self) -> str:
        """The network, or the layers to append; the number of outputs stands for any."""
        layers = self.start_model is not None and self.finetune_type == "Layer"
        return self["NET_SPEC"].replace("###", "1") or (TOP_LAYERS if layers else DEFAULT_SPEC)

    def start(self) -> StartConfig:
        """What the first weights are."""
        base = self.start_model
        if base is None:
            return StartConfig()
        if self.finetune_type == "Layer":
            return StartConfig(base=base, append_index=LAST_KEPT)
        return StartConfig(
            base=base,
            strategy="fine-tune" if self.finetune_type == "Impact" else "extend-charset",
        )

    def tesseract(self) -> TesseractConfig:
        """What stands beside the network; list files and langdata that do not exist are left out.

        Raises:
            ConfigError: ``LANG_TYPE`` or ``NORM_MODE`` have no such value.
        """
        kind = self["LANG_TYPE"]
        if kind not in ("", "Indic", "RTL"):
            raise ConfigError(f"LANG_TYPE={kind} does not exist", remedy="use Indic, RTL or none")
        recoder = self["RECODER"]
        mode = self["NORM_MODE"] or ("3" if kind == "RTL" else "2")
        if mode not in ("1", "2", "3"):
            raise ConfigError(f"NORM_MODE={mode} does not exist", remedy="use 1, 2 or 3")
        langdata = self.path("LANGDATA_DIR")
        return TesseractConfig(
            norm_mode=int(mode),
            pass_through=bool(kind) or "pass_through_recoder" in recoder,
            right_to_left=kind == "RTL" or "lang_is_rtl" in recoder,
            dictionary="lists",
            words=self._existing("WORDLIST_FILE"),
            punctuation=self._existing("PUNC_FILE"),
            numbers=self._existing("NUMBERS_FILE"),
            langdata=langdata if is_folder(langdata) else None,
        )

    def notes(self) -> list[str]:
        """What the variables given do otherwise than in tesstrain, or do not do."""
        notes = [
            f"{name} has no effect: {why}"
            for name, why in _WITHOUT_EFFECT.items()
            if name in self.given
        ]
        if self.start_model is not None:
            if "LEARNING_RATE" in self.given:
                notes.append(
                    "LEARNING_RATE takes effect; in tesstrain the rates stored in the start model "
                    "stay in force"
                )
            if "FINETUNE_TYPE" in self.given:
                notes.append(
                    f"FINETUNE_TYPE={self.finetune_type} takes effect; tesstrain always does Plus"
                )
            if self.finetune_type != "Layer" and "NET_SPEC" in self.given:
                notes.append("NET_SPEC has no effect: the start model has its network")
        return notes

    def _existing(self, name: str) -> Path | None:
        path = self.path(name)
        return path if is_file(path) else None
