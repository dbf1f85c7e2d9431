"""What every format of pages promises, checked for each that is registered."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import full_page, pages

from uncial.errors import FormatError
from uncial.formats.pages.base import HEAD, PAGE_READERS, PAGE_WRITERS, format_of, read_pages
from uncial.page.layout import Page

WHOLE = ("page", "alto")
"""Formats that hold all of a page."""


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=20)
@given(page=pages())
def test_a_page_comes_back_as_it_was_written(kind: str, page: Page) -> None:
    written = PAGE_WRITERS.get(kind).write([page])
    found = PAGE_READERS.get(kind).read(written.data, "x.xml")
    assert written.losses == ()
    assert found.findings == ()
    assert found.pages == (page,)


@pytest.mark.parametrize("kind", WHOLE)
def test_a_format_is_told_by_its_content(kind: str) -> None:
    written = PAGE_WRITERS.get(kind).write([full_page()])
    assert format_of(written.data[:HEAD]) == kind
    assert format_of(written.data.decode().encode("utf-16")[:HEAD]) in (kind, None)


def test_page_holds_a_page_with_everything() -> None:
    page = full_page()
    written = PAGE_WRITERS.get("page").write([page])
    assert written.losses == ()
    assert read_pages(written.data, "x.xml").pages == (page,)


@pytest.mark.parametrize("kind", sorted(PAGE_WRITERS))
def test_the_same_page_gives_the_same_bytes(kind: str) -> None:
    writer = PAGE_WRITERS.get(kind)
    assert writer.suffix.startswith(".")
    assert writer.write([full_page()]).data == writer.write([full_page()]).data


@pytest.mark.parametrize("kind", sorted(PAGE_READERS))
@settings(max_examples=20)
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_politely(kind: str, data: bytes) -> None:
    reader = PAGE_READERS.get(kind)
    reader.recognizes(data)
    with contextlib.suppress(FormatError):
        reader.read(data, "x")
