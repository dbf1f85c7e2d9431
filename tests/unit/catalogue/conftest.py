"""Catalogues on this machine with a few models, and a cache of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from model_catalogues import Catalogues, card, catalogues


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Catalogues]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ZENODO_TOKEN", raising=False)
    with catalogues() as running:
        for name, address in running.variables.items():
            monkeypatch.setenv(name, address)
        running.records = {
            101: {"README.md": card(101, "German print"), "print.mlmodel": b"m" * 5000},
            103: {
                "README.md": card(
                    103, "Lines of pages", kind="segmentation", script="Latn", language="lat"
                ),
                "lines.safetensors": b"s" * 300,
                "other.safetensors": b"o" * 300,
            },
            105: {
                "metadata.json": b'{"summary": "Old Arabic", "accuracy": 97.5, "script": ["Arab"],'
                b' "language": ["ara"], "license": "Apache-2.0", "description": "Letters."}',
                "old.mlmodel": b"a" * 100,
            },
            107: {"notes.txt": b"no model"},
        }
        running.concepts = {100: 101}
        running.hub = {
            "somebody/hand": {
                "README.md": b"---\nsummary: A hand\nlanguage: fr\nscript: [Latn]\n---\n# A hand\n",
                "model.safetensors": b"h" * 700,
            },
            "somebody/trocr": {
                "config.json": b"{}",
                "model.safetensors": b"t" * 90,
                "tokenizer.json": b"{}",
                "training_args.bin": b"not this",
            },
        }
        running.tags = {"somebody/trocr": ["trocr", "vision-encoder-decoder"]}
        running.trees["tessdata_best"] = {
            "deu_latf.traineddata": b"f" * 40,
            "chi_sim_vert.traineddata": b"c" * 40,
            "script/Fraktur.traineddata": b"F" * 40,
            "osd.traineddata": b"O" * 40,
            "README.md": b"read me",
        }
        running.trees["tessdata_fast"] = {"deu.traineddata": b"d" * 20}
        yield running
