"""A model as a deposit on Zenodo, for HTRMoPo: card and metadata checked, then sent.

Source: Zenodo REST API, depositions and files; HTRMoPo model card v1.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from uncial.catalogue.answers import as_object, items, mapping, texts
from uncial.catalogue.hosts import host
from uncial.catalogue.htrmopo import COMMUNITY, record_number
from uncial.errors import ConfigError, InputError
from uncial.formats.models import frontmatter
from uncial.web import origin, send

_REQUIRED: Final = (
    *("authors", "summary", "license", "software_name", "language", "script", "model_type"),
)
_CODES: Final = {"language": re.compile(r"[a-z]{3}"), "script": re.compile(r"[A-Z][a-z]{3}")}
_IDENTIFIER: Final = re.compile(r"10\.\d+/.+|https?://.+")
_SAID_NOTHING: Final = {"authors": "not stated", "license": "notspecified", "language": "und"}


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """What would be published.

    Attributes:
        files: The model's.
        matter: Front matter of the card.
        text: The card behind it.
        community: Whether the record asks to be taken into HTRMoPo's community.
    """

    files: tuple[Path, ...]
    matter: dict[str, Any]
    text: str
    community: bool = True

    @property
    def card(self) -> str:
        """The card, as ``README.md`` will hold it."""
        return "\n".join(["---", *frontmatter.write(self.matter), "---", "", self.text])

    @property
    def metadata(self) -> dict[str, Any]:
        """What Zenodo is told about the record."""
        paragraphs = re.split(r"\n\s*\n", self.text.strip())
        told: dict[str, Any] = {
            "title": self.matter["summary"],
            "upload_type": "publication",
            "publication_type": "other",
            "description": "".join(f"<p>{html.escape(one)}</p>" for one in paragraphs),
            "creators": [
                {name: one[name] for name in ("name", "affiliation", "orcid") if one.get(name)}
                for one in items(self.matter["authors"])
            ],
            "access_right": "open",
            "license": self.matter["license"],
            "keywords": list(texts(self.matter.get("keywords"))),
            "related_identifiers": [
                {"relation": "isDerivedFrom", "identifier": one, "resource_type": kind}
                for field, kind in (("datasets", "dataset"), ("base_model", "other"))
                for one in texts(self.matter.get(field))
                if _IDENTIFIER.fullmatch(one)
            ],
            "communities": [{"identifier": COMMUNITY}] if self.community else [],
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, kw_only=True)
class Deposited:
    """What became of a deposit.

    Attributes:
        doi: Its identifier; reserved as long as it is a draft.
        address: Where to look at it.
        published: Whether it can be cited; otherwise it is a draft.
    """

    doi: str
    address: str
    published: bool


def prepared(model: Path, card: str, *, community: bool = True) -> Deposit:
    """A deposit of a model, if its card says all that is asked for.

    Args:
        model: Its file.
        card: Markdown with front matter.
        community: Whether it asks to be taken into the community.

    Raises:
        ConfigError: The card lacks something, or says it otherwise than it must be said.
        FormatError: Its front matter cannot be read.
    """
    matter, text = frontmatter.split(card)
    problems = [f"{name}: is not said" for name in _REQUIRED if not _said(name, matter.get(name))]
    for name, pattern in _CODES.items():
        wrong = [one for one in texts(matter.get(name)) if not pattern.fullmatch(one)]
        problems += [f"{name}: {one!r} is no code" for one in wrong]
    if problems:
        raise ConfigError(
            f"{model.name}: its card cannot be published:\n" + "\n".join(problems),
            remedy="say it when you train (--card.…), or give a card of your own",
        )
    return Deposit(files=(model,), matter=matter, text=text, community=community)


def _said(name: str, value: object) -> bool:
    if name == "authors":
        names = [one.get("name") for one in items(value)]
        return bool(names) and all(names) and _SAID_NOTHING[name] not in names
    return bool(texts(value)) and _SAID_NOTHING.get(name) not in texts(value)


def deposited(
    deposit: Deposit,
    token: str,
    *,
    final: bool = False,
    version_of: str = "",
    tell: Callable[[str], None] = lambda text: None,
) -> Deposited:
    """Send a deposit to Zenodo.

    Args:
        deposit: Prepared.
        token: Of the user's account.
        final: Publish it, which cannot be undone; otherwise it stays a draft.
        version_of: DOI of the record that it is a new version of.
        tell: Told each step.

    Raises:
        InputError: A step failed; what was made of the draft is named.
    """
    api = f"{host('zenodo')}/api/deposit/depositions"
    draft = _draft(api, token, version_of)
    number, links = draft.get("id"), mapping(draft.get("links"))
    address = str(links.get("html") or links.get("self") or f"{api}/{number}")
    doi = str(mapping(mapping(draft.get("metadata")).get("prereserve_doi")).get("doi") or "")
    try:
        bucket = str(links.get("bucket") or "").rstrip("/")
        if not isinstance(number, int) or not doi or origin(bucket) != origin(api):
            raise InputError(f"{api}: the answer is no draft", remedy="try again later")
        tell(f"draft {address}, {doi} reserved")
        named = Deposit(
            files=deposit.files,
            matter={**deposit.matter, "id": doi},
            text=deposit.text,
            community=deposit.community,
        )
        _emptied(api, number, draft, token)
        put = "application/octet-stream"
        send("PUT", f"{bucket}/README.md", named.card.encode(), token=token, kind=put)
        for path in named.files:
            send("PUT", f"{bucket}/{quote(path.name)}", path, token=token, kind=put)
            tell(f"{path.name} is there")
        body = json.dumps({"metadata": named.metadata}).encode()
        send("PUT", f"{api}/{number}", body, token=token)
        if final:
            url = f"{api}/{number}/actions/publish"
            done = mapping(as_object(send("POST", url, b"", token=token), url))
            links = mapping(done.get("links"))
            doi, address = str(done.get("doi") or doi), str(links.get("html") or address)
    except InputError as error:
        raise InputError(
            f"{error.problem}\nthe draft {address} stays",
            remedy="complete it there, or delete it and try again",
        ) from error
    return Deposited(doi=doi, address=address, published=final)


def _draft(api: str, token: str, version_of: str) -> dict[str, Any]:
    """A new draft, or one of a new version."""
    if not version_of:
        return mapping(as_object(send("POST", api, b"{}", token=token), api))
    url = f"{api}/{record_number(version_of)}/actions/newversion"
    made = mapping(as_object(send("POST", url, b"", token=token), url))
    latest = str(mapping(made.get("links")).get("latest_draft") or "")
    if origin(latest) != origin(api):
        raise InputError(f"{url}: the answer names no draft", remedy="try again later")
    return mapping(as_object(send("GET", latest, b"", token=token), latest))


def _emptied(api: str, number: int, draft: dict[str, Any], token: str) -> None:
    """Take the files of the version before out of a draft."""
    for file in items(draft.get("files")):
        send("DELETE", f"{api}/{number}/files/{quote(str(file.get('id')))}", b"", token=token)
