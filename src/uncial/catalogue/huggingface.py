"""The Hugging Face hub: models of ours, of kraken, and encoders with decoders of transformers.

Names are ``hf:OWNER/NAME``.

Source: Hugging Face hub API (``/api/models``, ``resolve``); model cards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

from uncial.catalogue.answers import DAY, FOR_GOOD, as_object, items, mapping, texts
from uncial.catalogue.cards import from_markdown, from_matter
from uncial.catalogue.entry import Asking, Entry, ModelFile, Query
from uncial.catalogue.hosts import host
from uncial.errors import ConfigError, InputError
from uncial.progress import Advanced

TAGS: Final = ("uncial", "kraken", "trocr", "vision-encoder-decoder")
"""Entries with one of these tags may be read here."""
_MOST: Final = 200  # entries of a tag
_NAME: Final = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_SEGMENTS: Final = ("segmentation", "layout-analysis", "image-segmentation", "object-detection")


class HuggingFace:
    """Models with tags that say what can be read here."""

    def find(self, query: Query, asking: Asking) -> Iterator[Entry]:
        """Entries of each tag, by what the hub's list tells of them."""
        seen: set[str] = set()
        for done, tag in enumerate(TAGS, start=1):
            asked = {"filter": tag, "limit": _MOST, "full": "true", "cardData": "true"}
            if query.words:
                asked["search"] = query.words[0]
            url = f"{host('huggingface')}/api/models?{urlencode(asked)}"
            for one in items(as_object(asking.answer(url, DAY), url)):
                name = str(one.get("id") or "")
                if name not in seen and _NAME.fullmatch(name):
                    seen.add(name)
                    yield _entry(name, one)
            asking.reporter(Advanced(stage="hf", done=done, total=len(TAGS), unit="tags"))

    def show(self, identifier: str, asking: Asking) -> Entry:
        """One entry, with the sizes and digests of its files."""
        if not _NAME.fullmatch(identifier):
            raise ConfigError(f"{identifier!r} is no name on a hub", remedy="write hf:OWNER/NAME")
        url = f"{host('huggingface')}/api/models/{identifier}?blobs=true"
        one = mapping(as_object(asking.answer(url, DAY), url))
        if str(one.get("id")).lower() != identifier.lower():
            raise InputError(f"{url}: the answer is of another model", remedy="try again later")
        entry = _entry(identifier, one)
        readme = next((file for file in entry.files if file.name == "README.md"), None)
        if readme is None:
            return entry
        facts, card = from_markdown(asking.answer(readme.address, FOR_GOOD))
        told = {name: value for name, value in vars(entry).items() if value}
        return Entry(**{**facts, **told, "card": card})


def _entry(name: str, one: dict[str, Any]) -> Entry:
    tags, card = texts(one.get("tags")), mapping(one.get("cardData"))
    facts = from_matter(card)
    sha = str(one.get("sha") or "main")
    owner, _, title = name.partition("/")
    licences = [tag.removeprefix("license:") for tag in tags if tag.startswith("license:")]
    kind = "segmentation" if set(tags) & set(_SEGMENTS) else "recognition"
    software = next((tag for tag in (*TAGS, "transformers") if tag in tags), "")
    told: dict[str, Any] = {
        "title": title,
        "kinds": (kind,),
        "licence": "".join(licences[:1]),
        "authors": (owner,),
        "software": software,
        "keywords": tuple(tag for tag in tags if ":" not in tag),
        **facts,
    }
    return Entry(
        name=f"hf:{name}",
        revision=sha,
        date=str(one.get("lastModified") or one.get("createdAt") or "")[:10],
        files=tuple(_files(name, sha, one)),
        **told,
    )


def _files(name: str, sha: str, one: dict[str, Any]) -> Iterator[ModelFile]:
    for file in items(one.get("siblings")):
        called, large = str(file.get("rfilename") or ""), mapping(file.get("lfs"))
        size = large.get("size", file.get("size"))
        digest = f"sha256:{large['sha256']}" if large.get("sha256") else ""
        if not digest and file.get("blobId"):
            digest = f"git:{file['blobId']}"
        yield ModelFile(
            name=called,
            address=f"{host('huggingface')}/{name}/resolve/{quote(sha)}/{quote(called)}",
            size=size if isinstance(size, int) and size > 0 else 0,
            digest=digest,
        )


CATALOGUE = HuggingFace()
