"""Pages → searchable PDF: the image, and over it the text where it stands, not to be seen.

The text is set in fonts of type 3 whose glyphs are empty: a code for each grapheme, a table
that says which characters it stands for, nothing to embed. Each word is stretched to its place
along its baseline.

Source: ISO 32000-1, 9.6.5 (type 3 fonts), 9.10.3 (ToUnicode), 9.3.6 (invisible text).
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream
from PIL import Image

from uncial.formats.lines.cutting import MAX_PAGE_PIXELS
from uncial.formats.pages.base import Images, LossTally, Written
from uncial.imaging.pixels import DAMAGE
from uncial.page.geometry import Box, baseline_of, bounds
from uncial.page.layout import Line, Page, Point, Polygon, Word
from uncial.text.graphemes import graphemes
from uncial.text.order import base_direction, display_order

_DPI: Final = 300.0
"""Pixels of an image that does not say how large it is."""
_CODES: Final = 255
_WIDTH: Final = 500  # of every glyph, thousandths of the font's size
_HEIGHT: Final = 40.0  # px of a line that has only a baseline


class PdfWriter:
    """Writes PDF.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".pdf"
    many = True

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """A document with the images and the valid text of the pages."""
        tally = LossTally()
        tally.add("layout", "only the valid text is written, with its place")
        with Pdf.new() as document:
            fonts = _Fonts(document)
            for page in pages:
                _write_page(document, page, images(page) if images else None, fonts, tally)
            fonts.finish()
            file = io.BytesIO()
            document.save(file, deterministic_id=True)
        return Written(data=file.getvalue(), losses=tally.losses())


@dataclass
class _Fonts:
    """Codes for graphemes, in as many fonts as it takes.

    Attributes:
        document: Where they will be.
        codes: Font and code by grapheme.
        resources: Names of the fonts, shared by all pages.
    """

    document: Pdf
    codes: dict[str, tuple[int, int]] = field(default_factory=dict)
    resources: list[Object] = field(default_factory=list)

    def code(self, grapheme: str) -> tuple[int, int]:
        """The number of a font and the code in it."""
        if grapheme not in self.codes:
            font, code = divmod(len(self.codes), _CODES)
            self.codes[grapheme] = font, code + 1
            if font == len(self.resources):
                self.resources.append(self.document.make_indirect(Dictionary()))
        return self.codes[grapheme]

    def finish(self) -> None:
        """Write the fonts, now that all codes are known."""
        empty = self.document.make_indirect(
            Stream(self.document, f"{_WIDTH} 0 0 -220 {_WIDTH} 780 d1".encode())
        )
        for number, font in enumerate(self.resources):
            own = [(code, text) for text, (at, code) in self.codes.items() if at == number]
            last = max(code for code, _ in own)
            font.Type, font.Subtype = Name.Font, Name.Type3
            font.Name = Name(f"/F{number}")
            font.FontBBox = Array([0, 0, _WIDTH, 1000])
            font.FontMatrix = Array([0.001, 0, 0, 0.001, 0, 0])
            font.CharProcs = Dictionary(G=empty)
            font.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([1, *[Name.G] * last]))
            font.FirstChar, font.LastChar = 1, last
            font.Widths = Array([_WIDTH] * last)
            font.Resources = Dictionary()
            font.ToUnicode = self.document.make_indirect(Stream(self.document, _character_map(own)))


def _character_map(codes: Sequence[tuple[int, str]]) -> bytes:
    """A CMap from codes to UTF-16."""
    rows = [f"<{code:02x}> <{text.encode('utf-16-be').hex()}>" for code, text in codes]
    blocks = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    parts = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <00> <ff> endcodespacerange",
        *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
    return "\n".join(parts).encode()


