"""Losses: their gradients and means, and when there is a shortcut head."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from uncial.training.batches import StreamPlace
from uncial.training.drawing import TrainingStream
from uncial.training.losses import Learner, alignment_loss, ctc_loss
from uncial.training.targets import alignment_targets

STEPS, LABELS, WIDTH = 11, 3, 5
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
BOTH = pytest.mark.parametrize("loss", [alignment_loss, ctc_loss])


def _case(seed: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits of three lines, with their widths, labels and lengths."""
    torch.manual_seed(seed)
    logits = torch.randn(STEPS, 3, WIDTH, requires_grad=True)
    labels = torch.tensor([[1, 2, 2], [4, 3, 0], [1, 0, 0]])
    return logits, torch.tensor([STEPS, 6, 4]), labels, torch.tensor([3, 2, 1])


def test_the_gradient_of_alignment_is_softmax_less_targets() -> None:
    logits, widths, labels, lengths = _case()
    alignment_loss(logits.log_softmax(2), widths, labels, lengths).backward()
    probs = logits.detach().softmax(2)
    targets = alignment_targets(probs, widths, labels, lengths)
    inside = torch.arange(STEPS)[:, None] < widths
    expected = (probs - targets) * inside[:, :, None] / inside.sum()
    assert logits.grad is not None
    assert torch.allclose(logits.grad, expected, atol=1e-6)


def test_ctc_is_the_sum_of_the_lines_over_the_frames() -> None:
    logits, widths, labels, lengths = _case()
    log_probs = logits.log_softmax(2)
    alone = [
        functional.ctc_loss(
            log_probs[: widths[i], i], labels[i, : lengths[i]], widths[i], lengths[i],
            reduction="sum",
        )
        for i in range(3)
    ]  # fmt: skip
    expected = torch.stack(alone).sum() / widths.sum()
    assert torch.allclose(ctc_loss(log_probs, widths, labels, lengths), expected)


@BOTH
def test_what_lies_beyond_a_line_plays_no_part(loss: Loss) -> None:
    logits, widths, labels, lengths = _case()
    other = logits.detach().clone()
    beyond = torch.arange(STEPS)[:, None] >= widths
    other[beyond] = 9.0
    before = loss(logits.log_softmax(2), widths, labels, lengths)
    assert torch.allclose(before, loss(other.log_softmax(2), widths, labels, lengths))
    before.backward()
    assert logits.grad is not None
    assert not logits.grad[beyond].any()


@BOTH
def test_a_line_without_frames_counts_for_nothing(loss: Loss) -> None:
    logits, widths, labels, lengths = _case()
    log_probs = logits.log_softmax(2)
    without = loss(log_probs[:, :2], widths[:2], labels[:2], lengths[:2])
    widths[2] = 0
    assert torch.allclose(loss(log_probs, widths, labels, lengths), without)
    widths[:] = 0
    nothing = loss(log_probs, widths, labels, lengths)
    nothing.backward()
    assert nothing.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


@BOTH
def test_a_line_too_short_for_its_labels_stays_finite(loss: Loss) -> None:
    logits, widths, labels, lengths = _case()
    widths[0] = 2
    made = loss(logits.log_softmax(2), widths, labels, lengths)
    made.backward()
    assert made.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@BOTH
def test_descent_leads_to_the_text(loss: Loss) -> None:
    logits, widths, labels, lengths = _case()
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        loss(logits.log_softmax(2), widths, labels, lengths).backward()
        optimizer.step()
    for line in range(3):
        path = logits[: widths[line], line].argmax(1)
        read = torch.unique_consecutive(path)
        assert read[read > 0].tolist() == labels[line, : lengths[line]].tolist()


PLAIN = "[1,16,0,1 Cl3,3,4,2,2 Mp2,2 Fh (I Lbx6)]"
NAMED = "[1,16,0,1 Cl3,3,4,2,2 Mp{stem}2,2 Fh (I Lbx6)]"
FLAT = "[1,1,0,16 (I Lbx6)]"


@pytest.mark.parametrize(
    ("spec", "shortcut", "has"),
    [(FLAT, 0.1, False), (PLAIN, 0.1, True), (PLAIN, 0.0, False), (NAMED, 0.1, True)],
)
def test_a_shortcut_head_needs_a_stem_and_a_weight(
    make_learner: Callable[..., Learner],
    stream: TrainingStream,
    spec: str,
    shortcut: float,
    has: bool,
) -> None:
    learner = make_learner(spec, shortcut=shortcut)
    assert (learner.head is not None) == has
    _, make = next(iter(stream.from_place(StreamPlace())))
    loss, main = learner(make())
    assert (loss.item() > main.item()) == has
    loss.backward()
    assert all(p.grad is not None and p.grad.any() for p in learner.parameters())


def test_the_shortcut_adds_its_weighted_ctc(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    (_, make), *_ = islice(stream.from_place(StreamPlace()), 1)
    batch = make()
    light, heavy = make_learner(NAMED, shortcut=0.1), make_learner(NAMED, shortcut=0.3)
    heavy.load_state_dict(light.state_dict())
    (a, main), (b, same) = light(batch), heavy(batch)
    assert main.item() == pytest.approx(same.item())
    assert b.item() - main.item() == pytest.approx(3 * (a.item() - main.item()), rel=1e-4)


def test_a_wide_head_has_a_say_in_the_targets(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    _, make = next(iter(stream.from_place(StreamPlace())))
    batch = make()
    wide = make_learner(PLAIN, shortcut=1.0, wide=True)
    alone = make_learner(PLAIN, shortcut=0.0)
    alone.network.load_state_dict(wide.network.state_dict())
    loss, main = wide(batch)
    assert main.item() != pytest.approx(alone(batch)[1].item(), rel=1e-4)
    loss.backward()
    assert all(p.grad is not None and p.grad.any() for p in wide.parameters())


def test_a_stem_with_finer_columns_than_the_output_is_read_in_full(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    learner = make_learner("[1,16,0,1 Cl{stem}3,3,4,2,1 Mp2,4 Fh (I Lbx6)]", shortcut=1.0)
    _, make = next(iter(stream.from_place(StreamPlace())))
    batch = make()
    _, taps = learner.network(batch.frames, taps=("stem",))
    assert learner.head is not None
    rows = learner.head(taps["stem"])
    widths = batch.frames.widths
    assert len(rows) >= int(widths.max()) > 2 * int(learner.network.output_widths(widths).max())
    expected = ctc_loss(rows.log_softmax(2), widths, batch.labels, batch.lengths)
    loss, main = learner(batch)
    assert loss.item() - main.item() == pytest.approx(expected.item(), rel=1e-4)


def test_both_kinds_are_told_apart(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    _, make = next(iter(stream.from_place(StreamPlace())))
    batch = make()
    losses = [make_learner(PLAIN, kind=kind)(batch)[0].item() for kind in ("alignment", "ctc")]
    assert losses[0] != pytest.approx(losses[1])


def test_the_end_of_a_run_minimizes_ctc_whatever_the_kind(
    make_learner: Callable[..., Learner], stream: TrainingStream
) -> None:
    _, make = next(iter(stream.from_place(StreamPlace())))
    batch = make()
    learner = make_learner(PLAIN, kind="alignment").eval()
    by_ctc = make_learner(PLAIN, kind="ctc").eval()
    by_ctc.load_state_dict(learner.state_dict())
    loss, main = learner(batch, ending=True)
    assert loss.item() == main.item() == pytest.approx(by_ctc(batch)[1].item(), rel=1e-5)
