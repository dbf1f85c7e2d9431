"""Views of pages: image and maps stay together, and the same seed gives the same view."""

from __future__ import annotations

from typing import ClassVar, cast

import cv2
import numpy as np
import pytest
import torch

from uncial.archive import Channel
from uncial.imaging.pageview import PagePreparation, prepare_page
from uncial.nn.build import build
from uncial.training.batches import StreamPlace
from uncial.training.segmentation.learner import MapLearner
from uncial.training.segmentation.made import MadePages
from uncial.training.segmentation.stream import PageStream, Viewing
from uncial.training.segmentation.truth import TrueLine, TruePage
from uncial.training.segmentation.views import random_view

_CHANNELS = (
    Channel("baseline"), Channel("ends"), Channel("above"), Channel("below"),
    Channel("region", "zone"),
)  # fmt: skip


def _page() -> TruePage:
    """Strokes that are the baselines themselves, in a region."""
    image = np.full((600, 500), 255, np.uint8)
    lines = []
    for y in range(80, 560, 60):
        cv2.line(image, (60, y), (440, y), 0, 5)
        course = np.stack([np.linspace(60, 440, 40), np.full(40, float(y))], 1)
        lines.append(TrueLine(course, 30.0, 10.0))
    zone = np.array([[40.0, 30], [460, 30], [460, 580], [40, 580]])
    return TruePage(image, tuple(lines), (("zone", zone),))


@pytest.mark.parametrize("seed", range(8))
def test_maps_show_what_the_image_shows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, maps = random_view(_page(), _CHANNELS, rng, side=256, strength=0.7)
    ink = (255 - cv2.resize(image, (128, 128), interpolation=cv2.INTER_AREA)).astype(float)
    drawn = maps[0] > 0.5
    assert drawn.sum() > 50
    assert ink[drawn].mean() > 2 * ink[~drawn].mean()
    assert np.isfinite(maps[2][drawn]).mean() > 0.95


def test_the_same_seed_gives_the_same_view() -> None:
    one, other = (
        random_view(_page(), _CHANNELS, np.random.default_rng(3), side=128) for _ in range(2)
    )
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1], equal_nan=True)


def test_made_pages_take_their_share_and_are_new_in_each_epoch() -> None:
    class Made:
        asked: ClassVar[list[int]] = []

        def page(self, number: int) -> TruePage:
            self.asked.append(number)
            return _page()

    viewing = Viewing(seed=1, batch=2, side=64, made=0.6)
    stream = PageStream([_page()] * 4, _CHANNELS, viewing, [cast("MadePages", Made())])
    assert stream.batches == 20  # 4 pages and 6 made ones, 4 views of each
    run = stream.from_place(StreamPlace())
    for _ in range(stream.batches):
        next(run)[1]()
    assert sorted(Made.asked) == sorted([*range(6)] * 4)
    Made.asked.clear()
    for _ in range(stream.batches):
        next(run)[1]()
    assert set(Made.asked) == set(range(6, 12))


def test_a_stream_goes_on_from_any_place_with_the_same_views() -> None:
    stream = PageStream([_page()] * 3, _CHANNELS, Viewing(seed=1, batch=2, side=64))
    run = stream.from_place(StreamPlace())
    places, batches = zip(*((place, make()) for place, make in (next(run) for _ in range(8))),
                          strict=True)  # fmt: skip
    again = stream.from_place(places[5])
    _, make = next(again)
    assert torch.equal(make().frames.data, batches[6].frames.data)


def test_the_loss_of_every_channel_reaches_the_weights() -> None:
    network = build("[1,0,0,1 Cr5,5,4,2,2 O2l5]")
    learner = MapLearner(network, _CHANNELS)
    stream = PageStream([_page()], _CHANNELS, Viewing(seed=1, batch=1, side=96))
    _, make = next(stream.from_place(StreamPlace()))
    loss, _ = learner(make())
    loss.backward()
    head = next(m for m in network.modules() if isinstance(m, torch.nn.Linear))
    assert head.weight.grad is not None
    assert (head.weight.grad.abs().sum(1) > 0).all()


def test_a_page_is_prepared_dark_on_white_at_its_size() -> None:
    shade = np.linspace(90, 200, 500)[None, :].repeat(700, 0)
    page = shade.astype(np.uint8)
    page[300:304, 100:400] = 20
    made = prepare_page(page, PagePreparation(size=350))
    colour = np.repeat(page[:, :, None], 3, axis=2)
    assert np.array_equal(prepare_page(colour, PagePreparation(size=350)), made)
    assert made.shape == (350, 250)
    assert np.median(made) > 240
    assert made[150:153, 60:190].min() < 60
