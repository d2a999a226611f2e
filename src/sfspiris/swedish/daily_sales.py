"""A day's till report (dagsavslut, Z-dagrapport) as the lines of one joint voucher, or the reason why there is none.

BFL 5 kap. 6 § lets one voucher stand for a day's cash receipts. Prices are gross, so VAT is taken out of each rate's sum,
half up, unless the report states its own. Sales, gift cards sold, tips and rounding must equal the payments to the öre:
otherwise nothing is posted and the difference is shown. A balancing line is never invented.

Amounts are kronor as `Decimal`. Accounts are BAS defaults from `vat.toml`, to be replaced by the company's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sfspiris.swedish import rounding, vat_rates
from sfspiris.swedish.vat_table import swedish, table
from sfspiris.swedish.verdict import Verdict

ZERO = Decimal("0.00")
_MOST_ROUNDING = Decimal("0.50")  # per cash receipt: a total is rounded to whole kronor

PAYMENT_TYPES = ("cash", "card", "swish", "receivable", "gift_card")
"""How customers pay: `receivable` is sold on invoice, `gift_card` a redeemed multi-purpose gift card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSales:
    """What was sold, or refunded, at one rate: `gross` in kronor, `rate` in percent, `vat` if the report states it."""

    rate: Decimal
    gross: Decimal
    vat: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TillReport:
    """One closing of one register. `day` is the Swedish day of the sales; `opened_on` the first one when there are several.

    `gift_cards_sold` are multi-purpose (flerfunktionsvoucher): a debt, no VAT yet. `rounding` is what cash rounding gained,
    negative when it lost. `difference` is what was counted beyond what should be there. `banked` is cash taken to the bank.
    Refunds and their amounts are positive. `has_invoices_too` says that sales on account also exist as invoices.
    """

    day: date
    sales: tuple[RateSales, ...]
    payments: Mapping[str, Decimal]
    refunds: tuple[RateSales, ...] = ()
    gift_cards_sold: Decimal = ZERO
    tips: Decimal = ZERO
    rounding: Decimal = ZERO
    difference: Decimal = ZERO
    banked: Decimal = ZERO
    receipts: int = 1
    cash_receipts: int = 0
    opened_on: date | None = None
    has_invoices_too: bool = False


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One line of a voucher, in kronor; one of `debit` and `credit` is zero."""

    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySalesFinding:
    """The voucher of a till report. When held there are no lines, and `hold_code` and `reason` say why.

    `imbalance` is what sales, gift cards, tips and rounding exceed the payments by; a voucher is made only at zero.
    """

    verdict: Verdict
    reason: str
    imbalance: Decimal
    lines: tuple[VoucherLine, ...] = field(default=())
    hold_code: str | None = None


def voucher(report: TillReport, accounts: Mapping[str, str] | None = None) -> DailySalesFinding:
    """The lines of one voucher, payments first.

    `accounts` replaces defaults by name: a payment type, `gift_card`, `tips`, `rounding`, `bank`, or `sales_25`,
    `vat_25` and the like for a rate.
    """
    earned = (
        sum((part.gross for part in report.sales), ZERO)
        - sum((part.gross for part in report.refunds), ZERO)
        + report.gift_cards_sold
        + report.tips
        + report.rounding
    )
    imbalance = earned - sum(report.payments.values(), ZERO)
    for code, reason in _objections(report, imbalance):
        return DailySalesFinding(
            verdict=Verdict.HOLD, reason=reason, imbalance=rounding.to_ore(imbalance), hold_code=code
        )
    lines = tuple(_lines(report, {**table().till_accounts, **_rate_accounts(report), **(accounts or {})}))
    return DailySalesFinding(
        verdict=Verdict.ACCEPT, reason="payments equal what was sold", imbalance=ZERO, lines=lines
    )


def _objections(report: TillReport, imbalance: Decimal) -> Iterator[tuple[str, str]]:
    """Why nothing can be posted, the most basic reason first."""
    if any(amount != rounding.to_ore(amount) for amount in _amounts(report)):
        yield "amount_precision", "an amount on the report has parts of an öre"
    if any(swedish(part.rate) not in table().treatments for part in (*report.sales, *report.refunds)):
        yield "rate_unknown", "a rate on the report is not a Swedish VAT rate"
    if not set(report.payments) <= set(PAYMENT_TYPES):
        yield "payment_unknown", "a payment type on the report has no account"
    if report.opened_on and vat_rates.change_between(report.opened_on, report.day):
        yield "rate_change", "a VAT rate changed during the report; its sums cannot be divided"
    if imbalance:
        yield "imbalance", "payments do not equal sales, gift cards, tips and rounding; nothing is posted"
    if any(_vat_is_off(part, report.receipts) for part in (*report.sales, *report.refunds)):
        yield "vat_differs", "the report's own VAT differs from its rate by more than one öre per receipt"
    if abs(report.rounding) > _MOST_ROUNDING * report.cash_receipts:
        yield "rounding_too_large", "cash rounding is at most 50 öre per cash receipt"
    if report.difference:
        yield "till_difference", "a difference in the till is booked only after a person has approved it"
    if report.has_invoices_too and report.payments.get("receivable"):
        yield "double_revenue", "sales on account exist as invoices too and would be counted twice"


def _amounts(report: TillReport) -> Iterator[Decimal]:
    for part in (*report.sales, *report.refunds):
        yield part.gross
        yield part.vat or ZERO
    yield from report.payments.values()
    yield from (report.gift_cards_sold, report.tips, report.rounding, report.difference, report.banked)


def _vat_is_off(part: RateSales, receipts: int) -> bool:
    if part.vat is None:
        return False
    return abs(part.vat - rounding.vat_in_gross(part.gross, part.rate)) > rounding.ORE * receipts


def _rate_accounts(report: TillReport) -> dict[str, str]:
    """The default accounts of each rate on the report, as `sales_25` and `vat_25`."""
    rows = {part.rate: table().treatments[swedish(part.rate)] for part in (*report.sales, *report.refunds)}
    sales = {_named("sales", rate): row.revenue_account for rate, row in rows.items()}
    vat = {
        _named("vat", rate): row.output_vat_account for rate, row in rows.items() if row.output_vat_account
    }
    return sales | vat


def _named(what: str, rate: Decimal) -> str:
    return f"{what}_{rate.normalize():f}"


def _lines(report: TillReport, accounts: Mapping[str, str]) -> Iterator[VoucherLine]:
    for payment, amount in report.payments.items():
        yield from _debit(accounts[payment], amount)
    for part in _by_rate(report.sales):
        yield from _sold(part, accounts)
    for part in _by_rate(report.refunds):
        yield from (VoucherLine(line.account, line.credit, line.debit) for line in _sold(part, accounts))
    yield from _credit(accounts["gift_card"], report.gift_cards_sold)
    yield from _credit(accounts["tips"], report.tips)
    yield from _credit(accounts["rounding"], report.rounding)
    yield from _debit(accounts["bank"], report.banked)
    yield from _credit(accounts["cash"], report.banked)


def _by_rate(parts: Iterable[RateSales]) -> list[RateSales]:
    """One sum per rate, in order of appearance; the report's own VAT wins where every part of a rate states it."""
    sums: dict[Decimal, RateSales] = {}
    for part in parts:
        known = sums.get(part.rate)
        if known is None:
            sums[part.rate] = part
            continue
        vat = None if known.vat is None or part.vat is None else known.vat + part.vat
        sums[part.rate] = RateSales(rate=part.rate, gross=known.gross + part.gross, vat=vat)
    return list(sums.values())


def _sold(part: RateSales, accounts: Mapping[str, str]) -> Iterator[VoucherLine]:
    vat = rounding.vat_in_gross(part.gross, part.rate) if part.vat is None else part.vat
    yield from _credit(accounts[_named("sales", part.rate)], part.gross - vat)
    if vat:
        yield from _credit(accounts[_named("vat", part.rate)], vat)


def _debit(account: str, amount: Decimal) -> Iterator[VoucherLine]:
    """A debit; a negative amount is a credit, and nothing is no line."""
    if amount:
        exact = rounding.to_ore(amount)
        yield VoucherLine(account, max(exact, ZERO), max(-exact, ZERO))


def _credit(account: str, amount: Decimal) -> Iterator[VoucherLine]:
    return _debit(account, -amount)
