"""Several processes that train one model: torchrun starts them, here they talk.

Every process has the same lines, the same weights and the same optimizer, and takes its share of
the batches of each step; the gradients are added up, so all weights stay the same bit for bit.
The first process alone writes, and its clock decides.

Torch may abort at the end of a process that lets go of its group while things are still
referred to; `joined` therefore collects, waits for the others and only then leaves.

torchrun keeps one store of addresses for all its attempts. Processes that it began anew might
find there those of dead ones and knock where nobody listens; so each team agrees on a corner of
the store that is its own.

Source: torch.distributed; github.com/pytorch/pytorch/issues/190489 and 135712.
"""

from __future__ import annotations

import gc
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, distributed
from torch.distributed import PrefixStore, Store  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous

from uncial.errors import Cancelled, ConfigError
from uncial.models.compute import device_named
from uncial.models.cores import cores

T = TypeVar("T")
_NONE = object()
_GLANCE = 0.02  # seconds between two looks at who has come


@dataclass(frozen=True)
class Team:
    """The processes of a run.

    Attributes:
        rank: Number of this one.
        size: How many there are.
        neighbours: How many share this machine.
        restarts: How often torchrun has begun anew, as far as this one can tell.
    """

    rank: int = 0
    size: int = 1
    neighbours: int = 1
    restarts: int = 0

    @property
    def leads(self) -> bool:
        """Whether this one writes and reports."""
        return self.rank == 0

    def threads(self, wanted: int) -> int:
        """Threads that this process uses.

        Args:
            wanted: As the user gave it; 0 shares the cores of a machine out, or takes every one.
        """
        return wanted or (max(1, cores() // self.neighbours) if self.size > 1 else 0)

    def told(self, value: T | None) -> T:
        """What the first process has; the others give nothing."""
        if self.size == 1:
            return cast("T", value)
        box: list[Any] = [value]
        distributed.broadcast_object_list(box, src=0)
        return cast("T", box[0])

    def in_turn(self, make: Callable[[], T]) -> T:
        """What each process makes for itself, once the first one has: it may leave files."""
        made = [make()] if self.leads else []
        self.told(0)
        return made[0] if made else make()

    def gathered(self, items: Sequence[T]) -> list[T]:
        """All items, dealt out to the processes one after the other, in their order again."""
        if self.size == 1:
            return list(items)
        each: list[list[T]] = [[] for _ in range(self.size)]
        distributed.all_gather_object(each, list(items))
        dealt = chain.from_iterable(zip_longest(*each, fillvalue=_NONE))
        return [item for item in dealt if item is not _NONE]  # type: ignore[misc]

    def clock(self, seconds: float, cpu_seconds: float, *, stop: bool = False) -> tuple[float, ...]:
        """Wall and processor time of the first process, by which all decide.

        Args:
            seconds: Wall time of this process.
            cpu_seconds: Its processor time.
            stop: Whether the first process is about to end.

        Raises:
            Cancelled: The first process ends.
        """
        if self.size == 1:
            return seconds, cpu_seconds
        told = torch.tensor([seconds, cpu_seconds, float(stop)], dtype=torch.float64)
        distributed.broadcast(told, src=0)
        if told[2] and not self.leads:
            raise Cancelled("the first process was interrupted")
        return float(told[0]), float(told[1])

    def mean_(self, tensors: Sequence[Tensor]) -> None:
        """Put the mean over all processes into the tensors of each."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        distributed.all_reduce(flat)
        flat.div_(self.size)
        at = 0
        for tensor in tensors:
            tensor.copy_(flat[at : at + tensor.numel()].view_as(tensor))
            at += tensor.numel()


LONE = Team()
"""One process by itself."""


def check_shares(team: Team, batches: int) -> None:
    """Refuse a step whose batches cannot be shared out evenly.

    Raises:
        ConfigError: They cannot.
    """
    if batches % team.size:
        raise ConfigError(
            f"{batches} batches a step cannot be shared out to {team.size} processes",
            remedy=f"give optimizer.batches as {-(-batches // team.size) * team.size}, the same "
            "for every number of processes that is to train the same model",
        )


def own_corner(store: Store, rank: int, size: int) -> tuple[Store, int]:
    """A part of a store in which no process of an earlier team has written.

    The first process names it. Each other one leaves a word that is used once, and is told the
    name under that word: what dead ones left is answered too, and nobody hears it.

    Args:
        store: Shared by all, and maybe by teams that are no more.
        rank: Number of this process.
        size: How many there are.

    Returns:
        That part, and in the first process the number of teams that were complete before.
    """
    word = uuid.uuid4().hex
    if rank:
        store.set(f"uncial/word/{rank}", word)
        name = store.get(f"uncial/name/{word}").decode()
        store.set(f"uncial/{name}/{rank}", "here")
        return PrefixStore(f"uncial/{name}", store), 0
    absent = set(range(1, size))
    while absent:
        for other in sorted(absent):
            if store.check([f"uncial/{word}/{other}"]):
                absent.remove(other)
            elif store.check([f"uncial/word/{other}"]):
                heard = store.get(f"uncial/word/{other}").decode()
                store.set(f"uncial/name/{heard}", word)
        if absent:
            time.sleep(_GLANCE)
    return PrefixStore(f"uncial/{word}", store), store.add("uncial/teams", 1) - 1


@contextmanager
def joined(device: str) -> Iterator[Team]:
    """The team that torchrun started this process for; one process by itself without it.

    Args:
        device: As for `device_named`; each process takes one GPU of its machine.
    """
    if "WORLD_SIZE" not in os.environ or "RANK" not in os.environ:
        yield LONE
        return
    local, backend = int(os.environ.get("LOCAL_RANK", "0")), "gloo"
    if device_named(device).type == "cuda":
        torch.cuda.set_device(local % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl"
    store, rank, size = next(rendezvous("env://"))
    corner, before = own_corner(store, rank, size)
    distributed.init_process_group(backend, store=corner, rank=rank, world_size=size)
    team = Team(
        rank=rank,
        size=size,
        neighbours=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        restarts=max(before, int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))),
    )
    yield team
    gc.collect()
    distributed.barrier()
    distributed.destroy_process_group()
