"""Say what a model file, a language model, a line store or a file of pages holds."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from uncial.errors import ConfigError, InputError
from uncial.progress import Reporter, silent
from uncial.tasks.named import with_local

if TYPE_CHECKING:
    from uncial.formats.pages.findings import PageFinding
    from uncial.formats.tesseract.container import TrainedData


@dataclass(frozen=True, kw_only=True)
class InspectConfig:
    """What to look at."""

    file: Path
    """Model file, folder with a checkpoint of transformers, language model, line store, or file or
    folder of pages."""

    card: Path | None = None
    """Markdown file to write: the model's card with the front matter of HTRMoPo."""


@dataclass(frozen=True, kw_only=True)
class InspectResult:
    """What was found.

    Attributes:
        file: As given.
        kind: ``"model"``, ``"checkpoint"``, ``"language model"``, ``"line store"`` or ``"pages"``.
        facts: By name; which ones depends on the kind. Those of a model of ours are its card.
        card: The Markdown file, if one was asked for.
    """

    file: Path
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    card: Path | None = None


def inspect(config: InspectConfig, reporter: Reporter = silent) -> InspectResult:
    """Say what a model file, a language model, a line store or pages hold; changes nothing.

    A model of ours carries a card: its data with hash and split, charset, scores with
    intervals, the models that it went on from, licence and recipe.

    Raises:
        InputError: The file is missing, or is none of these.
        ConfigError: A card is asked of what has none.
    """
    from uncial.formats.lm.opening import is_language_model
    from uncial.formats.models.kinds import is_pretrained
    from uncial.tasks.pageconvert import is_pages

    config = with_local(config, "file", reporter=reporter)
    path = config.file
    if not path.exists():
        raise InputError(f"{path}: does not exist", remedy="name a model file or a line store")
    kinds: tuple[tuple[str, str, Callable[[Path], bool], Callable[[Path], dict[str, Any]]], ...] = (
        ("line store", "a line store has", lambda p: (p / "store.json").is_file(), _store_facts),
        ("checkpoint", "a checkpoint has", is_pretrained, lambda p: _checkpoint_facts(p, reporter)),
        ("pages", "pages have", is_pages, _page_facts),
        (
            "language model",
            "a language model has",
            lambda p: p.is_file() and is_language_model(p),
            _language_facts,
        ),
    )
    for kind, having, told, facts_of in kinds:
        if told(path):
            if config.card is not None:
                raise ConfigError(f"{path}: {having} no card", remedy="name a model file")
            return InspectResult(file=path, kind=kind, facts=facts_of(path))
    if path.is_dir():
        raise InputError(
            f"{path}: is a folder without a line store", remedy="name a model file or a line store"
        )
    facts = _model_facts(path)
    if config.card is not None:
        _write_card(path, config.card)
    return InspectResult(file=path, kind="model", facts=facts, card=config.card)


def card_of(path: Path) -> str:
    """The card of a model file, as Markdown with the front matter of HTRMoPo.

    Raises:
        ConfigError: It is no model of ours that reads lines.
    """
    from uncial.formats.models import native
    from uncial.formats.models.card import card_markdown
    from uncial.formats.models.kinds import model_kind
    from uncial.formats.models.segmentation import is_segmenter

    data = path.read_bytes()
    if model_kind(data, path.name) != "safetensors" or is_segmenter(data):
        raise ConfigError(
            f"{path}: only a model of Uncial that reads lines carries a card",
            remedy="convert it to .safetensors first, or write a card yourself",
        )
    digest = hashlib.sha256(data).hexdigest()
    return card_markdown(native.unpack(data), name=path.name, digest=digest)


