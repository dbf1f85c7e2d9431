"""Guesses of a teacher, and statistics fitted to lines."""

from pathlib import Path

import numpy as np
import torch

from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.nn.build import build
from uncial.text.charset import Charset
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization
from uncial.training.selftraining.statistics import normalized
from uncial.training.selftraining.teacher import changed, guesses


def _recognizer() -> Recognizer:
    torch.manual_seed(0)
    codec = Codec.from_charset(Charset.from_texts(["abc def"]))
    spec = f"[1,32,0,1 Cl3,3,8 Bnr Mp4,2 S1(1x0)1,3 O1c{codec.width}]"
    network = build(spec, labels=codec.width)
    with torch.no_grad():
        list(network.parameters())[-2].mul_(30)  # sure enough to write something
    return Recognizer(network.eval(), codec, Preprocessing(height=32), Normalization.DEFAULT)


def _lines(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    lines = []
    for _ in range(count):
        line = np.full((40, int(rng.integers(80, 200))), 230, np.uint8)
        for at in range(10, line.shape[1] - 10, 14):
            line[8:32, at : at + int(rng.integers(2, 6))] = 30
        lines.append(line)
    return lines


def test_every_line_gets_a_guess_with_its_measures() -> None:
    lines = _lines(7)
    found = list(
        guesses(_recognizer(), lines.__getitem__, 7, listener=None, views=2, seed=0, threads=1)
    )
    assert len(found) == 7
    for line, one in zip(lines, found, strict=True):
        assert one.score <= 0
        assert 0 <= one.agreement <= 1
        assert 0 <= one.confidence <= 1
        assert one.width == line.shape[1] / line.shape[0]


def test_guesses_do_not_depend_on_the_company_of_a_line() -> None:
    lines, model = _lines(6), _recognizer()
    model.arithmetic = "float32"
    every = list(guesses(model, lines.__getitem__, 6, listener=None, views=1, seed=0, threads=1))
    first = list(guesses(model, lines.__getitem__, 2, listener=None, views=1, seed=0, threads=1))
    for one, other in zip(every[:2], first, strict=True):
        assert (one.text, one.agreement) == (other.text, other.agreement)
        assert abs(one.score - other.score) < 1e-4


def test_without_views_everything_agrees() -> None:
    lines = _lines(3)
    found = guesses(_recognizer(), lines.__getitem__, 3, listener=None, views=0, seed=0)
    assert [one.agreement for one in found] == [1.0, 1.0, 1.0]


def test_changed_counts_characters() -> None:
    assert changed(["abcd", "xy"], ["abcd", "xy"]) == 0
    assert changed(["abcd", "xyzw"], ["abcx", "xyzw"]) == 1 / 8
    assert changed(["ab"], [""]) == 2


def test_statistics_become_those_of_the_lines_and_weights_stay() -> None:
    model = _recognizer()
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    momentum = next(m.momentum for m in model.network.modules() if hasattr(m, "momentum"))
    assert normalized(model, _lines(20))
    after = model.network.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.rpartition(".")[2] for name in moved} <= {
        "running_mean",
        "running_var",
        "num_batches_tracked",
    }
    assert any(name.endswith("running_mean") for name in moved)
    assert not model.network.training
    assert next(m.momentum for m in model.network.modules() if hasattr(m, "momentum")) == momentum


def test_a_network_without_batch_normalization_is_left(model: Path) -> None:
    recognizer = Recognizer.load(model)
    assert not normalized(recognizer, _lines(3))
