from pathlib import Path

import pytest

from uncial.synth.fonts import Font, package_fonts, read_font

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


@pytest.fixture(scope="session")
def font() -> Font:
    return next(font for font in package_fonts() if font.name == "Caladea Regular")


@pytest.fixture(scope="session")
def wide_font() -> Font:
    """A font with Arabic and Hebrew beside Latin."""
    if not _DEJAVU.is_file():
        pytest.skip(f"no font at {_DEJAVU}: install fonts-dejavu-core")
    return read_font(_DEJAVU)
