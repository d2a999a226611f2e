"""Judges one Deal beside the document that stands for it: what differs, on which side, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.drift import DriftClass, Figures
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus
from sfspiris.core.money import ZERO, Money, plain
from sfspiris.core.receivables import as_value, external_id, paid
from sfspiris.core.vat import mismatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import Deal, DealLink, Invoice, SyncState
    from sfspiris.core.planning.documents import Document
    from sfspiris.core.policy import Policy
    from sfspiris.core.receivables import Value

_ORDER: Final = {code: place for place, code in enumerate(DriftClass)}
_STATUS_FIELDS: Final = ("status", "invoice_number")
_LINK_FIELDS: Final = ("draft_id", "company")
_PAYMENT_FIELDS: Final = {"amount_paid": "paid", "amount_credited": "credited", "balance": "open"}
_ON_THE_DOCUMENT: Final = frozenset(
    {
        DriftClass.TWIN_DOCUMENT,
        DriftClass.CURRENCY,
        DriftClass.AMOUNT,
        DriftClass.VAT,
        DriftClass.CUSTOMER,
        DriftClass.COMPANY,
    }
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a Deal would become if it were pushed today: its VAT, and its customer's id where that one exists."""

    vat: Decimal
    customer_id: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A Deal and its document. `ours` is what all Deals on the document come to; None when the period has not all of them.

    `company` holds the document, `goes_to` is where the Deal's route leads today. `notes` credit the document. `shown` are
    the invoices as the CRM has them, by external id; None where it has no place for them. `is_waiting`: the Deal's status
    is that of a hold.
    """

    deal: Deal
    ours: Money | None
    company: str
    goes_to: str | None
    document: Document
    notes: tuple[Invoice, ...]
    link: DealLink | None
    expected: Expected | None
    shown: Mapping[str, Mapping[str, Value]] | None
    is_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference: its class, the field and both values as a person reads them, the sentence, the next step."""

    code: DriftClass
    field: str
    crm_value: str | None
    ledger_value: str | None
    message: str
    fix: str

    @property
    def changes_document(self) -> bool:
        """Whether it may take a correction in the books."""
        return self.code in _ON_THE_DOCUMENT


def judge(
    pair: Pair, policy: Policy, customers: Mapping[tuple[str, str], str], *, today: date
) -> tuple[Finding, ...]:
    """Everything in which the two differ, gravest first. `customers` are names by company and id; `today` is a Swedish day."""
    found = [
        *_amounts(pair, policy.tolerance),
        *_customer(pair, customers),
        *_company(pair),
        *_link(pair, policy),
        *_payments(pair, policy),
        *_status(pair, policy, today),
    ]
    return tuple(sorted(found, key=lambda one: _ORDER[one.code]))


def twins(live: Sequence[tuple[str, Document]]) -> Finding:
    """One Deal with several documents, none of them taken back."""
    return Finding(
        code=DriftClass.TWIN_DOCUMENT,
        field="document",
        crm_value="1 deal",
        ledger_value=f"{len(live)} documents",
        message=f"{len(live)} documents carry the deal's marker, and there must be one: "
        f"{', '.join(named(one) for _, one in live)}.",
        fix="Keep one of them: delete the other draft or order, or credit the other invoice, in Spiris.",
    )


# --- what is compared ----------------------------------------------------------------------------------------------


