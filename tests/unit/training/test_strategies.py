"""First weights: what a base hands on, to which labels, and what learns how fast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from uncial.archive import ModelArchive
from uncial.errors import ConfigError, SpecError
from uncial.imaging.prepare import Preprocessing
from uncial.nn.build import build
from uncial.nn.weights import to_arrays
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.config import TrainConfig
from uncial.training.losses import Learner
from uncial.training.optimizer import AdamW
from uncial.training.settings import preset_values, resolve
from uncial.training.strategies import (
    append_head,
    appended_spec,
    extend_charset,
    fine_tune,
    label_sources,
    mapped_rows,
    slowed,
)

SPEC = "[1,16,0,1 Cl3,3,4 Bnr Mp2,2 Lfys6 Lbx5 O1c4]"


@pytest.fixture
def base() -> ModelArchive:
    torch.manual_seed(3)
    codec = Codec.from_charset("abc")
    network = build(SPEC, labels=codec.width)
    return ModelArchive(
        spec=network.spec,
        codec=codec,
        preprocessing=Preprocessing(height=16),
        normalization=Normalization.DEFAULT,
        weights=to_arrays(network),
        components={"version": b"1"},
    )


def test_a_base_goes_on_with_what_its_preset_says_for_one(base: ModelArchive) -> None:
    config = TrainConfig(output=Path("run"), preset="tesseract")
    new, going_on = resolve(config), resolve(config, 1, base)
    said = preset_values("tesseract")["base"]
    assert {name: getattr(going_on, name) for name in said} == said
    assert going_on.lr < new.lr
    assert going_on.momentum == new.momentum
    fast = resolve(TrainConfig(output=Path("run"), preset="fast"), 1, base)
    assert fast.lr == preset_values("fast")["lr"] / 4


def test_fine_tuning_begins_with_every_weight_of_the_base(base: ModelArchive) -> None:
    start = fine_tune(base)
    made = to_arrays(start.network)
    assert all(np.array_equal(made[name], base.weights[name]) for name in base.weights)
    assert (start.codec, start.preprocessing) == (base.codec, base.preprocessing)
    assert start.components == base.components


def test_graphemes_of_both_charsets_keep_their_rows(base: ModelArchive) -> None:
    codec = Codec.from_charset("c±a")
    start = extend_charset(base, codec)
    old, new = (
        base.weights["layers.O_5.lin.weight"],
        to_arrays(start.network)["layers.O_5.lin.weight"],
    )
    assert np.array_equal(new[[0, 1, 3]], old[[0, 3, 1]])
    assert np.allclose(new[2], old.mean(0))
    others = {name for name in base.weights if "O_5" not in name}
    made = to_arrays(start.network)
    assert all(np.array_equal(made[name], base.weights[name]) for name in others)


def test_codes_of_several_labels_are_compared_place_by_place() -> None:
    old = Codec((("a", (1,)), ("ä", (2, 3)), ("k", (4, 5))))
    new = Codec((("k", (1,)), ("ä", (5, 3)), ("n", (4,)), ("a", (2,))))
    assert label_sources(old, new).tolist() == [0, 4, 1, 3, -1, 2]


@given(st.text("abcdefg", max_size=7), st.text("abcdefg", max_size=7))
def test_every_label_gets_the_row_of_its_grapheme_or_the_mean(one: str, other: str) -> None:
    old, new = (Codec.from_charset(sorted(set(text))) for text in (one, other))
    rows = np.random.default_rng(0).normal(size=(old.width, 3)).astype(np.float32)
    made = mapped_rows(rows, label_sources(old, new))
    for grapheme, (label,) in new.codes:
        known = dict(old.codes).get(grapheme)
        wanted = rows[known[0]] if known else rows.mean(0)
        assert np.allclose(made[label], wanted, atol=1e-6)
    assert np.array_equal(made[0], rows[0])


def test_layers_are_kept_up_to_the_one_named_counted_from_the_input(base: ModelArchive) -> None:
    codec = Codec.from_charset("xy")
    start = append_head(base, "[Lfx7 O1c1]", 4, codec)
    assert start.network.spec == "[1,16,0,1 Cl3,3,4 Bnr Mp2,2 Lfys6 Lfx7 O1c3]"
    made = to_arrays(start.network)
    kept = {name for name in base.weights if name.split(".")[1] in ("C_0", "Bn_1", "L_3")}
    assert {"layers.C_0.conv.weight", "layers.L_3.ahead.weight_ih_l0"} <= kept
    assert all(np.array_equal(made[name], base.weights[name]) for name in kept)
    assert start.codec == codec


def test_only_the_input_may_be_kept(base: ModelArchive) -> None:
    assert appended_spec(SPEC, " [Lfys8 Lfx7] ", 0) == "[1,16,0,1 Lfys8 Lfx7]"


@pytest.mark.parametrize("keep", [-1, 6, 99])
def test_a_layer_that_is_not_below_the_head_cannot_be_the_last_kept(keep: int) -> None:
    with pytest.raises(ConfigError, match="has layers 0, the input, to 6, the head"):
        appended_spec(SPEC, "[Lfx7 O1c1]", keep)


@pytest.mark.parametrize("spec", ["", "Lfx7", "[]", "[Lfx7", "[ ]"])
def test_layers_to_append_stand_in_brackets(spec: str) -> None:
    with pytest.raises(SpecError, match="in brackets"):
        appended_spec(SPEC, spec, 3)


def test_the_charset_of_a_network_with_a_built_in_output_stays(base: ModelArchive) -> None:
    network = build("[1,16,0,1 Lfys6 LS5]", labels=4)
    other = ModelArchive(
        spec=network.spec,
        codec=base.codec,
        preprocessing=base.preprocessing,
        normalization=base.normalization,
        weights=to_arrays(network),
    )
    with pytest.raises(ConfigError, match="does not end in an output layer"):
        extend_charset(other, Codec.from_charset("abcd"))


def test_frozen_layers_neither_learn_nor_count(base: ModelArchive) -> None:
    start = slowed(fine_tune(base), 3, 0.0)
    learns = {name: p.requires_grad for name, p in start.network.named_parameters()}
    assert not learns["layers.C_0.conv.weight"]
    assert learns["layers.L_3.ahead.weight_ih_l0"]
    parts = dict(start.network.layers.named_children())
    assert not parts["Bn_1"].training
    assert parts["L_4"].training


def test_slower_layers_move_by_their_share_of_the_rate(base: ModelArchive) -> None:
    start = slowed(fine_tune(base), 3, 0.25)
    assert set(start.rates.values()) == {0.25}
    learner = Learner(start.network, "alignment", 0.0)
    named = dict(start.network.named_parameters())
    optimizer = AdamW(
        learner.parameters(),
        weight_decay=0.0,
        shares={named[name]: rate for name, rate in start.rates.items()},
    )
    before = {name: p.detach().clone() for name, p in named.items()}
    for parameter in named.values():
        parameter.grad = torch.ones_like(parameter)
    optimizer.rate = 0.01
    optimizer.step()
    for name, parameter in named.items():
        wanted = 0.01 * start.rates.get(name, 1.0)
        assert torch.allclose(before[name] - parameter, torch.tensor(wanted), atol=1e-5), name


def test_something_must_learn(base: ModelArchive) -> None:
    with pytest.raises(ConfigError, match="leave none of the 6"):
        slowed(fine_tune(base), 6, 0.0)
    start = fine_tune(base)
    assert slowed(start, 2, 1.0) is start
