"""The demonstration and the folder that it is told to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from playground import Playground, clean_environ

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bare(tmp_path: Path) -> Playground:
    (tmp_path / "home").mkdir()
    return Playground(tmp_path, "", "", clean_environ(tmp_path / "home"))


def test_a_folder_with_somebody_elses_files_is_refused_and_left_as_it_is(bare: Playground) -> None:
    folder = bare.folder / "books"
    folder.mkdir()
    for name in ("sfspiris.toml", "sfspiris.db"):
        (folder / name).write_text("precious", encoding="utf-8")
    ended = bare.sfspiris("demo", "--out", "books")
    assert ended.code == 2
    assert "books" in ended.err
    assert "--out" in ended.err
    assert {one.name: one.read_text() for one in folder.iterdir()} == {
        "sfspiris.toml": "precious",
        "sfspiris.db": "precious",
    }


def test_a_file_is_no_folder(bare: Playground) -> None:
    (bare.folder / "notes.txt").write_text("mine", encoding="utf-8")
    for out in ("notes.txt", "notes.txt/deeper"):
        ended = bare.sfspiris("demo", "--out", out)
        assert ended.code == 2, ended.err
        assert "notes.txt" in ended.err
        assert "Traceback" not in ended.err
