"""How each line is taxed: what the law says of the sale, and whether the ledger will charge just that.

The law is the table in `swedish/vat.toml`; what the ledger charges follows from the article's coding and from the
customer as it stands in the ledger (`core.vat`). Where the two differ, or the law needs a fact that nobody has given, the
Deal is held: VAT is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from sfspiris.core import vat
from sfspiris.core.holds import HoldCode, WarningCode
from sfspiris.core.money import ZERO, plain
from sfspiris.core.planning.buyers import HOME
from sfspiris.core.yesno import answer
from sfspiris.sentences import joined, listed, say
from sfspiris.swedish import countries, postal, text, treatment, vat_rates
from sfspiris.swedish.vat_table import table
from sfspiris.swedish.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sfspiris.core.model import LedgerCustomer
    from sfspiris.core.planning.findings import Findings
    from sfspiris.core.planning.lines import ScreenedLine
    from sfspiris.core.planning.screening import Screened
    from sfspiris.sentences import Sentence
    from sfspiris.swedish.treatment import BuyerType, Supply, TreatmentFinding

ELECTRONICS: Final = "electronics"
_CONSTRUCTION: Final = "SE_RC_CONSTRUCTION"
_CODED: Final = {Decimal(25): "standard", Decimal(12): "unnamed_12", Decimal(6): "unnamed_6", ZERO: "exempt"}
"""The kind of sale that an article's rate speaks for when nobody has named one."""

_FIXES: Final = {
    "construction_status_unknown": (
        say("Say on the account whether the buyer sells building services itself, not only temporarily."),
        "sells_construction",
    ),
    "buyer_vat_registration_unknown": (
        say("Fill in the buyer's Swedish VAT number on the account."),
        "vat_number",
    ),
    "buyer_vat_missing": (say("Fill in the buyer's VAT number on the account."), "vat_number"),
    "buyer_vat_invalid": (say("Fill in a VAT number of the buyer that is valid in VIES."), "vat_number"),
    "needs_number_from_other_member_state": (
        say("Fill in the buyer's VAT number from a country outside Sweden."),
        "vat_number",
    ),
    "eu_b2c_threshold_unknown": (
        say(
            "Say in the configuration whether the yearly limit is passed ([companies.….vat] eu_consumers_over_limit)."
        ),
        "country",
    ),
    "exempt_abroad": (
        say(
            "Name the product's kind of sale ([companies.….vat] category_by_article), or invoice it by hand."
        ),
        "line_vat_category",
    ),
}
_OTHERWISE: Final = (
    say("Decide the VAT with finance and make this invoice by hand, or correct the product's kind of sale."),
    None,
)


@dataclass(frozen=True, slots=True)
class Party:
    """The buyer as the law sees it, and `billed` as the ledger will bill it. `country` may be a territory's code."""

    country: str
    kind: BuyerType
    vat_number: str | None
    sells_construction: bool | None
    ship_to: str | None
    billed: vat.Billed


@dataclass(frozen=True, slots=True)
class Taxed:
    """How one line is taxed. `rate` is percent; `note` the text that the invoice must carry; `why` a sentence for people."""

    rate: Decimal
    treatment: str
    why: str
    note: str | None = None
    boxes: tuple[str, ...] = ()
    ec_sales_list: str | None = None
    reverse_charge: bool = False


def party(screened: Screened, known: LedgerCustomer | None, found: Findings) -> Party:
    """The buyer; `known` is its customer in the ledger, None when that is yet to be made.

    Warns when goods would go to another country than the invoice (ML 6 kap.: goods follow the delivery, services the buyer).
    """
    customer, deal = screened.customer, screened.deal
    country = _territory(customer.postal_code, customer.country, deal.buyer.country if deal.buyer else None)
    told = answer(deal.buyer.sells_construction) if deal.buyer else None
    billed = vat.Billed(
        country=_billed_country(known, customer.country) if known else customer.country,
        has_vat_number=bool(known.vat_number if known else customer.vat_number),
        is_private=known.is_private if known else customer.is_private,
        sells_construction=known.sells_construction if known else bool(told) and bool(customer.vat_number),
        vat_outside_eu=known.vat_outside_eu if known else False,
    )
    kind: BuyerType = "B2C" if billed.is_private else ("B2G" if screened.is_public else "B2B")
    ship_to = country
    if raw := text.one_line(deal.delivery_country or ""):
        parsed = countries.parse(raw)
        ship_to = parsed.territory or parsed.iso2 or ""
        if ship_to != customer.country:
            found.warn(
                WarningCode.DELIVERY_COUNTRY_DIFFERS,
                say(
                    "The delivery goes to %(raw)s, the invoice to %(country)s: VAT on goods follows the delivery, on "
                    "services the buyer.",
                    raw=raw,
                    country=customer.country,
                ),
            )
        elif country != customer.country:
            ship_to = country
    return Party(
        country=country,
        kind=kind,
        vat_number=customer.vat_number or (known.vat_number if known else None),
        sells_construction=billed.sells_construction or told,
        ship_to=ship_to,
        billed=billed,
    )


