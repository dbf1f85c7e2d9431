"""Where files lie in the data folder, and how they get there whole.

::

    pictures/ab/<digest>.jpg       images as they were given, named by SHA-256
    pictures/ab/<digest>/          thumbnail, preview and tiles made of one
    models/<digest>.safetensors    model files
    uploads/<id>/                  what is being uploaded, in chunks
    jobs/<id>/                     what a job works on and leaves, e.g. a training's run
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from uncial.errors import InputError

_ID: Final = re.compile(r"[0-9a-f]{32}")
_BLOCK: Final = 1 << 20
_STALE_SECONDS: Final = 7 * 86400


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that is being sent.

    Attributes:
        id: Random, 32 hex digits.
        name: As the browser named it, without folders.
        size: Bytes in all.
        received: Bytes that are here.
        path: Where they are.
    """

    id: str
    name: str
    size: int
    received: int
    path: Path

    @property
    def whole(self) -> bool:
        """Whether all of it is here."""
        return self.received == self.size


class Files:
    """The data folder.

    Args:
        root: Made where it is missing.
        account: Whose uploads are seen; None sees all.
    """

    def __init__(self, root: Path, account: int | None = None) -> None:
        self.root = root
        self._account = account
        for name in ("pictures", "models", "uploads", "jobs"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def picture(self, digest: str, suffix: str) -> Path:
        """An image as it was given."""
        return self.root / "pictures" / digest[:2] / f"{digest}{suffix}"

    def derived(self, digest: str) -> Path:
        """Folder of what is made of an image."""
        return self.root / "pictures" / digest[:2] / digest

    def model(self, digest: str, suffix: str) -> Path:
        """A model file."""
        return self.root / "models" / f"{digest}{suffix}"

    def job(self, job: str) -> Path:
        """A job's own folder."""
        return self.root / "jobs" / job

    def keep(self, source: Path, target: Path) -> None:
        """Copy a file to its place; a crash leaves all of it or nothing."""
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            shutil.copyfile(source, part)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def begin_upload(self, name: str, size: int) -> Upload:
        """Make room for a file that will be sent in chunks."""
        folder = self.root / "uploads" / secrets.token_hex(16)
        folder.mkdir()
        about = {"name": name, "size": size, "account": self._account}
        (folder / "about.json").write_text(json.dumps(about), "utf-8")
        (folder / "content").touch()
        return self.upload(folder.name)

    def upload(self, upload: str) -> Upload:
        """What has arrived of an upload.

        Raises:
            InputError: There is no such upload.
        """
        folder = self.root / "uploads" / upload
        if not _ID.fullmatch(upload) or not (folder / "about.json").exists():
            raise InputError("there is no such upload", remedy="send the file again")
        about = json.loads((folder / "about.json").read_text("utf-8"))
        if self._account is not None and about.get("account") != self._account:
            raise InputError("there is no such upload", remedy="send the file again")
        content = folder / "content"
        return Upload(
            id=upload,
            name=about["name"],
            size=about["size"],
            received=content.stat().st_size,
            path=content,
        )

    def append(self, upload: Upload, offset: int, chunk: bytes) -> Upload:
        """Add a chunk; one that is here already is taken as sent twice.

        Raises:
            InputError: There would be a gap, or more than was announced.
        """
        if offset > upload.received or offset + len(chunk) > upload.size:
            raise InputError(
                f"{upload.name}: bytes {offset} to {offset + len(chunk)} do not follow on "
                f"{upload.received} of {upload.size}",
                remedy=f"go on at byte {upload.received}",
            )
        with upload.path.open("r+b") as file:
            file.seek(offset)
            file.write(chunk)
        return self.upload(upload.id)

    def drop_upload(self, upload: str) -> None:
        """Forget an upload, if it is there and ours."""
        with contextlib.suppress(InputError):
            self.upload(upload)
            shutil.rmtree(self.root / "uploads" / upload, ignore_errors=True)

    def uploading(self, account: int) -> int:
        """Bytes that an account has announced and not yet imported."""
        total = 0
        for about in (self.root / "uploads").glob("*/about.json"):
            with contextlib.suppress(OSError, ValueError):  # gone, or being written
                told = json.loads(about.read_text("utf-8"))
                total += told["size"] if told.get("account") == account else 0
        return total

    def drop_stale(self) -> None:
        """Forget uploads that nobody went on with for a week, and copies that were killed."""
        for part in self.root.glob("*/**/.*.part"):
            if part.is_file() and part.stat().st_mtime < time.time() - _STALE_SECONDS:
                part.unlink(missing_ok=True)
        for folder in (self.root / "uploads").iterdir():
            if folder.stat().st_mtime < time.time() - _STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    sha = hashlib.sha256()
    for block in _blocks(path):
        sha.update(block)
    return sha.hexdigest()


def plain_name(name: str) -> str:
    """A file name without folders, control characters and the like; never empty."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]", "_", last).strip(" .")
    return kept[:200] or "unnamed"


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
