"""The verbs lm and tune, and reading with language, as a user calls them."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import pytest

from uncial.decoding.lexicon import words_of
from uncial.errors import ConfigError, DataError, InputError
from uncial.formats.lm.opening import open_ngrams
from uncial.formats.models import native
from uncial.progress import Event, Note
from uncial.synth.corpus import built_in_prose, passages
from uncial.tasks.base import as_json
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.inspect import InspectConfig, inspect
from uncial.tasks.listening import LanguageConfig
from uncial.tasks.lm import LmConfig, lm
from uncial.tasks.recognize import RecognizeConfig, recognize
from uncial.tasks.tune import TuneConfig, tune


@pytest.fixture(scope="module")
def letters(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A language model of the training lines."""
    path = tmp_path_factory.mktemp("lm") / "letters.lm"
    lm(LmConfig(sources=(pairs,), output=path, order=4))
    return path


def truths(pairs: Path, split: str) -> list[str]:
    names = (pairs / f"list.{split}").read_text().split()
    return [(pairs / name).with_suffix(".gt.txt").read_text().strip() for name in names]


def test_of_ground_truth_only_training_lines_are_learnt(pairs: Path, letters: Path) -> None:
    known = set("".join(truths(pairs, "train")))
    assert set(open_ngrams(letters).tokens[3:]) == known
    result = lm(LmConfig(sources=(pairs,), output=letters.with_name("again.lm"), order=4))
    assert result.lines == 4
    assert result.held_out_bits is not None
    assert result.held_out_bits > 1
    every = lm(LmConfig(sources=(pairs,), output=letters.with_name("all.lm"), split="all"))
    assert (every.lines, every.held_out_bits) == (12, None)


def test_a_language_model_is_inspected(letters: Path) -> None:
    found = inspect(InspectConfig(file=letters))
    assert found.kind == "language model"
    assert found.facts["order"] == len(found.facts["ngrams"]) == 4


