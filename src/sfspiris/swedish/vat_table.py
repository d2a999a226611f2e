"""Reads `vat.toml`: dated rates, limits, treatments and the decision table, checked for contradictions when loaded.

The file is data that an accountant can read and extend; this module only gives it types and refuses a file whose parts
do not fit together, so that a wrong edit fails at once and not on some later day.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

SWEDEN = "SWEDEN"
"""In a rule: Swedish VAT at the category's rate, that is the treatment SE_25, SE_12, SE_6 or SE_0."""


def swedish(percent: Decimal) -> str:
    """The name of the treatment that is Swedish VAT at a rate in percent, such as SE_25."""
    return f"SE_{percent.normalize():f}"


@dataclass(frozen=True, slots=True)
class Period:
    """Swedish days from and until, both inclusive; None is open."""

    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A rate in percent and when it applies."""

    percent: Decimal
    period: Period


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of sale: its nature when sold as goods and as a service (None: cannot be), and its rates by date."""

    name: str
    goods: str | None
    service: str | None
    rates: tuple[DatedRate, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount in kronor, when it applies, and the range around it in which a person should look."""

    name: str
    amount: Decimal
    watch_from: Decimal | None
    watch_until: Decimal | None
    period: Period


@dataclass(frozen=True, slots=True)
class TreatmentRow:
    """How a treatment is booked and declared; `percent` is None when the destination's rate applies."""

    name: str
    percent: Decimal | None
    revenue_account: str
    output_vat_account: str | None
    boxes: tuple[str, ...]
    note: str | None
    ec_sales_list: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the decision table: conditions, and a treatment or a hold."""

    when: Mapping[str, tuple[str, ...]]
    then: str | None
    hold: str | None
    warns: bool
    has_fallback: bool
    revenue_account: str | None
    why: str
    period: Period

    def matches(self, facts: Mapping[str, str], day: date) -> bool:
        """Whether every condition holds for these facts on that day."""
        return self.period.covers(day) and all(facts[name] in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True)
class VatTable:
    """The whole file."""

    categories: Mapping[str, Category]
    limits: tuple[Limit, ...]
    treatments: Mapping[str, TreatmentRow]
    notes: Mapping[str, str]
    rules: tuple[Rule, ...]
    till_accounts: Mapping[str, str]


@cache
def table() -> VatTable:
    """The table that ships with the package."""
    return load(files("sfspiris.swedish").joinpath("vat.toml").read_text(encoding="utf-8"))


def load(source: str) -> VatTable:
    """A table from TOML text. ValueError names the row that contradicts itself or the rest of the file."""
    raw = tomllib.loads(source)
    loaded = VatTable(
        categories={name: _category(name, row) for name, row in raw["category"].items()},
        limits=tuple(_limit(row) for row in raw["limit"]),
        treatments={name: _treatment(name, row) for name, row in raw["treatment"].items()},
        notes=dict(raw["notes"]),
        rules=tuple(_rule(row) for row in raw["rule"]),
        till_accounts=dict(raw["till_accounts"]),
    )
    for problem in _contradictions(loaded):
        raise ValueError(f"vat.toml: {problem}")
    return loaded


def _category(name: str, row: dict[str, Any]) -> Category:
    rates = tuple(DatedRate(Decimal(str(rate["percent"])), _period(rate)) for rate in row["rates"])
    return Category(name, row.get("goods"), row.get("service"), rates)


def _limit(row: dict[str, Any]) -> Limit:
    watch = [Decimal(row[key]) if key in row else None for key in ("watch_from", "watch_until")]
    return Limit(row["name"], Decimal(row["amount"]), watch[0], watch[1], _period(row))


def _treatment(name: str, row: dict[str, Any]) -> TreatmentRow:
    return TreatmentRow(
        name=name,
        percent=Decimal(str(row["percent"])) if "percent" in row else None,
        revenue_account=row["revenue_account"],
        output_vat_account=row.get("output_vat_account"),
        boxes=tuple(row["boxes"]),
        note=row.get("note"),
        ec_sales_list=row.get("ec_sales_list"),
    )


def _rule(row: dict[str, Any]) -> Rule:
    return Rule(
        when={
            name: (value,) if isinstance(value, str) else tuple(value) for name, value in row["when"].items()
        },
        then=row.get("then"),
        hold=row.get("hold"),
        warns=row.get("verdict") == "warn",
        has_fallback=row.get("fallback", False),
        revenue_account=row.get("revenue_account"),
        why=row["why"],
        period=_period(row),
    )


def _period(row: dict[str, Any]) -> Period:
    return Period(row.get("from"), row.get("until"))


def _contradictions(loaded: VatTable) -> list[str]:
    problems = [
        f"category {category.name} has two rates on {rate.period.start}"
        for category in loaded.categories.values()
        for earlier, rate in zip(category.rates, category.rates[1:], strict=False)
        if earlier.period.end is None or rate.period.start is None or rate.period.start <= earlier.period.end
    ]
    problems += [
        f"category {category.name} has a rate of {rate.percent} % and there is no treatment {swedish(rate.percent)}"
        for category in loaded.categories.values()
        for rate in category.rates
        if swedish(rate.percent) not in loaded.treatments
    ]
    problems += [
        f"treatment {treatment.name} has a note that is not written"
        for treatment in loaded.treatments.values()
        if treatment.note is not None and treatment.note not in loaded.notes
    ]
    problems += [
        f"the rule “{rule.why}” must lead to one treatment or one hold"
        for rule in loaded.rules
        if (rule.then is None) == (rule.hold is None)
        or (rule.then is not None and rule.then != SWEDEN and rule.then not in loaded.treatments)
    ]
    return problems
