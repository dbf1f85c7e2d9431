"""Weights as NumPy arrays, for archives that must not know torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from uncial.errors import FormatError


def to_arrays(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Parameters and buffers by name, copied."""
    return {
        name: tensor.detach().cpu().contiguous().numpy().copy()
        for name, tensor in network.state_dict().items()
    }


def from_arrays(network: nn.Module, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Put an archive's weights into a network built from the same spec.

    Raises:
        FormatError: A tensor is missing, superfluous or of another shape.
    """
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
    state = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
    network.load_state_dict(state)
