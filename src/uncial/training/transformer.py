"""Encoders with a decoder that writes tokens: the start of a run from a checkpoint, and its loss.

A checkpoint's own tokenizer stays where it can write every line; else a byte-level one takes its
place, and the embeddings are carried over. The decoder sees the start token and the text, and
learns the text and the end token, so nothing of that is left to settings.

Source: Li et al. 2021, "TrOCR", arXiv:2109.10282, sections 3.3 and 4.1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from uncial.errors import ConfigError
from uncial.imaging.prepare import Preprocessing
from uncial.models.pretrained import CONFIG, REACH, TOKENIZER
from uncial.models.tokens import END, PAD, START, Tokens, byte_level, transplanted
from uncial.models.transcriber import Transcriber
from uncial.nn.adapters import add_adapters
from uncial.nn.generation import longest_echo
from uncial.nn.transformer import LineTransformer, Reach, network_from
from uncial.progress import Note, Reporter
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.batches import Batch
from uncial.training.config import TrainConfig
from uncial.training.family import Family
from uncial.training.learner import LineLearner
from uncial.training.lines import Plan
from uncial.training.memory import check_memory, free_memory, need_of
from uncial.training.parallel import Accumulated
from uncial.training.replay import Teacher
from uncial.training.settings import Asked, Settings
from uncial.training.strategies import Start

_SHOWN = 10  # characters in a note
_MARGIN = 1.25  # tokens beyond those of the longest line of training
_IGNORED = -100
_BY_TOKEN = ("embed_tokens", "output_projection", "lm_head", "wte", "word_embeddings")
_FITTING = 0.9  # share of the lines that one tile takes in whole
_STRETCHES = (1 / 16, 1.0)


class TokenLearner(LineLearner):
    """A network that learns to write the tokens of a line, one after the other.

    Args:
        network: In training.
        smoothing: Share of each target that goes to all other tokens.
    """

    def __init__(self, network: LineTransformer, smoothing: float) -> None:
        super().__init__()
        self.network: LineTransformer = network
        self.smoothing = smoothing

    def forward(self, batch: Batch, *, ending: bool = False) -> tuple[Tensor, Tensor]:
        """Cross-entropy of the tokens, a mean over those of the lines alone; see `LineLearner`."""
        reach = self.network.reach
        places = torch.arange(batch.labels.shape[1], device=batch.labels.device)
        inside = places < batch.lengths[:, None]
        targets = batch.labels.masked_fill(~inside, _IGNORED)
        before = batch.labels.masked_fill(~inside, reach.pad).roll(1, 1)
        before[:, 0] = reach.start
        logits = self.network(batch.frames, before).float()
        flat, wanted = logits.flatten(0, 1), targets.flatten()
        main = functional.cross_entropy(flat, wanted, ignore_index=_IGNORED)
        if not self.smoothing:
            return main, main.detach()
        smooth = functional.cross_entropy(
            flat, wanted, ignore_index=_IGNORED, label_smoothing=self.smoothing
        )
        return smooth, main.detach()


class TokenWriting:
    """The family of encoders with a decoder."""

    shares_cores: ClassVar[bool] = False
    mixes: ClassVar[bool] = False

    def begin(self, asked: Asked, texts: Sequence[str], reporter: Reporter) -> Start:
        """The checkpoint, with a tokenizer that can write the lines; layers frozen as asked.

        Raises:
            ConfigError: There is no base, or options ask for what only networks of VGSL can do.
        """
        config, base = asked.config, asked.base
        if base is None:
            raise ConfigError(
                "an encoder with a decoder is not trained from nothing",
                remedy="name a checkpoint as the base: its folder, or its name on a hub",
            )
        _refuse(config)
        parts = dict(base.components)
        reach = Reach.from_json(parts[REACH])
        tokens = Tokens(parts[TOKENIZER].decode(), reach.end)
        weights = {name: torch.from_numpy(np.array(array)) for name, array in base.weights.items()}
        size = json.loads(parts[CONFIG])["decoder"]["vocab_size"]
        lost = unwritten(tokens, size, texts)
        if lost:
            shown = " ".join(lost[:_SHOWN])
            tokens, reach, weights, parts = _in_bytes(parts, reach, tokens, weights, texts)
            text = (
                f"the base's tokenizer cannot write {shown}: a byte-level one of {len(tokens)} "
                "tokens takes its place, with the embeddings of the old one"
            )
            reporter(Note(text=text, level="warning"))
        network = network_from(parts[CONFIG], weights, reach)
        _freeze(network, config)
        trained = base.metadata.get("program") != "transformers"
        codec = Codec.from_texts(texts)
        fresh = [one for one in codec.charset if base.codec.missing(one)]
        return Start(
            network=network,
            codec=base.codec.extend(fresh) if trained else codec,
            preprocessing=base.preprocessing if trained else None,
            components=parts,
        )

    def encode(self, text: str, start: Start, style: str) -> NDArray[np.int32]:
        """Tokens of a text in logical order, and the one that ends it."""
        return _tokens(start).encode(text)

    def preprocessing(self, start: Start, settings: Settings) -> Preprocessing:
        """As high as a tile; in gray, which all three channels get."""
        network = cast("LineTransformer", start.network)
        return Preprocessing(height=network.input_height, pad=0, centre=settings.centre)

    def stretch(
        self,
        widths: NDArray[np.float64],
        labels: Sequence[NDArray[np.int32]],
        network: nn.Module,
        settings: Settings,
    ) -> float:
        """One factor for all lines, so that they keep their aspect: most fill a tile, no more."""
        if settings.stretch != "auto":
            return settings.stretch
        tile = cast("LineTransformer", network).tiling.width
        wanted = tile / float(np.quantile(widths, _FITTING))
        return round(float(np.clip(wanted, *_STRETCHES)), 4)

    def least_width(
        self, labels: NDArray[np.int32], network: nn.Module, preprocessing: Preprocessing
    ) -> int:
        """Any line has room for any text that the decoder has places for."""
        most = _positions(cast("LineTransformer", network))
        return 1 if len(labels) <= most else 2**31

    def least_area(self, network: nn.Module) -> int:
        """A line costs a tile, however narrow it is."""
        return cast("LineTransformer", network).tiling.width

    def learner(self, plan: Plan, settings: Settings, teacher: Teacher | None) -> TokenLearner:
        """With the longest text that readings may have, from the lines."""
        network = cast("LineTransformer", plan.network)
        lines = plan.lines
        counts = np.array([len(line) for line in lines.labels])
        known = network.reach
        network.reach = replace(
            known,
            most=min(_positions(network), int(counts.max() * _MARGIN) + 8),
            density=float((counts / lines.widths).max() * _MARGIN),
            loop=max(24, longest_echo([line.tolist() for line in lines.labels]) + 8),
        )
        return TokenLearner(network, settings.smoothing)

    def check_room(self, plan: Plan, settings: Settings, device: torch.device) -> None:
        """By the longest texts and the widest lines that come into one batch."""
        network = cast("LineTransformer", plan.network)
        tiling = network.tiling
        tiles = settings.batch * tiling.count(plan.median_width)
        need = need_of(
            network,
            tiles=max(tiles, tiling.count(int(plan.lines.widths.max()))),
            tokens=max(map(len, plan.lines.labels)),
            checkpointing=bool(network.model.is_activation_checkpointing),
        )
        check_memory(need, free_memory(device), settings.batch)

    def stepper(self, learner: LineLearner, batches: int, pool: ThreadPoolExecutor) -> Accumulated:
        """One batch after the other, on all cores."""
        return Accumulated(learner, pool, pool._max_workers)

    def reader(
        self,
        network: nn.Module,
        plan: Plan,
        normalization: Normalization,
        metadata: dict[str, Any] | None = None,
    ) -> Transcriber:
        """With the tokenizer of the run."""
        made = cast("LineTransformer", network)
        parts = {**plan.start.components, REACH: made.reach.to_json().encode()}
        return Transcriber(
            made,
            _tokens(plan.start),
            plan.codec,
            plan.preprocessing,
            normalization,
            metadata,
            components=parts,
        )


ENCODER_DECODER: Family = TokenWriting()


def unwritten(tokens: Tokens, size: int, texts: Sequence[str]) -> list[str]:
    """Characters, or whole texts, that a tokenizer cannot write.

    Args:
        tokens: The tokenizer.
        size: Tokens that the decoder knows.
        texts: Normalized.
    """
    characters = sorted({character for text in texts for character in text if character != " "})
    lost = [one for one in characters if not _writes(tokens, one, size)]
    return lost or [repr(text) for text in texts if not _writes(tokens, text, size)]


def _writes(tokens: Tokens, text: str, size: int) -> bool:
    return tokens.writes(text) and max(tokens.ids(text), default=0) < size


def _tokens(start: Start) -> Tokens:
    reach = cast("LineTransformer", start.network).reach
    return _opened(start.components[TOKENIZER], reach.end)


@lru_cache(maxsize=2)
def _opened(text: bytes, end: int) -> Tokens:
    return Tokens(text.decode(), end)


def _positions(network: LineTransformer) -> int:
    """Tokens that the decoder has places for."""
    return int(getattr(network.model.config.decoder, "max_position_embeddings", 512)) - 2


def _refuse(config: TrainConfig) -> None:
    """Refuse options that mean nothing here."""
    start, wrong = config.start, []
    if start.strategy not in ("auto", "fine-tune", "extend-charset"):
        wrong.append(f"the strategy {start.strategy}")
    if start.rank:
        wrong.append("rank (transformer.lora is its own)")
    if start.lower not in ("auto", 0):
        wrong.append("lower")
    if config.pictures:
        wrong.append("pictures")
    if config.folds:
        wrong.append("folds")
    if wrong:
        raise ConfigError(
            f"an encoder with a decoder is trained without {' and '.join(wrong)}",
            remedy="leave them out; layers are frozen with transformer.freeze-encoder and "
            "transformer.freeze-decoder",
        )


def _in_bytes(
    parts: dict[str, bytes],
    reach: Reach,
    old: Tokens,
    weights: dict[str, Tensor],
    texts: Sequence[str],
) -> tuple[Tokens, Reach, dict[str, Tensor], dict[str, bytes]]:
    """A byte-level tokenizer in the place of another, and the weights for it."""
    tokens = byte_level(texts)
    config = json.loads(parts[CONFIG])
    size = config["decoder"]["vocab_size"]
    changed = dict(weights)
    for name, tensor in weights.items():
        by_token = name.startswith("model.decoder.") and any(part in name for part in _BY_TOKEN)
        if by_token and len(tensor) == size:
            rows = tensor.numpy().reshape(size, -1)
            made = torch.from_numpy(transplanted(rows, old, tokens))
            changed[name] = made.reshape(len(tokens), *tensor.shape[1:])
    ids = {"decoder_start_token_id": START, "eos_token_id": END, "pad_token_id": PAD}
    config |= ids
    config["decoder"] |= {**ids, "vocab_size": len(tokens), "bos_token_id": 0}
    reach = replace(reach, start=START, end=END, pad=PAD, silent=(0, 3))
    made_parts = {
        **parts,
        CONFIG: json.dumps(config).encode(),
        TOKENIZER: tokens.to_json().encode(),
    }
    return tokens, reach, changed, made_parts


def _freeze(network: LineTransformer, config: TrainConfig) -> None:
    """Layers of the encoder and the decoder that do not learn, and adapters; from the input on.

    Raises:
        ConfigError: There are not as many layers.
    """
    told = config.transformer
    if told.lora:
        add_adapters(network.model, told.lora)
        network.place_weight.requires_grad_(True)
    for side, count in (("encoder", told.freeze_encoder), ("decoder", told.freeze_decoder)):
        if not count:
            continue
        layers, embeddings = _layers(getattr(network.model, side))
        if count > len(layers):
            raise ConfigError(
                f"the {side} has {len(layers)} layers, {count} are to be frozen",
                remedy=f"freeze {len(layers)} or fewer",
            )
        for module in [*embeddings, *layers[:count]]:
            module.requires_grad_(False)
    if told.checkpointing:
        network.model.activation_checkpointing_enable()


def _layers(side: nn.Module) -> tuple[list[nn.Module], list[nn.Module]]:
    """The layers of an encoder or a decoder, and what lies below them."""
    for name, module in side.named_modules():
        if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] in (
            "layer",
            "layers",
            "h",
        ):
            parent = side.get_submodule(name.rpartition(".")[0])
            below = [m for n, m in parent.named_children() if "embed" in n or n in ("wte", "wpe")]
            return list(module), below
    return [], []
