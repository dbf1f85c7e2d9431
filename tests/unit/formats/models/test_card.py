"""Model cards: the front matter follows HTRMoPo v1, and nothing is claimed that is unknown."""

import json
import re

import numpy as np
import pytest

from uncial.archive import ModelArchive
from uncial.errors import ConfigError
from uncial.formats.models.card import card_facts, card_markdown
from uncial.imaging.prepare import Preprocessing
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.provenance import CardConfig, provenance

REQUIRED = (
    *("id", "authors", "summary", "license", "software_name", "language", "script"),
    "model_type",
)


def archive(texts=("abc ſ",), **metadata) -> ModelArchive:
    codec = Codec.from_texts(list(texts))
    return ModelArchive(
        spec=f"[1,48,0,1 O1c{codec.width}]",
        codec=codec,
        preprocessing=Preprocessing(height=48),
        normalization=Normalization.DEFAULT,
        weights={"w": np.zeros((2, 3), np.float32)},
        metadata=metadata,
    )


def front_matter(text: str) -> dict:
    """The YAML between the fences: scalars in JSON, lists and flat mappings."""
    _, matter, _ = text.split("---\n", 2)
    found: dict = {}
    for line in matter.splitlines():
        top = re.fullmatch(r"(\w+):(?: (.+))?", line)
        if top:
            key = top[1]
            found[key] = json.loads(top[2]) if top[2] else None
            continue
        item = re.fullmatch(r"(- |  )(?:(\w+): )?(.+)", line)
        assert item, line
        value = json.loads(item[3])
        if item[1] == "- ":
            found[key] = [*(found[key] or []), {item[2]: value} if item[2] else value]
        elif isinstance(found[key], list):
            found[key][-1][item[2]] = value
        else:
            found[key] = {**(found[key] or {}), item[2]: value}
    return found


SCORE = {"cer": 0.0312, "cer_ci95": [0.02, 0.04], "wer": 0.1, "wer_ci95": [0.08, 0.12],
         "lines": 150, "normalization": "nfc+spaces"}  # fmt: skip


def test_the_front_matter_has_what_the_schema_requires() -> None:
    for metadata in ({}, {"card": {"authors": ['A: "B"'], "language": ["deu"]}}):
        matter = front_matter(card_markdown(archive(**metadata), name="m", digest="ab" * 32))
        assert set(REQUIRED) <= set(matter)
        assert all(isinstance(matter[key], list) and matter[key] for key in ("language", "script"))
        assert all(set(author) == {"name"} for author in matter["authors"])
        assert matter["model_type"] == ["recognition"]


def test_the_author_and_the_scores_are_told() -> None:
    card = CardConfig(title="Fraktur", authors=("Ada",), license="CC-BY-4.0", language=("deu",),
                      script=("Latf",), keywords=("print",))  # fmt: skip
    told = provenance(card, None, None)
    text = card_markdown(
        archive(**told, scores={"validation": SCORE}, data={"fingerprint": "f" * 64}),
        name="model.safetensors",
        digest="0" * 64,
    )
    matter = front_matter(text)
    assert matter["license"] == "CC-BY-4.0"
    assert matter["authors"] == [{"name": "Ada"}]
    assert matter["script"] == ["Latf"]
    assert matter["metrics"] == {"cer": 3.12, "wer": 10.0}
    assert matter["datasets"] == [f"hash://sha256/{'f' * 64}"]
    assert "# Fraktur" in text
    assert "2.00 % – 4.00 %" in text


def test_a_model_remembers_those_that_it_went_on_from(tmp_path) -> None:
    path = tmp_path / "base.safetensors"
    path.write_bytes(b"base")
    base = archive(card={"title": "Old", "license": "MIT"}, lineage=[{"sha256": "11"}])
    lineage = provenance(CardConfig(), base, path)["lineage"]
    assert [one.get("title") for one in lineage] == ["Old", None]
    matter = front_matter(card_markdown(archive(lineage=lineage), name="m", digest="0"))
    assert len(matter["base_model"]) == 2
    assert matter["base_model"][1] == "hash://sha256/11"


def test_facts_leave_out_what_is_unknown_and_find_the_script() -> None:
    facts = card_facts(archive(("αβγ",)))
    assert facts["script"] == ["Grek"]
    assert not {"license", "lineage", "scores", "recipe"} & set(facts)
    assert facts["parameters"] == 6


def test_codes_are_checked() -> None:
    with pytest.raises(ConfigError, match="'de' is no ISO 639-3 code"):
        CardConfig(language=("de",))
    with pytest.raises(ConfigError, match="'latin' is no ISO 15924 code"):
        CardConfig(script=("latin",))
