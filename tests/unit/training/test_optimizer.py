"""Our AdamW is torch's, and its state goes round."""

import pytest
import torch
from torch import nn

from uncial.errors import FormatError
from uncial.training.optimizer import AdamW


def _network() -> nn.Module:
    torch.manual_seed(3)
    made = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 5))
    return made.to(memory_format=torch.channels_last)


def _train(network: nn.Module, optimizer: AdamW | torch.optim.Optimizer, start: int) -> None:
    for step in range(start, start + 5):
        data = torch.randn(3, 1, 6, 6, generator=torch.Generator().manual_seed(step))
        network.zero_grad()
        network(data).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("momentum", [0.9, 0.5])
def test_it_moves_weights_as_torch_does(momentum: float) -> None:
    mine, theirs = _network(), _network()
    matrices = [p for p in theirs.parameters() if p.ndim > 1]
    vectors = [p for p in theirs.parameters() if p.ndim <= 1]
    reference = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        lr=0.01,
        betas=(momentum, 0.999),
        fused=True,
    )
    optimizer = AdamW(mine.parameters(), weight_decay=0.1, momentum=momentum)
    optimizer.rate = 0.01
    _train(mine, optimizer, 0)
    _train(theirs, reference, 0)
    for one, other in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_restored_state_goes_on_bit_for_bit() -> None:
    whole, first = _network(), _network()
    steady, before = (AdamW(n.parameters(), weight_decay=0.1) for n in (whole, first))
    steady.rate = before.rate = 0.01
    _train(whole, steady, 0)
    _train(first, before, 0)
    again = _network()
    again.load_state_dict(first.state_dict())
    after = AdamW(again.parameters(), weight_decay=0.1)
    after.restore({name: tensor.contiguous().clone() for name, tensor in before.tensors()})
    after.rate = 0.01
    _train(whole, steady, 5)
    _train(again, after, 5)
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_parameters_without_a_gradient_stay() -> None:
    network = _network()
    optimizer = AdamW(network.parameters(), weight_decay=0.1)
    before = [p.clone() for p in network.parameters()]
    optimizer.rate = 1.0
    optimizer.step()
    assert all(torch.equal(*pair) for pair in zip(before, network.parameters(), strict=True))


def test_another_networks_state_is_refused() -> None:
    state = dict(AdamW(_network().parameters(), weight_decay=0.0).tensors())
    with pytest.raises(FormatError, match="another network"):
        AdamW(nn.Linear(2, 2).parameters(), weight_decay=0.0).restore(state)
    wrong = {name: torch.zeros(7) for name in state}
    with pytest.raises(FormatError, match="another network"):
        AdamW(_network().parameters(), weight_decay=0.0).restore(wrong)
