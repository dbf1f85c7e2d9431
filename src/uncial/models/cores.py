"""What the processor offers: cores, and the number formats that it multiplies in hardware."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

Backend = Literal[
    "auto", "torch", "torch-float32", "torch-bfloat16", "torch-int8", "onnx-float32", "onnx-int8"
]
"""What computes a model, and in which numbers; auto and torch leave that open."""


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def processor_flags() -> frozenset[str]:
    """What the first processor says it can do; nothing where that cannot be asked."""
    return frozenset(_told("flags").split())


def processor_name() -> str:
    """As the processor calls itself; empty where that cannot be asked."""
    return _told("model name").partition(":")[2].strip()


def dot_products() -> bool:
    """Whether it has dot products of 8-bit integers (VNNI).

    Elsewhere integer convolutions are slower, or saturate and read worse.
    """
    return bool({"avx512_vnni", "avx_vnni", "amx_int8"} & processor_flags())


def _told(what: str) -> str:
    """The first line of the kernel's account of the processor that begins with `what`."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return ""
    text = info.read_text(encoding="utf-8", errors="replace")
    return next((line for line in text.splitlines() if line.startswith(what)), "")
