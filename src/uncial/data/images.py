"""Encoded images to pixels: every common file becomes gray or RGB, 8 bits a channel.

Transparency lies on white paper, 16-bit samples keep their high byte, the orientation that
Exif asks for is applied, of several frames the first counts. Plain gray and RGB PNG and JPEG
take OpenCV's fast path where it is installed; everything else goes through Pillow.

Source: PNG (W3C 2003), 5.3 chunk layout and 11.2.2 IHDR; Exif 2.32 orientation, through Pillow.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from uncial.errors import ImageError
from uncial.imaging.pixels import DAMAGE, is_turned, pixels_of

_FAST = find_spec("cv2") is not None  # a reader of lines may do without OpenCV
if _FAST:
    import cv2

MAX_PIXELS: Final = 64_000_000
"""Larger images are never decoded; a line of text has a hundredth of this."""

ImageFaultCode = Literal["empty-image", "unreadable-image", "truncated-image", "decompression-bomb"]

_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC: Final = b"\xff\xd8\xff"
_DECODED_LIMIT: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class _Unusable(Exception):
    """Why an image cannot be decoded; never leaves this module."""

    def __init__(self, code: ImageFaultCode, detail: str) -> None:
        super().__init__(detail)
        self.code: ImageFaultCode = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a full decode of an image showed.

    Attributes:
        width: Pixels, upright.
        height: Pixels, upright.
        frames: Pages of a TIFF, pictures of an animation; 1 otherwise.
        content: 8 bytes that agree where the pixels do, whatever the file format.
    """

    width: int
    height: int
    frames: int
    content: bytes


@dataclass(frozen=True, slots=True)
class ImageFault:
    """Why an image cannot be used; `code` is one of `uncial.data.findings.KINDS`."""

    code: ImageFaultCode
    detail: str


def examine_image(data: bytes) -> ImageFacts | ImageFault:
    """Decode an image in full and say what it is or what is wrong with it.

    Stricter than `decode_image`: checksums must hold, and there must be some ink.
    """
    try:
        with _opened(data) as image:
            frames = _frames(image)
            if image.format == "PNG":
                _verify_png(data)
            _load(image)
            if min(image.size) < 3:
                raise _Unusable("empty-image", f"{image.width} × {image.height} px")
            if _is_blank(image):
                raise _Unusable("empty-image", "every pixel is the same")
            content = _content(image)
            width, height = image.size
            if is_turned(image):
                width, height = height, width
            return ImageFacts(width, height, frames, content)
    except _Unusable as fault:
        return ImageFault(fault.code, fault.detail)


def decode_image(data: bytes | memoryview, *, where: str = "image") -> NDArray[np.uint8]:
    """Pixels of an encoded image.

    Args:
        data: The file's bytes.
        where: Line id or path, for the message.

    Returns:
        ``(H, W)`` gray or ``(H, W, 3)`` RGB.

    Raises:
        ImageError: Not an image, damaged, or over `MAX_PIXELS`.
    """
    pixels = _fast_pixels(data)
    if pixels is not None:
        return pixels
    try:
        with _opened(bytes(data)) as image:
            _load(image)
            return pixels_of(image)
    except _Unusable as fault:
        raise ImageError(
            f"{where}: {fault.detail}", remedy="replace the image with an intact one"
        ) from fault


def encode_image(pixels: NDArray[np.uint8]) -> bytes:
    """PNG bytes of ``(H, W)`` gray or ``(H, W, 3)`` RGB pixels."""
    if pixels.ndim not in (2, 3) or not pixels.size:
        raise ImageError(
            f"an image of shape {pixels.shape} cannot be encoded as PNG",
            remedy="give pixels as (H, W) gray or (H, W, 3) RGB, 8 bits each",
        )
    if not _FAST:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        return file.getvalue()
    ordered = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    return bytes(cv2.imencode(".png", ordered)[1].tobytes())