def _amounts(pair: Pair, tolerance: Decimal) -> list[Finding]:
    document, totals = pair.document, pair.document.totals
    theirs = Money(totals.net, totals.currency)
    what = _what(document)
    if pair.ours is None:
        return []
    if theirs.currency != pair.ours.currency:
        return [
            Finding(
                code=DriftClass.CURRENCY,
                field="currency",
                crm_value=pair.ours.currency,
                ledger_value=theirs.currency,
                message=f"the deal is in {pair.ours.currency}, the {what} in {theirs.currency}.",
                fix=_correct(document),
            )
        ]
    if _credit(document) and _is_equal(
        pair.ours.amount, totals.net - _credited_net(document, pair.notes), tolerance
    ):
        return []  # the Deal has been brought in line with what was credited
    if mismatch(pair.ours.amount, totals, tolerance=tolerance) is not None:
        found = [
            Finding(
                code=DriftClass.AMOUNT,
                field="net",
                crm_value=str(pair.ours),
                ledger_value=str(theirs),
                message=f"the deal comes to {pair.ours}, the {what} to {theirs} net.",
                fix=_correct(document),
            )
        ]
    else:
        found = _vat(pair, tolerance)
    return [*found, *_credited(pair)]


def _vat(pair: Pair, tolerance: Decimal) -> list[Finding]:
    totals = pair.document.totals
    if pair.expected is None or _is_equal(pair.expected.vat, totals.vat, tolerance):
        return []
    ours, theirs = Money(pair.expected.vat, totals.currency), Money(totals.vat, totals.currency)
    return [
        Finding(
            code=DriftClass.VAT,
            field="vat",
            crm_value=str(ours),
            ledger_value=str(theirs),
            message=f"the net is the same, but the deal's products, customer and delivery call for {ours} of VAT and the "
            f"{_what(pair.document)} has {theirs}.",
            fix="Look at the VAT of each row in Spiris. " + _correct(pair.document),
        )
    ]


def _credited(pair: Pair) -> list[Finding]:
    invoice, totals = pair.document.invoice, pair.document.totals
    credited = _credit(pair.document)
    if invoice is None or not credited:
        return []
    numbers = ", ".join(one.number for one in pair.notes)
    by = f" by credit note {numbers}" if numbers else ""
    amount, total = Money(credited, totals.currency), Money(abs(totals.gross), totals.currency)
    if invoice.is_void:
        message = (
            f"invoice {invoice.number} over {total} incl. VAT has been voided, so nothing is left of it."
        )
    elif is_taken_back(pair.document):
        message = f"invoice {invoice.number} over {total} incl. VAT has been credited in full{by}, so nothing is left of it."
    else:
        message = f"{amount} of the {total} incl. VAT on invoice {invoice.number} have been credited{by}."
    left = Money(totals.net - _credited_net(pair.document, pair.notes), totals.currency)
    return [
        Finding(
            code=DriftClass.CREDITED,
            field="credited",
            crm_value=str(pair.ours) if pair.ours is not None else None,
            ledger_value=f"{left} net left",
            message=message,
            fix="If the sale has become smaller, bring the deal's products and amount in Salesforce to what is left. "
            "If not, the rest has to be invoiced anew in Spiris.",
        )
    ]


def _customer(pair: Pair, customers: Mapping[tuple[str, str], str]) -> list[Finding]:
    has = pair.document.customer_id
    wants = pair.expected.customer_id if pair.expected and pair.expected.customer_id else None
    wants = wants or (pair.link.customer_id if pair.link else None)
    if wants is None or wants == has:
        return []
    ours, theirs = (customers.get((pair.company, one), one) for one in (wants, has))
    return [
        Finding(
            code=DriftClass.CUSTOMER,
            field="customer",
            crm_value=ours,
            ledger_value=theirs,
            message=f"the {_what(pair.document)} is made out to {theirs}, and the deal's account is {ours}.",
            fix="Find out who is to pay. " + _correct(pair.document),
        )
    ]


def _company(pair: Pair) -> list[Finding]:
    if pair.goes_to is None or pair.goes_to == pair.company:
        return []
    return [
        Finding(
            code=DriftClass.COMPANY,
            field="company",
            crm_value=pair.goes_to,
            ledger_value=pair.company,
            message=f"the deal goes to company {pair.goes_to} by its route, but its {_what(pair.document)} is in the books of "
            f"{pair.company}.",
            fix="Correct what the route goes by in Salesforce, or take the document back and make it in the other company.",
        )
    ]


