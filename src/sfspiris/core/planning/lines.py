"""What was sold: quantities, prices and discounts that a ledger can hold, and that come to what the Deal says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.money import LARGEST, ZERO, Money, decimals_of, is_sane, plain
from sfspiris.core.planning.findings import Findings, too_long
from sfspiris.core.yesno import prices_include_vat
from sfspiris.sentences import say
from sfspiris.swedish import rounding, text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from sfspiris.core.model import Deal, DealLine
    from sfspiris.core.policy import CompanyPolicy
    from sfspiris.sentences import Sentence


@dataclass(frozen=True, slots=True)
class ScreenedLine:
    """One line whose numbers fit the ledger. `net` is after discount, to the öre; `discount` a fraction.

    Where the Deal's prices include VAT, so do `unit_price` and `net`, until the line's rate is known (`planning.gross`).

    `where` names the line to people; `name` is the product's.
    """

    where: Sentence
    name: str
    article: str | None
    family: str | None
    text: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    net: Decimal
    service_from: date | None = None
    service_until: date | None = None
    unit: str | None = None
    vat_category: str | None = None
    vat_rate: str | None = None
    cost_centre: str | None = None
    project: str | None = None


def screen_lines(
    deal: Deal, company: CompanyPolicy, found: Findings, *, foreign: bool, english: bool = False
) -> tuple[ScreenedLine, ...]:
    """The lines as they would be written; incomplete when a hold was found.

    `foreign` allows more decimals in prices, `english` is the language of what we add to a text ourselves.
    """
    if not deal.lines:
        found.hold(
            HoldCode.NO_LINES,
            say("The deal has no products, so there is nothing to put on an invoice."),
            say("Add the sold products to the opportunity in Salesforce."),
            about="lines",
        )
        return ()
    before = len(found.holds)
    screened = tuple(
        line
        for position, raw in enumerate(deal.lines, start=1)
        if (
            line := _line(
                position,
                raw,
                company,
                found,
                foreign=foreign,
                days=_days(raw, deal, english=english),
                is_gross=prices_include_vat(deal),
            )
        )
    )
    if len(found.holds) > before:
        return screened
    _compare_with_amount(deal, screened, company, found)
    return screened


def _line(
    position: int,
    line: DealLine,
    company: CompanyPolicy,
    found: Findings,
    *,
    foreign: bool,
    days: str,
    is_gross: bool,
) -> ScreenedLine | None:
    """The line, or None when a hold was found; `days` is the sentence about its days of delivery, or empty."""
    limits = company.capabilities
    where = say("Line %(position)s (%(name)s)", position=position, name=text.one_line(line.name))
    if absurd := _absurd(line):
        _hold_no_amount(where, *absurd, found)
        return None
    if line.quantity == 0 or line.unit_price < 0:
        about = "line_unit_price" if line.unit_price < 0 else "line_quantity"
        found.hold(
            HoldCode.NEGATIVE_PRICE,
            say(
                "%(where)s has quantity %(quantity)s at %(unit_price)s; "
                "a draft takes neither negative prices nor a quantity of nothing.",
                where=where,
                quantity=plain(line.quantity, 0),
                unit_price=plain(line.unit_price),
            ),
            say(
                "Correct the line; what is taken off the invoice is a discount, or a negative quantity at its usual price."
            ),
            about=about,
            value=None if line.unit_price < 0 else plain(line.quantity),
            amount=line.unit_price if line.unit_price < 0 else None,
        )
        return None
    if not ZERO <= line.discount_percent <= 100:  # noqa: PLR2004 - percent
        found.hold(
            HoldCode.AMOUNT_MISMATCH,
            say(
                "%(where)s has a discount of %(percent)s %%.",
                where=where,
                percent=plain(line.discount_percent, 0),
            ),
            say("A discount lies between 0 and 100 %%; correct the line."),
            about="line_discount",
            value=plain(line.discount_percent, 0),
        )
        return None
    price_decimals = limits.price_decimals_foreign if foreign else limits.price_decimals_domestic
    discount = line.discount_percent / 100
    exact = True
    for about, number, decimals in (
        ("line_quantity", line.quantity, limits.quantity_decimals),
        ("line_unit_price", line.unit_price, price_decimals),
        ("line_discount", discount, limits.discount_decimals),
    ):
        if is_gross and about == "line_unit_price":
            continue  # no price that a row gets: its net price must fit
        if decimals_of(number) > decimals:
            exact = False
            shown = plain(number * 100, 0) + " %" if about == "line_discount" else plain(number, 0)
            found.hold(
                HoldCode.PRECISION_LOST,
                say(
                    "%(where)s: the %(number)s %(shown)s has more decimals than a row in %(ledger)s holds, so the "
                    "invoice would not come to what the deal says.",
                    where=where,
                    number=_NUMBERS[about],
                    shown=shown,
                    ledger=company.ledger,
                ),
                say(
                    "Round the %(number)s in Salesforce to %(room)s.",
                    number=_NUMBERS[about],
                    room=_room(decimals, about),
                ),
                about=about,
                value=shown,
            )
    words = "\n".join(part for part in (_row_text(line), days) if part)
    if text.length(words) > limits.row_text_length:
        too_long(found, "line_text", words, limits.row_text_length)
        return None
    if not exact:
        return None
    return ScreenedLine(
        where=where,
        name=text.one_line(line.name),
        article=text.one_line(line.article or "") or None,
        family=text.one_line(line.family or "") or None,
        text=words,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=discount,
        net=rounding.to_ore(line.quantity * line.unit_price * (1 - discount)),
        service_from=line.service_from,
        service_until=line.service_until,
        unit=text.one_line(line.unit or "") or None,
        vat_category=line.vat_category,
        vat_rate=line.vat_rate,
        cost_centre=line.cost_centre,
        project=line.project,
    )


def _days(line: DealLine, deal: Deal, *, english: bool) -> str:
    """When the line was or will be delivered, when that is another day than the invoice's own (ML 17 kap. 24 §, item 7)."""
    first, last = line.service_from or line.service_until, line.service_until or line.service_from
    if first is None or last is None or first == last == deal.delivery_date:
        return ""
    if first == last:
        return f"{'Delivery date' if english else 'Leveransdatum'} {first.isoformat()}"
    return f"Period {first.isoformat()} – {last.isoformat()}"


