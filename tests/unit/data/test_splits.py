from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.data.census import Census, equal_groups
from uncial.data.splits import Origins, draw_splits, split_findings, split_named


def origins_of(lines: list[tuple[str, str, str]]) -> Origins:
    origins = Origins()
    for split, page, document in lines:
        origins.add(split=split, page=page, document=document)
    return origins


def distinct(lines: int) -> np.ndarray:
    return np.arange(lines, dtype=np.uint64)


def draw(origins: Origins, images: np.ndarray, seed: int = 0, **shares: float):
    shares = {"validation": 0.1, "test": 0.1} | shares
    return draw_splits(origins, images, seed=seed, **shares)


lines = st.lists(
    st.tuples(
        st.sampled_from(["", "", "", "train", "test"]),
        st.sampled_from(["", "p1", "p2", "p3", "p4"]),
        st.sampled_from(["", *(f"d{n}" for n in range(12))]),
    ),
    min_size=1,
    max_size=80,
)


@given(lines, st.integers(0, 5), st.data())
def test_draws_keep_what_was_given_and_what_belongs_together(given_lines, seed, data) -> None:
    images = np.array(
        data.draw(
            st.lists(st.integers(0, 60), min_size=len(given_lines), max_size=len(given_lines))
        ),
        dtype=np.uint64,
    )
    origins = origins_of(given_lines)
    drawn = draw(origins, images, seed)
    again = draw(origins_of(given_lines), images, seed)
    assert np.array_equal(drawn.codes, again.codes)
    assert set(drawn.codes.tolist()) <= {0, 1, 2}
    given_codes = origins.given
    if not drawn.carved:
        listed = given_codes >= 0
        assert np.array_equal(drawn.codes[listed], given_codes[listed])
    free = np.flatnonzero(given_codes < 0)
    for group in equal_groups(images[free]):
        assert len(set(drawn.codes[free[group]].tolist())) == 1
    keys = {"page": origins.pages, "document": origins.documents}.get(drawn.unit)
    if keys is not None and not drawn.carved:
        known = free[keys[free] >= 0]
        for group in equal_groups(keys[known].astype(np.uint64)):
            assert len(set(drawn.codes[known[group]].tolist())) == 1


def test_shares_are_met_and_the_seed_matters() -> None:
    origins = origins_of([("", "", f"d{at // 10}") for at in range(1000)])
    drawn = draw(origins, distinct(1000))
    assert drawn.unit == "document"
    assert np.bincount(drawn.codes).tolist() == [800, 100, 100]
    assert not np.array_equal(draw(origins, distinct(1000), seed=1).codes, drawn.codes)


def test_pages_serve_where_documents_are_few() -> None:
    assert (
        draw(origins_of([("", f"p{at // 5}", "d") for at in range(50)]), distinct(50)).unit
        == "page"
    )
    assert draw(origins_of([("", "", "d")] * 50), distinct(50)).unit == "line"
    assert (
        draw(origins_of([("", "", f"d{at % 4}") for at in range(50)]), distinct(50)).unit
        == "document"
    )


def test_something_is_left_to_train_on() -> None:
    for count in range(1, 6):
        codes = draw(origins_of([("", "", "")] * count), distinct(count)).codes
        assert (codes == 0).any()


def test_validation_is_carved_from_listed_training_lines() -> None:
    origins = origins_of(
        [("train", f"p{at // 4}", "d") for at in range(80)] + [("test", "q", "d")] * 5
    )
    drawn = draw(origins, distinct(85))
    assert drawn.carved
    assert np.bincount(drawn.codes).tolist() == [72, 8, 5]
    assert not draw(origins, distinct(85), validation=0.0).carved


def test_a_test_set_alone_stays_one() -> None:
    assert draw(origins_of([("test", "", "")] * 4), distinct(4)).codes.tolist() == [2] * 4


def test_a_drawn_copy_follows_its_listed_twin() -> None:
    origins = origins_of([("test", "", "")] + [("", "", "")] * 9)
    images = distinct(10)
    images[5] = images[0]
    assert draw(origins, images).codes[5] == 2


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("val", "validation"),
        ("dev ", "validation"),
        ("TEST", "test"),
        ("x", None),
    ],
)
def test_spellings_of_splits(name: str, split: str | None) -> None:
    assert split_named(name) == split


def test_copies_are_found_within_and_across_splits() -> None:
    census, origins = Census(), Origins()
    rows = [("a", "one", 1, 0), ("b", "one", 1, 0), ("c", "other", 1, 2), ("d", "one", 2, 2)]
    for name, text, image, _ in rows:
        census.add(name, f"{name}.png", text, image.to_bytes(8, "little"))
        origins.add(split="", page="p", document="d")
    codes = np.array([code for *_, code in rows], np.int8)
    found = {(f.code, f.line_id) for f in split_findings(census, origins, codes)}
    assert found == {
        ("duplicate-image", "b"),
        ("leak", "c"),
        ("conflicting-text", "c"),
        ("duplicate-text", "d"),
        ("page-across-splits", "a"),
    }
