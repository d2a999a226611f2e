"""What people say about links is kept for ever, and parts what they said is apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sfspiris.core.model import CustomerBase, FieldBase
from sfspiris.core.outcome import RunStatus
from sfspiris.errors import SafetyStop
from sfspiris.state.links import BY_HAND, LinkEvent
from sfspiris.state.runs import RunCounts
from sfspiris.state.store import open_state
from statekit import NOW, later

if TYPE_CHECKING:
    from pathlib import Path


def said(before: str | None, after: str | None, minutes: int = 0, buyer: str = "A1") -> LinkEvent:
    return LinkEvent("se", buyer, before, after, later(minutes), "anna", "run-1", "17" if after else "")


def test_links_by_hand_are_made_changed_and_taken_away_and_all_of_it_is_history(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.runs.start("run-1", "match link", at=NOW)
        state.links.say_by_hand([said(None, "K1"), said(None, "K9", buyer="A2")])
        link = state.links.customer("se", "A1")
        assert link is not None
        assert (link.customer_id, link.number, link.evidence) == ("K1", "17", BY_HAND)
        state.links.say_by_hand([said("K1", "K2", 1)])
        assert state.links.parted() == frozenset(), "a change of mind parts nobody"
        state.links.say_by_hand([said("K2", None, 2)])
        assert state.links.customer("se", "A1") is None
        assert state.links.parted() == {("se", "A1", "K2")}
        state.links.say_by_hand([said(None, "K2", 3)])
        assert state.links.parted() == frozenset()
        state.runs.finish("run-1", RunStatus.OK, RunCounts(), at=NOW)
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        assert [(one.buyer_id, one.before_id, one.after_id) for one in state.links.events()] == [
            ("A1", None, "K1"),
            ("A2", None, "K9"),
            ("A1", "K1", "K2"),
            ("A1", "K2", None),
            ("A1", None, "K2"),
        ]


def test_a_link_that_moved_meanwhile_stops_all_of_it(tmp_path: Path) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.runs.start("run-1", "match link", at=NOW)
        with pytest.raises(SafetyStop, match="changed meanwhile"):
            state.links.say_by_hand([said(None, "K9", buyer="A2"), said("K0", "K1")])
        assert state.links.events() == ()
        assert state.links.customers("se") == {}


def test_whoever_is_parted_speaks_for_the_customer_no_more_and_others_still_do(tmp_path: Path) -> None:
    def base(customer: str, buyer: str) -> CustomerBase:
        return CustomerBase("se", customer, buyer, {"phone": FieldBase("a", "b")})

    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.runs.start("run-1", "match unlink", at=NOW)
        state.links.say_by_hand([said(None, "K1"), said(None, "K2", buyer="A2")])
        state.links.save_bases([base("K1", "A1"), base("K2", "A1")], at=NOW)
        state.links.say_by_hand([said("K1", None), said("K2", None, buyer="A2")])
        assert list(state.links.bases("se")) == ["K2"]
