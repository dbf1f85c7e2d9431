"""Downloads go on where they stopped and are what they should be; hostile answers end in errors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from model_catalogues import Answer, Catalogues, catalogues, git_hash

from uncial import web
from uncial.errors import InputError

DATA = bytes(range(256)) * 40


@pytest.fixture
def server() -> Iterator[Catalogues]:
    with catalogues() as running:
        running.records[1] = {"a.bin": DATA}
        yield running


PATH = "/api/records/1/files/a.bin/content"


def _sha(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_a_file_that_was_cut_short_goes_on_where_it_stopped(
    server: Catalogues, tmp_path: Path
) -> None:
    server.spoilt[PATH] = [Answer(DATA, cut=3000)]
    target, url, told = tmp_path / "a.bin", server.address + PATH, list[int]()
    with pytest.raises(InputError, match="ended after 3,000 of 10,240 bytes"):
        web.download(url, target, most=10**6, digest=_sha(DATA))
    assert not target.exists()
    web.download(url, target, most=10**6, digest=_sha(DATA), tell=told.append)
    assert target.read_bytes() == DATA
    assert told == [len(DATA)]
    assert [one.headers.get("Range") for one in server.asked] == [None, "bytes=3000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("ranges", [True, False])
def test_what_is_left_of_another_file_is_thrown_away(
    server: Catalogues, tmp_path: Path, ranges: bool
) -> None:
    server.ranges = ranges
    (tmp_path / ".a.bin.part").write_bytes(b"of something else")
    web.download(server.address + PATH, tmp_path / "a.bin", most=10**6, digest=_sha(DATA))
    assert (tmp_path / "a.bin").read_bytes() == DATA


def test_what_is_left_may_be_longer_than_the_file_or_all_of_it(
    server: Catalogues, tmp_path: Path
) -> None:
    for left in (DATA, DATA + b"x", DATA + bytes(10**5)):
        (tmp_path / ".a.bin.part").write_bytes(left)
        web.download(server.address + PATH, tmp_path / "a.bin", most=2 * 10**5, digest=_sha(DATA))
        assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize("digest", [_sha(DATA), f"git:{git_hash(DATA)}"])
def test_another_file_than_was_promised_is_refused(
    server: Catalogues, tmp_path: Path, digest: str
) -> None:
    server.spoilt[PATH] = Answer(DATA[:-1] + b"!")
    with pytest.raises(InputError, match="not " + digest.partition(":")[2]):
        web.download(server.address + PATH, tmp_path / "a.bin", most=10**6, digest=digest)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no digest is called"):
        web.download(server.address + PATH, tmp_path / "a.bin", most=10**6, digest="crc:1")


def test_nothing_grows_beyond_what_it_may(server: Catalogues, tmp_path: Path) -> None:
    url, target = server.address + PATH, tmp_path / "a.bin"
    with pytest.raises(InputError, match="over 100"):
        web.download(url, target, most=100)
    with pytest.raises(InputError, match="over 5,000"):
        web.download(url, target, most=10**6, size=5000)
    with pytest.raises(InputError, match="over 100"):
        web.download(url, target, most=100, size=10**12)
    with pytest.raises(InputError, match="more than 100 bytes"):
        web.fetch(url, 100)
    server.spoilt[PATH] = Answer(DATA, length=10**15, cut=100)
    with pytest.raises(InputError, match="over 1,000,000"):
        web.download(url, target, most=10**6)
    assert not target.exists()
    with pytest.raises(InputError, match="ended after 100"):
        web.fetch(url, 10**6)


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{port}/api/records/1",
        "http://127.0.0.1:1/api/records/1",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]:{port}/api/records/1",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:{port}/api/records/1",
        "ftp://127.0.0.1/x",
        "file:///etc/hostname",
    ],
)
def test_a_redirect_leads_to_no_other_private_address(
    server: Catalogues, place: str, tmp_path: Path
) -> None:
    target = place.format(port=server.server_port)
    server.spoilt[PATH] = Answer(status=302, headers={"Location": target})
    with pytest.raises(InputError, match=r"redirects to|[Rr]edirection to url"):
        web.download(server.address + PATH, tmp_path / "a.bin", most=10**6)
    assert server.paths() == [PATH]


def test_a_redirect_back_to_the_server_is_followed(server: Catalogues) -> None:
    server.spoilt["/moved"] = Answer(status=302, headers={"Location": server.address + PATH})
    assert web.fetch(server.address + "/moved") == DATA
    server.spoilt["/round"] = Answer(status=302, headers={"Location": server.address + "/round"})
    with pytest.raises(InputError, match="infinite loop"):
        web.fetch(server.address + "/round")


def test_a_busy_server_is_asked_again(server: Catalogues) -> None:
    server.spoilt[PATH] = [Answer(status=429, headers={"Retry-After": "0"})] * 2
    assert web.fetch(server.address + PATH) == DATA
    server.spoilt[PATH] = [Answer(status=429, headers={"Retry-After": "86400"})]
    with pytest.raises(InputError, match="429"):
        web.fetch(server.address + PATH)


def test_a_token_goes_to_no_open_connection_and_along_no_redirect(server: Catalogues) -> None:
    with pytest.raises(InputError, match="not encrypted"):
        web.send("POST", "http://1.1.1.1/", b"", token="secret")
    place = {"Location": server.address + "/elsewhere"}
    server.spoilt["/api/deposit/depositions"] = Answer(status=302, headers=place)
    with pytest.raises(InputError, match="404"):
        web.send("POST", server.address + "/api/deposit/depositions", b"{}", token="secret")
    assert [one.headers.get("Authorization") for one in server.asked] == ["Bearer secret", None]


@pytest.mark.parametrize("url", ["file:///etc/hostname", "data:,x", "x", "http://", "http://["])
def test_other_addresses_are_none(url: str) -> None:
    with pytest.raises(InputError):
        web.fetch(url)
