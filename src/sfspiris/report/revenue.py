"""The revenue report as a document, a page for people at a terminal, and a table for a spreadsheet."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - the shapes are built of it when the module is read
from typing import TYPE_CHECKING, Final, Literal

from sfspiris.core.money import plain
from sfspiris.core.revenue import Dimension, Measure
from sfspiris.report.csv import table
from sfspiris.report.page import Page
from sfspiris.report.page import Row as Line
from sfspiris.report.shapes import SCHEMA_VERSION, Amount, Facts, Id, Moment, Number, Period, Words
from sfspiris.sentences import joined, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from rich.console import Console

    from sfspiris.core.outcome import RunResult
    from sfspiris.core.revenue import LeadTime, Median, Revenue, Row
    from sfspiris.report.helping import Language
    from sfspiris.sentences import Sentence

SALES: Final = (Measure.PIPELINE, Measure.WON, Measure.DRAFTED, Measure.INVOICED, Measure.CREDITED)
"""Without VAT."""

PAYMENTS: Final = (
    Measure.INVOICED_WITH_VAT,
    Measure.CREDITED_WITH_VAT,
    Measure.COLLECTED,
    Measure.REMAINING,
    Measure.OVERDUE,
)
"""With VAT."""

TITLES: Final[Mapping[Measure, str]] = {
    Measure.PIPELINE: say("Pipeline"),
    Measure.WON: say("Won, no draft"),
    Measure.DRAFTED: say("Drafted"),
    Measure.INVOICED: say("Invoiced"),
    Measure.CREDITED: say("Credited"),
    Measure.INVOICED_WITH_VAT: say("Invoiced"),
    Measure.CREDITED_WITH_VAT: say("Credited"),
    Measure.COLLECTED: say("Collected"),
    Measure.REMAINING: say("Remaining"),
    Measure.OVERDUE: say("Overdue"),
}
_SUMMED: Final = {
    Measure.INVOICED_WITH_VAT: say("invoiced"),
    Measure.CREDITED_WITH_VAT: say("credited"),
    Measure.COLLECTED: say("collected"),
    Measure.REMAINING: say("remaining"),
    Measure.OVERDUE: say("overdue"),
}
_NOT_BOOKED: Final = (Measure.PIPELINE, Measure.WON, Measure.DRAFTED)
"""What has no rate in the books yet."""

NOTHING: Final = "\N{EN DASH}"
ABOUT: Final = "\N{ALMOST EQUAL TO} "
"""Before a sum at Salesforce's own rate."""

UNKNOWN: Final = "?"


class FigureFacts(Facts):
    """One sum: over how many, in the document's currency, and in that of the books; null where it is not known.

    `base_at_salesforce_rate` stands in for a `base` that the books do not tell: with Salesforce's own rates, named in `rates`.
    """

    count: int
    amount: Amount | None
    base: Amount | None
    base_at_salesforce_rate: Amount | None = None


class RevenueRow(Facts):
    """The sums of one month, company and currency; null for what they are not split by or what is not known."""

    month: str | None
    company: Id | None
    currency: str | None
    base_currency: str | None
    figures: dict[Measure, FigureFacts]


class RateFacts(Facts):
    """A rate of Salesforce's own: units of `currency` for one of `corporate`; `valid_from` is null where it has no day."""

    currency: str
    corporate: str
    rate: Number
    valid_from: date | None


class MedianFacts(Facts):
    """The median of so many deals' days; null without any."""

    deals: int
    days: Number | None


class LeadTimeFacts(Facts):
    """Days from the close of a month's deals to their drafts, to their invoices, and until they were paid in full."""

    month: str
    to_draft: MedianFacts
    to_issue: MedianFacts
    to_payment: MedianFacts


