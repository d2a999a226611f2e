"""What tests share instead of taking every step: it makes the same state."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import sooner
from sfspiris.state import migrations
from sfspiris.state.store import open_state
from statekit import NOW

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def dumped(file: Path) -> list[str]:
    with open_state(file, dry=False, now=NOW) as state:
        assert state.is_new
    with closing(sqlite3.connect(file)) as connection:
        (name,) = connection.execute("SELECT state_id FROM meta").fetchone()
        return [one.replace(name, "its name") for one in connection.iterdump()]


def test_a_state_that_was_made_sooner_is_the_one_that_all_steps_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_by_step = dumped(tmp_path / "slow.db")
    monkeypatch.setattr(migrations, "upgrade", sooner._upgrade)
    dumped(tmp_path / "first.db")
    assert dumped(tmp_path / "sooner.db") == step_by_step
