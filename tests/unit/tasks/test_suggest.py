"""Which lines to transcribe next."""

from pathlib import Path

import pytest

from uncial.errors import ConfigError
from uncial.tasks.suggest import SuggestConfig, suggest


def test_images_come_with_readings_to_correct(model: Path, pairs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "next"
    result = suggest(SuggestConfig(model=model, lines=(pairs,), output=folder, count=3, threads=1))
    assert result.among == 12
    assert len(result.lines) <= 3
    images = sorted(folder.glob("*.png"))
    assert len(images) == len(result.lines)
    for place, (image, line) in enumerate(zip(images, result.lines, strict=True), start=1):
        assert image.name.startswith(f"{place:03d}-")
        assert image.with_suffix(".gt.txt").read_text(encoding="utf-8") == f"{line.reading}\n"


def test_a_full_folder_and_senseless_numbers_are_refused(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("here")
    with pytest.raises(ConfigError, match="not empty"):
        suggest(SuggestConfig(model=model, lines=(pairs,), output=tmp_path))
    with pytest.raises(ConfigError, match="at least one line"):
        SuggestConfig(model=model, lines=(pairs,), count=0)


def test_a_model_with_a_decoder_of_its_own_is_refused(tesseract_model: Path, pairs: Path) -> None:
    with pytest.raises(ConfigError, match="convert the model"):
        suggest(SuggestConfig(model=tesseract_model, lines=(pairs,)))
