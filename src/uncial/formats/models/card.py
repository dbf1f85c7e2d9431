"""Model cards: what a model file says of itself, as facts and as Markdown to publish.

A card is not stored whole: it is drawn from what the file holds anyway (spec, charset, data,
settings, scores) and from what its author told the training run (title, licence, language).
The Markdown begins with the front matter of HTRMoPo, so a model repository can read it.

Source: HTRMoPo model card v1, ``schema/v1/metadata.schema.json`` and ``model_card.md`` of
github.com/mittagessen/HTRMoPo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from uncial.archive import ModelArchive
from uncial.formats.models import frontmatter
from uncial.text.confusions import script_of

_CODES = {
    "Latin": "Latn", "Greek": "Grek", "Cyrillic": "Cyrl", "Arabic": "Arab", "Hebrew": "Hebr",
    "Han": "Hani", "Hiragana": "Hira", "Katakana": "Kana", "Hangul": "Hang",
    "Devanagari": "Deva", "Armenian": "Armn", "Georgian": "Geor", "Ethiopic": "Ethi",
    "Syriac": "Syrc", "Thai": "Thai", "Tibetan": "Tibt", "Bengali": "Beng", "Tamil": "Taml",
    "Telugu": "Telu", "Kannada": "Knda", "Malayalam": "Mlym", "Gujarati": "Gujr",
    "Gurmukhi": "Guru", "Khmer": "Khmr", "Lao": "Laoo", "Myanmar": "Mymr", "Mongolian": "Mong",
    "Coptic": "Copt", "Glagolitic": "Glag", "Gothic": "Goth", "Runic": "Runr",
}  # fmt: skip
_RECIPE = ("preset", "steps", "minutes", "epochs", "lr", "batch", "batches", "kind", "augment",
           "mix", "ema", "seed")  # fmt: skip


def card_facts(archive: ModelArchive) -> dict[str, Any]:
    """The card of a model by heading; what is not known is left out."""
    metadata = archive.metadata
    card = _mapping(metadata.get("card"))
    charset = sorted(text for text, _ in archive.codec.codes)
    settings = _mapping(metadata.get("settings"))
    facts: dict[str, Any] = {
        **{name: value for name, value in card.items() if value and name != "script"},
        "script": scripts(archive),
        "spec": archive.spec,
        "parameters": archive.parameters,
        "charset": " ".join(charset),
        "normalization": archive.normalization.name,
        "data": metadata.get("data"),
        "lineage": metadata.get("lineage"),
        "scores": metadata.get("scores"),
        "calibration": metadata.get("calibration"),
        "recipe": {name: settings[name] for name in _RECIPE if settings.get(name)},
        "lines_seen": metadata.get("lines_seen"),
        "uncial": metadata.get("uncial"),
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [], {}, ())}


def scripts(archive: ModelArchive) -> list[str]:
    """ISO 15924 codes: as the author gave them, else by the letters of the charset."""
    given = _mapping(archive.metadata.get("card")).get("script")
    if given:
        return list(given)
    found = {script_of(text) for text, _ in archive.codec.codes} - {"Common"}
    return sorted({_CODES[name] for name in found if name in _CODES}) or ["Zyyy"]


def card_markdown(archive: ModelArchive, *, name: str, digest: str) -> str:
    """The card as Markdown with the front matter of HTRMoPo v1.

    Args:
        archive: The model.
        name: Of its file.
        digest: SHA-256 of its file in hex; stands for the model until it has an identifier.
    """
    facts = card_facts(archive)
    lines = ["---", *frontmatter.write(_front_matter(archive, facts, name, digest)), "---", ""]
    lines += _body(archive, facts, name)
    return "\n".join(lines) + "\n"


def _front_matter(
    archive: ModelArchive, facts: Mapping[str, Any], name: str, digest: str
) -> dict[str, Any]:
    card = _mapping(archive.metadata.get("card"))
    data = _mapping(facts.get("data"))
    datasets = list(card.get("datasets") or ())
    if not datasets and data.get("fingerprint"):
        datasets = [f"hash://sha256/{data['fingerprint']}"]
    metrics = {
        rate: round(100 * score[rate], 2)
        for score in _mapping(facts.get("scores")).values()
        for rate in ("cer", "wer")
    }
    matter: dict[str, Any] = {
        "id": card.get("id") or f"hash://sha256/{digest}",
        "summary": card.get("summary") or card.get("title") or f"Text recognition model {name}",
        "authors": [{"name": author} for author in card.get("authors") or ("not stated",)],
        "license": card.get("license") or "notspecified",
        "software_name": "uncial",
        "software_hints": [f"version={facts.get('uncial', 'unknown')}", "lines=images"],
        "language": list(card.get("language") or ("und",)),
        "script": scripts(archive),
        "keywords": list(card.get("keywords") or ()),
        "datasets": datasets,
        "model_type": ["recognition"],
        "metrics": metrics,
        "base_model": [_identifier(one) for one in facts.get("lineage") or ()],
    }
    return {key: value for key, value in matter.items() if value not in ([], {})}


def _identifier(ancestor: Mapping[str, Any]) -> str:
    return str(ancestor.get("id") or f"hash://sha256/{ancestor.get('sha256', '')}")


def _body(archive: ModelArchive, facts: Mapping[str, Any], name: str) -> Iterator[str]:
    card = _mapping(archive.metadata.get("card"))
    yield f"# {card.get('title') or name}"
    yield ""
    yield card.get("summary") or "A model that reads images of text lines."
    yield from ("", "## Architecture", "")
    yield f"`{archive.spec}`, {archive.parameters} parameters."
    yield from ("", "## Transcription guidelines, normalization and transformations", "")
    yield f"Ground truth was normalized by `{archive.normalization.name}`. The charset:"
    yield from ("", "```", facts["charset"], "```")
    yield from ("", "## How to get started with the model", "")
    yield from ("```", f"uncial recognize {name} IMAGES", "```")
    yield from ("", "## Training details", "")
    yield from _training(facts)
    scores = _mapping(facts.get("scores"))
    if scores:
        yield from ("", "## Evaluation", "", "| lines | CER | 95 % interval | WER | rules |")
        yield "|---|---|---|---|---|"
        for split, score in scores.items():
            low, high = score["cer_ci95"]
            yield (
                f"| {score['lines']} {split} | {_percent(score['cer'])} | {_percent(low)} – "
                f"{_percent(high)} | {_percent(score['wer'])} | {score['normalization']} |"
            )


def _training(facts: Mapping[str, Any]) -> Iterator[str]:
    data = _mapping(facts.get("data"))
    if data:
        counts = ", ".join(f"{n} {split}" for split, n in _mapping(data.get("lines")).items())
        yield f"- Lines: {counts}; fingerprint of lines and split `{data.get('fingerprint')}`"
    if data.get("sources"):
        yield f"- From: {', '.join(data['sources'])}"
    for one in facts.get("lineage") or ():
        yield f"- Went on from {one.get('title') or 'a model'} (`{_identifier(one)}`)"
    for key, value in _mapping(facts.get("recipe")).items():
        yield f"- {key}: {value}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2f} %"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
