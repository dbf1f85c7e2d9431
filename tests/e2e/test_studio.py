"""The studio in Chromium, as a person uses it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_studio import CHROMIUM, Running, running
from served_studio import Served, services
from studios import page_image, page_png

pytestmark = pytest.mark.chromium

_LINES = {
    f"line{n}": {"baseline": [[60, 133.0 * n], [540, 133.0 * n]], "boundary": []}
    for n in range(1, 6)
}


_SERVER = pytest.param("server", marks=[pytest.mark.postgres, pytest.mark.redis])
everywhere = pytest.mark.parametrize("studio", ["local", _SERVER], indirect=True)
"""A test that runs on one's own machine and on a server with PostgreSQL and Redis."""


@pytest.fixture(scope="module")
def studio(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("studio") / "data"
    if getattr(request, "param", "local") == "local":
        with running(data) as made:
            yield made
        return
    with services() as needed, running(data, Served(data, needed)) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def screen(studio: Running, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield _entered(studio, context)
    context.close()


def _entered(studio: Running, context: Any, person: str = "Anna") -> Any:
    """A tab in the studio; a script error or a broken rule of ours ends the test."""
    studio.enter(context, person)
    screen = context.new_page()
    screen.set_default_timeout(60_000)  # ms; workers are slow to begin on a busy machine
    faults: list[str] = []
    screen.faults = faults
    screen.on("pageerror", lambda error: faults.append(str(error)))
    screen.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    screen.goto(studio.address)
    return screen


@pytest.fixture
def page(studio: Running) -> int:
    """A page with five lines, in a document of its own."""
    return _imported(studio, 1)[0]


def _imported(studio: Running, count: int) -> list[int]:
    project = studio.ask("POST", "/api/projects", {"name": "P"})["id"]
    made = studio.ask("POST", f"/api/projects/{project}/documents", {"name": "D"})["id"]
    items = [
        {"name": f"{n}.png", "upload": studio.upload(f"{n}.png", page_png(n))} for n in range(count)
    ]
    studio.ask("POST", f"/api/documents/{made}/imports", {"items": items, "again": True})
    index = f"/api/documents/{made}/pages/index"
    studio.wait(lambda: len(studio.ask("GET", index)["pages"]) == count)
    pages = list(studio.ask("GET", index)["pages"])
    for page in pages:
        change = {"lines": _LINES, "order": list(_LINES)}
        studio.ask("PATCH", f"/api/pages/{page}/layout", change)
    studio.wait(lambda: all(job["state"] == "done" for job in studio.ask("GET", "/api/jobs")))
    return pages


def _opened(screen: Any, studio: Running, page: int) -> Any:
    screen.goto(f"{studio.address}/pages/{page}")
    screen.wait_for_selector("line-list li")
    return screen


def _saved(screen: Any) -> None:
    screen.wait_for_function("() => document.querySelector('.save-state').textContent === 'Saved'")


def _line(screen: Any, number: int) -> Any:
    return screen.locator(f"line-list li:nth-child({number}) button.text")


@everywhere
def test_from_nothing_to_pages_in_the_grid(studio: Running, screen: Any, tmp_path: Path) -> None:
    for n in range(3):
        page_image(n).save(tmp_path / f"scan {n}.png")
    screen.fill("input[name=name]", "Letters")
    screen.click("text=Make project")
    screen.wait_for_url("**/projects/*")
    screen.fill("input[name=name]", "To Anna")
    screen.click("text=Make document")
    screen.wait_for_url("**/documents/*")
    screen.click("text=Import")
    screen.set_input_files("import-dialog input[type=file]", list(tmp_path.glob("*.png")))
    screen.click("text=Import 3 pages")
    screen.wait_for_selector(".tile img")
    screen.wait_for_function("() => document.querySelectorAll('.tile img').length === 3")
    assert screen.locator(".tile .name").all_inner_texts()[0].replace("\n", "") == "scan 0.png"
    assert screen.faults == []


@everywhere
def test_what_is_typed_is_saved_and_can_be_undone(studio: Running, screen: Any, page: int) -> None:
    _opened(screen, studio, page)
    _line(screen, 2).click()
    screen.keyboard.type("Dear Anna")
    screen.keyboard.press("Enter")
    screen.keyboard.type("I write")
    _saved(screen)
    texts = studio.ask("GET", f"/api/pages/{page}")["texts"]
    assert {line: one["text"] for line, one in texts.items()} == {
        "line2": "Dear Anna",
        "line3": "I write",
    }
    for _ in range(2):
        screen.keyboard.press("Control+z")
    assert "Dear" not in screen.inner_text("line-list")
    for _ in range(2):
        screen.keyboard.press("Control+y")
    assert "Dear Anna" in screen.inner_text("line-list")
    assert screen.faults == []


def test_lines_are_drawn_cut_joined_reversed_moved_and_removed(
    studio: Running, screen: Any, page: int
) -> None:
    _opened(screen, studio, page)
    count = screen.locator("line-list li")
    canvas = screen.locator("page-canvas")
    screen.wait_for_function("() => document.querySelector('page-canvas').scale > 0")
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2
    canvas.focus()
    screen.keyboard.press("b")
    screen.mouse.move(middle - 100, box["y"] + 40)
    screen.mouse.down()
    screen.mouse.move(middle, box["y"] + 41)
    screen.mouse.move(middle + 100, box["y"] + 40)
    screen.mouse.up()
    assert count.count() == 6
    screen.keyboard.press("v")
    screen.keyboard.press("c")
    screen.mouse.click(middle, box["y"] + 40)
    assert count.count() == 7
    canvas.focus()
    screen.keyboard.press(".")
    chosen = "[...document.querySelector('page-canvas').chosen]"
    line = f"document.querySelector('page-editor').edits.state.lines.get({chosen}[0])"
    before = screen.evaluate(f"{line}.baseline")
    screen.keyboard.press("Shift+ArrowDown")
    screen.keyboard.press("i")
    after = screen.evaluate(f"{line}.baseline")
    assert after[0][1] == pytest.approx(before[-1][1] + 10)
    assert after[0][0] == before[-1][0]
    screen.evaluate(
        "const e = document.querySelector('page-editor');"
        "e.canvas.choose(e.edits.state.order.slice(0, 2))"
    )
    canvas.focus()
    screen.keyboard.press("j")
    assert count.count() == 6
    screen.keyboard.press("Delete")
    assert count.count() == 5
    _saved(screen)
    assert len(studio.ask("GET", f"/api/pages/{page}")["layout"]["lines"]) == 5
    for _ in range(6):
        screen.keyboard.press("Control+z")
    assert count.count() == 5
    _saved(screen)
    kept = studio.ask("GET", f"/api/pages/{page}")["layout"]["lines"]
    assert [line["id"] for line in kept] == list(_LINES)
    assert screen.faults == []


def test_letters_typed_into_a_line_are_no_shortcuts(
    studio: Running, screen: Any, page: int
) -> None:
    _opened(screen, studio, page)
    _line(screen, 1).click()
    screen.keyboard.type("bcjirtvo? .,")
    assert screen.input_value("input.writing") == "bcjirtvo? .,"
    assert screen.locator("line-list li").count() == 5
    assert screen.locator("dialog[open]").count() == 0


@everywhere
def test_of_two_people_on_one_line_both_see_it_and_neither_loses_text(
    studio: Running, screen: Any, browser: Any, page: int
) -> None:
    context = browser.new_context()
    other = _opened(_entered(studio, context, "Ben"), studio, page)
    _opened(screen, studio, page)
    for tab, text in ((screen, "first"), (other, "second")):
        _line(tab, 1).click()
        tab.keyboard.type(text)
        if tab is screen:
            _saved(screen)
    other.wait_for_selector("conflict-dialog dialog[open]")
    assert "first" in other.inner_text("conflict-dialog")
    other.click("text=Keep mine")
    _saved(other)
    history = studio.ask("GET", f"/api/pages/{page}/lines/line1/history")
    assert [(entry["text"], entry["now"]) for entry in history] == [
        ("second", True),
        ("first", False),
    ]
    context.close()


def test_two_people_on_different_lines_do_not_disturb_each_other(
    studio: Running, screen: Any, browser: Any, page: int
) -> None:
    context = browser.new_context()
    other = _opened(_entered(studio, context), studio, page)
    _opened(screen, studio, page)
    move = "document.querySelector('page-editor')"
    for tab, line in ((screen, "line1"), (other, "line5")):
        tab.evaluate(f"{move}.canvas.choose(['{line}'])")
        tab.evaluate(f"{move}.nudge(0, 7)")
        _saved(tab)
    other.wait_for_function(
        "() => document.querySelector('page-editor')"
        ".edits.state.lines.get('line1').baseline[0][1] === 140"
    )
    lines = studio.ask("GET", f"/api/pages/{page}")["layout"]["lines"]
    moved = {line["id"]: line["baseline"][0][1] for line in lines}
    assert (moved["line1"], moved["line5"]) == (140, 672)
    context.close()


def test_find_and_replace_shows_every_change_and_is_one_step(
    studio: Running, screen: Any, page: int
) -> None:
    _opened(screen, studio, page)
    for number in (1, 2, 3):
        _line(screen, number).click()
        screen.keyboard.type(f"wurd {number} wurd")
    screen.keyboard.press("Control+h")
    screen.fill("find-replace input >> nth=0", r"w(u)rd$")
    screen.check("text=Regular expression")
    screen.fill("find-replace input >> nth=1", "w$1$1rd")
    assert screen.inner_text("find-replace [role=status]") == "3 hits in 3 lines"
    assert screen.locator("find-replace ins").all_inner_texts() == ["wuurd"] * 3
    screen.click("text=Replace 3")
    assert "wurd 2 wuurd" in screen.inner_text("line-list")
    screen.locator("body").press("Control+z")
    assert "wuurd" not in screen.inner_text("line-list")


def test_words_are_marked_unclear_and_lines_are_commented_on(
    studio: Running, screen: Any, page: int
) -> None:
    _opened(screen, studio, page)
    _line(screen, 2).click()
    screen.keyboard.type("Dear Anna")
    screen.keyboard.press("Alt+u")
    screen.keyboard.press("Alt+g")
    assert screen.input_value("input.writing") == "Dear [Anna?][…]"
    screen.keyboard.press("Alt+c")
    screen.keyboard.type("Anna or Anne?")
    screen.keyboard.press("Enter")
    screen.wait_for_selector("li.commented .comment")
    _saved(screen)
    (comment,) = studio.ask("GET", f"/api/pages/{page}/comments")
    assert (comment["line"], comment["text"]) == ("line2", "Anna or Anne?")
    screen.goto(f"{studio.address}/pages/{page}#line2")
    screen.reload()
    screen.click("text=Settle")
    screen.wait_for_selector("li.commented", state="detached")
    assert screen.faults == []


def test_markup_in_names_and_texts_is_shown_as_text(studio: Running, screen: Any) -> None:
    evil = "<img src=x onerror=document.title='caught'>"
    studio.ask("POST", "/api/projects", {"name": evil, "note": evil})
    screen.reload()
    assert evil in screen.inner_text("main")
    screen.wait_for_timeout(200)
    assert screen.title() != "caught"
