"""Finds what exists twice in a company's books: customers that are one buyer, drafts and invoices that are one sale.

Nothing is decided here: two branches may share a number, two sales may come to the same amount. A person looks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sfspiris.core.identity import markers_in
from sfspiris.core.money import Money
from sfspiris.core.planning.differences import day_of, is_taken_back
from sfspiris.core.planning.matching import compact, ten_digits
from sfspiris.sentences import say
from sfspiris.swedish.legal_forms import without_form

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import LedgerCustomer
    from sfspiris.core.planning.documents import Document, Documents


Record = TypeVar("Record")


class TwinClass(StrEnum):
    """By what records were found to be twins; stable names."""

    CUSTOMER_ORGNR = "CUSTOMER_ORGNR"
    CUSTOMER_VAT_NUMBER = "CUSTOMER_VAT_NUMBER"
    CUSTOMER_NAME = "CUSTOMER_NAME"
    DOCUMENT_MARKER = "DOCUMENT_MARKER"
    DOCUMENT_ALIKE = "DOCUMENT_ALIKE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """One record of a group. `number` is a customer's or an invoice's; a draft has none. `day` is a Swedish day, `net` an
    amount in `currency`.
    """

    kind: str
    id: str
    name: str
    number: str | None = None
    day: date | None = None
    net: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TwinGroup:
    """Records of one company that may be the same thing: why, what to do, and the records in a stable order."""

    code: TwinClass
    company: str
    message: str
    fix: str
    records: tuple[Twin, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, company by company, and why a company could not be read. `customers` and `documents` count what was."""

    groups: tuple[TwinGroup, ...]
    unreadable: Mapping[str, str]
    customers: int
    documents: int


def twin_customers(company: str, customers: Sequence[LedgerCustomer]) -> list[TwinGroup]:
    """Active customers that share a number or a name. Two customers for two currencies are no twins: Spiris wants them so.

    Customers under one name with different organisation numbers are different buyers. Who was found by a number is not told
    again by name.
    """
    active = sorted((one for one in customers if one.is_active), key=lambda one: (one.number, one.id))
    looks: tuple[tuple[TwinClass, str, Callable[[LedgerCustomer], str]], ...] = (
        (
            TwinClass.CUSTOMER_ORGNR,
            say("the same organisation number"),
            lambda one: ten_digits(one.orgnr or ""),
        ),
        (TwinClass.CUSTOMER_VAT_NUMBER, say("the same VAT number"), lambda one: compact(one.vat_number)),
        (TwinClass.CUSTOMER_NAME, say("the same name"), lambda one: _name_key(one.name)),
    )
    found: list[TwinGroup] = []
    told: set[frozenset[str]] = set()
    for code, what, key in looks:
        for group in _groups(active, partial(_by_currency, key)):
            ids = frozenset(one.id for one in group)
            numbers = {ten_digits(one.orgnr) for one in group if one.orgnr}
            if any(ids <= known for known in told) or (code is TwinClass.CUSTOMER_NAME and len(numbers) > 1):
                continue
            told.add(ids)
            found.append(
                TwinGroup(
                    code,
                    company,
                    say("%(count)s active customers have %(what)s.", count=len(group), what=what),
                    say(
                        "Decide which one is to be invoiced, and make the others inactive in Spiris; a deal that fits several "
                        "is held."
                    ),
                    tuple(_customer(one) for one in group),
                )
            )
    return found


def twin_documents(
    company: str, documents: Documents, customers: Sequence[LedgerCustomer]
) -> list[TwinGroup]:
    """Drafts and invoices with one Deal's marker, and those of one customer over one amount on one day.

    What has been credited in full is no twin, nor are documents that each carry the marker of another Deal.
    """
    live = sorted(
        (one for one in documents.all if not is_taken_back(one)),
        key=lambda one: (day_of(one) is None, str(day_of(one)), one.draft_id),
    )
    names = {one.id: f"{one.number} {one.name}" for one in customers}
    found: list[TwinGroup] = []
    marked: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for one in live:
        for place in _deals(one):
            marked[place].append(one)
    told: set[frozenset[str]] = set()
    for (deal_id, _), group in sorted(marked.items()):
        if len(group) > 1:
            told.add(frozenset(one.draft_id for one in group))
            found.append(
                TwinGroup(
                    TwinClass.DOCUMENT_MARKER,
                    company,
                    say(
                        "%(count)s documents carry the marker of deal %(deal)s; there must be one.",
                        count=len(group),
                        deal=deal_id,
                    ),
                    say("Keep one of them: delete the other draft, or credit the other invoice, in Spiris."),
                    tuple(_document(one, names) for one in group),
                )
            )
    for alike in _groups(live, _alike):
        ids = frozenset(one.draft_id for one in alike)
        if any(ids <= known for known in told) or _are_different_deals(alike):
            continue
        first = alike[0]
        found.append(
            TwinGroup(
                TwinClass.DOCUMENT_ALIKE,
                company,
                say(
                    "%(count)s documents of one day are made out to %(customer)s over %(net)s net, and not every one of them "
                    "has a deal of its own.",
                    count=len(alike),
                    customer=names.get(first.customer_id, first.customer_id),
                    net=Money(first.totals.net, first.totals.currency),
                ),
                say(
                    "Look at their rows: if they are one sale, delete the draft or credit the invoice that is too many."
                ),
                tuple(_document(one, names) for one in alike),
            )
        )
    return found


def _groups(records: Iterable[Record], key: Callable[[Record], Hashable | None]) -> list[tuple[Record, ...]]:
    found: dict[Hashable, list[Record]] = defaultdict(list)
    for one in records:
        if (place := key(one)) is not None:
            found[place].append(one)
    return [tuple(group) for group in found.values() if len(group) > 1]


def _by_currency(key: Callable[[LedgerCustomer], str], one: LedgerCustomer) -> tuple[str, str | None] | None:
    found = key(one)
    return (found, one.currency) if found else None


def _name_key(name: str) -> str:
    """A name without its legal form, its marks and its capitals: `AB Volvo` and `Volvo Aktiebolag` are one."""
    return " ".join("".join(one if one.isalnum() else " " for one in without_form(name).casefold()).split())


def _alike(document: Document) -> Hashable | None:
    day = day_of(document)
    if day is None or not document.totals.net:
        return None
    return document.customer_id, document.totals.net, document.totals.currency, day


def _deals(document: Document) -> tuple[tuple[str, str], ...]:
    """The Deals that the document stands for by its markers, with their org."""
    return tuple(
        dict.fromkeys((mark.deal_id, mark.org_tag) for words in document.texts for mark in markers_in(words))
    )


def _are_different_deals(group: Sequence[Document]) -> bool:
    deals = [_deals(one) for one in group]
    return all(deals) and len({one for own in deals for one in own}) == sum(len(own) for own in deals)


def _customer(one: LedgerCustomer) -> Twin:
    return Twin(kind="customer", id=one.id, number=one.number, name=one.name, currency=one.currency)


def _document(one: Document, names: dict[str, str]) -> Twin:
    return Twin(
        kind="invoice" if one.invoice else str(one.draft.target if one.draft else one.target),
        id=one.invoice.id if one.invoice else one.draft_id,
        number=one.invoice.number if one.invoice else None,
        name=names.get(one.customer_id, one.customer_id),
        day=day_of(one),
        net=one.totals.net,
        currency=one.totals.currency,
    )
