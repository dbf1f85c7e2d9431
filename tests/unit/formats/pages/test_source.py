from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pages import HEIGHT, WIDTH, full_page
from PIL import Image

from uncial.errors import FormatError, ImageError
from uncial.formats.pages.base import read_pages, write_pages
from uncial.formats.pages.source import Scan, open_pages


def picture(width: int = WIDTH, height: int = HEIGHT, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    pixels = np.full((height, width), 255, np.uint8)
    pixels[10:20, 10:60] = 0
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def page_xml(image: str, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    return (
        '<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">'
        f'<Page imageFilename="{image}" imageWidth="{width}" imageHeight="{height}">'
        '<TextRegion id="r"><Coords points="10,10 100,10 100,60 10,60"/><TextLine id="l">'
        '<Coords points="10,10 100,10 100,60 10,60"/><Baseline points="10,50 100,50"/>'
        "<TextEquiv><Unicode>so</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"
    ).encode()


def only(path: Path) -> Scan:
    (scan,) = open_pages(path)
    return scan


def codes(scan: Scan) -> set[str]:
    return {finding.code for finding in scan.findings}


def test_a_page_comes_with_the_pixels_of_its_image(tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_bytes(page_xml("p.png"))
    (tmp_path / "p.png").write_bytes(picture())
    scan = only(tmp_path)
    assert scan.image().shape == (HEIGHT, WIDTH)
    assert scan.findings == ()


@pytest.mark.parametrize(
    ("named", "lies"),
    [
        ("p.tif", "p.png"),
        ("P.PNG", "p.png"),
        ("OCR-D-IMG/p.png", "p.png"),
        ("a b%20c.png", "a_b_c.png"),
        ("C:\\scans\\p.png", "p.png"),
        ("https://example.org/get/p.png?size=full", "p.png"),
        ("images\\p.png", "images/p.png"),
        ("p.png", "images/p.png"),
    ],
)
def test_an_image_is_found_by_variations_of_its_name(named: str, lies: str, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(page_xml(named))
    (tmp_path / lies).parent.mkdir(exist_ok=True)
    (tmp_path / lies).write_bytes(picture())
    assert only(tmp_path / "x.xml").path == tmp_path / lies


def test_an_image_without_a_name_is_that_of_the_page_files_own_name(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_bytes(page_xml(""))
    (tmp_path / "x.png").write_bytes(picture())
    scan = only(tmp_path / "x.xml")
    assert scan.path == tmp_path / "x.png"
    assert "no-image-name" in codes(scan)


def test_transkribus_puts_page_files_into_a_folder_beside_the_images(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "0001.xml").write_bytes(page_xml("0001.jpg"))
    (tmp_path / "0001.jpg").write_bytes(picture(kind="JPEG"))
    assert only(tmp_path).path == tmp_path / "0001.jpg"
    assert only(tmp_path / "page" / "0001.xml").path == tmp_path / "0001.jpg"


@pytest.mark.parametrize("named", ["../../secret.png", "/etc/secret.png", "x/../../secret.png"])
def test_no_path_leads_out_of_the_folder(named: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture())
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "p.xml").write_bytes(page_xml(named))
    scan = only(inner)
    assert scan.path is None
    assert {"path-escape", "missing-image"} <= codes(scan)
    with pytest.raises(ImageError, match="not found"):
        scan.image()


def test_a_page_without_size_gets_that_of_its_image(tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_bytes(page_xml("p.png", 0, 0))
    (tmp_path / "p.png").write_bytes(picture())
    scan = only(tmp_path)
    assert (scan.page.width, scan.page.height) == (WIDTH, HEIGHT)
    assert codes(scan) == {"size-missing"}


def test_coordinates_for_a_larger_image_are_scaled_and_for_another_shape_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "p.xml").write_bytes(page_xml("p.png", 2 * WIDTH, 2 * HEIGHT))
    (tmp_path / "p.png").write_bytes(picture())
    scan = only(tmp_path)
    (line,) = scan.page.lines()
    assert line.baseline == ((5.0, 25.0), (50.0, 25.0))
    assert codes(scan) == {"size-scaled"}
    (tmp_path / "p.xml").write_bytes(page_xml("p.png", WIDTH, 2 * HEIGHT))
    other = only(tmp_path)
    assert codes(other) == {"size-differs"}
    assert (other.page.width, other.page.height) == (WIDTH, HEIGHT)


def test_an_image_that_exif_turns_is_taken_as_the_page_file_sees_it(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    (tmp_path / "p.jpg").write_bytes(picture(kind="JPEG", exif=turned))
    (tmp_path / "p.xml").write_bytes(page_xml("p.jpg"))
    assert only(tmp_path / "p.xml").image().shape == (HEIGHT, WIDTH)
    (tmp_path / "p.xml").write_bytes(page_xml("p.jpg", HEIGHT, WIDTH))
    assert only(tmp_path / "p.xml").image().shape == (WIDTH, HEIGHT)
    assert only(tmp_path / "p.jpg").image().shape == (WIDTH, HEIGHT)


def test_plain_images_are_empty_pages_unless_a_page_file_is_about_them(tmp_path: Path) -> None:
    (tmp_path / "p.xml").write_bytes(page_xml("p.png"))
    (tmp_path / "p.png").write_bytes(picture())
    (tmp_path / "q.png").write_bytes(picture(30, 20))
    both = list(open_pages(tmp_path))
    assert [(scan.page.image, scan.page.width) for scan in both] == [("p.png", 400), ("q.png", 30)]
    assert len(open_pages(tmp_path, images=False)) == 1


def test_every_picture_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    frames = [Image.new("L", (20 + at, 30), 255) for at in range(3)]
    frames[0].save(tmp_path / "book.tif", save_all=True, append_images=frames[1:])
    scans = list(open_pages(tmp_path / "book.tif"))
    assert [scan.page.width for scan in scans] == [20, 21, 22]
    assert [scan.image().shape for scan in scans] == [(30, 20), (30, 21), (30, 22)]


def test_a_list_names_pages_by_file_or_stem(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.xml").write_bytes(page_xml("p.png"))
    (tmp_path / "list.train").write_text("c\na.xml\n")
    assert [path.name for path in open_pages(tmp_path / "list.train").paths] == ["c.xml", "a.xml"]


def test_a_damaged_file_among_others_is_a_finding_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(page_xml("p.png")[:-30])
    (tmp_path / "b.xml").write_bytes(page_xml("p.png"))
    source = open_pages(tmp_path)
    assert len(list(source)) == 1
    assert [finding.code for finding in source.findings] == ["unreadable"]


def test_where_nothing_is_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        open_pages(tmp_path / "absent")
    with pytest.raises(FormatError, match="no page found"):
        open_pages(tmp_path)


def test_what_was_written_is_found_again(tmp_path: Path) -> None:
    page = full_page()
    (tmp_path / "p 1.png").write_bytes(picture())
    (tmp_path / "x.alto.xml").write_bytes(write_pages([page], "alto").data)
    assert only(tmp_path / "x.alto.xml").path == tmp_path / "p 1.png"


@pytest.mark.skipif(find_spec("pillow_heif") is not None, reason="pillow-heif is installed")
def test_a_photograph_as_phones_take_them_says_what_reads_it(tmp_path: Path) -> None:
    data = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(200)
    with pytest.raises(FormatError, match=r"x\.heic is HEIC, which needs") as caught:
        read_pages(data, "x.heic")
    assert "pip install pillow-heif" in caught.value.remedy
    (tmp_path / "x.heic").write_bytes(data)
    (tmp_path / "y.xml").write_bytes(page_xml("x.heic"))
    (tmp_path / "z.png").write_bytes(picture())
    source = open_pages(tmp_path)
    assert [scan.path.name if scan.path else "" for scan in source] == ["", "z.png"]
    with pytest.raises(ImageError, match="was not found"):
        next(iter(open_pages(tmp_path / "y.xml"))).image()
