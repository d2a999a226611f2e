"""How things stand, and what needs a person: judged from values, row by row."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sfspiris.core.model import DealStatus, Target
from sfspiris.core.outcome import RunStatus
from sfspiris.core.standing import (
    Ended,
    HeldDeal,
    LastRun,
    Memory,
    Need,
    Remembered,
    Standing,
    UnknownWrite,
    judge,
)
from sfspiris.report.helping import Language
from sfspiris.report.json import to_json
from sfspiris.report.page import terminal
from sfspiris.report.status import StatusDocument, print_status, status_document
from statekit import NOW, deal_link, later

WHOLE = Memory("as the last run left it")
NOTHING = dict.fromkeys(("created", "updated", "deleted", "unchanged", "held", "failed"), 0)


def ran(
    command: str,
    status: RunStatus | None = RunStatus.OK,
    *,
    at: int = 0,
    half: bool = False,
    busy: bool = False,
    **counts: int,
) -> LastRun:
    return LastRun(
        f"r{at}{'-pull' if half else ''}",
        command,
        later(at),
        later(at + 1) if status else None,
        status,
        NOTHING | counts,
        is_pull_half=half,
        is_at_work=busy,
    )


def needs(*runs: LastRun, off: tuple[str, ...] = (), held: tuple[HeldDeal, ...] = ()) -> list[Need]:
    standing = judge(Remembered(WHOLE, runs=runs, held=held, switched_off=off))
    return [one.need for one in standing.next]


def test_a_quiet_night_needs_nobody() -> None:
    standing = judge(Remembered(WHOLE, runs=[ran("sync"), ran("sync", at=2, half=True)]))
    assert standing.next == ()
    assert not standing.needs_a_person(allow_held=False)


def test_a_memory_without_any_run_needs_nobody() -> None:
    standing = judge(Remembered(Memory("not sealed")))
    assert standing == Standing(standing.flows, (), 0, (), (), ())
    assert [(one.last, one.ended_well_at) for one in standing.flows] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("run", "need", "command"),
    [
        (ran("sync", RunStatus.FAILED), Need.RUN_FAILED, "sfspiris doctor"),
        (ran("sync", None), Need.RUN_INTERRUPTED, "sfspiris sync"),
        (ran("sync", RunStatus.PARTIAL, failed=2, held=1), Need.ITEMS_FAILED, "sfspiris runs show r0"),
        (ran("sync", RunStatus.PARTIAL), Need.ITEMS_FAILED, "sfspiris runs show r0"),
        (ran("sync", RunStatus.PARTIAL, held=1), None, ""),
        (ran("sync", None, busy=True), None, ""),
        (ran("rollback", RunStatus.FAILED), Need.RUN_FAILED, "sfspiris doctor"),
    ],
)
def test_how_the_last_run_ended_decides(run: LastRun, need: Need | None, command: str) -> None:
    found = judge(Remembered(WHOLE, runs=[run])).next
    assert [(one.need, one.command) for one in found] == ([(need, command)] if need else [])


def test_a_push_that_fails_every_night_is_told_though_the_pull_after_it_ends_well() -> None:
    assert needs(ran("push-closed-won", RunStatus.FAILED), ran("pull-invoice-status", at=9)) == [
        Need.RUN_FAILED
    ]


def test_a_later_run_that_does_the_same_work_settles_an_earlier_one() -> None:
    """A failed push is made good by a sync; a broken command of long ago by whatever ended well since."""
    assert needs(ran("push-closed-won", RunStatus.FAILED), ran("sync", at=9)) == []
    assert needs(ran("match import", None), ran("sync", at=9)) == []
    assert needs(ran("sync", at=1), ran("sync", RunStatus.FAILED, at=2, half=True)) == [Need.RUN_FAILED]


def test_a_flow_that_is_switched_off_is_not_judged_and_a_sync_without_push_is_a_pull() -> None:
    old = ran("push-closed-won", RunStatus.FAILED)
    assert needs(old, ran("sync", at=9), off=("push",)) == []
    push, pull = judge(
        Remembered(WHOLE, runs=[old, ran("sync", at=9)], well=[ran("sync", at=9)], switched_off=["push"])
    ).flows
    assert (push.is_off, push.ended_well_at) == (True, None)
    assert (pull.is_off, pull.ended_well_at) == (False, later(10))


def test_each_flow_tells_when_it_last_came_to_its_end() -> None:
    well = [ran("sync"), ran("sync", at=2, half=True), ran("apply", RunStatus.PARTIAL, at=20, held=1)]
    push, pull = judge(Remembered(WHOLE, runs=well, well=well)).flows
    assert (push.ended_well_at, pull.ended_well_at) == (later(21), later(3))
    assert push.last is not None
    assert push.last.ended is Ended.PARTIAL


def test_held_deals_are_counted_once_and_grouped_by_code_the_oldest_first() -> None:
    held = (
        HeldDeal("D1", "NO_LINES", "se", later(60)),
        HeldDeal("D1", "NO_ROUTE", None, later(0)),
        HeldDeal("D2", "NO_LINES", "int", later(30)),
        HeldDeal("D2", "NO_LINES", "int", later(40)),
    )
    standing = judge(Remembered(WHOLE, held=held))
    assert standing.held_deals == 2
    assert [(one.code, one.deals, one.oldest, one.companies) for one in standing.reasons] == [
        ("NO_ROUTE", 1, later(0), (None,)),
        ("NO_LINES", 2, later(30), ("int", "se")),
    ]
    assert [(one.need, one.command) for one in standing.next] == [(Need.HELD, "sfspiris review list")]
    assert standing.next[0].what == "2 deals wait, the first since 2026-11-20."


def test_held_deals_alone_can_be_allowed_and_nothing_else() -> None:
    held = [HeldDeal("D1", "NO_LINES", "se", NOW)]
    unknown = [UnknownWrite("D1", "create_draft", "se", NOW)]
    assert judge(Remembered(WHOLE, held=held)).needs_a_person(allow_held=False)
    assert not judge(Remembered(WHOLE, held=held)).needs_a_person(allow_held=True)
    assert judge(Remembered(WHOLE, held=held, unknown=unknown)).needs_a_person(allow_held=True)
    assert judge(Remembered(Memory("x", is_older=True), held=held)).needs_a_person(allow_held=True)


def test_sums_never_mix_currencies_companies_or_statuses_and_an_order_is_no_draft() -> None:
    se = deal_link()
    links = [
        se,
        replace(se, deal_id="D2", net=Decimal("0.50")),
        replace(se, deal_id="D3", currency="EUR", net=Decimal(7)),
        replace(se, deal_id="D4", target=Target.ORDER),
        replace(se, deal_id="D5", company="int"),
        replace(se, deal_id="D6", status=DealStatus.OVERDUE, remaining=Decimal(10)),
        replace(se, deal_id="D7", status=DealStatus.OVERDUE, remaining=Decimal("2.25"), due_on=date.max),
        replace(se, deal_id="D8", status=DealStatus.ISSUED, remaining=Decimal(4)),
        replace(se, deal_id="D9", status=DealStatus.ISSUED, target=Target.ORDER),
    ]
    found = judge(Remembered(WHOLE, links=links)).documents
    assert [
        (one.company, one.currency, one.status, one.documents, one.net, one.remaining) for one in found
    ] == [
        ("int", "SEK", "Draft", 1, Decimal("1000.50"), None),
        ("se", "EUR", "Draft", 1, Decimal(7), None),
        ("se", "SEK", "Order", 1, Decimal("1000.50"), None),
        ("se", "SEK", "Draft", 2, Decimal("1001.00"), None),
        ("se", "SEK", "Issued", 2, Decimal("2001.00"), None),
        ("se", "SEK", "Overdue", 2, Decimal("2001.00"), Decimal("12.25")),
    ]


@pytest.mark.parametrize(
    ("memory", "command"),
    [
        (Memory("changed", trouble="It is damaged."), "sfspiris state restore FILE"),
        (Memory("x", is_place_refused=True), "sfspiris doctor"),
        (Memory("x", is_older=True), "sfspiris state info"),
    ],
)
def test_a_memory_that_is_not_what_it_should_be_comes_first(memory: Memory, command: str) -> None:
    held = [HeldDeal("D1", "NO_LINES", "se", NOW)]
    first = judge(Remembered(memory, held=held)).next[0]
    assert (first.need, first.command) == (Need.STATE, command)


# --- the document and the page -------------------------------------------------------------------------------------

BUSY_NIGHT = Remembered(
    WHOLE,
    runs=[
        ran("sync", RunStatus.PARTIAL, created=3, held=2),
        ran("sync", None, at=2, half=True),
        ran("review assign", RunStatus.FAILED, at=-9),
    ],
    well=[ran("sync", RunStatus.PARTIAL, created=3, held=2)],
    held=[HeldDeal("D1", "NO_LINES", "se", NOW - timedelta(days=3)), HeldDeal("D2", "NO_ROUTE", None, NOW)],
    unknown=[UnknownWrite("D3", "create_draft", "se", NOW)],
    links=[deal_link(), replace(deal_link("D2"), status=DealStatus.PAID, remaining=Decimal(0))],
    switched_off=["pull"],
)


def told(known: Remembered, language: Language = "en", owner: str | None = "Karin") -> StatusDocument:
    return status_document(
        judge(known),
        known.memory,
        file="/var/lib/state.db",
        unknown=known.unknown,
        cursors={"deals": NOW, "invoices:se": NOW - timedelta(days=2)},
        owner=owner,
        now=later(90),
        language=language,
    )


def printed(document: StatusDocument, language: Language) -> str:
    sheet = io.StringIO()
    print_status(terminal(sheet, plain=True, width=120), document, language)
    return sheet.getvalue()


def test_the_document_has_ages_and_amounts_for_programs() -> None:
    document = json.loads(to_json(told(BUSY_NIGHT)))
    assert document["at"] == "2026-11-20T09:30:00Z"
    assert document["flows"][0]["ended_well_seconds"] == 89 * 60
    assert [(one["command"], one["half"], one["ended"]) for one in document["runs"]] == [
        ("sync", "pull", "interrupted"),
        ("sync", None, "partial"),
        ("review assign", None, "failed"),
    ]
    assert [(one["code"], one["oldest_days"], one["companies"]) for one in document["held"]["reasons"]] == [
        ("NO_LINES", 3, ["se"]),
        ("NO_ROUTE", 0, [None]),
    ]
    assert [(one["feed"], one["seconds"]) for one in document["cursors"]] == [
        ("deals", 5400),
        ("invoices:se", 178_200),
    ]
    assert [(one["status"], one["net"], one["remaining"]) for one in document["documents"]] == [
        ("Draft", "1000.50", None),
        ("Paid", "1000.50", "0.00"),
    ]
    assert [one["need"] for one in document["next"]] == ["run_interrupted", "unknown", "held"]


def test_a_clock_that_is_behind_makes_no_negative_age() -> None:
    behind = told(BUSY_NIGHT).model_copy()
    early = status_document(
        judge(BUSY_NIGHT),
        WHOLE,
        file="f",
        unknown=(),
        cursors={"deals": NOW},
        owner=None,
        now=datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert min(one.seconds for one in (*behind.cursors, *early.cursors)) == 0
    assert min(one.oldest_days for one in early.held.reasons) == 0


ENGLISH = re.compile(
    r"\b(the|deals?|nothing|last|run|held|ago|waits?|for|count|documents?|day|company)\b", re.IGNORECASE
)


def test_the_page_says_all_of_it_in_both_languages() -> None:
    english, swedish = printed(told(BUSY_NIGHT), "en"), printed(told(BUSY_NIGHT, "sv"), "sv")
    assert "last to its end 2026-11-20 09:01 CET, 89 minutes ago" in english
    assert "sync (pull)" in english
    assert "Karin looks at them" in english
    assert english.rstrip().splitlines()[-1] == "3 things for a person. Neither system was asked."
    assert "blev senast klar 2026-11-20 09:01 CET, för 89 minuter sedan" in swedish
    assert "2 affärer väntar, den första sedan 2026-11-17." in swedish
    plain_text = re.sub(r"`[^`]*`|\[review\] owner|deals +2026", "", swedish)
    assert ENGLISH.findall(plain_text) == []
    amounts = [re.findall(r"\d[\d\u00a0]*,\d\d", text) for text in (english, swedish)]
    assert amounts[0] == amounts[1] != []


def test_an_empty_memory_is_a_short_page() -> None:
    text = printed(told(Remembered(Memory("not sealed")), owner=None), "en")
    assert "No run is recorded yet." in text
    assert "has not come to its end yet" in text
    assert text.rstrip().endswith("Nothing needs a person. Neither system was asked.")
    assert "Nobody is named" in printed(told(BUSY_NIGHT, owner=None), "en")
