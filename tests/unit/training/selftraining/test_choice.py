"""Which readings a student may learn from."""

import pytest

from uncial.errors import ConfigError
from uncial.training.selftraining.choice import choose
from uncial.training.selftraining.config import LabelfreeConfig
from uncial.training.selftraining.teacher import Guess


def _guess(text: str, score: float, agreement: float = 1.0, confidence: float = 0.9) -> Guess:
    return Guess(
        text=text,
        score=score,
        agreement=agreement,
        confidence=confidence,
        width=0.5 * max(len(text), 1),
    )


def _name(number: int) -> str:
    """A word for a number, in letters that all words have."""
    return "".join("abcd"[number // 4**place % 4] for place in range(4))


def _words(count: int) -> list[Guess]:
    return [_guess(f"abcd{_name(number)}", -0.01 * number) for number in range(count)]


def test_the_likeliest_share_is_taken() -> None:
    choice = choose(_words(100), LabelfreeConfig(), 0.3)
    assert set(range(30)) <= set(choice.taken.tolist())
    assert len(choice.taken) <= 40  # beyond the share only for characters hardly seen
    assert choice.left["less likely than others"] == 100 - len(choice.taken)


def test_likelihood_is_compared_among_lines_of_about_one_length() -> None:
    short = [_guess(_name(number), -0.001 * number) for number in range(60)]
    long = [_guess(f"a bad cab {_name(number)} add", -5 - number) for number in range(60)]
    taken = choose(short + long, LabelfreeConfig(), 0.5).taken.tolist()
    assert 25 <= sum(at >= 60 for at in taken) <= 35


@pytest.mark.parametrize(
    ("guess", "fault"),
    [
        (_guess("  ", -0.001), "nothing read"),
        (_guess("ababababababab", -0.001), "goes round in a loop"),
        (_guess("abcdefghxyz", -0.001, agreement=0.2), "changes when distorted"),
    ],
)
def test_what_is_out_of_the_question_is_left_and_told(guess: Guess, fault: str) -> None:
    choice = choose([*_words(80), guess], LabelfreeConfig(), 1.0)
    assert 80 not in choice.taken
    assert choice.left[fault] == 1


def test_a_reading_far_too_short_for_its_line_is_left() -> None:
    odd = Guess(text="x", score=0.0, agreement=1.0, confidence=1.0, width=400.0)
    choice = choose([*_words(200), odd], LabelfreeConfig(), 1.0)
    assert 200 not in choice.taken
    assert choice.left["too short or too long for its line"] >= 1


def test_one_text_does_not_fill_the_choice() -> None:
    same = [_guess("Seite 1 von 9", -0.0001) for _ in range(50)]
    choice = choose(same + _words(150), LabelfreeConfig(), 0.5)
    assert sum(at < 50 for at in choice.taken.tolist()) <= 2
    assert choice.left["says what many others say"] == 48


def test_lines_with_characters_hardly_seen_come_on_top() -> None:
    rare = [_guess(f"Qabc{_name(number)}", -0.4) for number in range(5)]
    choice = choose(_words(100) + rare, LabelfreeConfig(), 0.3)
    assert {100, 101, 102, 103, 104} <= set(choice.taken.tolist())


def test_the_least_likely_half_of_the_rest_is_not_taken_for_rare_characters() -> None:
    rare = [_guess(f"Qabc{_name(number)}", -9.0) for number in range(5)]
    choice = choose(_words(100) + rare, LabelfreeConfig(), 0.3)
    assert {100, 101, 102, 103, 104}.isdisjoint(choice.taken.tolist())


def test_a_threshold_takes_every_sure_reading() -> None:
    lines = [_guess(f"word{n}", -1.0, confidence=n / 10) for n in range(10)]
    config = LabelfreeConfig(choice="threshold", threshold=0.45, agreement=0.0)
    choice = choose(lines, config, 0.1)
    assert choice.taken.tolist() == [5, 6, 7, 8, 9]
    assert choice.left["below the threshold"] == 5


def test_the_share_rises_evenly() -> None:
    config = LabelfreeConfig(rounds=3, first_share=0.2, last_share=0.8)
    assert [round(config.share(n), 3) for n in (1, 2, 3)] == [0.2, 0.5, 0.8]
    assert LabelfreeConfig(rounds=1).share(1) == LabelfreeConfig().last_share


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="first_share must be from 0 to 1; rounds"):
        LabelfreeConfig(first_share=1.2, rounds=-1)
