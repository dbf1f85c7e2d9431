"""A model is published with a card that says all, and only when that is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_catalogues import Answer, Catalogues, card

from uncial.errors import ConfigError, FormatError, InputError
from uncial.tasks.models import ModelsConfig, models
from uncial.tasks.publishing import PublishConfig, PublishResult

DEPOSITS = "/api/deposit/depositions"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "print.mlmodel"
    path.write_bytes(b"m" * 3000)
    (tmp_path / "card.md").write_bytes(
        card(0, "A: model").replace(b"metrics:", b"base_model: ['10.5281/zenodo.7', own]\nmetrics:")
    )
    return path


def _publish(model: Path, output: Path | None = None, **told: object) -> PublishResult:
    config = PublishConfig(**{"card": model.with_name("card.md"), **told})  # type: ignore[arg-type]
    result = models(
        ModelsConfig(action="publish", names=(str(model),), output=output, publish=config)
    )
    assert isinstance(result, PublishResult)
    return result


def test_nothing_is_sent_unless_that_is_asked_for(server: Catalogues, model: Path) -> None:
    result = _publish(model, model.parent / "deposit")
    assert not result.uploaded
    assert server.asked == []
    readme, metadata = result.written
    assert readme.read_text("utf-8") == result.card
    assert json.loads(metadata.read_text("utf-8")) == result.metadata
    assert result.metadata["title"] == "A: model"
    assert result.metadata["communities"] == [{"identifier": "ocr_models"}]
    [derived] = result.metadata["related_identifiers"]
    assert derived["identifier"] == "10.5281/zenodo.7"
    assert "communities" not in _publish(model, private=True).metadata


def test_a_draft_has_card_and_model_and_can_be_made_final(
    server: Catalogues, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENODO_TOKEN", "secret")
    draft = _publish(model, upload=True)
    assert (draft.uploaded, draft.published, draft.doi) == (True, False, "10.5281/zenodo.900")
    assert draft.address == f"{server.address}/deposit/900"
    assert server.published == []
    assert server.records[900]["print.mlmodel"] == b"m" * 3000
    assert b'id: "10.5281/zenodo.900"' in server.records[900]["README.md"]
    assert server.deposits[900] == draft.metadata
    final = _publish(model, upload=True, final=True)
    assert final.published
    assert server.published == [900]
    shown = models(ModelsConfig(action="show", names=("htrmopo:10.5281/zenodo.900",)))
    assert [one.title for one in shown.found] == ["A: model"]  # type: ignore[union-attr]


def test_a_new_version_replaces_the_files_of_the_one_before(
    server: Catalogues, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENODO_TOKEN", "secret")
    result = _publish(model, upload=True, version_of="10.5281/zenodo.103")
    assert result.doi == "10.5281/zenodo.1103"
    assert server.records[1103].keys() == {"README.md", "print.mlmodel"}


def test_a_token_is_needed_and_must_be_the_right_one(
    server: Catalogues, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="no token") as told:
        _publish(model, upload=True)
    assert "ZENODO_TOKEN" in told.value.remedy
    monkeypatch.setenv("ZENODO_TOKEN", "wrong")
    with pytest.raises(InputError, match=r"401.*who are you"):
        _publish(model, upload=True)


def test_the_token_goes_to_no_other_server(
    server: Catalogues, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENODO_TOKEN", "secret")
    draft = server.draft(900)
    draft["links"]["bucket"] = "http://127.0.0.2:1/api/files/900"
    server.spoilt[DEPOSITS] = Answer(json.dumps(draft).encode())
    with pytest.raises(InputError, match="no draft"):
        _publish(model, upload=True)
    assert server.paths("PUT") == []
    elsewhere = {"links": {"latest_draft": "http://127.0.0.2:1/x"}}
    server.spoilt[f"{DEPOSITS}/103/actions/newversion"] = Answer(json.dumps(elsewhere).encode())
    with pytest.raises(InputError, match="names no draft"):
        _publish(model, upload=True, version_of="10.5281/zenodo.103")


def test_a_step_that_fails_leaves_a_draft_that_is_named(
    server: Catalogues, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENODO_TOKEN", "secret")
    server.spoilt["/api/files/900/print.mlmodel"] = Answer(b"full", status=507)
    with pytest.raises(InputError, match=r"507.*full\n.*/deposit/900 stays"):
        _publish(model, upload=True, final=True)
    assert server.published == []


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("name: Somebody", "name: not stated", "authors: is not said"),
        ("license: CC-BY-4.0", "license: notspecified", "license: is not said"),
        ("language: [deu]", "language: [German]", "language: 'German' is no code"),
        ("- Latf", "- latf", "script: 'latf' is no code"),
        ("model_type:\n- recognition\n", "", "model_type: is not said"),
    ],
)
def test_a_card_that_says_too_little_is_not_published(
    model: Path, old: str, new: str, match: str
) -> None:
    path = model.with_name("card.md")
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=match):
        _publish(model)


def test_a_model_of_another_program_needs_a_card(model: Path) -> None:
    with pytest.raises(ConfigError, match="carries a card"):
        _publish(model, card=None)
    model.with_name("card.md").write_text("---\n- no mapping\n---\n", encoding="utf-8")
    with pytest.raises(FormatError, match="no mapping"):
        _publish(model)
    with pytest.raises(ConfigError, match="final without upload"):
        PublishConfig(final=True)
    with pytest.raises(ConfigError, match="one model"):
        models(ModelsConfig(action="publish"))
