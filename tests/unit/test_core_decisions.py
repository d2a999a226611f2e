"""The table of validation decisions, row by row: what is wrong with a deal, and whether it is written, warned about or held.

Rows about a day's sales are the till report's own and are tested with it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

import pytest

from sfspiris.core.actions import CreateDraft
from sfspiris.core.model import Deal, LedgerCustomer
from sfspiris.core.planning.push import decide
from sfspiris.core.policy import VatPolicy
from sfspiris.report.helping import find_page
from shorthand import INT, POLICY, SE, buyer, customer, deal, inputs, line, view

GERMAN: Final = buyer(
    "Hanse GmbH", country="DE", vat_number="DE136695976", orgnr=None, postal_code="20457", city="Hamburg"
)
CITY: Final = buyer("Malmö stad", orgnr="212000-1124")
OURS: Final = "556016-0680"
KINDS: Final = VatPolicy(category_by_article={"BYGG": "construction", "MAT": "food", "TEL": "electronics"})


class Row(NamedTuple):
    """One row: what it is about, the deal, the customers in the ledger, the codes that must come of it."""

    about: str
    deal: Deal
    holds: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    known: tuple[LedgerCustomer, ...] = ()


def sold(*lines: Any, **changes: Any) -> Deal:
    return deal("D1", *(lines or ("1 x 500 KONS",)), **changes)


def who(**changes: Any) -> Deal:
    return sold(buyer=buyer(**changes))


def abroad(**changes: Any) -> Deal:
    return sold(buyer=replace(GERMAN, **changes))


ROWS: Final = (
    Row("1 spelling", who(orgnr="\ufeffOrg.nr: １６５５６０１２–5790")),
    Row("1 a spreadsheet's float", who(orgnr="5560125790.0")),
    Row("2 scientific notation", who(orgnr="5.56E+09"), ("ORGNR_INVALID",)),
    Row("2 nine digits", who(orgnr="556012579"), ("ORGNR_INVALID",)),
    Row("2 two numbers", who(orgnr="556012-5790, 556016-0680"), ("ORGNR_INVALID",)),
    Row("3 check digit", who(orgnr="556012-5791"), ("ORGNR_INVALID",)),
    Row("4 placeholder", who(orgnr="000000-0000"), ("ORGNR_PLACEHOLDER",)),
    Row("4 sample number", who(orgnr="556677-8899"), ("ORGNR_PLACEHOLDER",)),
    Row("4 impossible date", who(orgnr="551312-0005"), ("ORGNR_INVALID",)),
    Row("5 sole trader", who(name="Karin Ek", orgnr="900602-2397"), (), ("ORGNR_PERSONAL",)),
    Row("6 person under a company's name", who(name="Ek AB", orgnr="900602-2397"), ("ORGNR_INVALID",)),
    Row("6 GD number", who(orgnr="302012-3456"), ("ORGNR_INVALID",)),
    Row("7 rare series", who(orgnr="663000-0195"), (), ("ORGNR_UNUSUAL",)),
    Row("8 VAT number in the wrong field", who(orgnr="SE556012579001")),
    Row("9 the seller's own", who(orgnr=OURS), ("ORGNR_IS_OURS",)),
    Row("10 customer exists", who(), known=(customer("1001"),)),
    Row(
        "10 under another name",
        who(),
        (),
        ("CUSTOMER_NAME_DIFFERS",),
        (customer("1001", name="Volvo"),),
    ),
    Row("11 two customers", who(), ("CUSTOMER_AMBIGUOUS",), (), (customer("1001"), customer("1002"))),
    Row("12 VAT group", who(vat_number="SE663000019501"), (), ("VAT_NUMBER_UNCONFIRMED",)),
    Row("12 another company's VAT number", who(vat_number="SE556016068001"), ("VAT_NUMBER_MISMATCH",)),
    Row("13 GR is EL", abroad(country="GR", vat_number="GR094259216", postal_code="105 57")),
    Row("14 prefix missing", abroad(vat_number="136695976"), (), ("VAT_NUMBER_UNCONFIRMED",)),
    Row("15 VAT number missing", abroad(vat_number=None), ("VAT_TREATMENT_UNCLEAR",)),
    Row("15 VAT number wrong", abroad(vat_number="DE136695975"), ("VAT_NUMBER_INVALID",)),
    Row(
        "17 delivery abroad",
        sold(buyer=GERMAN, delivery_country="Finland"),
        (),
        ("DELIVERY_COUNTRY_DIFFERS",),
    ),
    Row(
        "18 Åland",
        abroad(country="FI", postal_code="22100", vat_number="FI20774740"),
        (),
        ("TERRITORY",),
    ),
    Row("19 construction unknown", sold("1 x 500 BYGG"), ("VAT_TREATMENT_UNCLEAR",)),
    Row("20 electronics near the limit", sold("1 x 99000 TEL"), (), ("VAT_TREATMENT",)),
    Row("22 food at the old rate", sold("1 x 500 MAT"), ("VAT_RATE_DATE",)),
    Row("23 nothing to pay", sold("1 x 0 KONS"), ("ZERO_AMOUNT",)),
    Row("23 money back", sold("1 x -500 KONS"), ("NEGATIVE_PRICE",)),
    Row("23 more back than sold", sold("1 x 500 KONS", "-2 x 500 KONS"), ("NEGATIVE_PRICE",)),
    Row("23 something taken back", sold("2 x 500 KONS", "-1 x 500 KONS")),
    Row("24 foreign currency", sold(currency="EUR"), (), ("FOREIGN_CURRENCY",)),
    Row("25 a day to come", sold(closed_on=date(2026, 11, 21)), ("DATE_IN_FUTURE",)),
    Row("26 long terms", sold(payment_terms_days="60"), ("PAYMENT_TERMS_UNKNOWN",), ("LONG_PAYMENT_TERMS",)),
    Row("27 public buyer", sold(buyer=CITY), ("REFERENCE_MISSING",)),
    Row("28 tax reduction", sold(housework="ROT"), ("HOUSEWORK_DEDUCTION",)),
    Row("29 name too long", who(name="X" * 51), ("FIELD_TOO_LONG",)),
    Row("29 postal code out of range", who(postal_code="99999"), ("POSTAL_CODE_INVALID",)),
    Row("29 O for 0", who(postal_code="111 2O"), ("POSTAL_CODE_INVALID",)),
    Row("31 article missing", sold("1 x 500 NY"), ("ARTICLE_MISSING",)),
    Row("31 article inactive", sold("1 x 500 GAMMAL"), ("ARTICLE_INACTIVE",)),
    Row("31 article of another rate", sold(line("1 x 500 KONS", vat_rate="12")), ("VAT_RATE_MISMATCH",)),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.about for row in ROWS])
def test_each_row_of_the_table_is_decided_as_it_says(row: Row) -> None:
    ledger = view(*row.known)
    kons = next(one for one in ledger.articles if one.number == "KONS")
    extra = (
        replace(kons, id="art-BYGG", number="BYGG"),
        replace(kons, id="art-TEL", number="TEL", is_service=False),
    )
    ledger = replace(ledger, articles=(*ledger.articles, *extra))
    plan = decide(
        replace(
            inputs(row.deal),
            ledgers={"se": ledger, "int": ledger},
            policy=replace(
                POLICY,
                companies={
                    "se": replace(SE, vat=KINDS, orgnr=OURS.replace("-", "")),
                    "int": replace(INT, vat=KINDS),
                },
            ),
        )
    )
    assert tuple(str(one.code) for one in plan.holds) == row.holds
    assert tuple(str(one.code) for one in plan.warnings) == row.warnings
    made = [one for one in plan.actions if isinstance(one, CreateDraft)]
    assert len(made) == (0 if row.holds else 1)
    for code in (*row.holds, *row.warnings):
        assert find_page(code, "en"), code
        assert find_page(code, "sv"), code
