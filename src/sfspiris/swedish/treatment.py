"""How a sale of a Swedish VAT-registered seller is taxed: treatment, rate, account, boxes, invoice text, or a question.

Gather, then decide: `_facts` turns a supply into the dozen facts that matter, and the first rule of the table in `vat.toml`
that fits them decides. The conditions for a zero rate are cumulative; one that is missing or unknown is held instead of
guessed, with Swedish VAT named as the fallback where that is what the law leaves.

A VAT number counts as given by VIES at the time of supply; this module asks nobody.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from sfspiris.sentences import Sentence, say, whole
from sfspiris.swedish import countries, vat_rates
from sfspiris.swedish.vat_table import SWEDEN, Rule, swedish, table
from sfspiris.swedish.verdict import Verdict

SupplyKind = Literal["goods", "service"]
BuyerType = Literal["B2B", "B2C", "B2G"]
VatStatus = Literal["valid", "invalid", "unverified", "missing", "n/a"]

_NOW_AND_ON = date.max
"""The day that meets only rows without an end, for a supply whose rate does not depend on its day."""

HOLD = "HOLD"
"""The treatment of a supply that waits for a person."""

_STATUS_FACTS = {"valid": "ok", "invalid": "invalid", "unverified": "unverified"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One kind of sale on an invoice. Countries are ISO codes or territory codes; None is "not known".

    `supplied` is the Swedish day of delivery or performance. `category` is one of `vat.toml`. `vat_prefix` begins the buyer's
    VAT number and `vat_status` is what VIES said of it. Goods leave from `ship_from` to `ship_to`; `property_country` is
    where real property lies, or where a service is done on the spot. `covered_electronics_net` is the net sum in kronor of
    covered electronics on the whole invoice.
    """

    supplied: date | None
    supply: SupplyKind
    category: str
    buyer_country: str
    buyer_type: BuyerType
    vat_status: VatStatus = "n/a"
    vat_prefix: str | None = None
    ship_from: str = "SE"
    ship_to: str | None = None
    property_country: str | None = None
    triangulation: bool = False
    has_transport_proof: bool = True
    eu_consumers_over_limit: bool | None = None
    buyer_is_builder: bool | None = None
    buyer_is_registered: bool | None = None
    covered_electronics_net: Decimal | None = None
    advance_paid: date | None = None
    credits_sale_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentFinding:
    """How a supply is taxed.

    `rate` is in percent, or None when held or when `is_destination_rate`. Accounts are BAS defaults and boxes those of the
    Swedish VAT return. `note_key` names the text the invoice must carry (`note`). `ec_sales_list` is the column of the
    recapitulative statement. A hold has a `hold_code`, and `fallback` is the treatment that remains if the answer is no.
    """

    verdict: Verdict
    treatment: str
    reason: Sentence
    rate: Decimal | None = None
    is_destination_rate: bool = False
    revenue_account: str | None = None
    output_vat_account: str | None = None
    boxes: tuple[str, ...] = ()
    note_key: str | None = None
    ec_sales_list: str | None = None
    hold_code: str | None = None
    fallback: str | None = None
    needs_einvoice: bool = False
    """Sweden's public bodies must be invoiced electronically (lag 2018:1277)."""

    @property
    def note(self) -> str | None:
        """The text that the invoice must carry, in Swedish and where useful in English."""
        return None if self.note_key is None else table().notes[self.note_key]


def decide(supply: Supply) -> TreatmentFinding:
    """The treatment of one supply by the rules in force on the day of its chargeable event."""
    category = table().categories.get(supply.category)
    if category is None:
        return _held("category_unknown", say("this kind of sale has no row in the table of rates"))
    nature = category.goods if supply.supply == "goods" else category.service
    if nature is None:
        return _held(
            "category_contradicts_supply",
            say("%(name)s is not sold as %(supply)s", name=category.name, supply=supply.supply),
        )
    if not all(countries.is_known(code) for code in _codes(supply)):
        return _held("country_unknown", say("a country code is not known"))
    day = vat_rates.chargeable_day(
        supply.supplied, advance_paid=supply.advance_paid, credits_sale_of=supply.credits_sale_of
    )
    if day is None and vat_rates.is_dated(category.name):
        return _held(
            "supply_date_missing",
            say("the rate of this kind of sale depends on the date of supply, which is not known"),
        )
    day = day or _NOW_AND_ON
    facts = _facts(supply, nature, day)
    # The table is total: its last rows have no condition but the place.
    rule = next(rule for rule in table().rules if rule.matches(facts, day))
    found = _applied(rule, vat_rates.rate(category.name, day))
    if facts["nature"] == "electronics" and facts["place"] == "sweden" and _is_watched(supply, day):
        found = replace(
            found,
            verdict=max(found.verdict, Verdict.WARN),
            reason=say("%(reason)s; the sum of covered electronics is near the limit", reason=found.reason),
        )
    return replace(found, needs_einvoice=supply.buyer_type == "B2G" and supply.buyer_country == "SE")


