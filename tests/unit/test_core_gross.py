"""Prices that include VAT: the same sale becomes the same draft, and what does not come out to the öre is held."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sfspiris.adapters.spiris.writing import draft_body
from sfspiris.core.actions import Adopt, CreateDraft
from sfspiris.core.capabilities import MarkerField
from sfspiris.core.drift import DriftClass
from sfspiris.core.identity import Marker, content_hash
from sfspiris.core.model import Article
from sfspiris.core.planning.differences import Expected
from sfspiris.core.planning.documents import Documents
from sfspiris.core.planning.push import decide
from sfspiris.core.planning.reconcile import ReconcileInputs, reconcile
from sfspiris.core.policy import VatPolicy
from sfspiris.core.revenue import deal_amount
from shorthand import (
    POLICY,
    SE,
    TAG,
    TODAY,
    buyer,
    customer,
    deal,
    inputs,
    ledger_draft,
    line,
    link,
    totals,
    view,
)

if TYPE_CHECKING:
    from sfspiris.core.actions import Plan
    from sfspiris.core.holds import Hold
    from sfspiris.core.model import Deal, DealLine

GERMAN = buyer(
    "Hanse Werkzeug GmbH",
    country="DE",
    vat_number="DE136695976",
    orgnr=None,
    postal_code="20457",
    city="Hamburg",
)


def incl(*lines: str | DealLine, said: str = "true", **changes: Any) -> Deal:
    return deal("D1", *lines, prices_include_vat=said, **changes)


def planned(one: Deal, **changes: Any) -> Plan:
    return decide(inputs(one, **changes))


def drafted(one: Deal, **changes: Any) -> CreateDraft:
    plan = planned(one, **changes)
    assert not plan.holds, plan.holds
    return next(action for action in plan.actions if isinstance(action, CreateDraft))


def held(one: Deal, **changes: Any) -> Hold:
    plan = planned(one, **changes)
    assert not [action for action in plan.actions if isinstance(action, CreateDraft)]
    (hold,) = plan.holds
    return hold


def tolerating(amount: str) -> Any:
    return replace(POLICY, tolerance=Decimal(amount))


@pytest.mark.parametrize("said", ["true", "Ja", "yes", "x"])
def test_the_same_sale_with_and_without_vat_in_its_prices_becomes_the_same_draft(said: str) -> None:
    net = deal(
        "D1", "2 x 100 KONS", "3 x 50 MAT", "4 x 200 BOK -10%", "1 x 75.5 KURS", amount=Decimal("1145.50")
    )
    gross = incl(
        "2 x 125 KONS",
        "3 x 56 MAT",
        line("4 x 212 BOK -10%", total=Decimal("763.20")),
        "1 x 75.5 KURS",
        said=said,
        amount=Decimal("1256.70"),
    )
    one, other = drafted(net), drafted(gross)
    bodies = [
        json.dumps(
            draft_body(each.draft, customer_id="c", marker_field=MarkerField.OUR_REFERENCE), default=str
        )
        for each in (one, other)
    ]
    assert bodies[0] == bodies[1]
    assert repr(other.draft.rows) == repr(one.draft.rows)
    assert (other.net, other.vat, other.vat_reasons) == (one.net, one.vat, one.vat_reasons)
    assert other.vat.gross == gross.amount


@pytest.mark.parametrize("said", [None, "", "false", "nej", "No"])
def test_without_a_yes_prices_are_net(said: str | None) -> None:
    assert drafted(deal("D1", "2 x 100 KONS", prices_include_vat=said)).net == 200


@pytest.mark.parametrize("said", ["kanske", "incl", "ja nej"])
def test_a_word_that_is_neither_yes_nor_no_is_held(said: str) -> None:
    hold = held(incl("2 x 100 KONS", said=said))
    assert (hold.code, hold.value) == ("VAT_TREATMENT_UNCLEAR", said)


def test_an_amount_is_compared_with_vat_when_prices_have_it() -> None:
    assert held(incl("2 x 125 KONS", amount=Decimal(200))).code == "AMOUNT_MISMATCH"
    assert held(incl(line("2 x 125 KONS", total=Decimal(200)))).code == "AMOUNT_MISMATCH"


def test_a_sale_without_vat_at_prices_including_vat_is_held() -> None:
    hold = held(incl("1 x 100 KONS", buyer=GERMAN))
    assert hold.code == "VAT_TREATMENT_UNCLEAR"
    assert "carries none" in hold.message


def test_a_private_person_waits_until_it_is_known_how_its_prices_are_read() -> None:
    eva = buyer("Eva Berg", orgnr=None, is_person=True)
    assert held(incl("1 x 125 KONS", buyer=eva)).code == "VAT_TREATMENT_UNCLEAR"
    told = replace(SE, vat=VatPolicy(private_prices_are_net=True))
    policy = replace(POLICY, companies=dict(POLICY.companies) | {"se": told})
    assert drafted(incl("1 x 125 KONS", buyer=eva), policy=policy).net == 100


def test_a_price_whose_net_is_rounded_passes_where_the_buyer_still_pays_just_that() -> None:
    """8,93 and 12 % of it, rounded once, are 10,00; so are three times that 30,00."""
    made = drafted(incl("3 x 10 MAT", amount=Decimal(30)))
    assert made.draft.rows[0].unit_price == Decimal("8.93")
    assert (made.vat.net, made.vat.vat) == (Decimal("26.79"), Decimal("3.21"))


@pytest.mark.parametrize(
    ("lines", "named", "price", "sums"),
    [
        (
            ("100 x 10 MAT",),
            "Line 1",
            "10.00",
            ("1\N{NO-BREAK SPACE}000,16 SEK", "1\N{NO-BREAK SPACE}000,00 SEK"),
        ),
        (("1 x 10.02 KONS",), "Line 1", "10.02", ("10,03 SEK", "10,02 SEK")),
        # Each line alone comes out to the öre; VAT on their sum does not.
        (("1 x 125 KONS", *("1 x 10 MAT",) * 10), "Line 2", "10.00", ("225,02 SEK", "225,00 SEK")),
        # What one line is too much another is too little: the total would be right, and both lines wrong.
        (("100 x 10 MAT", "100 x 10.01 MAT"), "Line 1", "10.00", ("1\N{NO-BREAK SPACE}000,16 SEK",)),
    ],
)
def test_a_price_that_no_net_price_comes_to_is_held(
    lines: tuple[str, ...], named: str, price: str, sums: tuple[str, ...]
) -> None:
    hold = planned(incl(*lines)).holds[0]
    assert hold.code == "PRECISION_LOST"
    assert hold.message.startswith(named)
    assert hold.value == price
    assert all(one in hold.message for one in sums), hold.message
    assert "net price" in hold.message


def test_a_difference_within_the_tolerance_passes() -> None:
    one = incl("1 x 10.02 KONS", amount=Decimal("10.02"))
    assert drafted(one, policy=tolerating("0.01")).net == Decimal("8.02")


def test_more_decimals_fit_in_another_currency() -> None:
    abroad = incl("100 x 10 MAT", currency="EUR", amount=Decimal(1000))
    made = drafted(abroad, customers=(customer("1001", currency="EUR"),))
    assert made.draft.rows[0].unit_price == Decimal("8.9286")
    assert made.vat.gross == 1000


def test_what_falls_under_the_limit_for_electronics_is_counted_without_vat() -> None:
    """120 000 with VAT are 96 000 without: below the 100 000 from which the buyer accounts for the VAT."""
    sensor = Article("art-VARA", "VARA", "Sensor", is_active=True, vat_rate=Decimal(25), is_service=False)
    ledger = replace(view(), articles=(sensor,))
    taxes = VatPolicy(category_by_article={"VARA": "electronics"})
    settings: dict[str, Any] = {
        "policy": replace(POLICY, companies=dict(POLICY.companies) | {"se": replace(SE, vat=taxes)}),
        "ledgers": {"se": ledger, "int": ledger},
    }
    known = buyer(vat_number="SE556012579001")
    assert drafted(incl("1 x 120000 VARA", buyer=known), **settings).net == 96000
    assert "by law it is 0 %" in held(incl("1 x 130000 VARA", buyer=known), **settings).message


@pytest.mark.parametrize("expected", [None, Expected(Decimal(50), None, Decimal(200))])
@pytest.mark.parametrize(("net", "vat", "differs"), [("200", "50", False), ("250", "62", True)])
def test_reconcile_compares_a_price_with_vat_with_what_it_comes_to_without(
    expected: Expected | None, net: str, vat: str, differs: bool
) -> None:
    one = incl("2 x 125 KONS", amount=Decimal(250))
    draft = replace(ledger_draft("d", net, str(Marker(one.id, 1, TAG))), totals=totals(net, vat))
    told = reconcile(
        ReconcileInputs(
            deals=(one,),
            documents={"se": Documents.of([draft], []), "int": Documents()},
            links={one.id: link(one, draft_id="d", net=Decimal(net))},
            policy=POLICY,
            today=TODAY,
            notes={},
            expected={one.id: expected} if expected else {},
        )
    )
    [found] = told.lines
    assert (found.code is DriftClass.AMOUNT) == differs


@pytest.mark.parametrize(("sum_of_rows", "adopts"), [("200", True), ("250", False)])
def test_a_draft_that_is_there_already_is_recognised_by_its_total(sum_of_rows: str, adopts: bool) -> None:
    one = incl("2 x 125 KONS")
    marker = str(Marker(one.id, 1, TAG))
    there = replace(
        ledger_draft("d", sum_of_rows, marker), totals=totals(sum_of_rows, str(int(sum_of_rows) // 4))
    )
    plan = planned(one, customers=(customer("1001"),), documents={"se": Documents.of([there], [])})
    taken = [action for action in plan.actions if isinstance(action, Adopt)]
    assert [action.net for action in taken] == ([Decimal(200)] if adopts else [])
    assert [hold.code for hold in plan.holds] == ([] if adopts else ["OUTCOME_UNKNOWN"])


def test_saying_that_prices_include_vat_is_a_change_and_saying_that_they_do_not_is_none() -> None:
    plain = deal("D1", "1 x 125 KONS")
    assert content_hash(incl("1 x 125 KONS")) != content_hash(plain)
    assert content_hash(incl("1 x 125 KONS", said="false")) == content_hash(plain)


def test_no_amount_with_vat_is_counted_as_revenue() -> None:
    assert deal_amount(deal("D1", "1 x 125 KONS", amount=Decimal(125))) == 125
    assert deal_amount(incl("1 x 125 KONS", amount=Decimal(125))) is None
