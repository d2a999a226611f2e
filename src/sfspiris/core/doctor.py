"""What must be in order before a run can do its work, judged one thing at a time, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

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
    """One thing that was looked at. `area` is a company's key, `salesforce` or `state`; `remedy` is empty when all is well."""

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


def examine_company(own: CompanyPolicy, facts: CompanyFacts, *, today: date) -> tuple[Finding, ...]:
    """Everything that can be judged of one company. `today` is a Swedish day."""
    return tuple(
        Finding(own.key, *one)
        for one in (
            _status(facts.setup),
            _series("customers", facts.setup.next_customer_number),
            _series("invoices", facts.setup.next_invoice_number),
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
    if setup.status == _ACTIVE:
        return "company", State.OK, f"{setup.name} is active.", ""
    return (
        "company",
        State.BAD,
        f"{setup.name} is not active in Spiris: nothing can be written.",
        "Ask whoever pays for the company's Spiris subscription to activate it.",
    )


def _series(what: str, following: int | None) -> _Judged:
    check = f"number series for {what}"
    if following is None:
        return (
            check,
            State.UNKNOWN,
            "Spiris does not tell the next number.",
            "Look under Settings, Number series.",
        )
    if following > 0:
        return check, State.OK, f"The next number is {following}.", ""
    return (
        check,
        State.BAD,
        f"The number series for {what} has no next number.",
        "Set it in Spiris under Settings, Number series; the API cannot.",
    )


def _year(years: Iterable[FiscalYear], today: date) -> _Judged:
    current = [one for one in years if one.start <= today <= one.end]
    if not current:
        return (
            "financial year",
            State.BAD,
            f"No financial year covers {today}.",
            "Create the financial year in Spiris.",
        )
    if all(one.is_locked for one in current):
        return (
            "financial year",
            State.BAD,
            f"The financial year that covers {today} is locked.",
            "Open it in Spiris, or set dates in another year.",
        )
    return "financial year", State.OK, f"{current[0].start} to {current[0].end} is open.", ""


def _method(years: Iterable[FiscalYear], today: date) -> _Judged:
    current = next((one for one in years if one.start <= today <= one.end), None)
    if current is None or current.method is None:
        return "bookkeeping method", State.UNKNOWN, "Spiris does not tell the method of this year.", ""
    if current.method == _ACCRUAL:
        return "bookkeeping method", State.OK, "Invoices are booked when they are issued.", ""
    return (
        "bookkeeping method",
        State.WARN,
        "The books use the cash method: payments cannot be registered through the API.",
        "Nothing for drafts; payments are registered in Spiris itself.",
    )


def _lock(setup: LedgerSetup, today: date) -> _Judged:
    if setup.locked_until is None:
        return "locked period", State.OK, "No period is locked.", ""
    if setup.locked_until < today:
        return "locked period", State.OK, f"Locked up to {setup.locked_until}.", ""
    return (
        "locked period",
        State.BAD,
        f"The books are locked up to {setup.locked_until}, which is not in the past.",
        "Unlock the period in Spiris, or wait.",
    )


def _terms(own: CompanyPolicy, terms: Sequence[PaymentTerms]) -> _Judged:
    known = sorted({one.days for one in terms})
    if own.default_terms_days in known:
        return "payment terms", State.OK, f"{', '.join(map(str, known))} days.", ""
    return (
        "payment terms",
        State.BAD,
        f"Spiris has no payment terms of {own.default_terms_days} days, which new customers get by the configuration.",
        f"Add them in Spiris, or choose others in default_terms_days under [companies.{own.key}].",
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
            what = "is not in Spiris" if article is None else "is inactive in Spiris"
            found.append(
                (
                    f"article {number}",
                    State.BAD,
                    f"Article {number}, which the configuration names, {what}.",
                    f"Create or activate it, or correct [companies.{own.key}.articles].",
                )
            )
    active = sum(one.is_active for one in articles)
    if not active:
        found.append(
            ("articles", State.BAD, "Spiris has no active article.", "Create the articles that you sell.")
        )
    return found or [
        ("articles", State.OK, f"{active} active articles; those configured are among them.", "")
    ]


def _dates(setup: LedgerSetup) -> _Judged:
    if setup.keeps_draft_date:
        return "invoice date", State.OK, "Issuing keeps the date on the draft.", ""
    return (
        "invoice date",
        State.OK,
        "Issuing gives the draft the day's date: Spiris' setting, and usually right.",
        "",
    )
