import torch

from uncial.nn.build import build
from uncial.nn.fold import folded
from uncial.nn.frames import Frames
from uncial.nn.ops.norm import BatchNorm

SPEC = "[1,8,0,1 Cl3,3,6,2,2 Bnr Cr3,3,6 Bn Fh{stem} +[Dwl1,5 Bng Cl1,1,24] Cl1,1,7 Bns O1c5]"


def test_folding_changes_nothing_but_time():
    torch.manual_seed(0)
    network = build(SPEC)
    frames = Frames(torch.randn(3, 1, 8, 40), torch.tensor([40, 17, 30]))
    for _ in range(3):
        network(frames)
    for module in network.modules():
        if isinstance(module, BatchNorm):
            torch.nn.init.uniform_(module.norm.weight, 0.5, 2)
            torch.nn.init.normal_(module.norm.bias)
    fast = folded(network)
    assert sum(isinstance(module, BatchNorm) for module in fast.modules()) == 1
    assert network.training
    network.eval()
    out, taps = network(frames, taps=("stem",))
    fast_out, fast_taps = fast(frames, taps=("stem",))
    assert torch.allclose(fast_out.data, out.data, atol=1e-5)
    assert torch.allclose(fast_taps["stem"].data, taps["stem"].data, atol=1e-5)
