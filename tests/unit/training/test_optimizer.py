"""Our AdamW is torch's, and its state goes round."""

import pytest
import torch
from torch import nn

from uncial.errors import FormatError
from uncial.training.optimizer import AdamW, LowRank


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


def test_with_a_rank_the_sum_of_all_steps_keeps_it_and_the_head_moves_freely() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 16, 3), nn.Flatten(), nn.Linear(16, 20), nn.Linear(20, 9))
    before = [p.detach().clone() for p in network.parameters()]
    low = LowRank(rank=2, seed=5, whole=list(network[-1].parameters()))
    optimizer = AdamW(network.parameters(), weight_decay=0.1, low_rank=low)
    optimizer.rate = 1e-2
    inputs, wanted = torch.randn(8, 3, 3, 3), torch.randn(8, 9)
    first = float(((network(inputs) - wanted) ** 2).mean().detach())
    for _ in range(20):
        network.zero_grad()
        loss = ((network(inputs) - wanted) ** 2).mean()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < first
    pairs = zip(network.parameters(), before, strict=True)
    moved = [(p - b).detach().flatten(1) for p, b in pairs if b.ndim > 1]
    assert [int(torch.linalg.matrix_rank(m, rtol=1e-4)) for m in moved[:2]] == [2, 2]
    assert int(torch.linalg.matrix_rank(moved[2], rtol=1e-4)) > 2


def test_the_state_of_bound_matrices_is_small_and_can_be_restored() -> None:
    def made() -> tuple[nn.Linear, AdamW]:
        torch.manual_seed(0)
        layer = nn.Linear(30, 20)
        return layer, AdamW(layer.parameters(), weight_decay=0.0, low_rank=LowRank(rank=3))

    def steps(layer: nn.Linear, optimizer: AdamW, count: int) -> None:
        optimizer.rate = 1e-2
        for _ in range(count):
            layer.zero_grad()
            (layer(torch.ones(1, 30)) ** 2).sum().backward()
            optimizer.step()

    whole, its = made()
    steps(whole, its, 4)
    first, half = made()
    steps(first, half, 2)
    again, rest = made()
    again.load_state_dict(first.state_dict())
    state = {name: tensor.clone() for name, tensor in half.tensors()}
    assert max(tensor.numel() for tensor in state.values()) == 20 * 3
    rest.restore(state)
    steps(again, rest, 2)
    assert again.weight.equal(whole.weight)
