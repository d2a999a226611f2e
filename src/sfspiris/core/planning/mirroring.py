"""Decides which invoices and which accounts the CRM shows wrongly or not at all, and what to write instead.

Everything is judged in every run, from what is remembered of the ledgers: "overdue" comes from the calendar and moves no time
stamp anywhere. Written is only what differs from what the CRM was told, or, where somebody has been at it since, from what it
says; that is told, field by field.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import WriteAccount, WriteInvoice
from sfspiris.core.holds import Warn, WarningCode
from sfspiris.core.receivables import (
    Value,
    account_summary,
    external_id,
    invoice_record,
    notes_by_invoice,
    numbers_by_id,
    values,
)
from sfspiris.sentences import joined, say
from sfspiris.swedish import personal_shape
from sfspiris.swedish.verdict import PERSONAL_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import Deal, DealLink, Invoice
    from sfspiris.core.policy import Policy
    from sfspiris.sentences import Sentence

Told = dict[str, Value]
_TEXTS: Final = frozenset({"ocr", "invoice_number", "credits_invoice", "spiris_customer_number"})
_NAMED: Final = 5  # records that a warning names; the run's actions show them all, field by field


@dataclass(frozen=True, slots=True)
class CustomerOf:
    """An account in the CRM and the customer that stands for it in one company; None for a contact who buys without one."""

    company: str
    account: str | None
    customer_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A record in the CRM that says something else than it was told: `key` is an invoice's external id or an account's id.

    `now` is None when the record is gone.
    """

    key: str
    told: Mapping[str, Value]
    now: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class MirrorInputs:
    """Everything that the decision depends on.

    `invoices` by company: all that are remembered. `told_invoices` by external id and `told_accounts` by account hold what
    the CRM was told last. `invoice_fields` and `account_fields` are those that the CRM has and lets us write, by our names;
    none at all means that nothing is mirrored there. `currencies` are those of the books, by company: an account's sums are
    only made within one. `today` is a Swedish day.
    """

    invoices: Mapping[str, Sequence[Invoice]]
    links: Sequence[DealLink]
    customers: Sequence[CustomerOf]
    told_invoices: Mapping[str, Told]
    told_accounts: Mapping[str, Told]
    currencies: Mapping[str, str]
    invoice_fields: Collection[str]
    account_fields: Collection[str]
    today: date


@dataclass(slots=True)
class _Owners:
    """Whose an invoice is: the deals that it came from, and the account that its customer stands for."""

    deals: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    accounts: dict[tuple[str, str], list[CustomerOf]] = field(default_factory=lambda: defaultdict(list))


def decide_mirror(inputs: MirrorInputs) -> tuple[WriteInvoice | WriteAccount, ...]:
    """What to write: invoices by company and id, then accounts."""
    owners = _Owners()
    for link in inputs.links:
        if link.invoice_id:
            owners.deals[link.company, link.invoice_id].append(link.deal_id)
    for one in inputs.customers:
        owners.accounts[one.company, one.customer_id].append(one)
    return (*_invoices(inputs, owners), *_accounts(inputs))


def _invoices(inputs: MirrorInputs, owners: _Owners) -> list[WriteInvoice]:
    if not inputs.invoice_fields:
        return []
    actions = []
    for company, invoices in sorted(inputs.invoices.items()):
        numbers = numbers_by_id(invoices)
        notes = notes_by_invoice(invoices)
        for invoice in sorted(invoices, key=lambda one: one.id):
            of_customer = owners.accounts.get((company, invoice.customer_id), [])
            if not of_customer:
                continue  # nobody in the CRM buys as this customer
            deals = owners.deals.get((company, invoice.id)) or owners.deals.get(
                (company, invoice.credits_id or ""), []
            )
            deal_id = deals[0] if len(deals) == 1 else None  # a collective invoice belongs to no single deal
            record = invoice_record(
                invoice,
                company=company,
                # Two accounts of one customer: which of them bought, only the deal could tell.
                account=of_customer[0].account if len(of_customer) == 1 else None,
                deal_id=deal_id,
                credits_number=numbers.get(invoice.credits_id or ""),
                today=inputs.today,
                notes=notes.get(invoice.id, ()),
            )
            before = inputs.told_invoices.get(external_id(company, invoice.id))
            after = _only(values(record), inputs.invoice_fields)
            if before is None or _only(before, after) != after:
                actions.append(WriteInvoice(company, deal_id or "", record, before))
    return actions


def _accounts(inputs: MirrorInputs) -> list[WriteAccount]:
    if not inputs.account_fields:
        return []
    by_customer: dict[tuple[str, str], list[Invoice]] = defaultdict(list)
    for company, invoices in inputs.invoices.items():
        for invoice in invoices:
            by_customer[company, invoice.customer_id].append(invoice)
    of_account: dict[str, list[CustomerOf]] = defaultdict(list)
    for one in inputs.customers:
        if one.company in inputs.invoices and one.account is not None:
            of_account[one.account].append(one)
    actions = []
    for account, customers in sorted(of_account.items()):
        if len({inputs.currencies.get(one.company) for one in customers}) > 1:
            continue
        summary = account_summary(
            account,
            customers[0].number if len(customers) == 1 else None,
            (
                invoice
                for company, customer_id in sorted({(one.company, one.customer_id) for one in customers})
                for invoice in by_customer[company, customer_id]
            ),
            today=inputs.today,
        )
        before = inputs.told_accounts.get(account)
        after = _only(values(summary), inputs.account_fields)
        if before is None or _only(before, after) != after:
            actions.append(WriteAccount(customers[0].company, summary, before))
    return actions


