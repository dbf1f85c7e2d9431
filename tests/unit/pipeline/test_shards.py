"""Shards and their manifests."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError, FormatError
from uncial.pipeline.places import Place
from uncial.pipeline.shards import Plan, ShardDone, in_shards

NAMES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "a/", "a/page/", "b/alto/", "page/"]),
        st.sampled_from(["1", "2", "3", "4.x"]),
        st.sampled_from([".png", ".xml", ".gt.txt", ".nrm.png"]),
    ),
    unique=True,
)


@given(NAMES, st.integers(1, 4))
def test_every_file_is_in_one_shard_beside_those_that_belong_to_it(
    names: list[str], size: int
) -> None:
    shards = list(in_shards(names, size))
    assert Counter(name for shard in shards for name in shard.files) == Counter(names)
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert all(len(shard.sources) == size for shard in shards[:-1])
    sources = [source for shard in shards for source in shard.sources]
    assert len(sources) == len(set(sources))
    assert list(in_shards(reversed(names), size)) == shards


def test_an_image_its_page_file_and_its_text_belong_together() -> None:
    names = ["d/1.jpg", "d/page/1.xml", "d/1.gt.txt", "d/2.jpg", "e/1.jpg"]
    [shard] = in_shards(names, 9)
    assert {source: len(files) for source, files in shard.sources.items()} == {
        "d/1": 3,
        "d/2": 1,
        "e/1": 1,
    }


def done(number: int) -> ShardDone:
    return ShardDone(
        number=number,
        results={"1.png": ["1.xml"]},
        failed={},
        units=1,
        lines=3,
        seconds=1.5,
        cpu_seconds=1.0,
        mib=100.0,
        size=50,
    )


def test_a_plan_is_made_once_and_its_shards_are_done_once(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    assert Plan.found(place, {"model": "a"}) is None
    made = Plan.made(place, {"model": "a"}, in_shards(["1.png", "2.png", "3.png"], 2))
    again = Plan.found(place, {"model": "a"})
    assert again == made
    assert made.count == 2
    assert made.shard(1).files == ["3.png"]
    assert (made.finished(), made.done(1)) == (set(), None)
    made.finish(done(1))
    assert made.finished() == {1}
    assert made.done(1) == done(1)
    with pytest.raises(ConfigError, match="results of other sources"):
        Plan.found(place, {"model": "b"})


def test_a_torn_manifest_is_told(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    place.write("bulk/plan.json", b'{"of"')
    with pytest.raises(FormatError, match="damaged"):
        Plan.found(place, {})
