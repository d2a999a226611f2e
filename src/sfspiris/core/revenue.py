"""From pipeline to payment: what was sold, invoiced and paid, by month, company and currency.

Every sum is taken from one document or Deal at a time: sums in the document's currency, beside them the same in that of the
books, and the two are never added. Where the books do not say what an amount comes to in their currency, the sum in it is
not known, rather than converted at a rate of our own. What is not booked yet has no rate in the books; where the CRM has one,
the sum at its rate is told beside, by a name of its own.

A document counts in the month of its own date, and the money for it with it: a ledger tells the day of the last payment
only, and nothing about the parts that came before. Over all months, what was invoiced and credited is what was collected
and what remains.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.core.model import DealStatus
from sfspiris.core.receivables import invoice_status
from sfspiris.core.routing import route
from sfspiris.core.yesno import prices_include_vat

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sfspiris.core.conversion import Conversion
    from sfspiris.core.model import Deal, DealLink, Invoice, LedgerDraft
    from sfspiris.core.planning.documents import Documents
    from sfspiris.core.policy import Policy

_ZERO: Final = Decimal("0.00")
NO_CURRENCY: Final = "XXX"
"""ISO 4217 for no currency: of a Deal that names none and that goes to no company, where books differ in theirs."""


class Measure(StrEnum):
    """What is summed up. The first five are without VAT, as deals are; the others with it, as customers pay."""

    PIPELINE = "pipeline"  # deals neither won nor lost, by the day they are expected to close
    WON = "won"  # won deals without a document, by the day they closed
    DRAFTED = "drafted"  # all drafts and orders in the books, by their date
    INVOICED = "invoiced"  # all booked invoices, by their date
    CREDITED = "credited"  # all credit notes, negative, by their own date
    INVOICED_WITH_VAT = "invoiced_with_vat"
    CREDITED_WITH_VAT = "credited_with_vat"
    COLLECTED = "collected"  # money that came in for the month's documents, whenever it came
    REMAINING = "remaining"  # what is still to be paid of them; what is left of a credit note is negative
    OVERDUE = "overdue"  # the part of it that should have been paid before today


class Dimension(StrEnum):
    """What sums are split by."""

    MONTH = "month"
    COMPANY = "company"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Entry:
    """One Deal's or document's part of one sum. `month` is `2026-11`, None where the day is not known.

    `amount` is in `currency`; `base` in `base_currency`, None where the books do not tell it. `converted` is in
    `base_currency` at the CRM's own rate, None where that has none or none is needed.
    """

    measure: Measure
    month: str | None
    company: str | None
    currency: str
    base_currency: str | None
    amount: Decimal
    base: Decimal | None
    converted: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One sum over `count` Deals or documents; None where currencies would mix, or a part of it is not known.

    `converted` stands in for an unknown `base`: with the CRM's own rates where the books have none. None where neither has one.
    """

    count: int = 0
    amount: Decimal | None = _ZERO
    base: Decimal | None = _ZERO
    converted: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The sums of one month, company and currency; None for what they are not split by, or what is not known.

    The currency of the books splits the rows whatever else does.
    """

    month: str | None
    company: str | None
    currency: str | None
    base_currency: str | None
    figures: Mapping[Measure, Figure]


@dataclass(frozen=True, slots=True)
class Passage:
    """One Deal's way from its closing day (Swedish calendar days); None for what has not happened yet.

    `paid` is the day on which nothing remained any more because money came in.
    """

    closed: date
    drafted: date | None
    issued: date | None
    paid: date | None


@dataclass(frozen=True, slots=True)
class Median:
    """The middle of so many numbers of days; negative when it happened before the deal was closed."""

    deals: int
    days: Decimal | None


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long it took from the close of a month's deals to their drafts, to their invoices, and until they were paid."""

    month: str
    to_draft: Median
    to_issue: Median
    to_payment: Median


@dataclass(frozen=True, slots=True)
class Revenue:
    """The whole report. Days are both included; None where the period is open.

    `rows` are split by `by`, `totals` by company and currency, `base_totals` by company alone. The Deals named by
    `without_amount` have none at all and count with zero. `rates` are the CRM's own that were used, by currency and day.
    """

    rows: tuple[Row, ...]
    totals: tuple[Row, ...]
    base_totals: tuple[Row, ...]
    lead_times: tuple[LeadTime, ...]
    by: tuple[Dimension, ...]
    start: date | None = None
    end: date | None = None
    without_amount: tuple[str, ...] = ()
    rates: tuple[Conversion, ...] = ()


@dataclass(frozen=True, slots=True)
class CrmRates:
    """The CRM's own rates, by currency and Swedish day."""

    known: Mapping[tuple[str, date], Conversion] = field(default_factory=dict)

    def converted(
        self, amount: Decimal, currency: str, base_currency: str | None, day: date
    ) -> Decimal | None:
        """An amount in the currency of the books; None where the CRM's corporate currency is another one, or it has no rate."""
        rate = self.known.get((currency, day))
        return rate.converted(amount) if rate is not None and rate.corporate == base_currency else None

    def towards(self, currencies: Collection[str]) -> tuple[Conversion, ...]:
        """The rates that lead to one of these currencies, each once, by currency and first day."""
        leading = {one for one in self.known.values() if one.corporate in currencies}
        return tuple(sorted(leading, key=lambda one: (one.currency, str(one.valid_from or ""))))


