"""The way back and the comparison, against both sides in memory and a real state file."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fakes import FakeLedger, Stage, unreachable
from sfspiris.core.drift import Reconciliation, Symbol
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import DealStatus
from sfspiris.core.money import Money
from sfspiris.core.outcome import Outcome, RunResult, RunStatus
from sfspiris.engine.explain import explain
from sfspiris.engine.gather import Scope
from sfspiris.engine.reconcile import reconcile_all
from sfspiris.engine.review import plan_again, waiting
from sfspiris.engine.run import Guard, pull, push
from sfspiris.report.language import words
from shorthand import buyer, deal, deal_id

OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Two deals that have been pushed."""
    made = Stage(tmp_path)
    made.crm.add(
        deal("D1", "2 x 500 KONS", amount=Decimal(1000)),
        deal("D2", "1 x 70 MAT", buyer=OTHER, amount=Decimal(70)),
    )
    with made.world() as world:
        push(world, Scope(), Guard(200))
    return made


def run(stage: Stage, *, full: bool = False, dry: bool = False, companies: tuple[str, ...] = ()) -> RunResult:
    with stage.world(dry=dry, command="pull-invoice-status") as world:
        return pull(world, full=full, companies=companies)


def status(stage: Stage, name: str) -> str | None:
    return stage.crm.deals[deal_id(name)].sync.status


