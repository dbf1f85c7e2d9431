"""What one of kraken's models is, whichever file holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

META = "kraken_meta"
"""Key of a file's metadata under which kraken keeps what it knows of its models."""
NETWORK = "TorchVGSLModel"
"""Architecture of networks that are written as VGSL."""
READING_ORDER = "ROMLP"
"""Architecture of models that say which of two lines comes first."""


@dataclass(frozen=True, kw_only=True)
class KrakenModel:
    """One model.

    Attributes:
        architecture: kraken's name of it.
        tasks: ``"recognition"``, ``"segmentation"`` or ``"reading_order"``.
        vgsl: Text of the network; empty where there is none.
        codec: Labels of each character; None where it writes no text.
        tensors: By layer and parameter, ``C_0.co.weight``.
        metadata: Everything else that kraken keeps: accuracy, seg_type, hyper_params, …
    """

    architecture: str = NETWORK
    tasks: tuple[str, ...] = ("recognition",)
    vgsl: str = ""
    codec: Mapping[str, list[int]] | None = None
    tensors: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """How many numbers the tensors hold."""
        return sum(int(np.size(array)) for array in self.tensors.values())
