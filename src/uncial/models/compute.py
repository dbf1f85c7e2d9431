"""How work is laid on the processor: threads and number formats.

Convolutions and recurrences of a line are small, so splitting one operation over cores loses
(measured on two cores: a training step took 14 ms a line with one thread, 34 ms with two),
while one batch a core doubles the speed (6.7 ms). Everything here therefore runs each operation
on one thread and several batches side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch

from uncial.errors import ConfigError
from uncial.models.cores import cores, dot_products, processor_flags

T = TypeVar("T")


@contextmanager
def worker_pool(threads: int = 0) -> Iterator[ThreadPoolExecutor]:
    """Threads that run whole batches, each operation on one thread; torch is restored after.

    Args:
        threads: Workers wanted; 0 takes every core.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    count = threads or cores()
    try:
        with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)


def side_by_side(work: Callable[[int], T], count: int, threads: int = 0) -> Iterator[T]:
    """Results of some pieces of work, in order; no more are under way than there are threads.

    Args:
        work: Called with each number in ``range(count)``.
        count: How many there are.
        threads: Workers wanted; 0 takes every core.
    """
    width = threads or cores()
    with worker_pool(width) as pool:
        for start in range(0, count, width):
            yield from pool.map(work, range(start, min(count, start + width)))


@contextmanager
def wide_operations(threads: int = 0) -> Iterator[None]:
    """Each operation on several threads, for networks of large matrices; restored after.

    Args:
        threads: To use; 0 takes every core.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads or cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_named(name: str) -> torch.device:
    """The device to compute on.

    Args:
        name: ``"auto"`` takes a CUDA device if there is one, else the processor.

    Raises:
        ConfigError: There is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name != "cpu" and not (name.startswith("cuda") and torch.cuda.is_available()):
        raise ConfigError(f"there is no device {name!r} here", remedy="use auto or cpu")
    return torch.device(name)


def half_precision(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 where the device multiplies it in hardware, else no change."""
    return torch.autocast(device.type, torch.bfloat16, enabled=is_half(device))


def is_half(device: torch.device) -> bool:
    """Whether `half_precision` changes anything on a device."""
    return bf16_pays() if device.type == "cpu" else torch.cuda.is_bf16_supported()


@cache
def integers_pay() -> bool:
    """Whether the processor has dot products of 8-bit integers (VNNI), and torch their kernels.

    Elsewhere integer convolutions are slower, or saturate and read worse.
    """
    kernels = ("qconv2d_pointwise", "qlinear_pointwise", "qconv_prepack", "qlinear_prepack")
    if not all(hasattr(torch.ops.onednn, kernel) for kernel in kernels):
        return False
    return dot_products()


@cache
def bf16_pays() -> bool:
    """Whether the processor multiplies bfloat16 in hardware (AVX512-BF16 or AMX).

    Elsewhere autocast is slower, and some recurrent kernels do not exist.
    """
    return bool({"avx512_bf16", "amx_bf16"} & processor_flags())
