from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.data.census import Census
from uncial.data.checks import check_line
from uncial.data.findings import KINDS, Finding
from uncial.data.images import encode_image
from uncial.data.report import GroundTruthReport, name_some

IMAGE = encode_image(np.random.default_rng(1).integers(0, 256, (32, 400), dtype=np.uint8))


def codes(text: bytes | str | None, image: bytes | None = IMAGE) -> list[str]:
    return [problem.code for problem in check_line(image, text).problems]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain", "plain"),
        (b"\xef\xbb\xbfmarked\r\n", "marked"),
        ("Stra\u00dfe \u2e17\n".encode(), "Stra\u00dfe \u2e17"),
        ("\ufeffcell", "cell"),
        (b" inner space kept \n", " inner space kept "),
    ],
)
def test_good_text_is_kept_as_transcribed(raw: bytes | str, text: str) -> None:
    verdict = check_line(IMAGE, raw)
    assert verdict.usable
    assert verdict.text == text
    assert not verdict.problems


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, "missing-text"),
        (b"", "empty-text"),
        (b" \t\r\n", "empty-text"),
        ("Gr\u00fc\u00dfe".encode("latin-1"), "wrong-encoding"),
        ("Gr\u00fc\u00dfe".encode("utf-16"), "wrong-encoding"),
        ("abc".encode("utf-16-le"), "wrong-encoding"),
        ("Gr\udcfcn", "wrong-encoding"),
        (b"one\ntwo\n", "several-lines"),
        (b"x" * 250, "impossible-length"),
    ],
)
def test_unusable_text_is_told_apart(raw: bytes | None, code: str) -> None:
    verdict = check_line(IMAGE, raw)
    assert not verdict.usable
    assert code in [problem.code for problem in verdict.problems]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tab\there", "control-character"),
        ("zero\u0085", "control-character"),
        ("lost \ufffd", "replacement-character"),
        ("Gr\u00fc\u00dfe".encode().decode("cp1252"), "mojibake"),
        ("GrÃ¼n", "mojibake"),
        (".", "sparse-text"),
    ],
)
def test_doubtful_text_is_kept_with_a_warning(text: str, code: str) -> None:
    verdict = check_line(IMAGE, text)
    assert verdict.usable
    assert codes(text) == [code]


def test_combining_marks_take_no_width() -> None:
    assert not codes("e\u0301" * 150)


@given(st.binary(max_size=60))
def test_arbitrary_text_bytes_are_judged_not_raised(raw: bytes) -> None:
    check_line(IMAGE, raw)


def test_both_sides_are_reported_at_once() -> None:
    assert codes(b"", None) == ["empty-text", "missing-image"]


def test_every_kind_has_a_message_and_a_remedy() -> None:
    for kind in KINDS.values():
        assert kind.message
        assert kind.remedy
        assert not kind.remedy.endswith(".")


def census_of(texts: list[str]) -> Census:
    census = Census()
    for at, text in enumerate(texts):
        census.add(f"l{at}", f"l{at}.png", text, at.to_bytes(8, "little"))
    return census


def test_the_rarer_unicode_form_is_reported() -> None:
    census = census_of(["é", "é", "e\u0301", "plain", "o\u0364", "\u064e\u0651"])
    assert [(f.code, f.line_id) for f in census.findings()] == [("mixed-normalization", "l2")]
    assert not list(census_of(["é", "o\u0364"]).findings())


def test_one_off_characters_are_named_once_there_are_enough_lines() -> None:
    texts = ["abc"] * 60 + ["ab\u017f"]
    found = list(census_of(texts).findings())
    assert [(f.code, f.line_id) for f in found] == [("one-off-character", "l60")]
    assert "U+017F" in found[0].detail
    assert not list(census_of(texts[-3:]).findings())


def test_the_report_names_counts_and_remedies() -> None:
    report = GroundTruthReport(seen=31, kept=5)
    for at in range(25):
        report.add(Finding(code="empty-text", line_id=f"l{at}", source=f"l{at}.gt.txt"))
    report.left_out.update({"empty-text": 25, "unlisted": 1})
    text = report.to_text()
    assert "25 × the text is empty" in text
    assert KINDS["empty-text"].remedy in text
    assert "… and 5 more in report.json" in text
    assert report.bad == 25
    assert report.bad_share == pytest.approx(25 / 30)
    assert report.summary().startswith("25 × the text is empty: l0, l1, l2 and 22 more")
    assert name_some(report.findings[:2]) == "l0, l1"
    assert len(report.to_json()["findings"]) == 25
