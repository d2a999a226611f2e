"""Orders: one thing with what finance makes of them, never beside a draft, and as exactly once as drafts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from fakes import Killed, Stage
from sfspiris.adapters.spiris import writing
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import Marker
from sfspiris.core.model import DealStatus, Draft, DraftRow, Target
from sfspiris.core.planning.documents import SETTLE, Documents
from sfspiris.core.planning.push import decide
from sfspiris.engine.gather import Scope
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import SafetyStop
from sfspiris.state.journal import IntentKind
from sfspiris.state.store import open_state
from shorthand import NOW, POLICY, TAG, deal, deal_id, inputs, invoice, ledger_draft, totals
from statekit import new_draft

if TYPE_CHECKING:
    from pathlib import Path

    from sfspiris.core.model import LedgerDraft
    from sfspiris.core.outcome import RunResult

MARKER = str(Marker(deal_id("D1"), 1, TAG))
OTHERS = str(Marker(deal_id("D2"), 1, TAG))
ORDERING = replace(
    POLICY, companies={**POLICY.companies, "se": replace(POLICY.companies["se"], target=Target.ORDER)}
)


def order(order_id: str, *texts: str, net: str = "1000", **changes: object) -> LedgerDraft:
    return replace(ledger_draft(order_id, net, *texts), target=Target.ORDER, **changes)  # type: ignore[arg-type]


# --- one thing -----------------------------------------------------------------------------------------------------


def test_an_order_and_the_invoice_that_names_it_are_one_document_even_without_references() -> None:
    booked = invoice("17", "1000", order_ids=("o",))
    (one,) = Documents.of([], [booked], [order("o", MARKER, is_invoiced=True)]).all
    assert (one.draft_id, one.invoice, one.target) == ("o", booked, Target.ORDER)
    assert Documents.of([], [booked], [order("o", MARKER)]).marked(Marker(deal_id("D1"), 1, TAG))


@pytest.mark.parametrize("is_invoiced", [True, False])
def test_a_draft_that_finance_made_of_an_order_is_the_same_document(is_invoiced: bool) -> None:
    made = ledger_draft("d", "1000", MARKER)
    (one,) = Documents.of([made], [], [order("o", MARKER, is_invoiced=is_invoiced)]).all
    assert (one.draft_id, one.draft, one.has_moved_on) == ("o", made, True)


def test_a_draft_that_is_older_than_an_order_with_the_same_marker_is_another_document() -> None:
    young = order("o", MARKER, created_at=NOW + timedelta(minutes=1))
    found = Documents.of([replace(ledger_draft("d", "1000", MARKER), created_at=NOW)], [], [young])
    assert sorted(one.draft_id for one in found.all) == ["d", "o"]


def test_a_collective_invoice_stands_for_the_deals_of_all_its_orders() -> None:
    booked = invoice("17", "2000", order_ids=("o", "p"))
    found = Documents.of([], [booked], [order("o", MARKER), order("p", OTHERS)])
    (one,) = found.all
    assert set(one.ids) == {booked.id, "o", "p"}
    assert [found.marked(Marker(deal_id(name), 1, TAG)) for name in ("D1", "D2")] == [(one,), (one,)]


def test_two_invoices_of_one_order_are_two_documents() -> None:
    first = invoice("17", "1000", order_ids=("o",))
    second = replace(invoice("18", "1000", order_ids=("o",)), created_at=first.created_at)
    found = Documents.of([], [first, second], [order("o", MARKER)]).all
    assert len({one.draft_id for one in found}) == len(found) == 2


# --- the same content, in an order's words -------------------------------------------------------------------------


def test_the_plan_of_an_order_says_what_that_of_a_draft_says() -> None:
    sold = deal("D1", "2 x 500 KONS", purchase_order="4711")
    (draft,) = [one for one in decide(inputs(sold)).ledger_writes if hasattr(one, "draft")]
    (ordered,) = [
        one for one in decide(replace(inputs(sold), policy=ORDERING)).ledger_writes if hasattr(one, "draft")
    ]
    assert ordered.draft == draft.draft
    assert ordered.id != draft.id


def test_a_deal_that_needs_an_e_invoice_reference_is_held_unless_the_order_number_says_it() -> None:
    sold = deal("D1", "2 x 500 KONS", electronic_reference="REF-1")
    held = decide(replace(inputs(sold), policy=ORDERING)).holds
    assert [one.code for one in held] == [HoldCode.ORDER_CANNOT_CARRY]
    assert decide(inputs(sold)).holds == ()
    carried = replace(sold, purchase_order="REF-1")
    assert decide(replace(inputs(carried), policy=ORDERING)).holds == ()


def test_an_order_is_worded_as_the_vendors_document_wants_it() -> None:
    rows = (
        DraftRow(
            text="Arbete", article_id="a", article_number="A", quantity=Decimal(2), unit_price=Decimal(500),
            reverse_charge=True,
        ),
        DraftRow(text="Tack"),
    )  # fmt: skip
    draft = Draft(
        "SEK", rows, date(2026, 11, 20), MARKER, our_reference=f"Anna {MARKER}", contract_number="K"
    )
    body = writing.order_body(draft, customer_id="c", marker_field=MarkerField.TEXT_ROW)
    assert body["CurrencyCode"] == "SEK"
    assert (body["Status"], body["OrderDate"]) == (2, "2026-11-20")
    assert body["ReverseChargeOnConstructionServices"] is True
    assert body.keys().isdisjoint(
        {
            "InvoiceDate",
            "ContractNumber",
            "SubscriptionNumber",
            "ElectronicReference",
            "ReplaceUnitPriceWhenZero",
        }
    )
    assert [row["LineNumber"] for row in body["Rows"]] == [1, 2, 3]
    assert [row["EligibleForReverseChargeOnVat"] for row in body["Rows"]] == [True, False, False]
    assert body["Rows"][2] == {
        "LineNumber": 3,
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
        "IsTextRow": True,
        "Text": MARKER,
    }


# --- exactly once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kinds", [("create_order", "create_draft"), ("create_draft", "create_order")])
def test_a_deal_never_has_a_live_draft_and_a_live_order(tmp_path: Path, kinds: tuple[str, str]) -> None:
    first, second = (replace(new_draft(), kind=IntentKind(one)) for one in kinds)
    with open_state(tmp_path / "state.db", dry=False, now=NOW) as state:
        state.runs.start("r1", "push-closed-won", at=NOW)
        state.journal.record_intent(first, at=NOW, run_id="r1")
        with pytest.raises(SafetyStop) as stopped:
            state.journal.record_intent(second, at=NOW, run_id="r1")
        assert stopped.value.code == "INTENT_EXISTS"
        state.journal.record_intent(replace(second, revision=2), at=NOW, run_id="r1")


def test_the_database_itself_refuses_a_draft_beside_an_order(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with open_state(file, dry=False, now=NOW) as state:
        state.runs.start("r1", "push-closed-won", at=NOW)
        state.journal.record_intent(replace(new_draft(), kind=IntentKind.CREATE_ORDER), at=NOW, run_id="r1")
    engine = sa.create_engine(f"sqlite:///{file}")
    columns = (
        "company, subject, deal_id, revision, state, payload_hash, marker, net, currency, attempt, run_id, "
        "created_at, updated_at"
    )
    twin = sa.text(f"INSERT INTO intents (kind, {columns}) SELECT 'create_draft', {columns} FROM intents")
    with (
        engine.connect() as connection,
        pytest.raises(
            sa.exc.IntegrityError,
            match=r"UNIQUE constraint failed: intents\.company, intents\.subject, intents\.revision",
        ),
    ):
        connection.execute(twin)
    engine.dispose()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, policy=ORDERING)


def run(stage: Stage, scope: Scope | None = None) -> RunResult:
    with stage.world() as world:
        return push(world, scope or Scope(), Guard(max_changes=200))


def pulled(stage: Stage) -> RunResult:
    with stage.world(command="pull-invoice-status") as world:
        return pull(world, full=False)


@pytest.mark.parametrize("after_target", [Target.ORDER, Target.DRAFT])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_order_ends_in_one_document_whatever_the_target_is_by_then(
    stage: Stage, moment: str, after_target: Target
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    getattr(stage.se.trouble, moment)[2] = Killed
    with pytest.raises(Killed):
        run(stage)
    if after_target is Target.DRAFT:
        stage.policy = POLICY
    run(stage)
    stage.pass_time(SETTLE)
    run(stage)
    assert run(stage).unchanged == (deal_id("D1"),)
    (made,) = stage.se.made
    assert made.target is (Target.ORDER if moment == "after" else after_target)
    with stage.state() as state:
        assert state.links.latest()[deal_id("D1")].target is made.target


def test_a_company_that_only_gets_drafts_is_asked_for_its_orders_once_and_never_again(stage: Stage) -> None:
    stage.policy = POLICY
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    stage.crm.add(deal("D2", "1 x 70 MAT"))
    run(stage)
    pulled(stage)
    assert stage.se.reads["orders"] == 1


def test_each_deal_of_a_collective_invoice_is_told_of_it(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"), deal("D2", "1 x 70 MAT"))
    run(stage)
    first, second = (one.id for one in stage.se.made)
    stage.se.issue(first, "17", order_ids=(first, second))
    stage.se.made = [replace(one, is_invoiced=True) for one in stage.se.made]
    result = pulled(stage)
    assert WarningCode.COUNT_MISMATCH not in {one.code for one in result.warnings}
    told = {one.sync.invoice_number: one.sync.status for one in stage.crm.deals.values()}
    assert told == {"17": DealStatus.ISSUED}
    assert pulled(stage).results == ()


def test_a_deal_that_changed_after_its_order_was_delivered_or_invoiced_is_told_field_by_field(
    stage: Stage,
) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    (made,) = stage.se.made
    stage.se.made = [replace(made, is_delivered=True)]
    stage.crm.add(replace(deal("D1", "3 x 500 KONS"), sync=stage.crm.deals[deal_id("D1")].sync))
    (delivered,) = (one.hold for one in run(stage).holds)
    assert delivered.code is HoldCode.DEAL_CHANGED_AFTER_INVOICE
    assert delivered.message.endswith(" Rows[1].Quantity: ordered 2, Salesforce now 3.")

    stage.se.made = [made]
    stage.se.issue(made.id, "17", totals=totals("9000"))
    pulled(stage)
    (invoiced,) = (one.hold for one in run(stage).holds)
    assert "invoice 17" in invoiced.message
    assert [(one.field, one.wrote, one.crm, one.ledger) for one in invoiced.versions] == [
        ("Rows[1].Quantity", "2", "3", "2")
    ], "held against the order, for the invoice may be of several"


def test_an_order_that_was_invoiced_by_nobody_knows_what_waits_for_a_person(stage: Stage) -> None:
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    stage.se.made = [replace(one, is_invoiced=True) for one in stage.se.made]
    stage.pass_time(SETTLE)
    result = pulled(stage)
    assert [one.hold.code for one in result.holds] == [HoldCode.INVOICE_UNCERTAIN]
    assert run(stage, Scope(full=True)).results == ()
    assert len(stage.se.made) == 1


def test_two_orders_for_one_deal_are_told(stage: Stage) -> None:
    """A proxy between us and Spiris sent the order twice."""
    stage.crm.add(deal("D1", "2 x 500 KONS"))
    run(stage)
    stage.se.made.append(replace(stage.se.made[0], id="order-again"))
    assert WarningCode.COUNT_MISMATCH in {one.code for one in pulled(stage).warnings}
