"""Catalogues are searched, fetched from and trusted only as far as their checksums go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_catalogues import Answer, Catalogues, card

from uncial.catalogue.local import is_named, local_model
from uncial.errors import ConfigError, InputError
from uncial.progress import Event, Note
from uncial.tasks.models import FetchedResult, FindConfig, FoundResult, ModelsConfig, models


def _find(*words: str, anew: bool = False, **wanted: str | bool) -> dict[str, str]:
    config = ModelsConfig(action="find", names=words, find=FindConfig(**wanted), anew=anew)
    result = models(config)
    assert isinstance(result, FoundResult)
    return {one.name: one.title for one in result.found}


def _get(name: str, output: Path | None = None) -> Path:
    result = models(ModelsConfig(action="get", names=(name,), output=output))
    assert isinstance(result, FetchedResult)
    return result.fetched[name]


ZENODO = "htrmopo:10.5281/zenodo."


def test_every_catalogue_is_searched_and_its_cards_are_read(server: Catalogues) -> None:
    assert _find() == {
        "hf:somebody/hand": "hand",
        "hf:somebody/trocr": "trocr",
        f"{ZENODO}101": "German print",
        f"{ZENODO}103": "Lines of pages",
        f"{ZENODO}105": "Old Arabic",
        "tessdata:deu_latf": "Tesseract's deu_latf, float",
        "tessdata:chi_sim_vert": "Tesseract's chi_sim_vert, float",
        "tessdata:script/Fraktur": "Tesseract's script/Fraktur, float",
        "tessdata:osd": "Tesseract's osd, float",
        "tessdata:fast/deu": "Tesseract's deu, 8-bit integers",
    }
    assert f"{ZENODO}107" in _find(unreadable=True)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"script": "latf"}, [f"{ZENODO}101", "tessdata:deu_latf", "tessdata:script/Fraktur"]),
        ({"language": "de"}, [f"{ZENODO}101", "tessdata:deu_latf", "tessdata:fast/deu"]),
        ({"language": "fra"}, ["hf:somebody/hand", "hf:somebody/trocr"]),
        ({"language": "zh"}, ["tessdata:chi_sim_vert"]),
        ({"kind": "segmentation"}, [f"{ZENODO}103"]),
        ({"licence": "cc-by"}, [f"{ZENODO}101", f"{ZENODO}103"]),
        ({"script": "Arab", "licence": "apache"}, [f"{ZENODO}105"]),
        ({"catalogue": "tessdata", "kind": "recognition", "script": "Latn"}, ["tessdata:fast/deu"]),
    ],
)
def test_models_are_chosen_by_script_language_kind_and_licence(
    server: Catalogues, wanted: dict[str, str], names: list[str]
) -> None:
    assert list(_find(**wanted)) == names


def test_words_must_all_be_there(server: Catalogues) -> None:
    assert list(_find("german", "PRINT")) == [f"{ZENODO}101"]
    assert _find("german", "arabic") == {}


def test_a_catalogue_that_is_away_stops_no_search_and_an_old_answer_will_do(
    server: Catalogues,
) -> None:
    gone = {
        path: Answer(status=500)
        for path in (f"/repos/tesseract-ocr/tessdata_{one}/git/trees/main?recursive=1"
                     for one in ("best", "fast"))
    }  # fmt: skip
    server.spoilt = dict(gone)
    notes: list[Event] = []
    result = models(ModelsConfig(action="find"), notes.append)
    assert isinstance(result, FoundResult)
    assert len(result.found) == 5
    assert any("500" in one.text for one in notes if isinstance(one, Note))
    with pytest.raises(InputError, match="500"):
        _find(catalogue="tessdata")
    server.spoilt = {}
    before = _find(catalogue="tessdata")
    asked = len(server.asked)
    server.spoilt = dict(gone)
    assert _find(catalogue="tessdata") == before
    assert len(server.asked) == asked
    with pytest.raises(InputError, match="500"):
        _find(catalogue="tessdata", anew=True)


def test_cards_are_shown_as_they_are(server: Catalogues) -> None:
    names = (f"{ZENODO}100", f"{ZENODO}105", "hf:somebody/hand", "tessdata:fast/deu")
    shown = models(ModelsConfig(action="show", names=names))
    assert isinstance(shown, FoundResult)
    new, old, hand, deu = shown.found
    assert (new.name, new.metrics, new.licence) == (f"{ZENODO}101", {"cer": 2.5}, "CC-BY-4.0")
    assert new.card.startswith("# German print")
    assert (old.metrics, old.card, old.languages) == ({"cer": 2.5}, "Letters.", ("ara",))
    assert (hand.scripts, hand.date, hand.size) == (("Latn",), "2026-02-03", 700)
    assert (deu.languages, deu.licence, deu.size) == (("deu",), "Apache-2.0", 20)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"{ZENODO}101", b"m" * 5000),
        (f"{ZENODO}100", b"m" * 5000),
        (f"{ZENODO}103#other.safetensors", b"o" * 300),
        ("hf:somebody/hand", b"h" * 700),
        ("tessdata:deu_latf", b"f" * 40),
        ("tessdata:script/Fraktur", b"F" * 40),
        ("tessdata:fast/deu", b"d" * 20),
    ],
)
def test_a_model_is_fetched_once_and_then_there_without_the_catalogue(
    server: Catalogues, name: str, data: bytes
) -> None:
    assert is_named(name)
    path = local_model(name)
    assert path.read_bytes() == data
    asked = len(server.asked)
    assert local_model(Path(name)) == path
    assert len(server.asked) == asked
    path.unlink()
    assert local_model(name).read_bytes() == data


def test_a_checkpoint_is_a_folder_with_what_is_needed_of_it(server: Catalogues) -> None:
    folder = local_model("hf:somebody/trocr")
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json"}
    assert local_model("hf:somebody/trocr") == folder


def test_models_are_put_into_a_folder(server: Catalogues, tmp_path: Path) -> None:
    assert _get("tessdata:deu_latf", tmp_path / "mine") == tmp_path / "mine/deu_latf.traineddata"
    assert (_get("hf:somebody/trocr", tmp_path / "mine") / "config.json").is_file()


def test_a_new_version_is_fetched_when_it_is_asked_for(server: Catalogues) -> None:
    first = local_model(f"{ZENODO}100")
    server.records[109] = {"README.md": card(109, "Newer"), "print.mlmodel": b"n" * 10}
    server.concepts[100] = 109
    assert local_model(f"{ZENODO}100") == first
    result = models(ModelsConfig(action="get", names=(f"{ZENODO}100",), anew=True))
    assert isinstance(result, FetchedResult)
    assert result.fetched[f"{ZENODO}100"].read_bytes() == b"n" * 10


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("htrmopo:10.1000/182", "no DOI of Zenodo"),
        ("hf:nobody", "no name on a hub"),
        ("hf:../../api", "no name on a hub"),
        ("tessdata:../deu", "no name of a model"),
        (f"{ZENODO}103", "has 2 models"),
        (f"{ZENODO}107", "no model that is read here"),
        (f"{ZENODO}101#absent.mlmodel", "has no file 'absent.mlmodel'"),
        ("tessdata", "names no model"),
    ],
)
def test_names_of_nothing_are_refused(server: Catalogues, name: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        _get(name)


@pytest.mark.parametrize("name", [f"{ZENODO}999", "hf:some/body", "tessdata:xyz"])
def test_what_is_not_there_is_said(server: Catalogues, name: str) -> None:
    with pytest.raises(InputError, match=r"404|not in the repository"):
        _get(name)


def _content(number: int, file: str) -> str:
    return f"/api/records/{number}/files/{file}/content"


def test_another_file_than_promised_never_arrives(server: Catalogues, tmp_path: Path) -> None:
    server.spoilt[_content(101, "print.mlmodel")] = Answer(b"x" * 5000)
    server.spoilt["/somebody/hand/resolve/0123abc/model.safetensors"] = Answer(b"x" * 700)
    server.spoilt["/tesseract-ocr/tessdata_best/main/deu_latf.traineddata"] = Answer(b"x" * 40)
    for name in (f"{ZENODO}101", "hf:somebody/hand", "tessdata:deu_latf"):
        with pytest.raises(InputError, match=r"is .*, not "):
            local_model(name)
    kept = [path for path in (tmp_path / "cache/uncial/models").rglob("*") if path.is_file()]
    assert kept == []


def test_a_torn_file_goes_on_the_next_time(server: Catalogues) -> None:
    path = _content(101, "print.mlmodel")
    server.spoilt[path] = [Answer(b"m" * 5000, cut=2000)]
    with pytest.raises(InputError, match="ended after"):
        local_model(f"{ZENODO}101")
    assert local_model(f"{ZENODO}101").read_bytes() == b"m" * 5000
    assert [one.headers.get("Range") for one in server.asked if one.path == path][
        1
    ] == "bytes=2000-"


@pytest.mark.parametrize(
    "file", ["../../escaped.mlmodel", "/tmp/x.mlmodel", ".x.mlmodel", "a/b.mlmodel"]
)
def test_no_file_lands_outside_of_its_folder(server: Catalogues, file: str, tmp_path: Path) -> None:
    server.records[111] = {"README.md": card(111, "Hostile"), file: b"h"}
    with pytest.raises(InputError, match="leads elsewhere"):
        local_model(f"{ZENODO}111")
    assert not [path for path in tmp_path.rglob("*.mlmodel*")]


def test_sizes_that_cannot_be_are_refused(server: Catalogues) -> None:
    record = server.record(101)
    record["files"][1]["size"] = 10**15
    server.spoilt["/api/records/101"] = Answer(json.dumps(record).encode())
    with pytest.raises(InputError, match="over 4,294,967,296"):
        local_model(f"{ZENODO}101")


def test_redirects_into_this_network_are_not_followed(server: Catalogues) -> None:
    inside = {"Location": f"http://127.0.0.2:{server.server_port}/secret"}
    server.spoilt[_content(101, "print.mlmodel")] = Answer(status=302, headers=inside)
    server.spoilt["/api/models/somebody/hand?blobs=true"] = Answer(status=307, headers=inside)
    for name in (f"{ZENODO}101", "hf:somebody/hand"):
        with pytest.raises(InputError, match="inside of this network"):
            local_model(name)
    assert "/secret" not in server.paths()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"null", b'{"id": 5}', b'{"files": 3}', b"[" * 10**5, b'{"id": "101"'],
)
def test_answers_that_make_no_sense_are_errors(server: Catalogues, body: bytes) -> None:
    server.spoilt["/api/records/101"] = Answer(body)
    server.spoilt["/api/models/somebody/hand?blobs=true"] = Answer(body)
    trees = "/repos/tesseract-ocr/tessdata_best/git/trees/main?recursive=1"
    server.spoilt[trees] = Answer(body)
    for name in (f"{ZENODO}101", "hf:somebody/hand", "tessdata:deu_latf"):
        with pytest.raises(InputError):
            local_model(name)


def test_records_with_odd_values_are_listed_as_far_as_they_go(server: Catalogues) -> None:
    odd = [
        {"id": 1, "metadata": {"title": 3, "creators": "x", "license": [], "keywords": {}}},
        {"id": [], "files": [{"key": None, "size": -1, "checksum": 5}, "x"]},
        "no record",
        {},
    ]
    url = "/api/records?communities=ocr_models&size=25&sort=mostrecent"
    hits = {"hits": {"hits": odd, "total": "many"}, "links": {"next": "http://example.org/x"}}
    server.spoilt[url] = Answer(json.dumps(hits).encode())
    assert len(_find(catalogue="htrmopo", unreadable=True)) == 3
    assert all("example" not in one.headers.get("Host", "") for one in server.asked)


def test_a_card_that_cannot_be_read_hides_no_model(server: Catalogues) -> None:
    server.records = {
        101: {"README.md": b"---\na: !!python/name:os.system\n---\n# Odd\n", "a.mlmodel": b"m"},
        103: {"README.md": b"\xff\xfe\x00", "b.mlmodel": b"m"},
        105: {"metadata.json": b"no json", "c.mlmodel": b"m"},
        107: {"README.md": b"---\nlicense: {a: b}\nmetrics: [1]\n---\n", "d.mlmodel": b"m"},
    }
    assert list(_find(catalogue="htrmopo")) == [f"{ZENODO}{n}" for n in (101, 103, 105, 107)]


def test_a_path_that_exists_is_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hf:local").write_bytes(b"x")
    assert not is_named("hf:local")
    assert local_model(Path("hf:local")) == Path("hf:local")
    for path in ("model.safetensors", "C:/model.mlmodel", "other:name", "a/b"):
        assert not is_named(path)
