from pathlib import Path

import pytest

from uncial.errors import DataError, FormatError, InputError
from uncial.progress import Event, Note
from uncial.tasks.score import ScoreConfig, score


def folder(path: Path, **pages: str) -> Path:
    path.mkdir()
    for name, text in pages.items():
        (path / f"{name}.txt").write_text(text, encoding="utf-8")
    return path


def rates(result) -> dict[str, float]:
    return {rate.name: rate.rate for rate in result.rates}


def test_pages_are_matched_by_name_and_missing_ones_count_as_empty(tmp_path: Path) -> None:
    truth = folder(tmp_path / "truth", one="abcd", two="efgh")
    (truth / "one.gt.txt").write_text("abce")  # ground truth wins over a plain text
    text = folder(tmp_path / "text", one="abce", three="xyz")
    events: list[Event] = []
    result = score(ScoreConfig(truth=truth, text=text), events.append)
    assert [page.name for page in result.pages] == ["one", "two"]
    assert rates(result)["cer"] == 0.5
    assert any(isinstance(event, Note) and "two" in event.text for event in events)


def test_the_fault_of_order_alone_is_told(tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text("eins zwei\ndrei vier\n")
    (tmp_path / "text.txt").write_text("drei vier\neins zwei\n")
    config = ScoreConfig(
        truth=tmp_path / "truth.txt", text=tmp_path / "text.txt", report=tmp_path / "pages.csv"
    )
    result = score(config)
    assert result.order_share == 1
    assert rates(result)["flexible_cer"] == rates(result)["bag_wer"] == 0 < rates(result)["wer"]
    assert (tmp_path / "pages.csv").read_text().splitlines()[1].startswith("truth.txt,19,4,")


def test_what_cannot_be_scored_is_refused(tmp_path: Path) -> None:
    truth = folder(tmp_path / "truth", one="abcd")
    with pytest.raises(InputError, match="does not exist"):
        score(ScoreConfig(truth=truth, text=tmp_path / "nowhere"))
    with pytest.raises(InputError, match="one is a folder"):
        score(ScoreConfig(truth=truth, text=truth / "one.txt"))
    with pytest.raises(DataError, match="holds no"):
        score(ScoreConfig(truth=folder(tmp_path / "empty"), text=truth))
    (truth / "one.txt").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(FormatError, match="not UTF-8"):
        score(ScoreConfig(truth=truth, text=truth))
