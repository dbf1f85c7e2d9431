"""IIIF manifests → the images of their pages, downloaded once and resumed where it stopped.

Nothing is asked of a server that a command did not name: a manifest, and the images it lists,
over HTTP or HTTPS.

Source: IIIF Presentation API 2.1 and 3.0; IIIF Image API 2.1 and 3.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from uncial import web
from uncial.errors import FormatError, InputError
from uncial.formats.pages.image import is_image

MAX_MANIFEST: Final = 64 * 2**20
MAX_IMAGE: Final = 512 * 2**20
_SUFFIXES: Final = {b"\x89P": ".png", b"\xff\xd8": ".jpg", b"II": ".tif", b"MM": ".tif"}
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """One page of a manifest.

    Attributes:
        id: Its address.
        label: As readers see it, e.g. ``12r``; may be empty.
        width: Of the canvas; 0 where unknown.
        height: Of the canvas; 0 where unknown.
        image: Address of its image as a whole.
        service: Address of its image service, which gives other sizes; may be empty.
        version: Of the service: 2 or 3.
    """

    id: str
    label: str
    width: int
    height: int
    image: str
    service: str = ""
    version: int = 2

    def address(self, size: int = 0) -> str:
        """The address of its image.

        Args:
            size: Longest side, px; 0 for all there is. Only a service gives others.
        """
        if not self.service:
            return self.image
        whole = "max" if self.version >= 3 else "full"
        scaled = f"!{size},{size}" if size else whole
        return f"{self.service}/full/{scaled}/0/default.jpg"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A document.

    Attributes:
        id: Its address.
        label: Its title; may be empty.
        canvases: Its pages in order.
    """

    id: str
    label: str
    canvases: tuple[Canvas, ...]


def read_manifest(data: bytes, name: str) -> Manifest:
    """The pages of a manifest, version 2 or 3.

    Raises:
        FormatError: Not JSON, or no manifest with an image.
    """
    try:
        whole = json.loads(data)
        three = "items" in whole
        found = list(_three(whole) if three else _two(whole))
        label, identity = _label(whole.get("label")), str(whole.get("id") or whole.get("@id") or "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError(
            f"{name}: no IIIF manifest: {error!r}", remedy="check the address of the manifest"
        ) from error
    if not found:
        raise FormatError(
            f"{name}: a IIIF manifest without images", remedy="name a manifest, not a collection"
        )
    return Manifest(id=identity, label=label, canvases=tuple(found))


def download(canvas: Canvas, number: int, folder: Path, size: int = 0) -> tuple[Path, bool]:
    """The file of a page's image, downloaded unless it is there already.

    Args:
        canvas: The page.
        number: From 1, for the file's name.
        folder: Where it is to lie.
        size: Longest side, px; 0 for all there is.

    Returns:
        Its path, and whether it was downloaded now.

    Raises:
        InputError: No answer, or no image.
    """
    stem = f"{number:05}" + (f"_{_UNSAFE.sub('_', canvas.label)[:40]}" if canvas.label else "")
    there = next((folder / f"{stem}{suffix}" for suffix in sorted(set(_SUFFIXES.values()))
                  if (folder / f"{stem}{suffix}").is_file()), None)  # fmt: skip
    if there is not None:
        return there, False
    url = canvas.address(size)
    data = web.fetch(url, MAX_IMAGE)
    if not is_image(data[:32]):
        raise InputError(f"{url}: the answer is no image", remedy="try again later")
    suffix = next((own for magic, own in _SUFFIXES.items() if data.startswith(magic)), ".jpg")
    path = folder / f"{stem}{suffix}"
    part = folder / f".{path.name}.part"
    part.write_bytes(data)
    part.replace(path)
    return path, True


def _two(whole: dict[str, Any]) -> Iterator[Canvas]:
    """Canvases of Presentation 2."""
    for canvas in whole["sequences"][0]["canvases"]:
        for annotation in canvas.get("images", [])[:1]:
            resource = annotation["resource"]
            resource = resource.get("default", resource)
            service, version = _service(resource.get("service"))
            yield Canvas(
                id=str(canvas.get("@id", "")),
                label=_label(canvas.get("label")),
                width=_size(canvas.get("width")),
                height=_size(canvas.get("height")),
                image=str(resource.get("@id", "")),
                service=service,
                version=version,
            )


def _three(whole: dict[str, Any]) -> Iterator[Canvas]:
    """Canvases of Presentation 3."""
    for canvas in whole["items"]:
        bodies = [
            body
            for page in canvas.get("items", [])
            for annotation in page.get("items", [])
            if annotation.get("motivation", "painting") == "painting"
            for body in _several(annotation.get("body"))
        ]
        bodies = [choice for body in bodies for choice in _several(body.get("items") or body)]
        for body in bodies[:1]:
            service, version = _service(body.get("service"))
            yield Canvas(
                id=str(canvas.get("id", "")),
                label=_label(canvas.get("label")),
                width=_size(canvas.get("width")),
                height=_size(canvas.get("height")),
                image=str(body.get("id", "")),
                service=service,
                version=version,
            )


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def _service(value: Any) -> tuple[str, int]:  # noqa: ANN401 - JSON
    """Address and version of an image service."""
    for service in _several(value):
        if isinstance(service, dict):
            about = " ".join(str(service.get(key, "")) for key in ("type", "@type", "profile",
                                                                   "@context"))  # fmt: skip
            address = str(service.get("id") or service.get("@id") or "").rstrip("/")
            if address and ("ImageService" in about or "image" in about):
                return address, 3 if "ImageService3" in about or "image/3" in about else 2
    return "", 2


def _label(value: Any) -> str:  # noqa: ANN401 - JSON
    """A label of any version, in its first language."""
    if isinstance(value, dict):
        value = value.get("@value") or next(iter(value.values()), "")
    if isinstance(value, list):
        value = _label(value[0]) if value else ""
    return str(value or "").strip()


def _size(value: Any) -> int:  # noqa: ANN401 - JSON
    return int(value) if isinstance(value, int | float) and 0 < value < 10**6 else 0