def _write_page(
    document: Pdf, page: Page, image: bytes | None, fonts: _Fonts, tally: LossTally
) -> None:
    picture, dpi = _picture(document, image)
    if picture is None:
        tally.add("image", "of a page is missing or cannot be read; its text stands alone")
    scale = 72.0 / dpi
    width, height = max(page.width, 1) * scale, max(page.height, 1) * scale
    sheet = document.add_blank_page(page_size=(max(width, 3), max(height, 3)))
    resources = Dictionary(Font=Dictionary())
    parts: list[str] = []
    if picture is not None:
        resources.XObject = Dictionary(Im=picture)
        parts.append(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Im Do Q")
    parts.append("BT 3 Tr")
    for line in page.lines():
        if line.text is not None:
            parts += _line(line, page, scale, fonts)
    parts.append("ET")
    for number, font in enumerate(fonts.resources):
        resources.Font[f"/F{number}"] = font
    sheet.Resources = resources
    sheet.Contents = document.make_indirect(Stream(document, "\n".join(parts).encode()))


def _line(line: Line, page: Page, scale: float, fonts: _Fonts) -> Iterator[str]:
    """The operators that set a line, word by word where words have places."""
    text = line.text or ""
    words = line.readings[0].words
    if not line.boundary and len(line.baseline) < 2:
        return
    placed = bool(words) and all(word.boundary for word in words)
    leftward = base_direction(text) == "rl"
    if placed and " ".join(word.text for word in words) == text:
        for word in words:
            place = _word_place(word, line)
            yield _run(f"{word.text} ", *place, page, scale, fonts, leftward=leftward)
        return
    baseline = line.baseline if len(line.baseline) > 1 else baseline_of(line.boundary)
    yield _run(text, baseline, _height(line.boundary), page, scale, fonts, leftward=leftward)


def _word_place(word: Word, line: Line) -> tuple[Polygon, float]:
    """Baseline and height of a word, with room for the space behind it."""
    box = bounds(word.boundary)
    foot = _foot(line.baseline, box) if len(line.baseline) > 1 else box.lower
    space = box.width / max(1, len(graphemes(word.text)))
    left = box.left - space if base_direction(word.text) == "rl" else box.left
    return ((left, foot), (left + box.width + space, foot)), max(box.height, 1.0)


def _foot(baseline: Polygon, box: Box) -> float:
    """Height of a line's baseline under the middle of a box."""
    middle = (box.left + box.right) / 2
    return min(baseline, key=lambda point: abs(point[0] - middle))[1]


def _height(boundary: Polygon) -> float:
    return max(bounds(boundary).height, 1.0) if boundary else _HEIGHT


def _run(
    text: str,
    baseline: Polygon,
    size: float,
    page: Page,
    scale: float,
    fonts: _Fonts,
    *,
    leftward: bool,
) -> str:
    """Text stretched along a baseline; one that runs to the left is set as it is seen."""
    if not text or len(baseline) < 2:
        return ""
    units = graphemes(display_order(text, "rl" if leftward else "lr"))
    if leftward:
        # Readers turn such text around character by character, marks and letters alike.
        units = [unit[::-1] if _is_leftward(unit) else unit for unit in units]
    start, end = baseline[0], baseline[-1]
    if leftward and start[0] > end[0]:
        start, end = end, start
    angle = -math.atan2(end[1] - start[1], end[0] - start[0])
    points = size * scale
    stretch = 100 * math.dist(start, end) * scale / (len(units) * _WIDTH / 1000 * points)
    x, y = _at(start, page, scale)
    cos, sin = math.cos(angle), math.sin(angle)
    place = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {x:.3f} {y:.3f} Tm {max(stretch, 1):.2f} Tz"
    return f"{place} {_shown(units, points, fonts)}"


def _is_leftward(unit: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in unit)


def _shown(units: Sequence[str], points: float, fonts: _Fonts) -> str:
    """Operators that show graphemes, with a change of font where it is needed."""
    parts: list[str] = []
    current, codes = -1, ""
    for unit in units:
        font, code = fonts.code(unit)
        if font != current and codes:
            parts.append(f"/F{current} {points:.2f} Tf <{codes}> Tj")
            codes = ""
        current, codes = font, codes + f"{code:02x}"
    parts.append(f"/F{current} {points:.2f} Tf <{codes}> Tj")
    return " ".join(parts)


def _at(point: Point, page: Page, scale: float) -> tuple[float, float]:
    return point[0] * scale, (page.height - point[1]) * scale


def _picture(document: Pdf, data: bytes | None) -> tuple[Object | None, float]:
    """An image of the document and its dots per inch; JPEG goes in as it is."""
    if not data:
        return None, _DPI
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PAGE_PIXELS:
                return None, _DPI
            dpi = float(image.info.get("dpi", (_DPI,))[0])
            plain = image.format == "JPEG" and image.mode in ("L", "RGB")
            if not plain:
                data, mode = _encoded(image)
            else:
                mode = image.mode
            width, height = image.size
    except (*DAMAGE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None, _DPI
    stream = Stream(document, data)
    stream.Type, stream.Subtype = Name.XObject, Name.Image
    stream.Width, stream.Height = width, height
    stream.ColorSpace = Name.DeviceRGB if mode == "RGB" else Name.DeviceGray
    stream.BitsPerComponent = 8
    stream.Filter = Name.DCTDecode
    return document.make_indirect(stream), dpi if 50 <= dpi <= 2400 else _DPI


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """JPEG of a picture of any other kind, and its mode."""
    mode = "L" if image.mode in ("1", "L", "I;16", "I", "F") else "RGB"
    file = io.BytesIO()
    image.convert(mode).save(file, "JPEG", quality=85)
    return file.getvalue(), mode


WRITER = PdfWriter()
