from pathlib import Path

import pytest

from uncial.errors import ConfigError, MissingDependency
from uncial.progress import Advanced, Event
from uncial.synth.fonts import text_fonts
from uncial.tasks import demo as task
from uncial.tasks.demo import DemoConfig
from uncial.tasks.ingest import IngestConfig, ingest


def test_no_paragraph_serves_two_splits() -> None:
    shares = {split: task._paragraphs(split) for split in ("train", "validation", "test")}
    every = [paragraph for share in shares.values() for paragraph in share]
    assert len(every) == len(set(every))
    assert len(shares["train"]) > len(shares["test"]) >= 3
    assert task._paragraphs("fresh") == shares["test"]


def test_the_lines_are_ground_truth_that_ingests_clean(tmp_path: Path) -> None:
    config = DemoConfig(output=tmp_path / "demo", lines=40)
    events: list[Event] = []
    task._clear(config.output)
    assert task._make_lines(config, text_fonts(), events.append) == 40
    last = [event for event in events if isinstance(event, Advanced)][-1]
    assert last.done == last.total == 80
    result = ingest(IngestConfig(sources=(config.output / "lines",), output=tmp_path / "store"))
    assert result.splits == {"train": 40, "validation": 20, "test": 20}
    assert result.left_out == {}


def test_an_earlier_demo_is_made_anew_and_nothing_else_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    task._clear(folder)
    (folder / "lines").mkdir()
    (folder / "lines" / "old.png").touch()
    task._clear(folder)
    assert not (folder / "lines").exists()
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="not an earlier demo"):
        task._clear(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_without_fonts_the_remedy_is_to_install_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uncial.synth.fonts.package_fonts", list)
    with pytest.raises(MissingDependency) as caught:
        text_fonts()
    assert "uncial[demo]" in caught.value.remedy
