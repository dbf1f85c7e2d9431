"""The whole loop in Chromium, without the command line: import to a better model and its text."""

from __future__ import annotations

from pathlib import Path

import pytest
from running_studio import CHROMIUM, running
from studio_steps import Material, Person, eight_steps

pytestmark = [pytest.mark.chromium, pytest.mark.data]


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two minutes on a machine that has nothing else to do
def test_eight_steps_lead_from_images_to_a_model_and_text(
    shared_data: Path, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    material = Material(
        folder=shared_data / "pages-print-de-ocrd-page",
        learn=("clauren_mimil_1815_0031", "clauren_mimil_1815_0038"),
        held_out=("clauren_mimil_1815_0040",),
        models=[
            shared_data / "models-tesseract" / f"{name}.traineddata" for name in ("eng", "frak2021")
        ],
    )
    with running(tmp_path / "data") as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        screen = browser.new_page(viewport={"width": 1280, "height": 800})
        screen.set_default_timeout(60_000)
        faults: list[str] = []
        screen.on("pageerror", lambda error: faults.append(str(error)))
        screen.goto(studio.entry)
        outcome = eight_steps(Person(screen, studio.address), material, 0.3, tmp_path)
        browser.close()
    assert outcome.ranked.index("frak2021") < outcome.ranked.index("eng")
    assert sorted(outcome.guessed) == sorted(outcome.ranked)
    assert outcome.before.endswith("%")
    assert outcome.after.endswith("%")
    assert outcome.difference[0] in "+−"
    assert len(outcome.text.splitlines()) >= 20
    assert faults == []