NO_RATES: Final = CrmRates()


def month_of(day: date | None) -> str | None:
    """The month that a day lies in, as `2026-11`."""
    return None if day is None else f"{day:%Y-%m}"


def deal_entries(
    deals: Iterable[Deal],
    measure: Measure,
    *,
    policy: Policy,
    base_currencies: Mapping[str, str],
    rates: CrmRates = NO_RATES,
) -> Iterator[Entry]:
    """Each Deal's amount, without VAT; a Deal without any amount counts with zero.

    In the books' currency it is known only where the Deal is in that currency: nothing has been booked yet. A Deal that goes to no
    company is counted in the currency of all companies' books, where these have the same.
    """
    shared = {base_currencies.get(one.key, one.currency) for one in policy.companies.values()}
    own = shared.pop() if len(shared) == 1 else None
    for deal in deals:
        company = route(deal, policy)
        base_currency = own if company is None else base_currencies.get(company.key, company.currency)
        currency = deal.currency or base_currency or NO_CURRENCY
        amount = deal_amount(deal) or _ZERO
        yield Entry(
            measure,
            month_of(deal.closed_on),
            None if company is None else company.key,
            currency,
            base_currency,
            amount,
            amount if currency == base_currency else None,
            None
            if currency == base_currency
            else rates.converted(amount, currency, base_currency, deal.closed_on),
        )


def without_document(
    won: Iterable[Deal],
    documents: Mapping[str, Documents],
    links: Mapping[str, DealLink],
    *,
    org_tag: str,
) -> list[Deal]:
    """The won Deals that nothing in the books stands for, whatever was made for them once: a deleted draft stands for nothing.

    `documents` are all of the companies that were read. A document stands for a Deal by its marker, or because our memory or the
    CRM says so. Of books that were not read our memory is asked.
    """
    standing = {
        (company, known) for company, own in documents.items() for one in own.all for known in one.ids
    }
    numbers = {one.invoice.number for own in documents.values() for one in own.all if one.invoice}
    marked = {mark.deal_id for own in documents.values() for mark in own.by_marker if mark.org_tag == org_tag}

    def stands(deal: Deal) -> bool:
        link = links.get(deal.id)
        if deal.id in marked:
            return True
        if link is None:
            told = any((company, deal.sync.draft_id) in standing for company in documents)
            return told or (deal.sync.invoice_number is not None and deal.sync.invoice_number in numbers)
        if link.company not in documents:
            return link.status is not DealStatus.DELETED
        return any((link.company, known) in standing for known in (link.draft_id, link.invoice_id) if known)

    return [deal for deal in won if not stands(deal)]


def deal_amount(deal: Deal) -> Decimal | None:
    """What a Deal comes to without VAT: the CRM's own amount, else its lines' sums where all of them are told.

    None where its prices include VAT, for how much of it is not known before it is invoiced.
    """
    if prices_include_vat(deal):
        return None
    if deal.amount is not None:
        return deal.amount
    totals = [one.total for one in deal.lines]
    known = [one for one in totals if one is not None]
    return sum(known, _ZERO) if known and len(known) == len(totals) else None


def draft_entry(
    draft: LedgerDraft, day: date | None, *, company: str, base_currency: str, rates: CrmRates = NO_RATES
) -> Entry:
    """A draft's part, without VAT. `day` is its date; a draft in another currency has no rate in the books yet."""
    currency, net = draft.totals.currency, draft.totals.net
    if currency == base_currency:
        return Entry(Measure.DRAFTED, month_of(day), company, currency, base_currency, net, net)
    converted = None if day is None else rates.converted(net, currency, base_currency, day)
    return Entry(Measure.DRAFTED, month_of(day), company, currency, base_currency, net, None, converted)


def families(invoices: Sequence[Invoice]) -> Iterator[tuple[Invoice, tuple[Invoice, ...]]]:
    """Each invoice or credit note with all that share its money: an invoice with its credit notes; a note of it with none.

    A credit note whose invoice is not among them is a family of its own.
    """
    ids = {one.id for one in invoices if not one.is_credit_note}
    notes: dict[str, list[Invoice]] = defaultdict(list)
    for one in invoices:
        if one.is_credit_note and one.credits_id in ids:
            notes[one.credits_id].append(one)
    for one in invoices:
        is_told_elsewhere = one.is_credit_note and one.credits_id in ids
        yield one, () if is_told_elsewhere else (one, *notes.get(one.id, ()))


