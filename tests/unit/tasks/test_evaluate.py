from pathlib import Path

import pytest

from uncial.errors import ConfigError, DataError
from uncial.progress import Advanced, Event
from uncial.tasks.base import as_json
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.recognize import RecognizeConfig, recognize
from uncial.text.metrics import cer


def test_the_test_split_is_read_and_scored(model: Path, pairs: Path) -> None:
    events: list[Event] = []
    result = evaluate(EvaluateConfig(model=model, data=(pairs,)), events.append)
    assert result.lines == 6
    assert result.characters > 50
    assert result.cer == pytest.approx(result.char_edits / result.characters)
    assert result.cer_ci95[0] <= result.cer <= result.cer_ci95[1]
    assert result.interval_unit == "document"
    assert result.normalization == "nfc+spaces"
    assert result.cpu_ms_per_line > 0
    last = [event for event in events if isinstance(event, Advanced)][-1]
    assert (last.stage, last.done, last.total) == ("evaluate", 6, 6)
    keys = {"cer", "wer", "cer_ci95", "lines", "characters", "cpu_ms_per_line"}
    assert keys <= set(as_json(result))


def test_evaluation_and_recognition_agree(model: Path, pairs: Path) -> None:
    names = (pairs / "list.test").read_text().split()
    images = tuple(pairs / name for name in names)
    read = recognize(RecognizeConfig(model=model, images=images))
    truths = [image.with_suffix(".gt.txt").read_text() for image in images]
    result = evaluate(EvaluateConfig(model=model, data=(pairs,)))
    outputs = [line.text for line in read.lines]
    assert result.cer == pytest.approx(cer(zip(truths, outputs, strict=True)))


def test_a_store_and_its_source_give_the_same_figures(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    ingest(IngestConfig(sources=(pairs,), output=tmp_path / "store"))
    stored = evaluate(EvaluateConfig(model=model, data=(tmp_path / "store",), split="all"))
    direct = evaluate(EvaluateConfig(model=model, data=(pairs,), split="all"))
    assert stored.lines == 12
    assert (stored.cer, stored.cer_ci95) == (direct.cer, direct.cer_ci95)


def test_the_report_is_written_where_asked(model: Path, pairs: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "report.html"
    evaluate(EvaluateConfig(model=model, data=(pairs,), report=path, worst=2))
    text = path.read_text(encoding="utf-8")
    assert text.count("<article") == 2
    assert "book0" in text
    with pytest.raises(ConfigError, match="is a folder"):
        evaluate(EvaluateConfig(model=model, data=(pairs,), report=tmp_path))


def test_other_rules_are_applied_to_both_sides(model: Path, pairs: Path) -> None:
    config = EvaluateConfig(model=model, data=(pairs,), normalization="nfc+spaces+case")
    assert evaluate(config).normalization == "nfc+spaces+case"
    with pytest.raises(ConfigError, match="kase"):
        evaluate(EvaluateConfig(model=model, data=(pairs,), normalization="nfc+kase"))


def test_an_empty_split_is_an_error_that_counts_the_others(
    model: Path, pairs: Path, tmp_path: Path
) -> None:
    names = (pairs / "list.train").read_text().split()
    for name in names:
        image = tmp_path / Path(name).name
        image.write_bytes((pairs / name).read_bytes())
        text = (pairs / name).with_suffix(".gt.txt").read_text()
        image.with_suffix(".gt.txt").write_text(text)
    (tmp_path / "list.val").write_text(Path(names[0]).name + "\n")
    (tmp_path / "list.train").write_text("\n".join(Path(name).name for name in names[1:]) + "\n")
    with pytest.raises(DataError, match=r"no line in the split 'test'.*3 train"):
        evaluate(EvaluateConfig(model=model, data=(tmp_path,)))
