"""An encoder with a decoder: padding, tiles, tied weights, texts that end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from checkpoints import make_checkpoint

from uncial.models.pretrained import CONFIG
from uncial.models.tensors import to_frames
from uncial.models.transcriber import Transcriber
from uncial.nn.adapters import add_adapters, merged_weights
from uncial.nn.generation import Generation, echo, generate, longest_echo, repeated
from uncial.nn.transformer import LineTransformer, network_from


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Transcriber:
    from uncial.models.hub import open_checkpoint
    from uncial.models.native import reader_of

    folder = make_checkpoint(tmp_path_factory.mktemp("vit"), learned_positions=False)
    made = reader_of(open_checkpoint(folder))
    assert isinstance(made, Transcriber)
    return made


@pytest.fixture(scope="module")
def network(reader: Transcriber) -> LineTransformer:
    return reader.network


def _lines(*widths: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (32, width)).astype(np.uint8) for width in widths]


def _logits(network: LineTransformer, lines: list[np.ndarray]) -> torch.Tensor:
    tokens = torch.tensor([[2, 5, 9, 7]] * len(lines))
    with torch.no_grad():
        return network(to_frames(lines, 0), tokens)


def test_a_line_alone_and_beside_wider_ones_gives_the_same(network: LineTransformer) -> None:
    lines = _lines(20, 32, 90, 300)
    together = _logits(network, lines)
    for at, line in enumerate(lines):
        assert torch.allclose(_logits(network, [line])[0], together[at], atol=1e-5)


def test_every_part_of_a_long_line_is_seen(network: LineTransformer) -> None:
    line = np.full((32, 32 * 40), 255, np.uint8)
    empty = _logits(network, [line])
    for start in range(0, line.shape[1] - 16, 97):
        marked = line.copy()
        marked[8:24, start : start + 8] = 0
        assert not torch.equal(_logits(network, [marked]), empty)


def test_shared_weights_are_kept_once_and_come_back(
    network: LineTransformer, reader: Transcriber
) -> None:
    state = network.state_dict()
    pointers = [tensor.data_ptr() for tensor in state.values()]
    assert len(set(pointers)) == len(pointers)
    again = network_from(reader.components[CONFIG], dict(state), network.reach)
    lines = _lines(40, 100)
    assert torch.equal(_logits(again, lines), _logits(network, lines))
    again.load_state_dict(state)
    assert torch.equal(_logits(again, lines), _logits(network, lines))


def test_adapters_begin_at_nothing_and_are_merged_where_the_model_is_kept(
    reader: Transcriber,
) -> None:
    import copy

    network = copy.deepcopy(reader.network)
    lines = _lines(40)
    before = _logits(network, lines)
    names = add_adapters(network.model, 2)
    assert len(names) == 3 * (2 + 2 + 2)  # encoder, and both attentions of the decoder
    assert torch.allclose(_logits(network, lines), before, atol=1e-5)
    trained = [name for name, p in network.model.named_parameters() if p.requires_grad]
    assert trained
    assert all("lora_" in name for name in trained)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    changed = _logits(network, lines)
    assert not torch.allclose(changed, before, atol=1e-3)
    weights = {name: torch.from_numpy(array) for name, array in merged_weights(network).items()}
    assert weights.keys() == reader.network.state_dict().keys()
    merged = network_from(reader.components[CONFIG], weights, network.reach)
    assert torch.allclose(_logits(merged, lines), changed, atol=1e-4)


def test_a_wide_beam_finds_the_likeliest_text(network: LineTransformer) -> None:
    (line,), reach = _lines(20), network.reach
    allowed = torch.ones(network.labels, dtype=torch.bool)
    allowed[[reach.pad, *reach.silent]] = False
    frames = to_frames([line] * network.labels, 0)
    tokens = torch.stack(
        [torch.full((network.labels,), reach.start), torch.arange(network.labels)], dim=1
    )
    with torch.no_grad():
        log_probs = network(frames, tokens).masked_fill(~allowed, -float("inf")).log_softmax(2)
        found = generate(network, network.encode(to_frames([line], 0)), [3], Generation(300))
    first, second = log_probs[0, 0], log_probs[:, 1, reach.end]
    each = (first + second) / 2
    each[reach.end] = first[reach.end]  # the empty text
    best = int(each.argmax())
    assert found == [[] if best == reach.end else [best]]


def test_no_line_runs_on_and_special_tokens_are_not_written(network: LineTransformer) -> None:
    lines, limits, reach = _lines(20, 60, 30), [9, 12, 7], network.reach
    with torch.no_grad():
        states = network.encode(to_frames(lines, 0))
        for width in (1, 5):
            for text, limit in zip(
                generate(network, states, limits, Generation(width)), limits, strict=True
            ):
                assert len(text) < limit
                assert not {reach.pad, reach.start, *reach.silent} & set(text)


def test_a_repetition_may_be_as_long_as_those_of_the_training_but_no_longer() -> None:
    dots = [4, 9] * 12
    assert echo(dots, 2) == 22
    assert longest_echo([[1, 2], [*dots, 3]]) == 22
    assert repeated(dots, 24) == set()
    assert repeated(dots, 22) == {4}
    assert repeated([7] * 30, 24) == {7}
