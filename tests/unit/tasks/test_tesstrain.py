"""The verb tesstrain: variables, lists, and the files that make would leave."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from uncial.errors import ConfigError, DataError
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.boxes import line_text
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.lstmf import Sample
from uncial.formats.tesseract.unicharset import Unicharset
from uncial.models.hub import open_model
from uncial.progress import Event, Note
from uncial.tasks.makevars import MakeVariables
from uncial.tasks.tesstrain import TesstrainConfig, TesstrainResult, shuffled, tesstrain

SPEC = "[1,24,0,1 Ct3,3,4 Mp3,3 Lfys6 Lfx6 O1c###]"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tesstrain folder with ten lines."""
    folder = tmp_path / "data" / "foo-ground-truth"
    folder.mkdir(parents=True)
    for number in range(10):
        text = "abc"[number % 3] * (1 + number // 3) + " cab ba"
        image = Image.new("L", (16 * len(text) + 20, 28), 240)
        ImageDraw.Draw(image).text((8, 2), text, fill=20, font_size=20)
        image.save(folder / f"l{number}.png")
        (folder / f"l{number}.gt.txt").write_text(f"{text}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _make(target: str, *variables: str) -> TesstrainResult:
    return tesstrain(TesstrainConfig(target=target, variables=variables, threads=1))


def test_defaults_follow_each_other() -> None:
    variables = MakeVariables.read(["MODEL_NAME=bar", "DATA_DIR=there"])
    assert variables["GROUND_TRUTH_DIR"] == "there/bar-ground-truth"
    assert variables["PUNC_FILE"] == "there/bar/bar.punc"
    assert variables.spec.startswith("[1,36,0,1 Ct3,3,16")
    assert variables.start().base is None
    assert MakeVariables.read(["OUTPUT_DIR=x", "OUTPUT_DIR=y"])["GROUND_TRUTH_DIR"] == (
        "y-ground-truth"
    )


def test_start_models_are_extended_unless_a_type_says_otherwise() -> None:
    start = ["START_MODEL=eng", "TESSDATA=best"]
    assert MakeVariables.read(start).start().strategy == "extend-charset"
    assert MakeVariables.read(start).start().base == Path("best/eng.traineddata")
    impact = MakeVariables.read([*start, "FINETUNE_TYPE=Impact"])
    assert impact.start().strategy == "fine-tune"
    layer = MakeVariables.read([*start, "FINETUNE_TYPE=Layer"])
    assert layer.start().append_index == 3
    assert layer.spec == "[Lfx96 Lrx96 Lfx192 O1c1]"
    given = MakeVariables.read([*start, "LEARNING_RATE=0.01", "NET_SPEC=[Lfx9]", "PSM=6"])
    assert [note.split(" ")[0] for note in given.notes()] == ["PSM", "LEARNING_RATE", "NET_SPEC"]


def test_kinds_of_languages() -> None:
    arabic = MakeVariables.read(["LANG_TYPE=RTL"]).tesseract()
    assert (arabic.norm_mode, arabic.pass_through, arabic.right_to_left) == (3, True, True)
    hindi = MakeVariables.read(["LANG_TYPE=Indic"]).tesseract()
    assert (hindi.norm_mode, hindi.pass_through, hindi.right_to_left) == (2, True, False)
    odd = MakeVariables.read(["RECODER=--pass_through_recoder", "NORM_MODE=1"]).tesseract()
    assert (odd.norm_mode, odd.pass_through) == (1, True)


def test_names_that_no_file_system_takes_name_no_file() -> None:
    long = MakeVariables.read([f"DATA_DIR={'x' * 5000}", f"PUNC_FILE={'y' * 300}"]).tesseract()
    assert (long.punctuation, long.langdata) == (None, None)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        (["MODEL_NAM=x"], "no variable MODEL_NAM"),
        (["training"], "no assignment"),
        (["START_MODEL=eng", "FINETUNE_TYPE=Best"], "FINETUNE_TYPE=Best"),
        (["LANG_TYPE=Greek"], "LANG_TYPE=Greek"),
        (["NORM_MODE=7"], "NORM_MODE=7"),
        (["MAX_ITERATIONS=1e999"], "MAX_ITERATIONS=1e999 is no number"),
        (["RATIO_TRAIN=half"], "RATIO_TRAIN=half is no number"),
    ],
)
def test_variables_that_do_not_exist(project: Path, variables: list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        _make("training", *variables)


def test_lists_are_shuffled_as_tesstrain_does(project: Path) -> None:
    result = _make("lists", "RATIO_TRAIN=0.75", "RANDOM_SEED=7")
    names = sorted(f"data/foo-ground-truth/l{number}.lstmf" for number in range(10))
    random.seed("7")
    random.shuffle(names)
    assert shuffled(reversed(sorted(names)), "7") == names  # type: ignore[arg-type]
    folder = project / "data" / "foo"
    assert (folder / "list.train").read_text() == "\n".join(names[:7])
    assert (folder / "list.eval").read_text() == "\n".join(names[7:])
    assert (result.training_lines, result.evaluation_lines) == (7, 3)
    (folder / "list.train").write_text("\n".join(names[:3]))
    assert _make("lists").training_lines == 3


def test_no_ground_truth(project: Path) -> None:
    with pytest.raises(DataError, match="0 lines of ground truth"):
        _make("lists", "MODEL_NAME=other")


def test_targets_that_are_made_elsewhere(project: Path) -> None:
    with pytest.raises(ConfigError, match="no target 'charfreq'") as caught:
        _make("charfreq")
    assert "uncial ingest" in caught.value.remedy
    with pytest.raises(ConfigError, match="no target 'train'"):
        _make("train")


@pytest.mark.parametrize("target", ["traineddata", "evaluation", "plot"])
def test_results_want_a_trained_model(project: Path, target: str) -> None:
    with pytest.raises(ConfigError, match="nothing was trained yet"):
        _make(target)


def test_boxes_and_samples_are_ground_truth_too(project: Path) -> None:
    folder = project / "data" / "foo-ground-truth"
    for number in range(10):
        truth = folder / f"l{number}.gt.txt"
        image = folder / f"l{number}.png"
        text = truth.read_text().strip()
        if number % 2:
            boxes = line_text(text, 100, 28, words=True)
            (folder / f"l{number}.box").write_text(boxes)
        else:
            sample = Sample(image=image.read_bytes(), text=text)
            (folder / f"l{number}.lstmf").write_bytes(lstmf.pack([sample]))
            image.unlink()
        truth.unlink()
    result = _make("unicharset")
    assert (result.training_lines, result.evaluation_lines) == (9, 1)
    units = Unicharset.unpack((project / "data/foo/unicharset").read_bytes())
    assert {entry.text for entry in units.entries[3:]} == {"a", "b", "c"}


def test_from_ground_truth_to_models(project: Path) -> None:
    _make("unicharset")
    units = Unicharset.unpack((project / "data/foo/unicharset").read_bytes())
    assert {entry.text for entry in units.entries[3:]} == {"a", "b", "c"}
    _make("proto-model")
    proto = TrainedData.unpack((project / "data/foo/foo.traineddata").read_bytes())
    assert "lstm" not in proto.components
    assert "lstm-recoder" in proto.components

    variables = (f"NET_SPEC={SPEC}", "MAX_ITERATIONS=4", "PSM=7")
    events: list[Event] = []
    config = TesstrainConfig(target="training", variables=variables, threads=1)
    result = tesstrain(config, events.append)
    assert result.files[-1] == Path("data/foo.traineddata")
    assert result.validation_cer is not None
    assert open_model(result.files[-1]).labels == 5
    notes = [event.text for event in events if isinstance(event, Note)]
    assert set(result.differences) <= set(notes)
    assert result.differences[0].startswith("PSM has no effect")
    assert "goes on with" in " ".join(_notes("training", *variables))

    made = _make("traineddata").files
    assert [path.parent.name for path in made] == ["tessdata_best", "tessdata_fast"]
    assert all(open_model(path).labels == 5 for path in made)
    measured = _make("evaluation")
    log = (project / "data/foo/eval/foo.eval.log").read_text()
    assert log.startswith(f"CER eval={100 * measured.validation_cer:.3f}, WER eval=")
    drawn = _make("plot").files
    assert [path.name for path in drawn][:2] == ["foo.plot.tsv", "foo.plot_cer.png"]
    rows = [row.split("\t") for row in drawn[0].read_text().splitlines()]
    assert rows[0] == ["Name", "TrainingIteration", "EvalCER", "Loss"]
    assert max(int(row[1]) for row in rows[1:] if row[2]) == 4
    with Image.open(drawn[1]) as picture:
        assert picture.size == (960, 540)

    more = _make(
        "training",
        "MODEL_NAME=bar",
        "GROUND_TRUTH_DIR=data/foo-ground-truth",
        "START_MODEL=foo",
        "TESSDATA=data",
        "EPOCHS=1",
    )
    assert open_model(more.files[-1]).labels == 5


def _notes(target: str, *variables: str) -> list[str]:
    events: list[Event] = []
    tesstrain(TesstrainConfig(target=target, variables=variables, threads=1), events.append)
    return [event.text for event in events if isinstance(event, Note)]
