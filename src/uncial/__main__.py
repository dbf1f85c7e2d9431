"""The ``uncial`` command, also as ``python -m uncial``."""

from __future__ import annotations

import sys

from uncial.errors import MissingDependency
from uncial.extras import explained


def main() -> None:
    """Run the command line; say what to install where its packages are missing."""
    try:
        with explained():
            from uncial.cli.main import main as run  # noqa: PLC0415
    except MissingDependency as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(4)
    run()


if __name__ == "__main__":
    main()
