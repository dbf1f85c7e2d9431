"""An encoder that sees squares and a decoder that writes tokens, over lines of any length.

The two come from a `transformers.VisionEncoderDecoderModel`; what is added is that lines are
gray, keep their aspect and may be longer than the encoder's image, see `uncial.nn.tiles`.

Source: Li et al. 2021, "TrOCR", arXiv:2109.10282; transformers 5
``models/vision_encoder_decoder``.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from uncial.extras import explained
from uncial.nn.frames import Frames
from uncial.nn.tiles import Tiling, place_signal, tiles_of

with explained():
    from transformers import AutoConfig, VisionEncoderDecoderModel
    from transformers.utils import logging

_INK = 2.0  # of a frame where a line is black
_PLACE = 0.5  # first weight of what tells tiles from each other
_TABLE = "TrOCRSinusoidalPositionalEmbedding"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a network was made for, beside its layers.

    Attributes:
        start: Token that stands before every text.
        end: Token behind it.
        pad: Token that is never written.
        mean: Of red, green and blue, 0-1, taken away.
        deviation: What they are divided by then.
        most: Tokens of the longest text, its end included.
        density: Most tokens of a text by px of its prepared line; 0: not known.
        loop: Tokens of the longest repetition in a text.
        silent: Tokens that are never written, beside start and pad.
    """

    start: int
    end: int
    pad: int
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    deviation: tuple[float, float, float] = (0.5, 0.5, 0.5)
    most: int = 128
    density: float = 0.0
    loop: int = 24
    silent: tuple[int, ...] = ()

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Reach:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        lists = ("mean", "deviation", "silent")
        return cls(**{**values, **{name: tuple(values[name]) for name in lists}})


class States(NamedTuple):
    """What the encoder makes of a batch of lines.

    Attributes:
        data: ``(N, S, D)`` a vector for each patch.
        mask: ``(N, S)`` int64, 1 where there is one.
        columns: ``(N, S)`` px of its middle in the prepared line, padding included; -1 where
            it stands for no place.
    """

    data: Tensor
    mask: Tensor
    columns: Tensor

    def repeated(self, times: int) -> States:
        """Each line several times, one after the other."""
        return States(*(part.repeat_interleave(times, 0) for part in self))


