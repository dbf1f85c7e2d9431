from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uncial.evaluation.breakdown import by_bin, by_document
from uncial.evaluation.calibration import Evidence
from uncial.evaluation.figures import figures
from uncial.evaluation.report import html, passages, png_uri
from uncial.evaluation.run import Evaluation, LineResult
from uncial.text.metrics import score_line, summarize
from uncial.text.normalize import Normalization

LINES = (
    ("the corner", "the comer", "book a", 0.9),
    ("plain line", "plain line", "book a", 0.99),
    ('a <b>bold</b> & "quoted" one', "a <b>bald</b> & 'quoted' one", "book b", 0.5),
    ("مرحبا بالعالم", "مرحبا بالعلم", "book b", 0.7),
)


def evaluation(lines=LINES) -> Evaluation:
    results = tuple(
        LineResult(
            row=row,
            score=score_line(truth, output, line_id=f"line-{row}", group=document),
            confidence=confidence,
            document=document,
            truth=truth,
            output=output,
            evidence=Evidence((confidence,) * len(output), (True,) * len(output), 1, 9, document),
            foreign=("ſ",) if row == 0 else (),
        )
        for row, (truth, output, document, confidence) in enumerate(lines)
    )
    return Evaluation(
        lines=results,
        score=summarize([line.score for line in results]),
        normalization=Normalization.DEFAULT,
        units="grapheme",
        seconds=1.5,
        cpu_ms_per_line=7.25,
    )


def image_of(row: int) -> np.ndarray:
    return np.full((200, 40 + row), 200, np.uint8)


def page(**changes) -> str:
    settings = {"title": "model on lines", "model": {"spec": "[1,48,0,1 O1c9]"}, "data": {}}
    return html(evaluation(), figures(evaluation()), image_of, **(settings | changes))


class _Balanced(HTMLParser):
    """Counts open tags, and remembers what a page would load from elsewhere."""

    VOID = ("meta", "img", "br", "rect", "line", "circle", "polyline", "polygon")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href"} and not value.startswith("data:image/png;base64,"):
                self.outside.append(value)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing() -> None:
    text = page()
    parser = _Balanced()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert parser.outside == []
    assert "<script" not in text
    assert "http" not in text
    assert "url(" not in text


def test_it_states_figures_interval_normalization_and_how() -> None:
    text = page()
    score = evaluation().score
    assert f"{100 * score.cer:.2f}" in text
    assert f"{100 * score.cer_ci95[0]:.2f}" in text
    assert "nfc+spaces" in text
    assert "bootstrap over 2 documents or pages" in text
    assert "7.2 ms" in text
    assert "[1,48,0,1 O1c9]" in text


def test_everything_from_outside_is_escaped() -> None:
    text = page(title="<script>alert(1)</script>", model={"<i>": "<u>"}, data={"a": "b&c"})
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;u&gt;" in text
    assert "b&amp;c" in text
    assert "<b>bold</b>" not in text


def test_worst_lines_come_first_with_their_edits_coloured() -> None:
    text = page()
    shown = re.findall(r"line-\d", text)
    assert shown[0] == "line-2"
    assert "line-1" not in shown
    assert "<del>" in text
    assert "<ins>" in text
    assert "rn" in text  # the confusion rn -> m


def test_only_as_many_worst_lines_as_asked_for() -> None:
    assert page(worst=1).count("<article") == 1
    assert "None: every line was read" in page(worst=0)


def test_a_perfect_evaluation_says_so() -> None:
    perfect = evaluation([("same", "same", "", 1.0)])
    text = html(perfect, figures(perfect), image_of, title="t", model={}, data={})
    assert "every line was read without an error" in text
    assert "single lines" in text


def test_cer_by_document_is_micro_averaged_worst_first() -> None:
    bars = by_document(evaluation().lines)
    assert [bar.label for bar in bars] == ["book a", "book b"]
    assert bars[0].cer > bars[1].cer
    scores = [line.score for line in evaluation().lines if line.document == "book a"]
    expected = sum(s.char_edits for s in scores) / sum(s.chars for s in scores)
    assert bars[0].cer == pytest.approx(expected)
    assert by_document(evaluation(LINES[:2]).lines) == []


def test_bins_hold_every_line_once() -> None:
    bars = by_bin(evaluation().lines, lambda line: line.confidence, (0.6, 0.9))
    assert [(bar.label, bar.lines) for bar in bars] == [
        ("under 0.6", 1),
        ("0.6 to 0.9", 1),
        ("0.9 and over", 2),
    ]


@settings(max_examples=60)
@given(truth=st.text("abrn m", max_size=12), output=st.text("abrn m", max_size=12))
def test_passages_spell_both_texts(truth: str, output: str) -> None:
    score = score_line(truth, output)
    parts = list(passages(score))
    assert "".join(part.truth for part in parts) == score.truth
    assert "".join(part.output for part in parts) == score.output
    assert all(part.truth == part.output for part in parts if part.right)


def test_tall_images_are_scaled_down() -> None:
    assert len(png_uri(image_of(0))) < 400
    assert png_uri(np.zeros((10, 10, 3), np.uint8)).startswith("data:image/png;base64,")