def _opened(data: bytes) -> Image.Image:
    """A Pillow image with its header read and its size accepted."""
    if not data:
        raise _Unusable("empty-image", "file of 0 bytes")
    try:
        with _quiet():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data))
    except _DECODED_LIMIT as error:
        raise _Unusable("decompression-bomb", str(error)) from error
    except DAMAGE as error:
        raise _Unusable("unreadable-image", "not an image in a format we read") from error
    if image.width * image.height > MAX_PIXELS:
        raise _Unusable("decompression-bomb", f"{image.width:,} × {image.height:,} px")
    return image


def _load(image: Image.Image) -> None:
    try:
        with _quiet():
            image.load()
    except _DECODED_LIMIT as error:
        raise _Unusable("decompression-bomb", str(error)) from error
    except DAMAGE as error:
        raise _Unusable(
            "truncated-image", f"image data ends early or is damaged: {error}"
        ) from error


def _verify_png(data: bytes) -> None:
    """Check that every chunk is whole, up to and with the end chunk."""
    at = len(_PNG_MAGIC)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != checksum:
            raise _Unusable("truncated-image", f"PNG chunk at byte {at} is damaged")
        if data[at + 4 : at + 8] == b"IEND":
            return
        at = end
    raise _Unusable("truncated-image", f"PNG ends at byte {len(data)}, inside its data")


def _is_blank(image: Image.Image) -> bool:
    extrema = image.getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(isinstance(band, tuple) and band[0] == band[1] for band in bands)


def _content(image: Image.Image) -> bytes:
    plain = {"1": "L", "P": "RGBA"}.get(image.mode)
    pixels = image.convert(plain) if plain else image
    digest = hashlib.sha256(pixels.tobytes())
    digest.update(f"{pixels.mode} {pixels.width} {pixels.height}".encode())
    return digest.digest()[:8]


def _frames(image: Image.Image) -> int:
    try:
        with _quiet():
            return int(getattr(image, "n_frames", 1))
    except (*DAMAGE, *_DECODED_LIMIT) as error:
        raise _Unusable("truncated-image", f"the list of frames is damaged: {error}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Ignore Pillow's warnings about metadata; pixels are judged by themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _fast_pixels(data: bytes | memoryview) -> NDArray[np.uint8] | None:
    """Pixels through OpenCV, None where the file is not plain enough for it."""
    channels = _plain_channels(data) if _FAST else 0
    if not channels:
        return None
    flags = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR
    pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    if pixels is None:
        return None
    if channels == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return np.asarray(pixels, dtype=np.uint8)


def _plain_channels(data: bytes | memoryview) -> int:
    """1 for plain gray, 3 for plain RGB, 0 for anything OpenCV may render differently."""
    head = bytes(data[:8])
    if head == _PNG_MAGIC:
        return _plain_png(data)
    if head[:3] == _JPEG_MAGIC:
        return _plain_jpeg(data)
    return 0


def _plain_png(data: bytes | memoryview) -> int:
    if len(data) < 45 or bytes(data[-8:-4]) != b"IEND":
        return 0  # cut short: let Pillow say so
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    at = 33
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in (b"tRNS", b"eXIf", b"acTL"):
            return 0
        if kind == b"IDAT":
            break
        at += 12 + length
    if width * height > MAX_PIXELS or depth > 8:
        return 0
    return {0: 1, 2: 3}.get(color, 0)


def _plain_jpeg(data: bytes | memoryview) -> int:
    at = 2
    while at + 10 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == 0xFFE1 and bytes(data[at + 4 : at + 8]) == b"Exif":
            return 0
        if marker in (0xFFC0, 0xFFC1, 0xFFC2):
            depth, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
            plain = depth == 8 and 0 < width * height <= MAX_PIXELS
            return components if plain and components in (1, 3) else 0
        if marker < 0xFF01 or marker in (0xFFD9, 0xFFDA):
            return 0
        at += 2 + length
    return 0
