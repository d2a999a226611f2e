"""Decides which invoices and which accounts the CRM shows wrongly or not at all, and what to write instead.

Everything is judged in every run, from what is remembered of the ledgers: "overdue" comes from the calendar and moves no time
stamp anywhere. Written is only what differs from what the CRM was told, or, after a full look at it, from what it says.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sfspiris.core.actions import WriteAccount, WriteInvoice
from sfspiris.core.receivables import (
    Value,
    account_summary,
    external_id,
    invoice_record,
    notes_by_invoice,
    numbers_by_id,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sfspiris.core.model import DealLink, Invoice

Told = dict[str, Value]


@dataclass(frozen=True, slots=True)
class CustomerOf:
    """An account in the CRM and the customer that stands for it in one company; None for a contact who buys without one."""

    company: str
    account: str | None
    customer_id: str
    number: str


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
            if before is None or _only(before, inputs.invoice_fields) != after:
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
        if before is None or _only(before, inputs.account_fields) != after:
            actions.append(WriteAccount(customers[0].company, summary, before))
    return actions


def _only(told: Told, names: Collection[str]) -> Told:
    return {name: value for name, value in told.items() if name in names}