def _absurd(line: DealLine) -> tuple[Decimal, str] | None:
    """The first figure of the line that is none of anything sold, and our name of its field."""
    figures = (
        (line.quantity, "line_quantity"),
        (line.unit_price, "line_unit_price"),
        (line.discount_percent, "line_discount"),
        (ZERO if line.total is None else line.total, "line_total"),
    )
    for figure, about in figures:
        if not is_sane(figure):
            return figure, about
    net = line.quantity * line.unit_price
    return (net, "line_total") if net.copy_abs() > LARGEST else None


def _hold_no_amount(where: Sentence, figure: Decimal, about: str, found: Findings) -> None:
    shown = f"{figure:.2E}"
    found.hold(
        HoldCode.AMOUNT_MISMATCH,
        say("%(where)s has the figure %(shown)s, which no invoice can hold.", where=where, shown=shown),
        say("Correct it in Salesforce."),
        about=about,
        value=shown,
    )


def _row_text(line: DealLine) -> str:
    """The line's own words, else the product's name; line breaks stay, since a row may have several."""
    own = [cleaned for raw in (line.text or "").splitlines() if (cleaned := text.one_line(raw))]
    return "\n".join(own) or text.one_line(line.name)


def _compare_with_amount(
    deal: Deal, lines: tuple[ScreenedLine, ...], company: CompanyPolicy, found: Findings
) -> None:
    currency = deal.currency or company.currency
    net = sum((line.net for line in lines), ZERO)
    if deal.amount is not None and not is_sane(deal.amount):
        _hold_no_amount(say("The deal's amount"), deal.amount, "amount", found)
        return
    if net == 0:
        found.hold(
            HoldCode.ZERO_AMOUNT,
            say("The deal's products come to nothing, and an invoice over 0,00 is not sent."),
            say("Correct the prices, or leave the deal out of invoicing."),
            about="amount",
            amount=net,
        )
        return
    if net < 0:  # ML 17 kap. 22 §: a credit note names the invoice that it changes, which no deal does
        found.hold(
            HoldCode.NEGATIVE_PRICE,
            say(
                "The deal's products come to %(net)s, and an invoice gives no money back.",
                net=Money(net, currency),
            ),
            say(
                "Credit the invoice that this is about in %(ledger)s; correct the products, or leave the deal out.",
                ledger=company.ledger,
            ),
            about="amount",
            amount=net,
        )
        return
    for position, (raw, line) in enumerate(zip(deal.lines, lines, strict=True), start=1):
        if raw.total is not None and abs(rounding.to_ore(raw.total) - line.net) > found.policy.tolerance:
            found.hold(
                HoldCode.AMOUNT_MISMATCH,
                say(
                    "Line %(position)s (%(name)s) comes to %(net)s, but Salesforce says %(total)s.",
                    position=position,
                    name=text.one_line(raw.name),
                    net=Money(line.net, currency),
                    total=Money(raw.total, currency),
                ),
                say("Check quantity, price and discount of the line."),
                about="lines",
                amount=raw.total,
            )
            return
    if deal.amount is not None and abs(rounding.to_ore(deal.amount) - net) > found.policy.tolerance:
        found.hold(
            HoldCode.AMOUNT_MISMATCH,
            say(
                "The deal's amount is %(amount)s, but its products come to %(net)s.",
                amount=Money(deal.amount, currency),
                net=Money(net, currency),
            ),
            say("Bring the amount and the products into agreement on the opportunity."),
            about="amount",
            amount=deal.amount,
        )
    elif (
        deal.deal_amount is not None
        and is_sane(deal.deal_amount)
        and abs(rounding.to_ore(deal.deal_amount) - net) > found.policy.tolerance
    ):
        found.warn(
            WarningCode.QUOTE_MISMATCH,
            say(
                "The synced quote comes to %(net)s, but the deal's own amount is "
                "%(deal_amount)s. The quote is what is invoiced.",
                net=Money(net, currency),
                deal_amount=Money(deal.deal_amount, currency),
            ),
        )


_NUMBERS: Final = {
    "line_quantity": say("quantity"),
    "line_unit_price": say("unit price"),
    "line_discount": say("discount"),
}


def _room(decimals: int, about: str) -> Sentence:
    """How many decimals a row holds, in words; a discount is kept as a fraction and shown in percent."""
    shown = max(0, decimals - 2) if about == "line_discount" else decimals
    if not shown:
        return say("a whole number")
    return say("%(count)s decimal", count=shown) if shown == 1 else say("%(count)s decimals", count=shown)
