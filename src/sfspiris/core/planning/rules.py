"""Rules about a whole Deal that are neither its buyer nor its lines: days, references, currency, terms, tax reductions.

Each rule is one function that names its law or reason, and either holds the Deal, warns, or says nothing. `check_deal`
needs the Deal alone; `check_books` also what the ledger says of itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.swedish import text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sfspiris.core.model import Deal, LedgerView
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.screening import Screened

LONGEST_TERMS: Final = 30  # days without express consent, räntelagen (1975:635) 3 § and lag (1981:739)

YES: Final = frozenset({"yes", "y", "ja", "j", "true", "1", "x"})
NO: Final = frozenset({"no", "n", "nej", "false", "0", "none", "ingen", "inget"})

_HOUSEWORK = re.compile(
    r"\b(?:(?:rot|rut)(?:[- ]?(?:avdrag|arbete|deduction))|skattereduktion|grön(?:t)? teknik[- ]?(?:avdrag|reduktion))",
    re.IGNORECASE,
)


def answer(raw: str | None) -> bool | None:
    """Yes or no as a CRM's field says it, in Swedish or English; None for anything else."""
    word = text.one_line(raw or "").casefold()
    if word in YES:
        return True
    return False if word in NO else None


# --- the Deal alone ------------------------------------------------------------------------------------------------


def check_deal(deal: Deal, found: Findings, *, today: date) -> None:
    """Every rule that needs the Deal alone. `today` is a Swedish day."""
    closed_in_future(deal, found, today=today)
    delivery_in_future(deal, found, today=today)
    housework_deduction(deal, found)


def closed_in_future(deal: Deal, found: Findings, *, today: date) -> None:
    """Hold a Deal that is won on a day to come: its invoice would name a sale that has not been.

    Period integrity: an invoice is dated when it is made and names the day of delivery (ML 17 kap. 24 §, items 1 and 7).
    """
    if deal.closed_on > today:
        found.hold(
            HoldCode.DATE_IN_FUTURE,
            f"The deal closes on {deal.closed_on.isoformat()}, which has not come yet (today is {today.isoformat()}).",
            "Correct the close date in Salesforce, or wait: the deal is taken up on that day.",
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
            f"Delivery is on {deal.delivery_date.isoformat()}, after the invoice: what is paid before that is an advance, "
            "and its VAT falls due on the day of payment.",
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
        f"The deal asks for a tax reduction (“{shown}”), which needs the buyer's personal number and a claim at the tax agency.",
        f"Make this invoice by hand in {found.company.ledger if found.company else 'the ledger'}.",
        about="housework",
        value=shown,
    )


def _first_match(words: Iterable[str]) -> str | None:
    return next((hit[0] for one in words if (hit := _HOUSEWORK.search(one))), None)


# --- the Deal and its buyer ----------------------------------------------------------------------------------------


def check_terms(screened: Screened, found: Findings) -> None:
    """Every rule about a Deal whose own data are complete."""
    long_payment_terms(screened, found)
    public_buyer_reference(screened, found)
    foreign_currency(screened, found)


def long_payment_terms(screened: Screened, found: Findings) -> None:
    """Warn about terms of more than 30 days.

    Between businesses they need the creditor's express consent, and a public body cannot agree to them at all
    (räntelagen 1975:635, 3 §; lag 1981:739).
    """
    days = screened.payment_terms_days
    if days is not None and days > LONGEST_TERMS:
        who = (
            "a public body cannot agree to more than 30"
            if screened.is_public
            else "more than 30 need an express agreement"
        )
        found.warn(WarningCode.LONG_PAYMENT_TERMS, f"The payment terms are {days} days; {who}.")


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
        f"{screened.customer.name} is a public body, and its e-invoice would be rejected without a reference or order number.",
        "Ask the buyer for its reference and enter it, or its order number, on the opportunity.",
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
            f"The invoice is in {screened.currency}: any Swedish VAT on it must be stated in {books} too. "
            f"{screened.company.ledger} converts at its own rate.",
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
        what, remedy = f"is locked up to {locked.isoformat()}", f"Unlock the period in {name}, or wait."
    elif ledger.fiscal_years and not years:
        what, remedy = "has no financial year for that day", f"Add the financial year in {name}."
    elif years and all(year.is_locked for year in years):
        what, remedy = "has closed the financial year of that day", f"Open the financial year in {name}."
    else:
        return
    found.hold(
        HoldCode.PERIOD_LOCKED,
        f"The invoice would be dated {today.isoformat()}, but {name} {what}.",
        f"{remedy} Nothing of the deal is lost.",
        value=today.isoformat(),
    )


def currency_is_enabled(screened: Screened, ledger: LedgerView, found: Findings) -> None:
    """Hold when the ledger cannot invoice in the Deal's currency; its customer could not even be made."""
    if ledger.currencies and screened.currency not in ledger.currencies:
        found.hold(
            HoldCode.CURRENCY_NOT_ENABLED,
            f"{screened.company.ledger} has no currency {screened.currency} for this company.",
            f"Change the deal's currency, or ask for {screened.currency} to be switched on in {screened.company.ledger}.",
            about="currency",
            value=screened.currency,
        )


def iban_is_there(screened: Screened, ledger: LedgerView, found: Findings) -> None:
    """Hold an invoice in a foreign currency when the company has no IBAN: a buyer abroad could not pay it."""
    if ledger.profile.has_iban is False and screened.currency != ledger.profile.currency:
        found.hold(
            HoldCode.IBAN_MISSING,
            f"The invoice is in {screened.currency}, but {screened.company.ledger} has no IBAN for this company.",
            f"Enter the IBAN of the company's account in {screened.company.ledger}.",
            about="currency",
            value=screened.currency,
        )