def invoice_entries(
    invoice: Invoice, family: Sequence[Invoice], *, company: str, base_currency: str, today: date
) -> Iterator[Entry]:
    """The parts of one invoice or credit note, as of a Swedish day.

    What was collected is what its family came to less what remains of it: a credit note that was set off against its invoice
    takes away from both, so that only money is left, in either currency. A voided invoice counts as invoiced and as credited
    on the same day, for the ledger does not tell when it was voided.
    """
    totals, note = invoice.totals, invoice.is_credit_note
    is_domestic = totals.currency == base_currency

    def entry(measure: Measure, amount: Decimal, base: Decimal | None) -> Entry:
        told = amount if is_domestic else base
        return Entry(
            measure, month_of(invoice.issued_on), company, totals.currency, base_currency, amount, told
        )

    yield entry(Measure.CREDITED if note else Measure.INVOICED, totals.net, invoice.net_in_books)
    gross = Measure.CREDITED_WITH_VAT if note else Measure.INVOICED_WITH_VAT
    yield entry(gross, totals.gross, invoice.gross_in_books)
    if invoice.is_void:
        in_books = invoice.net_in_books
        yield entry(Measure.CREDITED, -totals.net, None if in_books is None else -in_books)
        yield entry(Measure.CREDITED_WITH_VAT, -totals.gross, -invoice.gross_in_books)
        return
    money = sum((one.totals.gross - _remaining(one) for one in family), _ZERO)
    in_books = sum((one.gross_in_books - one.remaining_in_books for one in family), _ZERO)
    if money or in_books:
        yield entry(Measure.COLLECTED, money, in_books)
    if invoice.remaining:
        yield entry(Measure.REMAINING, _remaining(invoice), invoice.remaining_in_books)
        if invoice_status(invoice, today=today) is DealStatus.OVERDUE:
            yield entry(Measure.OVERDUE, invoice.remaining, invoice.remaining_in_books)


def _remaining(invoice: Invoice) -> Decimal:
    """What is left to pay in the invoice's currency, negative where the company owes it."""
    return -invoice.remaining if invoice.totals.gross < 0 else invoice.remaining


# --- sums ----------------------------------------------------------------------------------------------------------


def tabulate(entries: Iterable[Entry], by: Sequence[Dimension]) -> tuple[Row, ...]:
    """The sums, split by these dimensions and ordered by them; what is not known comes last."""
    groups: dict[tuple[str | None, ...], list[Entry]] = defaultdict(list)
    for one in entries:
        split = {Dimension.MONTH: one.month, Dimension.COMPANY: one.company, Dimension.CURRENCY: one.currency}
        groups[(*(split[dimension] for dimension in by), one.base_currency)].append(one)
    ordered = sorted(groups.items(), key=lambda group: [(part is None, part or "") for part in group[0]])
    return tuple(_row(dict(zip(by, key, strict=False)), key[-1], parts) for key, parts in ordered)


def _row(split: Mapping[Dimension, str | None], base_currency: str | None, parts: Sequence[Entry]) -> Row:
    return Row(
        month=split.get(Dimension.MONTH),
        company=split.get(Dimension.COMPANY),
        currency=split.get(Dimension.CURRENCY),
        base_currency=base_currency,
        figures={measure: _figure([one for one in parts if one.measure is measure]) for measure in Measure},
    )


def _figure(parts: Sequence[Entry]) -> Figure:
    if not parts:
        return Figure()
    bases = [one.base for one in parts if one.base is not None]
    told = [one.converted if one.base is None else one.base for one in parts]
    converted = [one for one in told if one is not None]
    is_stood_in_for = len(bases) < len(parts) == len(converted)
    is_one_currency = len({one.currency for one in parts}) == 1
    return Figure(
        count=len(parts),
        amount=sum((one.amount for one in parts), _ZERO) if is_one_currency else None,
        base=sum(bases, _ZERO) if len(bases) == len(parts) else None,
        converted=sum(converted, _ZERO) if is_stood_in_for else None,
    )


# --- lead times ----------------------------------------------------------------------------------------------------


def passage(closed: date, drafted: date | None, invoice: Invoice | None, *, today: date) -> Passage:
    """How far a Deal has come; without its invoice it has not been issued."""
    if invoice is None:
        return Passage(closed, drafted, None, None)
    is_paid = invoice_status(invoice, today=today) is DealStatus.PAID
    return Passage(closed, drafted, invoice.issued_on, invoice.last_payment_on if is_paid else None)


def lead_times(passages: Iterable[Passage]) -> tuple[LeadTime, ...]:
    """The median days per month in which the deals were closed, in order."""
    months: dict[str, list[Passage]] = defaultdict(list)
    for one in passages:
        months[f"{one.closed:%Y-%m}"].append(one)
    return tuple(
        LeadTime(
            month,
            _median((one.drafted - one.closed).days for one in passed if one.drafted),
            _median((one.issued - one.closed).days for one in passed if one.issued),
            _median((one.paid - one.closed).days for one in passed if one.paid),
        )
        for month, passed in sorted(months.items())
    )


def _median(days: Iterable[int]) -> Median:
    ordered = sorted(days)
    count = len(ordered)
    if not count:
        return Median(0, None)
    return Median(count, Decimal(ordered[(count - 1) // 2] + ordered[count // 2]) / 2)
