"""The simulator's arithmetic, against amounts worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest

from sfspiris.sandbox.spiris.pricing import Buyer, Priced, Treatment, priced, rounded, share, totals

EU = frozenset({"SE", "DE", "FI"})
QUARTER, TWELVE, SIX, NOTHING = Decimal("0.25"), Decimal("0.12"), Decimal("0.06"), Decimal(0)


def kr(text: str) -> Decimal:
    return Decimal(text)


def row(amount: str, rate: Decimal = QUARTER, *, includes_vat: bool = False) -> Priced:
    return priced(Decimal(1), kr(amount), Decimal(0), rate, includes_vat=includes_vat)


def buyer(**fields: Any) -> Buyer:
    customer = {"InvoiceCountryCode": "SE", **fields}
    return Buyer.of(customer, home="SE", eu=EU, is_private=fields.get("IsPrivatePerson", False))


@pytest.mark.parametrize(
    ("exact", "to_ore"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("2.675", "2.68"), ("100.445", "100.45")]
)
def test_halves_go_away_from_zero(exact: str, to_ore: str) -> None:
    assert rounded(kr(exact)) == kr(to_ore)


def test_a_row_is_rounded_to_ore_after_quantity_price_and_discount() -> None:
    result = priced(kr("3"), kr("33.33"), kr("0.1"), QUARTER, includes_vat=False)
    assert result.amount == kr("89.99")  # 99.99 - 9.999


def test_vat_is_computed_on_the_sum_per_rate_and_not_per_row() -> None:
    """Three rows of 0.10 at 25 %: by row 3 x 0.03, on the sum 0.08."""
    result = totals([row("0.10")] * 3, includes_vat=False, whole_krona=False)
    assert result.vat == kr("0.08")
    assert result.total == kr("0.38")


def test_each_rate_has_its_own_group_highest_first() -> None:
    result = totals(
        [row("100", SIX), row("100"), row("50", TWELVE), row("10", NOTHING)],
        includes_vat=False,
        whole_krona=False,
    )
    assert [(group.rate, group.net, group.vat) for group in result.groups] == [
        (QUARTER, kr("100"), kr("25")),
        (TWELVE, kr("50"), kr("6")),
        (SIX, kr("100"), kr("6")),
        (NOTHING, kr("10"), kr("0")),
    ]
    assert result.total == kr("297")


def test_prices_that_include_vat_keep_the_price_and_split_it() -> None:
    result = totals([row("99.90", includes_vat=True)], includes_vat=True, whole_krona=False)
    assert (result.total, result.vat, result.groups[0].net) == (kr("99.90"), kr("19.98"), kr("79.92"))


@pytest.mark.parametrize(
    ("net", "total", "rounding"),
    [("100.40", "126.00", "0.50"), ("100.39", "125.00", "-0.49"), ("100.00", "125.00", "0.00")],
)
def test_whole_kronor_round_half_up_and_the_difference_is_told(net: str, total: str, rounding: str) -> None:
    result = totals([row(net)], includes_vat=False, whole_krona=True)
    assert (result.total, result.rounding) == (kr(total), kr(rounding))
    assert result.total == result.groups[0].net + result.vat + result.rounding


def test_a_negative_total_rounds_away_from_zero_too() -> None:
    credit = priced(Decimal(1), kr("100.40"), Decimal(0), QUARTER, includes_vat=False, sign=-1)
    assert totals([credit], includes_vat=False, whole_krona=True).total == kr("-126.00")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({}, Treatment.DOMESTIC),
        ({"InvoiceCountryCode": None}, Treatment.DOMESTIC),
        ({"InvoiceCountryCode": "DE", "VatNumber": "DE129273398"}, Treatment.EU_BUSINESS),
        ({"InvoiceCountryCode": "DE"}, Treatment.EU_TAXED),
        (
            {"InvoiceCountryCode": "DE", "VatNumber": "DE129273398", "IsPrivatePerson": True},
            Treatment.EU_TAXED,
        ),
        ({"InvoiceCountryCode": "NO"}, Treatment.EXPORT),
        ({"InvoiceCountryCode": "NO", "ForceBookkeepVat": True}, Treatment.DOMESTIC),
        (
            {"InvoiceCountryCode": "SE", "DeliveryCountryCode": "NO", "DeliveryBasedVat": True},
            Treatment.EXPORT,
        ),
        (
            {"InvoiceCountryCode": "GB", "IsNorthernIreland": True, "VatNumber": "XI123456789"},
            Treatment.EU_BUSINESS,
        ),
    ],
)
def test_the_customer_decides_the_vat_treatment(who: dict[str, Any], expected: Treatment) -> None:
    assert buyer(**who).treatment(rate=QUARTER, construction=False, third_party=False) is expected


def test_construction_reverse_charge_needs_both_flags() -> None:
    flagged = buyer(ReverseChargeOnConstructionServices=True)
    assert flagged.treatment(rate=QUARTER, construction=True, third_party=False) is Treatment.CONSTRUCTION
    assert flagged.treatment(rate=QUARTER, construction=False, third_party=False) is Treatment.DOMESTIC
    assert buyer().treatment(rate=QUARTER, construction=True, third_party=False) is Treatment.DOMESTIC


def test_a_part_of_a_document_splits_over_its_rates_and_adds_up() -> None:
    whole = totals([row("100"), row("100", SIX)], includes_vat=False, whole_krona=False)  # 125 + 106
    part = share(whole, kr("77.00"))
    assert sum((group.net + group.vat for group in part.groups), kr("0")) == part.total == kr("77.00")
    assert [group.vat for group in part.groups] == [kr("8.33"), kr("2.00")]


def test_the_whole_of_a_document_is_the_document() -> None:
    whole = totals([row("100.40")], includes_vat=False, whole_krona=True)
    assert share(whole, whole.total) is whole
