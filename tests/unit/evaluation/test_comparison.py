import csv
import io

import pytest
from evaluations import evaluation_of

from uncial.errors import ConfigError, DataError
from uncial.evaluation.comparison import compare_models, csv_text, document_differences, html

TRUTH = [("the corner", f"book {n % 8}") for n in range(48)]
GOOD = [(truth, "the corner", book) for truth, book in TRUTH]
POOR = [(truth, "the comer", book) for truth, book in TRUTH]
MIXED = [(t, "the comer" if int(b[-1]) % 2 else "the corner", b) for t, b in TRUTH]


def test_the_better_model_is_named_with_its_documents() -> None:
    first, other = compare_models({"poor": evaluation_of(POOR), "good": evaluation_of(GOOD)})
    assert first.against is None
    assert other.against is not None
    assert other.against.cer_difference == pytest.approx(other.score.cer - first.score.cer)
    assert other.verdict == "better"
    assert other.against.cer_p < 0.01
    assert (other.better, other.worse) == (8, 0)


def test_a_model_does_not_differ_from_itself() -> None:
    _, other = compare_models({"one": evaluation_of(MIXED), "two": evaluation_of(MIXED)})
    assert other.against is not None
    assert other.against.cer_p == 1
    assert other.verdict == "no difference seen"
    assert (other.better, other.worse) == (0, 0)


def test_documents_come_by_how_much_they_changed() -> None:
    good, mixed = evaluation_of(GOOD), evaluation_of(MIXED)
    found = document_differences(
        [line.score for line in good.lines], [line.score for line in mixed.lines]
    )
    assert [item.difference > 0 for item in found] == [True] * 4 + [False] * 4
    assert sum(item.lines for item in found) == 48


def test_fewer_than_two_models_or_other_lines_are_refused() -> None:
    with pytest.raises(ConfigError, match="one model"):
        compare_models({"one": evaluation_of(GOOD)})
    with pytest.raises(DataError, match="different lines"):
        compare_models({"one": evaluation_of(GOOD), "two": evaluation_of(GOOD[:-1])})


def test_page_and_table_hold_the_same_figures() -> None:
    results = compare_models({"poor": evaluation_of(POOR), "<good>": evaluation_of(GOOD)})
    page = html(results, title="t", data={"split": "test"})
    rows = list(csv.DictReader(io.StringIO(csv_text(results))))
    against = results[1].against
    assert against is not None
    row = next(row for row in rows if (row["section"], row["model"]) == ("model", "<good>"))
    assert float(row["cer_difference"]) == against.cer_difference
    assert float(row["p"]) == against.cer_p
    assert f"{100 * against.cer_difference:.2f}\N{NO-BREAK SPACE}%" in page
    assert f"{against.cer_p:.4f}" in page
    assert "&lt;good&gt;" in page
    assert sum(row["section"] == "document" for row in rows) == 8
