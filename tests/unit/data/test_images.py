from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from uncial.data.images import (
    MAX_PIXELS,
    ImageFacts,
    ImageFault,
    decode_image,
    encode_image,
    examine_image,
)
from uncial.errors import ImageError

RAMP = np.tile(np.arange(0, 240, 4, dtype=np.uint8), (12, 1))


def save(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def gray() -> Image.Image:
    return Image.fromarray(RAMP)


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(rows)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def rgba() -> bytes:
    pixels = np.zeros((12, 60, 4), np.uint8)  # black everywhere, ink only where opaque
    pixels[..., 3] = 255 - RAMP
    return save(Image.fromarray(pixels), "PNG")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(save(gray(), "PNG"), id="png"),
        pytest.param(save(gray(), "TIFF"), id="tiff"),
        pytest.param(save(gray(), "TIFF", compression="tiff_lzw"), id="tiff-lzw"),
        pytest.param(save(gray(), "WEBP", lossless=True), id="webp"),
        pytest.param(save(gray(), "BMP"), id="bmp"),
        pytest.param(save(gray().convert("P"), "PNG"), id="palette"),
        pytest.param(save(gray().convert("LA"), "PNG"), id="gray-alpha"),
        pytest.param(rgba(), id="ink-in-alpha"),
        pytest.param(save(Image.fromarray(RAMP.astype(np.uint16) * 257), "PNG"), id="png-16-bit"),
        pytest.param(save(Image.fromarray(RAMP.astype(np.uint16) * 257), "TIFF"), id="tiff-16-bit"),
        pytest.param(save(Image.fromarray(RAMP / np.float32(255)), "TIFF"), id="tiff-float"),
        pytest.param(
            save(gray(), "TIFF", save_all=True, append_images=[Image.new("L", (5, 5))]), id="pages"
        ),
    ],
)
def test_every_kind_of_gray_decodes_to_the_same_pixels(data: bytes) -> None:
    pixels = decode_image(data)
    if pixels.ndim == 3:  # formats that know no gray
        assert (pixels == pixels[..., :1]).all()
        pixels = pixels[..., 0]
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - RAMP).max() <= 1
    facts = examine_image(data)
    assert isinstance(facts, ImageFacts)
    assert (facts.height, facts.width) == RAMP.shape


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_colour_is_rgb_in_that_order(kind: str) -> None:
    data = save(Image.new("RGB", (32, 16), (200, 100, 20)), kind, quality=100)
    pixels = decode_image(data)
    assert pixels.shape == (16, 32, 3)
    assert np.abs(pixels[8, 16].astype(int) - [200, 100, 20]).max() <= 4


def test_cmyk_becomes_rgb() -> None:
    pixels = decode_image(save(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG"))
    assert pixels.shape == (16, 16, 3)
    assert pixels[8, 8, 0] > 150 > pixels[8, 8, 1]


def test_one_bit_is_black_and_white() -> None:
    image = Image.fromarray(RAMP > 100)
    for kind in ("PNG", "TIFF"):
        assert set(np.unique(decode_image(save(image, kind)))) == {0, 255}


def test_transparent_background_is_paper() -> None:
    image = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    image.putpixel((3, 3), (0, 0, 0, 255))
    pixels = decode_image(save(image, "PNG"))
    assert pixels[0, 0] == 255
    assert pixels[3, 3] == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = save(gray(), kind, exif=exif)
    assert decode_image(data).shape == (60, 12)
    facts = examine_image(data)
    assert isinstance(facts, ImageFacts)
    assert (facts.width, facts.height) == (12, 60)


def test_fast_and_slow_paths_agree_on_jpeg() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.integers(0, 256, (40, 200), dtype=np.uint8), (5, 5), 2)
    data = save(Image.fromarray(noise), "JPEG")
    slow = np.asarray(Image.open(io.BytesIO(data)))
    assert np.abs(decode_image(data).astype(int) - slow).max() <= 2


UNUSABLE = {
    "empty file": (b"", "empty-image"),
    "magic only": (b"GIF89a", "unreadable-image"),
    "text": (b"not an image at all", "unreadable-image"),
    "png cut before its end": (save(gray(), "PNG")[:-12], "truncated-image"),
    "png cut in its data": (save(gray(), "PNG")[:60], "truncated-image"),
    "jpeg cut": (save(gray(), "JPEG")[:-60], "truncated-image"),
    "tiff cut": (save(gray(), "TIFF", compression="tiff_lzw")[:-150], "unreadable-image"),
    "png with too few rows": (png(60, 12, b"\0" * 100), "truncated-image"),
    "bomb": (png(60_000, 60_000), "decompression-bomb"),
    "just over the limit": (png(MAX_PIXELS // 1000 + 1, 1000), "decompression-bomb"),
    "one colour": (save(Image.new("L", (60, 12), 255), "PNG"), "empty-image"),
    "one pixel": (save(Image.new("L", (1, 1), 255), "PNG"), "empty-image"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_images_are_told_apart(case: str) -> None:
    data, code = UNUSABLE[case]
    fault = examine_image(data)
    assert isinstance(fault, ImageFault)
    assert fault.code == code
    assert fault.detail


def test_a_damaged_checksum_is_found() -> None:
    data = bytearray(save(gray(), "PNG"))
    data[45] ^= 1
    fault = examine_image(bytes(data))
    assert isinstance(fault, ImageFault)
    assert fault.code == "truncated-image"


def test_same_pixels_have_the_same_content_in_any_file() -> None:
    kinds = [save(gray(), kind) for kind in ("PNG", "TIFF", "BMP")]
    contents = {
        facts.content for facts in map(examine_image, kinds) if isinstance(facts, ImageFacts)
    }
    assert len(contents) == 1
    other = examine_image(rgba())
    assert isinstance(other, ImageFacts)
    assert other.content not in contents


def test_errors_name_the_line() -> None:
    with pytest.raises(ImageError, match=r"p1_l3.*0 bytes") as caught:
        decode_image(b"", where="p1_l3")
    assert caught.value.remedy


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_arbitrary_damage_raises_nothing_but_image_errors(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP"]))
    original = bytearray(save(gray(), kind))
    for _ in range(data.draw(st.integers(0, 4))):
        original[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(original[: data.draw(st.integers(0, len(original)))])
    examine_image(damaged)
    try:
        pixels = decode_image(damaged)
    except ImageError:
        return
    assert pixels.dtype == np.uint8


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 40), st.integers(3, 40), st.booleans(), st.integers(0, 99))
def test_decode_inverts_encode(height: int, width: int, colour: bool, seed: int) -> None:
    shape = (height, width, 3) if colour else (height, width)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    assert np.array_equal(decode_image(encode_image(pixels)), pixels)
