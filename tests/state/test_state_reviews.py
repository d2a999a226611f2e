"""Decisions about held deals are kept for ever and tell what holds now."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from sfspiris.state.reviews import ReviewEvent
from sfspiris.state.store import open_state
from statekit import NOW, later

if TYPE_CHECKING:
    from pathlib import Path


def test_a_resolution_holds_until_it_is_reopened_and_all_of_it_is_history(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.reviews.assign("D1", to="Åsa", at=NOW, who="anna")
        state.reviews.resolve("D1", reason="p1", at=later(1), who="anna", note="By hand.")
        state.reviews.assign("D1", to="Örjan", at=later(2), who="bo")
        assert state.reviews.resolved() == {"D1": "p1"}
        assert state.reviews.assignees() == {"D1": "Örjan"}
        state.reviews.reopen(["D1"], at=later(3), who="run-1")
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        assert state.reviews.resolved() == {}
        assert [(one.event, one.who) for one in state.reviews.history("D1")] == [
            (ReviewEvent.ASSIGNED, "anna"),
            (ReviewEvent.RESOLVED, "anna"),
            (ReviewEvent.ASSIGNED, "bo"),
            (ReviewEvent.REOPENED, "run-1"),
        ]


def test_the_latest_reason_is_remembered_and_forgotten(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.reviews.remember_reasons({"D1": "p1", "D2": "p2"})
        state.reviews.remember_reasons({"D1": "p3", "D2": None})
        assert (state.reviews.reason("D1"), state.reviews.reason("D2")) == ("p3", None)


def test_a_resolution_without_a_note_cannot_be_stored(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW):
        pass
    with (
        closing(sqlite3.connect(tmp_path / "state.db")) as raw,
        pytest.raises(sqlite3.IntegrityError, match="reviews_has_words"),
    ):
        raw.execute(
            "INSERT INTO reviews (deal_id, event, at, who, reason) VALUES ('D1', 'resolved', '2026', 'a', 'p')"
        )
