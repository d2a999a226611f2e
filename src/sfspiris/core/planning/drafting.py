"""The draft of a screened Deal: articles for its lines, the ledger's own payment terms, and the marker in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sfspiris.core.capabilities import MarkerField
from sfspiris.core.holds import HoldCode
from sfspiris.core.model import Draft, DraftRow, Target
from sfspiris.core.planning import articles, gross, taxation
from sfspiris.core.planning.dimensions import Dimensions
from sfspiris.sentences import joined, say, whole
from sfspiris.swedish import text
from sfspiris.swedish.vat_table import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.identity import Marker
    from sfspiris.core.model import LedgerCustomer, LedgerView, NewArticle
    from sfspiris.core.planning.articles import NotPicked, Pick, Register
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.lines import ScreenedLine
    from sfspiris.core.planning.screening import Screened
    from sfspiris.core.planning.taxation import Sale, Taxed
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft's rows, the articles that must be made for them first, and why no VAT is charged, in sentences for people."""

    rows: tuple[DraftRow, ...]
    articles: tuple[NewArticle, ...] = ()
    reasons: tuple[str, ...] = ()


def draft_rows(
    screened: Screened, known: LedgerCustomer | None, ledger: LedgerView, found: Findings, *, today: date
) -> Drafted:
    """The rows with their articles and VAT, in the order sold; lines that cannot be written are held and left out.

    `known` is the buyer's customer in the ledger, None when it is yet to be made; `today` a Swedish day. What the law wants
    said on the invoice follows on rows of its own, unless a row says it already or the ledger prints it.
    """
    categories = [taxation.category_of(line, screened, found) for line in screened.lines]
    sale = taxation.Sale(
        screened=screened,
        who=taxation.party(screened, known, found),
        electronics=taxation.electronics_net(zip(screened.lines, categories, strict=True), screened),
        today=today,
    )
    register = articles.Register.of(ledger)
    dimensions = Dimensions(screened, ledger, found)
    rows: list[DraftRow] = []
    new: dict[str, NewArticle] = {}
    taxed: list[tuple[int, Taxed]] = []
    sold: list[tuple[ScreenedLine, Taxed]] = []
    for line, category in zip(screened.lines, categories, strict=True):
        told = taxation.told_rate(line, found)
        picked = _pick(line, category, told, sale, register=register, ledger=ledger, found=found)
        if picked is articles.NotPicked.TEXT_ROW:
            rows.append(DraftRow(text=line.text))
            continue
        if picked is articles.NotPicked.HELD:
            continue
        one = _taxed(line, category, picked, sale, told=told, register=register, found=found)
        if one is None:
            continue
        picked, decided = one
        if (priced := gross.to_net(line, decided, screened, found)) is None:
            continue
        sold.append((line, decided))
        if picked.new is not None:
            new.setdefault(picked.number.casefold(), picked.new)
        taxed.append((len(rows) + 1, decided))
        rows.append(
            DraftRow(
                text=line.text,
                article_id=picked.id,
                article_number=picked.number,
                quantity=line.quantity,
                unit_price=priced.unit_price,
                discount=line.discount,
                vat_rate=decided.rate,
                treatment=decided.treatment,
                reverse_charge=decided.reverse_charge,
                cost_centres=dimensions.cost_centres(line),
                project=dimensions.project(line),
            )
        )
    gross.check_total(rows, sold, screened, found)
    taxation.check_private_prices([one for _, one in taxed], sale, found)
    if screened.company.vat.writes_texts:
        rows += [DraftRow(text=note) for note in _notes(taxed, rows)]
    return Drafted(tuple(rows), tuple(new.values()), _reasons(taxed, screened, sale))


def _pick(
    line: ScreenedLine,
    category: str | None,
    told: Decimal | None,
    sale: Sale,
    *,
    register: Register,
    ledger: LedgerView,
    found: Findings,
) -> Pick | Literal[NotPicked.HELD, NotPicked.TEXT_ROW]:
    kind = table().categories.get(category or "")
    is_goods = None if kind is None or (kind.goods and kind.service) else kind.goods is not None
    return articles.pick(
        line,
        taxation.wanted_rate(line, category, told, sale.screened),
        is_goods=is_goods,
        register=register,
        screened=sale.screened,
        ledger=ledger,
        found=found,
    )


