"""Libraries for the browser: fetched once with npm, checked against hashes, never committed.

npm's own configuration says from which registry. ``python -m uncial.studio.assets`` fetches
what is missing into ``static/vendor``.
"""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from uncial.errors import FormatError, MissingDependency

VENDOR: Final = Path(__file__).parent / "static" / "vendor"


@dataclass(frozen=True, kw_only=True)
class Package:
    """One package of the registry.

    Attributes:
        name: As published.
        version: Exact.
        integrity: Base64 of the archive's SHA-512.
        files: Paths in the archive, and the names that they get here.
    """

    name: str
    version: str
    integrity: str
    files: Mapping[str, str] = field(default_factory=dict)


PACKAGES: Final = (
    Package(
        name="openseadragon",
        version="6.1.1",
        integrity="g4iKe2q8B642SaBT3+x4ZF3/8b1TxPPydyjmtrOLgDrlYWMKd9ZXM+1Cb/xa9DVySkvs"
        "/7l6HR1nHKfD5F3Tsw==",
        files={
            "package/build/openseadragon/openseadragon.min.js": "openseadragon.js",
            "package/LICENSE.txt": "openseadragon.LICENSE.txt",
        },
    ),
    Package(
        name="uplot",
        version="1.6.32",
        integrity="KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGG"
        "zQm/ep3tOkyTxpiQIw==",
        files={
            "package/dist/uPlot.esm.js": "uplot.js",
            "package/dist/uPlot.min.css": "uplot.css",
            "package/LICENSE": "uplot.LICENSE.txt",
        },
    ),
)


def missing() -> list[Package]:
    """Packages of which a file is not here."""
    return [p for p in PACKAGES if not all((VENDOR / n).exists() for n in p.files.values())]


def require() -> None:
    """Make sure that all are here; fetch them where that is possible.

    Raises:
        MissingDependency: They are not, and npm is not installed or cannot fetch them.
        FormatError: What came is not what was expected.
    """
    for package in missing():
        fetch(package)


def fetch(package: Package, place: Path = VENDOR) -> None:
    """Fetch one package and put its files in their place.

    Raises:
        MissingDependency: npm is not installed, or the registry cannot be reached.
        FormatError: The archive is not the one that was expected.
    """
    named = f"{package.name}@{package.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependency(
            f"{named}: npm is needed to fetch it once",
            remedy="install Node.js with npm, then run make studio-assets",
        )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [npm, "pack", "--silent", named],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or not archives:
            raise MissingDependency(
                f"{named}: npm cannot fetch it: {done.stderr.strip()[-300:]}",
                remedy="check npm's configuration and the connection, then try again",
            )
        unpack(package, archives[0].read_bytes(), place)


def unpack(package: Package, archive: bytes, place: Path = VENDOR) -> None:
    """Put the files of an archive in their place.

    Raises:
        FormatError: It is not the one that was expected.
    """
    found = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != package.integrity:
        raise FormatError(
            f"{package.name} {package.version}: the archive has another hash than expected",
            remedy="do not use it; ask whoever runs the registry",
        )
    place.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for inside, name in package.files.items():
            member = tar.extractfile(inside)
            if member is None:
                raise FormatError(f"{package.name}: the archive lacks {inside}")
            (place / name).write_bytes(member.read())


if __name__ == "__main__":
    require()
    sys.stdout.write("".join(f"{p.name} {p.version}\n" for p in PACKAGES))
