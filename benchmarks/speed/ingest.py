"""Time and memory of ingesting many encoded line images.

Makes a few thousand distinct images (16 gray levels, as scanned lines compress), varies each
copy by a PNG comment and its text, lists them in a CSV and ingests in a process of its own::

    python benchmarks/speed/ingest.py --lines 100000

Appends one JSON line to ``benchmarks/results/ingest.jsonl``. Copies share their pixels, so the
lines come with a split column that keeps all copies of an image in one split.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import cv2
import numpy as np

RESULTS = Path(__file__).parents[1] / "results" / "ingest.jsonl"
WORDS = (
    "der",
    "ein",
    "wort",
    "licht",
    "über",
    "straße",
    "haus",
    "quelle",
    "zeile",
    "schrift",
    "buch",
    "und",
    "jahr",
    "groß",
)


def draw(seed: int) -> bytes:
    """A line-like PNG, 48 px high: text of random words under blur and noise."""
    rng = np.random.default_rng(seed)
    text = " ".join(rng.choice(WORDS, 6)).encode("ascii", "replace").decode()
    page = np.full((48, 40 + 17 * len(text)), 225, np.uint8)
    cv2.putText(page, text, (10, 33), cv2.FONT_HERSHEY_COMPLEX, 0.9, 30, 2, cv2.LINE_AA)
    noisy = cv2.GaussianBlur(page, (3, 3), 0.8) + rng.normal(0, 4, page.shape)
    return cv2.imencode(".png", (np.clip(noisy, 0, 255) // 16 * 17).astype(np.uint8))[1].tobytes()


def stamped(png: bytes, number: int) -> bytes:
    """The image with a comment, so that files differ."""
    body = b"tEXtComment\0" + str(number).encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:33] + chunk + png[33:]


def make(folder: Path, lines: int, distinct: int) -> int:
    """Write the images and ``labels.csv``; total bytes of the images."""
    images = [draw(seed) for seed in range(distinct)]
    rng = np.random.default_rng(0)
    written = 0
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "text", "page", "split"])
        for at in range(lines):
            kind = at % distinct
            name = f"{at // 1000:04d}/{at:07d}.png"
            (folder / name).parent.mkdir(exist_ok=True)
            data = stamped(images[kind], at)
            written += (folder / name).write_bytes(data)
            split = ("test", "validation", *["train"] * 8)[kind % 10]
            text = " ".join(rng.choice(WORDS, 5)) + f" {at}"
            table.writerow([name, text, f"p{kind}", split])
    return written


def measure(source: Path, output: Path) -> dict[str, float]:
    """Ingest in this process and say what it took."""
    from uncial.tasks.ingest import IngestConfig, ingest

    result = ingest(IngestConfig(sources=(source,), output=output))
    return {
        "lines": result.lines,
        "seconds": round(result.seconds, 2),
        "cpu_seconds": round(result.cpu_seconds, 2),
        "lines_per_second": round(result.lines_per_second, 1),
        "lines_per_cpu_second": round(result.lines / result.cpu_seconds, 1),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> None:
    """Make the lines, ingest them in a subprocess, record the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--distinct", type=int, default=4_000)
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, "lines")
        source.mkdir()
        size = make(source, options.lines, options.distinct)
        command = [sys.executable, __file__, "--measure", source, Path(temporary, "store")]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
    row = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "image_bytes": size,
        **json.loads(run.stdout),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row))


def commit() -> str:
    """Short hash of the checkout, or ``unknown``."""
    run = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return run.stdout.strip() if run.returncode == 0 else "unknown"


if __name__ == "__main__":
    main()
