"""What must be in order before a run can do its work, judged one thing at a time, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sfspiris.core.model import Article, FiscalYear, LedgerSetup, PaymentTerms
    from sfspiris.core.policy import CompanyPolicy

_ACTIVE: Final = 1
_ACCRUAL: Final = 0


class State(StrEnum):
    """How one thing stands."""

    OK = "ok"
    WARN = "warn"  # runs work; somebody should know
    BAD = "bad"  # runs cannot work, or not for every deal
    UNKNOWN = "unknown"  # could not be looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `area` is a company's key, `salesforce`, `state` or `review`; `remedy` is empty when all is well."""

    area: str
    check: str
    state: State
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """What was read of one company's books."""

    setup: LedgerSetup
    years: Sequence[FiscalYear]
    terms: Sequence[PaymentTerms]
    articles: Sequence[Article]


def examine_company(
    own: CompanyPolicy, facts: CompanyFacts, *, today: date, makes_orders: bool = False
) -> tuple[Finding, ...]:
    """Everything that can be judged of one company, of which some deals become orders or none. `today` is a Swedish day."""
    return tuple(
        Finding(own.key, *one)
        for one in (
            _status(facts.setup),
            _currency(own, facts.setup),
            _series(say("customers"), facts.setup.next_customer_number),
            _series(say("invoices"), facts.setup.next_invoice_number),
            *([_series(say("orders"), facts.setup.next_order_number)] if makes_orders else []),
            _year(facts.years, today),
            _method(facts.years, today),
            _lock(facts.setup, today),
            _terms(own, facts.terms),
            *_articles(own, facts.articles),
            _dates(facts.setup),
        )
    )


_Judged = tuple[str, State, str, str]


def _status(setup: LedgerSetup) -> _Judged:
    check = say("company")
    if setup.status == _ACTIVE:
        return check, State.OK, say("%(company)s is active.", company=setup.name), ""
    return (
        check,
        State.BAD,
        say("%(company)s is not active in Spiris: nothing can be written.", company=setup.name),
        say("Ask whoever pays for the company's Spiris subscription to activate it."),
    )


def _currency(own: CompanyPolicy, setup: LedgerSetup) -> _Judged:
    check = say("currency of the books")
    if own.currency == setup.currency:
        return check, State.OK, say("%(currency)s, as configured.", currency=setup.currency), ""
    return (
        check,
        State.BAD,
        say(
            "Spiris keeps these books in %(currency)s, but the configuration says %(configured)s: nothing is planned for them.",
            currency=setup.currency,
            configured=own.currency,
        ),
        say(
            'Set currency = "%(currency)s" under [companies.%(company)s].',
            currency=setup.currency,
            company=own.key,
        ),
    )


def _series(what: str, following: int | None) -> _Judged:
    check = say("number series for %(what)s", what=what)
    if following is None:
        return (
            check,
            State.UNKNOWN,
            say("Spiris does not tell the next number."),
            say("Look under Settings, Number series."),
        )
    if following > 0:
        return check, State.OK, say("The next number is %(number)s.", number=following), ""
    return (
        check,
        State.BAD,
        say("The number series for %(what)s has no next number.", what=what),
        say("Set it in Spiris under Settings, Number series; the API cannot."),
    )


def _year(years: Iterable[FiscalYear], today: date) -> _Judged:
    check = say("financial year")
    current = [one for one in years if one.start <= today <= one.end]
    if not current:
        return (
            check,
            State.BAD,
            say("No financial year covers %(day)s.", day=today),
            say("Create the financial year in Spiris."),
        )
    if all(one.is_locked for one in current):
        return (
            check,
            State.BAD,
            say("The financial year that covers %(day)s is locked.", day=today),
            say("Open it in Spiris, or set dates in another year."),
        )
    first = current[0]
    return check, State.OK, say("%(start)s to %(end)s is open.", start=first.start, end=first.end), ""


def _method(years: Iterable[FiscalYear], today: date) -> _Judged:
    check = say("bookkeeping method")
    current = next((one for one in years if one.start <= today <= one.end), None)
    if current is None or current.method is None:
        return check, State.UNKNOWN, say("Spiris does not tell the method of this year."), ""
    if current.method == _ACCRUAL:
        return check, State.OK, say("Invoices are booked when they are issued."), ""
    return (
        check,
        State.WARN,
        say("The books use the cash method: payments cannot be registered through the API."),
        say("Nothing for drafts; payments are registered in Spiris itself."),
    )


def _lock(setup: LedgerSetup, today: date) -> _Judged:
    check = say("locked period")
    if setup.locked_until is None:
        return check, State.OK, say("No period is locked."), ""
    if setup.locked_until < today:
        return check, State.OK, say("Locked up to %(day)s.", day=setup.locked_until), ""
    return (
        check,
        State.BAD,
        say("The books are locked up to %(day)s, which is not in the past.", day=setup.locked_until),
        say("Unlock the period in Spiris, or wait."),
    )


def _terms(own: CompanyPolicy, terms: Sequence[PaymentTerms]) -> _Judged:
    check = say("payment terms")
    known = sorted({one.days for one in terms})
    if own.default_terms_days in known:
        return check, State.OK, say("%(days)s days.", days=", ".join(map(str, known))), ""
    return (
        check,
        State.BAD,
        say(
            "Spiris has no payment terms of %(days)s days, which new customers get by the configuration.",
            days=own.default_terms_days,
        ),
        say(
            "Add them in Spiris, or choose others in default_terms_days under [companies.%(company)s].",
            company=own.key,
        ),
    )


def _articles(own: CompanyPolicy, articles: Sequence[Article]) -> list[_Judged]:
    """The articles that the configuration names, and whether there is any to sell at all."""
    by_number = {one.number: one for one in articles}
    named = sorted(
        {
            *own.articles.fallback.values(),
            *own.articles.by_family.values(),
            *own.articles.by_treatment.values(),
            *([own.articles.default] if own.articles.default else []),
        }
    )
    found: list[_Judged] = []
    for number in named:
        article = by_number.get(number)
        if article is None or not article.is_active:
            what = say("is not in Spiris") if article is None else say("is inactive in Spiris")
            found.append(
                (
                    say("article %(number)s", number=number),
                    State.BAD,
                    say(
                        "Article %(number)s, which the configuration names, %(what)s.",
                        number=number,
                        what=what,
                    ),
                    say(
                        "Create or activate it, or correct [companies.%(company)s.articles].", company=own.key
                    ),
                )
            )
    active = sum(one.is_active for one in articles)
    if not active:
        found.append(
            (
                say("articles"),
                State.BAD,
                say("Spiris has no active article."),
                say("Create the articles that you sell."),
            )
        )
    counted = say("%(count)s active articles; those configured are among them.", count=active)
    return found or [(say("articles"), State.OK, counted, "")]


def _dates(setup: LedgerSetup) -> _Judged:
    check = say("invoice date")
    if setup.keeps_draft_date:
        return check, State.OK, say("Issuing keeps the date on the draft."), ""
    return (
        check,
        State.OK,
        say("Issuing gives the draft the day's date: Spiris' setting, and usually right."),
        "",
    )
