"""Training, using and measuring a segmenter, from files to files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_pages import drawn_page, page_folder
from safetensors.numpy import load

from uncial import SegmentConfig, Segmenter, SegtrainConfig, evaluate, segment, segtrain
from uncial.archive import Channel
from uncial.errors import Cancelled, ConfigError, FormatError
from uncial.formats.models import native, segmentation
from uncial.formats.pages.base import read_file
from uncial.page.pairorder import FEATURES, PairOrder
from uncial.progress import Advanced, Event
from uncial.tasks.evaluate import EvaluateConfig
from uncial.training.segmentation.config import TypesConfig, ViewsConfig

_TINY = "[1,0,0,1 Cr5,5,6,2,2 (I [Mp2,2 Cr3,3,12 CTl2,2,6,2,2]) Cr3,3,8 O2l1]"
_VIEWS = ViewsConfig(size=400, side=128)


def _config(folder: Path, output: Path, **changes: object) -> SegtrainConfig:
    options: dict[str, object] = {
        "data": (folder,),
        "output": output,
        "spec": _TINY,
        "steps": 4,
        "batch": 1,
        "validations": 2,
        "threads": 1,
        "views": _VIEWS,
    }
    return SegtrainConfig(**{**options, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_folder(tmp_path_factory.mktemp("pages"), 4)


@pytest.fixture(scope="module")
def model(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("run") / "run"
    result = segtrain(_config(pages, output, types=TypesConfig(lines=("auto",))))
    assert (result.training_pages, result.validation_pages) == (3, 1)
    assert (result.regions, result.lines) == (("paragraph",), ("note", "text"))
    return result.model


def test_a_run_that_was_interrupted_ends_with_the_same_weights(pages: Path, tmp_path: Path) -> None:
    whole = segtrain(_config(pages, tmp_path / "whole"))

    def stop(event: Event) -> None:
        if isinstance(event, Advanced) and event.done == 2:
            raise Cancelled("enough")

    halted = segtrain(_config(pages, tmp_path / "halted"), stop)
    assert (halted.ended, halted.steps) == ("interrupted", 2)
    resumed = segtrain(SegtrainConfig(output=tmp_path / "halted", resume=True, threads=1))
    assert resumed.steps == whole.steps == 4
    one, other = (
        load((run.run / "checkpoint.safetensors").read_bytes()) for run in (whole, resumed)
    )
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_recipes_among_the_data_draw_further_pages(pages: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "print.toml"
    recipe.write_text('[fonts]\nnames = ["Caladea"]\n')
    runs = [
        segtrain(_config(pages, tmp_path / name, data=data, steps=1, validations=1))
        for name, data in (("alone", (pages,)), ("more", (pages, recipe)))
    ]
    alone, more = (Segmenter.load(run.model) for run in runs)
    assert more.metadata["data"]["recipes"] == ["print.toml"]
    one, other = (made.to_archive().weights for made in (alone, more))
    assert any(not np.array_equal(one[name], other[name]) for name in one)


def test_a_base_keeps_what_it_knows_and_learns_other_types(
    pages: Path, model: Path, tmp_path: Path
) -> None:
    types = TypesConfig(regions=("paragraph=zone",), lines=("none",), ignore=("note",))
    config = _config(pages, tmp_path / "run", base=model, spec="auto", steps=1, types=types)
    made = Segmenter.load(segtrain(config).model)
    assert [c.type for c in made.channels if c.type] == ["zone"]
    assert made.network.labels == 5
    assert made.metadata["lineage"][0]["spec"] == Segmenter.load(model).network.spec


def test_a_type_that_no_page_has_is_refused(pages: Path, tmp_path: Path) -> None:
    types = TypesConfig(regions=("MainZone",))
    with pytest.raises(ConfigError, match="MainZone"):
        segtrain(_config(pages, tmp_path / "run", types=types))


@pytest.mark.parametrize("kind", ["page", "alto"])
def test_every_image_becomes_a_file_of_its_page(
    pages: Path, model: Path, tmp_path: Path, kind: str
) -> None:
    images = tuple(sorted(pages.glob("*.png")))[:2]
    config = SegmentConfig(images=images, output=tmp_path, model=model, format=kind, threads=1)
    result = segment(config)
    assert [page.image for page in result.pages] == list(images)
    for one in result.pages:
        (page,) = read_file(one.file).pages
        assert (page.image, page.width) == (one.image.name, 400)
        assert len(list(page.lines())) == one.lines


def test_a_broken_image_is_listed_and_ends_nothing(
    pages: Path, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    good = (pages / "p0.png").read_bytes()
    (folder / "a.png").write_bytes(good[: len(good) // 2])
    (folder / "b.png").write_bytes(good)
    result = segment(SegmentConfig(images=(folder,), output=tmp_path / "out", model=model))
    assert [page.image.name for page in result.pages] == ["b.png"]


def test_evaluate_measures_a_segmenter_on_pages(pages: Path, model: Path) -> None:
    result = evaluate(EvaluateConfig(model=model, data=(pages,), split="all"))
    assert result.pages == 4  # type: ignore[union-attr]
    assert 0 <= result.f <= 1  # type: ignore[union-attr]
    assert len(result.worst) == 4  # type: ignore[union-attr]


def test_a_model_file_holds_all_of_the_model(model: Path) -> None:
    first = Segmenter.load(model)
    first.order = PairOrder(hidden=np.ones((FEATURES, 2)), bias=np.zeros(2), out=-np.ones(2))
    again = Segmenter.from_archive(segmentation.unpack(segmentation.pack(first.to_archive())))
    assert again.order is not None
    assert again.order.to_json() == first.order.to_json()
    image, _ = drawn_page(9)
    one, other = first.maps(image), again.maps(image)
    assert np.array_equal(one.baseline, other.baseline)
    assert again.channels == first.channels
    assert again.preparation == first.preparation


def test_half_the_bytes_give_nearly_the_same_maps(model: Path) -> None:
    first = Segmenter.load(model)
    data = segmentation.pack(first.to_archive(), half=True)
    image, _ = drawn_page(9)
    close = Segmenter.from_archive(segmentation.unpack(data)).maps(image)
    assert np.abs(close.baseline - first.maps(image).baseline).max() < 0.02


def test_models_that_find_and_models_that_read_are_told_apart(model: Path) -> None:
    with pytest.raises(FormatError, match="segment"):
        native.unpack(model.read_bytes())
    assert segmentation.is_segmenter(model.read_bytes())


def test_a_network_of_a_hostile_file_is_refused(model: Path) -> None:
    archive = segmentation.unpack(model.read_bytes())
    channels = (*archive.channels, Channel("region", "more"))
    data = segmentation.pack(type(archive)(**{**vars(archive), "channels": channels}))
    with pytest.raises(FormatError):
        Segmenter.from_archive(segmentation.unpack(data))