def tampered(moved: Moved, should: Mapping[str, Value]) -> tuple[str, ...]:
    """The fields that somebody else changed: they say neither what was told nor what they should say."""
    now = moved.now
    if now is None:
        return ()
    return tuple(
        name
        for name in sorted(now.keys() & moved.told.keys() & should.keys())
        if now[name] not in {moved.told[name], should[name]}
    )


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A record in the CRM that somebody else changed or deleted, in these fields, and what it should be again.

    `fields` is empty when the record is gone.
    """

    action: WriteInvoice | WriteAccount
    fields: tuple[str, ...]

    @property
    def key(self) -> str:
        """The invoice's external id or the account's id."""
        return key_of(self.action)

    @property
    def deal_id(self) -> str:
        """The Deal that the invoice came of; empty for none, or several."""
        return self.action.deal_id


def overwritten(
    actions: Iterable[WriteInvoice | WriteAccount],
    told: Mapping[str, Mapping[str, Value]],
    now: Mapping[str, Mapping[str, Value]],
) -> tuple[Overwritten, ...]:
    """Of the records that do not say what they should, those that say something else than they were told besides."""
    found = []
    for action in actions:
        key = key_of(action)
        if key not in told:
            continue
        said = now.get(key)
        names = tampered(Moved(key, told[key], said), shown_by(action))
        if names or said is None:
            found.append(Overwritten(action, names))
    return tuple(found)


def restored(moved: Sequence[Moved], actions: Sequence[WriteInvoice | WriteAccount]) -> tuple[Warn, ...]:
    """What is told of records that others changed and that are written again; one that is right by now is not told of."""
    again = {key_of(one): one for one in actions}
    found: list[Sentence] = []
    for one in moved:
        action = again.get(one.key)
        if action is None:
            continue
        if one.now is None:
            found.append(say("%(record)s is gone", record=record_of(action)))
        elif names := tampered(one, shown_by(action)):
            found.append(
                say(
                    "on %(record)s, %(fields)s",
                    record=record_of(action),
                    fields=joined((_changed(name, one.told[name], one.now[name]) for name in names), ", "),
                )
            )
    if not found:
        return ()
    what = joined(found[:_NAMED], "; ")
    if len(found) > _NAMED:
        what = say("%(some)s, and %(count)s more", some=what, count=len(found) - _NAMED)
    return (
        Warn(
            WarningCode.MIRROR_RESTORED,
            say(
                "Somebody else changed in Salesforce what only sfspiris writes: %(what)s. "
                "It is written again as the ledger has it.",
                what=what,
            ),
        ),
    )


STATUS_PARTS: Final = ("status", "invoice_number", "draft_id", "company")
"""The parts of a SyncState that say how a linked Deal's document stands; the others say why it waits, and whose run told so."""


def restored_on(deal: Deal, link: DealLink, names: Sequence[str], policy: Policy) -> Warn:
    """What is told of a Deal whose status others changed, in these parts of it, and that is told it again."""
    told = joined(
        (
            say(
                "%(field)s said %(told)s and says %(now)s",
                field=policy.crm_field(name),
                told=getattr(link.told, name) or say("nothing"),
                now=getattr(deal.sync, name) or say("nothing"),
            )
            for name in names
        ),
        ", ",
    )
    return Warn(
        WarningCode.MIRROR_RESTORED,
        say(
            "Somebody else changed on the deal what only sfspiris writes: %(told)s. It is written again as it should be.",
            told=told,
        ),
        deal.id,
    )


def key_of(action: WriteInvoice | WriteAccount) -> str:
    """The invoice's external id or the account's id."""
    return action.record.external_id if isinstance(action, WriteInvoice) else action.summary.account


def shown_by(action: WriteInvoice | WriteAccount) -> Told:
    """What the record should say."""
    return values(action.record if isinstance(action, WriteInvoice) else action.summary)


def record_of(action: WriteInvoice | WriteAccount) -> Sentence:
    """The record as a person finds it."""
    if isinstance(action, WriteInvoice):
        number = action.record.invoice_number
        return say("invoice %(number)s (%(id)s)", number=number, id=action.record.external_id)
    return say("account %(id)s", id=action.summary.account)


def _changed(name: str, told: Value, now: Value) -> Sentence:
    before, after = (as_words(name, value) for value in (told, now))
    return say("%(field)s said %(told)s and says %(now)s", field=name, told=before, now=after)


def as_words(name: str, value: Value) -> str:
    """A field's value in a sentence; people may have put anything into a text, so what looks like a personal number is masked."""
    if value is None or value == "":
        return say("nothing")
    text = str(value).lower() if isinstance(value, bool) else value
    return PERSONAL_ID if name in _TEXTS and personal_shape.in_text(text) else text


def _only(told: Told, names: Collection[str]) -> Told:
    return {name: value for name, value in told.items() if name in names}