def _territory(postal_code: str, country: str, named: str | None) -> str:
    """The part of the country that has VAT rules of its own, by its postal code or since the account names it; else the country."""
    by_name = countries.parse(text.one_line(named or "")).territory
    return postal.parse(postal_code, country=country).territory or by_name or country


def _billed_country(known: LedgerCustomer, otherwise: str) -> str:
    by_delivery = known.delivery_country if known.vat_by_delivery else None
    return by_delivery or known.country or otherwise


# --- what is known of a line ---------------------------------------------------------------------------------------


def category_of(line: ScreenedLine, screened: Screened, found: Findings) -> str | None:
    """The kind of sale that somebody has named for the line: on the product, or in the configuration by code or family."""
    named = text.one_line(line.vat_category or "").casefold().replace(" ", "_")
    if named and named not in table().categories:
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say(
                "%(line)s has the VAT category “%(category)s”, which is no kind of sale that we know.",
                line=line.where,
                category=line.vat_category,
            ),
            say("Use one of %(categories)s.", categories=", ".join(sorted(table().categories))),
            about="line_vat_category",
            value=line.vat_category,
        )
        return None
    chosen = screened.company.vat
    return (
        named
        or chosen.category_by_article.get(line.article or "")
        or chosen.category_by_family.get(line.family or "")
        or None
    )


def coded_as(rate: Decimal) -> str | None:
    """The kind of sale that an article's rate speaks for when nobody has named one."""
    return _CODED.get(rate)


def told_rate(line: ScreenedLine, found: Findings) -> Decimal | None:
    """The rate in percent that the CRM has for the line's product; a hold when it is none that any sale has."""
    raw = text.one_line(line.vat_rate or "").rstrip("%").strip().replace(",", ".")
    if not raw:
        return None
    try:
        rate = Decimal(raw)
    except InvalidOperation:
        rate = Decimal("NaN")
    if rate.is_finite() and 0 < rate < 1:
        rate *= 100
    if not rate.is_finite() or rate not in _CODED:
        found.hold(
            HoldCode.VAT_RATE_UNKNOWN,
            say(
                "%(line)s has the VAT rate “%(rate)s”, and no sale in Sweden has that rate.",
                line=line.where,
                rate=line.vat_rate,
            ),
            say("Swedish rates are 25, 12, 6 and 0 %%; correct the product."),
            about="line_vat_rate",
            value=line.vat_rate,
        )
        return None
    return rate


def supplied_on(line: ScreenedLine, screened: Screened) -> date:
    """The Swedish day of delivery or performance: the line's own, else the Deal's, else the day on which it was won."""
    deal = screened.deal
    return line.service_until or line.service_from or deal.delivery_date or deal.closed_on


def wanted_rate(
    line: ScreenedLine, category: str | None, told: Decimal | None, screened: Screened
) -> Decimal | None:
    """The rate that the line should have in Sweden, in percent: that of its kind of sale, else as `told` by its product."""
    if category is None:
        return told
    return ZERO if category == "exempt" else vat_rates.rate(category, supplied_on(line, screened))


def electronics_net(lines: Iterable[tuple[ScreenedLine, str | None]], screened: Screened) -> Decimal | None:
    """The net sum in kronor of the electronics that fall under ML 16 kap. 16 §; None in another currency.

    Prices that include VAT include that of a sale in Sweden: under reverse charge there would be none to include.
    """
    if screened.currency != "SEK":
        return None
    return sum(
        (
            line.net / (1 + (wanted_rate(line, category, None, screened) or ZERO) / 100)
            if screened.is_gross
            else line.net
            for line, category in lines
            if category == ELECTRONICS
        ),
        ZERO,
    )


# --- the decision --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sale:
    """What the law is asked about a Deal's lines: the buyer, the sum of electronics in kronor, the day of the invoice."""

    screened: Screened
    who: Party
    electronics: Decimal | None
    today: date


