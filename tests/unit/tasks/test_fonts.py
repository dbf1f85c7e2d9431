from pathlib import Path

import cv2
import pytest

from uncial.errors import ConfigError
from uncial.tasks.fonts import FontsConfig, fonts


@pytest.fixture(autouse=True)
def _no_fetched_fonts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_fonts_are_listed_with_their_licences() -> None:
    found = fonts(FontsConfig(action="list", names=("caladea",))).fonts
    assert {font.licence for font in found} == {"APACHE 2.0"}
    assert all(font.characters > 200 for font in found)
    assert fonts(FontsConfig(action="list", names=("caladea",), text="漢")).fonts == []


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_a_sheet_shows_every_font(suffix: str, tmp_path: Path) -> None:
    output = tmp_path / f"sheet{suffix}"
    result = fonts(FontsConfig(action="sheet", names=("caladea", "roboto"), output=output))
    assert result.output == output
    if suffix == ".png":
        image = cv2.imread(str(output), cv2.IMREAD_GRAYSCALE)
        assert (image.min(axis=1) < 100).sum() > 20 * len(result.fonts) / 2
    else:
        assert output.read_text().count("<img") == len(result.fonts)


def test_a_sheet_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.html or \.png"):
        fonts(FontsConfig(action="sheet", names=("caladea",), output=tmp_path / "x.pdf"))
