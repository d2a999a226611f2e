"""Which won deals become what, and which wait for a person."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sfspiris.core.actions import (
    Adopt,
    CreateCustomer,
    CreateDraft,
    ExistingCustomer,
    NewCustomer,
    Plan,
    WriteDeal,
    kind,
)
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.changes import changes
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import Marker, customer_key, markers_in
from sfspiris.core.model import Deal, DealStatus, SyncState
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.pushinputs import PushInputs, Unresolved, companies_to_read
from sfspiris.core.policy import ArticlePolicy
from sfspiris.sentences import as_told
from shorthand import POLICY, SE, TAG, buyer, customer, deal, inputs, invoice, ledger_draft, line, link, view

GERMAN = buyer(
    "Müller GmbH",
    id="001000000000A02AAA",
    orgnr=None,
    vat_number="DE136695976",
    country="DE",
    postal_code="10115",
    city="Berlin",
)


def drafts(plan: Plan) -> list[CreateDraft]:
    return [one for one in plan.actions if isinstance(one, CreateDraft)]


def new_customers(plan: Plan) -> list[CreateCustomer]:
    return [one for one in plan.actions if isinstance(one, CreateCustomer)]


def codes(plan: Plan) -> list[HoldCode]:
    return [one.code for one in plan.holds]


def warned(plan: Plan) -> list[WarningCode]:
    return [one.code for one in plan.warnings]


def only_hold(*deals: Deal, **changes_: Any) -> HoldCode:
    plan = decide(inputs(*deals, **changes_))
    assert plan.creates == (), "a held deal makes nothing"
    assert len(plan.holds) == 1, plan.holds
    hold = plan.holds[0]
    assert hold.message.strip()
    assert hold.fix.strip()
    return hold.code


# --- what a clean deal becomes -------------------------------------------------------------------------------------


def test_a_deal_of_an_unknown_buyer_makes_one_customer_and_one_draft_and_tells_the_crm() -> None:
    plan = decide(inputs(deal("D1", "2 x 500 KONS")))
    assert [kind(one) for one in plan.actions] == ["create_customer", "create_draft", "write_deal"]
    (made,) = new_customers(plan)
    assert made.customer.name == "AB Volvo"
    assert made.customer.orgnr == "556012-5790"
    assert (made.customer.postal_code, made.customer.payment_terms_days) == ("111 22", 30)
    (draft,) = drafts(plan)
    assert draft.customer == NewCustomer(made.key)
    assert (draft.net, draft.vat.gross) == (Decimal(1000), Decimal(1250))


def test_rows_keep_order_article_text_quantity_price_and_discount() -> None:
    plan = decide(
        inputs(
            deal("D1", "2.5 x 100 KONS -10%", line("1 x 0 BOK", text="Ingår\nutan kostnad"), "3 x 9.90 MAT")
        )
    )
    rows = drafts(plan)[0].draft.rows
    assert [(row.article_number, row.text, row.quantity, row.unit_price, row.discount) for row in rows] == [
        ("KONS", "Produkt KONS", Decimal("2.5"), Decimal(100), Decimal("0.1")),
        ("BOK", "Ingår\nutan kostnad", Decimal(1), Decimal(0), Decimal(0)),
        ("MAT", "Produkt MAT", Decimal(3), Decimal("9.90"), Decimal(0)),
    ]


def test_the_draft_carries_references_terms_dates_and_the_marker() -> None:
    plan = decide(
        inputs(
            deal(
                "D1",
                "1 x 500 KONS",
                your_reference="Eva Berg",
                purchase_order="PO-7",
                payment_terms_days="10.0",
                delivery_date=date(2026, 11, 9),
            )
        )
    )
    draft = drafts(plan)[0].draft
    assert draft.our_reference == f"Anna Ek {draft.marker}"
    assert (draft.your_reference, draft.purchase_order, draft.terms_id) == ("Eva Berg", "PO-7", "terms-10")
    assert (draft.invoice_date, draft.delivery_date) == (date(2026, 11, 20), date(2026, 11, 9))


@pytest.mark.parametrize("where", list(MarkerField))
def test_the_marker_stands_in_the_field_that_the_company_chose(where: MarkerField) -> None:
    policy = replace(POLICY, companies={**POLICY.companies, "se": replace(SE, marker_field=where)})
    sold = deal("D1", "1 x 500 KONS", our_reference=None)
    draft = drafts(decide(inputs(sold, policy=policy)))[0].draft
    places = {
        MarkerField.OUR_REFERENCE: draft.our_reference,
        MarkerField.YOUR_REFERENCE: draft.your_reference,
        MarkerField.BUYERS_ORDER_REFERENCE: draft.purchase_order,
        MarkerField.CONTRACT_NUMBER: draft.contract_number,
        MarkerField.SUBSCRIPTION_NUMBER: draft.subscription_number,
        MarkerField.TEXT_ROW: draft.rows[-1].text,
    }
    assert markers_in(places.pop(where)) == (Marker(sold.id, 1, TAG),)
    assert not any(markers_in(words) for words in places.values() if words)


def test_the_same_inputs_give_the_same_plan_whatever_the_order_of_reading() -> None:
    sold = [deal(f"D{n}", "1 x 500 KONS", closed_on=date(2026, 11, 20 - n)) for n in range(5)]
    assert decide(inputs(*sold)) == decide(inputs(*reversed(sold)))


def test_a_limit_bounds_the_drafts_and_leaves_the_rest_for_later() -> None:
    plan = decide(inputs(*(deal(f"D{n}", "1 x 500 KONS") for n in range(5))), limit=2)
    assert plan.beyond_limit == 3
    assert len(drafts(plan)) == 2
    assert plan.holds == ()
    assert len([one for one in plan.actions if isinstance(one, WriteDeal)]) == 2


# --- who is invoiced -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["5560125790", "556012-5790", "165560125790", " 556012 5790 "])
def test_a_customer_is_found_by_its_organisation_number_however_it_is_written(written: str) -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS"), customers=(customer("1001", orgnr=written),)))
    assert drafts(plan)[0].customer == ExistingCustomer(
        "cust-1001", "1001", "AB Volvo", "organisation number"
    )
    assert not new_customers(plan)


def test_a_stored_link_goes_before_every_number() -> None:
    known = (customer("1001"), customer("1002"))
    linked = {("se", buyer().id): "cust-1002"}
    plan = decide(inputs(deal("D1", "1 x 500 KONS"), customers=known, customer_links=linked))
    assert drafts(plan)[0].customer == ExistingCustomer("cust-1002", "1002", "AB Volvo", "link")


def test_a_customer_abroad_is_found_by_its_vat_number() -> None:
    known = customer("1001", name="Müller GmbH", orgnr=None, vat_number="de 136 695 976", country="DE")
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=GERMAN), customers=(known,)))
    assert drafts(plan)[0].customer == ExistingCustomer("cust-1001", "1001", "Müller GmbH", "VAT number")


def test_a_customer_is_found_by_the_customer_number_on_the_account() -> None:
    plan = decide(
        inputs(
            deal("D1", "1 x 500 KONS", buyer=buyer(customer_number="1001")),
            customers=(customer("1001", orgnr=None),),
        )
    )
    assert drafts(plan)[0].customer == ExistingCustomer("cust-1001", "1001", "AB Volvo", "customer number")


def test_two_customers_that_share_an_orgnr_hold_the_deal() -> None:
    assert (
        only_hold(deal("D1", "1 x 500 KONS"), customers=(customer("1"), customer("2")))
        is HoldCode.CUSTOMER_AMBIGUOUS
    )


def test_a_deactivated_twin_does_not_count_beside_the_active_customer() -> None:
    plan = decide(
        inputs(deal("D1", "1 x 500 KONS"), customers=(customer("1", is_active=False), customer("2")))
    )
    assert drafts(plan)[0].customer == ExistingCustomer("cust-2", "2", "AB Volvo", "organisation number")


def test_an_inactive_customer_holds_the_deal() -> None:
    assert (
        only_hold(deal("D1", "1 x 500 KONS"), customers=(customer("1", is_active=False),))
        is HoldCode.CUSTOMER_INACTIVE
    )


def test_a_customer_number_that_leads_to_another_company_holds_the_deal() -> None:
    sold = deal("D1", "1 x 500 KONS", buyer=buyer(customer_number="1001"))
    assert only_hold(sold, customers=(customer("1001", orgnr="556016-0680"),)) is HoldCode.CUSTOMER_AMBIGUOUS


def test_a_customer_under_another_name_is_used_with_a_warning() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS"), customers=(customer("1", name="Volvo Lastvagnar AB"),)))
    assert len(drafts(plan)) == 1
    assert warned(plan) == [WarningCode.CUSTOMER_NAME_DIFFERS]


def test_two_accounts_with_one_orgnr_make_one_customer_and_a_warning() -> None:
    twin = buyer(id="001000000000A09AAA")
    plan = decide(inputs(deal("D1", "1 x 500 KONS"), deal("D2", "1 x 600 KONS", buyer=twin)))
    assert len(new_customers(plan)) == 1
    assert [draft.customer for draft in drafts(plan)] == [NewCustomer(new_customers(plan)[0].key)] * 2
    assert warned(plan) == [WarningCode.DUPLICATE_SOURCE]


def test_two_accounts_of_one_existing_customer_warn_too() -> None:
    twin = buyer(id="001000000000A09AAA")
    plan = decide(
        inputs(deal("D1", "1 x 500 KONS"), deal("D2", "1 x 600 KONS", buyer=twin), customers=(customer("1"),))
    )
    assert warned(plan) == [WarningCode.DUPLICATE_SOURCE]


def test_a_new_customer_keeps_one_currency() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS"), deal("D2", "1 x 600 KONS", currency="EUR")))
    assert len(drafts(plan)) == 1
    assert codes(plan) == [HoldCode.CURRENCY_MISMATCH]


def test_a_deal_in_another_currency_than_its_customers_is_held() -> None:
    assert (
        only_hold(deal("D1", "1 x 5 KONS", currency="EUR"), customers=(customer("1"),))
        is HoldCode.CURRENCY_MISMATCH
    )


# --- what holds a deal on its own data -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"buyer": None}, HoldCode.CUSTOMER_MISSING),
        ({"buyer": buyer(name=" \n ")}, HoldCode.CUSTOMER_NAME_MISSING),
        ({"buyer": buyer(name="Å" * 51)}, HoldCode.FIELD_TOO_LONG),
        ({"buyer": buyer(postal_code=None)}, HoldCode.CUSTOMER_ADDRESS_INCOMPLETE),
        ({"buyer": buyer(city="  ")}, HoldCode.CUSTOMER_ADDRESS_INCOMPLETE),
        ({"buyer": buyer(postal_code="1O4 05")}, HoldCode.POSTAL_CODE_INVALID),
        ({"buyer": buyer(street="\n".join(["c/o Anna", "Storgatan 1", "x" * 50]))}, HoldCode.FIELD_TOO_LONG),
        ({"buyer": buyer(orgnr=None)}, HoldCode.ORGNR_MISSING),
        ({"buyer": buyer(orgnr="556012-5791")}, HoldCode.ORGNR_INVALID),
        ({"buyer": buyer(orgnr="556677-8899")}, HoldCode.ORGNR_PLACEHOLDER),
        ({"buyer": buyer(vat_number="SE556012579002")}, HoldCode.VAT_NUMBER_INVALID),
        ({"buyer": buyer(vat_number="SE556016068001")}, HoldCode.VAT_NUMBER_MISMATCH),
        ({"buyer": replace(GERMAN, vat_number=None)}, HoldCode.VAT_TREATMENT_UNCLEAR),
        ({"buyer": replace(GERMAN, vat_number="DE136695978")}, HoldCode.VAT_NUMBER_INVALID),
        ({"buyer": replace(GERMAN, country="Atlantis")}, HoldCode.COUNTRY_UNKNOWN),
        ({"buyer": replace(GERMAN, orgnr="Amtsgericht Berlin HRB 12345")}, HoldCode.FIELD_TOO_LONG),
        ({"buyer": buyer(country=None)}, HoldCode.NO_ROUTE),
        ({"lines": ()}, HoldCode.NO_LINES),
        ({"lines": (line("1 x 0 KONS"),)}, HoldCode.ZERO_AMOUNT),
        ({"lines": (line("1 x -5 KONS"),)}, HoldCode.NEGATIVE_PRICE),
        ({"lines": (line("-1 x 5 KONS"),)}, HoldCode.NEGATIVE_PRICE),
        ({"lines": (line("1 x 5 KONS -120%"),)}, HoldCode.AMOUNT_MISMATCH),
        ({"lines": (line("1 x 99.995 KONS"),)}, HoldCode.PRECISION_LOST),
        ({"lines": (line("1.125 x 100 KONS"),)}, HoldCode.PRECISION_LOST),
        ({"lines": (line("1 x 100 KONS -3.333%"),)}, HoldCode.PRECISION_LOST),
        ({"lines": (line("1 x 100 KONS", text="x" * 2001),)}, HoldCode.FIELD_TOO_LONG),
        ({"lines": (line("1 x 100 KONS", total=Decimal(90)),)}, HoldCode.AMOUNT_MISMATCH),
        ({"amount": Decimal(999)}, HoldCode.AMOUNT_MISMATCH),
        ({"payment_terms_days": "45"}, HoldCode.PAYMENT_TERMS_UNKNOWN),
        ({"payment_terms_days": "netto"}, HoldCode.PAYMENT_TERMS_UNKNOWN),
        ({"lines": (line("1 x 500"),)}, HoldCode.ARTICLE_MISSING),
        ({"lines": (line("1 x 500 FINNSEJ"),)}, HoldCode.ARTICLE_MISSING),
        ({"lines": (line("1 x 500 GAMMAL"),)}, HoldCode.ARTICLE_INACTIVE),
        ({"lines": (line("1 x 500 OKODAD"),)}, HoldCode.VAT_RATE_UNKNOWN),
        ({"our_reference": "x" * 90}, HoldCode.FIELD_TOO_LONG),
        ({"purchase_order": "x" * 36}, HoldCode.FIELD_TOO_LONG),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:60],
)
def test_each_defect_is_held_by_its_own_code(changed: dict[str, Any], code: HoldCode) -> None:
    assert only_hold(deal("D1", "1 x 500 KONS", **changed)) is code


def test_a_deal_with_two_defects_names_both_at_once() -> None:
    plan = decide(inputs(deal("D1", buyer=buyer(orgnr="556012-5791"))))
    assert set(codes(plan)) == {HoldCode.ORGNR_INVALID, HoldCode.NO_LINES}


def test_a_held_deal_tells_its_code_reason_and_correlation_id_in_the_crm() -> None:
    (told,) = decide(inputs(deal("D1"))).actions
    assert isinstance(told, WriteDeal)
    assert (told.after.status, told.after.code, told.after.company) == (
        DealStatus.HELD,
        HoldCode.NO_LINES,
        "se",
    )
    assert told.after.message
    assert told.after.correlation_id == told.correlation_id
    assert told.correlation_id


def test_our_own_organisation_number_as_buyer_is_held() -> None:
    policy = replace(POLICY, companies={**POLICY.companies, "se": replace(SE, orgnr="5560125790")})
    assert only_hold(deal("D1", "1 x 500 KONS"), policy=policy) is HoldCode.ORGNR_IS_OURS


def test_the_hold_names_the_field_as_the_crm_calls_it_and_its_owner() -> None:
    (hold,) = decide(inputs(deal("D1", "1 x 500 KONS", buyer=buyer(postal_code=None)))).holds
    assert (hold.field, hold.owner, hold.company) == ("BillingPostalCode", "Anna Ek", "se")


def test_an_amount_that_differs_within_the_tolerance_passes() -> None:
    policy = replace(POLICY, tolerance=Decimal("1.00"))
    assert (
        len(drafts(decide(inputs(deal("D1", "1 x 500 KONS", amount=Decimal("500.90")), policy=policy)))) == 1
    )


def test_four_decimals_are_kept_where_the_ledger_keeps_them_abroad() -> None:
    plan = decide(inputs(deal("D1", "1 x 99.1234 KONS", buyer=GERMAN, currency="EUR")))
    assert drafts(plan)[0].draft.rows[0].unit_price == Decimal("99.1234")


def test_line_breaks_in_a_name_become_spaces_and_nothing_is_lost() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=buyer(name='Åke "Öl" Ångström\r\n& Söner 🍺'))))
    assert new_customers(plan)[0].customer.name == 'Åke "Öl" Ångström & Söner 🍺'


def test_a_street_of_three_lines_fills_two_address_lines() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=buyer(street="c/o Ek\r\nStorgatan 1\n\nBox 5"))))
    made = new_customers(plan)[0].customer
    assert (made.address1, made.address2) == ("c/o Ek", "Storgatan 1, Box 5")


def test_an_account_without_country_is_swedish_when_its_orgnr_is() -> None:
    policy = replace(POLICY, routes=(replace(POLICY.routes[0], when={}),))
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=buyer(country=None)), policy=policy))
    assert new_customers(plan)[0].customer.country == "SE"
    assert WarningCode.COUNTRY_ASSUMED in warned(plan)


def test_an_account_without_country_and_orgnr_is_incomplete() -> None:
    policy = replace(POLICY, routes=(replace(POLICY.routes[0], when={}),))
    bare = buyer(country=None, orgnr=None)
    assert (
        only_hold(deal("D1", "1 x 500 KONS", buyer=bare), policy=policy)
        is HoldCode.CUSTOMER_ADDRESS_INCOMPLETE
    )


def test_an_article_is_found_without_regard_to_case_when_that_is_unmistakable() -> None:
    assert len(drafts(decide(inputs(deal("D1", "1 x 500 kons"))))) == 1


def test_a_product_without_code_takes_the_article_of_its_family() -> None:
    policy = replace(
        POLICY,
        companies={
            **POLICY.companies,
            "se": replace(SE, articles=ArticlePolicy(by_family={"Services": "KONS"})),
        },
    )
    plan = decide(inputs(deal("D1", line("1 x 500", family="Services")), policy=policy))
    assert drafts(plan)[0].draft.rows[0].article_number == "KONS"


def test_a_buyer_abroad_is_charged_no_swedish_vat() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=GERMAN)))
    assert (drafts(plan)[0].company, drafts(plan)[0].vat.vat) == ("int", Decimal(0))


# --- personal numbers ----------------------------------------------------------------------------------------------

SOLE_TRADER = buyer("Karin Ek Konsult", orgnr="900602-2397")


def test_a_sole_traders_number_is_written_to_the_ledger_and_shown_nowhere() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=SOLE_TRADER)))
    assert new_customers(plan)[0].customer.orgnr == "900602-2397"
    shown = [str(change.after) for action in plan.actions for change in changes(action)]
    assert "[personal-id]" in shown
    assert not any("2397" in words for words in [*shown, *(one.message for one in plan.warnings)])


def test_a_mistyped_personal_number_is_masked_too() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=replace(SOLE_TRADER, orgnr="900602-2398"))))
    assert plan.holds[0].value == "[personal-id]"
    assert "2398" not in str(plan)


def test_a_persons_number_under_a_companys_name_is_held_and_masked() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=replace(SOLE_TRADER, name="Karin Ek Konsult AB"))))
    assert codes(plan) == [HoldCode.ORGNR_INVALID]
    assert "2397" not in str(plan)


def test_a_persons_number_on_an_account_abroad_is_held_and_masked() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=replace(GERMAN, orgnr="900602-2397"))))
    assert codes(plan) == [HoldCode.ORGNR_INVALID]
    assert "2397" not in str(plan)


def test_a_swedish_number_on_an_account_abroad_passes_with_a_warning() -> None:
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=replace(GERMAN, orgnr="556012-5790"))))
    assert warned(plan) == [WarningCode.ORGNR_UNUSUAL]


def test_a_norwegian_code_that_lost_its_zero_is_repaired_with_a_warning() -> None:
    norwegian = buyer("Fjord AS", orgnr="923609016", country="NO", postal_code="150", city="Oslo")
    plan = decide(inputs(deal("D1", "1 x 500 KONS", buyer=norwegian)))
    assert new_customers(plan)[0].customer.postal_code == "0150"
    assert warned(plan) == [WarningCode.POSTAL_CODE_REPAIRED]


def test_a_place_with_vat_rules_of_its_own_is_pointed_out() -> None:
    mariehamn = buyer(
        "Ab Sund", orgnr=None, vat_number="FI01120389", country="FI", postal_code="22100", city="Mariehamn"
    )
    assert warned(decide(inputs(deal("D1", "1 x 500 KONS", buyer=mariehamn)))) == [WarningCode.TERRITORY]


# --- deals that are in the ledger already --------------------------------------------------------------------------


def pushed(**changes_: Any) -> tuple[Deal, PushInputs]:
    sold = deal("D1", "2 x 500 KONS")
    known = link(sold)
    told = replace(sold, sync=known.told, **changes_)
    return told, inputs(told, links={sold.id: known})


def test_a_second_run_plans_nothing() -> None:
    sold, second = pushed()
    assert decide(second) == Plan(unchanged=(sold.id,))
    assert companies_to_read(second) == frozenset()


def test_the_crm_is_told_again_when_it_lost_what_it_was_told() -> None:
    sold, second = pushed()
    plan = decide(replace(second, deals=[replace(sold, sync=SyncState())]))
    assert [kind(one) for one in plan.actions] == ["write_deal"]


def test_a_crm_without_status_fields_is_told_nothing() -> None:
    sold, second = pushed()
    bare = replace(
        second, deals=[replace(sold, sync=SyncState())], policy=replace(POLICY, sync_fields=frozenset())
    )
    assert decide(bare).actions == ()


def test_a_deal_that_changed_after_its_invoice_was_issued_is_held_and_makes_nothing() -> None:
    sold, second = pushed()
    changed = replace(sold, lines=(line("3 x 500 KONS"),))
    known = replace(second.links[sold.id], invoice_id="inv-1042", invoice_number="1042")
    plan = decide(replace(second, deals=[changed], links={sold.id: known}))
    assert codes(plan) == [HoldCode.DEAL_CHANGED_AFTER_INVOICE]
    assert plan.creates == ()
    (told,) = plan.actions
    assert isinstance(told, WriteDeal)
    assert (told.after.status, told.after.draft_id) == (DealStatus.DRAFT, known.draft_id)


# --- memory that was lost, and writes whose outcome nobody knows ---------------------------------------------------


def test_a_document_with_the_deals_marker_is_adopted_and_never_made_again() -> None:
    sold = deal("D1", "2 x 500 KONS")
    found = ledger_draft("draft-9", "1000", f"Anna {Marker(sold.id, 1, TAG)}")
    plan = decide(inputs(sold, documents={"se": Documents.of([found], [])}))
    assert [kind(one) for one in plan.actions] == ["adopt", "write_deal"]
    (adopted, told) = plan.actions
    assert isinstance(adopted, Adopt)
    assert adopted.draft_id == "draft-9"
    assert isinstance(told, WriteDeal)
    assert told.after.draft_id == "draft-9"


def test_an_invoice_with_the_deals_marker_is_adopted_as_issued() -> None:
    sold = deal("D1", "2 x 500 KONS")
    found = invoice("1042", "1000", "250", texts=(str(Marker(sold.id, 1, TAG)),), draft_id="draft-9")
    plan = decide(inputs(sold, documents={"se": Documents.of([], [found])}))
    adopted, told = plan.actions
    assert isinstance(adopted, Adopt)
    assert adopted.invoice == found
    assert isinstance(told, WriteDeal)
    assert (told.after.status, told.after.invoice_number) == (DealStatus.ISSUED, "1042")
    assert ("InvoiceNumber", None, "1042") in [(one.field, one.before, one.after) for one in changes(adopted)]


def test_a_credit_note_is_no_document_of_the_deal() -> None:
    sold = deal("D1", "2 x 500 KONS")
    note = invoice("1043", "1000", texts=(str(Marker(sold.id, 1, TAG)),), is_credit_note=True)
    assert len(drafts(decide(inputs(sold, documents={"se": Documents.of([], [note])})))) == 1


@pytest.mark.parametrize("nets", [["1000", "1000"], ["999"]])
def test_two_documents_or_one_of_another_amount_are_left_to_a_person(nets: list[str]) -> None:
    sold = deal("D1", "2 x 500 KONS")
    found = [ledger_draft(f"d{n}", net, str(Marker(sold.id, 1, TAG))) for n, net in enumerate(nets)]
    assert only_hold(sold, documents={"se": Documents.of(found, [])}) is HoldCode.OUTCOME_UNKNOWN


def test_a_deal_that_the_crm_says_is_drafted_but_that_nobody_remembers_is_held() -> None:
    sold = deal("D1", "2 x 500 KONS", sync=SyncState(draft_id="draft-9"))
    assert only_hold(sold) is HoldCode.OUTCOME_UNKNOWN


def test_a_deal_whose_write_has_no_known_outcome_waits() -> None:
    sold = deal("D1", "2 x 500 KONS")
    waiting = Unresolved("se", sold.id, None, as_told("Nobody knows."), as_told("Run again."))
    assert only_hold(sold, unresolved=[waiting]) is HoldCode.OUTCOME_UNKNOWN


def test_a_customer_whose_creation_has_no_known_outcome_is_not_made_again_for_another_deal() -> None:
    waiting = Unresolved(
        "se", "other", customer_key(TAG, "se", "556012-5790"), as_told("Nobody knows."), as_told("Run again.")
    )
    assert only_hold(deal("D1", "2 x 500 KONS"), unresolved=[waiting]) is HoldCode.OUTCOME_UNKNOWN


# --- what is read at all -------------------------------------------------------------------------------------------


def test_no_ledger_is_read_for_deals_that_are_held_on_their_own_data() -> None:
    assert companies_to_read(inputs(deal("D1"))) == frozenset()
    assert companies_to_read(inputs(deal("D1"), deal("D2", "1 x 5 KONS"))) == {"se"}


def test_a_company_that_rounds_to_kronor_shows_in_the_foretold_total() -> None:
    rounding = inputs(deal("D1", "1 x 99.60 KONS"), ledgers={"se": view(rounds_to_krona=True)})
    assert drafts(decide(rounding))[0].vat.gross == Decimal(125)


def test_the_message_for_sales_fits_its_field() -> None:
    plan = decide(inputs(deal("D1", buyer=buyer(name="Å" * 200, orgnr="556012-5791", postal_code=None))))
    (told,) = plan.actions
    assert isinstance(told, WriteDeal)
    assert told.after.message is not None
    assert len(told.after.message) <= 255
    assert told.after.message.endswith("…")