def _write_card(path: Path, target: Path) -> None:
    text = card_of(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _page_facts(path: Path) -> dict[str, Any]:
    from uncial.formats.pages.findings import summary
    from uncial.formats.pages.source import open_pages

    source = open_pages(path, images=False)
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    findings: list[PageFinding] = []
    pages: list[str] = []
    for scan in source:
        page = scan.page
        findings += scan.findings
        pages.append(f"{page.image or page.source}: {page.width} × {page.height} px")
        kinds.update(f"{one.kind or 'no region'} {one.type}".strip() for one in page.walk())
        for line in page.lines():
            counts["lines"] += 1
            counts["lines with text"] += bool(line.readings)
            counts["lines with a baseline"] += bool(line.baseline)
            counts["lines with an outline"] += bool(line.boundary)
            characters.update(line.text or "")
    findings += source.findings
    return {
        "pages": len(pages),
        "first": pages[:5],
        "regions": dict(kinds.most_common()),
        **counts,
        "characters": characters.total(),
        "charset": "".join(sorted(characters)),
        "findings": summary(findings),
    }


def _language_facts(path: Path) -> dict[str, Any]:
    from uncial.formats.lm.opening import open_ngrams

    model = open_ngrams(path)
    return {
        "order": model.order,
        "ngrams": dict(enumerate(model.counts, start=1)),
        "charset": " ".join(sorted(model.tokens[3:])),
    }


def _checkpoint_facts(path: Path, reporter: Reporter) -> dict[str, Any]:
    from uncial.formats.models.card import card_facts
    from uncial.models.hub import open_checkpoint

    archive = open_checkpoint(path, reporter)
    tokens = json.loads(archive.components["reach.json"])
    return {**card_facts(archive), "tokens": tokens}


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
    from uncial.formats.models.card import card_facts
    from uncial.formats.models.kinds import model_kind

    data = path.read_bytes()
    kind = model_kind(data, path.name)
    if kind == "traineddata":
        return _traineddata_facts(data, path.name)
    if kind == "kraken":
        return _kraken_facts(data, path.name)
    archive = native.unpack(data)
    facts = card_facts(archive)
    return {
        **facts,
        **({"models that vote": len(archive.voters) + 1} if archive.voters else {}),
        "labels": archive.codec.width,
        "preprocessing": archive.preprocessing.to_json(),
        "metadata": {k: v for k, v in archive.metadata.items() if k not in facts},
    }


def _kraken_facts(data: bytes, name: str) -> dict[str, Any]:
    """Each model of a file of kraken: what kraken keeps of it."""
    from uncial.formats.models.kraken import models_of

    models = [
        {
            "tasks": " ".join(model.tasks),
            "architecture": model.architecture,
            "spec": model.vgsl,
            "parameters": model.parameters,
            "charset": " ".join(model.codec or ()),
            "metadata": dict(model.metadata),
        }
        for model in models_of(data, name)
    ]
    first = models[0] if models else {}
    return {"program": "kraken", **first, **({"models": models[1:]} if models[1:] else {})}


def _traineddata_facts(data: bytes, name: str) -> dict[str, Any]:
    """Components, and for the LSTM engine what is in them."""
    from uncial.formats.tesseract.container import TrainedData

    parts = TrainedData.unpack(data, name)
    facts: dict[str, Any] = {
        "program": "tesseract",
        "version": parts.version,
        "components": {part: f"{len(body)} bytes" for part, body in parts.components.items()},
    }
    if "lstm" not in parts.components:
        return facts | {"engine": "before version 4 only; there is no LSTM network"}
    return facts | _network_facts(data, parts, name)


def _network_facts(data: bytes, parts: TrainedData, name: str) -> dict[str, Any]:
    from uncial.models.tesseract import TesseractModel

    model = TesseractModel.unpack(data, name)
    record, network = model.record, model.record.network
    matrices = [matrix for node in network.walk() for matrix in node.matrices]
    texts = [one.text for one in model.unicharset.entries]
    first = 3 if model.unicharset.has_special_codes else 1
    return {
        "spec": record.spec,
        "weights": "int8" if record.is_integer else "float",
        "parameters": sum(int(matrix.values.size) for matrix in matrices),
        "labels": network.no,
        "null": record.null_char,
        "charset": " ".join(sorted(texts[first:])),
        "units": len(texts),
        "longest_code": max(map(len, model.recoder.codes)),
        "words": _word_counts(parts, name),
        "training_iterations": record.training_iteration,
        "sample_iterations": record.sample_iteration,
        "learning_rate": record.learning_rate,
        "config": parts.components.get("config", b"").decode("utf-8", errors="replace"),
    }


def _word_counts(parts: TrainedData, name: str) -> dict[str, int]:
    """Entries of each word graph."""
    from uncial.formats.tesseract.dawg import Dawg

    return {
        part: Dawg.unpack(body, f"{name}: {part}", swapped=parts.swapped).count()
        for part, body in parts.components.items()
        if part.startswith("lstm-") and part.endswith("-dawg")
    }
