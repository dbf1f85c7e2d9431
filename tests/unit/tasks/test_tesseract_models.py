"""Models of Tesseract through every door: recognize, evaluate, inspect, convert, components."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from uncial.cli.main import run
from uncial.errors import ConfigError, FormatError, InputError
from uncial.formats.lines.base import open_source
from uncial.formats.tesseract import boxes
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.models.hub import open_model
from uncial.models.reading import Reading
from uncial.models.recognizer import Recognizer
from uncial.models.tesseract_reader import TesseractReader
from uncial.progress import Note
from uncial.tasks.components import ComponentsConfig, components
from uncial.tasks.convert import ConvertConfig, convert
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.recognize import RecognizeConfig, recognize
from uncial.text.order import display_order


@pytest.fixture
def images(pairs: Path) -> tuple[Path, ...]:
    return tuple(sorted((pairs / "book1").glob("*.png")))


def test_content_and_not_the_name_decides_what_a_model_is(
    model: Path, tesseract_model: Path, tmp_path: Path
) -> None:
    disguised = tmp_path / "model.safetensors"
    disguised.write_bytes(tesseract_model.read_bytes())
    assert isinstance(open_model(disguised), TesseractReader)
    assert isinstance(open_model(model), Recognizer)
    (tmp_path / "model.bin").write_bytes(b"something else")
    with pytest.raises(FormatError, match="neither a safetensors, an ONNX, an mlmodel nor a"):
        open_model(tmp_path / "model.bin")


def test_a_model_for_the_old_engine_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "old.traineddata"
    path.write_bytes(TrainedData(components={"inttemp": b"x", "unicharset": b"0\n"}).pack())
    with pytest.raises(FormatError, match="it holds unicharset, inttemp") as caught:
        open_model(path)
    assert "LSTM" in caught.value.remedy
    facts = inspect(InspectConfig(file=path)).facts
    assert facts["engine"].startswith("before version 4")


def test_both_kinds_of_model_read_and_are_measured(
    tesseract_model: Path, pairs: Path, images: tuple[Path, ...]
) -> None:
    result = recognize(RecognizeConfig(model=tesseract_model, images=images))
    assert [line.image for line in result.lines] == list(images)
    measured = evaluate(EvaluateConfig(model=tesseract_model, data=(pairs,)))
    assert measured.decoder == "tesseract without dictionary"
    assert measured.lines == 6


def test_graphemes_that_a_model_cannot_write_are_found(tesseract_model: Path) -> None:
    reader = open_model(tesseract_model)
    assert reader.missing("The end") == set()
    assert reader.missing("aͤ一 x") == {"aͤ", "一"}


@pytest.mark.parametrize("form", ["lstmbox", "wordstrbox"])
def test_box_files_can_be_read_again(
    form: str, tesseract_model: Path, images: tuple[Path, ...], tmp_path: Path
) -> None:
    config = {"model": tesseract_model, "images": images, "format": form}
    result = recognize(RecognizeConfig(**config, output=tmp_path / "out"))  # type: ignore[arg-type]
    assert [file.name for file in result.files] == [f"{path.stem}.box" for path in images]
    for line, file in zip(result.lines, result.files, strict=True):
        read = boxes.text_lines(boxes.unpack(file.read_bytes()))
        assert "".join(entry.text for entry in read) == line.text
    with pytest.raises(InputError, match="4 files exist"):
        recognize(RecognizeConfig(**config, output=tmp_path / "out"))  # type: ignore[arg-type]
    printed = recognize(RecognizeConfig(**config)).printed  # type: ignore[arg-type]
    read = boxes.unpack(printed.encode())
    assert [entry.page for entry in read if entry.text == boxes.END_OF_LINE] == [0, 1, 2, 3]


def test_box_files_hold_text_as_it_is_seen(
    tesseract_model: Path,
    images: tuple[Path, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed = "النفس 18."
    monkeypatch.setattr(TesseractReader, "read", lambda *_, **__: [Reading(typed, 1.0, ())])
    config = RecognizeConfig(model=tesseract_model, images=images[:1], format="wordstrbox")
    (entry,) = boxes.text_lines(boxes.unpack(recognize(config).printed.encode()))
    assert entry.text == display_order(typed) != typed
    (tmp_path / images[0].name).write_bytes(images[0].read_bytes())
    recognize(replace(config, output=tmp_path))
    (line,) = open_source(tmp_path)
    assert line.text == typed


def test_two_images_of_one_name_are_not_written_over_each_other(
    model: Path, images: tuple[Path, ...], tmp_path: Path
) -> None:
    twin = tmp_path / images[0].name
    twin.write_bytes(images[0].read_bytes())
    with pytest.raises(InputError, match="several images"):
        recognize(RecognizeConfig(model=model, images=(twin, *images), output=tmp_path / "out"))


def test_json_lines_and_text_files(
    model: Path, images: tuple[Path, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["recognize", str(model), str(images[0]), "--format", "json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"image", "text", "confidence"}
    result = recognize(RecognizeConfig(model=model, images=images, output=tmp_path))
    assert result.files[0].read_text(encoding="utf-8") == f"{result.lines[0].text}\n"


def test_inspect_tells_parts_network_charset_and_words(
    tesseract_model: Path, tmp_path: Path
) -> None:
    graph = Dawg.build([[3, 4], [3], [5, 3]], unicharset_size=9).pack()
    data = TrainedData.unpack(tesseract_model.read_bytes()).replaced("lstm-word-dawg", graph)
    path = tmp_path / "words.traineddata"
    path.write_bytes(data.pack())
    facts = inspect(InspectConfig(file=path)).facts
    assert facts["words"] == {"lstm-word-dawg": 3}
    assert facts["weights"] == "float"
    assert facts["spec"].startswith("[1,32,0,1")
    assert facts["null"] == facts["labels"] - 1
    assert "A B C" in facts["charset"]


def test_conversion_both_ways_ends_where_it_began(tesseract_model: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.safetensors", tmp_path / "a.traineddata"
    assert convert(ConvertConfig(source=tesseract_model, target=ours)).losses == ()
    assert convert(ConvertConfig(source=ours, target=theirs)).size == theirs.stat().st_size
    assert theirs.read_bytes() == tesseract_model.read_bytes()
    for source, name in ((ours, "b.safetensors"), (theirs, "b.traineddata")):
        convert(ConvertConfig(source=source, target=tmp_path / name))
        assert (tmp_path / name).read_bytes() == source.read_bytes()


def test_losses_are_told_and_strict_writes_nothing(tesseract_model: Path, tmp_path: Path) -> None:
    events: list[object] = []
    target = tmp_path / "small.traineddata"
    config = ConvertConfig(source=tesseract_model, target=target, integer=True)
    result = convert(config, events.append)
    assert len(result.losses) == 1
    assert [event.text for event in events if isinstance(event, Note)] == list(result.losses)
    target.unlink()
    with pytest.raises(ConfigError, match="would lose"):
        convert(ConvertConfig(source=tesseract_model, target=target, integer=True, strict=True))
    assert not target.exists()


def test_targets_that_make_no_sense_are_refused(
    model: Path, tesseract_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(FormatError, match="no kind of model file"):
        convert(ConvertConfig(source=model, target=tmp_path / "a.mlnet"))
    target = tmp_path / "a.safetensors"
    with pytest.raises(ConfigError, match="traineddata and ONNX files only"):
        convert(ConvertConfig(source=tesseract_model, target=target, integer=True))
    with pytest.raises(ConfigError, match="straightened"):
        convert(ConvertConfig(source=model, target=tmp_path / "a.traineddata"))


def test_components_are_listed_taken_out_and_put_in(tesseract_model: Path, tmp_path: Path) -> None:
    listed = components(ComponentsConfig(file=tesseract_model))
    assert list(listed.components) == ["lstm", "lstm-unicharset", "lstm-recoder", "version"]
    out = components(ComponentsConfig(file=tesseract_model, extract=tmp_path / "parts"))
    assert {path.name for path in out.files} == {f"tiny.{name}" for name in listed.components}
    joined = tmp_path / "joined.traineddata"
    components(ComponentsConfig(file=joined, replace=out.files, output=joined))
    assert joined.read_bytes() == tesseract_model.read_bytes()
    (tmp_path / "new.version").write_bytes(b"mine")
    changed = components(
        ComponentsConfig(file=joined, replace=(tmp_path / "new.version",), output=joined)
    )
    assert changed.version == "mine"
    one = components(ComponentsConfig(file=joined, extract=tmp_path / "one", only=("version",)))
    assert [path.read_bytes() for path in one.files] == [b"mine"]


def test_a_part_that_does_not_fit_is_told(tesseract_model: Path, tmp_path: Path) -> None:
    events: list[object] = []
    target = tmp_path / "less.traineddata"
    config = ComponentsConfig(file=tesseract_model, remove=("lstm-recoder",), output=target)
    components(config, events.append)
    assert any("will not read" in event.text for event in events if isinstance(event, Note))


def test_wrong_uses_of_components_are_refused(tesseract_model: Path, tmp_path: Path) -> None:
    (tmp_path / "x.lstm-worddawg").write_bytes(b"x")
    wrong = {
        "lstm-worddawg": {"replace": (tmp_path / "x.lstm-worddawg",), "output": tmp_path / "o"},
        "without an output": {"remove": ("version",)},
        "no folder": {"only": ("version",)},
    }
    for shown, options in wrong.items():
        with pytest.raises(ConfigError, match=shown):
            components(ComponentsConfig(file=tesseract_model, **options))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not exist"):
        components(ComponentsConfig(file=tmp_path / "absent"))
    with pytest.raises(FormatError, match="no component 'config'"):
        components(ComponentsConfig(file=tesseract_model, extract=tmp_path, only=("config",)))
