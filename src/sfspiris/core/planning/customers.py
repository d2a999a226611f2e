"""Finds each Deal's customer in its ledger, or plans the one to be made, once for all Deals of a plan that need it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import CreateCustomer, ExistingCustomer
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.identity import customer_key, customer_note, print_of
from sfspiris.core.planning.drafting import known_terms, terms_id_for
from sfspiris.core.planning.findings import too_long
from sfspiris.core.planning.matching import Matched, match_customer
from sfspiris.core.yesno import answer
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from sfspiris.core.model import LedgerView
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.pushinputs import PushInputs
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.policy import CompanyPolicy


@dataclass(slots=True)
class Customers:
    """The customers of one plan, as its Deals ask for them one by one.

    `planned` are those that the plan makes, by company and customer key; `buyers` is the account that came first to each
    customer, by company and customer id or key, and that account's name where this run has read it.
    """

    inputs: PushInputs
    planned: dict[tuple[str, str], CreateCustomer] = field(default_factory=dict)
    buyers: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)

    def find(
        self, screened: Screened, ledger: LedgerView, found: Findings, correlation: str
    ) -> ExistingCustomer | CreateCustomer | None:
        """The customer to invoice: the ledger's, or one to be made; None with a hold."""
        company, buyer = screened.company, screened.deal.buyer
        if buyer is None:  # screening has held such a Deal
            raise AssertionError(screened.deal.id)
        made = self._made(screened, ledger)
        linked = self.inputs.currency_links.get((company.key, buyer.id, screened.currency))
        matched = match_customer(
            screened,
            ledger.customers,
            found,
            linked=linked or self.inputs.customer_links.get((company.key, buyer.id)),
            made=made,
            parted={one for key, who, one in self.inputs.parted if (key, who) == (company.key, buyer.id)},
        )
        if matched is Matched.HELD:
            return None
        if isinstance(matched, ExistingCustomer):
            known = self.inputs.customer_bases.get((company.key, matched.id))
            if known is not None:
                self.buyers.setdefault((company.key, matched.id), (known.buyer_id, None))
            self._note_twin(company, matched.id, matched.name, screened, found)
            return matched
        if made is not None or self._is_awaited(screened, buyer.id, ledger):
            found.hold(
                HoldCode.CUSTOMER_INACTIVE,
                say(
                    "An earlier run made or found the customer %(name)s, but %(ledger)s does not list it.",
                    name=screened.customer.name,
                    ledger=company.ledger,
                ),
                say(
                    "If it was just made, run again in a while. If it was deleted in %(ledger)s, make it there again, "
                    "with its organisation number or VAT number, or give the account its customer number.",
                    ledger=company.ledger,
                ),
                about="customer_number",
            )
            return None
        return self._new_customer(screened, buyer.id, ledger, found, correlation)

    def _key(self, screened: Screened, currency: str | None = None) -> str:
        tag, company = self.inputs.policy.org_tag, screened.company.key
        return customer_key(tag, company, _natural_key(screened), currency)

    def _keys(self, screened: Screened) -> tuple[str, ...]:
        """The key of the customer as it would be made now, and the one that it was made under before the rule was changed."""
        return tuple(dict.fromkeys((self._key(screened, _second_currency(screened)), self._key(screened))))

    def _made(self, screened: Screened, ledger: LedgerView) -> str | None:
        """The customer that an earlier run made; the buyer's other customer, in the currency of the books, is not it."""
        own, *before = self._keys(screened)
        company = screened.company.key
        if made := self.inputs.made_customers.get((company, own)):
            return made
        others = {one.id for one in ledger.customers if one.currency and one.currency != screened.currency}
        known = (self.inputs.made_customers.get((company, key)) for key in before)
        return next((one for one in known if one is not None and one not in others), None)

    def _is_awaited(self, screened: Screened, buyer_id: str, ledger: LedgerView) -> bool:
        """Whether the buyer's customer is one that no list shows yet. Its number may have been corrected since it was made.

        A buyer's other customer, for another currency, is not it where each currency has its own.
        """
        company, of_currency = screened.company, self.inputs.currency_links
        linked = {of_currency.get((company.key, buyer_id, one)) for one in (screened.currency, "")}
        if not company.customer_per_currency:
            linked.add(self.inputs.customer_links.get((company.key, buyer_id)))
        awaited = {one for one in linked if (company.key, one) in self.inputs.awaited_customers}
        return bool(awaited) and not awaited <= {one.id for one in ledger.customers}

    def _is_unresolved(self, screened: Screened, buyer_id: str, keys: tuple[str, ...]) -> bool:
        """Whether it is not known yet what became of this customer, by its number or by the buyer that it is made for."""
        tag = self.inputs.policy.org_tag
        notes = {customer_note(buyer_id, tag, one) for one in (_second_currency(screened), None)}
        return any(
            one.company == screened.company.key and (one.customer_key in keys or one.customer_note in notes)
            for one in self.inputs.unresolved
        )

    def _new_customer(
        self, screened: Screened, buyer_id: str, ledger: LedgerView, found: Findings, correlation: str
    ) -> CreateCustomer | None:
        company, keys = screened.company, self._keys(screened)
        key = keys[0]
        if self._is_unresolved(screened, buyer_id, keys):
            found.hold(
                HoldCode.OUTCOME_UNKNOWN,
                say(
                    "Whether %(ledger)s created the customer %(name)s is not known yet.",
                    ledger=company.ledger,
                    name=screened.customer.name,
                ),
                say("Run again later; the customer is looked up first and never created twice."),
            )
            return None
        planned = self.planned.get((company.key, key))
        name = planned.customer.name if planned else screened.customer.name
        self._note_twin(company, key, name, screened, found)
        if planned:
            if planned.customer.currency != screened.currency:
                found.hold(
                    HoldCode.CURRENCY_MISMATCH,
                    say(
                        "The deal is in %(currency)s, but another deal makes the customer in "
                        "%(other)s; %(ledger)s keeps one currency per customer.",
                        currency=screened.currency,
                        other=planned.customer.currency,
                        ledger=company.ledger,
                    ),
                    say(
                        "Create the customer for %(currency)s in %(ledger)s and link it by its customer number, or let "
                        'it be made: [companies.%(company)s.customers] per_currency = "create".',
                        currency=screened.currency,
                        ledger=company.ledger,
                        company=company.key,
                    ),
                    about="currency",
                    value=screened.currency,
                )
                return None
            return planned
        number = _own_number(screened, ledger, found)
        days = screened.payment_terms_days
        if days is None:
            days = company.default_terms_days
            terms_id = terms_id_for(days, screened, ledger, found)
        else:  # a hold about it has been noted for the draft already
            terms_id = known_terms(days, ledger)
        if terms_id is None or found.holds:
            return None
        return CreateCustomer(
            company=company.key,
            key=key,
            buyer_id=buyer_id,
            deal_id=screened.deal.id,
            correlation_id=correlation,
            customer=replace(
                screened.customer,
                payment_terms_days=days,
                number=number,
                note=customer_note(buyer_id, self.inputs.policy.org_tag, _second_currency(screened)),
                sells_construction=_sells_construction(screened),
            ),
            terms_id=terms_id,
            basis=print_of(screened.customer, number, days, terms_id, ledger.profile),
        )

    def _note_twin(
        self, company: CompanyPolicy, who: str, name: str, screened: Screened, found: Findings
    ) -> None:
        """Warn when two accounts of the CRM turn out to be one customer; there is still only one in the ledger.

        The account that came first speaks for it: `name` is what the customer is called.
        """
        buyer_id = screened.deal.buyer.id if screened.deal.buyer else ""
        mine = (buyer_id, screened.customer.name)
        first, first_name = self.buyers.setdefault((company.key, who), mine)
        if first != buyer_id:
            other = f"{first_name} ({first})" if first_name else first
            found.warn(
                WarningCode.DUPLICATE_SOURCE,
                say(
                    "The accounts %(other)s and %(mine)s (%(id)s) in Salesforce are one customer in %(ledger)s, "
                    "called %(name)s; its name, address and other fields follow the account %(first)s. "
                    "Merge the accounts in Salesforce when it suits you.",
                    other=other,
                    mine=mine[1],
                    id=buyer_id,
                    ledger=company.ledger,
                    name=name,
                    first=first,
                ),
            )


