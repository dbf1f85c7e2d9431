"""Lines worth transcribing: doubtful, unlike each other, sound."""

from uncial.evaluation.suggestion import Candidate, suggested


def _line(text: str, score: float, agreement: float = 0.5, width: float = 0.0) -> Candidate:
    wide = width or 0.5 * max(len(text), 1)
    return Candidate(text=text, score=score, agreement=agreement, width=wide)


def _crowd(count: int) -> list[Candidate]:
    return [_line(f"plain line {at:03d}", -0.001 * at, 0.99) for at in range(count)]


def test_doubtful_lines_come_before_sure_ones() -> None:
    lines = [*_crowd(60), _line("qwxzv jkpfb", -3.0, 0.3), *_crowd(20)]
    lines += [_line("", -9.0, 0.0) for _ in range(8)]  # the most doubtful are no lines
    assert suggested(lines, 1)[0].number == 60


def test_lines_that_say_nearly_the_same_are_not_taken_together() -> None:
    same = [_line("the same doubtful words", -3.0 - at / 100, 0.3) for at in range(5)]
    other = [_line("zyx wvu tsrq ponm", -2.9, 0.35)]
    picks = suggested([*_crowd(60), *same, *other], 2)
    assert {pick.number for pick in picks} >= {65}
    assert picks[1].newness > 0.5


def test_lines_read_as_nothing_and_strange_crops_are_never_taken() -> None:
    lines = [*_crowd(150), _line(" ", -9.0, 0.0), _line("x", -8.0, 0.0, width=300.0)]
    assert {150, 151}.isdisjoint(pick.number for pick in suggested(lines, 40))


def test_no_more_lines_come_back_than_there_are() -> None:
    assert len(suggested(_crowd(4), 9)) == 4
    assert suggested([], 3) == []