class RevenueDocument(Facts):
    """What `report revenue` prints. `rows` are split by `by`, `totals` by company and currency, `base_totals` by company.

    `without_amount` names the deals that have no amount, or one that includes VAT, and count with zero. `rates` are Salesforce's
    own that sums at its rate were converted with.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    command: Literal["report revenue"] = "report revenue"
    run_id: str
    started_at: Moment
    finished_at: Moment
    companies: dict[str, Words]
    period: Period
    by: tuple[Dimension, ...]
    rows: tuple[RevenueRow, ...]
    totals: tuple[RevenueRow, ...]
    base_totals: tuple[RevenueRow, ...]
    lead_times: tuple[LeadTimeFacts, ...]
    without_amount: tuple[Words, ...]
    rates: tuple[RateFacts, ...] = ()
    api_calls: dict[str, int]


def revenue_document(result: RunResult, found: Revenue, *, companies: Mapping[str, str]) -> RevenueDocument:
    """The facts of a revenue report; `companies` are their names by key."""
    return RevenueDocument(
        run_id=result.run_id,
        started_at=result.started_at,
        finished_at=result.finished_at,
        companies=dict(companies),
        period=Period(start=found.start, end=found.end),
        by=found.by,
        rows=_rows(found.rows),
        totals=_rows(found.totals),
        base_totals=_rows(found.base_totals),
        lead_times=tuple(_lead_time(one) for one in found.lead_times),
        without_amount=found.without_amount,
        rates=tuple(
            RateFacts(
                currency=one.currency, corporate=one.corporate, rate=one.rate, valid_from=one.valid_from
            )
            for one in found.rates
        ),
        api_calls=dict(result.api_calls),
    )


def _rows(rows: Iterable[Row]) -> tuple[RevenueRow, ...]:
    return tuple(
        RevenueRow(
            month=one.month,
            company=one.company,
            currency=one.currency,
            base_currency=one.base_currency,
            figures={
                measure: FigureFacts(
                    count=figure.count,
                    amount=figure.amount,
                    base=figure.base,
                    base_at_salesforce_rate=figure.converted,
                )
                for measure, figure in one.figures.items()
            },
        )
        for one in rows
    )


def _lead_time(one: LeadTime) -> LeadTimeFacts:
    return LeadTimeFacts(
        month=one.month,
        to_draft=_median(one.to_draft),
        to_issue=_median(one.to_issue),
        to_payment=_median(one.to_payment),
    )


def _median(one: Median) -> MedianFacts:
    return MedianFacts(deals=one.deals, days=one.days)


def has_any(rows: Iterable[RevenueRow], measures: Sequence[Measure]) -> bool:
    """Whether a Deal or document counts in one of these sums."""
    return any(row.figures[measure].count for row in rows for measure in measures)


# --- for a spreadsheet ---------------------------------------------------------------------------------------------


def revenue_csv(document: RevenueDocument) -> str:
    """One line per row, with count, sum and sum in the books' currency of every measure; empty where it is not known."""
    measures = [f"{measure}{part}" for measure in Measure for part in ("_count", "", "_base")]
    at_rate = [f"{measure}_base_at_salesforce_rate" for measure in _NOT_BOOKED]
    columns = ("month", "company", "currency", "base_currency", *measures, *at_rate)
    return table(columns, (_csv_line(one) for one in document.rows))


def _csv_line(row: RevenueRow) -> dict[str, str | Decimal | None]:
    line: dict[str, str | Decimal | None] = {
        "month": row.month or "",
        "company": row.company or "",
        "currency": row.currency or "",
        "base_currency": row.base_currency or "",
    }
    for measure, figure in row.figures.items():
        line[f"{measure}_count"] = str(figure.count)
        line[f"{measure}"] = figure.amount
        line[f"{measure}_base"] = figure.base
        if measure in _NOT_BOOKED:
            line[f"{measure}_base_at_salesforce_rate"] = figure.base_at_salesforce_rate
    return line


# --- at a terminal -------------------------------------------------------------------------------------------------


def print_revenue(console: Console, document: RevenueDocument, language: Language = "en") -> None:
    """Two tables per company, without VAT and with it, in the documents' currencies; then lead times and sums in the books' currency."""
    page = Page(console, language)
    for company in dict.fromkeys(row.company for row in document.rows):
        own = [row for row in document.rows if row.company == company]
        page.title(company_title(document, company))
        _print_table(page, document, own, SALES, say("Without VAT"))
        _print_table(page, document, own, PAYMENTS, say("With VAT"))
    if document.lead_times:
        page.title(say("Median days from the close of a deal"))
        page.columns(list(_lead_lines(document.lead_times)))
    _print_legend(page, document)
    if document.without_amount:
        page.gap()
        names = ", ".join(document.without_amount)
        uncounted = say(
            "Without an amount net of VAT in Salesforce, counted with zero: %(names)s.", names=names
        )
        page.say(uncounted, sign="!")
    for row in document.base_totals:
        if row.company is not None and has_any([row], PAYMENTS):
            figures = [joined((_SUMMED[one], _shown(row.figures[one], base=True))) for one in PAYMENTS]
            page.last(
                say(
                    "%(company)s, %(currency)s with VAT: %(figures)s.",
                    company=company_title(document, row.company),
                    currency=row.base_currency,
                    figures=joined(figures, ", "),
                )
            )
    if not document.rows:
        page.last(say("No deal, draft or invoice in this period."))


