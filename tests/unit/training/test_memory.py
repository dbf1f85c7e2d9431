"""What a run needs of memory: of networks that are read column by column."""

import pytest
import torch
from torch import Tensor

from uncial.errors import ConfigError
from uncial.nn.build import build
from uncial.nn.frames import Frames
from uncial.training.memory import check_lines, line_need
from uncial.training.settings import preset_values

TESSERACT = "[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c60]"


@pytest.mark.parametrize("spec", [str(preset_values("quick")["spec"]), TESSERACT])
def test_what_a_line_needs_is_no_less_than_what_is_kept_for_the_way_back(spec: str) -> None:
    network = build(spec, labels=60).train()
    next(network.layers.children()).eval()  # as a frozen layer
    modes = [module.training for module in network.modules()]
    height, width = network.input_height, 400
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    lines = Frames(torch.rand(2, 1, height, width), torch.tensor([width, width]), width)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(lines)
    weights = sum(4 * p.numel() for p in network.parameters())
    need = line_need(network, width, height)
    assert sum(kept.values()) - weights <= 2 * need
    assert need < 5 * sum(kept.values()) / 2
    assert [module.training for module in network.modules()] == modes


def test_a_batch_that_does_not_fit_is_refused_with_one_that_does() -> None:
    network = build("[1,16,0,1 Cr3,3,4 Mp4,2 S1(1x0)1,3 O1c9]", labels=9)
    check_lines(network, 1_000_000, (64, 2), 1_000_000_000)
    with pytest.raises(ConfigError, match="2 batches of 640 lines") as caught:
        check_lines(network, 1_000_000, (640, 2), 1_000_000_000)
    assert caught.value.remedy == "set optimizer.batch to 249 or less"
    with pytest.raises(ConfigError) as caught:
        check_lines(network, 1_000_000_000, (1, 2), 1_000_000_000)
    assert "smaller network" in caught.value.remedy
