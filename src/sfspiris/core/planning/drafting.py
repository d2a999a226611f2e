"""The draft of a screened Deal: articles for its lines, the ledger's own payment terms, and the marker in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sfspiris.core.capabilities import MarkerField
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import Draft, DraftRow
from sfspiris.core.money import ZERO
from sfspiris.swedish import text

if TYPE_CHECKING:
    from datetime import date

    from sfspiris.core.identity import Marker
    from sfspiris.core.model import Article, LedgerView
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.screening import Screened


def draft_rows(screened: Screened, ledger: LedgerView, found: Findings) -> tuple[DraftRow, ...]:
    """The rows with their articles, in the order sold; lines without a usable article are held and left out."""
    by_number = {article.number: article for article in ledger.articles}
    by_folded: dict[str, list[Article]] = {}
    for article in ledger.articles:
        by_folded.setdefault(article.number.casefold(), []).append(article)
    rows: list[DraftRow] = []
    for position, line in enumerate(screened.lines, start=1):
        number = line.article or screened.company.articles.by_family.get(line.family or "")
        if number is None:
            words = line.text.partition("\n")[0]
            found.hold(
                HoldCode.ARTICLE_MISSING,
                f"Line {position} ({words}) has no product code.",
                "Give the product in Salesforce the number of its article, or map its family in the configuration.",
                about="line_article",
            )
            continue
        alike = by_folded.get(number.casefold(), [])
        article_found = by_number.get(number) or (alike[0] if len(alike) == 1 else None)
        if article_found is None:
            found.hold(
                HoldCode.ARTICLE_MISSING,
                f"Line {position}: {screened.company.ledger} has no article {number}.",
                f"Create the article in {screened.company.ledger}, or correct the product code in Salesforce.",
                about="line_article",
                value=number,
            )
        elif not article_found.is_active:
            found.hold(
                HoldCode.ARTICLE_INACTIVE,
                f"Line {position}: article {number} is inactive in {screened.company.ledger}.",
                f"Activate the article in {screened.company.ledger}, or sell another product.",
                about="line_article",
                value=number,
            )
        elif article_found.vat_rate is None:
            found.hold(
                HoldCode.VAT_RATE_UNKNOWN,
                f"Line {position}: article {number} in {screened.company.ledger} has no coding with a VAT rate.",
                f"Give the article a coding in {screened.company.ledger}.",
                about="line_article",
                value=number,
            )
        else:
            rows.append(
                DraftRow(
                    text=line.text,
                    article_id=article_found.id,
                    article_number=article_found.number,
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    discount=line.discount,
                    vat_rate=article_found.vat_rate if screened.charges_vat else ZERO,
                )
            )
    return tuple(rows)


def terms_id_for(days: int | None, screened: Screened, ledger: LedgerView, found: Findings) -> str | None:
    """The ledger's term of that many days; None leaves it to the customer's own terms, or comes with a hold."""
    if days is None:
        return None
    if terms_id := known_terms(days, ledger):
        return terms_id
    found.hold(
        HoldCode.PAYMENT_TERMS_UNKNOWN,
        f"{screened.company.ledger} has no payment terms of {days} days.",
        f"Add them in {screened.company.ledger} (Settings, payment terms), or choose among "
        + ", ".join(str(one) for one in sorted({term.days for term in ledger.terms}))
        + " days.",
        about="payment_terms_days",
        value=str(days),
    )
    return None


def known_terms(days: int, ledger: LedgerView) -> str | None:
    """The id of the ledger's term of that many days; among several alike always the same one."""
    return min((term.id for term in ledger.terms if term.days == days), default=None)


def build_draft(
    screened: Screened,
    rows: tuple[DraftRow, ...],
    terms_id: str | None,
    marker: Marker,
    found: Findings,
    *,
    today: date,
) -> Draft:
    """The draft as it would be sent, with the marker in the field that the company chose. `today` is a Swedish day."""
    draft = Draft(
        currency=screened.currency,
        rows=rows,
        invoice_date=today,
        delivery_date=screened.deal.delivery_date,
        marker=str(marker),
        terms_id=terms_id,
        payment_terms_days=screened.payment_terms_days,
        our_reference=screened.our_reference,
        your_reference=screened.your_reference,
        purchase_order=screened.purchase_order,
    )
    limits = screened.company.capabilities
    match screened.company.marker_field:
        case MarkerField.OUR_REFERENCE:
            words = _beside(draft.our_reference, marker, limits.reference_length, "our_reference", found)
            return replace(draft, our_reference=words)
        case MarkerField.YOUR_REFERENCE:
            words = _beside(draft.your_reference, marker, limits.reference_length, "your_reference", found)
            return replace(draft, your_reference=words)
        case MarkerField.BUYERS_ORDER_REFERENCE:
            words = _beside(
                draft.purchase_order, marker, limits.purchase_order_length, "purchase_order", found
            )
            return replace(draft, purchase_order=words)
        case MarkerField.CONTRACT_NUMBER:
            return replace(draft, contract_number=str(marker))
        case MarkerField.SUBSCRIPTION_NUMBER:
            return replace(draft, subscription_number=str(marker))
        case MarkerField.TEXT_ROW:
            return replace(draft, rows=(*rows, DraftRow(text=str(marker))))


def _beside(words: str | None, marker: Marker, limit: int, about: str, found: Findings) -> str:
    """The reference with the marker after it; a hold when both do not fit."""
    together = f"{words} {marker}" if words else str(marker)
    if text.length(together) > limit:
        found.hold(
            HoldCode.FIELD_TOO_LONG,
            f"{found.policy.crm_field(about)} (“{words}”) and the deal's marker {marker} do not fit "
            f"into {limit} characters together.",
            "Shorten the reference in Salesforce, or let the marker live in another field "
            "([companies.….marker] field in the configuration).",
            about=about,
            value=words,
        )
    return together