class LineTransformer(nn.Module):
    """A `VisionEncoderDecoderModel` that reads prepared lines.

    Args:
        model: With weights.
        reach: What it was made for.

    Attributes:
        spec: One line that says what it is made of.
        labels: Tokens that it knows.
        tiling: How it cuts lines.
        input_height: Of prepared lines, px.
    """

    _places: Tensor

    def __init__(self, model: VisionEncoderDecoderModel, reach: Reach) -> None:
        super().__init__()
        self.model = model
        self.reach = reach
        self.tiling = tiling_of(model.config.encoder)
        self.input_height = self.tiling.height
        self.labels = int(model.decoder.get_output_embeddings().weight.shape[0])
        self.spec = _described(model.config, self.tiling)
        size = self._project(torch.zeros(1, 1, int(model.config.encoder.hidden_size))).shape[-1]
        self.place_weight = nn.Parameter(torch.full((size,), _PLACE))
        places = torch.stack([place_signal(tile, size) for tile in range(64)])
        self.register_buffer("_places", places, persistent=False)
        self._colours = (reach.mean, reach.deviation)
        self.register_state_dict_post_hook(_without_twins)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_with_twins)  # type: ignore[no-untyped-call]

    def encode(self, frames: Frames) -> States:
        """What the encoder makes of lines; the tiles of each are joined.

        Args:
            frames: ``(N, 1, H, W)`` as `uncial.models.tensors.to_frames` makes them.
        """
        tiles, counts = tiles_of(frames, self.tiling)
        mean, deviation = (tiles.new_tensor(v)[:, None, None] for v in self._colours)
        pixels = (1 - tiles / _INK - mean) / deviation
        made = self.model.encoder(pixel_values=pixels).last_hidden_state
        made = self._project(made)
        lines, columns, at = [], [], 0
        for count in counts:
            states, middles = self._joined(made[at : at + count])
            lines.append(states)
            columns.append(middles)
            at += count
        longest = max(map(len, lines))
        data = made.new_zeros(len(lines), longest, made.shape[2])
        mask = torch.zeros(len(lines), longest, dtype=torch.int64, device=made.device)
        where = torch.full((len(lines), longest), -1.0, device=made.device)
        for row, (states, middles) in enumerate(zip(lines, columns, strict=True)):
            data[row, : len(states)] = states
            mask[row, : len(states)] = 1
            where[row, : len(states)] = middles
        return States(data, mask, where)

    def forward(self, frames: Frames, tokens: Tensor) -> Tensor:
        """Logits ``(N, L, V)`` of what follows each of the tokens.

        Args:
            frames: As for `encode`.
            tokens: ``(N, L)`` int64, the start first.
        """
        states = self.encode(frames)
        made: Tensor = self.decode(states, tokens, use_cache=False).logits
        return made

    def decode(self, states: States, tokens: Tensor, **options: Any) -> Any:  # noqa: ANN401
        """What the decoder says after some tokens; options as in transformers."""
        every = bool(states.mask.all())
        return self.model.decoder(
            input_ids=tokens,
            encoder_hidden_states=states.data,
            encoder_attention_mask=None if every else states.mask,
            **options,
        )

    def _project(self, states: Tensor) -> Tensor:
        """Encoder states in the size that the decoder looks at."""
        config = self.model.config
        same = config.encoder.hidden_size == config.decoder.hidden_size
        if same or getattr(config.decoder, "cross_attention_hidden_size", None) is not None:
            return states
        made: Tensor = self.model.enc_to_dec_proj(states)
        return made

    def _joined(self, tiles: Tensor) -> tuple[Tensor, Tensor]:
        """``(S, D)`` states of one line and their columns in px, of its tiles ``(K, P, D)``."""
        tiling, count = self.tiling, len(tiles)
        rows = tiling.height * tiling.columns // tiling.width
        extra = tiles.shape[1] - rows * tiling.columns
        middles = (torch.arange(tiling.columns, device=tiles.device) + 0.5) * tiling.column
        states = [tiles[0, :extra]]
        columns = [torch.full((extra,), -1.0, device=tiles.device)]
        for number, tile in enumerate(tiles):
            first, stop = tiling.kept(number, count)
            grid = tile[extra:].reshape(rows, tiling.columns, -1)[:, first:stop]
            if number:
                place = self._places[min(number, len(self._places) - 1)]
                grid = grid + (self.place_weight * place).to(grid.dtype)
            states.append(grid.reshape(-1, grid.shape[-1]))
            columns.append((middles[first:stop] + number * tiling.step).repeat(rows))
        return torch.cat(states), torch.cat(columns)


