"""Every text people see exists in every language, with the same blanks to fill in, and is compiled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools.messages import LANGUAGES, SOURCES, compile_all, gather, po_file


def _catalog(sources: Path, language: str) -> Catalog:
    with po_file(sources, language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources whose .po and .mo files are made anew."""
    copy = tmp_path_factory.mktemp("messages") / "trasloco"
    shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("__pycache__", "testing"))
    gather(copy)
    compile_all(copy)
    return copy


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_those_of_the_code(gathered: Path, language: str) -> None:
    now, then = _catalog(gathered, language), _catalog(SOURCES, language)
    assert {message.id for message in now} == {message.id for message in then}, "run `make messages` and commit what it changes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalog = _catalog(SOURCES, language)
    missing = [str(message.id) for message in catalog if message.id and (not _whole(message.string) or message.fuzzy)]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_blanks_to_fill_in_are_the_same(language: str) -> None:
    catalog = _catalog(SOURCES, language)
    assert [(str(message.id), str(errors)) for message, errors in catalog.check()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_file_is_that_of_the_texts(gathered: Path, language: str) -> None:
    compiled = po_file(gathered, language).with_suffix(".mo")
    assert compiled.read_bytes() == po_file(SOURCES, language).with_suffix(".mo").read_bytes(), "run `make messages` and commit both files"


def _whole(string: object) -> bool:
    """Is there a text, and one for each plural form?"""
    return all(string) if isinstance(string, tuple | list) else bool(string)
