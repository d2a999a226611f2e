"""The revenue report as one HTML file: figures, tables, and charts that were drawn when the file was written."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sfspiris.core.money import ZERO, plain
from sfspiris.core.revenue import Dimension, Measure
from sfspiris.report.charts import Series, bar_chart
from sfspiris.report.html import page, with_minus
from sfspiris.report.language import words
from sfspiris.report.revenue import (
    ABOUT,
    NOTHING,
    PAYMENTS,
    SALES,
    TITLES,
    UNKNOWN,
    FigureFacts,
    RevenueRow,
    company_title,
    days,
    has_any,
    rate_words,
)
from sfspiris.report.story import Tile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from markupsafe import Markup

    from sfspiris.report.helping import Language
    from sfspiris.report.language import Words
    from sfspiris.report.revenue import RevenueDocument

_MONTHS_DRAWN: Final = 18
_DRAWN_SALES: Final = (Measure.INVOICED, Measure.DRAFTED, Measure.WON, Measure.PIPELINE)
_DRAWN_PAYMENTS: Final = (Measure.INVOICED_WITH_VAT, Measure.COLLECTED, Measure.OVERDUE)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its caption and what its colours mean: name and style of each kind of bars."""

    caption: str
    picture: Markup
    legend: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; a sum stands under the others."""

    label: str
    currency: str
    cells: tuple[
        tuple[str, str], ...
    ]  # each in its currency, and beside it in that of the books where they differ
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a title, its columns, and its lines."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Everything about one company."""

    title: str
    drawings: tuple[Drawing, ...]
    tables: tuple[Table, ...]


def revenue_page(document: RevenueDocument, language: Language) -> str:
    """The report as one HTML document, ready to be written as UTF-8."""
    spoken = words(language)
    blocks = [
        _block(document, company, spoken) for company in dict.fromkeys(row.company for row in document.rows)
    ]
    return page(
        "revenue.html.j2",
        language,
        document=document,
        names={},
        title=spoken.say("From pipeline to payment"),
        tiles=_tiles(document, spoken),
        blocks=blocks,
        rates=spoken.sentence(rate_words(document.rates)),
        lead_times=[
            (one.month, days(one.to_draft), days(one.to_issue), days(one.to_payment))
            for one in document.lead_times
        ],
    )


def _tiles(document: RevenueDocument, spoken: Words) -> list[Tile]:
    """What the books of each currency come to, with VAT; companies in the same currency are added up."""
    found: dict[str, dict[Measure, list[FigureFacts]]] = defaultdict(lambda: defaultdict(list))
    for row in document.base_totals:
        if row.base_currency is not None:
            for measure in PAYMENTS:
                found[row.base_currency][measure].append(row.figures[measure])
    return [
        Tile(
            spoken.say(f"{TITLES[measure]} incl. VAT"),
            _text(_added(figures).base),
            currency,
            "money bad" if measure is Measure.OVERDUE and any(one.base for one in figures) else "money",
        )
        for currency, sums in sorted(found.items())
        for measure, figures in sums.items()
    ]


def _block(document: RevenueDocument, company: str | None, spoken: Words) -> Block:
    rows = [row for row in document.rows if row.company == company]
    title = spoken.say("All companies" if Dimension.COMPANY not in document.by else "No company")
    return Block(
        title=title if company is None else company_title(document, company),
        drawings=tuple(_drawings(document, rows, spoken)),
        tables=tuple(
            _table(document, rows, measures, spoken.say(name), spoken)
            for measures, name in ((SALES, "Sales, without VAT"), (PAYMENTS, "Payments, with VAT"))
            if has_any(rows, measures)
        ),
    )


# --- tables --------------------------------------------------------------------------------------------------------


def _table(
    document: RevenueDocument,
    rows: Sequence[RevenueRow],
    measures: Sequence[Measure],
    title: str,
    spoken: Words,
) -> Table:
    in_base = Dimension.CURRENCY not in document.by
    kept = [row for row in rows if has_any([row], measures)]
    lines = [_line(row, measures, row.month or spoken.say("Sum"), in_base=in_base) for row in kept]
    if Dimension.MONTH in document.by:
        lines += [
            replace(_line(one, measures, spoken.say("Sum"), in_base=in_base), is_sum=True)
            for one in _sums(kept, in_base=in_base)
        ]
    return Table(title, tuple(spoken.say(TITLES[one]) for one in measures), tuple(lines))


def _line(row: RevenueRow, measures: Sequence[Measure], label: str, *, in_base: bool) -> Line:
    currency = row.base_currency if in_base else row.currency
    cells = tuple(_cell(row, row.figures[one], in_base=in_base) for one in measures)
    return Line(label, currency or "", cells)