def _codes(supply: Supply) -> list[str]:
    codes = (supply.buyer_country, supply.ship_from, supply.ship_to, supply.property_country)
    return [code for code in codes if code is not None]


def _facts(supply: Supply, nature: str, day: date) -> dict[str, str]:
    """What the rules ask about, as the words of `vat.toml`."""
    place = _place(supply, nature)
    return {
        "supply": supply.supply,
        "nature": nature,
        "buyer": "consumer" if supply.buyer_type == "B2C" else "business",
        "place": place,
        "buyer_area": _services_area(supply.buyer_country),
        "number": _number(supply),
        "chain": _chain(supply),
        "proof": "given" if supply.has_transport_proof else "missing",
        "threshold": _answer(supply.eu_consumers_over_limit, yes="above", no="below"),
        "builder": _answer(supply.buyer_is_builder),
        "covered": _covered(supply, day),
        "registered": _answer(supply.buyer_is_registered),
    }


def _place(supply: Supply, nature: str) -> str:
    """Where the supply takes place, by the rules of ML 6 kap."""
    if supply.supply == "goods":
        delivered = supply.ship_to or ("SE" if supply.buyer_country == "SE" else None)
        return "unknown" if delivered is None else _goods_area(delivered)
    if nature == "on_the_spot":
        # A Swedish restaurant or hotel serves in Sweden unless somebody says otherwise.
        return _services_area(supply.property_country or "SE")
    if nature in {"property", "construction"}:
        located = supply.property_country or ("SE" if supply.buyer_country == "SE" else None)
        return "unknown" if located is None else _services_area(located)
    area = _services_area(supply.buyer_country)
    if supply.buyer_type != "B2C" or nature == "electronic":
        return area
    # To consumers, services are taxed at the seller; intangible ones are not when the consumer is outside the EU.
    return area if nature == "intangible" and area == "outside" else "sweden"


def _goods_area(code: str) -> str:
    area = countries.area(code)
    return "eu" if area == "goods_only" else area


def _services_area(code: str) -> str:
    area = countries.area(code)
    return "outside" if area == "goods_only" else area


def _number(supply: Supply) -> str:
    """What the buyer's VAT number is worth: it must be of another member state, and VIES must have said that it is valid."""
    if supply.vat_prefix is None and supply.vat_status not in _STATUS_FACTS and supply.buyer_country != "SE":
        return "missing"
    prefix = supply.vat_prefix or countries.vat_prefix(supply.buyer_country)
    code = "GR" if prefix == "EL" else prefix
    # Northern Ireland is a member state for goods alone.
    is_other_state = code in countries.EU_MEMBERS - {"SE"} or (code == "XI" and supply.supply == "goods")
    return _STATUS_FACTS.get(supply.vat_status, "missing") if is_other_state else "not_other_state"


def _chain(supply: Supply) -> str:
    if not supply.triangulation and supply.ship_from == "SE":
        return "direct"
    ends = [supply.ship_from, supply.ship_to or "SE"]
    is_between_states = all(_goods_area(end) == "eu" for end in ends) and ends[0] != ends[1]
    return "triangular" if supply.triangulation and is_between_states else "elsewhere"


def _covered(supply: Supply, day: date) -> str:
    if supply.covered_electronics_net is None:
        return "unknown"
    return "above" if supply.covered_electronics_net > vat_rates.limit("electronics", day).amount else "below"


def _is_watched(supply: Supply, day: date) -> bool:
    limit = vat_rates.limit("electronics", day)
    net = supply.covered_electronics_net
    if supply.buyer_type == "B2C" or net is None or limit.watch_from is None or limit.watch_until is None:
        return False
    return limit.watch_from <= net <= limit.watch_until


def _answer(known: bool | None, *, yes: str = "yes", no: str = "no") -> str:
    if known is None:
        return "unknown"
    return yes if known else no


def _applied(rule: Rule, rate: Decimal | None) -> TreatmentFinding:
    at_home = None if rate is None else swedish(rate)
    if rule.hold is not None:
        return _held(rule.hold, whole(rule.why), fallback=at_home if rule.has_fallback else None)
    name = at_home if rule.then == SWEDEN else rule.then
    if name is None:
        return _held("rate_unknown", say("this kind of sale has no rate on that day"))
    row = table().treatments[name]
    return TreatmentFinding(
        verdict=Verdict.WARN if rule.warns else Verdict.ACCEPT,
        treatment=row.name,
        reason=whole(rule.why),
        rate=row.percent,
        is_destination_rate=row.percent is None,
        revenue_account=rule.revenue_account or row.revenue_account,
        output_vat_account=row.output_vat_account,
        boxes=row.boxes,
        note_key=row.note,
        ec_sales_list=row.ec_sales_list,
    )


def _held(code: str, reason: Sentence, *, fallback: str | None = None) -> TreatmentFinding:
    return TreatmentFinding(
        verdict=Verdict.HOLD, treatment=HOLD, reason=reason, hold_code=code, fallback=fallback
    )
