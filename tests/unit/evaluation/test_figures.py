"""One set of figures: page, JSON, CSV and terminal only show it."""

import csv
import io
import json

import numpy as np
import pytest
from evaluations import evaluation_of
from rich.console import Console

from uncial.cli.tables import show
from uncial.evaluation.calibration import fit
from uncial.evaluation.figures import figures
from uncial.evaluation.report import html
from uncial.evaluation.tables import csv_text, json_text
from uncial.text.metrics import score_line
from uncial.text.normalize import Normalization
from uncial.text.profiles import profiles_named

LINES = [
    ("Das iſt ﬁn, ſagt er.", "Das ist fin ſagt Er.", "a"),
    ("und noch eine Zeile", "vnd noch eine Zeile", "a"),
    ("ganz ohne Fehler", "ganz ohne Fehler", "b"),
    ("rn und m", "m und rn", "c"),
] * 5


@pytest.fixture(scope="module")
def measured():
    plain = evaluation_of(LINES)
    evaluation = evaluation_of(LINES, fit([line.evidence for line in plain.lines]))
    return evaluation, figures(evaluation, profiles=profiles_named(["all"]))


def percent(rate: float) -> str:
    return f"{100 * rate:.2f}\N{NO-BREAK SPACE}%"


def test_every_rate_is_the_same_in_page_json_and_csv(measured) -> None:
    evaluation, numbers = measured
    page = html(evaluation, numbers, lambda _: np.zeros((9, 9), np.uint8), title="t",
                model={}, data={})  # fmt: skip
    body = json.loads(json_text(evaluation, numbers, {"title": "t"}))
    rows = list(csv.DictReader(io.StringIO(csv_text(numbers))))
    assert body["figures"]["score"]["cer"] == numbers.score.cer == float(rows[0]["cer"])
    profiles = {row["name"]: row for row in rows if row["section"] == "profile"}
    for item, kept in zip(numbers.profiles, body["figures"]["profiles"], strict=True):
        assert kept["cer"] == item.cer == float(profiles[item.name]["cer"])
        assert kept["wer"] == item.wer == float(profiles[item.name]["wer"])
        assert percent(item.cer) in page
        assert percent(item.wer_ci95[1]) in page
    for section, parts in numbers.breakdowns().items():
        shown = [row for row in rows if row["section"] == section]
        assert [float(row["cer"]) for row in shown] == [part.cer for part in parts]
        assert all(percent(part.cer) in page for part in parts)
    assert numbers.prediction is not None
    for item in numbers.prediction.documents:
        assert percent(item.predicted.cer) in page
    assert [line["char_edits"] for line in body["lines"]] == [
        line.score.char_edits for line in evaluation.lines
    ]


def test_the_terminal_shows_the_same_figures(measured) -> None:
    evaluation, numbers = measured
    score, prediction = numbers.score, numbers.prediction
    assert prediction is not None
    result = {
        **{name: getattr(score, name) for name in ("cer", "wer", "cer_ci95", "wer_ci95",
           "cer_macro", "wer_macro", "lines", "characters", "interval_unit")},
        "model": "m", "split": "test", "normalization": evaluation.normalization.name,
        "cpu_ms_per_line": 1.0, "report": None,
        "profiles": [{"name": p.name, "cer": p.cer, "wer": p.wer, "rules": p.rules}
                     for p in numbers.profiles],
        "predicted_cer": prediction.all_lines.cer, "predicted_ci95": prediction.all_lines.ci95,
        "prediction_error": prediction.mean_error,
    }  # fmt: skip
    console = Console(file=io.StringIO(), width=200)
    show("evaluate", result, console)
    text = console.file.getvalue()
    for rate in (score.cer, score.wer_ci95[0], prediction.all_lines.cer,
                 *(profile.cer for profile in numbers.profiles)):  # fmt: skip
        assert f"{100 * rate:.2f} %" in text


def test_relaxed_profiles_forgive_what_they_name(measured) -> None:
    _, numbers = measured
    cer = {profile.name: profile.cer for profile in numbers.profiles}
    for name in ("case", "punctuation", "ligatures", "long-s"):
        assert cer[name] < cer["spaces"]
    assert cer["historical"] < min(cer["long-s"], cer["ligatures"])
    assert cer["strict"] >= cer["spaces"]


def test_a_profile_scores_as_its_rules_do(measured) -> None:
    evaluation, numbers = measured
    rules = Normalization.named("nfc+spaces+case")
    scores = [score_line(line.truth, line.output, normalization=rules) for line in evaluation.lines]
    expected = sum(s.char_edits for s in scores) / sum(s.chars for s in scores)
    found = next(profile for profile in numbers.profiles if profile.name == "case")
    assert found.cer == expected
    assert found.rules == rules.name


def test_without_calibration_nothing_is_predicted() -> None:
    numbers = figures(evaluation_of(LINES))
    assert numbers.prediction is None
    assert numbers.whole_lines is None
    assert numbers.characters.ece == numbers.characters.raw_ece


def test_predictions_are_told_by_document(measured) -> None:
    _, numbers = measured
    assert numbers.prediction is not None
    assert {item.name for item in numbers.prediction.documents} == {"a", "b", "c"}
    assert 0 <= numbers.prediction.covered <= 1