def _link(pair: Pair, policy: Policy) -> list[Finding]:
    if pair.link is None:
        return [
            Finding(
                code=DriftClass.LINK,
                field="link",
                crm_value=None,
                ledger_value=pair.document.draft_id,
                message=f"the {_what(pair.document)} carries the deal's marker, but the state file does not know it.",
                fix="Run `sfspiris reconcile --fix`, which remembers it, or `sfspiris push-closed-won`.",
            )
        ]
    if not is_linked(pair.document, pair.link):
        return [
            Finding(
                code=DriftClass.LINK,
                field="link",
                crm_value=pair.link.draft_id,
                ledger_value=pair.document.draft_id,
                message=f"the {_what(pair.document)} carries the deal's marker, but the {pair.link.target} that was made for "
                f"the deal was another one, {pair.link.draft_id}, which is gone.",
                fix="Somebody made it anew in Spiris. If it is right, leave it: the sums above count it.",
            )
        ]
    return _told_otherwise(pair, policy, _LINK_FIELDS, link_as_it_is(pair.link, pair.document, None))


def _payments(pair: Pair, policy: Policy) -> list[Finding]:
    invoice = pair.document.invoice
    if invoice is None or pair.shown is None:
        return []
    said = pair.shown.get(external_id(pair.company, invoice.id))
    if said is None:
        return []
    has = {
        "amount_paid": as_value(paid(invoice, pair.notes)),
        "amount_credited": as_value(invoice.taken_back),
        "balance": as_value(invoice.remaining),
    }
    names = [
        name for name in _PAYMENT_FIELDS if name in policy.invoice_fields and said.get(name) != has[name]
    ]
    if not names:
        return []
    currency = invoice.totals.currency
    sides = [
        [f"{_amount(side.get(name), currency)} {_PAYMENT_FIELDS[name]}" for name in names]
        for side in (said, has)
    ]
    return [
        Finding(
            code=DriftClass.PAYMENT,
            field=_PAYMENT_FIELDS[names[0]],
            crm_value=_amount(said.get(names[0]), currency),
            ledger_value=_amount(has[names[0]], currency),
            message=f"Salesforce shows {' and '.join(sides[0])} for invoice {invoice.number}; "
            f"Spiris has {' and '.join(sides[1])}.",
            fix="Run `sfspiris pull-invoice-status`; with --full it also restores what somebody has overwritten.",
        )
    ]


def _amount(said: Value, currency: str) -> str:
    return str(Money(Decimal(str(said or 0)), currency))


def _status(pair: Pair, policy: Policy, today: date) -> list[Finding]:
    if pair.link is None or pair.is_waiting:
        return []
    return _told_otherwise(pair, policy, _STATUS_FIELDS, link_as_it_is(pair.link, pair.document, today))


def _told_otherwise(pair: Pair, policy: Policy, names: Iterable[str], link: DealLink) -> list[Finding]:
    """Whether the Deal tells something else in these fields, as far as the CRM has them."""
    said, should = pair.deal.sync, link.told
    wrong = [
        name for name in names if name in policy.sync_fields and getattr(said, name) != getattr(should, name)
    ]
    if not wrong:
        return []
    code = DriftClass.STATUS if wrong[0] in _STATUS_FIELDS else DriftClass.LINK
    told = "; ".join(
        f"{policy.crm_field(name)} says {_or_nothing(said, name)} and should say {_or_nothing(should, name)}"
        for name in wrong
    )
    return [
        Finding(
            code=code,
            field=policy.crm_field(wrong[0]),
            crm_value=_or_nothing(said, wrong[0]),
            ledger_value=_or_nothing(should, wrong[0]),
            message=f"on the deal, {told}.",
            fix="Run `sfspiris pull-invoice-status`, or `sfspiris reconcile --fix`, which writes it again.",
        )
    ]


def _or_nothing(state: SyncState, name: str) -> str:
    return str(getattr(state, name) or "nothing")


