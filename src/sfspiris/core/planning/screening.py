"""What can be judged from the Deal alone, before any ledger is asked.

A Deal either comes out `Screened`, with every value in the form in which it will be written, or with the holds that
stop it. All findings are gathered, so that whoever owns the Deal can mend everything at once.
The rules on numbers, addresses and lengths are those of `sfspiris.swedish`; each names its source there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.money import ZERO, is_currency
from sfspiris.core.planning import rules
from sfspiris.core.planning.buyers import HOME, screen_buyer
from sfspiris.core.planning.delivery import delivery_address
from sfspiris.core.planning.findings import Findings, fitted, named, too_long
from sfspiris.core.planning.lines import ScreenedLine, screen_lines
from sfspiris.core.routing import is_out_of_scope, route
from sfspiris.core.yesno import prices_include_vat
from sfspiris.sentences import joined, say
from sfspiris.swedish import orgnr, text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import Buyer, Customer, Deal, DeliveryAddress, Target
    from sfspiris.core.policy import CompanyPolicy, Policy
    from sfspiris.sentences import Sentence

_LONGEST_TERMS: Final = 4  # digits of a number of days


@dataclass(frozen=True, slots=True)
class Screened:
    """A Deal that may be invoiced as far as the CRM's own data tell."""

    deal: Deal
    company: CompanyPolicy
    customer: Customer
    customer_number: str | None
    lines: tuple[ScreenedLine, ...]
    currency: str
    net: Decimal  # as its lines' is: with VAT where the Deal's prices include it
    charges_vat: bool  # Swedish VAT applies to this buyer; else the buyer accounts for it or it is an export
    payment_terms_days: int | None
    your_reference: str | None
    our_reference: str | None
    purchase_order: str | None
    comment: str | None
    electronic_reference: str | None = None
    delivery: DeliveryAddress | None = None
    is_gross: bool = False  # the Deal's prices include VAT
    is_public: bool = False  # a body of state, region or municipality


def screen(
    deal: Deal, policy: Policy, *, today: date, target: Target | None = None
) -> tuple[Screened | None, Findings]:
    """The Deal in the form in which it may be invoiced, or None when a hold stops it; and all findings.

    `today` is a Swedish day. `target` is what the Deal's document is already, whatever the configuration says by now.
    """
    found = Findings(deal, policy)
    company = found.company = route(deal, policy)
    if company is not None and target is not None:
        company = found.company = replace(company, target=target)
    if deal.buyer is None:
        _hold_without_account(found)
        return None, found
    if company is None:
        _hold_without_route(deal, deal.buyer, found)
        return None, found
    if deal.buyer.is_contact and not company.takes_contacts:
        _hold_without_account(found)
        return None, found

    currency = deal.currency or company.currency
    if not is_currency(currency):
        found.hold(
            HoldCode.CURRENCY_MISMATCH,
            say("“%(currency)s” is no currency code.", currency=text.one_line(currency)),
            say("Choose the deal's currency in Salesforce."),
            about="currency",
            value=text.one_line(currency),
        )
        return None, found
    customer, charges_vat = screen_buyer(deal.buyer, company, currency, found, today=today)
    abroad = customer is not None and customer.country != HOME
    lines = screen_lines(deal, company, found, foreign=abroad or currency != company.currency, english=abroad)
    rules.check_deal(deal, found, today=today)
    terms = _terms(deal, found)
    references = {
        name: fitted(getattr(deal, name), limit, name, found)
        for name, limit in (
            ("your_reference", company.capabilities.reference_length),
            ("our_reference", company.capabilities.reference_length),
            ("purchase_order", company.capabilities.purchase_order_length),
            ("electronic_reference", company.capabilities.reference_length),
        )
    }
    comment = _comment(deal, company, found)
    delivery = delivery_address(deal, customer, company, found) if customer else None
    if customer is not None and customer.is_private and references["electronic_reference"]:
        references["electronic_reference"] = None
        found.warn(
            WarningCode.FIELD_NOT_WRITTEN,
            say(
                "%(name)s is a private person: %(ledger)s takes no e-invoice reference for one, so it is left out.",
                name=customer.name,
                ledger=company.ledger,
            ),
        )
    if found.holds or customer is None:
        return None, found
    screened = Screened(
        deal=deal,
        company=company,
        customer=customer,
        customer_number=(deal.buyer.customer_number or "").strip() or None,
        lines=lines,
        currency=currency,
        net=sum((line.net for line in lines), ZERO),
        charges_vat=charges_vat,
        payment_terms_days=terms,
        is_gross=prices_include_vat(deal),
        is_public=_is_public(customer, today=today),
        comment=comment,
        delivery=delivery,
        **references,
    )
    rules.check_terms(screened, found)
    return (None if found.holds else screened), found


