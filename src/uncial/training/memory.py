"""What a run needs of memory, worked out before it starts.

Weights, their average, gradients and the optimizer's two moments are counted to the byte; what
the layers keep for the way back is estimated: of an encoder with a decoder from its size, of other
networks from what their layers put out for one line.

Source of the estimate: Korthikanti et al. 2022, arXiv:2205.05198, section 4 (activations of a
transformer layer), for 32-bit numbers and attention that keeps its matrix in the decoder alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from uncial.errors import ConfigError
from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.nn.transformer import LineTransformer

_REAL = 4  # bytes
_OUTPUTS, _GATES = 3, 14  # of what a layer puts out, with gradients; of an LSTM with its gates
_LAYER = 34 * 2  # bytes that a layer keeps for each number of its input
_ROOM = 0.9  # of what is free
_ITSELF = 400_000_000  # bytes of the libraries and what they hold on to


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a run needs.

    Attributes:
        parameters: Numbers in the network.
        trained: Those of them that learn.
        tiles: In one batch.
        tokens: Of the longest text in it.
        checkpointing: Whether activations are computed twice.
        kept: Bytes that the layers keep for each tile.
        written: Bytes that the decoder keeps for each token of a tile.
    """

    parameters: int
    trained: int
    tiles: int
    tokens: int
    checkpointing: bool
    kept: int
    written: int

    @property
    def weights(self) -> int:
        """Bytes of weights, average, gradients and moments."""
        return _REAL * (2 * self.parameters + 3 * self.trained)

    @property
    def activations(self) -> int:
        """Bytes of one batch, about."""
        each = self.kept + self.tokens * self.written
        return self.tiles * (each // 6 if self.checkpointing else each)

    @property
    def total(self) -> int:
        """Bytes in all, with the state as it is written to disk."""
        state = _REAL * (2 * self.parameters + 2 * self.trained)
        return self.weights + max(self.activations, state) + _ITSELF


def need_of(
    network: LineTransformer, *, tiles: int, tokens: int, checkpointing: bool = False
) -> Need:
    """What a network needs; see `Need`."""
    encoder, decoder = network.model.config.encoder, network.model.config.decoder
    tiling = network.tiling
    patches = tiling.columns * (tiling.height * tiling.columns // tiling.width)
    layers = int(getattr(encoder, "num_hidden_layers", 0) or sum(getattr(encoder, "depths", [12])))
    heads = int(getattr(decoder, "num_attention_heads", 8))
    writing = int(decoder.num_hidden_layers)
    every = list(network.parameters())
    return Need(
        parameters=sum(p.numel() for p in every),
        trained=sum(p.numel() for p in every if p.requires_grad),
        tiles=tiles,
        tokens=tokens,
        checkpointing=checkpointing,
        kept=layers * patches * int(encoder.hidden_size) * _LAYER,
        written=writing * (int(decoder.hidden_size) * _LAYER + 3 * _REAL * heads * patches)
        + 3 * _REAL * int(decoder.vocab_size),
    )


def check_memory(need: Need, free: int, batch: int) -> None:
    """Refuse a run that will not fit, and say what would.

    Args:
        need: Of the run.
        free: Bytes that there are.
        batch: Lines in a batch.

    Raises:
        ConfigError: It needs more.
    """
    room = int(free * _ROOM)
    if need.total <= room:
        return
    one = replace(need, tiles=max(1, need.tiles // batch))
    spare = replace(need, checkpointing=True)
    light = replace(one, checkpointing=True, trained=need.parameters // 100)
    ways = [
        (replace(one, tiles=one.tiles * n), f"optimizer.batch {n} with more batches")
        for n in (batch // 2, batch // 4, 1)
        if 0 < n < batch
    ]
    ways += [
        (spare, "transformer.checkpointing"),
        (replace(one, checkpointing=True), "transformer.checkpointing and optimizer.batch 1"),
        (light, "transformer.lora 8, transformer.checkpointing and optimizer.batch 1"),
    ]
    fitting = next((f"{how} ({_gb(way.total)})" for way, how in ways if way.total <= room), "")
    raise ConfigError(
        f"this run needs about {_gb(need.total)} of memory, {_gb(free)} are free: "
        f"{_gb(need.weights)} for {need.parameters / 1e6:.0f} M weights, their average, gradients "
        f"and moments, {_gb(need.activations)} for a batch of {need.tiles} tiles",
        remedy=f"it would fit with {fitting}"
        if fitting
        else "take a smaller checkpoint or a machine with more memory",
    )


def line_need(network: Network, width: int, height: int) -> int:
    """Bytes that the layers keep of one line for the way back, about.

    Args:
        network: Reads the line once.
        width: Px of the line.
        height: Px of the line.
    """
    put_out: list[int] = []

    def count(module: nn.Module, given: object, made: object) -> None:
        whole = made if isinstance(made, Tensor) else made[0]  # type: ignore[index]
        gates = _GATES if isinstance(module, nn.RNNBase) else _OUTPUTS
        put_out.append(_REAL * gates * whole.numel())

    leaves = [module for module in network.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(count) for module in leaves]
    learning = [module for module in network.modules() if module.training]  # frozen ones are not
    channels = network.input_channels
    line = Frames(torch.zeros(1, channels, height, width), torch.tensor([width]), width)
    try:
        with torch.no_grad():
            network.eval()(line)
    finally:
        for module in learning:
            module.training = True
        for hook in hooks:
            hook.remove()
    return sum(put_out)


def check_lines(network: nn.Module, line: int, lines: tuple[int, int], free: int) -> None:
    """Refuse a run of a network of VGSL that will not fit, and say which batch would.

    Args:
        network: In training.
        line: Bytes that one line takes, see `line_need`.
        lines: In a batch, and batches side by side.
        free: Bytes that there are.

    Raises:
        ConfigError: It needs more.
    """
    batch, batches = lines
    count = sum(p.numel() for p in network.parameters())
    fixed = _REAL * (4 + batches) * count + _ITSELF
    room = int(free * _ROOM) - fixed
    if batch * batches * line <= room:
        return
    fitting = room // (line * batches)
    raise ConfigError(
        f"this run needs about {_gb(fixed + batch * batches * line)} of memory, {_gb(free)} are "
        f"free: {batches} batches of {batch} lines side by side, {line / 1e6:.1f} MB a line",
        remedy=f"set optimizer.batch to {fitting} or less"
        if fitting > 0
        else "set optimizer.batches to 1, or take a smaller network",
    )


def free_memory(device: torch.device) -> int:
    """Bytes that a process may still take on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    told = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s+(\d+) kB", told.read_text()) if told.exists() else None
    free = int(found[1]) * 1024 if found else 2**62
    return min(free, _allowed())


def _allowed() -> int:
    """Bytes that a container leaves; very many outside one."""
    limit, used = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
    if not limit.exists() or not used.exists():
        return 2**62
    text = limit.read_text().strip()
    return int(text) - int(used.read_text()) if text.isdigit() else 2**62


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
