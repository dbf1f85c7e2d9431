"""Fetching: what comes must be what was pinned; all without a network."""

import base64
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from uncial.errors import ConfigError, DataError
from uncial.synth.fetching import (
    Family,
    chosen,
    families,
    fetch,
    fetched_fonts,
    font_choice,
    registry_address,
)
from uncial.synth.fonts import KINDS, Font


def _registry(folder: Path, font: Font, name: str = "caveat") -> Family:
    """A package in the registry's folder, and the family that it holds."""
    archive = folder / "@expo-google-fonts" / name / "-" / f"{name}-1.0.0.tgz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        for path, data in (
            ("package/400Regular/X_400Regular.ttf", font.path.read_bytes()),
            ("package/900Black/X_900Black.ttf", font.path.read_bytes()),
            ("package/LICENSE_FONT", b"SIL Open Font License, Version 1.1"),
            ("package/../../escaped_400Regular.ttf", font.path.read_bytes()),
        ):
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return Family(name=name, kind="hand", version="1.0.0", integrity=f"sha512-{digest}")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """A server of the files in ``registry``."""
    (tmp_path / "registry").mkdir()
    handler = partial(_Quiet, directory=str(tmp_path / "registry"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_wanted_weights_and_the_licence_arrive(
    registry: str, tmp_path: Path, font: Font
) -> None:
    family = _registry(tmp_path / "registry", font)
    files = fetch(family, registry, tmp_path / "cache")
    assert [file.name for file in files] == ["X_400Regular.ttf", "escaped_400Regular.ttf"]
    assert {file.parent for file in files} == {tmp_path / "cache" / "caveat"}
    assert (tmp_path / "cache" / "caveat" / "LICENSE_FONT").is_file()
    assert [found.kind for found in fetched_fonts(tmp_path / "cache")] == ["hand", "hand"]


def test_what_is_there_is_not_fetched_again(registry: str, tmp_path: Path, font: Font) -> None:
    family = _registry(tmp_path / "registry", font)
    files = fetch(family, registry, tmp_path / "cache")
    assert fetch(family, "http://127.0.0.1:1", tmp_path / "cache") == files


def test_another_archive_than_the_pinned_one_is_refused(
    registry: str, tmp_path: Path, font: Font
) -> None:
    family = _registry(tmp_path / "registry", font)
    other = Family(name="caveat", kind="hand", version="1.0.0", integrity="sha512-x")
    with pytest.raises(DataError, match="not sha512-x"):
        fetch(other, registry, tmp_path / "cache")
    assert not (tmp_path / "cache" / "caveat").exists()
    with pytest.raises(DataError, match=r"nothere-1.0.0.tgz"):
        fetch(
            Family(name="nothere", kind="hand", version="1.0.0", integrity=family.integrity),
            registry,
            tmp_path / "cache",
        )


def test_families_are_pinned_known_kinds_and_many() -> None:
    for family in families():
        assert family.kind in KINDS
        assert len(base64.b64decode(family.integrity.removeprefix("sha512-"))) == 64
    assert sum(family.kind in ("hand", "cursive") for family in families()) >= 100


def test_families_are_chosen_by_name_and_kind() -> None:
    names = {family.name for family in chosen(["naskh", "caveat"])}
    assert {"amiri", "caveat"} <= names
    assert "eb-garamond" not in names
    with pytest.raises(ConfigError, match="hnad"):
        chosen(["hnad"])


def test_the_registry_is_npms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text('audit=false\nregistry = "https://one.example/npm/"\n')
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    monkeypatch.delenv("npm_config_registry", raising=False)
    assert registry_address() == "https://one.example/npm"
    monkeypatch.setenv("npm_config_registry", "https://two.example")
    assert registry_address() == "https://two.example"


def test_fonts_at_hand_are_found_by_family_file_and_folder(
    font: Font, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert font.path in {found.path for found in font_choice(["caladea"])}
    assert [found.path for found in font_choice([str(font.path)])] == [font.path]
    assert font.path in {found.path for found in font_choice([str(font.path.parent)])}
    with pytest.raises(ConfigError, match="uncial fonts fetch blackletter"):
        font_choice(["blackletter"])
