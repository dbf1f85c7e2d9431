"""A run's lines: charset, widths and stretch, and lines that cannot be learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from uncial.data.store import LineStore
from uncial.data.writer import LineStoreWriter
from uncial.errors import DataError, TrainingError
from uncial.imaging.prepare import MAX_WIDTH, prepare
from uncial.page.layout import LineSample
from uncial.progress import Event, Note, silent
from uncial.training import fitting as fitting_module
from uncial.training.config import NetworkConfig, StopConfig, TrainConfig
from uncial.training.fitting import natural_widths
from uncial.training.lines import plan_lines
from uncial.training.settings import Settings, resolve

SPEC = "[1,32,0,1 Cl3,3,4,2,2 Mp2,2 Fh Lbx6]"
Line = tuple[str, int, str]  # text, width in px, split


def _settings(stretch: object = "auto", normalization: str = "nfc+spaces", **stop: int) -> Settings:
    network = NetworkConfig(spec=SPEC, stretch=stretch, pad=4, centre=False)  # type: ignore[arg-type]
    return resolve(
        TrainConfig(
            output=Path("run"),
            network=network,
            normalization=normalization,
            stop=StopConfig(**stop),
        )
    )


@pytest.fixture
def store(tmp_path: Path) -> Callable[[Sequence[Line]], LineStore]:
    """A store of lines 16 px high, with strokes all over."""

    def make(lines: Sequence[Line]) -> LineStore:
        with LineStoreWriter(tmp_path / "store") as writer:
            for at, (text, width, split) in enumerate(lines):
                image = np.full((16, width), 240, np.uint8)
                image[1:15, 2::5] = 10
                writer.append_sample(
                    LineSample(image=image, text=text, line_id=f"line-{at}"), split=split
                )
        return LineStore.open(tmp_path / "store")

    return make


def _lines(texts: Sequence[str], split: str = "train", per_character: int = 10) -> list[Line]:
    return [(text, per_character * len(text), split) for text in texts]


GOOD = [*_lines(["abc", "cabba", "bac", "bbca"]), *_lines(["abz", "q"], "validation")]


@pytest.mark.parametrize("per_character", [7, 10, 16])
def test_an_automatic_stretch_gives_the_median_label_its_frames(
    store: Callable[[Sequence[Line]], LineStore], per_character: int
) -> None:
    texts = ["abcab", "cabbac", "bacabcabc", "bbcaaabbacc", "ab"]
    lines = [*_lines(texts, per_character=per_character), *_lines(["a"], "validation")]
    settings = _settings()
    plan = plan_lines(store(lines), settings, silent)
    frames = plan.network.output_widths(5000) / 5000 * plan.lines.widths
    each = frames / [len(labels) for labels in plan.lines.labels]
    assert np.median(each) == pytest.approx(settings.frames, rel=0.1)
    assert plan.preprocessing.height == 32


@pytest.mark.parametrize(("per_character", "stretch"), [(2, 1.6), (200, 0.4)])
def test_an_automatic_stretch_stays_in_its_bounds(
    store: Callable[[Sequence[Line]], LineStore], per_character: int, stretch: float
) -> None:
    lines = [*_lines(["abc", "cab" * 5], per_character=per_character), ("ab", 400, "train")]
    plan = plan_lines(store([*lines, *GOOD[-2:]]), _settings(), silent)
    assert plan.preprocessing.stretch == stretch


def test_a_stretch_that_is_given_is_taken(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    plan = plan_lines(store(GOOD), _settings(0.77), silent)
    assert plan.preprocessing.stretch == 0.77


def test_widths_are_those_of_the_prepared_lines(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    wide = ("abc" * 50, 9000, "train")
    made = store([*GOOD, wide])
    plan = plan_lines(made, _settings(1.3), silent)
    for row, width in zip(plan.lines.rows, plan.lines.widths, strict=True):
        image = prepare(made.image(int(row)), plan.preprocessing)
        assert image.shape[1] == width
    assert plan.lines.widths[-1] == MAX_WIDTH
    assert plan.median_width == int(np.median(plan.lines.widths)) + 8


def test_the_charset_is_that_of_the_training_lines(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    plan = plan_lines(store(GOOD), _settings(), silent)
    assert list(plan.codec.charset) == ["a", "b", "c"]
    assert plan.network.labels == plan.codec.width == 4
    assert plan.validation.tolist() == [4, 5]


def test_ground_truth_is_normalized_and_turned_to_the_order_of_the_columns(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    lines = [*_lines(["שלום", "cafe\u0301  x"], per_character=30), ("a", 30, "validation")]
    plan = plan_lines(store(lines), _settings(), silent)
    assert [plan.codec.decode(labels) for labels in plan.lines.labels] == ["םולש", "café x"]


def test_lines_that_cannot_hold_their_text_are_named_and_left_out(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    bad = [("abc" * 30, 40, "train"), ("aaaa", 8, "train")] * 4
    events: list[Event] = []
    made = store([*bad[:4], *GOOD, *bad[4:]])
    plan = plan_lines(made, _settings(1.0), events.append)
    assert made.line_ids(plan.lines.rows) == ["line-4", "line-5", "line-6", "line-7"]
    assert len(plan.lines.labels) == len(plan.lines.widths) == len(plan.lines.least) == 4
    assert (plan.lines.widths >= plan.lines.least).all()
    (note,) = events
    assert isinstance(note, Note)
    assert note.level == "warning"
    assert note.text == (
        "8 training lines left out, their text does not fit into the image: "
        "line-0, line-1, line-2, line-3, line-10 and 3 more"
    )


def test_a_line_that_normalization_empties_is_left_out(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    lines = [*GOOD, ("...", 60, "train")]
    plan = plan_lines(store(lines), _settings(1.0, "nfc+punctuation+spaces"), silent)
    assert len(plan.lines) == 4


def test_no_line_that_fits_is_an_error(store: Callable[[Sequence[Line]], LineStore]) -> None:
    lines = [("abcabcabc", 8, "train"), ("b" * 20, 9, "train"), ("a", 20, "validation")]
    with pytest.raises(TrainingError, match="none of 2 training lines is wide enough") as caught:
        plan_lines(store(lines), _settings(1.0), silent)
    assert "raise the stretch" in caught.value.remedy


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_lines_is_an_error(
    store: Callable[[Sequence[Line]], LineStore], split: str
) -> None:
    lines = [line for line in GOOD if line[2] != split]
    with pytest.raises(DataError, match=f"there are no {split} lines") as caught:
        plan_lines(store(lines), _settings(), silent)
    assert f"a list of {split} lines" in caught.value.remedy


def test_many_validation_lines_are_thinned_the_same_each_time(
    store: Callable[[Sequence[Line]], LineStore],
) -> None:
    made = store([*GOOD, *_lines(["ab"] * 40, "validation")])
    settings = _settings(validation_lines=10)
    one, other = (plan_lines(made, settings, silent).validation for _ in range(2))
    assert len(one) == 10
    assert one.tolist() == other.tolist() == sorted(one.tolist())


def test_of_many_lines_some_are_looked_at(
    store: Callable[[Sequence[Line]], LineStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store(GOOD)
    preprocessing = plan_lines(made, _settings(), silent).preprocessing
    rows = np.arange(4)
    whole = natural_widths(made, rows, preprocessing, seed=0)
    monkeypatch.setattr(fitting_module, "_LOOKED_AT", 2)
    assert natural_widths(made, rows, preprocessing, seed=0) == pytest.approx(whole)