def law_of(
    line: ScreenedLine,
    category: str | None,
    coded: Decimal,
    *,
    is_service: bool | None,
    sale: Sale,
    found: Findings,
) -> TreatmentFinding | None:
    """What the law says of a line sold through an article coded `coded` percent; None comes with a hold."""
    screened = sale.screened
    category = category or _CODED.get(coded)
    if category is None:
        found.hold(
            HoldCode.VAT_RATE_UNKNOWN,
            say(
                "%(line)s: its article is coded %(coded)s %%, and no sale in Sweden has that rate.",
                line=line.where,
                coded=plain(coded, 0),
            ),
            say("Correct the article's coding in %(ledger)s.", ledger=screened.company.ledger),
            about="line_article",
            value=line.article,
        )
        return None
    if not _dates_agree(line, category, screened, found, today=sale.today):
        return None
    kind = table().categories[category]
    if is_service is None or (kind.goods is None) != (kind.service is None):
        is_service = None if kind.goods and kind.service else kind.service is not None
    ways = (is_service,) if is_service is not None else (True, False)
    decided = [treatment.decide(_supply(line, category, way, sale)) for way in ways]
    law = decided[0]
    if len({(one.treatment, one.rate) for one in decided}) > 1:
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say(
                "%(line)s: whether it is goods or a service decides the VAT, and %(ledger)s does not say.",
                line=line.where,
                ledger=screened.company.ledger,
            ),
            say("Name the product's kind of sale ([companies.….vat] category_by_article)."),
            about="line_vat_category",
        )
        return None
    if law.verdict is Verdict.HOLD or law.rate is None:
        _hold_unclear(line, law, found)
        return None
    if law.verdict is Verdict.WARN:
        found.warn(
            WarningCode.VAT_TREATMENT, say("%(line)s: %(reason)s.", line=line.where, reason=law.reason)
        )
    return law


def _supply(
    line: ScreenedLine,
    category: str,
    is_service: bool,
    sale: Sale,
) -> Supply:
    who, screened = sale.who, sale.screened
    number = who.vat_number or ""
    registered = True if number.startswith("SE") else None
    return treatment.Supply(
        supplied=supplied_on(line, screened),
        supply="service" if is_service else "goods",
        category=category,
        buyer_country=who.country,
        buyer_type=who.kind,
        # The ledger asks VIES itself whenever it saves a customer with a number, and refuses what is not valid.
        vat_status="valid" if number else "missing",
        vat_prefix=number[:2] or None,
        ship_to=who.ship_to,
        eu_consumers_over_limit=screened.company.vat.eu_consumers_over_limit,
        buyer_is_builder=who.sells_construction,
        buyer_is_registered=registered,
        covered_electronics_net=sale.electronics,
    )


def _dates_agree(
    line: ScreenedLine, category: str, screened: Screened, found: Findings, *, today: date
) -> bool:
    """Hold a line whose rate changes within its own days, or between an invoice in advance and its delivery.

    The rate is that of the day of supply; an advance has that of the day on which it is paid, which nobody knows yet.
    """
    last = supplied_on(line, screened)
    first = min(line.service_from or last, last)
    days = {first, last} | ({today} if last > today else set())
    rates = {vat_rates.rate(category, day) for day in days}
    if not vat_rates.is_dated(category) or len(rates) == 1:
        return True
    shown = listed(
        say("%(rate)s %%", rate=plain(rate, 0)) for rate in sorted(one for one in rates if one is not None)
    )
    found.hold(
        HoldCode.VAT_RATE_DATE,
        say(
            "%(line)s: between %(first)s and %(last)s the rate of %(category)s changes (%(shown)s).",
            line=line.where,
            first=min(days).isoformat(),
            last=max(days).isoformat(),
            category=category,
            shown=shown,
        ),
        say("Split the line at the day of the change, or invoice it after delivery."),
        about="line_service_from",
        value=last.isoformat(),
    )
    return False


def _hold_unclear(line: ScreenedLine, law: TreatmentFinding, found: Findings) -> None:
    if law.is_destination_rate:
        reason = say("the destination's VAT applies (OSS), which the ledger's articles do not foretell")
    else:
        reason = law.reason
    fix, about = _FIXES.get(law.hold_code or "", _OTHERWISE)
    code = {
        "supply_date_missing": HoldCode.VAT_RATE_DATE,
        "rate_unknown": HoldCode.VAT_RATE_UNKNOWN,
    }.get(law.hold_code or "", HoldCode.VAT_TREATMENT_UNCLEAR)
    found.hold(
        code,
        say("%(line)s: the VAT cannot be decided, because %(reason)s.", line=line.where, reason=reason),
        fix,
        about=about,
    )


