from pathlib import Path

import pytest

from uncial.errors import ConfigError, FormatError
from uncial.synth.fonts import (
    Font,
    fonts_in,
    licence_of,
    package_fonts,
    read_font,
    system_font_files,
)


@pytest.fixture(scope="module")
def fonts() -> list[Font]:
    return package_fonts()


def test_font_packages_are_found_with_names_and_licences(fonts: list[Font]) -> None:
    names = {font.name for font in fonts}
    assert {"Caladea Regular", "Caladea Bold Italic", "Roboto Regular"} <= names
    caladea = next(font for font in fonts if font.name == "Caladea Regular")
    assert "apache" in caladea.licence.lower()
    assert caladea.path.is_file()


def test_each_style_is_listed_once_and_sorted(fonts: list[Font]) -> None:
    names = [font.name for font in fonts]
    assert names == sorted(set(names))


def test_coverage_comes_from_the_character_map(fonts: list[Font]) -> None:
    caladea = next(font for font in fonts if font.name == "Caladea Regular")
    assert caladea.covers("Plain “text” with 12 digits")
    assert not caladea.covers("مرحبا")
    assert caladea.covers(" \t ")


def test_hairlines_and_posters_are_not_for_text(fonts: list[Font]) -> None:
    suited = {font.name for font in fonts if font.suits_text()}
    assert "Roboto Regular" in suited
    assert "Roboto Thin" not in suited
    assert "Roboto Black" not in suited


def test_a_file_that_is_no_font_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "broken.ttf"
    path.write_bytes(b"not a font at all")
    with pytest.raises(FormatError, match=r"broken\.ttf"):
        read_font(path)


def test_system_folders_are_searched_below(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/b.ttf", "a.OTF", "readme.txt"):
        (tmp_path / name).touch()
    found = system_font_files([tmp_path, tmp_path / "absent"])
    assert [path.name for path in found] == ["a.OTF", "b.ttf"]


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("This Font Software is licensed under the SIL Open Font License, Version 1.1", "OFL-1.1"),
        ("https://scripts.sil.org/OFL", "OFL-1.1"),
        ("Licensed under the Apache License, Version 2.0", "Apache-2.0"),
        ("All rights reserved.", ""),
    ],
)
def test_licences_are_named_by_what_their_texts_say(text: str, licence: str) -> None:
    assert licence_of(text) == licence


def test_the_licence_beside_a_font_counts_where_the_font_is_silent(
    font: Font, tmp_path: Path
) -> None:
    from fontTools.ttLib import TTFont

    with TTFont(font.path) as file:
        file["name"].names = [n for n in file["name"].names if n.nameID not in (0, 13, 14)]
        file.save(tmp_path / "plain.ttf")
    assert read_font(tmp_path / "plain.ttf").licence == ""
    (tmp_path / "OFL.txt").write_text("SIL OPEN FONT LICENSE Version 1.1")
    assert read_font(tmp_path / "plain.ttf").licence == "OFL-1.1"


def test_folders_skip_what_is_no_font_and_files_do_not(font: Font, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"none")
    (tmp_path / "good.ttf").write_bytes(font.path.read_bytes())
    assert [found.path.name for found in fonts_in([tmp_path])] == ["good.ttf"]
    with pytest.raises(FormatError):
        fonts_in([tmp_path / "broken.ttf"])
    with pytest.raises(ConfigError, match="no such font"):
        fonts_in([tmp_path / "absent.ttf"])
