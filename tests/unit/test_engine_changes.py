"""A Deal that changes after its draft was made: the draft follows, unless somebody else has been at it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fakes import Stage, lost, refused, unreachable
from sfspiris.core.actions import Change, UpdateDraft
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.model import Deal, DealStatus, DraftRow
from sfspiris.core.outcome import Outcome, RunResult
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import SafetyStop
from shorthand import buyer, customer, deal, deal_id, line

ROOMY = Guard(max_changes=200)
D1 = deal_id("D1")
OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """One deal over two hours, with its draft."""
    made = Stage(tmp_path)
    made.crm.add(deal("D1", "2 x 500 KONS", purchase_order="PO-1"))
    run(made)
    return made


def run(stage: Stage, *, dry: bool = False, guard: Guard = ROOMY) -> RunResult:
    with stage.world(dry=dry) as world:
        return push(world, Scope(), guard)


def sell(stage: Stage, *lines: str, **changes: Any) -> Deal:
    """What sales does to the deal."""
    if lines:
        changes["lines"] = tuple(line(one) for one in lines)
    after = replace(stage.crm.deals[D1], changed_at=stage.crm.time, **changes)
    stage.crm.deals[D1] = after
    return after


def held(result: RunResult) -> Hold:
    (one,) = result.holds
    return one.hold


# --- nobody has touched the draft ----------------------------------------------------------------------------------


def test_an_untouched_draft_follows_its_deal_and_every_field_is_told_before_and_after(stage: Stage) -> None:
    sell(stage, "3 x 500 KONS", purchase_order="PO-2")
    result = run(stage)
    (update,) = [one.action for one in result.results]
    assert isinstance(update, UpdateDraft)
    assert update.changed == (
        Change("PurchaseOrder", "PO-1", "PO-2"),
        Change("Rows[1].Quantity", "2", "3"),
    )
    (draft,) = stage.se.made
    assert draft.totals.net == Decimal(1500)
    assert (stage.se.creates, stage.se.updates) == (3, 1)  # customer and draft before, then the update
    assert result.holds == ()


def test_after_the_update_there_is_nothing_more_to_do_and_no_ledger_is_read(stage: Stage) -> None:
    sell(stage, "3 x 500 KONS")
    run(stage)
    calls = stage.se.calls
    assert run(stage).unchanged == (D1,)
    assert stage.se.calls == calls


def test_a_dry_run_plans_the_update_and_writes_nothing(stage: Stage) -> None:
    before = stage.file.read_bytes()
    sell(stage, "3 x 500 KONS")
    assert [one.outcome for one in run(stage, dry=True).results] == [Outcome.PLANNED]
    assert stage.se.updates == 0
    assert stage.file.read_bytes() == before


@pytest.mark.parametrize(
    "changes", [{"name": "Nytt namn"}, {"owner_name": "Bo Ek"}, {"closed_on": deal("D1").closed_on}], ids=str
)
def test_touching_a_field_that_no_draft_shows_plans_nothing_and_reads_no_ledger(
    stage: Stage, changes: dict[str, Any]
) -> None:
    calls = stage.se.calls
    sell(stage, **changes)
    assert run(stage).results == ()
    assert stage.se.calls == calls


def test_an_address_that_moves_changes_no_draft(stage: Stage) -> None:
    """It is the customer's; the draft takes it from there."""
    sell(stage, buyer=buyer(street="Nygatan 2"))
    result = run(stage)
    assert [one.action for one in result.results if isinstance(one.action, UpdateDraft)] == []
    assert result.holds == ()


def test_rows_may_come_and_go(stage: Stage) -> None:
    sell(stage, "2 x 500 KONS", "1 x 70 MAT")
    run(stage)
    assert [len(one.draft.rows) for one in stage.se.made if one.draft] == [2]
    sell(stage, "1 x 70 MAT")
    run(stage)
    assert [one.totals.net for one in stage.se.made] == [Decimal(70)]


def test_another_account_moves_the_draft_to_another_customer(stage: Stage) -> None:
    sell(stage, buyer=OTHER)
    result = run(stage)
    (changed,) = [one.action.changed for one in result.results if isinstance(one.action, UpdateDraft)]
    assert changed == (Change("Customer", "AB Volvo", "Ericsson"),)
    (draft,) = stage.se.made
    assert draft.customer_id == stage.se.known[-1].id