def company_title(document: RevenueDocument, company: str | None) -> str:
    """What rows of a company, or of all or none, stand under."""
    if company is None:
        return say("No company") if Dimension.COMPANY in document.by else say("All companies")
    name = document.companies.get(company, company)
    return company if name == company else f"{name} ({company})"


def _print_table(
    page: Page, document: RevenueDocument, rows: Sequence[RevenueRow], measures: Sequence[Measure], title: str
) -> None:
    kept = [row for row in rows if has_any([row], measures)]
    if not kept:
        return
    base = Dimension.CURRENCY not in document.by
    page.say(title, indent=2, style="dim")
    head = Line(("", *(TITLES[measure] for measure in measures)), "dim")
    lines = []
    for row in kept:
        lines.append(_line(row, measures, _label(row, base=base), base=base))
        if not base and _is_told_at_rate(row):
            label = say("%(row)s in %(currency)s", row=_label(row, base=False), currency=row.base_currency)
            lines.append(_line(row, measures, label, base=True))
    page.columns([head, *lines])
    page.gap()


def _line(row: RevenueRow, measures: Sequence[Measure], label: str, *, base: bool) -> Line:
    return Line((label, *(_shown(row.figures[measure], base=base) for measure in measures)))


def _is_told_at_rate(row: RevenueRow) -> bool:
    """Whether some sum of the row is known in the books' currency at Salesforce's rate only."""
    return any(one.base_at_salesforce_rate is not None for one in row.figures.values())


def _print_legend(page: Page, document: RevenueDocument) -> None:
    """What the signs in the tables say, where any stands."""
    in_base = Dimension.CURRENCY not in document.by
    figures = [
        figure
        for row in document.rows
        for figure in row.figures.values()
        if figure.count and (in_base or _is_told_at_rate(row))
    ]
    if any(_told(one, base=True).startswith(UNKNOWN) for one in figures):
        page.say(
            say(
                "not known in the currency of the books: it has no rate there before it is issued, Salesforce has none, or "
                "the books do not tell."
            ),
            sign=UNKNOWN,
        )
    if document.rates:
        rates = rate_words(document.rates)
        page.say(say("at Salesforce's own rate, not the books': %(rates)s.", rates=rates), sign=ABOUT.strip())


def _rate(one: RateFacts) -> str:
    pair = joined(("1", one.corporate, "=", plain(one.rate), one.currency))
    if one.valid_from:
        return say("%(rate)s from %(day)s", rate=pair, day=one.valid_from)
    return say("%(rate)s (without a day)", rate=pair)


def rate_words(rates: Iterable[RateFacts]) -> Sentence:
    """The rates for people: `1 SEK = 0,0885 EUR from 2026-11-01`; one that Salesforce keeps without a day says so."""
    return joined((_rate(one) for one in rates), "; ")


def _label(row: RevenueRow, *, base: bool) -> str:
    return (
        " ".join(part for part in (row.month, row.base_currency if base else row.currency) if part) or UNKNOWN
    )


def _shown(figure: FigureFacts, *, base: bool) -> str:
    """A sum for people: a dash where nothing counts, a question mark where it is not known."""
    return _told(figure, base=base) if figure.count else NOTHING


def _told(figure: FigureFacts, *, base: bool) -> str:
    if base and figure.base is None and figure.base_at_salesforce_rate is not None:
        return ABOUT + plain(figure.base_at_salesforce_rate)
    amount = figure.base if base else figure.amount
    return UNKNOWN if amount is None else plain(amount)


def _lead_lines(lead_times: Iterable[LeadTimeFacts]) -> Iterator[Line]:
    yield Line(("", say("to draft"), say("to issue"), say("to payment")), "dim")
    for one in lead_times:
        yield Line((one.month, *(days(part) for part in (one.to_draft, one.to_issue, one.to_payment))))


def days(median: MedianFacts) -> str:
    """A median for people, with the number of deals: `12,5 (4)`."""
    return NOTHING if median.days is None else f"{plain(median.days, decimals=0)} ({median.deals})"