# --- documents in words and figures --------------------------------------------------------------------------------


def link_as_it_is(link: DealLink, document: Document, today: date | None) -> DealLink:
    """The link as a pull would leave it on a Swedish day; without a day its status is left as it was."""
    invoice = document.invoice
    if invoice is None:
        return replace(link, status=DealStatus.DRAFT, code=None, message=None)
    return replace(
        link,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        status=deal_status(invoice, today=today) if today else link.status,
        due_on=invoice.due_on,
        remaining=abs(invoice.remaining),
        code=None,
        message=None,
    )


def is_linked(document: Document, link: DealLink) -> bool:
    """Whether the document is the one that the link remembers."""
    return link.draft_id in document.ids or (link.invoice_id is not None and link.invoice_id in document.ids)


def is_taken_back(document: Document) -> bool:
    """Whether credit notes have taken back the whole invoice, so that nothing of it is to be paid."""
    credited = _credit(document)
    return credited > 0 and credited >= abs(document.totals.gross)


def day_of(document: Document) -> date | None:
    """The day that the document carries, or on which it was made."""
    if document.invoice is not None:
        return document.invoice.issued_on
    if document.draft is not None and document.draft.draft is not None:
        return document.draft.draft.invoice_date
    return document.created_at.date() if document.created_at else None


def document_figures(document: Document, notes: Sequence[Invoice]) -> Figures:
    """What the document adds to the ledger's side, in its own currency."""
    totals, invoice = document.totals, document.invoice
    if invoice is None:
        return Figures(currency=totals.currency, drafted=totals.net)
    return Figures(
        currency=totals.currency,
        invoiced=totals.net,
        credited=_credited_net(document, notes),
        billed=totals.gross,
        credited_gross=invoice.taken_back,
        paid=paid(invoice, notes),
        remaining=invoice.remaining,
    )


def named(document: Document) -> str:
    """A document as a person finds it in the ledger."""
    amount = Money(document.totals.net, document.totals.currency)
    if document.invoice is not None:
        return f"invoice {document.invoice.number} over {amount} net"
    return f"{_unbooked(document)} {document.draft.id if document.draft else document.draft_id} over {amount} net"


def agreement(document: Document, notes: Sequence[Invoice]) -> str:
    """What both sides agree on."""
    invoice, totals = document.invoice, document.totals
    if invoice is None:
        return f"{_unbooked(document)} over {Money(totals.net, totals.currency)} net."
    words = f"invoice {invoice.number} over {Money(totals.net, totals.currency)} net"
    if invoice.taken_back:
        words += f", {plain(_credited_net(document, notes))} credited"
    if money := paid(invoice, notes):
        words += f", {plain(money)} of {plain(totals.gross)} incl. VAT paid"
    return f"{words}."


def capitalized(sentence: str) -> str:
    """The sentence with a capital first letter and the rest as it was."""
    return sentence[:1].upper() + sentence[1:]


def _what(document: Document) -> str:
    return f"invoice {document.invoice.number}" if document.invoice else _unbooked(document)


def _unbooked(document: Document) -> str:
    return str(document.draft.target if document.draft else document.target)


def _correct(document: Document) -> str:
    if document.invoice is None:
        what = _unbooked(document)
        return f"Correct the {what} in Spiris or the deal in Salesforce, then run `sfspiris push-closed-won`."
    return "The invoice is issued: credit it in Spiris and invoice anew, or correct the deal in Salesforce."


def _credit(document: Document) -> Decimal:
    """What has been credited of the document, or voided, gross and positive."""
    return abs(document.invoice.taken_back) if document.invoice is not None else ZERO


def _credited_net(document: Document, notes: Sequence[Invoice]) -> Decimal:
    if document.invoice is not None and document.invoice.is_void:
        return document.totals.net
    return sum((abs(one.totals.net) for one in notes), ZERO)


def _is_equal(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    return abs(one - other) <= tolerance
