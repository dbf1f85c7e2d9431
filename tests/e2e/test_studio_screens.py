"""Every screen is usable without eyes or mouse, as far as axe can tell, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe import serious
from running_studio import CHROMIUM, running
from studio_screens import furnished
from studios import small_model_in

pytestmark = pytest.mark.chromium


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_axe_finds_nothing_serious_on_any_screen(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    scans = tmp_path / "scans"
    scans.mkdir()
    with running(tmp_path / "data") as studio, sync_playwright() as playwright:
        screens = furnished(studio, scans, small_model_in(tmp_path))
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        found, faults = {}, []
        for theme in ("light", "dark"):
            screen = browser.new_page(
                viewport={"width": 1280, "height": 800}, color_scheme=theme, reduced_motion="reduce"
            )
            screen.set_default_timeout(60_000)
            screen.on("pageerror", lambda error: faults.append(str(error)))
            screen.goto(studio.entry)
            for name, path in screens.items():
                screen.goto(studio.address + path)
                screen.wait_for_timeout(600)
                if problems := serious(screen):
                    found[f"{name}, {theme}"] = problems
            screen.close()
        browser.close()
    assert found == {}
    assert faults == []
