"""Pages of the data folder survive PAGE and ALTO; what is written is valid by the schemas.

The schemas are other people's files: ``page.xsd`` and ``xlink.xsd`` lie in the package
``ocrd`` (its folder ``ocrd_validators``), ``alto-4-4.xsd`` at the Library of Congress. Put
them into a folder and name it in UNCIAL_SCHEMAS; nothing is fetched here.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree
from pages import full_page

from uncial.formats.pages.base import PAGE_READERS, read_file, write_pages

SCHEMAS = {
    "page": ("page-2019-07-15.xsd", "page.xsd"),
    "page2013": ("page-2013-07-15.xsd",),
    "alto": ("alto-4-4.xsd",),
}


class _Beside(etree.Resolver):
    """Finds what a schema imports beside it, by its last name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resolve(self, url, public, context):
        return self.resolve_filename(str(self.folder / url.rpartition("/")[2]), context)


def schema(kind: str) -> etree.XMLSchema:
    folder = Path(os.environ.get("UNCIAL_SCHEMAS", "schemas"))
    path = next((folder / name for name in SCHEMAS[kind] if (folder / name).is_file()), None)
    if path is None:
        pytest.skip(f"no {' or '.join(SCHEMAS[kind])} in {folder}; name a folder in UNCIAL_SCHEMAS")
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Beside(folder))
    return etree.XMLSchema(etree.parse(str(path), parser))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_page_with_everything_is_valid(kind: str) -> None:
    rules = schema(kind)
    rules.assertValid(etree.fromstring(write_pages([full_page()], kind).data))


@pytest.mark.data
@pytest.mark.parametrize("kind", ["page", "alto"])
def test_every_page_of_the_data_folder_comes_back_the_same(kind: str, shared_data: Path) -> None:
    files = sorted(shared_data.glob("pages-*/*.xml"))
    assert len(files) >= 59
    for path in files:
        (page,) = read_file(path).pages
        written = write_pages([page], kind)
        again = PAGE_READERS.get(kind).read(written.data, str(path))
        assert again.pages == (page,), path
        assert again.findings == ()
        assert written.losses == ()


@pytest.mark.data
@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_page_of_the_data_folder_is_valid_as_written(kind: str, shared_data: Path) -> None:
    rules = schema(kind)
    for path in sorted(shared_data.glob("pages-*/*.xml")):
        rules.assertValid(etree.fromstring(write_pages(read_file(path).pages, kind).data))