def _cell(row: RevenueRow, figure: FigureFacts, *, in_base: bool) -> tuple[str, str]:
    if not figure.count:
        return NOTHING, ""
    in_books = ABOUT + _text(figure.base_at_salesforce_rate) if _is_at_rate(figure) else _text(figure.base)
    if in_base:
        return in_books, ""
    is_told = row.currency != row.base_currency and (figure.base is not None or _is_at_rate(figure))
    return _text(figure.amount), f"{in_books} {row.base_currency}" if is_told else ""


def _is_at_rate(figure: FigureFacts) -> bool:
    return figure.base is None and figure.base_at_salesforce_rate is not None


def _sums(rows: Sequence[RevenueRow], *, in_base: bool) -> Iterator[RevenueRow]:
    """All months together, one for each currency."""
    grouped: dict[tuple[str, str], list[RevenueRow]] = defaultdict(list)
    for row in rows:
        grouped["" if in_base else row.currency or "", row.base_currency or ""].append(row)
    for _, parts in sorted(grouped.items()):
        figures = {measure: _added(one.figures[measure] for one in parts) for measure in Measure}
        yield parts[0].model_copy(update={"month": None, "figures": figures})


def _added(figures: Iterable[FigureFacts]) -> FigureFacts:
    """Sums of one currency in one; not known as soon as one of them is not."""
    parts = list(figures)
    amounts = [one.amount for one in parts if one.amount is not None]
    bases = [one.base for one in parts if one.base is not None]
    told = [one.base_at_salesforce_rate if one.base is None else one.base for one in parts]
    converted = [one for one in told if one is not None]
    is_at_rate = len(bases) < len(parts) == len(converted)
    return FigureFacts(
        count=sum(one.count for one in parts),
        amount=sum(amounts, ZERO) if len(amounts) == len(parts) else None,
        base=sum(bases, ZERO) if len(bases) == len(parts) else None,
        base_at_salesforce_rate=sum(converted, ZERO) if is_at_rate else None,
    )


def _text(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else with_minus(plain(amount))


# --- charts --------------------------------------------------------------------------------------------------------


def _drawings(document: RevenueDocument, rows: Sequence[RevenueRow], spoken: Words) -> Iterator[Drawing]:
    """Payments in the currency of the books, which always can be told, and sales in each currency of their own."""
    if Dimension.MONTH not in document.by:
        return
    dated = [row for row in rows if row.month is not None]
    for currency in dict.fromkeys(row.base_currency for row in dated if row.base_currency):
        own = [row for row in dated if row.base_currency == currency]
        name = spoken.say("Payments, with VAT")
        yield from _drawing(f"{name}, {currency}", own, _DRAWN_PAYMENTS, spoken, in_base=True)
    if Dimension.CURRENCY in document.by:
        for currency in dict.fromkeys(row.currency for row in dated if row.currency):
            own = [row for row in dated if row.currency == currency]
            name = spoken.say("Sales, without VAT")
            yield from _drawing(f"{name}, {currency}", own, _DRAWN_SALES, spoken, in_base=False)


def _drawing(
    caption: str, rows: Sequence[RevenueRow], measures: Sequence[Measure], spoken: Words, *, in_base: bool
) -> Iterator[Drawing]:
    """The chart of the last months; none for a single month, where nothing would be drawn, or where a sum is not known."""
    months = _months(row.month for row in rows if row.month and has_any([row], measures))[-_MONTHS_DRAWN:]
    if len(months) < 2:  # noqa: PLR2004 - one month is a table's business
        return
    series = []
    for measure in measures:
        sums = [_added(row.figures[measure] for row in rows if row.month == month) for month in months]
        amounts = [one.base if in_base else one.amount for one in sums]
        known = tuple(one for one in amounts if one is not None)
        if len(known) < len(amounts):
            return
        series.append(Series(spoken.say(TITLES[measure]), measure.value, known))
    if any(any(one.amounts) for one in series):
        picture = bar_chart(caption, _labels(months), series, stacked=not in_base)
        yield Drawing(caption, picture, tuple((one.name, one.style) for one in series))


def _months(known: Iterable[str]) -> list[str]:
    """All months from the first to the last, also those in which nothing happened."""
    found = sorted(known)
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (*found[:1], *found[-1:])]
    return [f"{one // 12}-{one % 12 + 1:02}" for one in range(numbers[0], numbers[1] + 1)] if numbers else []


def _labels(months: Sequence[str]) -> list[str]:
    """Months as they fit below an axis: the year at the first one and at each January, else the month alone."""
    return [
        month if position == 0 or month.endswith("-01") else month[5:]
        for position, month in enumerate(months)
    ]
