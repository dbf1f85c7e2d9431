"""Pages → Word: a paragraph for each region, lines kept, a new page for each page.

Source: ECMA-376 through python-docx.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from typing import Any

from uncial.errors import MissingDependency
from uncial.formats.models.base import Loss
from uncial.formats.pages.base import Images, Written
from uncial.formats.pages.markup import fit
from uncial.page.layout import Page, Region
from uncial.text.order import base_direction

_HEADINGS = {"heading", "title", "header", "RunningTitleZone", "TitlePageZone"}


class DocxWriter:
    """Writes DOCX.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".docx"
    many = True

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """A document with the text of the pages.

        Raises:
            MissingDependency: python-docx is not installed.
        """
        try:
            docx = importlib.import_module("docx")
        except ImportError as error:
            raise MissingDependency(
                "DOCX is written with python-docx, which is not installed",
                remedy="pip install 'uncial[docx]'",
            ) from error
        document = docx.Document()
        for count, page in enumerate(pages):
            if count:
                document.add_page_break()
            for region in page.walk():
                _write_region(document, region, page)
        file = io.BytesIO()
        document.save(file)
        losses = (Loss("layout", "only the valid text is written, in reading order"),)
        return Written(data=file.getvalue(), losses=losses)


def _write_region(document: Any, region: Region, page: Page) -> None:  # noqa: ANN401
    texts = [fit(line.text) for line in region.lines if line.text is not None]
    if not texts:
        return
    heading = region.type in _HEADINGS
    paragraph = document.add_paragraph(style="Heading 2" if heading else None)
    given = region.direction or page.direction
    leftward = given == "rl" if given else base_direction(" ".join(texts)) == "rl"
    if leftward:
        _flag(paragraph._p.get_or_add_pPr(), "bidi")
    for count, text in enumerate(texts):
        run = paragraph.add_run()
        if count:
            run.add_break()
        run.add_text(text)
        if leftward:
            _flag(run._r.get_or_add_rPr(), "rtl")


def _flag(properties: Any, name: str) -> None:  # noqa: ANN401
    """Switch a property of paragraphs or runs on."""
    oxml = importlib.import_module("docx.oxml")
    properties.append(oxml.OxmlElement(f"w:{name}"))


WRITER = DocxWriter()
