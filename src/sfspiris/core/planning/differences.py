"""Judges one Deal beside the document that stands for it: what differs, on which side, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sfspiris.core.drift import DriftClass, Figures
from sfspiris.core.lifecycle import deal_status
from sfspiris.core.model import DealStatus
from sfspiris.core.money import ZERO, Money, plain
from sfspiris.core.planning.mirroring import as_words, record_of, shown_by
from sfspiris.core.receivables import AccountSummary, InvoiceRecord, as_value, external_id, paid
from sfspiris.core.vat import mismatch
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sfspiris.core.model import Deal, DealLink, Invoice, SyncState, Target
    from sfspiris.core.planning.documents import Document
    from sfspiris.core.planning.mirroring import Overwritten
    from sfspiris.core.policy import Policy
    from sfspiris.core.receivables import Value
    from sfspiris.sentences import Sentence

_ORDER: Final = {code: place for place, code in enumerate(DriftClass)}
_STATUS_FIELDS: Final = ("status", "invoice_number")
_LINK_FIELDS: Final = ("draft_id", "company")
_PAYMENT_FIELDS: Final = {
    "amount_paid": say("paid"),
    "amount_credited": say("credited"),
    "balance": say("open"),
}
_FIGURES: Final = frozenset(
    one.name
    for one in (*fields(InvoiceRecord), *fields(AccountSummary))
    if one.name.startswith("amount_") or one.name.endswith(("balance", "_total"))
) | {"paid_date", "last_payment_date", "spiris_last_paid_date"}
"""The fields of the CRM's records that tell money: what is owed, and what came in when."""
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
    """What a Deal would become if it were pushed today: its VAT and net, and its customer's id where that one exists."""

    vat: Decimal
    customer_id: str | None
    net: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A Deal and its document. `ours` is what all Deals on the document come to; None when the period has not all of them.

    `company` holds the document, `goes_to` is where the Deal's route leads today. `notes` credit the document. `shown` are
    the invoices as the CRM has them, by external id; None where it has no place for them. `is_waiting`: the Deal's status
    is that of a hold. `overwritten` are its invoices' records in the CRM that somebody else has changed.
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
    overwritten: Sequence[Overwritten] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference: its class, the field and both values as a person reads them, the sentence, the next step."""

    code: DriftClass
    field: str
    crm_value: str | None
    ledger_value: str | None
    message: Sentence
    fix: Sentence

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
    told = {one.code for one in found}
    found += [each for one in pair.overwritten for each in overwritten(one, _told_in_figures(told))]
    return tuple(sorted(found, key=lambda one: _ORDER[one.code]))


def twins(live: Sequence[tuple[str, Document]]) -> Finding:
    """One Deal with several documents, none of them taken back."""
    return Finding(
        code=DriftClass.TWIN_DOCUMENT,
        field=say("document"),
        crm_value=say("1 deal"),
        ledger_value=say("%(count)s documents", count=len(live)),
        message=say(
            "%(count)s documents carry the deal's marker, and there must be one: %(documents)s.",
            count=len(live),
            documents=joined((named(one) for _, one in live), ", "),
        ),
        fix=say("Keep one of them: delete the other draft or order, or credit the other invoice, in Spiris."),
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
                field=say("currency"),
                crm_value=pair.ours.currency,
                ledger_value=theirs.currency,
                message=say(
                    "the deal is in %(currency)s, the %(what)s in %(other)s.",
                    currency=pair.ours.currency,
                    what=what,
                    other=theirs.currency,
                ),
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
                field=say("net"),
                crm_value=str(pair.ours),
                ledger_value=str(theirs),
                message=say(
                    "the deal comes to %(ours)s, the %(what)s to %(theirs)s net.",
                    ours=pair.ours,
                    what=what,
                    theirs=theirs,
                ),
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
            field=say("vat"),
            crm_value=str(ours),
            ledger_value=str(theirs),
            message=say(
                "the net is the same, but the deal's products, customer and delivery call for %(ours)s of VAT and the "
                "%(what)s has %(theirs)s.",
                ours=ours,
                what=_what(pair.document),
                theirs=theirs,
            ),
            fix=joined((say("Look at the VAT of each row in Spiris."), _correct(pair.document))),
        )
    ]


def _credited(pair: Pair) -> list[Finding]:
    invoice, totals = pair.document.invoice, pair.document.totals
    credited = _credit(pair.document)
    if invoice is None or not credited:
        return []
    numbers = ", ".join(one.number for one in pair.notes)
    by = say(" by credit note %(numbers)s", numbers=numbers) if numbers else ""
    amount, total = Money(credited, totals.currency), Money(abs(totals.gross), totals.currency)
    if invoice.is_void:
        message = say(
            "invoice %(number)s over %(total)s incl. VAT has been voided, so nothing is left of it.",
            number=invoice.number,
            total=total,
        )
    elif is_taken_back(pair.document):
        message = say(
            "invoice %(number)s over %(total)s incl. VAT has been credited in full%(by)s, so nothing is left of it.",
            number=invoice.number,
            total=total,
            by=by,
        )
    else:
        message = say(
            "%(amount)s of the %(total)s incl. VAT on invoice %(number)s have been credited%(by)s.",
            amount=amount,
            total=total,
            number=invoice.number,
            by=by,
        )
    left = Money(totals.net - _credited_net(pair.document, pair.notes), totals.currency)
    return [
        Finding(
            code=DriftClass.CREDITED,
            field=say("credited"),
            crm_value=str(pair.ours) if pair.ours is not None else None,
            ledger_value=say("%(left)s net left", left=left),
            message=message,
            fix=say(
                "If the sale has become smaller, bring the deal's products and amount in Salesforce to what is left. "
                "If not, the rest has to be invoiced anew in Spiris."
            ),
        )
    ]


def _customer(pair: Pair, customers: Mapping[tuple[str, str], str]) -> list[Finding]:
    has = pair.document.customer_id
    goes_elsewhere = pair.goes_to is not None and pair.goes_to != pair.company
    wants = pair.expected.customer_id if pair.expected and not goes_elsewhere else None
    wants = wants or (pair.link.customer_id if pair.link and pair.link.company == pair.company else None)
    if wants is None or wants == has:
        return []
    ours, theirs = (
        customers.get((pair.company, one)) or say("a customer that is gone from Spiris (%(id)s)", id=one)
        for one in (wants, has)
    )
    return [
        Finding(
            code=DriftClass.CUSTOMER,
            field=say("customer"),
            crm_value=ours,
            ledger_value=theirs,
            message=say(
                "the %(what)s is made out to %(theirs)s, and the deal's account is %(ours)s.",
                what=_what(pair.document),
                theirs=theirs,
                ours=ours,
            ),
            fix=joined((say("Find out who is to pay."), _correct(pair.document))),
        )
    ]


def _company(pair: Pair) -> list[Finding]:
    if pair.goes_to is None or pair.goes_to == pair.company:
        return []
    return [
        Finding(
            code=DriftClass.COMPANY,
            field=say("company"),
            crm_value=pair.goes_to,
            ledger_value=pair.company,
            message=say(
                "the deal goes to company %(goes_to)s by its route, but its %(what)s is in the books of "
                "%(company)s.",
                goes_to=pair.goes_to,
                what=_what(pair.document),
                company=pair.company,
            ),
            fix=say(
                "Correct what the route goes by in Salesforce, or take the document back and make it in the other company."
            ),
        )
    ]


def _link(pair: Pair, policy: Policy) -> list[Finding]:
    if pair.link is None:
        return [
            Finding(
                code=DriftClass.LINK,
                field=say("link"),
                crm_value=None,
                ledger_value=pair.document.draft_id,
                message=say(
                    "the %(what)s carries the deal's marker, but the state file does not know it.",
                    what=_what(pair.document),
                ),
                fix=say("Run `sfspiris reconcile --fix`, which remembers it, or `sfspiris push-closed-won`."),
            )
        ]
    if not is_linked(pair.document, pair.link):
        return [
            Finding(
                code=DriftClass.LINK,
                field=say("link"),
                crm_value=pair.link.draft_id,
                ledger_value=pair.document.draft_id,
                message=say(
                    "the %(what)s carries the deal's marker, but %(document)s that was made for the deal was "
                    "another one, %(draft_id)s, which is gone.",
                    what=_what(pair.document),
                    document=pair.link.target.the,
                    draft_id=pair.link.draft_id,
                ),
                fix=say(
                    "Somebody made it anew in Spiris. If it is right, leave it: the sums above count it."
                ),
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
        [joined((_amount(side.get(name), currency), _PAYMENT_FIELDS[name])) for name in names]
        for side in (said, has)
    ]
    return [
        Finding(
            code=DriftClass.PAYMENT,
            field=_PAYMENT_FIELDS[names[0]],
            crm_value=_amount(said.get(names[0]), currency),
            ledger_value=_amount(has[names[0]], currency),
            message=say(
                "Salesforce shows %(shown)s for invoice %(number)s; Spiris has %(there)s.",
                shown=_and(sides[0]),
                number=invoice.number,
                there=_and(sides[1]),
            ),
            fix=_write_again(),
        )
    ]


def overwritten(one: Overwritten, besides: Iterable[str] = ()) -> list[Finding]:
    """What somebody else has changed of one record in the CRM: its figures, and the rest; but for the fields told `besides`."""
    if not one.fields:
        return [
            Finding(
                code=DriftClass.STATUS,
                field=say("record"),
                crm_value=None,
                ledger_value=record_of(one.action),
                message=say("somebody has deleted %(record)s in Salesforce.", record=record_of(one.action)),
                fix=_write_again(),
            )
        ]
    said, should = one.action.before or {}, shown_by(one.action)
    left = [name for name in one.fields if name not in set(besides)]
    figures = [name for name in left if name in _FIGURES]
    found = []
    for code, names in (
        (DriftClass.PAYMENT, figures),
        (DriftClass.STATUS, [name for name in left if name not in figures]),
    ):
        if not names:
            continue
        told = joined(
            (
                say(
                    "%(field)s says %(said)s and should say %(should)s",
                    field=name,
                    said=as_words(name, said.get(name)),
                    should=as_words(name, should.get(name)),
                )
                for name in names
            ),
            "; ",
        )
        found.append(
            Finding(
                code=code,
                field=names[0],
                crm_value=as_words(names[0], said.get(names[0])),
                ledger_value=as_words(names[0], should.get(names[0])),
                message=say(
                    "somebody has changed %(record)s in Salesforce: %(told)s.",
                    record=record_of(one.action),
                    told=told,
                ),
                fix=_write_again(),
            )
        )
    return found


def _told_in_figures(told: Collection[DriftClass]) -> Iterable[str]:
    """The fields of an invoice that have been told of already when its payments differ."""
    return _PAYMENT_FIELDS if DriftClass.PAYMENT in told else ()


def _write_again() -> Sentence:
    return say("Run `sfspiris pull-invoice-status`, or `sfspiris reconcile --fix`, which writes it again.")


def _and(parts: Sequence[Sentence]) -> Sentence:
    first, *rest = parts
    for one in rest:
        first = say("%(most)s and %(last)s", most=first, last=one)
    return first


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
    told = joined(
        (
            say(
                "%(field)s says %(said)s and should say %(should)s",
                field=policy.crm_field(name),
                said=_or_nothing(said, name),
                should=_or_nothing(should, name),
            )
            for name in wrong
        ),
        "; ",
    )
    return [
        Finding(
            code=code,
            field=policy.crm_field(wrong[0]),
            crm_value=_or_nothing(said, wrong[0]),
            ledger_value=_or_nothing(should, wrong[0]),
            message=say("on the deal, %(told)s.", told=told),
            fix=_write_again(),
        )
    ]


def _or_nothing(state: SyncState, name: str) -> str:
    return str(getattr(state, name) or "") or say("nothing")


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
    """The day that the document carries, or on which it was made: a draft without a date says the first day there is."""
    if document.invoice is not None:
        return document.invoice.issued_on
    if document.draft is not None and document.draft.draft is not None:
        day = document.draft.draft.invoice_date
        if day > date.min:
            return day
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


def named(document: Document) -> Sentence:
    """A document as a person finds it in the ledger."""
    amount = Money(document.totals.net, document.totals.currency)
    if document.invoice is not None:
        return say("invoice %(number)s over %(net)s net", number=document.invoice.number, net=amount)
    return say(
        "%(word)s %(id)s over %(net)s net",
        word=_unbooked(document).word,
        id=document.draft.id if document.draft else document.draft_id,
        net=amount,
    )


def agreement(document: Document, notes: Sequence[Invoice]) -> Sentence:
    """What both sides agree on."""
    invoice, totals = document.invoice, document.totals
    if invoice is None:
        return say(
            "%(word)s over %(net)s net.",
            word=_unbooked(document).word,
            net=Money(totals.net, totals.currency),
        )
    parts = [named(document)]
    if invoice.taken_back:
        parts.append(say("%(amount)s credited", amount=plain(_credited_net(document, notes))))
    if money := paid(invoice, notes):
        parts.append(
            say("%(paid)s of %(gross)s incl. VAT paid", paid=plain(money), gross=plain(totals.gross))
        )
    return say("%(what)s.", what=joined(parts, ", "))


def capitalized(sentence: Sentence) -> Sentence:
    """The sentence with a capital first letter and the rest as it was."""
    return say("%(Sentence)s", Sentence=sentence)


def _what(document: Document) -> Sentence:
    if document.invoice:
        return say("invoice %(number)s", number=document.invoice.number)
    return _unbooked(document).word


def _unbooked(document: Document) -> Target:
    return document.draft.target if document.draft else document.target


def _correct(document: Document) -> Sentence:
    if document.invoice is None:
        return say(
            "Correct %(document)s in Spiris or the deal in Salesforce, then run `sfspiris push-closed-won`.",
            document=_unbooked(document).the,
        )
    return say(
        "The invoice is issued: credit it in Spiris and invoice anew, or correct the deal in Salesforce."
    )


def _credit(document: Document) -> Decimal:
    """What has been credited of the document, or voided, gross and positive."""
    return abs(document.invoice.taken_back) if document.invoice is not None else ZERO


def _credited_net(document: Document, notes: Sequence[Invoice]) -> Decimal:
    if document.invoice is not None and document.invoice.is_void:
        return document.totals.net
    return sum((abs(one.totals.net) for one in notes), ZERO)


def _is_equal(one: Decimal, other: Decimal, tolerance: Decimal) -> bool:
    return abs(one - other) <= tolerance