def _sells_construction(screened: Screened) -> bool:
    """Whether the customer is to be marked for reverse charge on building services, which its VAT number must go with."""
    buyer, customer = screened.deal.buyer, screened.customer
    says = buyer is not None and answer(buyer.sells_construction) is True
    return says and customer.country == "SE" and customer.vat_number is not None


_NUMBER_LENGTH: Final = 16
"""Characters of a customer number. Source: Spiris' API document, Customer.CustomerNumber."""


def _own_number(screened: Screened, ledger: LedgerView, found: Findings) -> str | None:
    """The number that the CRM gives a new customer; None where the ledger numbers it, or with a hold.

    A buyer's second customer, for another currency, is numbered by the ledger: a number names one customer only.
    """
    company, number = screened.company, screened.customer_number
    if not company.numbers_from_crm or _second_currency(screened):
        return None
    name = screened.customer.name
    if number is None:
        found.hold(
            HoldCode.REFERENCE_MISSING,
            say(
                "%(name)s is new in %(ledger)s and has no customer number in Salesforce, which is where numbers come from.",
                name=name,
                ledger=company.ledger,
            ),
            say(
                "Fill in the customer number, or let %(ledger)s number customers: "
                '[companies.%(company)s.customers] numbers = "spiris".',
                ledger=company.ledger,
                company=company.key,
            ),
            about="customer_number",
        )
    elif text.length(number) > _NUMBER_LENGTH:
        too_long(found, "customer_number", number, _NUMBER_LENGTH)
    elif any(one.number.strip().casefold() == number.casefold() for one in ledger.customers):
        found.hold(
            HoldCode.CUSTOMER_AMBIGUOUS,
            say(
                "Customer number %(number)s of %(name)s is another customer's in %(ledger)s.",
                number=number,
                name=name,
                ledger=company.ledger,
            ),
            say(
                "Correct the number in Salesforce, or match customers by customer number if they are the same."
            ),
            about="customer_number",
            value=number,
        )
    return number


def _second_currency(screened: Screened) -> str | None:
    """The currency of a customer that is made beside the one in the currency of the books; None for that one."""
    company = screened.company
    is_second = company.customer_per_currency and screened.currency != company.currency
    return screened.currency if is_second else None


def _natural_key(screened: Screened) -> str:
    customer = screened.customer
    buyer_id = screened.deal.buyer.id if screened.deal.buyer else ""
    return customer.orgnr or customer.vat_number or buyer_id
