"""How a deal is taxed and what it comes to, as `explain` tells it: row by row, in all, and beside the document that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfspiris.core.money import plain
from sfspiris.core.yesno import prices_include_vat
from sfspiris.report.language import words as language_words
from sfspiris.report.shapes import Amount, ConversionFacts, Facts, Id, Number, RateFacts, Words
from sfspiris.report.view import number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from sfspiris.core.explain import Explanation
    from sfspiris.report.helping import Language
    from sfspiris.report.page import Page


class TriedFacts(Facts):
    """One place that a value may come from, and what stood there: a Salesforce path, or what comes after Salesforce."""

    path: Words
    value: Words | None


class VatRowFacts(Facts):
    """How one sold item is taxed: percent, treatment, and the place that said what kind of sale it is, among those tried."""

    line: int
    rate: Number
    treatment: Id
    source: Words | None
    tried: tuple[TriedFacts, ...]


class DocumentSumFacts(Facts):
    """What the document in Spiris comes to as it stands; `agrees` says whether that is what the deal would come to today."""

    currency: Id
    net: Amount
    vat: Amount
    rounding: Amount
    total: Amount
    agrees: bool


class CheckFacts(Facts):
    """What the draft is expected to come to, and the deal's own amount, net, beside it.

    For a deal that could not be invoiced as it is now, the sums are those of the document that stands, without rates.
    """

    currency: Id
    net: Amount
    vat: Amount
    rounding: Amount
    total: Amount
    rates: tuple[RateFacts, ...]
    deal_amount: Amount | None
    agrees: bool
    conversion: ConversionFacts | None = None
    is_foreign: bool = False
    rows: tuple[VatRowFacts, ...] = ()
    no_vat: tuple[Words, ...] = ()
    document: DocumentSumFacts | None = None


def check(found: Explanation, language: Language) -> CheckFacts | None:
    """The sums of the Deal; None when neither a draft nor a document tells them."""
    expected, stands = found.expected, found.document
    spoken = language_words(language)
    amount = found.deal.amount
    if expected is None:
        if stands is None:
            return None
        totals = stands.totals
        return CheckFacts(
            currency=totals.currency,
            net=totals.net,
            vat=totals.vat,
            rounding=totals.rounding,
            total=totals.gross,
            rates=(),
            deal_amount=amount,
            agrees=_agrees(found, totals.net, totals.vat),
            is_foreign=found.deal.currency not in {None, found.books},
            document=_sums(found),
        )
    vat = expected.vat
    return CheckFacts(
        currency=expected.currency,
        net=vat.net,
        vat=vat.vat,
        rounding=vat.rounding,
        total=vat.gross,
        rates=tuple(RateFacts(rate=one.rate, net=one.net, vat=one.vat) for one in vat.lines),
        deal_amount=amount,
        agrees=_agrees(found, vat.net, vat.vat),
        conversion=ConversionFacts(
            corporate=rate.corporate,
            rate=rate.rate,
            valid_from=rate.valid_from,
            net=rate.converted(vat.net),
        )
        if (rate := found.conversion)
        else None,
        is_foreign=found.deal.currency not in {None, found.books},
        rows=tuple(
            VatRowFacts(
                line=one.line,
                rate=one.rate,
                treatment=one.treatment,
                source=None if one.won is None else spoken.sentence(one.won),
                tried=tuple(TriedFacts(path=spoken.sentence(path), value=value) for path, value in one.tried),
            )
            for one in found.vat
        ),
        no_vat=tuple(spoken.sentence(one) for one in expected.vat_reasons),
        document=_sums(found),
    )


def _agrees(found: Explanation, net: Decimal, vat: Decimal) -> bool:
    """Whether the Deal's own amount is that; where its prices include VAT, so does the amount."""
    amount = found.deal.amount
    return amount is None or amount == net + (vat if prices_include_vat(found.deal) else 0)


def _sums(found: Explanation) -> DocumentSumFacts | None:
    if found.document is None:
        return None
    totals, expected = found.document.totals, found.expected
    same = (
        (totals.net, totals.vat, totals.gross) == (expected.vat.net, expected.vat.vat, expected.vat.gross)
        if expected is not None
        else _agrees(found, totals.net, totals.vat)
    )
    return DocumentSumFacts(
        currency=totals.currency,
        net=totals.net,
        vat=totals.vat,
        rounding=totals.rounding,
        total=totals.gross,
        agrees=same and found.deal.currency in {None, totals.currency},
    )


def print_check(page: Page, totals: CheckFacts, words: Mapping[str, str]) -> None:
    """Print the rows, the sums, and what they are held against."""
    page.title(words["totals"])
    for row in totals.rows:
        line = words["line"].format(line=row.line)
        page.say(f"{line}: {number(row.rate)} %, {row.treatment}", indent=2)
        chain = f" {page.arrow} ".join(_place(one, is_source=one.path == row.source) for one in row.tried)
        page.say(chain, indent=5, style="dim")
    page.entry(words["net"], f"{plain(totals.net)} {totals.currency}", indent=2)
    for rate in totals.rates:
        page.entry(words["vat"], f"{number(rate.rate)} %: {plain(rate.vat)} {totals.currency}", indent=2)
    if not totals.rates:
        page.entry(words["vat"], f"{plain(totals.vat)} {totals.currency}", indent=2)
    for reason in totals.no_vat:
        page.entry(words["no_vat"], reason, indent=2)
    if totals.rounding:
        page.entry(words["rounding"], f"{plain(totals.rounding)} {totals.currency}", indent=2)
    page.entry(words["total"], f"{plain(totals.total)} {totals.currency}", indent=2)
    if totals.deal_amount is not None:
        page.say(
            f"{words['amount']}: {plain(totals.deal_amount)}, {words['agrees' if totals.agrees else 'differs']}",
            indent=2,
        )
    if totals.document is not None:
        page.say(_stands(totals.document, words), indent=2)
    if totals.conversion is not None:
        told = totals.conversion
        since = words["since"].format(day=told.valid_from) if told.valid_from else words["no_day"]
        page.say(
            f"{words['rate']}: 1 {told.corporate} = {number(told.rate)} {totals.currency} ({since}); "
            f"{words['net']} {plain(told.net)} {told.corporate}",
            indent=2,
        )
    elif totals.is_foreign:
        page.say(words["no_rate"], indent=2)


def _place(one: TriedFacts, *, is_source: bool) -> str:
    value = f" ({one.value})" if one.value else ""
    return f"{one.path}{value}{' *' if is_source else ''}"


def _stands(one: DocumentSumFacts, words: Mapping[str, str]) -> str:
    parts = [f"{words['net']} {plain(one.net)}", f"{words['vat']} {plain(one.vat)}"]
    if one.rounding:
        parts.append(f"{words['rounding']} {plain(one.rounding)}")
    parts.append(f"{words['total']} {plain(one.total)} {one.currency}")
    return f"{words['stands']}: {', '.join(parts)}; {words['agrees' if one.agrees else 'differs']}"
