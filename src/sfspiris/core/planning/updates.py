"""Keeps an existing customer in step with its account: a three-way merge, field by field.

What both sides said when they last agreed is the base. A field that changed in the CRM alone is written; one that finance
changed alone is finance's; where both changed, the field's owner decides (`[companies.….ownership]`), and the value that
loses is told once. Three cautions go beyond that:

- When a customer is first met that we did not make, nothing that stands in the ledger is written over, whoever owns it:
  a difference that was there before us is no change. Empty fields are filled in, except those that the ledger owns.
  From then on a change in the CRM counts; finance's own first value is only ever replaced where the CRM is the owner.
- A field that became empty in the CRM empties nothing: it may only be hidden from us.
- A person's number is never written on an existing customer, and a company's only where there is none.

Payment terms and currency belong to documents and are written on a new customer only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import Change
from sfspiris.core.identity import field_print
from sfspiris.core.model import CustomerBase, FieldBase
from sfspiris.core.policy import Owner
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sfspiris.core.model import Customer, LedgerCustomer
    from sfspiris.core.policy import CompanyPolicy

IDENTITY: Final = "orgnr"
"""The field that says who a customer is: with another value it would be somebody else, so it is never replaced."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A field that both sides changed: the value that stays or is written, and the one that is given up."""

    field: str
    kept: str
    lost: str
    kept_by: Owner


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of comparing a customer on both sides.

    `wanted` are the fields to write. `base` holds the fields whose memory changes: those of `wanted` once they have been
    written, the others at once. `differs` are fields that differed when the customer was first met and stay as they are.
    """

    wanted: tuple[Change, ...]
    base: CustomerBase
    losses: tuple[Loss, ...] = ()
    differs: tuple[Change, ...] = ()


def base_of(customer: Customer, *, company: str, customer_id: str, buyer_id: str) -> CustomerBase:
    """What both sides agree on right after we made the customer."""
    made = _Printer(company, customer_id)
    values = _wanted(customer)
    return CustomerBase(
        company,
        customer_id,
        buyer_id,
        {name: FieldBase(made(name, value), made(name, value)) for name, value in values.items()},
    )


def has_news(customer: Customer, known: CustomerBase | None, *, company: str, customer_id: str) -> bool:
    """Whether the account says something else than when both sides last agreed, so that the ledger must be asked.

    Of a customer that we have not met nothing is known to be news; it is met when its account is next invoiced.
    """
    if known is None:
        return False
    made = _Printer(company, customer_id)
    return any(
        value and ((base := known.fields.get(name)) is None or made(name, value) != base.ours)
        for name, value in _wanted(customer).items()
    )


def meet(
    customer: Customer,
    standing: LedgerCustomer,
    known: CustomerBase | None,
    company: CompanyPolicy,
    buyer_id: str,
) -> Meeting:
    """What to write on the customer as it stands in the ledger, so that it is what the account says."""
    talk = _Talk(_Printer(company.key, standing.id), company.owner)
    values = _standing(standing)
    for name, ours in _wanted(customer).items():
        base = known.fields.get(name) if known else None
        talk.about(name, ours, values[name], base)
    return Meeting(
        tuple(talk.wanted),
        CustomerBase(company.key, standing.id, buyer_id, talk.learnt),
        tuple(talk.losses),
        tuple(talk.differs),
    )


def with_changes(standing: LedgerCustomer, wanted: tuple[Change, ...]) -> LedgerCustomer:
    """The customer as it will be once these fields have been written, as far as VAT follows from them."""
    told = {one.field: one.after for one in wanted}
    return replace(
        standing,
        vat_number=told.get("vat_number", standing.vat_number),
        country=told.get("country", standing.country),
    )


@dataclass(slots=True)
class _Talk:
    """Goes through the fields of one customer."""

    printed: _Printer
    owner: Callable[[str], Owner]
    wanted: list[Change] = field(default_factory=list)
    learnt: dict[str, FieldBase] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    differs: list[Change] = field(default_factory=list)

    def about(self, name: str, ours: str, theirs: str, base: FieldBase | None) -> None:
        now = FieldBase(self.printed(name, ours), self.printed(name, theirs))
        if _normal(name, ours) == _normal(name, theirs):
            self._learn(name, now, base)
        elif not ours:
            return
        elif name == IDENTITY and theirs:
            self._learn(name, FieldBase(now.ours, None), base)
        elif base is None:
            self._first(name, ours, theirs, now)
        else:
            self._again(name, ours, theirs, now, base)

    def _first(self, name: str, ours: str, theirs: str, now: FieldBase) -> None:
        if not theirs and self.owner(name) is not Owner.SPIRIS:
            self._write(name, ours, theirs, now)
            return
        self.learnt[name] = FieldBase(now.ours, None)
        if theirs and ours.casefold() != theirs.casefold():
            self.differs.append(Change(name, theirs, ours))

    def _again(self, name: str, ours: str, theirs: str, now: FieldBase, base: FieldBase) -> None:
        we_changed, they_changed = now.ours != base.ours, now.theirs != base.theirs
        if not we_changed and not they_changed and base.ours == base.theirs:
            we_changed = they_changed = (
                True  # different values of one print: something changed, and who cannot be told
            )
        if not we_changed:
            return
        owner = self.owner(name)
        if not they_changed and (owner is not Owner.FIRST_WRITE or not theirs):
            self._write(name, ours, theirs, now)
        elif owner is Owner.SALESFORCE:
            self.losses.append(Loss(name, ours, theirs, Owner.SALESFORCE))
            self._write(name, ours, theirs, now)
        else:
            if they_changed:
                self.losses.append(Loss(name, theirs, ours, Owner.SPIRIS))
            self.learnt[name] = FieldBase(now.ours, base.theirs)

    def _write(self, name: str, ours: str, theirs: str, now: FieldBase) -> None:
        self.wanted.append(Change(name, theirs or None, ours))
        self.learnt[name] = FieldBase(now.ours, now.ours)

    def _learn(self, name: str, now: FieldBase, base: FieldBase | None) -> None:
        if now != base:
            self.learnt[name] = now


@dataclass(frozen=True, slots=True)
class _Printer:
    company: str
    customer_id: str

    def __call__(self, name: str, value: str) -> str:
        return field_print(self.company, self.customer_id, name, _normal(name, value))


def _wanted(customer: Customer) -> Mapping[str, str]:
    """The account's side; a person's numbers are left out."""
    street = "\n".join(line for line in (customer.address1, customer.address2) if line)
    numbers = (
        {}
        if customer.is_personal
        else {"orgnr": customer.orgnr or "", "vat_number": customer.vat_number or ""}
    )
    return {
        "name": customer.name,
        **numbers,
        "street": street,
        "postal_code": customer.postal_code,
        "city": customer.city,
        "country": customer.country,
        "email": customer.email or "",
        "phone": customer.phone or "",
    }


def _standing(one: LedgerCustomer) -> Mapping[str, str]:
    lines = (text.one_line(line or "") for line in (one.address1, one.address2))
    return {
        "name": text.one_line(one.name),
        "orgnr": text.one_line(one.orgnr or ""),
        "vat_number": text.one_line(one.vat_number or ""),
        "street": "\n".join(line for line in lines if line),
        "postal_code": text.one_line(one.postal_code or ""),
        "city": text.one_line(one.city or ""),
        "country": text.one_line(one.country or ""),
        "email": text.one_line(one.email or ""),
        "phone": text.one_line(one.phone or ""),
    }


def _normal(name: str, value: str) -> str:
    """The value without what is only spelling: spaces in a code, signs in a number."""
    match name:
        case "orgnr":
            digits = "".join(sign for sign in value if sign.isdigit())
            return digits[-10:] or value
        case "vat_number" | "postal_code" | "country":
            return "".join(sign for sign in value.upper() if sign.isalnum())
        case _:
            return value
