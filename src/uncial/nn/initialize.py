"""First weights of a network.

Source: He et al. 2015, arXiv:1502.01852 (convolutions); Saxe et al. 2014, arXiv:1312.6120
(recurrent weights); Jozefowicz et al. 2015 (forget gate); ``lstmtraining`` for ``uniform``.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

Scheme = Literal["scaled", "uniform"]
"""``scaled`` by layer size, or Tesseract's ``uniform`` from -0.1 to 0.1."""


@torch.no_grad()
def initialize(network: nn.Module, scheme: Scheme = "scaled") -> None:
    """Draw new weights for every convolution, linear and recurrent layer in `network`."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.LSTM | nn.GRU):
            if scheme == "uniform":
                for parameter in module.parameters():
                    parameter.uniform_(-0.1, 0.1)
            elif isinstance(module, nn.LSTM | nn.GRU):
                _recurrent(module)
            else:
                _feedforward(module)


def _feedforward(module: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> None:
    if isinstance(module, nn.Linear) or set(module.kernel_size) == {1}:
        bound = (module.weight.shape[1]) ** -0.5
        nn.init.uniform_(module.weight, -bound, bound)
    else:
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    if module.bias is not None:
        module.bias.zero_()


def _recurrent(cell: nn.LSTM | nn.GRU) -> None:
    for name, parameter in cell.named_parameters():
        if name.startswith("weight_hh"):
            for gate in parameter.chunk(len(parameter) // cell.hidden_size):
                nn.init.orthogonal_(gate)
        elif name.startswith("weight_ih"):
            for gate in parameter.chunk(len(parameter) // cell.hidden_size):
                nn.init.xavier_uniform_(gate)
        else:
            parameter.zero_()
            if isinstance(cell, nn.LSTM) and name.startswith("bias_ih"):
                parameter[cell.hidden_size : 2 * cell.hidden_size] = 1  # input, forget, cell, out
