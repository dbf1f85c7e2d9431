"""Weights as NumPy arrays, for archives that must not know torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from uncial.errors import FormatError
from uncial.nn.build import Network, build


def to_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Parameters and buffers by name, copied."""
    return {
        name: tensor.detach().cpu().contiguous().numpy().copy()
        for name, tensor in network.state_dict().items()
    }


def network_of(spec: str, labels: int, arrays: Mapping[str, NDArray[Any]]) -> Network:
    """A network with an archive's weights.

    Sizes that the spec asks for are compared with the tensors before anything is allocated, so
    a hostile file costs no more memory than its own size.

    Args:
        spec: VGSL text.
        labels: Outputs of the head, blank included.
        arrays: By name, as `to_arrays` gives them.

    Raises:
        SpecError: The text cannot be read, or its layers do not fit together.
        FormatError: A tensor is missing, superfluous or of another shape.
    """
    with torch.device("meta"):
        network = build(spec, labels=labels, scheme=None)
    network.load_state_dict(_state(network, arrays), assign=True)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def from_arrays(network: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put an archive's weights into a network built from the same spec.

    Raises:
        FormatError: A tensor is missing, superfluous or of another shape.
    """
    network.load_state_dict(_state(network, arrays))


def _state(network: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """The arrays as tensors, checked to be those of the network."""
    wanted = network.state_dict()
    for name in sorted(wanted.keys() ^ arrays.keys()):
        where = "lacks the tensor" if name in wanted else "has an unknown tensor"
        raise FormatError(
            f"the model file {where} {name!r}",
            remedy="its spec and its weights do not belong together; use an unchanged file",
        )
    for name, tensor in wanted.items():
        if tuple(tensor.shape) != np.shape(arrays[name]):
            raise FormatError(
                f"tensor {name!r} has shape {np.shape(arrays[name])}, "
                f"its spec asks for {tuple(tensor.shape)}",
                remedy="its spec and its weights do not belong together; use an unchanged file",
            )
    return {
        name: torch.from_numpy(np.array(arrays[name])).to(tensor.dtype)
        for name, tensor in wanted.items()
    }