def test_updates_count_against_the_limit_on_changes(stage: Stage) -> None:
    sell(stage, "3 x 500 KONS")
    with pytest.raises(SafetyStop, match="1 customers and documents"):
        run(stage, guard=Guard(max_changes=0))
    assert stage.se.updates == 0


def test_a_deal_that_can_no_longer_be_invoiced_is_held_and_its_draft_stands(stage: Stage) -> None:
    before = stage.se.made[0]
    sell(stage, lines=())
    assert held(run(stage)).code is HoldCode.NO_LINES
    assert stage.se.made == [before]
    told = stage.crm.deals[D1].sync
    assert (told.status, told.code, told.draft_id) == (DealStatus.DRAFT, HoldCode.NO_LINES, before.id)


def test_a_deal_that_goes_to_another_company_now_leaves_the_draft_and_makes_no_second(stage: Stage) -> None:
    norwegian = buyer(
        "Oslo AS", id="001000000000A03AAA", orgnr=None, country="NO", postal_code="0150", city="Oslo"
    )
    sell(stage, buyer=norwegian, values={"Account.BillingCountryCode": "NO"})
    assert held(run(stage)).code is HoldCode.DEAL_CHANGED_AFTER_INVOICE
    assert (len(stage.se.made), stage.international.made) == (1, [])


# --- finance has edited the draft ----------------------------------------------------------------------------------


def test_an_edited_draft_is_left_as_it_is_and_the_three_versions_are_shown(stage: Stage) -> None:
    row = stage.se.made[0].draft.rows[0]  # type: ignore[union-attr]
    theirs = stage.se.edit("draft-1", rows=(replace(row, text="Enligt avtal"), DraftRow("Tack!")))
    sell(stage, "3 x 500 KONS")
    found = held(run(stage))
    assert found.code is HoldCode.DRAFT_EDITED_BY_FINANCE
    assert [(one.field, one.wrote, one.crm, one.ledger) for one in found.versions] == [
        ("Rows[1].Text", "Produkt KONS", "Produkt KONS", "Enligt avtal"),
        ("Rows[1].Quantity", "2", "3", "2"),
        ("Rows[2].Text", None, None, "Tack!"),
    ]
    assert stage.se.made == [theirs]
    assert stage.crm.deals[D1].sync.code == HoldCode.DRAFT_EDITED_BY_FINANCE


def test_an_edited_draft_of_a_deal_that_did_not_change_concerns_nobody(stage: Stage) -> None:
    stage.se.edit("draft-1", your_reference="Kajsa")
    assert run(stage).holds == ()
    assert run(stage).results == ()


def test_the_hold_goes_when_the_deal_is_changed_back(stage: Stage) -> None:
    stage.se.edit("draft-1", your_reference="Kajsa")
    sell(stage, "3 x 500 KONS")
    run(stage)
    sell(stage, "2 x 500 KONS")
    assert run(stage).holds == ()
    assert stage.crm.deals[D1].sync.code is None


def test_finance_and_sales_who_make_the_same_change_agree(stage: Stage) -> None:
    row = stage.se.made[0].draft.rows[0]  # type: ignore[union-attr]
    stage.se.edit("draft-1", rows=(replace(row, quantity=Decimal(3)),))
    sell(stage, "3 x 500 KONS")
    assert run(stage).unchanged == (D1,)


def test_an_edit_between_plan_and_update_is_never_overwritten(stage: Stage) -> None:
    sell(stage, "3 x 500 KONS")
    reads = stage.se.draft
    before = stage.se.made[0]

    def edited_before_the_second_reading(draft_id: str, **more: Any) -> Any:
        if stage.se.reads["draft"] == 1:
            stage.se.edit("draft-1", your_reference="Kajsa")
        return reads(draft_id, **more)

    stage.se.draft = edited_before_the_second_reading  # type: ignore[method-assign]  # finance, not ours
    assert held(run(stage)).code is HoldCode.DRAFT_EDITED_BY_FINANCE
    (after,) = stage.se.made
    assert (after.draft.your_reference, after.totals) == ("Kajsa", before.totals)  # type: ignore[union-attr]


