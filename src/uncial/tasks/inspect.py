"""Say what a model file or a line store holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from uncial.errors import InputError
from uncial.progress import Reporter, silent


@dataclass(frozen=True, kw_only=True)
class InspectConfig:
    """What to look at."""

    file: Path
    """Model file or line store."""


@dataclass(frozen=True, kw_only=True)
class InspectResult:
    """What was found.

    Attributes:
        file: As given.
        kind: ``"model"`` or ``"line store"``.
        facts: By name; which ones depends on the kind.
    """

    file: Path
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


def inspect(config: InspectConfig, reporter: Reporter = silent) -> InspectResult:
    """Say what a model file or a line store holds; changes nothing.

    Raises:
        InputError: The file is missing, or is neither.
    """
    path = config.file
    if not path.exists():
        raise InputError(f"{path}: does not exist", remedy="name a model file or a line store")
    if (path / "store.json").is_file():
        return InspectResult(file=path, kind="line store", facts=_store_facts(path))
    if path.is_dir():
        raise InputError(
            f"{path}: is a folder without a line store", remedy="name a model file or a line store"
        )
    return InspectResult(file=path, kind="model", facts=_model_facts(path))


def _store_facts(path: Path) -> dict[str, Any]:
    from uncial.data.store import LineStore

    store = LineStore.open(path)
    texts = store.texts()
    widths, heights = np.asarray(store.widths()), np.asarray(store.heights())
    facts: dict[str, Any] = {
        "lines": len(store),
        "splits": dict(store.splits),
        "characters": sum(map(len, texts)),
        "charset": "".join(sorted(set().union(*texts))),
        "fingerprint": store.fingerprint,
    }
    if len(store):
        facts["height"] = _spread(heights)
        facts["width"] = _spread(widths)
    return facts


def _spread(sizes: np.ndarray[Any, Any]) -> str:
    return f"{int(sizes.min())}-{int(sizes.max())} px, median {int(np.median(sizes))} px"


def _model_facts(path: Path) -> dict[str, Any]:
    from uncial.formats.models import native

    archive = native.unpack(path.read_bytes())
    return {
        "spec": archive.spec,
        "parameters": sum(int(np.size(weight)) for weight in archive.weights.values()),
        "labels": archive.codec.width,
        "charset": " ".join(sorted(text for text, _ in archive.codec.codes)),
        "normalization": archive.normalization.name,
        "preprocessing": archive.preprocessing.to_json(),
        "metadata": dict(archive.metadata),
    }