def is_charged(law: TreatmentFinding, coded: Decimal, who: Party) -> bool:
    """Whether the ledger will charge what the law says, through an article coded `coded` percent."""
    return vat.charged_rate(coded, who.billed, reverse_charge=law.treatment == _CONSTRUCTION) == law.rate


def charged(
    line: ScreenedLine,
    law: TreatmentFinding,
    category: str | None,
    coded: Decimal,
    *,
    told: Decimal | None,
    sale: Sale,
    found: Findings,
) -> Taxed | None:
    """The treatment when the ledger will charge just that with this article; else None, with a hold."""
    who, screened = sale.who, sale.screened
    category = category or _CODED[coded]
    rate = law.rate or ZERO
    reverse_charge = law.treatment == _CONSTRUCTION
    actual = vat.charged_rate(coded, who.billed, reverse_charge=reverse_charge)
    if told is not None and law.treatment.startswith("SE_") and not _is_reverse(law) and told != rate:
        _hold_rate(
            line,
            say(
                "the product says %(told)s %%, but %(rate)s %% is right (%(reason)s)",
                told=plain(told, 0),
                rate=plain(rate, 0),
                reason=law.reason,
            ),
            found,
        )
        return None
    if actual == rate:
        return Taxed(rate, law.treatment, law.reason, law.note, law.boxes, law.ec_sales_list, reverse_charge)
    ledger = screened.company.ledger
    words = say(
        "by law it is %(rate)s %% (%(reason)s), but %(ledger)s would charge %(actual)s %%",
        rate=plain(rate, 0),
        reason=law.reason,
        ledger=ledger,
        actual=plain(actual, 0),
    )
    if vat_rates.is_dated(category) and actual != 0:
        found.hold(
            HoldCode.VAT_RATE_DATE,
            say(
                "%(line)s: %(words)s with the article's coding. On %(day)s the rate of "
                "%(category)s is %(rate)s %%.",
                line=line.where,
                words=words,
                day=supplied_on(line, screened).isoformat(),
                category=category,
                rate=plain(rate, 0),
            ),
            say(
                "Sell through an article with that rate, or correct the article's coding in %(ledger)s.",
                ledger=ledger,
            ),
            about="line_article",
            value=line.article,
        )
    elif actual == coded and rate != 0:
        _hold_rate(line, say("%(words)s with the article's coding", words=words), found)
    else:
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say(
                "%(line)s: %(words)s, since its customer is %(billed)s.",
                line=line.where,
                words=words,
                billed=_as_billed(who.billed),
            ),
            say(
                "Correct the customer in %(ledger)s or the account in Salesforce, or sell through an article that gives that VAT "
                "([companies.….articles] by_treatment).",
                ledger=ledger,
            ),
            about="vat_number" if not who.billed.has_vat_number else "country",
        )
    return None


def check_private_prices(lines: Iterable[Taxed], sale: Sale, found: Findings) -> None:
    """Hold a taxed sale to a customer whose prices the ledger may read as including VAT.

    A setting of the company turns prices to private persons into prices with VAT, and the vendor's manual and the
    setting's name disagree about which way; the draft would come to a fifth less than the Deal.
    """
    company = sale.screened.company
    if not sale.who.billed.is_private or company.vat.private_prices_are_net:
        return
    if any(one.rate for one in lines):
        found.hold(
            HoldCode.VAT_TREATMENT_UNCLEAR,
            say(
                "The customer is marked as a private person in %(ledger)s, which may read its prices as including VAT.",
                ledger=company.ledger,
            ),
            say(
                "Look in %(ledger)s's settings. Are prices to private persons shown without VAT, say so "
                "([companies.%(key)s.vat] private_prices_are_net = true); else make the invoice by hand. Is the customer a "
                "business, unmark it.",
                ledger=company.ledger,
                key=company.key,
            ),
        )


def _is_reverse(law: TreatmentFinding) -> bool:
    return law.treatment.startswith("SE_RC")


def _hold_rate(line: ScreenedLine, words: Sentence, found: Findings) -> None:
    found.hold(
        HoldCode.VAT_RATE_MISMATCH,
        say("%(line)s: %(words)s.", line=line.where, words=words),
        say(
            "Correct the product's VAT or the article's coding, or sell through an article with the right rate."
        ),
        about="line_article",
        value=line.article,
    )


def _as_billed(billed: vat.Billed) -> Sentence:
    parts = [
        say("in %(country)s", country=billed.country),
        say("with a VAT number") if billed.has_vat_number else say("without a VAT number"),
    ]
    if billed.is_private:
        parts.append(say("a private person"))
    if billed.country == HOME and billed.sells_construction:
        parts.append(say("marked for reverse charge on building services"))
    return joined(parts, ", ")
