"""Our lines beside Pango's, which Tesseract's text2image draws with."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from uncial.synth.fonts import read_font
from uncial.synth.render import Style, render

_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def _pango_boxes(text: str, folder: Path) -> list[tuple[str, float, float]]:
    """Text, left and right px of each box that text2image writes, from left to right."""
    (folder / "text.txt").write_text(text + "\n", encoding="utf-8")
    command = ["text2image", "--text", folder / "text.txt", "--outputbase", folder / "page"]
    command += ["--font", "DejaVu Sans", "--fonts_dir", _DEJAVU.parent, "--ptsize", "32"]
    command += [f"--fontconfig_tmpdir={folder}", "--degrade_image=false", "--leading", "30"]
    command += ["--distort_image=false", "--xsize", "3000", "--ysize", "800"]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    found = []
    for line in (folder / "page.box").read_text(encoding="utf-8").splitlines():
        *words, left, _, right, _, _ = line.split(" ")
        if "".join(words).strip():
            found.append((" ".join(words), float(left), float(right)))
    return sorted(found, key=lambda box: box[1])


@pytest.mark.tesseract
@pytest.mark.parametrize(
    "text", ["Plain words, kerned: AVATAR To", "السلام عليكم ورحمة", "שלום עולם ברוך"]
)
def test_characters_stand_where_pango_puts_them(text: str, tmp_path: Path) -> None:
    if not _DEJAVU.is_file():
        pytest.skip(f"no font at {_DEJAVU}: install fonts-dejavu-core")
    theirs = _pango_boxes(text, tmp_path)
    made = render(text, read_font(_DEJAVU), Style(size=133)).characters()
    ours = sorted(
        ((c.text, c.box[0], c.box[2]) for c in made if not c.text.isspace()),
        key=lambda box: box[1],
    )
    # What one glyph stands for, text2image writes in the order in which it is seen.
    assert [sorted(box[0]) for box in ours] == [sorted(box[0]) for box in theirs]
    places = np.array([box[1:] for box in ours]), np.array([box[1:] for box in theirs])
    scaled = [(place - place[0, 0]) / (place[-1, 1] - place[0, 0]) for place in places]
    assert np.abs(scaled[0] - scaled[1]).max() < 0.01
