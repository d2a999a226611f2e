"""Units, payment terms, article codings, VAT codes and currencies, under the short names that a world may use."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of quantity; a world names it by its abbreviation."""

    abbreviation: str
    english: str
    name: str
    code: str


UNITS: Final = (
    Unit("st", "pcs", "Styck", "PCE"),
    Unit("tim", "hour", "Timme", "HUR"),
    Unit("dag", "day", "Dag", "DAY"),
    Unit("mån", "month", "Månad", "MON"),
    Unit("år", "year", "År", "ANN"),
    Unit("kg", "kg", "Kilogram", "KGM"),
    Unit("g", "g", "Gram", "GRM"),
    Unit("l", "l", "Liter", "LTR"),
    Unit("m", "m", "Meter", "MTR"),
    Unit("m2", "m2", "Kvadratmeter", "MTK"),
    Unit("m3", "m3", "Kubikmeter", "MTQ"),
    Unit("km", "km", "Kilometer", "KMT"),
    Unit("mil", "10 km", "Mil", "KMT"),
    Unit("fp", "pkg", "Förpackning", "PK"),
    Unit("krt", "ctn", "Kartong", "CT"),
    Unit("par", "pair", "Par", "PR"),
    Unit("lic", "lic", "Licens", "E48"),
)

TERMS_DAYS: Final = (0, 10, 15, 20, 30)
"""Payment terms by days; 0 is cash."""

RATES: Final = {25: "3001", 12: "3002", 6: "3003", 0: "3004"}
"""VAT rates in per cent, and the domestic sales account of goods."""


@dataclass(frozen=True, slots=True)
class Coding:
    """An article account coding; `key` is what a world writes: "goods-25", "services-6"."""

    key: str
    name: str
    english: str
    kind: str
    percent: int
    accounts: dict[str, int]

    @property
    def rate(self) -> Decimal:
        """The VAT rate as a fraction, as the API tells it."""
        return Decimal(self.percent) / 100


def _goods(percent: int) -> Coding:
    return Coding(
        key=f"goods-{percent}",
        name=f"Varor {percent} % moms" if percent else "Varor momsfria",
        english=f"Goods {percent} % VAT" if percent else "Goods, exempt",
        kind="Goods",
        percent=percent,
        accounts={
            "DomesticSalesSubjectToReversedConstructionVatAccountNumber": 3231,
            "DomesticSalesSubjectToVatAccountNumber": int(RATES[percent]),
            "DomesticSalesVatExemptAccountNumber": 3004,
            "DomesticSalesVatCodeExemptAccountNumber": 3004,
            "ForeignSalesSubjectToMossAccountNumber": 3106,
            "ForeignSalesSubjectToThirdPartySalesAccountNumber": 3107,
            "ForeignSalesSubjectToVatWithinEuAccountNumber": 3106,
            "ForeignSalesVatExemptOutsideEuAccountNumber": 3105,
            "ForeignSalesVatExemptWithinEuAccountNumber": 3108,
        },
    )


def _services(percent: int) -> Coding:
    return Coding(
        key=f"services-{percent}",
        name=f"Tjänster {percent} % moms" if percent else "Tjänster momsfria",
        english=f"Services {percent} % VAT" if percent else "Services, exempt",
        kind="Service",
        percent=percent,
        accounts={
            "DomesticSalesSubjectToReversedConstructionVatAccountNumber": 3231,
            "DomesticSalesSubjectToVatAccountNumber": int(RATES[percent]) + 40,
            "DomesticSalesVatExemptAccountNumber": 3044,
            "DomesticSalesVatCodeExemptAccountNumber": 3044,
            "ForeignSalesSubjectToMossAccountNumber": 3306,
            "ForeignSalesSubjectToThirdPartySalesAccountNumber": 3308,
            "ForeignSalesSubjectToVatWithinEuAccountNumber": 3306,
            "ForeignSalesVatExemptOutsideEuAccountNumber": 3305,
            "ForeignSalesVatExemptWithinEuAccountNumber": 3308,
        },
    )


CODINGS: Final = tuple(make(percent) for make in (_goods, _services) for percent in RATES)


@dataclass(frozen=True, slots=True)
class VatCode:
    """A VAT code: what it means, its rate in per cent, and the VAT accounts it books on."""

    code: str
    description: str
    percent: int
    accounts: tuple[int, ...] = ()


VAT_CODES: Final = (
    VatCode("MP1", "Momspliktig försäljning 25 %", 25, (2611,)),
    VatCode("MP2", "Momspliktig försäljning 12 %", 12, (2621,)),
    VatCode("MP3", "Momspliktig försäljning 6 %", 6, (2631,)),
    VatCode("MF", "Övrig momsfri försäljning", 0),
    VatCode("VEU", "Försäljning av varor till annat EU-land", 0),
    VatCode("VTEU", "Försäljning av varor utanför EU", 0),
    VatCode("TEU", "Försäljning av tjänster till annat EU-land", 0),
    VatCode("TTEU", "Försäljning av tjänster utanför EU", 0),
    VatCode("3VEU", "Mellanmans försäljning vid trepartshandel", 0),
    VatCode("OMVB", "Försäljning där köparen är skattskyldig", 0),
    VatCode("VMB", "Vinstmarginalbeskattning", 0),
    VatCode("25", "Utgående moms 25 %", 25, (2611,)),
    VatCode("12", "Utgående moms 12 %", 12, (2621,)),
    VatCode("6", "Utgående moms 6 %", 6, (2631,)),
    VatCode("U25", "Utgående moms omvänd skattskyldighet 25 %", 25, (2614, 2645)),
    VatCode("U12", "Utgående moms omvänd skattskyldighet 12 %", 12, (2624, 2645)),
    VatCode("U6", "Utgående moms omvänd skattskyldighet 6 %", 6, (2634, 2645)),
    VatCode("I", "Ingående moms", 25, (2641,)),
)

SALES_VAT_CODES: Final = frozenset({"MP1", "MP2", "MP3"})
"""VAT codes of sales accounts from whose gross amounts VAT can be split off."""

EXCHANGE_RATES: Final = {
    "SEK": Decimal(1),
    "EUR": Decimal("11.05"),
    "USD": Decimal("9.52"),
    "NOK": Decimal("0.945"),
    "DKK": Decimal("1.481"),
    "GBP": Decimal("12.61"),
    "CHF": Decimal("11.84"),
    "PLN": Decimal("2.60"),
    "CZK": Decimal("0.454"),
    "ISK": Decimal("0.0755"),
    "CAD": Decimal("6.81"),
    "AUD": Decimal("6.20"),
    "JPY": Decimal("0.0622"),
    "CNY": Decimal("1.338"),
    "HUF": Decimal("0.0285"),
    "RON": Decimal("2.17"),
}
"""Kronor for one unit of each currency; made up, near what they were in November 2026."""
