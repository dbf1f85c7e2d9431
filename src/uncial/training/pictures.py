"""What a network does with a training line, as a page of pictures: activations, outputs, targets.

``lstmtraining --debug_interval`` shows the same in windows. Here each look is an HTML file that
needs nothing beside it, in the folder ``pictures`` of the run.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from uncial.data.store import LineStore
from uncial.models.tensors import to_frames
from uncial.nn.build import Network
from uncial.nn.frames import Frames
from uncial.nn.noise import seeded_noise
from uncial.nn.ops.base import Op
from uncial.nn.ops.graph import Group
from uncial.training.batches import PreparedLines
from uncial.training.checkpoint import write_atomically
from uncial.training.config import LossKind
from uncial.training.lines import Plan
from uncial.training.losses import LOSSES
from uncial.training.session import Session

_TALLEST = 400  # rows of a picture; further channels are left out
_STYLE = (
    "body{font:14px sans-serif;margin:1em}img{image-rendering:pixelated;display:block;"
    "border:1px solid #999;max-width:100%}pre{white-space:pre-wrap}h2{font-size:1em}"
)

Picture = NDArray[np.uint8]


def drawer(folder: Path, plan: Plan, store: LineStore, every: int) -> Callable[[Session], None]:
    """A function that draws a page every so many steps, of one training line after another.

    Args:
        folder: For the pages; made when the first is drawn.
        plan: Codec, preprocessing and labels.
        store: Holds the lines.
        every: Steps between pages; 0 draws none.
    """
    lines = PreparedLines(store, plan.lines.rows, plan.preprocessing)

    def draw(session: Session) -> None:
        step = session.progress.step
        if not every or step % every:
            return
        index = (step // every - 1) % len(lines)
        folder.mkdir(parents=True, exist_ok=True)
        with seeded_noise(step):
            text = page(session, plan, lines[index], plan.lines.labels[index])
        write_atomically(folder / f"step-{step:07d}.html", text.encode())

    return draw


def page(session: Session, plan: Plan, line: Picture, labels: NDArray[np.int32]) -> str:
    """One line in the averaged network, as HTML.

    Args:
        session: Gives network and loss.
        plan: Codec and preprocessing.
        line: ``(H, W)`` prepared.
        labels: ``(L,)`` of its ground truth.
    """
    network = cast("Network", session.average)  # others are refused before a run
    device = next(network.parameters()).device
    frames = to_frames([line], plan.preprocessing.pad, style=plan.preprocessing.style)
    frames = frames._replace(data=frames.data.to(device), widths=frames.widths.to(device))
    seen, logits = _activations(network, frames)
    kind: LossKind = "ctc" if session.ending else session.settings.kind
    probs, targets = _outputs(logits, labels, kind)
    best = probs.argmax(1)
    read = [int(at) for at in best[np.append(True, best[1:] != best[:-1])] if at]
    parts = [
        _shown("line", line),
        *(_shown(f"{name} {values.shape}", _mosaic(values)) for name, values in seen),
        _shown(
            f"output, {probs.shape[1]} labels by {len(probs)} columns, the blank on top",
            _scaled(1 - np.sqrt(probs.T)),
        ),
        _shown(f"targets of the loss {kind}", _scaled(1 - np.sqrt(targets.clip(0, 1).T))),
    ]
    stray = plan.codec.stray(read)
    told = {
        "ground truth": plan.codec.decode(labels),
        "output": plan.codec.decode(read),
        "labels of the ground truth": " ".join(map(str, labels.tolist())),
        "labels of the output": " ".join(map(str, read)),
        "best label of each column": " ".join(map(str, best.tolist())),
    }
    if stray:
        told["output that cannot be decoded"] = (
            f"labels {' '.join(map(str, stray))} belong to no whole code of the charset"
        )
    texts = "".join(
        f"<h2>{html.escape(name)}</h2><pre dir=auto>{html.escape(text)}</pre>"
        for name, text in told.items()
    )
    title = f"step {session.progress.step}"
    return (
        f"<!doctype html><meta charset=utf-8><title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1>{texts}{''.join(parts)}"
    )


def _activations(
    network: Network, frames: Frames
) -> tuple[list[tuple[str, NDArray[np.float32]]], Tensor]:
    """``(C, H, W)`` of each op but the last, in the order of the spec, and the logits."""
    seen: list[tuple[str, NDArray[np.float32]]] = []

    def watch(name: str) -> Callable[[object, object, Frames], None]:
        def hook(_op: object, _given: object, made: Frames) -> None:
            seen.append((name, made.data[0].float().cpu().numpy()))

        return hook

    hooks = [op.register_forward_hook(watch(name)) for name, op in _ops(network)]
    try:
        with torch.no_grad():
            logits = network(frames).data[:, :, 0].permute(2, 0, 1).float()
    finally:
        for hook in hooks:
            hook.remove()
    return seen[:-1], logits


def _ops(network: Network) -> Iterator[tuple[str, Op]]:
    for name, module in network.layers.named_modules():
        if isinstance(module, Op) and not isinstance(module, Group):
            yield name, module


def _outputs(
    logits: Tensor, labels: NDArray[np.int32], kind: LossKind
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """``(T, C)`` probabilities, and what the loss would have in their place.

    The gradient of either loss by the logits is output minus target.
    """
    leaf = logits.detach().requires_grad_()
    log_probs = leaf.log_softmax(2)
    widths = torch.tensor([len(leaf)], device=leaf.device)
    wanted = torch.from_numpy(labels.astype(np.int64))[None].to(leaf.device)
    lengths = torch.tensor([len(labels)], device=leaf.device)
    with torch.enable_grad():
        loss = LOSSES[kind](log_probs, widths, wanted, lengths)
        (gradient,) = torch.autograd.grad(loss, leaf)
    probs = log_probs.detach().exp()
    targets = probs - gradient * len(leaf)
    return probs[:, 0].cpu().numpy(), targets[:, 0].cpu().numpy()


def _mosaic(values: NDArray[np.float32]) -> Picture:
    """``(C, H, W)`` as channels one below the other."""
    height, width = values.shape[1:]
    rows = values[: max(1, _TALLEST // max(1, height))]
    low, high = float(rows.min(initial=0)), float(rows.max(initial=0))
    return _scaled((rows.reshape(-1, width) - low) / max(high - low, 1e-9))


def _scaled(shares: NDArray[np.floating]) -> Picture:
    picture: Picture = (255 * np.nan_to_num(shares).clip(0, 1)).astype(np.uint8)
    return picture


def _shown(title: str, picture: Picture) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    height = max(40, min(2 * picture.shape[0], 800))
    return (
        f"<h2>{html.escape(title)}</h2>"
        f'<img style="height:{height}px" src="data:image/png;base64,{data}">'
    )
