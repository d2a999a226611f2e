"""Which of several places decides a value: the line, the deal, the customer's card, the company's own default, in that order.

The CRM's own places are told by its adapter; here the chain goes on where nothing in the CRM says anything. VAT has a chain
of its own: the kind of sale that somebody named for the line, else what the article is coded for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.actions import CreateArticle, ExistingCustomer
from sfspiris.core.explain import SourceSeen, VatSeen
from sfspiris.core.money import plain
from sfspiris.sentences import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from sfspiris.core.actions import Action, CreateDraft
    from sfspiris.core.model import Deal, DealLink, LedgerCustomer, LedgerView
    from sfspiris.core.policy import CompanyPolicy

_OF_LINES: Final = {"line_cost_centre": "cost_centre", "line_project": "project"}
"""Fields of a line that the deal's own stands in for, where the line has none."""


@dataclass(frozen=True, slots=True)
class Standards:
    """What decides where the CRM is silent. `customer` is the deal's customer in the ledger, None when it is yet to be made.

    `ledger` is None where the books were not read.
    """

    company: CompanyPolicy
    customer: LedgerCustomer | None
    ledger: LedgerView | None
    expected: CreateDraft | None

    @property
    def knows_customer(self) -> bool:
        """Whether it is known who the customer is, or that it is yet to be made."""
        return self.customer is not None or self.expected is not None


def chained(sources: Sequence[SourceSeen], standards: Standards) -> tuple[SourceSeen, ...]:
    """The sources with what comes after the CRM's own places; who wins is told anew where the CRM had nothing."""
    of_deal = {one.field: one for one in sources if one.line is None}
    return tuple(_chained(one, of_deal, standards) for one in sources)


def _chained(one: SourceSeen, of_deal: Mapping[str, SourceSeen], standards: Standards) -> SourceSeen:
    after: list[tuple[str, str | None]] = []
    if one.field == "payment_terms_days":
        after = _terms(standards)
    elif one.field == "currency":
        after = [(f"[companies.{standards.company.key}] currency", standards.company.currency)]
    elif one.field in _OF_LINES and (wider := of_deal.get(_OF_LINES[one.field])) is not None:
        after = list(wider.tried)
    elif one.field == "line_article" and one.line is not None:
        return _article(one, standards)
    if not after:
        return one
    is_told = one.field != "payment_terms_days" or standards.knows_customer
    won = one.won or next((path for path, value in after if value is not None and is_told), None)
    return replace(one, tried=(*one.tried, *after), won=won)


def _terms(standards: Standards) -> list[tuple[str, str | None]]:
    """The customer's own terms, which a document without any gets; a new customer gets the company's."""
    company, customer = standards.company, standards.customer
    key = f"[companies.{company.key}] default_terms_days"
    default = (key, str(company.default_terms_days))
    if customer is None:
        return [default]
    terms = standards.ledger.terms if standards.ledger else ()
    days = next((str(one.days) for one in terms if one.id == customer.terms_id), None)
    card = say("customer %(number)s in %(ledger)s", number=customer.number, ledger=company.ledger)
    known = days or (None if customer.terms_id is None else say("terms that are not counted in days"))
    return [(card, known), default]


def _article(one: SourceSeen, standards: Standards) -> SourceSeen:
    """The article that a line really gets, where that is not the one of its product."""
    rows = standards.expected.draft.rows if standards.expected else ()
    if one.line is None or one.line > len(rows):
        return one
    number = rows[one.line - 1].article_number
    said = dict(one.tried).get(one.won) if one.won else None
    if number is None or number == said:
        return one
    path = f"[companies.{standards.company.key}.articles]"
    return replace(one, tried=(*one.tried, (path, number)), won=path)


def vat_seen(
    deal: Deal, sources: Iterable[SourceSeen], standards: Standards, actions: Iterable[Action]
) -> tuple[VatSeen, ...]:
    """How each line of the draft is taxed, and what decided it; none where the deal would become no draft as it is now.

    The kind of sale is the line's own, else that of its product code or family in the configuration; where nobody has named
    one, the rate of the product, else that of the article's coding speaks for it.
    """
    expected, company = standards.expected, standards.company
    if expected is None:
        return ()
    coded = _coded(standards.ledger, actions)
    own = {(one.field, one.line): one for one in sources}
    found: list[VatSeen] = []
    for position, (line, row) in enumerate(zip(deal.lines, expected.draft.rows, strict=False), start=1):
        if row.is_text or row.treatment is None:
            continue
        section = f"[companies.{company.key}.vat]"
        rate = coded.get(row.article_number or "")
        tried: list[tuple[str, str | None]] = [
            *_of_crm(own.get(("line_vat_category", position)), line.vat_category),
            (f"{section} category_by_article", company.vat.category_by_article.get(line.article or "")),
            (f"{section} category_by_family", company.vat.category_by_family.get(line.family or "")),
            *_of_crm(own.get(("line_vat_rate", position)), line.vat_rate),
            (
                say("article %(number)s in %(ledger)s", number=row.article_number, ledger=company.ledger),
                None if rate is None else f"{plain(rate, 0)} %",
            ),
        ]
        won = next((path for path, value in tried if value), None)
        found.append(VatSeen(position, row.vat_rate, row.treatment, tuple(tried), won))
    return tuple(found)


def _of_crm(seen: SourceSeen | None, value: str | None) -> tuple[tuple[str, str | None], ...]:
    if seen is not None:
        return seen.tried
    return ((say("the product"), value),) if value else ()


def _coded(ledger: LedgerView | None, actions: Iterable[Action]) -> dict[str, Decimal | None]:
    """The rate in percent that each article is coded for, by its number; also of those that the plan makes."""
    known = {one.number: one.vat_rate for one in (ledger.articles if ledger else ())}
    made = {
        one.article.number: one.article.coding.vat_rate for one in actions if isinstance(one, CreateArticle)
    }
    return known | made


def customer_of(
    expected: CreateDraft | None, link: DealLink | None, ledger: LedgerView | None
) -> LedgerCustomer | None:
    """The customer that the draft would be made out to, or that its document is; None when it is yet to be made, or not known."""
    if ledger is None:
        return None
    wanted = link.customer_id if link else None
    if expected is not None:
        wanted = expected.customer.id if isinstance(expected.customer, ExistingCustomer) else None
    return next((one for one in ledger.customers if one.id == wanted), None)
