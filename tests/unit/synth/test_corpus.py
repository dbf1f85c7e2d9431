from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.synth.corpus import built_in_prose, passages, text_lines


def test_the_prose_has_letters_digits_and_marks_and_no_odd_space() -> None:
    prose = built_in_prose()
    text = " ".join(prose)
    assert len(prose) >= 20
    assert set("abcdefghijklmnopqrstuvwxyz0123458“”’—;!?()") <= set(text)
    assert all(paragraph == " ".join(paragraph.split()) for paragraph in prose)


@given(seed=st.integers(0, 2**31), longest=st.integers(20, 80))
def test_lines_keep_to_the_length(seed: int, longest: int) -> None:
    for line in islice(text_lines(built_in_prose(), seed=seed, longest=longest), 20):
        assert line == line.strip()
        assert "  " not in line
        assert len(line) <= longest or " " not in line


def test_same_seed_same_lines() -> None:
    first, again, other = (
        list(islice(text_lines(built_in_prose(), seed=seed), 30)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("longest", [20, 52, 200])
def test_passages_are_the_prose_itself(longest: int) -> None:
    prose = built_in_prose()
    lines = passages(prose, longest=longest)
    assert " ".join(lines).split() == " ".join(prose).split()
