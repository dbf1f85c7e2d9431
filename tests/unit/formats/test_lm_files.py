"""Files of n-gram models: nothing is lost, and damage is told."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import FormatError
from uncial.formats.lm import arpa, native
from uncial.formats.lm.opening import is_language_model, open_ngrams, packed
from uncial.text.kneserney import train_ngrams
from uncial.text.ngrams import BEGIN, NgramModel

ARRAYS = ("token", "state", "first", "lower", "log_prob", "backoff")
TEXTS = ["to be or not to be", "that is the question", "aͤ aͤ aͤ"]


@pytest.fixture(scope="module")
def model() -> NgramModel:
    return train_ngrams(TEXTS, order=4)


def alike(one: NgramModel, other: NgramModel, rel: float = 0) -> None:
    assert (one.tokens, one.counts) == (other.tokens, other.counts)
    for name in ARRAYS:
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=rel), name


@given(
    st.lists(st.text("ab <", min_size=1, max_size=9), min_size=1, max_size=6),
    st.integers(1, 5),
    st.integers(0, 2),
)
def test_both_formats_give_back_what_they_got(texts: list[str], order: int, prune: int) -> None:
    model = train_ngrams(texts, order=order, prune=prune)
    alike(native.unpack(native.pack(model)), model)
    alike(arpa.unpack(arpa.pack(model)), model, rel=1e-6)


def test_a_model_of_ours_is_mapped_and_cannot_be_changed(model: NgramModel, tmp_path: Path) -> None:
    path = tmp_path / "text.lm"
    path.write_bytes(packed(model, path))
    found = open_ngrams(path)
    alike(found, model)
    assert not found.token.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        found.token[0] = 1


@pytest.mark.parametrize("name", ["text.lm", "text.arpa", "text.arpa.gz", "no-suffix"])
def test_the_content_decides_what_a_file_is(name: str, model: NgramModel, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(packed(model, path))
    assert is_language_model(path)
    alike(open_ngrams(path.rename(tmp_path / "renamed")), model, rel=1e-6)


@pytest.mark.parametrize("content", [b"plain text", b"", gzip.compress(b"plain text"), b"\x1f\x8b"])
def test_other_files_are_told_from_language_models(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not is_language_model(path)
    with pytest.raises(FormatError):
        open_ngrams(path)


PUBLISHED = r"""
\data\
ngram 1=4
ngram 2=2

\1-grams:
-1.0	<s>	-0.5
-0.5	</s>
-0.3 a -0.2
-0.6	<space>

\2-grams:
-0.1 <s> a
-0.4	a	<space>

\end\
"""


def test_files_of_other_programs_are_read_as_the_manual_says() -> None:
    model = arpa.unpack(PUBLISHED.encode())
    ln10 = np.log(10)
    scores = model.sentence_log_probs([["a", " "], [" "]]) / ln10
    assert scores == pytest.approx([-0.1 - 0.4 - 0.5, -0.5 - 0.6 - 0.5], rel=1e-5)
    assert model.tokens[:3] == ("<unk>", "<s>", "</s>")
    unknown, _ = model.step(np.array([0]), np.array([0]))
    assert unknown[0] / ln10 == pytest.approx(-1.0), "as unlikely as the rarest"
    assert model.state[model.first[0] + BEGIN] == model.start


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("ngram 2=2", "ngram 2=3", "is no n-gram"),
        ("ngram 1=4", "ngram 1=x", "no count"),
        ("-0.3 a -0.2", "-0.3 a b c", "no n-gram of 1 tokens"),
        ("-0.3 a -0.2", "none a -0.2", "no n-gram of 1 tokens"),
        ("-0.3 a -0.2", "nan a -0.2", "no n-gram of 1 tokens"),
        ("-0.4\ta", "-0.4\tb", "no n-gram of length 1"),
        ("-0.4\ta\t<space>", "-0.1\t<s>\ta", "twice"),
        ("\\2-grams:", "\\3-grams:", "is due"),
        ("\\end\\\n", "", ""),
    ],
)
def test_what_breaks_the_format_is_named_with_its_line(old: str, new: str, told: str) -> None:
    text = PUBLISHED.replace(old, new)
    if not told:
        arpa.unpack(text.encode())
        return
    with pytest.raises(FormatError, match=rf"line \d+: .*{told}"):
        arpa.unpack(text.encode())


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_politely(data: bytes) -> None:
    for unpack in (native.unpack, arpa.unpack):
        with contextlib.suppress(FormatError):
            unpack(data)


def test_a_file_cut_short_or_twisted_is_refused(model: NgramModel) -> None:
    data = native.pack(model)
    for size in range(0, len(data), 97):
        with pytest.raises(FormatError):
            native.unpack(data[:size])
    circle = np.array(model.lower)
    circle[-1] = len(circle) - 1
    fields = {name: getattr(model, name) for name in ("tokens", "counts", *ARRAYS)}
    with pytest.raises(FormatError, match="contradict"):
        native.unpack(native.pack(NgramModel(**{**fields, "lower": circle})))