# --- the draft is gone ---------------------------------------------------------------------------------------------


def test_a_draft_that_was_issued_meanwhile_is_not_updated(stage: Stage) -> None:
    issued = stage.se.issue("draft-1", "1042")
    sell(stage, "3 x 500 KONS")
    found = held(run(stage))
    assert found.code is HoldCode.DEAL_CHANGED_AFTER_INVOICE
    assert issued.number in found.message
    assert found.message.endswith(" Rows[1].Quantity: invoiced 2, Salesforce now 3.")
    assert [(one.field, one.wrote, one.crm, one.ledger) for one in found.versions] == [
        ("Rows[1].Quantity", "2", "3", "2")
    ]
    assert stage.se.updates == 0
    with stage.world() as world:
        pull(world, full=False)
    assert held(run(stage)) == found, "the same is told once the invoice is linked, run after run"
    assert held(run(stage)) == found


def test_what_finance_wrote_on_the_invoice_is_told_where_the_deal_says_something_else(stage: Stage) -> None:
    row = stage.se.made[0].draft.rows[0]  # type: ignore[union-attr]
    rows = (replace(row, unit_price=Decimal(450), reverse_charge=True), DraftRow("Tack!"))
    stage.se.edit("draft-1", rows=rows, our_reference=None, payment_terms_days=30, terms_id="terms-30")
    stage.se.issue("draft-1", "1042")
    sell(stage, "3 x 500 KONS", "1 x 100 KONS")
    found = held(run(stage))
    assert [(one.field, one.wrote, one.crm, one.ledger) for one in found.versions[:3]] == [
        ("Rows[1].Quantity", "2", "3", "2"),
        ("Rows[1].UnitPrice", "500,00", "500,00", "450,00"),
        ("Rows[2].Text", None, "Produkt KONS", "Tack!"),
    ]
    assert not {"OurReference", "PaymentTermsDays", "Rows[1].ReverseCharge"} & {
        one.field for one in found.versions
    }
    assert "and 4 more fields" in found.message


def test_an_invoice_beside_a_deal_that_could_not_be_invoiced_now_stands_without_a_comparison(
    stage: Stage,
) -> None:
    stage.se.issue("draft-1", "1042")
    sell(stage, lines=())
    found = held(run(stage))
    assert (found.code, found.versions) == (HoldCode.DEAL_CHANGED_AFTER_INVOICE, ())


