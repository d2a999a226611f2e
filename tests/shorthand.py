"""The domain's shorthand for tests: `deal("D1", "2 x 500 KONS")` is a won deal that would become a draft as it stands."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sfspiris.core.capabilities import Capabilities, MarkerField
from sfspiris.core.identity import content_hash, correlation_id, org_tag
from sfspiris.core.model import (
    Article,
    Buyer,
    Coding,
    CompanyProfile,
    CostCentre,
    Deal,
    DealLine,
    DealLink,
    FiscalYear,
    Invoice,
    LedgerCustomer,
    LedgerDraft,
    LedgerView,
    PaymentTerms,
    Project,
    Totals,
    Unit,
)
from sfspiris.core.planning.pushinputs import PushInputs
from sfspiris.core.policy import CompanyPolicy, Policy, Route

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TAG = org_tag("00D000000000001AAA")

CAPABILITIES = Capabilities(
    name_length=50,
    address_length=50,
    city_length=50,
    postal_code_length=10,
    email_length=255,
    phone_length=50,
    reference_length=100,
    purchase_order_length=35,
    row_text_length=2000,
    article_number_length=40,
    article_name_length=50,
    quantity_decimals=2,
    price_decimals_domestic=2,
    price_decimals_foreign=4,
    discount_decimals=4,
)
SE = CompanyPolicy("se", "5590000001", "SEK", MarkerField.OUR_REFERENCE, CAPABILITIES)
INT = CompanyPolicy("int", "5590000002", "SEK", MarkerField.CONTRACT_NUMBER, CAPABILITIES)
COUNTRY = "Account.BillingCountryCode"
POLICY = Policy(
    companies={"se": SE, "int": INT},
    routes=(Route("se", {COUNTRY: ("SE",)}), Route("int", {COUNTRY: ("*",)})),
    org_tag=TAG,
    crm_fields={"postal_code": "BillingPostalCode", "orgnr": "Organisation_Number__c"},
)
ARTICLES = tuple(
    Article(f"art-{number}", number, name, is_active=active, vat_rate=rate, is_service=number != "BOK")
    for number, name, active, rate in (
        ("KONS", "Konsulttimme", True, Decimal(25)),
        ("MAT", "Lunch", True, Decimal(12)),
        ("BOK", "Handbok", True, Decimal(6)),
        ("KURS", "Utbildning", True, Decimal(0)),
        ("GAMMAL", "Utgången", False, Decimal(25)),
        ("OKODAD", "Utan kontering", True, None),
    )
)
CODINGS = tuple(
    Coding(f"coding-{kind}-{rate}", f"{kind} {rate} %", Decimal(rate), is_service=kind == "Tjänster")
    for kind in ("Varor", "Tjänster")
    for rate in (25, 12, 6, 0)
)
UNITS = (Unit("unit-st", "st", ("Styck", "st", "PCE")), Unit("unit-tim", "tim", ("Timme", "tim", "HUR")))
YEARS = (FiscalYear(date(2026, 1, 1), date(2026, 12, 31)),)
TERMS = tuple(PaymentTerms(f"terms-{days}", f"{days} dagar", days) for days in (10, 30))
COST_CENTRES = (
    CostCentre("cc-stockholm", "STHLM", "Stockholm"),
    CostCentre("cc-lund", "LUND", "Lund", is_active=False),
    CostCentre("cc-bygg", "BYGG", "Bygg", group=2),
)
PROJECTS = (
    Project("proj-100", "100", "Bron"),
    Project("proj-90", "90", "Vägen", is_ongoing=False),
)
_LINE = re.compile(
    r"(?P<quantity>-?[\d.]+) x (?P<price>-?[\d.]+)(?: (?P<article>\w+))?(?: -(?P<discount>[\d.]+)%)?"
)


def line(words: str, **changes: Any) -> DealLine:
    """`2 x 500 KONS -10%`: quantity, net unit price, article, discount."""
    found = _LINE.fullmatch(words)
    assert found, words
    article = found["article"]
    made = DealLine(
        id="00k",
        name=f"Produkt {article}",
        quantity=Decimal(found["quantity"]),
        unit_price=Decimal(found["price"]),
        article=article,
        discount_percent=Decimal(found["discount"] or 0),
    )
    return replace(made, **changes)


def buyer(name: str = "AB Volvo", **changes: Any) -> Buyer:
    made = Buyer(
        id="001000000000A01AAA",
        name=name,
        orgnr="556012-5790",
        street="Storgatan 1",
        postal_code="11122",
        city="Stockholm",
        country="SE",
    )
    return replace(made, **changes)


def deal_id(name: str) -> str:
    return f"006{name:0>12}AAA"


def deal(name: str, *lines: str | DealLine, **changes: Any) -> Deal:
    """A won deal of AB Volvo; its amount is what its lines come to unless told otherwise."""
    rows = tuple(line(one) if isinstance(one, str) else one for one in lines)
    who = changes.pop("buyer", buyer())
    made = Deal(
        id=deal_id(name),
        name=f"Affär {name}",
        buyer=who,
        lines=rows,
        closed_on=date(2026, 11, 10),
        changed_at=NOW,
        owner_name="Anna Ek",
        our_reference="Anna Ek",
        values={COUNTRY: who.country if who else None},
    )
    return replace(made, **changes)


def customer(number: str, **changes: Any) -> LedgerCustomer:
    made = LedgerCustomer(
        id=f"cust-{number}",
        number=number,
        name="AB Volvo",
        orgnr="5560125790",
        currency="SEK",
        country="SE",
        address1="Storgatan 1",
        postal_code="111 22",
        city="Stockholm",
    )
    return replace(made, **changes)


def view(*customers: LedgerCustomer, rounds_to_krona: bool = False) -> LedgerView:
    profile = CompanyProfile("Norrsken", "5590000001", "SEK", rounds_to_krona=rounds_to_krona)
    return LedgerView(profile, customers, ARTICLES, TERMS, YEARS, codings=CODINGS, units=UNITS)


def inputs(*deals: Deal, customers: tuple[LedgerCustomer, ...] = (), **changes: Any) -> PushInputs:
    ledger = view(*customers)
    made = PushInputs(deals=deals, policy=POLICY, today=TODAY, ledgers={"se": ledger, "int": ledger})
    return replace(made, **changes)


def totals(net: str, vat: str = "0", currency: str = "SEK") -> Totals:
    return Totals(Decimal(net), Decimal(vat), Decimal(0), Decimal(net) + Decimal(vat), currency)


def link(of: Deal, **changes: Any) -> DealLink:
    made = DealLink(
        company="se",
        deal_id=of.id,
        revision=1,
        draft_id=f"draft-{of.id}",
        customer_id="cust-1001",
        content=content_hash(of),
        correlation_id=correlation_id(TAG, "se", of.id, 1),
        net=sum((one.quantity * one.unit_price for one in of.lines), Decimal(0)),
        currency="SEK",
        created_at=NOW,
    )
    return replace(made, **changes)


def ledger_draft(
    name: str, net: str, *texts: str, customer_id: str = "cust-1001", **changes: Any
) -> LedgerDraft:
    return replace(LedgerDraft(name, customer_id, totals(net), texts, NOW), **changes)


def invoice(number: str, net: str = "800", vat: str = "200", **changes: Any) -> Invoice:
    made = Invoice(
        id=f"inv-{number}",
        number=number,
        customer_id="cust-1001",
        totals=totals(net, vat),
        issued_on=date(2026, 11, 12),
        due_on=date(2026, 12, 12),
        remaining=Decimal(net) + Decimal(vat),
        created_at=NOW,
    )
    return replace(made, **changes)
