"""A day's till report becomes a balanced voucher, or nothing at all."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish.daily_sales import PAYMENT_TYPES, DailySalesFinding, RateSales, TillReport, voucher
from sfspiris.swedish.verdict import Verdict

DAY = date(2026, 11, 19)


def sold(rate: int, gross: str, vat: str | None = None) -> RateSales:
    return RateSales(rate=Decimal(rate), gross=Decimal(gross), vat=None if vat is None else Decimal(vat))


def paid(**payments: str) -> dict[str, Decimal]:
    return {kind: Decimal(amount) for kind, amount in payments.items()}


def report(**parts: Any) -> TillReport:
    nothing: dict[str, Any] = {"day": DAY, "sales": (), "payments": {}}
    return TillReport(**nothing | parts)


def lines(found: DailySalesFinding) -> list[tuple[str, str, str]]:
    return [(line.account, str(line.debit), str(line.credit)) for line in found.lines]


def test_sales_of_one_rate_are_summed_before_vat_is_taken_out() -> None:
    found = voucher(
        report(sales=(sold(25, "0.33"), sold(25, "0.33"), sold(25, "0.33")), payments=paid(card="0.99"))
    )
    assert lines(found) == [("1686", "0.99", "0.00"), ("3001", "0.00", "0.79"), ("2611", "0.00", "0.20")]


def test_the_reports_own_vat_wins_within_an_ore_per_receipt() -> None:
    found = voucher(
        report(sales=(sold(25, "10.00", "2.01"), sold(25, "10.00", "2.00")), payments=paid(cash="20"))
    )
    assert lines(found)[1:] == [("3001", "0.00", "15.99"), ("2611", "0.00", "4.01")]


def test_vat_is_computed_when_only_some_parts_of_a_rate_state_it() -> None:
    found = voucher(report(sales=(sold(25, "10.00", "2.01"), sold(25, "10.00")), payments=paid(cash="20")))
    assert lines(found)[1:] == [("3001", "0.00", "16.00"), ("2611", "0.00", "4.00")]


def test_a_refund_stands_on_the_other_side_of_the_same_accounts() -> None:
    found = voucher(report(sales=(sold(25, "125"),), refunds=(sold(12, "112"),), payments=paid(cash="13")))
    assert lines(found) == [
        ("1910", "13.00", "0.00"),
        ("3001", "0.00", "100.00"),
        ("2611", "0.00", "25.00"),
        ("3002", "100.00", "0.00"),
        ("2621", "12.00", "0.00"),
    ]


def test_a_day_of_refunds_pays_out() -> None:
    found = voucher(report(refunds=(sold(25, "125"),), payments=paid(cash="-125")))
    assert lines(found)[0] == ("1910", "0.00", "125.00")


def test_exempt_sales_have_no_vat_line() -> None:
    found = voucher(report(sales=(sold(0, "80"),), payments=paid(swish="80")))
    assert lines(found) == [("1930", "80.00", "0.00"), ("3004", "0.00", "80.00")]


def test_a_redeemed_gift_card_is_a_payment_and_a_sold_one_a_debt() -> None:
    found = voucher(
        report(
            sales=(sold(25, "100"),), gift_cards_sold=Decimal(50), payments=paid(gift_card="100", card="50")
        )
    )
    assert lines(found) == [
        ("2421", "100.00", "0.00"),
        ("1686", "50.00", "0.00"),
        ("3001", "0.00", "80.00"),
        ("2611", "0.00", "20.00"),
        ("2421", "0.00", "50.00"),
    ]


def test_a_rounding_loss_is_a_debit() -> None:
    found = voucher(
        report(
            sales=(sold(25, "100.40"),), rounding=Decimal("-0.40"), cash_receipts=1, payments=paid(cash="100")
        )
    )
    assert lines(found)[-1] == ("3740", "0.40", "0.00")


def test_money_taken_to_the_bank_is_a_transfer_and_no_revenue() -> None:
    found = voucher(report(sales=(sold(25, "100"),), payments=paid(cash="100"), banked=Decimal(100)))
    assert lines(found)[-2:] == [("1930", "100.00", "0.00"), ("1910", "0.00", "100.00")]


def test_a_companys_own_accounts_replace_the_defaults() -> None:
    found = voucher(
        report(sales=(sold(25, "100"),), payments=paid(card="100")),
        {"card": "1580", "sales_25": "3051", "vat_25": "2610"},
    )
    assert [account for account, _, _ in lines(found)] == ["1580", "3051", "2610"]


def test_an_empty_day_has_an_empty_voucher() -> None:
    assert (voucher(report()).verdict, voucher(report()).lines) == (Verdict.ACCEPT, ())


ONE_SALE = {"sales": (sold(25, "100"),), "payments": paid(card="100")}


@pytest.mark.parametrize(
    ("parts", "code", "imbalance"),
    [
        ({"sales": (sold(25, "250"),), "payments": paid(cash="200")}, "imbalance", "50.00"),
        ({"sales": (sold(25, "200"),), "payments": paid(cash="250")}, "imbalance", "-50.00"),
        ({"sales": (sold(25, "100.005"),), "payments": paid(cash="100.005")}, "amount_precision", "0.00"),
        ({"sales": (sold(17, "100"),), "payments": paid(cash="100")}, "rate_unknown", "0.00"),
        ({"sales": (sold(25, "100"),), "payments": paid(cheque="100")}, "payment_unknown", "0.00"),
        (ONE_SALE | {"day": date(2026, 4, 1), "opened_on": date(2026, 3, 31)}, "rate_change", "0.00"),
        (ONE_SALE | {"sales": (sold(25, "100", "20.02"),)}, "vat_differs", "0.00"),
        (ONE_SALE | {"difference": Decimal(-10)}, "till_difference", "0.00"),
        (ONE_SALE | {"payments": paid(receivable="100"), "has_invoices_too": True}, "double_revenue", "0.00"),
        (
            {
                "sales": (sold(25, "99.40"),),
                "rounding": Decimal("0.60"),
                "cash_receipts": 1,
                "payments": paid(cash="100"),
            },
            "rounding_too_large",
            "0.00",
        ),
        (
            {"sales": (sold(25, "99.60"),), "rounding": Decimal("0.40"), "payments": paid(cash="100")},
            "rounding_too_large",
            "0.00",
        ),
    ],
)
def test_nothing_is_posted_when_something_is_wrong(parts: dict[str, Any], code: str, imbalance: str) -> None:
    found = voucher(report(**parts))
    assert (found.verdict, found.hold_code, found.lines) == (Verdict.HOLD, code, ())
    assert str(found.imbalance) == imbalance


def test_sales_on_account_are_booked_when_no_invoice_exists() -> None:
    found = voucher(report(sales=(sold(25, "100"),), payments=paid(receivable="100")))
    assert lines(found)[0] == ("1510", "100.00", "0.00")


def test_several_days_without_a_change_of_rates_are_one_report() -> None:
    assert voucher(report(**ONE_SALE, opened_on=date(2026, 11, 17))).verdict is Verdict.ACCEPT


ORE = st.integers(min_value=-1_000_000, max_value=1_000_000).map(lambda ore: Decimal(ore) / 100)
PARTS = st.lists(
    st.builds(RateSales, rate=st.sampled_from([Decimal(25), Decimal(12), Decimal(6), Decimal(0)]), gross=ORE)
)


@given(st.tuples(PARTS, PARTS), ORE, ORE, st.sampled_from(PAYMENT_TYPES), st.booleans())
def test_a_voucher_always_balances_to_the_ore(
    parts: tuple[list[RateSales], list[RateSales]], cards: Decimal, tips: Decimal, kind: str, matches: bool
) -> None:
    sales, refunds = parts
    earned = sum((part.gross for part in sales), cards + tips) - sum(
        (part.gross for part in refunds), Decimal(0)
    )
    given_report = report(
        sales=tuple(sales),
        refunds=tuple(refunds),
        gift_cards_sold=cards,
        tips=tips,
        payments={kind: earned if matches else earned + 1},
    )
    found = voucher(given_report)
    assert (found.verdict is Verdict.ACCEPT) == matches
    assert sum((line.debit for line in found.lines), Decimal(0)) == sum(
        (line.credit for line in found.lines), Decimal(0)
    )
    assert all(
        line.debit >= 0 and line.credit >= 0 and bool(line.debit) != bool(line.credit) for line in found.lines
    )