def test_many_changed_deals_are_compared_with_their_invoices_in_one_reading(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    sell(stage, "3 x 500 KONS")
    with stage.world() as world:
        pull(world, full=False)
    before = stage.se.reads["invoice contents"]
    run(stage)
    assert stage.se.reads["invoice contents"] == before + 1


def test_a_draft_that_finance_deleted_is_never_made_again_by_a_change(stage: Stage) -> None:
    stage.se.made.clear()
    stage.pass_time(SETTLE)
    sell(stage, "3 x 500 KONS")
    first = run(stage)
    assert held(first).code is HoldCode.DRAFT_DELETED
    assert stage.se.made == []
    with stage.world() as world:
        pull(world, full=False)
    stage.pass_time(timedelta(days=1))
    again = run(stage)
    assert (again.holds[0].hold.code, again.holds[0].since) == (HoldCode.DRAFT_DELETED, first.holds[0].since)
    assert again.unchanged == ()


def test_a_deleted_draft_is_made_again_once_when_sales_asks_for_it(stage: Stage) -> None:
    stage.se.made.clear()
    stage.pass_time(SETTLE)
    for wanted in (True, False):
        with stage.world() as world:
            pull(world, full=False)
        sell(stage, retry=wanted)
        result = run(stage)
        assert [one.id for one in stage.se.made] == ["draft-2"]
        assert result.holds == ()
    told = stage.crm.deals[D1].sync
    assert (told.status, told.draft_id, told.code) == (DealStatus.DRAFT, "draft-2", None)
    assert f"SF:{D1}:2:" in " ".join(stage.se.made[0].texts)


def test_a_young_draft_that_is_not_seen_is_waited_for(stage: Stage) -> None:
    stage.se.made.clear()
    sell(stage, "3 x 500 KONS")
    waits = held(run(stage))
    assert waits.code is HoldCode.OUTCOME_UNKNOWN
    until = stage.crm.time.replace(second=0, microsecond=0) + SETTLE
    assert waits.fix.endswith(
        (f"{until + timedelta(hours=1):%H:%M} CET.", f"{until + timedelta(hours=2):%H:%M} CEST.")
    )


def test_an_invoice_is_not_held_over_a_reference(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    with stage.world() as world:
        pull(world, full=False)
    sell(stage, our_reference="Bo Ek")
    assert run(stage).holds == ()


# --- replies that are lost -----------------------------------------------------------------------------------------


def test_a_lost_reply_is_answered_by_the_draft_itself(stage: Stage) -> None:
    stage.se.trouble.after[stage.se.creates + 1] = lost
    sell(stage, "3 x 500 KONS")
    assert [one.outcome for one in run(stage).results] == [Outcome.DONE]
    assert run(stage).unchanged == (D1,)
    assert stage.se.updates == 1


def test_an_update_that_may_still_arrive_is_waited_for_and_then_planned_anew(stage: Stage) -> None:
    stage.se.trouble.before[stage.se.creates + 1] = lost
    sell(stage, "3 x 500 KONS")
    assert held(run(stage)).code is HoldCode.OUTCOME_UNKNOWN
    stage.pass_time(timedelta(minutes=5))
    assert held(run(stage)).code is HoldCode.OUTCOME_UNKNOWN
    assert stage.se.updates == 0
    stage.pass_time(SETTLE)
    assert run(stage).holds == ()
    assert (stage.se.updates, stage.se.made[0].totals.net) == (1, Decimal(1500))


def test_an_update_that_arrived_late_is_found_and_not_sent_again(stage: Stage) -> None:
    stage.se.trouble.before[stage.se.creates + 1] = lost
    sell(stage, "3 x 500 KONS")
    run(stage)
    row = stage.se.made[0].draft.rows[0]  # type: ignore[union-attr]
    stage.se.edit("draft-1", rows=(replace(row, quantity=Decimal(3)),))
    again = run(stage)
    assert (again.holds, again.unchanged) == ((), (D1,))
    assert stage.se.updates == 0


def test_an_edit_after_a_lost_reply_is_never_overwritten(stage: Stage) -> None:
    """The update came through, its reply did not, and finance was at the draft before the next run."""
    stage.se.trouble.after[stage.se.creates + 1] = lost
    reads = stage.se.draft

    def unreadable_after_the_update(draft_id: str, **more: Any) -> Any:
        if stage.se.updates:
            raise unreachable()
        return reads(draft_id, **more)

    stage.se.draft = unreadable_after_the_update  # type: ignore[method-assign]  # the line, not ours
    sell(stage, "3 x 500 KONS")
    assert held(run(stage)).code is HoldCode.OUTCOME_UNKNOWN
    stage.se.draft = reads  # type: ignore[method-assign]
    theirs = stage.se.edit("draft-1", your_reference="Kajsa")
    result = run(stage)
    for pause in (timedelta(minutes=5), SETTLE):
        stage.pass_time(pause)
        result = run(stage)
        assert stage.se.made == [theirs]
    assert (result.unchanged, stage.se.updates) == ((D1,), 1)  # it says what the deal says, and more
    sell(stage, "4 x 500 KONS")
    assert held(run(stage)).code is HoldCode.DRAFT_EDITED_BY_FINANCE
    assert stage.se.made == [theirs]


def test_a_customer_in_another_currency_is_never_given_to_a_draft(stage: Stage) -> None:
    stage.se.known.append(customer("1900", name="Ericsson", orgnr="5560160680", currency="EUR"))
    sell(stage, buyer=OTHER)
    result = run(stage)
    assert HoldCode.CURRENCY_MISMATCH in {one.hold.code for one in result.holds}
    assert stage.se.updates == 0


# --- the deal is not won any more ----------------------------------------------------------------------------------


@pytest.mark.parametrize("deleted", [False, True])
def test_a_deal_that_is_reopened_or_deleted_is_held_with_a_proposal_and_its_draft_stands(
    stage: Stage, *, deleted: bool
) -> None:
    before = list(stage.se.made)
    stage.crm.leave(D1, deleted=deleted)
    first = run(stage)
    assert held(first).code is HoldCode.DEAL_REOPENED
    assert "delete the draft" in held(first).fix
    assert held(first).owner == "Anna Ek"
    stage.pass_time(timedelta(days=1))
    again = run(stage)
    assert [(one.hold.code, one.since) for one in again.holds] == [
        (HoldCode.DEAL_REOPENED, first.holds[0].since)
    ]
    assert stage.se.made == before
    assert again.results == ()


def test_a_deal_that_is_won_again_as_it_was_needs_nothing(stage: Stage) -> None:
    stage.crm.leave(D1)
    run(stage)
    assert stage.crm.reopened[D1].sync.code == HoldCode.DEAL_REOPENED
    stage.crm.add(stage.crm.reopened.pop(D1))
    assert run(stage).holds == ()
    assert stage.crm.deals[D1].sync.code is None


def test_an_invoice_of_a_lost_deal_is_proposed_for_credit(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    with stage.world() as world:
        pull(world, full=False)
    stage.crm.leave(D1)
    assert "credit invoice 1042" in held(run(stage)).fix


def test_a_crm_that_answers_nothing_never_means_that_all_deals_are_gone(stage: Stage) -> None:
    stage.crm.deals.clear()
    result = run(stage)
    assert (result.holds, result.results) == ((), ())
    with stage.world() as world:
        assert push(world, Scope(full=True), ROOMY).holds == ()


def test_a_lost_deal_whose_draft_finance_deleted_waits_for_nobody(stage: Stage) -> None:
    stage.crm.leave(D1)
    run(stage)
    stage.se.made.clear()
    stage.pass_time(SETTLE)
    with stage.world() as world:
        pull(world, full=False)
    assert run(stage).holds == ()


# --- what the ledger refused ---------------------------------------------------------------------------------------


def refuse_the_next(stage: Stage) -> None:
    stage.se.trouble.before[stage.se.creates + 1] = refused


def test_a_refused_draft_is_not_sent_again_until_something_changes(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    refuse_the_next(stage)
    assert held(run(stage)).code is HoldCode.LEDGER_REFUSED
    tried, saved = stage.se.attempts, len(stage.crm.saved)
    for _ in range(2):
        again = run(stage)
        assert (held(again).code, again.results) == (HoldCode.LEDGER_REFUSED, ())
    assert (stage.se.attempts, len(stage.crm.saved)) == (tried, saved)
    mended = stage.crm.deals[deal_id("D2")]
    stage.crm.add(replace(mended, lines=(line("2 x 70 MAT"),)))
    assert run(stage).holds == ()


@pytest.mark.parametrize("scope", [Scope(full=True), Scope(deal_ids=(deal_id("D2"),))], ids=str)
def test_a_refused_draft_is_tried_again_when_a_person_asks(stage: Stage, scope: Scope) -> None:
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    refuse_the_next(stage)
    run(stage)
    with stage.world() as world:
        assert push(world, scope, ROOMY).holds == ()
    assert len(stage.se.made) == 2


def test_a_refused_draft_is_tried_again_when_sales_ticks_retry(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    refuse_the_next(stage)
    run(stage)
    stage.crm.add(replace(stage.crm.deals[deal_id("D2")], retry=True))
    assert run(stage).holds == ()


def test_a_refused_draft_is_tried_again_when_its_customer_was_mended(stage: Stage) -> None:
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    refuse_the_next(stage)
    run(stage)
    stage.se.known[0] = replace(stage.se.known[0], name="AB Volvo (publ)")
    assert run(stage).holds == ()


def test_a_refused_update_is_not_sent_again_either(stage: Stage) -> None:
    sell(stage, "3 x 500 KONS")
    refuse_the_next(stage)
    assert held(run(stage)).code is HoldCode.LEDGER_REFUSED
    tried = stage.se.attempts
    assert held(run(stage)).code is HoldCode.LEDGER_REFUSED
    assert stage.se.attempts == tried
    told = stage.crm.deals[D1].sync
    assert (told.status, told.draft_id) == (DealStatus.DRAFT, "draft-1")
