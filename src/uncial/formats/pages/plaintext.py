"""Pages → plain text: one line a line, an empty line between regions, form feeds between pages."""

from __future__ import annotations

from collections.abc import Sequence

from uncial.formats.models.base import Loss
from uncial.formats.pages.base import Images, Written
from uncial.page.layout import Page, Region


class TextWriter:
    """Writes UTF-8 text.

    Attributes:
        suffix: Of file names.
        many: Whether a file holds several pages.
    """

    suffix = ".txt"
    many = True

    def write(self, pages: Sequence[Page], images: Images | None = None) -> Written:
        """The texts of all lines, in reading order."""
        text = "\f".join(map(page_text, pages))
        losses = (Loss("layout", "only the valid text of lines is written, in reading order"),)
        return Written(data=text.encode(), losses=losses)


def page_text(page: Page) -> str:
    """What a page says: its lines, and an empty line between regions with text."""
    blocks = filter(None, map(_block, page.walk()))
    return "\n\n".join(blocks) + "\n"


def _block(region: Region) -> str:
    return "\n".join(line.text for line in region.lines if line.text is not None)


WRITER = TextWriter()
