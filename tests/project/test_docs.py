"""The manual says what the code does."""

import importlib.util
import re
from pathlib import Path

import pytest

from uncial.cli.main import COMMANDS, EXIT_CODES
from uncial.registry import Registry
from uncial.text import normalize
from uncial.text.profiles import PROFILES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def _generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_the_reference_pages_are_up_to_date() -> None:
    for name, text in _generated().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"{name}: run make docs"


def test_every_command_and_error_is_documented() -> None:
    cli = (DOCS / "cli.md").read_text(encoding="utf-8")
    table = (DOCS / "errors.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## uncial {name}" in cli
    for kind, code in EXIT_CODES:
        assert f"`{kind.__name__}`" in table
        assert f"{code} `{kind.__name__}`" in cli


def test_every_normalization_rule_is_documented() -> None:
    assert isinstance(normalize.RULES, Registry)
    page = (DOCS / "how-cer-is-computed.md").read_text(encoding="utf-8")
    assert not [name for name in normalize.RULES if f"`{name}`" not in page]


def test_every_profile_is_documented_with_its_rules() -> None:
    page = (DOCS / "how-cer-is-computed.md").read_text(encoding="utf-8")
    for name, rules in PROFILES.items():
        assert f"| `{name}` | `{rules}` |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_manual_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command in re.findall(r"^ *(?:\$ )?uncial ([a-z]+)", text, re.MULTILINE):
        assert command in COMMANDS, f"{page}: uncial {command}"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z-]+)", text):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"


def test_the_picture_names_every_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for folder in (ROOT / "src" / "uncial").iterdir():
        if folder.is_dir() and (folder / "__init__.py").exists():
            assert re.search(rf"\b{folder.name}\b", text), folder.name
