"""The verb train for networks of Tesseract's kind: from scratch, from a base, for its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from uncial.errors import ConfigError, FormatError, TrainingError
from uncial.formats.models import native, traineddata
from uncial.formats.tesseract.container import TrainedData
from uncial.models.hub import open_model
from uncial.progress import Event, Note
from uncial.tasks.train import TrainConfig, TrainResult, train
from uncial.training.basis import StartConfig, TesseractConfig
from uncial.training.config import NetworkConfig, StopConfig

SPEC = "[1,24,0,1 Ct3,3,4 Mp3,3 Lfys6 Lfx6]"


def _write(folder: Path, texts: list[str]) -> Path:
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        image = Image.new("L", (16 * len(text) + 20, 28), 240)
        ImageDraw.Draw(image).text((8, 2), text, fill=20, font_size=20)
        image.save(folder / f"{number:02d}.png")
        (folder / f"{number:02d}.gt.txt").write_text(text, encoding="utf-8")
    names = [f"{number:02d}" for number in range(len(texts))]
    (folder / "list.train").write_text("\n".join(names[:-2]))
    (folder / "list.val").write_text("\n".join(names[-2:]))
    return folder


def _train(lines: Path, output: Path, **changes: object) -> TrainResult:
    values: dict[str, object] = {"steps": 2, "threads": 1, "stop": StopConfig(validations=1)}
    return train(TrainConfig(data=(lines,), output=output, **{**values, **changes}))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = ["abc cab", "bac abc", "cab bac", "bca abc", "acb cba", "abc bca"]
    return _write(tmp_path_factory.mktemp("first") / "lines", texts)


@pytest.fixture(scope="module")
def more_lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = ["ab± cab", "bac a±c", "cab bac", "bca ab±", "acb cba", "ab± bca"]
    return _write(tmp_path_factory.mktemp("more") / "lines", texts)


@pytest.fixture(scope="module")
def trained(lines: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return _train(
        lines,
        tmp_path_factory.mktemp("trained") / "run",
        preset="tesseract",
        network=NetworkConfig(spec=SPEC),
        tesseract=TesseractConfig(integer=True, dictionary="lines"),
    )


def _base(trained: TrainResult) -> Path:
    assert trained.traineddata is not None
    return trained.traineddata


def test_a_run_from_scratch_leaves_a_model_for_tesseract(trained: TrainResult, lines: Path) -> None:
    archive = native.unpack(trained.model.read_bytes())
    assert archive.preprocessing.style == "tesseract"
    model = TrainedData.unpack(_base(trained).read_bytes())
    assert {"lstm", "lstm-unicharset", "lstm-recoder", "lstm-word-dawg"} <= model.components.keys()
    again, _ = traineddata.to_archive(model)
    assert again.spec == archive.spec
    assert again.codec == archive.codec
    for name, array in archive.weights.items():
        if "bias_hh" not in name and "bias_ih" not in name:  # there is one bias in the file
            assert np.array_equal(again.weights[name], array), name
    assert again.metadata["tesseract"]["sample_iteration"] == trained.lines_seen
    image = np.asarray(Image.open(lines / "00.png"))
    for path in (trained.traineddata, trained.run / "model-int8.traineddata"):
        assert open_model(path or Path()).labels == archive.codec.width
        open_model(path or Path()).read([image])


def test_a_base_goes_on_with_its_own_settings(
    trained: TrainResult, lines: Path, tmp_path: Path
) -> None:
    result = _train(lines, tmp_path / "run", start=StartConfig(base=_base(trained)))
    first, second = (native.unpack(path.read_bytes()) for path in (trained.model, result.model))
    assert (first.spec, first.codec) == (second.spec, second.codec)
    assert second.metadata["settings"]["preset"] == "tesseract"
    assert second.metadata["settings"]["lr"] < first.metadata["settings"]["lr"]
    assert (
        second.metadata["tesseract"]["training_iteration"] == trained.lines_seen + result.lines_seen
    )
    assert (tmp_path / "run" / "base.traineddata").exists()
    again = train(TrainConfig(output=tmp_path / "run", resume=True))
    assert (again.steps, again.ended) == (2, "finished")


@pytest.mark.parametrize("own", [False, True])
def test_new_characters_extend_the_charset_of_a_base(
    trained: TrainResult, more_lines: Path, tmp_path: Path, own: bool
) -> None:
    base = trained.model if own else _base(trained)
    events: list[Event] = []
    config = TrainConfig(
        data=(more_lines,),
        output=tmp_path / "run",
        steps=1,
        threads=1,
        start=StartConfig(base=base, lower=3, lower_rate=0.0),
    )
    result = train(config, events.append)
    old, new = (native.unpack(path.read_bytes()) for path in (trained.model, result.model))
    assert set(new.codec.charset) == {*old.codec.charset, "±"}
    assert any(isinstance(e, Note) and "new in the charset: '±'" in e.text for e in events)
    assert np.array_equal(
        new.weights["layers.C_0.conv.weight"], old.weights["layers.C_0.conv.weight"]
    )
    assert not np.array_equal(
        new.weights["layers.L_3.ahead.weight_ih_l0"], old.weights["layers.L_3.ahead.weight_ih_l0"]
    )
    units = TrainedData.unpack((result.traineddata or Path()).read_bytes())
    assert "±".encode() in units.components["lstm-unicharset"]


def test_lines_outside_a_kept_charset_are_left_out_and_named(
    trained: TrainResult, more_lines: Path, tmp_path: Path
) -> None:
    events: list[Event] = []
    config = TrainConfig(
        data=(more_lines,),
        output=tmp_path / "run",
        steps=1,
        threads=1,
        start=StartConfig(base=_base(trained), strategy="fine-tune"),
    )
    assert train(config, events.append).training_lines == 1
    notes = [event.text for event in events if isinstance(event, Note)]
    assert any("3 training lines left out, the charset lacks '±'" in note for note in notes)
    assert any("in 3; the lines are" in note for note in notes)


def test_no_line_in_the_charset_ends_the_run_at_once(trained: TrainResult, tmp_path: Path) -> None:
    strange = _write(tmp_path / "strange", ["xyz zyx", "zzz yyy", "xxx zzz", "zyx xyz"])
    start = StartConfig(base=_base(trained), strategy="fine-tune")
    with pytest.raises(TrainingError, match="no line is left"):
        _train(strange, tmp_path / "run", start=start)


def test_renewed_charsets_are_those_of_the_lines(trained: TrainResult, tmp_path: Path) -> None:
    other = _write(tmp_path / "other", ["aa bb", "ba ab", "bb aa", "ab ba"])
    start = StartConfig(base=_base(trained), strategy="renew-charset")
    result = _train(other, tmp_path / "run", start=start)
    assert set(native.unpack(result.model.read_bytes()).codec.charset) == {" ", "a", "b"}


def test_top_layers_are_replaced(trained: TrainResult, lines: Path, tmp_path: Path) -> None:
    result = _train(
        lines,
        tmp_path / "run",
        network=NetworkConfig(spec="[Lfx9 O1c1]"),
        start=StartConfig(base=_base(trained), append_index=3),
    )
    old, new = (native.unpack(path.read_bytes()) for path in (trained.model, result.model))
    assert "Mp3,3 Lfys6 Lfx9 O1c" in new.spec
    for name in ("layers.C_0.conv.weight", "layers.L_2.ahead.weight_hh_l0"):
        assert np.array_equal(new.weights[name], old.weights[name])
    open_model(result.traineddata or Path())


def test_int8_weights_are_no_base(trained: TrainResult, lines: Path, tmp_path: Path) -> None:
    start = StartConfig(base=trained.run / "model-int8.traineddata")
    with pytest.raises(ConfigError, match="int8") as caught:
        _train(lines, tmp_path / "run", start=start)
    assert "float model" in caught.value.remedy
    assert not (tmp_path / "run").exists()


def test_bases_that_are_none(lines: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such model"):
        _train(lines, tmp_path / "run", start=StartConfig(base=tmp_path / "absent"))
    (tmp_path / "net_checkpoint").write_bytes(b"\0" * 40)
    with pytest.raises(FormatError, match="no model") as caught:
        _train(lines, tmp_path / "run", start=StartConfig(base=tmp_path / "net_checkpoint"))
    assert "checkpoint" in caught.value.remedy


def test_options_that_contradict_the_base(
    trained: TrainResult, lines: Path, tmp_path: Path
) -> None:
    start = StartConfig(base=_base(trained))
    with pytest.raises(ConfigError, match=r"network.spec and network.pad"):
        _train(lines, tmp_path / "run", start=start, network=NetworkConfig(spec=SPEC, pad=4))
    start = StartConfig(base=_base(trained), append_index=3)
    with pytest.raises(ConfigError, match="lacks the layers"):
        _train(lines, tmp_path / "run", start=start)


def test_a_network_that_tesseract_lacks_is_refused_before_training(
    lines: Path, tmp_path: Path
) -> None:
    from uncial.errors import SpecError

    with pytest.raises(SpecError, match="no such layer"):
        _train(
            lines,
            tmp_path / "run",
            preset="tesseract",
            network=NetworkConfig(spec="[1,24,0,1 Ct3,3,4 Bnr Mp3,3 Lfys6 Lfx6]"),
        )


def test_a_run_ends_at_its_target(lines: Path, tmp_path: Path) -> None:
    result = _train(
        lines,
        tmp_path / "run",
        preset="tesseract",
        network=NetworkConfig(spec=SPEC),
        steps=50,
        stop=StopConfig(validations=50, target=1e9),
    )
    assert result.ended == "finished"
    assert result.steps < 50


def test_models_of_our_own_kind_are_bases_too(
    lines: Path, more_lines: Path, tmp_path: Path
) -> None:
    spec = "[1,24,0,1 Cl3,3,4,2,2 Bnr Mp2,2 Fh (I Lbx6)]"
    first = _train(lines, tmp_path / "first", preset="fast", network=NetworkConfig(spec=spec))
    assert first.traineddata is None
    start = StartConfig(base=first.model, lower=3)
    second = _train(more_lines, tmp_path / "second", start=start)
    old, new = (native.unpack(result.model.read_bytes()) for result in (first, second))
    assert set(new.codec.charset) == {*old.codec.charset, "±"}
    assert new.preprocessing == old.preprocessing
    assert new.metadata["settings"]["preset"] == "fast"
    frozen = {name for name in old.weights if name.split(".")[1] in ("C_0", "Bn_1")}
    assert {"layers.Bn_1.norm.running_mean", "layers.C_0.conv.weight"} <= frozen
    assert all(np.array_equal(new.weights[name], old.weights[name]) for name in frozen)
    assert second.traineddata is None
