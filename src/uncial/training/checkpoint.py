"""Resumable state of a run: one safetensors file, replaced atomically.

Tensors: ``learner.*`` (weights in training), ``average.*`` (their moving average),
``optimizer.<group>.<parameter>.<key>``. The rest is JSON under ``uncial-run`` in the metadata.
Nothing is pickled, so a run folder can be handed on safely.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from uncial.errors import FormatError
from uncial.training.batches import StreamPlace
from uncial.training.optimizer import AdamW

_KEY = "uncial-run"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: Optimizer steps done.
        steps: Steps planned; 0 while the plan is not made.
        place: The next batch of the stream.
        lines: Training lines seen, with repeats.
        seconds: Wall time used.
        cpu_seconds: Processor time used.
        loss: Moving mean of the main loss; 0 before the first step.
        lr_factor: Below 1 after the guard had to step in.
        rescues: How often it did.
        validations: CER at each validation, as ``[step, cer]``.
        best_step: Step of the best validation; -1 before the first.
        events: Length in bytes of the event log.
    """

    step: int = 0
    steps: int = 0
    place: StreamPlace = field(default_factory=StreamPlace)
    lines: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    loss: float = 0.0
    lr_factor: float = 1.0
    rescues: int = 0
    validations: tuple[tuple[int, float], ...] = ()
    best_step: int = -1
    events: int = 0

    @property
    def best_cer(self) -> float:
        """Lowest validation CER so far; infinite before the first."""
        return min((cer for _, cer in self.validations), default=float("inf"))

    def moved(self, **changes: object) -> Progress:
        """A copy with `changes`."""
        return replace(self, **changes)  # type: ignore[arg-type]


def save_checkpoint(
    path: Path,
    progress: Progress,
    learner: nn.Module,
    average: nn.Module,
    optimizer: AdamW,
) -> None:
    """Write the state of a run; the old file stays until the new one is whole on disk."""
    tensors = {f"learner.{name}": tensor for name, tensor in learner.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.state_dict().items()}
    tensors |= {f"optimizer.{name}": tensor for name, tensor in optimizer.tensors()}
    plain = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, save(plain, metadata={_KEY: json.dumps(asdict(progress))}))


def load_checkpoint(
    path: Path, learner: nn.Module, average: nn.Module, optimizer: AdamW
) -> Progress:
    """Put the state of a run back.

    Raises:
        FormatError: The file is damaged or belongs to another network.
    """
    try:
        with safe_open(str(path), "pt") as file:
            values = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        learner.load_state_dict(_under("learner.", tensors))
        average.load_state_dict(_under("average.", tensors))
        optimizer.restore(_under("optimizer.", tensors))
        place = StreamPlace(**values.pop("place"))
        seen = tuple((int(step), float(cer)) for step, cer in values.pop("validations"))
        return Progress(**values, place=place, validations=seen)
    except (
        SafetensorError,
        RuntimeError,
        TypeError,
        KeyError,
        ValueError,
        AttributeError,
    ) as error:
        raise FormatError(
            f"{path}: this checkpoint cannot be used: {error}",
            remedy="start the run anew in another folder; its model.safetensors is still good",
        ) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content so that a crash leaves the old or the new, never half."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
