"""Low-rank adapters beside the linear layers of a network, and weights without them.

Source: Hu et al. 2021, "LoRA", arXiv:2106.09685; the package peft.
"""

from __future__ import annotations

import copy
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from uncial.errors import ConfigError
from uncial.extras import explained

TARGETS = ("q_proj", "k_proj", "v_proj")
"""Names of the linear layers that are adapted, as transformers 5 calls them."""


def add_adapters(model: nn.Module, rank: int) -> list[str]:
    """Freeze a network and put adapters beside the projections of its attention.

    Args:
        model: Changed in place.
        rank: Of the adapters; they count twice.

    Returns:
        The names of the layers that have one now.

    Raises:
        ConfigError: It has no layer of such a name.
        MissingDependency: The package peft is not installed.
    """
    with explained():
        from peft import LoraConfig, inject_adapter_in_model  # noqa: PLC0415 - seconds to import
    names = [n for n, _ in model.named_modules() if n.rpartition(".")[2] in TARGETS]
    if not names:
        raise ConfigError(
            f"the network has no layer called {', '.join(TARGETS)} to adapt",
            remedy="train it without adapters",
        )
    model.requires_grad_(False)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=names)
    inject_adapter_in_model(config, model)
    return names


def merged_weights(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Every weight by the name that it has without adapters, which are merged into them."""
    if any("lora_" in name for name, _ in network.named_parameters()):
        network = copy.deepcopy(network)
        for module in network.modules():
            if hasattr(module, "base_layer"):
                cast("Any", module).merge()
    arrays = {}
    for name, tensor in network.state_dict().items():
        if "lora_" not in name:
            arrays[name.replace(".base_layer.", ".")] = np.asarray(tensor.detach().cpu().numpy())
    return arrays
