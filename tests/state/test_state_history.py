"""The processing history out of the state: complete, in one order, and never another one for what has been."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.audit import Happened
from sfspiris.core.lifecycle import IntentEvent
from sfspiris.core.outcome import RunStatus
from sfspiris.state.history import Configuration
from sfspiris.state.links import LinkEvent
from sfspiris.state.runs import RunCounts
from sfspiris.state.store import open_state
from statekit import NOW, later, new_draft

if TYPE_CHECKING:
    from pathlib import Path

USED = Configuration(NOW, "run-1", "a" * 64, "sfspiris 1", "anna")


def test_a_configuration_is_kept_when_it_program_or_name_is_new_and_each_run_tells_its_own(
    tmp_path: Path,
) -> None:
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.history.note_configuration(USED)
        state.runs.start("run-1", "push-closed-won", at=NOW)
        state.history.note_configuration(replace(USED, first_used=later(1), run_id="run-2"))
        state.runs.start("run-2", "push-closed-won", at=later(1))
        for minutes, changed in ((2, {"config": "b" * 64}), (3, {"app": "sfspiris 2"}), (4, {"who": "bo"})):
            used = replace(USED, first_used=later(minutes), run_id=f"run-{minutes + 1}", **changed)
            state.history.note_configuration(used)
        state.runs.start("run-5", "sync", at=later(4))
        told = state.history.all()
    assert [one.run_id for one in told if one.what is Happened.CONFIGURATION] == [
        "run-1",
        "run-3",
        "run-4",
        "run-5",
    ]
    began = {one.run_id: one for one in told if one.what is Happened.RUN_BEGAN}
    assert (began["run-1"].config, began["run-2"].config, began["run-5"].who) == ("a" * 64, "a" * 64, "bo")


def test_what_has_been_told_once_is_told_the_same_way_for_ever(tmp_path: Path) -> None:
    """A reply that was lost is found by a later run: the earlier lines know nothing of it, then as now."""
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.runs.start("run-1", "push-closed-won", at=NOW)
        intent = state.journal.record_intent(new_draft(), at=NOW, run_id="run-1")
        intent = state.journal.move(intent, IntentEvent.ARM, at=later(1), run_id="run-1")
        intent = state.journal.move(intent, IntentEvent.LOSE, at=later(2), run_id="run-1")
        state.reviews.assign("D1", to="Bo", at=later(3), who="anna")
        before = state.history.all()
        assert [(one.what, one.event) for one in before] == [
            (Happened.RUN_BEGAN, None),
            (Happened.WRITE, "record"),
            (Happened.WRITE, "arm"),
            (Happened.WRITE, "lose"),
            (Happened.DECIDED, "assigned"),
        ]
        state.runs.start("run-2", "push-closed-won", at=later(20))
        state.journal.move(intent, IntentEvent.ADOPT, at=later(21), run_id="run-2", remote_id="U1")
        state.links.say_by_hand([LinkEvent("se", "A1", None, "K1", later(22), "anna", "run-2", "17")])
        state.links.say_by_hand([LinkEvent("se", "A1", "K1", None, later(23), "anna", "run-2")])
        state.receivables.note_shown(
            "account", {"A1": {"spiris_open_balance": "1"}}, at=later(24), run_id="run-2"
        )
        state.receivables.note_shown("invoice", {"se:F1": {}}, at=later(24), run_id="run-2")
        state.runs.finish("run-2", RunStatus.OK, RunCounts(created=1), at=later(25))
        after = state.history.all()
    assert after[: len(before)] == before
    assert [(one.what, one.event or one.to_state) for one in after[len(before) :]] == [
        (Happened.RUN_BEGAN, None),
        (Happened.WRITE, "adopt"),
        (Happened.LINKED, None),
        (Happened.PARTED, None),
        (Happened.WRITE, "saved"),
        (Happened.WRITE, "saved"),
        (Happened.RUN_ENDED, "ok"),
    ]
    adopted = after[len(before) + 1]
    assert (adopted.target_id, adopted.customer_id, adopted.net) == ("U1", "K1", new_draft().net)
    assert [
        (one.kind, one.company, one.target_id, one.buyer_id) for one in after if one.event == "saved"
    ] == [
        ("write_account", None, None, "A1"),
        ("write_invoice", "se", "se:F1", None),
    ]
