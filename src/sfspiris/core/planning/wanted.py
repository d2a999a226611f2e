"""The draft as its Deal would have it today: whom it invoices, its rows and terms, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core import vat, written
from sfspiris.core.actions import CreateCustomer, ExistingCustomer
from sfspiris.core.holds import HoldCode
from sfspiris.core.identity import print_of
from sfspiris.core.model import DraftRow
from sfspiris.core.planning.changed import Wanted
from sfspiris.core.planning.drafting import build_draft, draft_rows, terms_id_for
from sfspiris.core.planning.rules import check_books
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sfspiris.core.identity import Marker
    from sfspiris.core.model import NewArticle
    from sfspiris.core.planning.customercare import CustomerCare
    from sfspiris.core.planning.customers import Customers
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.pushinputs import PushInputs, Unresolved
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.policy import CompanyPolicy


def want(
    screened: Screened,
    marker: Marker,
    correlation: str,
    found: Findings,
    *,
    inputs: PushInputs,
    customers: Customers,
    care: CustomerCare,
) -> Wanted | None:
    """The draft as the Deal would have it; None with a hold.

    `customers` and `care` are those of the plan, which remember what earlier Deals of it have asked for.
    """
    ledger = inputs.ledgers[screened.company.key]
    check_books(screened, ledger, found, today=inputs.today)
    terms_id = terms_id_for(screened.payment_terms_days, screened, ledger, found)
    customer = customers.find(screened, ledger, found, correlation)
    known = (
        care.expected(screened.customer, customer.id, found)
        if isinstance(customer, ExistingCustomer)
        else None
    )
    drafted = draft_rows(screened, known, ledger, found, today=inputs.today)
    _wait_for_articles(screened.company, drafted.articles, inputs.unresolved, found)
    rows = drafted.rows
    if screened.comment:
        rows = (*rows, DraftRow(text=screened.comment))
    draft = build_draft(screened, rows, terms_id, marker, found, today=inputs.today)
    if found.holds or customer is None:
        return None
    articles = {row.article_id for row in drafted.rows}
    to_krona = ledger.profile.rounds_to_krona and screened.currency == "SEK"
    foretold = vat.foretell(drafted.rows, to_krona=to_krona)
    return Wanted(
        draft=draft,
        customer=customer,
        customer_name=customer.customer.name if isinstance(customer, CreateCustomer) else customer.name,
        net=foretold.net,
        vat=foretold,
        basis=print_of(
            written.draft_fields(draft),
            screened.customer
            if isinstance(customer, CreateCustomer)
            else [one for one in ledger.customers if one.id == customer.id],
            [one for one in ledger.articles if one.id in articles],
            drafted.articles,
            ledger.profile,
            [one for one in ledger.terms if one.id == terms_id],
            screened.company.target,
        ),
        articles=drafted.articles,
        vat_reasons=drafted.reasons,
    )


def _wait_for_articles(
    company: CompanyPolicy, articles: Sequence[NewArticle], unresolved: Sequence[Unresolved], found: Findings
) -> None:
    """Hold a Deal that needs an article of which an earlier run does not know whether it was made."""
    for article in articles:
        if any(
            one.company == company.key and one.article_key == article.number.casefold() for one in unresolved
        ):
            found.hold(
                HoldCode.OUTCOME_UNKNOWN,
                say(
                    "Whether %(ledger)s created the article %(number)s is not known yet.",
                    ledger=company.ledger,
                    number=article.number,
                ),
                say("Run again later; the article is looked up first and never created twice."),
            )