def _taxed(
    line: ScreenedLine,
    category: str | None,
    picked: Pick,
    sale: Sale,
    *,
    told: Decimal | None,
    register: Register,
    found: Findings,
) -> tuple[Pick, Taxed] | None:
    """The line's VAT, and its article: another one where the operator named one for just this treatment."""
    law = taxation.law_of(
        line, category, picked.vat_rate, is_service=picked.is_service, sale=sale, found=found
    )
    if law is None:
        return None
    if not taxation.is_charged(law, picked.vat_rate, sale.who):
        category = category or taxation.coded_as(picked.vat_rate)
        special = register.find(sale.screened.company.articles.by_treatment.get(law.treatment))
        if special is not None:
            other = articles.usable(special, line, sale.screened, found)
            if other is articles.NotPicked.HELD:
                return None
            picked = other
    decided = taxation.charged(line, law, category, picked.vat_rate, told=told, sale=sale, found=found)
    return None if decided is None else (picked, decided)


def _notes(taxed: Sequence[tuple[int, Taxed]], rows: Sequence[DraftRow]) -> list[str]:
    """The texts that the invoice must carry and that none of its rows has, each once, in the order of the rows."""
    said = " ".join(row.text for row in rows).casefold()
    notes = dict.fromkeys(one.note for _, one in taxed if one.note is not None)
    return [note for note in notes if note.casefold() not in said]


def _reasons(taxed: Sequence[tuple[int, Taxed]], screened: Screened, sale: Sale) -> tuple[Sentence, ...]:
    """Why rows carry no VAT: the rule, the buyer's VAT number where it matters, and where it is declared."""
    places: dict[Taxed, list[int]] = {}
    for place, one in taxed:
        if one.rate == 0:
            places.setdefault(one, []).append(place)
    return tuple(_reason(one, where, screened, sale) for one, where in places.items())


def _reason(one: Taxed, where: Sequence[int], screened: Screened, sale: Sale) -> Sentence:
    rows = ", ".join(map(str, where))
    number = "[personal-id]" if screened.customer.is_personal else sale.who.vat_number
    parts = [
        say(
            "0\N{NO-BREAK SPACE}%% on rows %(rows)s: %(why)s (%(treatment)s)"
            if len(where) > 1
            else "0\N{NO-BREAK SPACE}%% on row %(rows)s: %(why)s (%(treatment)s)",
            rows=rows,
            why=one.why,
            treatment=one.treatment,
        )
    ]
    if number and one.treatment not in {"SE_EXEMPT", "SE_0"}:
        parts.append(say("buyer's VAT number %(number)s", number=number))
    if one.boxes:
        parts.append(say("VAT return box %(boxes)s", boxes=", ".join(one.boxes)))
    if one.ec_sales_list:
        parts.append(say("recapitulative statement: %(kind)s", kind=whole(one.ec_sales_list)))
    return joined(parts, "; ")


def terms_id_for(days: int | None, screened: Screened, ledger: LedgerView, found: Findings) -> str | None:
    """The ledger's term of that many days; None leaves it to the customer's own terms, or comes with a hold."""
    if days is None:
        return None
    if terms_id := known_terms(days, ledger):
        return terms_id
    found.hold(
        HoldCode.PAYMENT_TERMS_UNKNOWN,
        say("%(ledger)s has no payment terms of %(days)s days.", ledger=screened.company.ledger, days=days),
        say(
            "Add them in %(ledger)s (Settings, payment terms), or choose among %(among)s days.",
            ledger=screened.company.ledger,
            among=", ".join(str(one) for one in sorted({term.days for term in ledger.terms})),
        ),
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
    """The draft as it would be sent, with the marker in the field that the company chose. `today` is a Swedish day.

    An order is the same document without an e-invoice reference, which `rules` holds where it would be lost.
    """
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
        electronic_reference=None
        if screened.company.target is Target.ORDER
        and not screened.company.capabilities.orders_have_electronic_reference
        else screened.electronic_reference,
        delivery=screened.delivery,
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
            say(
                "%(field)s (“%(words)s”) and the deal's marker %(marker)s do not fit "
                "into %(limit)s characters together.",
                field=found.policy.crm_field(about),
                words=words,
                marker=marker,
                limit=limit,
            ),
            say(
                "Shorten the reference in Salesforce, or let the marker live in another field "
                "([companies.….marker] field in the configuration)."
            ),
            about=about,
            value=words,
        )
    return together
