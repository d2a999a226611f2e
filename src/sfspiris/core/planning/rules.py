"""Rules about a whole Deal that are neither its buyer nor its lines: days, references, currency, terms, tax reductions.

Each rule is one function that names its law or reason, and either holds the Deal, warns, or says nothing. `check_deal`
needs the Deal alone; `check_books` also what the ledger says of itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.model import Target
from sfspiris.core.yesno import answer
from sfspiris.sentences import say
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sfspiris.core.model import Deal, LedgerView
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.screening import Screened

LONGEST_TERMS: Final = 30  # days without express consent, räntelagen (1975:635) 3 § and lag (1981:739)

_HOUSEWORK = re.compile(
    r"\b(?:(?:rot|rut)(?:[- ]?(?:avdrag|arbete|deduction))|skattereduktion|grön(?:t)? teknik[- ]?(?:avdrag|reduktion))",
    re.IGNORECASE,
)


# --- the Deal alone ------------------------------------------------------------------------------------------------


def check_deal(deal: Deal, found: Findings, *, today: date) -> None:
    """Every rule that needs the Deal alone. `today` is a Swedish day."""
    closed_in_future(deal, found, today=today)
    delivery_in_future(deal, found, today=today)
    housework_deduction(deal, found)
    prices_with_or_without_vat(deal, found)


def closed_in_future(deal: Deal, found: Findings, *, today: date) -> None:
    """Hold a Deal that is won on a day to come: its invoice would name a sale that has not been.

    Period integrity: an invoice is dated when it is made and names the day of delivery (ML 17 kap. 24 §, items 1 and 7).
    """
    if deal.closed_on > today:
        found.hold(
            HoldCode.DATE_IN_FUTURE,
            say(
                "The deal closes on %(closed_on)s, which has not come yet (today is %(today)s).",
                closed_on=deal.closed_on.isoformat(),
                today=today.isoformat(),
            ),
            say("Correct the close date in Salesforce, or wait: the deal is taken up on that day."),
            about="closed_on",
            value=deal.closed_on.isoformat(),
        )


def delivery_in_future(deal: Deal, found: Findings, *, today: date) -> None:
    """Warn when something is invoiced before it is delivered: an advance is taxed on the day on which it is paid.

    ML 7 kap.: the rate of an advance is that of the day of payment. Where the rate changes in between, the line is held.
    """
    if deal.delivery_date is not None and deal.delivery_date > today >= deal.closed_on:
        found.warn(
            WarningCode.DELIVERY_IN_FUTURE,
            say(
                "Delivery is on %(delivery_date)s, after the invoice: what is paid before that is an advance, "
                "and its VAT falls due on the day of payment.",
                delivery_date=deal.delivery_date.isoformat(),
            ),
        )


def housework_deduction(deal: Deal, found: Findings) -> None:
    """Hold a Deal with a tax reduction for housework (ROT, RUT) or green technology.

    The buyer's personal number and a claim at the tax agency belong to it; neither travels through sales data.
    """
    asked = text.one_line(deal.housework or "")
    words = (
        deal.name,
        *(words for line in deal.lines for words in (line.name, line.text or "", line.family or "")),
    )
    if asked and answer(asked) is not False:
        shown = asked
    elif hit := _first_match(words):
        shown = hit
    else:
        return
    found.hold(
        HoldCode.HOUSEWORK_DEDUCTION,
        say(
            "The deal asks for a tax reduction (“%(shown)s”), which needs the buyer's personal number and a claim at the tax agency.",
            shown=shown,
        ),
        say(
            "Make this invoice by hand in %(ledger)s.",
            ledger=found.company.ledger if found.company else say("the ledger"),
        ),
        about="housework",
        value=shown,
    )


def prices_with_or_without_vat(deal: Deal, found: Findings) -> None:
    """Hold a Deal of which nobody can tell whether its prices include VAT: a fifth of the invoice depends on it."""
    said = text.one_line(deal.prices_include_vat or "")
    if said and answer(said) is None:
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say("Whether the deal's prices include VAT is not clear from “%(said)s”.", said=said),
            say("Answer yes or no on the deal in Salesforce."),
            about="prices_include_vat",
            value=said,
        )


def _first_match(words: Iterable[str]) -> str | None:
    return next((hit[0] for one in words if (hit := _HOUSEWORK.search(one))), None)


# --- the Deal and its buyer ----------------------------------------------------------------------------------------


def check_terms(screened: Screened, found: Findings) -> None:
    """Every rule about a Deal whose own data are complete."""
    long_payment_terms(screened, found)
    public_buyer_reference(screened, found)
    foreign_currency(screened, found)
    electronic_reference_on_an_order(screened, found)


def electronic_reference_on_an_order(screened: Screened, found: Findings) -> None:
    """Hold an order that has no place for what the buyer's e-invoice must carry.

    The invoice that is made of the order would go without it, and the buyer's system turns that one away (EN 16931, BT-10).
    What the order carries as the buyer's own order number already is not lost.
    """
    reference = screened.electronic_reference
    if (
        screened.company.target is not Target.ORDER
        or screened.company.capabilities.orders_have_electronic_reference
        or reference is None
        or reference == screened.purchase_order
    ):
        return
    found.hold(
        HoldCode.ORDER_CANNOT_CARRY,
        say(
            "The deal becomes an order, and an order in %(ledger)s has no place for the e-invoice reference “%(reference)s”.",
            ledger=screened.company.ledger,
            reference=reference,
        ),
        say(
            "Give it as the buyer's order number as well, if that is what it is; or let such deals become drafts "
            '(target = "draft" on a route of their own in the configuration).'
        ),
        about="electronic_reference",
        value=reference,
    )


def long_payment_terms(screened: Screened, found: Findings) -> None:
    """Warn about terms of more than 30 days.

    Between businesses they need the creditor's express consent, and a public body cannot agree to them at all
    (räntelagen 1975:635, 3 §; lag 1981:739).
    """
    days = screened.payment_terms_days
    if days is not None and days > LONGEST_TERMS:
        who = (
            say("a public body cannot agree to more than 30")
            if screened.is_public
            else say("more than 30 need an express agreement")
        )
        found.warn(
            WarningCode.LONG_PAYMENT_TERMS,
            say("The payment terms are %(days)s days; %(who)s.", days=days, who=who),
        )


def public_buyer_reference(screened: Screened, found: Findings) -> None:
    """Hold an invoice to a public body that names neither who ordered nor the order.

    It must be sent as an e-invoice (lag 2018:1277), which the network rejects without a buyer or order reference (EN
    16931, BT-10 and BT-13). The buyer's own name is no reference.
    """
    if not screened.is_public or screened.purchase_order or screened.electronic_reference:
        return
    reference = screened.your_reference
    if reference is not None and reference.casefold() != screened.customer.name.casefold():
        return
    found.hold(
        HoldCode.REFERENCE_MISSING,
        say(
            "%(name)s is a public body, and its e-invoice would be rejected without a reference or order number.",
            name=screened.customer.name,
        ),
        say("Ask the buyer for its reference and enter it, or its order number, on the opportunity."),
        about="your_reference",
        value=reference,
    )


def foreign_currency(screened: Screened, found: Findings) -> None:
    """Warn about a currency that is not that of the books: VAT due in Sweden must be stated in the books' currency too.

    ML 17 kap. 29 § and 8 kap. 21-23 §§; the rate is the ledger's own, and the same source must be used throughout.
    """
    books = screened.company.currency
    if screened.currency != books:
        found.warn(
            WarningCode.FOREIGN_CURRENCY,
            say(
                "The invoice is in %(currency)s: any Swedish VAT on it must be stated in %(books)s too. "
                "%(ledger)s converts at its own rate.",
                currency=screened.currency,
                books=books,
                ledger=screened.company.ledger,
            ),
        )


# --- the ledger ----------------------------------------------------------------------------------------------------


def check_books(screened: Screened, ledger: LedgerView, found: Findings, *, today: date) -> None:
    """Every rule about what the ledger can take today, which is the day of the invoice."""
    period_is_open(screened, ledger, found, today=today)
    currency_is_enabled(screened, ledger, found)
    iban_is_there(screened, ledger, found)


def period_is_open(screened: Screened, ledger: LedgerView, found: Findings, *, today: date) -> None:
    """Hold when the invoice's day lies in a locked period or in no open financial year.

    What is booked is never changed (BFL 1999:1078, 5 kap. 5 §): a locked period takes no more invoices.
    """
    name = screened.company.ledger
    locked = ledger.profile.locked_until
    years = [year for year in ledger.fiscal_years if year.start <= today <= year.end]
    if locked is not None and today <= locked:
        what = say("is locked up to %(day)s", day=locked.isoformat())
        remedy = say("Unlock the period in %(ledger)s, or wait.", ledger=name)
    elif ledger.fiscal_years and not years:
        what = say("has no financial year for that day")
        remedy = say("Add the financial year in %(ledger)s.", ledger=name)
    elif years and all(year.is_locked for year in years):
        what = say("has closed the financial year of that day")
        remedy = say("Open the financial year in %(ledger)s.", ledger=name)
    else:
        return
    found.hold(
        HoldCode.PERIOD_LOCKED,
        say(
            "The invoice would be dated %(today)s, but %(ledger)s %(what)s.",
            today=today.isoformat(),
            ledger=name,
            what=what,
        ),
        say("%(remedy)s Nothing of the deal is lost.", remedy=remedy),
        value=today.isoformat(),
    )


def currency_is_enabled(screened: Screened, ledger: LedgerView, found: Findings) -> None:
    """Hold when the ledger cannot invoice in the Deal's currency; its customer could not even be made."""
    if ledger.currencies and screened.currency not in ledger.currencies:
        found.hold(
            HoldCode.CURRENCY_NOT_ENABLED,
            say(
                "%(ledger)s has no currency %(currency)s for this company.",
                ledger=screened.company.ledger,
                currency=screened.currency,
            ),
            say(
                "Change the deal's currency, or ask for %(currency)s to be switched on in %(ledger)s.",
                currency=screened.currency,
                ledger=screened.company.ledger,
            ),
            about="currency",
            value=screened.currency,
        )


def iban_is_there(screened: Screened, ledger: LedgerView, found: Findings) -> None:
    """Hold an invoice in a foreign currency when the company has no IBAN: a buyer abroad could not pay it."""
    if ledger.profile.has_iban is False and screened.currency != ledger.profile.currency:
        found.hold(
            HoldCode.IBAN_MISSING,
            say(
                "The invoice is in %(currency)s, but %(ledger)s has no IBAN for this company.",
                currency=screened.currency,
                ledger=screened.company.ledger,
            ),
            say("Enter the IBAN of the company's account in %(ledger)s.", ledger=screened.company.ledger),
            about="currency",
            value=screened.currency,
        )
