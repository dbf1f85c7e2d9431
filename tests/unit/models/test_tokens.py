"""Tokens for any script, and embeddings that come along."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import FormatError, UnencodableText
from uncial.models.tokens import END, SPECIAL, Tokens, byte_level, transplanted

TEXTS = ("Grüße, ſchön", "नमस्ते", "السلام", "a b")


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return byte_level(TEXTS)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bytes_write_every_text(text: str) -> None:
    made = byte_level(TEXTS)
    assert made.decode(made.encode(text)) == text


def test_characters_of_the_lines_are_one_token_each(tokens: Tokens) -> None:
    for text in TEXTS:
        assert len(tokens.encode(text)) == len(text) + 1
        assert tokens.encode(text)[-1] == END


def test_pieces_say_which_tokens_a_character_comes_from(tokens: Tokens) -> None:
    found = tokens.encode("aह€")[:-1].tolist()  # the last one is spelled in bytes
    assert tokens.pieces(found) == [
        ("a", 0, 1),
        ("ह", 1, 1 + len(found[1:-3])),
        ("€", len(found) - 3, len(found)),
    ]


def test_embeddings_of_the_same_text_come_along(tokens: Tokens) -> None:
    small = byte_level(("ab",))
    rows = np.arange(len(small), dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    made = transplanted(rows, small, tokens)
    assert made.shape == (len(tokens), 4)
    for text in ("a", "Z", " "):
        (new,), (old,) = tokens.ids(text), small.ids(text)
        assert made[new, 0] == old
    spelled = small.ids("ü")
    assert made[tokens.ids("ü")[0], 0] == np.mean(spelled)
    assert made[SPECIAL.index("</s>"), 0] == END


def test_a_text_that_would_come_back_changed_is_refused(tokens: Tokens) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    words = Tokens(Tokenizer(WordLevel({"a": 0, "<unk>": 1}, unk_token="<unk>")).to_str(), 0)
    with pytest.raises(UnencodableText):
        words.encode("b")
    with pytest.raises(FormatError):
        Tokens("{", 0)