def tiling_of(encoder: Any) -> Tiling:  # noqa: ANN401
    """How an encoder of some configuration cuts lines: a quarter of each tile is shared."""
    size, patch = encoder.image_size, encoder.patch_size
    height, width = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    patch = patch if isinstance(patch, int) else int(patch[1])
    patch *= 2 ** (len(getattr(encoder, "depths", [0])) - 1)  # of encoders that merge patches
    columns = width // patch
    return Tiling(height=height, width=width, columns=columns, shared=columns // 8 * 2)


def network_from(config: str | bytes, weights: dict[str, Tensor], reach: Reach) -> LineTransformer:
    """The network of a configuration, with weights by the names of `LineTransformer`.

    Args:
        config: Text of ``config.json``.
        weights: Of every parameter; those that two parts share may be named once.
        reach: What it was made for.

    Raises:
        RuntimeError: Weights and configuration do not belong together.
    """
    told = json.loads(config)
    made = AutoConfig.for_model(told.pop("model_type"), **told)
    prefix = "model."
    inner = {name.removeprefix(prefix): w for name, w in weights.items() if name.startswith(prefix)}
    network = LineTransformer(loaded(made, inner), reach)
    if "place_weight" in weights:
        with torch.no_grad():
            network.place_weight.copy_(weights["place_weight"])
    return network.eval()


def network_of_folder(folder: Path, config: Any, reach: Reach) -> LineTransformer:  # noqa: ANN401
    """The network of a checkpoint of transformers.

    Args:
        folder: Holds its weights.
        config: Of the model.
        reach: What it was made for.

    Raises:
        OSError, RuntimeError: Weights are missing, damaged or of another configuration.
    """
    return LineTransformer(loaded(config, folder), reach).eval()


def loaded(config: Any, weights: dict[str, Tensor] | Path) -> VisionEncoderDecoderModel:  # noqa: ANN401
    """A model with weights by the names of any version of transformers.

    Args:
        config: Of the model.
        weights: By name, or the folder of a checkpoint.

    Raises:
        OSError, RuntimeError: Some are missing, or they cannot be read.
    """
    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    named = isinstance(weights, dict)
    try:
        model, told = VisionEncoderDecoderModel.from_pretrained(
            None if named else weights,
            config=config,
            state_dict=weights if named else None,
            output_loading_info=True,
            dtype=torch.float32,
            attn_implementation={"encoder": "sdpa", "decoder": "eager"},
        )
    finally:
        logging.set_verbosity(before)
    missing = sorted(name for name in told["missing_keys"] if "pooler" not in name)
    if missing or told["mismatched_keys"]:
        raise RuntimeError(f"weights are missing or of another size: {', '.join(missing[:3])}")
    return mended(model)


def mended(model: VisionEncoderDecoderModel) -> VisionEncoderDecoderModel:
    """The model with tables of positions that loading leaves empty, and that follow it around."""
    for module in model.modules():
        if type(module).__name__ == _TABLE:
            rows = int(model.config.decoder.max_position_embeddings) + 2
            table = module.get_embedding(rows, module.embedding_dim, module.padding_idx)
            del module.weights
            module.register_buffer("weights", table, persistent=False)
    return model


def _described(config: Any, tiling: Tiling) -> str:  # noqa: ANN401
    encoder, decoder = config.encoder, config.decoder
    return (
        f"{encoder.model_type} {encoder.hidden_size}x{_layers(encoder)} on "
        f"{tiling.width}x{tiling.height} px, {decoder.model_type} "
        f"{decoder.hidden_size}x{_layers(decoder)}"
    )


def _layers(config: Any) -> int:  # noqa: ANN401
    found = getattr(config, "num_hidden_layers", None)
    return int(found) if found is not None else sum(config.depths)


def _twins(module: nn.Module) -> dict[str, str]:
    """Names of parameters that share the memory of another, each with the first name."""
    first: dict[int, str] = {}
    twins = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        known = first.setdefault(id(parameter), name)
        if known != name:
            twins[name] = known
    return twins


def _without_twins(module: nn.Module, state: dict[str, Tensor], prefix: str, _local: Any) -> None:  # noqa: ANN401
    for twin in _twins(module):
        state.pop(prefix + twin, None)


def _with_twins(module: nn.Module, state: dict[str, Tensor], prefix: str, *_rest: Any) -> None:  # noqa: ANN401
    for twin, name in _twins(module).items():
        if prefix + twin not in state and prefix + name in state:
            state[prefix + twin] = state[prefix + name]


def fitting(tokens: int, width: float, reach: Reach) -> int:
    """Most tokens that a line of some prepared width in px may have."""
    if not reach.density:
        return min(tokens, reach.most)
    return min(tokens, reach.most, math.ceil(width * reach.density) + 8)