def _hold_without_route(deal: Deal, buyer: Buyer, found: Findings) -> None:
    if is_out_of_scope(deal, found.policy):
        found.hold(
            HoldCode.NO_ROUTE,
            say("A route leaves such deals out of invoicing, but this one has a document already."),
            say(
                "Delete the document in the ledger if the deal is not to be invoiced, or change what the route asks about."
            ),
        )
        return
    found.hold(
        HoldCode.NO_ROUTE,
        say(
            "No route sends the deal of %(buyer)s to a company: %(values)s.",
            buyer=named(buyer),
            values=_route_values(deal) or say("no route has a condition that it meets"),
        ),
        say(
            "Add a route for deals without an account to the configuration, with conditions on the deal itself."
            if buyer.is_contact
            else "Fill in the account's country, or add a route for such deals to the configuration."
        ),
        about="country",
    )


def _hold_without_account(found: Findings) -> None:
    company = found.company
    if company is None or not company.takes_contacts:
        fix = say(
            "Choose the account on the deal in Salesforce. Where deals with only a contact are sold to private persons, "
            '[companies.%(company)s.customers] contact_only = "private" invoices the contact.',
            company=company.key if company else "…",
        )
    else:
        fix = say(
            "Choose the account on the deal in Salesforce. Or, for a private person, give it a primary contact with a "
            "mailing address."
        )
    found.hold(
        HoldCode.CUSTOMER_MISSING,
        say("The deal has no account, so there is nobody to invoice."),
        fix,
        about="buyer",
    )


def _is_public(customer: Customer, *, today: date) -> bool:
    if customer.country != HOME or customer.orgnr is None:
        return False
    return orgnr.parse(customer.orgnr, today=today).is_public_sector


def _comment(deal: Deal, company: CompanyPolicy, found: Findings) -> str | None:
    """The words for a text row below the lines, line by line as written; too long is a hold and never a cut."""
    lines = (text.one_line(line) for line in (deal.comment or "").splitlines())
    words = "\n".join(line for line in lines if line)
    if text.length(words) > company.capabilities.row_text_length:
        too_long(found, "comment", words, company.capabilities.row_text_length)
        return None
    return words or None


def _terms(deal: Deal, found: Findings) -> int | None:
    raw = (deal.payment_terms_days or "").strip()
    if not raw:
        return None
    whole = raw.removesuffix(".0")
    if whole.isdecimal() and len(whole) <= _LONGEST_TERMS:
        return int(whole)
    found.hold(
        HoldCode.PAYMENT_TERMS_UNKNOWN,
        say("“%(raw)s” is no number of days.", raw=raw),
        say("Write the payment terms as a whole number of days, for instance 30."),
        about="payment_terms_days",
        value=raw,
    )
    return None


def _route_values(deal: Deal) -> Sentence:
    asked = [
        say("%(path)s is %(value)s", path=path, value=value or say("empty"))
        for path, value in sorted(deal.values.items())
    ]
    return joined(asked, ", ")
