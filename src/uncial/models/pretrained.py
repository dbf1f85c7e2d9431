"""Checkpoints in the layout of transformers, a folder or a name on a hub, as models of ours.

A folder holds ``config.json`` of a `VisionEncoderDecoderModel`, its weights
(``model.safetensors`` or ``pytorch_model.bin``), ``preprocessor_config.json`` and the files of
its tokenizer. What of its token settings is wrong is mended and told: many checkpoints that were
trained elsewhere say nothing, or something else than their tokenizer, of the token that begins
or ends a text, and then read on for ever.

Source: transformers 5 ``models/vision_encoder_decoder``, ``models/trocr``; the layout of
``microsoft/trocr-*``; github.com/huggingface/transformers/issues/21464.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, FormatError
from uncial.extras import explained
from uncial.formats.models.base import Loss
from uncial.imaging.prepare import Preprocessing
from uncial.models.tokens import END, PAD, START, Tokens, byte_level
from uncial.nn.transformer import Reach, network_from, network_of_folder, tiling_of
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

with explained():
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

CONFIG, TOKENIZER, REACH = "config.json", "tokenizer.json", "reach.json"
"""Components of a model that has an encoder and a decoder."""
_FILES = ["*.json", "*.txt", "*.model", "model*.safetensors", "pytorch_model*.bin"]
_WIDE = 1 / 12  # stretch where nothing is known of the lines: a tile takes in twelve heights


@dataclass(frozen=True)
class Pretrained:
    """A checkpoint as it was found.

    Attributes:
        archive: The model.
        repairs: What was wrong with it, as sentences.
    """

    archive: ModelArchive
    repairs: tuple[str, ...]


def open_pretrained(path: Path) -> Pretrained:
    """Read a checkpoint.

    Args:
        path: Its folder, or its name on a hub.

    Raises:
        ConfigError: There is no such folder, and no such model can be had from a hub.
        FormatError: It is no encoder with a decoder, or damaged.
    """
    folder = path if path.is_dir() else _fetched(str(path))
    try:
        config = AutoConfig.from_pretrained(folder)
        sides = config.encoder, config.decoder
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{path}: its config.json is not that of an encoder with a decoder: {_short(error)}",
            remedy="give a folder that VisionEncoderDecoderModel.save_pretrained wrote",
        ) from error
    tiling = tiling_of(sides[0])
    tokens, named = _tokenizer(folder)
    reach, repairs = mended_tokens(config, tokens, named, _colours(folder))
    try:
        network = network_of_folder(folder, config, reach)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise FormatError(
            f"{path}: its weights cannot be used: {_short(error)}",
            remedy="copy or download the checkpoint again",
        ) from error
    archive = ModelArchive(
        family="encoder-decoder",
        spec=network.spec,
        codec=Codec.from_charset(tokens.characters()),
        preprocessing=Preprocessing(height=tiling.height, stretch=_WIDE, pad=0, centre=False),
        normalization=Normalization.DEFAULT,
        weights={name: np.asarray(tensor) for name, tensor in network.state_dict().items()},
        metadata={"program": "transformers", "name": path.name},
        components=components(config, tokens, reach),
    )
    return Pretrained(archive, repairs)


def write_pretrained(archive: ModelArchive, folder: Path) -> tuple[Loss, ...]:
    """Write a model as a checkpoint of transformers; what it does not hold.

    Args:
        archive: With an encoder and a decoder.
        folder: To make.

    Raises:
        ConfigError: It is a model of another family, or there is something already.
        FormatError: Its parts do not belong together.
    """
    if archive.family != "encoder-decoder":
        raise ConfigError(
            f"{folder}: only a model with an encoder and a decoder becomes a checkpoint",
            remedy="end the target's name in .safetensors, .onnx or .traineddata",
        )
    if folder.exists():
        raise ConfigError(f"{folder} exists already", remedy="name a folder that does not exist")
    parts = archive.components
    reach = Reach.from_json(parts[REACH])
    weights = {name: torch.from_numpy(np.array(array)) for name, array in archive.weights.items()}
    model = network_from(parts[CONFIG], weights, reach).model
    ids = {
        "decoder_start_token_id": reach.start,
        "eos_token_id": reach.end,
        "pad_token_id": reach.pad,
    }
    model.generation_config = GenerationConfig(**ids, max_length=reach.most)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as made:
        inside = Path(made) / "checkpoint"
        model.save_pretrained(inside)
        (inside / TOKENIZER).write_bytes(parts[TOKENIZER])
        for name, values in _beside(archive, reach).items():
            (inside / name).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        inside.rename(folder)
    told = archive.preprocessing
    return (
        Loss(
            "preprocessing",
            f"lines are to be scaled to {told.height} px of height and {told.stretch:g} of the "
            "width that goes with it, and filled up with paper on the right",
        ),
        Loss("tiles", "lines that are longer than a tile cannot be read there"),
        Loss("provenance", "left out, and with it what confidences mean"),
    )


def _beside(archive: ModelArchive, reach: Reach) -> dict[str, dict[str, Any]]:
    """What a checkpoint says of tokenizer and images, by file."""
    tokens = Tokens(archive.components[TOKENIZER].decode(), reach.end)
    names = {"eos_token": reach.end, "pad_token": reach.pad, "bos_token": reach.start}
    height = archive.preprocessing.height
    return {
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **{name: tokens.name(token) for name, token in names.items()},
        },
        "preprocessor_config.json": {
            "image_processor_type": "ViTImageProcessor",
            "do_resize": True,
            "do_rescale": True,
            "do_normalize": True,
            "image_mean": reach.mean,
            "image_std": reach.deviation,
            "size": {"height": height, "width": height},
        },
    }


def components(config: Any, tokens: Tokens, reach: Reach) -> dict[str, bytes]:  # noqa: ANN401
    """What a model file keeps beside the weights."""
    texts = {CONFIG: config.to_json_string(use_diff=False), TOKENIZER: tokens.to_json()}
    return {name: text.encode() for name, text in {**texts, REACH: reach.to_json()}.items()}


def mended_tokens(
    config: Any,  # noqa: ANN401
    tokens: Tokens,
    named: dict[str, int],
    colours: dict[str, Any],
) -> tuple[Reach, tuple[str, ...]]:
    """Start, end and pad of a checkpoint, made to agree everywhere; what was wrong with them.

    Args:
        config: Of the model; changed in place.
        tokens: Its tokenizer.
        named: Ids of the tokenizer's special tokens: ``bos``, ``eos``, ``pad``, those it has.
        colours: Mean and deviation for `Reach`.
    """
    size = int(config.decoder.vocab_size)
    repairs: list[str] = []

    def told(name: str) -> int | None:
        values = (getattr(config, name, None), getattr(config.decoder, name, None))
        return next((int(v) for v in values if isinstance(v, int) and 0 <= v < size), None)

    def settle(name: str, wanted: int) -> int:
        stated = getattr(config, name, None)
        if stated != wanted:
            repairs.append(f"{name} was {stated}, is {wanted} now, as of its tokenizer")
        for part in (config, config.decoder):
            setattr(part, name, wanted)
        return wanted

    end = settle("eos_token_id", named.get("eos", told("eos_token_id") or END))
    pad = settle("pad_token_id", named.get("pad", told("pad_token_id") or PAD))
    start = told("decoder_start_token_id")
    if start is None or start == pad != end:
        start = named.get("bos", told("bos_token_id") or START)
    settle("decoder_start_token_id", start)
    for name in ("is_decoder", "add_cross_attention"):
        if not getattr(config.decoder, name, False):
            repairs.append(f"decoder.{name} was off, which makes no decoder")
            setattr(config.decoder, name, True)
    if not named:
        repairs.append("it has no tokenizer that can be read: its tokens are taken for bytes")
    if len(tokens) > size:
        repairs.append(f"the tokenizer has {len(tokens)} tokens, the decoder {size}")
    tokens.end = end
    silent = tuple(sorted({i for i in named.values() if i not in (start, end, pad)}))
    longest = int(getattr(config.decoder, "max_position_embeddings", 512)) - 2
    reach = Reach(start=start, end=end, pad=pad, most=longest, silent=silent, **colours)
    return reach, tuple(repairs)


def _fetched(name: str) -> Path:
    """The folder of a model on a hub, downloaded if it is not there yet."""
    try:
        return Path(snapshot_download(name, allow_patterns=_FILES))
    except (OSError, HfHubHTTPError, HFValidationError, ValueError) as error:
        raise ConfigError(
            f"{name}: there is no such folder, and it cannot be had from a hub: {_short(error)}",
            remedy="download the checkpoint on a machine with a network, and name its folder",
        ) from error


def _tokenizer(folder: Path) -> tuple[Tokens, dict[str, int]]:
    """The tokenizer of a checkpoint, or a byte-level one where it has none; special tokens."""
    try:
        found = AutoTokenizer.from_pretrained(folder)
        backend = found.backend_tokenizer
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError):
        made = byte_level(())
        return made, {}
    ids = {
        "bos": found.bos_token_id if found.bos_token_id is not None else found.cls_token_id,
        "eos": found.eos_token_id if found.eos_token_id is not None else found.sep_token_id,
        "pad": found.pad_token_id,
        "unk": found.unk_token_id,
    }
    known = {name: int(number) for name, number in ids.items() if number is not None}
    return Tokens(backend.to_str(), known.get("eos", END)), known


def _colours(folder: Path) -> dict[str, Any]:
    """Mean and deviation of the checkpoint's images, TrOCR's where it does not say."""
    path = folder / "preprocessor_config.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError:
        told = {}
    if not told.get("do_normalize", True):
        return {"mean": (0.0, 0.0, 0.0), "deviation": (1.0, 1.0, 1.0)}
    match told.get("image_mean"), told.get("image_std"):
        case [float(), float(), float()] as mean, [float(), float(), float()] as deviation:
            return {"mean": tuple(mean), "deviation": tuple(deviation)}
    return {}


def _short(error: Exception) -> str:
    """The first line of what another library says."""
    return str(error).strip().split("\n")[0][:200]
