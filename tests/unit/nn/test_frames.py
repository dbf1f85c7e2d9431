import torch

from uncial.nn.frames import Frames


def batch() -> Frames:
    return Frames(torch.ones(3, 2, 4, 6), torch.tensor([6, 2, 0]))


def test_blanked_zeroes_what_lies_beyond_and_copies():
    frames = batch()
    blank = frames.blanked()
    assert blank.data[:, 0, 0].tolist() == [[1] * 6, [1, 1, 0, 0, 0, 0], [0] * 6]
    assert frames.data.min() == 1


def test_full_batch_is_returned_as_it_is():
    frames = Frames(torch.ones(2, 1, 3, 5), torch.tensor([5, 5])).bounded()
    assert not frames.padded
    assert frames.blanked() is frames
    assert frames.blanked_() is frames


def test_in_place_blanking_equals_blanking_and_masks_the_gradient():
    frames = batch().bounded()._replace(widths=torch.tensor([6, 2, 3]), narrowest=2)
    leaf = torch.randn(3, 2, 4, 6, requires_grad=True)
    made = frames._replace(data=leaf * 2).blanked_()
    assert torch.equal(made.data, frames._replace(data=leaf * 2).blanked().data)
    made.data.sum().backward()
    assert torch.equal(leaf.grad, frames._replace(data=torch.full_like(leaf, 2.0)).blanked().data)


def test_a_view_is_copied():
    base = torch.ones(1, 4, 2, 3)
    frames = Frames(base.permute(0, 3, 1, 2), torch.tensor([1]), 1)
    assert frames.blanked_().data[..., 1:].sum() == 0
    assert base.min() == 1


def test_infinite_padding_becomes_zero():
    frames = Frames(torch.full((1, 1, 1, 3), torch.inf), torch.tensor([1]), 1)
    assert frames.blanked_().data.flatten().tolist() == [torch.inf, 0, 0]
