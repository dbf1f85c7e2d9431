"""CPU-seconds to find the lines of a page, beside ``kraken segment -bl`` on the same pages::

    python benchmarks/speed/segmentation.py [--pages 3] [--kraken /root/kraken-peer/bin/kraken]

Rows go to ``results/segmentation_speed.jsonl``. Both start once for all pages, on one thread.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from engines import UNCIAL
from measure import ONE_THREAD, data_folder, fresh, guarded, measured, record

SETS = ("pages-print-en-fondue-alto", "pages-hw-en-hooker-page", "pages-hw-fr-cremma19-alto")


def main() -> None:
    """Segment the same pages with both."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=3, help="of each set")
    parser.add_argument("--kraken", type=Path, default=Path(os.environ.get("KRAKEN", "kraken")))
    parser.add_argument("--quick", action="store_true", help="nothing recorded")
    options = parser.parse_args()
    images = [
        image for name in SETS for image in sorted(data_folder(name).glob("*.jpg"))[: options.pages]
    ]
    folder = fresh("segmentation")
    ours = measured(
        [*UNCIAL, "segment", *images, "-o", folder / "ours", "--threads", "1", "--json"], ONE_THREAD
    )
    values = {"pages": len(images), "cpu_s_per_page": round(ours.cpu / len(images), 3)}
    record("segmentation_speed", "uncial", {**values, **ours.cost()}, keep=not options.quick)
    if not options.kraken.is_file():
        print("kraken is not there; only ours was measured")
        return
    theirs = folder / "theirs"
    theirs.mkdir()
    pairs = [word for image in images for word in ("-i", image, theirs / f"{image.stem}.json")]
    peer = measured([options.kraken, *pairs, "--threads", "1", "segment", "-bl"], ONE_THREAD)
    values = {
        "pages": len(images),
        "cpu_s_per_page": round(peer.cpu / len(images), 3),
        "times_ours": round(peer.cpu / ours.cpu, 1),
    }
    record("segmentation_speed", "kraken", {**values, **peer.cost()}, keep=not options.quick)


if __name__ == "__main__":
    guarded(main)
