from __future__ import annotations

import io

import pytest
from rich.console import Console

from uncial.cli.console import LiveReporter, PlainReporter, progress_reporter, sample_text
from uncial.progress import Advanced, Metric, Note, Sample

EVENTS = (
    Note(text="900 [lines] are used"),
    Advanced(stage="train", done=0, total=100, unit="steps"),
    Metric(name="loss", value=1.25, step=10),
    Advanced(stage="train", done=10, total=100, unit="steps"),
    Metric(name="validation_cer", value=0.0431, step=10),
    *(Sample(name=f"l{n}", truth="the corner", output="the comer", step=10) for n in range(9)),
    Note(text="odd", level="warning"),
    Advanced(stage="train", done=100, total=100, unit="steps"),
    Advanced(stage="train", done=100, total=100, unit="steps"),
)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=160, color_system=None)


def written(target: Console) -> str:
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


def test_without_a_terminal_there_are_plain_lines_now_and_then() -> None:
    target = console(terminal=False)
    with progress_reporter(target) as reporter:
        assert isinstance(reporter, PlainReporter)
        for event in EVENTS:
            reporter(event)
    lines = written(target).splitlines()
    assert lines[0] == "info: 900 [lines] are used"
    assert sum(line.startswith("train") for line in lines) == 2
    assert "step 10: loss 1.25 · CER 4.31 %" in lines
    assert sum("the comer" in line for line in lines) == 1
    assert "\x1b" not in written(target)


def test_plain_lines_estimate_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 30.0])
    monkeypatch.setattr("uncial.cli.console.time.monotonic", lambda: next(clock))
    target = console(terminal=False)
    reporter = PlainReporter(target)
    reporter(Advanced(stage="train", done=0, total=100))
    reporter(Advanced(stage="train", done=25, total=100))
    assert "about 1:30 left" in written(target)


def test_a_terminal_gets_a_bar_with_metrics_and_samples() -> None:
    target = console(terminal=True)
    with progress_reporter(target) as reporter:
        assert isinstance(reporter, LiveReporter)
        for event in EVENTS:
            reporter(event)
    text = written(target)
    assert "CER 4.31 %" in text
    assert "100/100 steps" in text
    assert text.count("truth  the corner") == 3


def test_metrics_belong_to_the_stage_they_came_in() -> None:
    target = console(terminal=False)
    reporter = PlainReporter(target)
    for event in (*EVENTS, Advanced(stage="evaluate", done=5, total=5)):
        reporter(event)
    assert written(target).splitlines()[-1] == "evaluate 5/5 lines"


@pytest.mark.parametrize(
    ("truth", "output"),
    [("the corner", "the comer"), ("", "x"), ("x", ""), ("a b", "ab"), ("[bold]", "[/bold]")],
)
def test_a_sample_shows_both_texts_and_colours_only_what_differs(truth, output) -> None:
    shown = sample_text(Sample(name="l", truth=truth, output=output))
    above, below = shown.plain.split("\n")
    assert above == f"  truth  {truth}"
    assert below.replace("␣", "").replace("·", "") == f"  output {output}"
    styles = {str(span.style) for span in shown.spans}
    assert any("red" in style or "green" in style for style in styles)
