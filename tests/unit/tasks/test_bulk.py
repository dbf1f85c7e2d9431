"""Verbs on shards: each source has its result once, wherever it lies and whatever was stopped."""

from __future__ import annotations

import json
import shutil
import uuid
import warnings
from pathlib import Path

import pytest

from uncial.data.store import LineStore
from uncial.errors import ConfigError
from uncial.formats.pages.base import read_file
from uncial.pipeline.places import Place
from uncial.pipeline.shards import Plan, ShardDone, in_shards
from uncial.progress import Event, Note
from uncial.tasks.bulk import BulkConfig, BulkResult, bulk, planned
from uncial.tasks.recognize import RecognizeConfig, recognize
from uncial.tasks.shardwork import Order


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("options") / "read.toml"
    path.write_text('format = "alto"\nbackend = "torch-float32"\nsegmenter = "none"\n')
    return path


def config(model: Path, book: Path, output: Path, options: Path, **more: object) -> BulkConfig:
    told = {"verb": "recognize", "source": str(book), "output": str(output), "options": options}
    return BulkConfig(**{**told, "model": model, "shard": 2, "processes": 1, **more})  # type: ignore[arg-type]


def results(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.xml")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def stopped(
    model: Path, book: Path, options: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, BulkResult]:
    """A run over the book that ended after the first of its three shards."""
    output = tmp_path_factory.mktemp("stopped") / "out"
    told = config(model, book, output, options, shards=1, plan=1000, cores=4, price=2.0)
    return output, bulk(told)


def order(model: Path, source: str, output: str) -> Order:
    """What the processes of such a run do."""
    told = {"model": str(model), "format": "alto", "backend": "torch-float32"}
    told["segmenter"] = "none"
    return Order(
        verb="recognize", options=told, source=source, output=output, backend="torch-float32"
    )


def test_a_sample_is_enough_for_a_plan(stopped: tuple[Path, BulkResult]) -> None:
    _, first = stopped
    assert (first.shards, first.finished, first.broken) == (3, 1, {})
    assert first.plan is not None
    assert (first.plan.units, first.plan.sample) == (1000, first.units)
    assert first.plan.cost == pytest.approx(2 * first.plan.core_hours)


