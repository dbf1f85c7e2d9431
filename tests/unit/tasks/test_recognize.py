from pathlib import Path

import pytest

from uncial.errors import ConfigError, FormatError, ImageError
from uncial.progress import Note
from uncial.tasks.base import as_json
from uncial.tasks.recognize import RecognizeConfig, recognize


@pytest.fixture
def images(pairs: Path) -> list[Path]:
    return sorted(pairs.rglob("*.png"))


def test_lines_come_in_the_order_given(model: Path, images: list[Path]) -> None:
    forth = recognize(RecognizeConfig(model=model, images=tuple(images)))
    back = recognize(RecognizeConfig(model=model, images=tuple(reversed(images))))
    assert [line.image for line in forth.lines] == images
    assert [line.text for line in back.lines] == [line.text for line in reversed(forth.lines)]
    assert all(0 <= line.confidence <= 1 for line in forth.lines)
    assert set(as_json(forth)["lines"][0]) == {*("image", "text", "confidence", "predicted_cer")}


def test_a_folder_stands_for_its_images(model: Path, pairs: Path) -> None:
    result = recognize(RecognizeConfig(model=model, images=(pairs / "book1",)))
    assert [line.image.name for line in result.lines] == ["01.png", "04.png", "07.png", "10.png"]


def test_every_unreadable_image_is_named_before_stopping(
    model: Path, images: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    config = RecognizeConfig(model=model, images=(images[0], broken, tmp_path / "absent.png"))
    with pytest.raises(ImageError) as caught:
        recognize(config)
    assert "2 of 3 images" in caught.value.problem
    assert "broken.png" in caught.value.problem
    assert "absent.png" in caught.value.problem


def test_going_on_leaves_them_out_with_a_warning(
    model: Path, images: list[Path], tmp_path: Path
) -> None:
    events = []
    absent = tmp_path / "absent.png"
    config = RecognizeConfig(model=model, images=(absent, images[0]), go_on=True)
    result = recognize(config, events.append)
    assert [line.image for line in result.lines] == [images[0]]
    warnings = [event for event in events if isinstance(event, Note)]
    assert "absent.png" in warnings[0].text


def test_no_image_and_no_model_are_errors(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no image to read"):
        recognize(RecognizeConfig(model=model, images=(tmp_path,)))
    broken = tmp_path / "model.safetensors"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(FormatError):
        recognize(RecognizeConfig(model=broken, images=(tmp_path / "a.png",)))
