"""Training an encoder with a decoder: its loss, what learns, what fits, and that it goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from checkpoints import make_checkpoint
from safetensors.numpy import load_file

from uncial.archive import ModelArchive
from uncial.data.images import encode_image
from uncial.errors import Cancelled, ConfigError
from uncial.models.hub import open_checkpoint, open_model
from uncial.models.tensors import to_frames
from uncial.models.transcriber import Transcriber
from uncial.progress import Advanced, Event, Note
from uncial.synth.fonts import package_fonts
from uncial.synth.recipe import samples
from uncial.tasks.train import train
from uncial.training.basis import MaterialConfig, StartConfig, TransformerConfig
from uncial.training.batches import Batch, padded
from uncial.training.config import LossConfig, OptimizerConfig, StopConfig, TrainConfig
from uncial.training.memory import Need, check_memory
from uncial.training.settings import Asked, resolve
from uncial.training.transformer import ENCODER_DECODER, TokenLearner

WORDS = ("some", "with too.", "is the", "light", "a word or two", "Grüße")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of six words; those of validation have a wider margin."""
    folder = tmp_path_factory.mktemp("lines")
    fonts = [font for font in package_fonts() if font.family == "Caladea"][:1]
    names: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for at, sample in enumerate(samples(iter(WORDS), fonts, seed=1, name="line")):
        for number, split in enumerate(names):
            image = np.pad(sample.image, ((0, 0), (0, 3 * number)), constant_values=255)
            path = folder / f"{split}{at}.png"
            path.write_bytes(encode_image(image))
            path.with_suffix(".gt.txt").write_text(f"{sample.text}\n", encoding="utf-8")
            names[split].append(path.name)
    for split, found in names.items():
        (folder / f"list.{split}").write_text("\n".join(found) + "\n")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its tokenizer knows nothing of umlauts, but writes bytes."""
    return make_checkpoint(tmp_path_factory.mktemp("ck") / "vit", texts=WORDS, image=64)


@pytest.fixture(scope="module")
def archive(checkpoint: Path) -> ModelArchive:
    return open_checkpoint(checkpoint)


def _config(lines: Path, checkpoint: Path, run: Path, **changes: object) -> TrainConfig:
    made = TrainConfig(
        data=(lines,),
        output=run,
        steps=6,
        threads=1,
        start=StartConfig(base=checkpoint),
        optimizer=OptimizerConfig(lr=3e-3, batch=3, batches=2, ema=0.9),
        loss=LossConfig(augment=0.5),
        stop=StopConfig(validations=2),
        transformer=TransformerConfig(smoothing=0.0),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _begun(archive: ModelArchive, texts: tuple[str, ...] = WORDS, **options: object) -> object:
    config = TrainConfig(
        output=Path("run"),
        start=StartConfig(base=Path("base")),
        transformer=TransformerConfig(**options),  # type: ignore[arg-type]
    )
    settings = resolve(config, base=archive)
    notes: list[Event] = []
    start = ENCODER_DECODER.begin(Asked(config, settings, archive), texts, notes.append)
    return start, notes


def test_the_loss_sees_the_tokens_of_the_lines_and_no_padding(archive: ModelArchive) -> None:
    start, _ = _begun(archive)  # type: ignore[misc]
    learner = TokenLearner(start.network, 0.0).eval()
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (64, width)).astype(np.uint8) for width in (40, 64)]
    labels = [ENCODER_DECODER.encode(text, start, "uncial") for text in ("a", "some")]

    def loss(which: list[int]) -> float:
        chosen = [labels[i] for i in which]
        lengths = torch.tensor([len(line) for line in chosen])
        frames = to_frames([images[i] for i in which], 0)
        with torch.no_grad():
            batch = Batch(frames, padded(chosen), lengths, np.array(which))
            return float(learner(batch)[1])

    counts = [len(line) for line in labels]
    mean = (loss([0]) * counts[0] + loss([1]) * counts[1]) / sum(counts)
    assert loss([0, 1]) == pytest.approx(mean, rel=1e-4)
    assert all(line[-1] == start.network.reach.end for line in labels)


def test_a_tokenizer_that_lacks_characters_gives_way_to_bytes_with_its_embeddings(
    archive: ModelArchive, tmp_path: Path
) -> None:
    small = open_checkpoint(
        make_checkpoint(tmp_path / "deit", encoder="deit", tokenizer="sentencepiece")
    )
    start, notes = _begun(small, ("jump", "नमस्ते"))  # type: ignore[misc]
    assert any("byte-level" in note.text for note in notes if isinstance(note, Note))
    assert ENCODER_DECODER.encode("नमस्ते", start, "uncial")[-1] == 2
    kept, quiet = _begun(archive)  # type: ignore[misc]
    assert not quiet
    assert (
        kept.network.labels
        == archive.weights["model.decoder.model.decoder.embed_tokens.weight"].shape[0]
    )


def test_frozen_layers_and_their_embeddings_do_not_learn(archive: ModelArchive) -> None:
    start, _ = _begun(archive, freeze_encoder=1, freeze_decoder=2)  # type: ignore[misc]
    frozen = {n for n, p in start.network.named_parameters() if not p.requires_grad}
    assert any("encoder.embeddings" in name for name in frozen)
    assert any("decoder.embed_tokens" in name for name in frozen)
    assert any("decoder.layers.1." in name for name in frozen)
    assert not any("encoder.layers.1." in name or "encoder.layer.1." in name for name in frozen)
    with pytest.raises(ConfigError, match="has 2 layers"):
        _begun(archive, freeze_decoder=3)


def test_a_preset_of_another_kind_of_network_is_refused(archive: ModelArchive) -> None:
    with pytest.raises(ConfigError, match="family"):
        resolve(TrainConfig(output=Path("run"), preset="fast"), base=archive)
    with pytest.raises(ConfigError, match="base"):
        resolve(TrainConfig(output=Path("run"), preset="trocr"))


def test_what_does_not_fit_is_refused_and_what_would_fit_is_named() -> None:
    large = Need(
        parameters=558_000_000,
        trained=558_000_000,
        tiles=8,
        tokens=64,
        checkpointing=False,
        kept=24 * 577 * 1024 * 68,
        written=1_000_000,
    )
    with pytest.raises(ConfigError, match="558 M weights") as caught:
        check_memory(large, 16_000_000_000, batch=8)
    assert "would fit with" in caught.value.remedy
    with pytest.raises(ConfigError) as caught:
        check_memory(large, 1_000_000_000, batch=8)
    assert "smaller checkpoint" in caught.value.remedy
    check_memory(large, 64_000_000_000, batch=8)


@pytest.mark.parametrize(
    "changes",
    [
        {"transformer": TransformerConfig(smoothing=0.1, checkpointing=True)},
        {
            "transformer": TransformerConfig(lora=2),
            "material": MaterialConfig(easy_first=1.0, easy="loss"),
        },
    ],
    ids=["checkpointing", "lora and curriculum"],
)
def test_an_interrupted_run_goes_on_to_the_same_weights(
    lines: Path, checkpoint: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    if "material" in changes:  # the same lines once more stand for rendered ones
        material = MaterialConfig(easy_first=1.0, easy="loss", synthetic=(lines,), share=0.4)
        changes = {**changes, "material": material}
    whole = train(_config(lines, checkpoint, tmp_path / "whole", **changes))

    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.stage == "train" and event.done == 4:
            raise Cancelled("enough")

    config = _config(lines, checkpoint, tmp_path / "broken", **changes)
    assert train(config, stop).ended == "interrupted"
    resumed = train(TrainConfig(output=tmp_path / "broken", resume=True))
    assert resumed.ended == "finished"
    assert (resumed.steps, resumed.lines_seen) == (whole.steps, whole.lines_seen)
    first, second = load_file(whole.model), load_file(resumed.model)
    assert first.keys() == second.keys()
    assert not any("lora" in name for name in first)
    for name, array in first.items():
        assert np.array_equal(array, second[name]), name
    base = load_file(tmp_path / "whole" / "base.safetensors")
    assert any(not np.array_equal(first[name], base[name]) for name in base if name in first)


@pytest.mark.slow
def test_lines_are_learnt_by_heart_and_read_again_from_the_file(
    lines: Path, checkpoint: Path, tmp_path: Path
) -> None:
    config = _config(
        lines,
        checkpoint,
        tmp_path / "run",
        steps=240,
        loss=LossConfig(augment=0.0),
        optimizer=OptimizerConfig(lr=3e-3, batch=6, batches=1, ema=0.9),
    )
    result = train(config)
    reader = open_model(result.model)
    assert isinstance(reader, Transcriber)
    from uncial.data.images import decode_image

    images = [
        decode_image((lines / f"train{at}.png").read_bytes(), where="") for at in range(len(WORDS))
    ]
    for decoder in ("greedy", "beam"):
        readings = reader.read(images, decoder=decoder, threads=1)
        assert [reading.text for reading in readings] == list(WORDS)
        for reading in readings:
            assert reading.confidence > 0.5
    told = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told["settings"]["family"] == "encoder-decoder"