def test_a_run_that_was_stopped_goes_on_and_gives_what_recognize_gives(
    stopped: tuple[Path, BulkResult], model: Path, book: Path, options: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(stopped[0], tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.xml")}
    (out / "p2.xml").write_text("of a shard whose process died before its manifest")
    told: list[Event] = []
    again = bulk(config(model, book, out, options), told.append)
    assert (again.finished, again.units, again.failed) == (3, 3, 2)
    assert any(isinstance(one, Note) and "1 of 3 shards" in one.text for one in told)
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    manifests = [json.loads(one.read_text()) for one in (out / "bulk" / "done").iterdir()]
    everything = [name for one in manifests for name in [*one["results"], *one["failed"]]]
    assert sorted(everything) == ["bare.png", "p0.xml", "p1.xml", "p2.xml", "torn.png"]
    read = RecognizeConfig(
        model=model,
        images=(book,),
        format="alto",
        output=tmp_path / "one",
        processes=1,
        backend="torch-float32",
        segmenter="none",
    )
    recognize(read)
    assert results(out).keys() == results(tmp_path / "one").keys()
    for name in results(out):
        pages = [read_file(folder / name).pages[0] for folder in (out, tmp_path / "one")]
        assert len({tuple(line.text for line in page.lines()) for page in pages}) == 1


def test_results_of_something_else_are_not_mixed_in(
    stopped: tuple[Path, BulkResult], model: Path, book: Path, options: Path
) -> None:
    with pytest.raises(ConfigError, match="results of other sources"):
        bulk(config(model, book, stopped[0], options, shard=1))


def test_sources_and_results_may_lie_in_an_object_store(
    stopped: tuple[Path, BulkResult], model: Path, book: Path
) -> None:
    store = f"memory://{uuid.uuid4().hex}"
    Place(f"{store}/in").store(book)
    there = order(model, f"{store}/in", f"{store}/out")
    names = [name for name, _ in Place(there.source).files()]
    plan = Plan.made(Place(there.output), there.facts(), in_shards(names, 2))
    done = [one for one in there()(range(plan.count)) if isinstance(one, ShardDone)]
    assert sum(one.units for one in done) == 3
    assert plan.finished() == {0, 1, 2}
    found = {n: Place(there.output).read(n) for n, _ in Place(there.output).files()}
    here = results(stopped[0])
    assert {name: found[name] for name in here} == here


def test_what_another_process_finished_is_not_done_again(
    stopped: tuple[Path, BulkResult], model: Path, book: Path
) -> None:
    manifest = stopped[0] / "bulk" / "done" / "000000.json"
    before = manifest.stat().st_mtime_ns
    [done] = order(model, str(book), str(stopped[0]))()([0])
    assert isinstance(done, ShardDone)
    assert manifest.stat().st_mtime_ns == before


def test_lines_are_ingested_to_stores_that_can_be_put_together(pairs: Path, tmp_path: Path) -> None:
    done = bulk(
        BulkConfig(
            verb="ingest", source=str(pairs), output=str(tmp_path / "out"), shard=5, processes=1
        )
    )
    assert (done.shards, done.units, done.broken) == (3, 12, {})
    stores = sorted((tmp_path / "out").glob("lines-*"))
    assert [len(LineStore.open(store)) for store in stores] == [5, 5, 2]
    assert all(LineStore.open(store).splits["test"] == 0 for store in stores)


def test_a_recipe_makes_other_lines_in_each_shard_and_the_same_again(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("lines = 3\nvalidation = 0\n")

    def made(output: str) -> tuple[BulkResult, list[list[str]]]:
        result = bulk(
            BulkConfig(
                verb="synthesize",
                source=str(tmp_path / "recipe.toml"),
                output=str(tmp_path / output),
                shards=2,
                processes=1,
            )
        )
        stores = sorted((tmp_path / output).glob("lines-*"))
        opened = [LineStore.open(store) for store in stores]
        return result, [[one.record(row).text for row in range(len(one))] for one in opened]

    result, texts = made("a")
    assert result.units == sum(map(len, texts))
    assert texts[0][:3] != texts[1][:3]
    assert made("b")[1] == texts


def test_a_shard_that_cannot_be_done_is_told_and_tried_again(pairs: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.png").write_bytes(b"no image")
    (tmp_path / "in" / "bad.gt.txt").write_text("text")
    told = BulkConfig(
        verb="ingest", source=str(tmp_path / "in"), output=str(tmp_path / "out"), processes=1
    )
    first = bulk(told)
    assert first.finished == 0
    assert "no line can be used" in first.broken[0]
    image = sorted(pairs.rglob("*.png"))[0]
    (tmp_path / "in" / "bad.png").write_bytes(image.read_bytes())
    assert bulk(told).finished == 1


def shard(number: int, units: int, cpu_seconds: float) -> ShardDone:
    return ShardDone(
        number=number,
        results={},
        failed={},
        units=units,
        lines=units,
        seconds=2 * cpu_seconds,
        cpu_seconds=cpu_seconds,
        mib=200.0,
        size=1000 * units,
    )


def test_a_plan_scales_what_was_measured() -> None:
    plan = planned([shard(0, 10, 9.0), shard(1, 10, 11.0)], 3_600_000, 10, 0.05)
    assert plan.cpu_seconds == pytest.approx(1.0)
    assert (plan.core_hours, plan.hours) == pytest.approx((1000.0, 100.0))
    assert plan.cost == pytest.approx(50.0)
    assert plan.gigabytes == pytest.approx(3.6)
    assert plan.cpu_seconds_ci95 == pytest.approx((1 - 0.196, 1 + 0.196))
    assert planned([shard(0, 10, 9.0)], 1, 1, 0.0).cpu_seconds_ci95 is None
    with pytest.raises(ConfigError, match="nothing was done"):
        planned([], 10, 1, 0.0)


def test_options_that_make_no_sense_are_refused(book: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="negative"):
        BulkConfig(verb="segment", source="a", output="b", shard=0)
    with pytest.raises(ConfigError, match="without end"):
        BulkConfig(verb="synthesize", source="a", output="b")
    with pytest.raises(ConfigError, match="model is required"):
        bulk(BulkConfig(verb="recognize", source=str(book), output=str(tmp_path)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_actors_of_ray_give_the_same_results(
    model: Path, book: Path, options: Path, tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("ray.data", reason='ray is not installed: pip install "uncial[ray]"')
    here = bulk(config(model, book, tmp_path / "here", options))
    there = bulk(config(model, book, tmp_path / "there", options, runner="ray"))
    assert (there.finished, there.units, there.failed) == (here.finished, here.units, here.failed)
    assert results(tmp_path / "there") == results(tmp_path / "here")
