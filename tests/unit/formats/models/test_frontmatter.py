"""Front matter of cards: what PyYAML reads in it is read here, and what is hostile is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import FormatError
from uncial.formats.models import frontmatter

CARD = """---
# a comment
id: 10.5281/zenodo.14399779   # with a remark
summary: "Model: print, 19th century"
authors:
  - name: Somebody Else
    orcid: '0000-0000-0000-0000'
  -   name: It''s plain
license: CC-BY-4.0
software_hints:
- segmentation=both
- "version: 7"
language: [deu, "lat", 'eng']
script:
    - Latn
    - Latf
metrics:
  cer: 2.5
  wer: 11
keywords: []
base_model:
- https://example.org/model#best
text: |
  two lines
    kept

  as they are
folded: >-
  one
  line

  and another
flag: true
empty:
wrapped: a text
  that goes on
list: [one,
  two]
---

# Title

Text --- with a rule.
"""


def test_a_card_is_read_as_yaml_reads_it() -> None:
    yaml = pytest.importorskip("yaml")
    values, text = frontmatter.split(CARD)
    assert values == yaml.safe_load(CARD.split("---")[1])
    assert text.startswith("# Title")


def test_a_card_without_front_matter_is_text() -> None:
    assert frontmatter.split("# Title\n") == ({}, "# Title\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system ['true']",
        "a: {b: 1}",
        "a: [[1]]",
        "- 1\n- 2",
        "just words",
        "a: 1\n   b: 2\n c: 3",
        "a: [1, 2",
        'a: "open',
        "a:\n\tb: 1",
        "\n".join("  " * depth + "a:" for depth in range(20)),
    ],
)
def test_what_is_not_read_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(FormatError, match="front matter"):
        frontmatter.read(text)


_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_VALUE = st.one_of(_TEXT, st.integers(-(10**6), 10**6), st.booleans(), st.none())
_NAME = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
_FLAT = st.dictionaries(_NAME, _VALUE, min_size=1, max_size=3)


@given(
    st.dictionaries(
        _NAME,
        st.one_of(
            _VALUE, _FLAT, st.lists(_VALUE, min_size=1, max_size=3), st.lists(_FLAT, min_size=1)
        ),
        min_size=1,
    )
)
def test_what_is_written_is_read_again(values: dict[str, Any]) -> None:
    assert frontmatter.read("\n".join(frontmatter.write(values))) == values


@given(st.text(st.sampled_from("ab:- #\n\"'[]|>,{&1.\t"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FormatError):
        frontmatter.read(text)