def test_an_issued_draft_is_told_with_its_number(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    assert run(stage).status is RunStatus.OK
    told = stage.crm.deals[deal_id("D1")].sync
    assert (told.status, told.invoice_number, status(stage, "D2")) == (
        DealStatus.ISSUED,
        "1042",
        DealStatus.DRAFT,
    )


def test_a_second_pull_writes_nothing(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    run(stage)
    saved = len(stage.crm.saved)
    assert run(stage).results == ()
    assert len(stage.crm.saved) == saved


def test_an_invoice_becomes_overdue_when_its_day_passes(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    run(stage)
    stage.pass_time(timedelta(days=31))
    run(stage)
    assert status(stage, "D1") == DealStatus.OVERDUE


def test_a_dry_pull_tells_nothing_and_keeps_no_byte(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    before = stage.file.read_bytes()
    assert [one.outcome for one in run(stage, dry=True).results] == [Outcome.PLANNED]
    assert (status(stage, "D1"), stage.file.read_bytes()) == (DealStatus.DRAFT, before)


def test_a_draft_that_finance_deleted_is_told_and_held_and_never_made_again(stage: Stage) -> None:
    run(stage)
    stage.se.made = [one for one in stage.se.made if one.id != "draft-1"]
    stage.pass_time(timedelta(minutes=15))
    result = run(stage)
    assert [one.hold.code for one in result.holds] == [HoldCode.DRAFT_DELETED]
    assert status(stage, "D1") == DealStatus.DELETED
    with stage.world() as world:
        push(world, Scope(full=True), Guard(200))
    assert [one.id for one in stage.se.made] == ["draft-2"]


def test_a_status_that_the_crm_does_not_save_is_told_by_the_next_pull(stage: Stage) -> None:
    run(stage)
    stage.se.issue("draft-1", "1042")
    stage.crm.broken[deal_id("D1")] = "FIELD_CUSTOM_VALIDATION_EXCEPTION: nej"
    assert run(stage).failed == 1
    stage.crm.broken.clear()
    stage.pass_time(timedelta(days=2))
    run(stage)
    assert status(stage, "D1") == DealStatus.ISSUED


def test_a_pull_of_one_company_leaves_the_others_unread(stage: Stage) -> None:
    reads = stage.se.calls
    run(stage, companies=("int",))
    assert stage.se.calls == reads


def test_a_full_pull_reads_every_invoice(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042", modified_at=stage.crm.time - timedelta(days=9))
    run(stage)
    stage.se.booked[0] = stage.se.booked[0].__class__(
        **{name: getattr(stage.se.booked[0], name) for name in stage.se.booked[0].__slots__}
        | {"remaining": Decimal(0), "last_payment_on": date(2026, 11, 20)}
    )
    run(stage)
    assert status(stage, "D1") == DealStatus.ISSUED, "a payment that moved no stamp is not seen by a delta"
    run(stage, full=True)
    assert status(stage, "D1") == DealStatus.PAID


def compare(stage: Stage, *, start: date | None = None, companies: tuple[str, ...] = ()) -> Reconciliation:
    with stage.world(dry=True, command="reconcile") as world:
        return reconcile_all(world, start=start, end=None, companies=companies)[1]


def test_pushed_deals_agree_with_their_documents(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    run(stage)
    found = compare(stage)
    assert [line.symbol for line in found.lines] == [Symbol.SAME, Symbol.SAME]
    assert found.sums[0].difference == 0


def test_a_held_deal_is_only_in_the_crm_and_says_why(stage: Stage) -> None:
    stage.crm.add(deal("D3"))
    with stage.world() as world:
        push(world, Scope(), Guard(200))
    (line,) = [one for one in compare(stage).lines if one.symbol is Symbol.ONLY_IN_CRM]
    assert line.reasons == ("NO_LINES",)
    assert "no products" in line.message
    assert line.fix


def test_a_company_that_does_not_answer_is_told_and_the_others_compared(stage: Stage) -> None:
    class Silent(FakeLedger):
        def drafts(self) -> list[object]:  # type: ignore[override]
            raise unreachable()

    stage.se = Silent()
    found = compare(stage)
    assert [line.symbol for line in found.lines] == [Symbol.UNREADABLE]
    assert not found.is_complete


def test_one_company_is_compared_by_its_routes(stage: Stage) -> None:
    assert compare(stage, companies=("int",)).lines == ()
    assert len(compare(stage, companies=("se",)).lines) == 2


def test_a_young_draft_whose_invoice_is_listed_late_waits_and_is_never_called_deleted(stage: Stage) -> None:
    """The draft is certainly gone at once; the list of invoices is behind by more than is left of the draft's own window."""
    run(stage)
    stage.pass_time(timedelta(minutes=14))
    stage.se.hidden.add("inv-1042")
    stage.se.issue("draft-1", "1042")
    for _ in range(3):
        result = run(stage)
        assert [one.hold.code for one in result.holds] == [HoldCode.OUTCOME_UNKNOWN]
        with stage.world() as world:
            pushed = push(world, Scope(), Guard(200))
        assert HoldCode.OUTCOME_UNKNOWN in {one.hold.code for one in pushed.holds}
        assert status(stage, "D1") == DealStatus.DRAFT
        stage.pass_time(timedelta(minutes=4))
    stage.se.hidden.clear()
    assert run(stage).holds == ()
    told = stage.crm.deals[deal_id("D1")].sync
    assert (told.status, told.code, told.invoice_number) == (DealStatus.ISSUED, None, "1042")


def test_what_an_earlier_run_found_of_a_draft_is_said_anew_in_the_readers_language(stage: Stage) -> None:
    """The words that the earlier run wrote are remembered in the language of the CRM only."""
    run(stage)
    stage.se.made = [one for one in stage.se.made if one.id != "draft-1"]
    assert [one.hold.code for one in run(stage).holds] == [HoldCode.OUTCOME_UNKNOWN]
    with stage.world(dry=True) as world:
        queued = plan_again(world, waiting(world)).plan.holds
    with stage.world(dry=True) as world:
        explained = explain(world, deal_id("D1")).holds
    for hold in (*(one.hold for one in queued), *explained):
        assert words("sv").sentence(hold.message) == (
            f"Utkastet till affären, på {Money(Decimal(1000), 'SEK')} exkl. moms, finns inte i Spiris med affärens märke: "
            "någon har tagit bort det, ställt ut det så nyss att ingen lista visar fakturan än, eller tagit bort märket."
        )


def test_two_documents_are_named_whoever_asks_about_their_deal(stage: Stage) -> None:
    """A queue and one deal laid open look at the books as a whole run does."""
    twin = replace(stage.se.made[0], id="draft-9")
    stage.se.made.append(twin)
    with stage.world() as world:
        assert HoldCode.OUTCOME_UNKNOWN in {
            one.hold.code for one in push(world, Scope(full=True), Guard(200)).holds
        }
    with stage.world(dry=True) as world:
        queued = [one.hold for one in plan_again(world, waiting(world)).plan.holds]
    with stage.world(dry=True) as world:
        explained = explain(world, deal_id("D1")).holds
    for (hold,) in (queued, explained):
        assert "draft-9" in words("sv").sentence(hold.message)
        assert words("sv").sentence(hold.message).startswith("2 dokument i Spiris ")


def test_a_young_draft_that_was_deleted_is_told_so_a_settle_window_after_it_was_missed(stage: Stage) -> None:
    run(stage)
    stage.se.made = [one for one in stage.se.made if one.id != "draft-1"]
    assert [one.hold.code for one in run(stage).holds] == [HoldCode.OUTCOME_UNKNOWN]
    saved = len(stage.crm.saved)
    assert run(stage).results == ()
    assert len(stage.crm.saved) == saved, "and told once"
    stage.pass_time(timedelta(minutes=15))
    assert [one.hold.code for one in run(stage).holds] == [HoldCode.DRAFT_DELETED]
    assert status(stage, "D1") == DealStatus.DELETED
    with stage.world() as world:
        assert {one.code for one in world.state.holds.all() if one.deal_id == deal_id("D1")} == {
            HoldCode.DRAFT_DELETED
        }


def test_of_many_young_drafts_only_some_are_asked_for(stage: Stage) -> None:
    stage.crm.add(*(deal(f"E{place}", "1 x 70 MAT", amount=Decimal(70)) for place in range(110)))
    with stage.world() as world:
        push(world, Scope(), Guard(200))
    stage.se.hidden |= {one.id for one in stage.se.made}
    before = stage.se.reads.total()
    assert run(stage).holds == ()
    assert stage.se.reads.total() - before <= 100 + 3
