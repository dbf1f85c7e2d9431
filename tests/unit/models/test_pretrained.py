"""Checkpoints of transformers: what is read, what is mended, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from checkpoints import TEXTS, change_config, make_checkpoint

from uncial.errors import ConfigError, FormatError
from uncial.formats.models import native
from uncial.formats.models.kinds import is_pretrained
from uncial.models.hub import open_model
from uncial.models.native import reader_of
from uncial.models.pretrained import open_pretrained
from uncial.models.transcriber import Transcriber
from uncial.progress import Event, Note
from uncial.tasks.convert import ConvertConfig, convert


def _lines() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (24, width)).astype(np.uint8) for width in (70, 300, 120)]


def _short(reader: Transcriber) -> Transcriber:
    from dataclasses import replace

    reader.network.reach = replace(reader.network.reach, most=12)
    return reader


@pytest.mark.parametrize(
    ("encoder", "tokenizer", "learned"),
    [("vit", "bpe", True), ("deit", "sentencepiece", True), ("vit", "bpe", False)],
)
def test_published_layouts_are_read_and_read_the_same_from_our_own_file(
    tmp_path: Path, encoder: str, tokenizer: str, learned: bool
) -> None:
    folder = make_checkpoint(
        tmp_path / "ck", encoder=encoder, tokenizer=tokenizer, learned_positions=learned
    )
    assert is_pretrained(folder)
    found = open_pretrained(folder)
    assert found.repairs == ()
    reader = reader_of(found.archive)
    assert isinstance(reader, Transcriber)
    assert all(reader.tokens.writes(text) for text in TEXTS)
    assert (reader.network.reach.start, reader.network.reach.end) == (2, 2)
    again = reader_of(native.unpack(native.pack(_short(reader).to_archive())))
    again.network.reach = reader.network.reach  # type: ignore[attr-defined]
    for decoder in ("greedy", "beam"):
        readings = reader.read(_lines(), decoder=decoder, threads=1)
        assert again.read(_lines(), decoder=decoder, threads=1) == readings
        assert all(reading.approximate for reading in readings)
        for reading, line in zip(readings, _lines(), strict=True):
            edges = [(c.start, c.stop) for c in reading.characters]
            assert edges == sorted(edges)
            assert all(0 <= a <= b <= line.shape[1] for a, b in edges)
            assert "".join(c.grapheme for c in reading.characters) == reading.text


def test_a_model_becomes_a_checkpoint_that_reads_the_same(tmp_path: Path) -> None:
    source = tmp_path / "model.safetensors"
    convert(ConvertConfig(source=make_checkpoint(tmp_path / "ck"), target=source))
    told = convert(ConvertConfig(source=source, target=tmp_path / "again"))
    assert any("tiles" in loss for loss in told.losses)
    again, reader = open_pretrained(tmp_path / "again"), open_model(source)
    assert again.repairs == ()
    assert isinstance(reader, Transcriber)
    other = _short(Transcriber.from_archive(again.archive))
    assert other.read(_lines(), threads=1) == _short(reader).read(_lines(), threads=1)
    with pytest.raises(ConfigError, match="exists"):
        convert(ConvertConfig(source=source, target=tmp_path / "again"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"eos_token_id": 0}, "eos_token_id was 0, is 2 now"),
        ({"pad_token_id": 2}, "pad_token_id was 2, is 1 now"),
        ({"decoder_start_token_id": None}, "decoder_start_token_id was"),
        ({"decoder_start_token_id": 999_999}, "decoder_start_token_id was 999999, is"),
    ],
)
def test_wrong_tokens_are_mended_with_a_message(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    folder = make_checkpoint(tmp_path / "ck")
    change_config(folder, **changes)
    events: list[Event] = []
    reader = open_model(folder, reporter=events.append)
    assert isinstance(reader, Transcriber)
    reach = reader.network.reach
    assert (reach.end, reach.pad) == (2, 1)
    assert reach.start in (0, 2)
    assert any(isinstance(event, Note) and told in event.text for event in events)
    config = json.loads(reader.components["config.json"])
    for name, wanted in (("eos_token_id", 2), ("pad_token_id", 1)):
        assert config[name] == config["decoder"][name] == wanted


def test_a_checkpoint_without_a_tokenizer_is_read_in_bytes_and_says_so(tmp_path: Path) -> None:
    found = open_pretrained(make_checkpoint(tmp_path / "ck", tokenizer="none"))
    assert any("no tokenizer" in repair for repair in found.repairs)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    folder = make_checkpoint(tmp_path / "ck")
    path = folder / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FormatError) as caught:
        open_model(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.remedy


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(FormatError, match="encoder with a decoder"):
        open_model(tmp_path)


def test_a_hub_name_that_cannot_be_had_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="nobody/nothing") as caught:
        open_model(Path("nobody/nothing"))
    assert "folder" in caught.value.remedy