def test_text_is_learnt_plain_and_compressed(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    plain.write_text("to be  or\nnot to be\n\n", encoding="utf-8")
    packed.write_bytes(gzip.compress("שלום abc\n".encode()))
    out = tmp_path / "deep" / "text.arpa"
    result = lm(LmConfig(sources=(plain, packed), output=out, order=3))
    assert result.ngrams == open_ngrams(out).counts
    assert "<space>" in out.read_text(encoding="utf-8")
    assert "\tם ו ל\t" in out.read_text(encoding="utf-8").replace("\n", "\t"), "as it is seen"
    with pytest.raises(InputError, match="exists"):
        lm(LmConfig(sources=(plain,), output=out))
    again = lm(LmConfig(sources=(out,), output=tmp_path / "text.lm"))
    assert again.ngrams == result.ngrams


def test_general_text_is_mixed_in_as_much_as_it_helps(tmp_path: Path) -> None:
    prose = passages(built_in_prose(), longest=40)
    own, general = tmp_path / "own.txt", tmp_path / "general.txt"
    own.write_text("\n".join(prose[::4]), encoding="utf-8")
    general.write_text(" ".join(prose[1::4] + prose[2::4]), encoding="utf-8")
    plain = LmConfig(sources=(own,), output=tmp_path / "plain.lm", order=3)
    mixed = dataclasses.replace(plain, output=tmp_path / "mixed.lm", background=(general,))
    shares = [lm(config).share for config in (plain, mixed)]
    assert shares[0] == 1
    assert 0.1 < shares[1] < 0.9
    asked = [list(line) for line in prose[3::4]]
    models = [open_ngrams(config.output) for config in (plain, mixed)]
    before, after = (model.sentence_log_probs(asked).sum() for model in models)
    assert after > before
    own.write_text("abc def\n" * 30, encoding="utf-8")
    foreign = dataclasses.replace(mixed, output=tmp_path / "foreign.lm")
    assert lm(foreign).share > 0.9


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.txt"
    path.write_bytes(b"\xff\xfe\x00")
    for sources, error in (((), ConfigError), ((tmp_path / "none",), InputError)):
        with pytest.raises(error):
            lm(LmConfig(sources=sources, output=tmp_path / "x.lm"))
    with pytest.raises(InputError, match="UTF-8"):
        lm(LmConfig(sources=(path,), output=tmp_path / "x.lm"))
    path.write_bytes(b"\n\n")
    with pytest.raises(DataError, match="no text"):
        lm(LmConfig(sources=(path,), output=tmp_path / "x.lm"))


def test_weights_are_tuned_on_validation_and_kept_with_the_model(
    model: Path, pairs: Path, letters: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned.safetensors"
    language = LanguageConfig(lm=letters)
    before = model.read_bytes()
    result = tune(TuneConfig(model=model, data=(pairs,), lm=letters, output=tuned))
    assert model.read_bytes() == before
    assert (result.lines, result.model) == (2, tuned)
    assert result.cer <= result.greedy_cer
    (kept,) = native.unpack(tuned.read_bytes()).metadata["language"].values()
    assert kept["weights"] == result.weights
    events: list[Event] = []
    found = evaluate(EvaluateConfig(model=tuned, data=(pairs,), language=language), events.append)
    assert found.weights == result.weights
    assert not [event for event in events if isinstance(event, Note) and "guess" in event.text]
    again = tune(TuneConfig(model=tuned, data=(pairs,), lm=letters))
    assert again.weights == result.weights
    other = lm(LmConfig(sources=(letters,), output=tmp_path / "other.arpa")).output
    tune(TuneConfig(model=tuned, data=(pairs,), lm=other))
    assert len(native.unpack(tuned.read_bytes()).metadata["language"]) == 2


def test_greedy_figures_stand_beside_those_with_language(
    model: Path, pairs: Path, letters: Path
) -> None:
    plain = evaluate(EvaluateConfig(model=model, data=(pairs,)))
    assert plain.greedy_cer is None
    language = LanguageConfig(lm=letters, weight=3.0, stands=2.0)
    found = evaluate(EvaluateConfig(model=model, data=(pairs,), language=language))
    assert (found.greedy_cer, found.greedy_wer) == (plain.cer, plain.wer)
    assert found.decoder == "beam"
    assert found.cer != plain.cer
    assert {"greedy_cer", "oov_rate", "weights"} <= set(as_json(found))
    none = dataclasses.replace(language, stands=0.0)
    assert evaluate(EvaluateConfig(model=model, data=(pairs,), language=none)).cer == plain.cer


def test_untuned_weights_are_called_a_guess(model: Path, pairs: Path, letters: Path) -> None:
    events: list[Event] = []
    language = LanguageConfig(lm=letters)
    evaluate(EvaluateConfig(model=model, data=(pairs,), language=language), events.append)
    assert [event for event in events if isinstance(event, Note) and "guess" in event.text]


def test_the_share_of_unlisted_words_is_told(model: Path, pairs: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    listed = truths(pairs, "test")[0].split()
    words.write_text("\n".join(listed), encoding="utf-8")
    language = LanguageConfig(words=words, penalty=-3.0, stands=2.0)
    found = evaluate(EvaluateConfig(model=model, data=(pairs,), language=language))
    assert found.oov_rate is not None
    assert 0 < found.oov_rate < 1
    closed = dataclasses.replace(language, closed=True)
    image = pairs / (pairs / "list.test").read_text().split()[0]
    read = recognize(RecognizeConfig(model=model, images=(image,), language=closed))
    assert read.oov_rate == 0
    known = {word for text in listed for word in words_of(text)}
    assert set(words_of(read.lines[0].text)) <= known


def test_language_that_cannot_be_heard_is_refused(
    model: Path, tesseract_model: Path, pairs: Path, letters: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="closed without"):
        LanguageConfig(closed=True)
    with pytest.raises(ConfigError, match="no language"):
        tune(TuneConfig(model=model, data=(pairs,)))
    with pytest.raises(InputError, match="no such file"):
        evaluate(
            EvaluateConfig(model=model, data=(pairs,), language=LanguageConfig(lm=tmp_path / "x"))
        )
    with pytest.raises(ConfigError, match="Tesseract decode in their own way"):
        evaluate(
            EvaluateConfig(
                model=tesseract_model, data=(pairs,), language=LanguageConfig(lm=letters)
            )
        )
