"""HTRMoPo: models of text recognition on Zenodo, in its community ``ocr_models``.

Names are ``htrmopo:`` and the DOI of a version, or of all versions for the newest one.

Source: Zenodo REST API, records; github.com/mittagessen/HTRMoPo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

from uncial.catalogue.answers import DAY, FOR_GOOD, as_object, items, mapping, texts
from uncial.catalogue.cards import from_json, from_markdown
from uncial.catalogue.entry import Asking, Entry, ModelFile, Query
from uncial.catalogue.hosts import host
from uncial.errors import ConfigError, InputError
from uncial.progress import Advanced, Note
from uncial.web import origin

COMMUNITY: Final = "ocr_models"
_PAGE: Final = 25  # records an answer; more are for those who are logged in
_PAGES: Final = 100
_NAME: Final = re.compile(r"(?:.*zenodo\.|.*/records?/|)(\d{1,12})/?")
_CARDS: Final = {"README.md": from_markdown, "metadata.json": from_json}


def record_number(identifier: str) -> str:
    """Zenodo's number of a record, by its DOI, address or number.

    Raises:
        ConfigError: It is none of these.
    """
    found = _NAME.fullmatch(identifier.strip())
    if found is None:
        raise ConfigError(
            f"{identifier!r} is no DOI of Zenodo", remedy="write htrmopo:10.5281/zenodo.NUMBER"
        )
    return found[1]


class HtrMoPo:
    """The community's records."""

    def find(self, query: Query, asking: Asking) -> Iterator[Entry]:
        """Every record of the community, with what its card says; cards are kept for good."""
        asked = urlencode({"communities": COMMUNITY, "size": _PAGE, "sort": "mostrecent"})
        url = f"{host('zenodo')}/api/records?{asked}"
        seen = 0
        for _ in range(_PAGES):
            answer = mapping(as_object(asking.answer(url, DAY), url))
            hits = mapping(answer.get("hits"))
            found = items(hits.get("hits"))
            for record in found:
                seen += 1
                yield _entry(record, asking)
                total = hits.get("total")
                known = total if isinstance(total, int) else None
                asking.reporter(Advanced(stage="htrmopo", done=seen, total=known, unit="records"))
            following = mapping(answer.get("links")).get("next")
            if not found or not isinstance(following, str) or origin(following) != origin(url):
                return
            url = following

    def show(self, identifier: str, asking: Asking) -> Entry:
        """The record of a DOI."""
        number = record_number(identifier)
        url = f"{host('zenodo')}/api/records/{number}"
        record = mapping(as_object(asking.answer(url, DAY), url))
        if number not in (str(record.get("id")), str(record.get("conceptrecid"))):
            raise InputError(f"{url}: the answer is of another record", remedy="try again later")
        return _entry(record, asking)


def _entry(record: dict[str, Any], asking: Asking) -> Entry:
    told = mapping(record.get("metadata"))
    number = str(record.get("id"))
    doi = str(record.get("doi") or told.get("doi") or number)
    files = tuple(_files(record, number))
    names = [str(one.get("name") or "") for one in items(told.get("creators"))]
    licence = mapping(told.get("license")).get("id")
    facts: dict[str, Any] = {
        "title": str(told.get("title") or doi),
        "licence": str(licence or ""),
        "authors": tuple(filter(None, names)),
        "date": str(told.get("publication_date") or ""),
        "keywords": texts(told.get("keywords")),
    }
    more, card = _card(files, doi, asking)
    more["keywords"] = tuple(dict.fromkeys((*facts["keywords"], *more.get("keywords", ()))))
    return Entry(
        name=f"htrmopo:{doi}", revision=number, files=files, card=card, **{**facts, **more}
    )


def _files(record: dict[str, Any], number: str) -> Iterator[ModelFile]:
    for one in items(record.get("files")):
        name, size = str(one.get("key") or ""), one.get("size")
        yield ModelFile(
            name=name,
            address=f"{host('zenodo')}/api/records/{number}/files/{quote(name, safe='')}/content",
            size=size if isinstance(size, int) and size > 0 else 0,
            digest=str(one.get("checksum") or ""),
        )


def _card(files: tuple[ModelFile, ...], doi: str, asking: Asking) -> tuple[dict[str, Any], str]:
    """What the card of a record tells, and its text; nothing where it has none."""
    by_name = {one.name: one for one in files}
    for name, reader in _CARDS.items():
        if name in by_name:
            try:
                return reader(asking.answer(by_name[name].address, FOR_GOOD))
            except InputError as error:
                asking.reporter(Note(text=f"{doi}: {error.problem}", level="warning"))
    return {}, ""


CATALOGUE = HtrMoPo()
