"""Processes that find each other, whatever dead ones have left behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from torch import distributed

from uncial.training.team import own_corner


def formed(store: distributed.Store, size: int) -> list[tuple[distributed.Store, int]]:
    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(lambda rank: own_corner(store, rank, size), range(size)))


def test_a_team_shares_a_corner_of_the_store_that_no_earlier_team_wrote_to() -> None:
    store = distributed.HashStore()
    first = formed(store, 3)
    first[1][0].set("address", "of a dead process")
    second = formed(store, 3)
    assert not any(corner.check(["address"]) for corner, _ in second)
    second[1][0].set("address", "of a living one")
    assert {corner.get("address") for corner, _ in second} == {b"of a living one"}


def test_the_first_process_knows_how_many_teams_there_were() -> None:
    store = distributed.HashStore()
    assert [formed(store, 2)[0][1] for _ in range(3)] == [0, 1, 2]


def test_words_of_processes_that_died_before_they_were_answered_keep_nobody_waiting() -> None:
    store = distributed.HashStore()
    store.set("uncial/word/1", "of a dead process")
    store.set("uncial/word/2", "of another one")
    assert [before for _, before in formed(store, 3)] == [0, 0, 0]
