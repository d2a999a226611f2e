"""Runs a golden vector of Swedish rules: `evaluate` turns a vector's input into the shape of its `expect`.

The vectors live outside the package (format_version 1: `{"as_of", "vectors": [{"id", "group", "input", "expect"}]}`); any
file of that format can be run. Nothing here decides anything: each group is one call into `sfspiris.swedish`.

Whatever JSON an input holds, there is an answer: a text may be a number or missing, and what should be an amount or a day and
cannot be read as one is held.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sfspiris.swedish import (
    address,
    countries,
    daily_sales,
    orgnr,
    payment_refs,
    postal,
    rounding,
    text,
    treatment,
    vat_numbers,
)

if TYPE_CHECKING:
    from sfspiris.swedish.verdict import Finding

Input = dict[str, Any]
Expect = dict[str, Any]

_REASON_CODES = {"check_digit": "checksum", "ambiguous": "multiple"}
"""Where a vector's reason code and our word for the problem differ."""


def evaluate(group: str, input: dict[str, Any], as_of: date) -> dict[str, Any]:  # noqa: A002 - named as in the file
    """What our rules say about one vector, in the shape of its `expect`; `as_of` is the day on the clock."""
    judge = _GROUPS[group]
    try:
        return judge(input, as_of)
    except _UnreadableError:
        return {"verdict": "hold"}


class _UnreadableError(Exception):
    """A vector has no amount, day or list where its group needs one."""


def _orgnr(given: Input, as_of: date) -> Expect:
    found = orgnr.parse(given.get("raw"), today=as_of, country=_word(given.get("country")) or "SE")
    expect: Expect = {
        "verdict": found.verdict.value,
        "kind": found.kind,
        "canonical": found.canonical,
        "personal": found.personal,
        "log_form": found.log_form,
    }
    if found.problem is not None:
        expect["reason_code"] = _REASON_CODES.get(found.problem, found.problem)
    if found.canonical12 is not None:
        expect["canonical12"] = found.canonical12
    if found.derived_vat is not None:
        expect["derived_vat"] = found.derived_vat
    if found.is_public_sector:
        expect["public_sector"] = True
    return expect


def _se_vat(given: Input, as_of: date) -> Expect:
    found = vat_numbers.parse(given.get("raw"), country="SE", orgnr=given.get("orgnr"), today=as_of)
    return {"verdict": found.verdict.value, "canonical": found.canonical, "personal": found.personal}


def _foreign_vat(given: Input, as_of: date) -> Expect:
    found = vat_numbers.parse(
        given.get("raw"), country=_word(given.get("country")) or None, orgnr=None, today=as_of
    )
    return {
        "verdict": found.verdict.value,
        "canonical": found.canonical,
        "scheme": found.scheme,
        "vies": found.vies,
    }


def _postal(given: Input, _as_of: date) -> Expect:
    found = postal.parse(given.get("raw"), country=_word(given.get("country")) or None)
    expect: Expect = {"verdict": found.verdict.value, "canonical": found.canonical}
    if found.territory is not None:
        expect["territory"] = found.territory
    return expect


def _country(given: Input, _as_of: date) -> Expect:
    found = countries.parse(given.get("raw"))
    return {
        "verdict": found.verdict.value,
        "iso2": found.iso2,
        "vat_prefix": found.vat_prefix,
        "eu_vat_area": found.eu_vat_area,
    }


def _length(given: Input, _as_of: date) -> Expect:
    limit = _count(given.get("limit"))
    found: Finding = text.fit(given.get("raw"), limit)
    if found.is_held and given.get("field") == "Address":
        found = address.fit_lines(given.get("raw"), limit)
    return {"verdict": found.verdict.value, "canonical": found.canonical}


def _rounding(given: Input, _as_of: date) -> Expect:
    rate = _amount(given.get("rate"))
    if "lines_net" in given:
        lines = [_amount(line) for line in _list(given["lines_net"])]
        return {
            "vat_on_sum": str(rounding.vat_on_sum(sum(lines, start=Decimal(0)), rate)),
            "vat_by_line": str(rounding.vat_by_line(lines, rate)),
        }
    net = _amount(given.get("net"))
    vat = rounding.vat_on_sum(net, rate)
    total = rounding.to_ore(net) + vat
    payable, difference = rounding.to_krona(total)
    return {"vat": str(vat), "total": str(total), "payable": str(payable), "rounding": str(difference)}


def _vat_treatment(given: Input, _as_of: date) -> Expect:
    covered = given.get("covered_electronics_net_sek")
    found = treatment.decide(
        treatment.Supply(
            supplied=_day(given.get("date")),
            supply=_word(given.get("supply")),
            category=_word(given.get("category")),
            buyer_country=_word(given.get("buyer_country")),
            buyer_type=_word(given.get("buyer_type")),
            vat_status=_word(given.get("vat_status", "n/a")),
            vat_prefix=_word(given.get("vat_prefix")) or None,
            ship_from=_word(given.get("ship_from")) or "SE",
            ship_to=_word(given.get("ship_to")) or None,
            property_country=_word(given.get("property_country")) or None,
            triangulation=given.get("triangulation", False),
            has_transport_proof=given.get("transport_proof", True),
            eu_consumers_over_limit=given.get("eu_b2c_over_threshold"),
            buyer_is_builder=given.get("buyer_is_construction_business"),
            buyer_is_registered=given.get("buyer_vat_registered_se"),
            covered_electronics_net=None if covered is None else _amount(covered),
            advance_paid=_day(given.get("advance_paid_on")),
            credits_sale_of=_day(given.get("credits_sale_of")),
        )
    )
    expect: Expect = {
        "verdict": found.verdict.value,
        "treatment": found.treatment,
        "vat_rate": "destination" if found.is_destination_rate else _number(found.rate),
        "revenue_account": found.revenue_account,
        "output_vat_account": found.output_vat_account,
        "boxes": list(found.boxes),
        "note_key": found.note_key,
        "ec_sales_list": found.ec_sales_list,
    }
    if found.hold_code is not None:
        expect |= {"reason_code": found.hold_code, "fallback": found.fallback}
    if found.needs_einvoice:
        expect["einvoice_required"] = True
    return expect


def _day(told: object) -> date | None:
    if told is None:
        return None
    try:
        return date.fromisoformat(text.written(told))
    except ValueError as error:
        raise _UnreadableError from error


def _amount(told: object) -> Decimal:
    """Kronor or percent; what is no finite number of a size that anybody invoices cannot be read."""
    try:
        found = Decimal(text.written(told))
    except InvalidOperation as error:
        raise _UnreadableError from error
    if not found.is_finite() or abs(found) > _LARGEST:
        raise _UnreadableError
    return found


_LARGEST = Decimal(10) ** 14
"""Kronor: more than anybody's turnover, and few enough digits for every product with a rate."""


def _count(told: object) -> int:
    if not isinstance(told, int):
        raise _UnreadableError
    return told


def _list(told: object) -> list[Any]:
    if not isinstance(told, list):
        raise _UnreadableError
    return told


def _object(told: object) -> Input:
    if not isinstance(told, dict):
        raise _UnreadableError
    return told


def _word(told: object) -> Any:
    """One of the words that a group knows, which the rules themselves check."""
    return text.written(told)


def _number(percent: Decimal | None) -> int | float | None:
    """A rate as JSON writes it: whole percents without decimals."""
    if percent is None:
        return None
    return int(percent) if percent == percent.to_integral_value() else float(percent)


def _giro(given: Input, _as_of: date) -> Expect:
    kinds: dict[str, Callable[[text.Raw], Finding]] = {
        "bankgiro": payment_refs.bankgiro,
        "plusgiro": payment_refs.plusgiro,
        "ocr": payment_refs.ocr,
        "ocr_build": payment_refs.build_ocr,
    }
    kind = kinds.get(text.written(given.get("kind")))
    if kind is None:
        raise _UnreadableError
    found = kind(given.get("raw"))
    return {"verdict": found.verdict.value, "canonical": found.canonical}


def _daily_sales(given: Input, _as_of: date) -> Expect:
    def amount(key: str) -> Decimal:
        return _amount(given.get(key, "0.00"))

    day = _day(given.get("date"))
    if day is None:
        raise _UnreadableError

    found = daily_sales.voucher(
        daily_sales.TillReport(
            day=day,
            sales=_rate_sales(given.get("sales", [])),
            refunds=_rate_sales(given.get("refunds", [])),
            payments={kind: _amount(paid) for kind, paid in _object(given.get("payments", {})).items()},
            gift_cards_sold=amount("gift_cards_sold"),
            tips=amount("tips"),
            rounding=amount("cash_rounding"),
            difference=amount("till_difference"),
            receipts=_count(given.get("receipts", 1)),
            cash_receipts=_count(given.get("cash_receipts", 0)),
            opened_on=_day(given.get("opened_on")),
        )
    )
    return {
        "verdict": found.verdict.value,
        "lines": [[line.account, str(line.debit), str(line.credit)] for line in found.lines],
        "difference": str(found.imbalance),
    }


def _rate_sales(parts: object) -> tuple[daily_sales.RateSales, ...]:
    return tuple(
        daily_sales.RateSales(
            rate=_amount(part.get("rate")),
            gross=_amount(part.get("gross")),
            vat=None if part.get("vat") is None else _amount(part["vat"]),
        )
        for part in map(_object, _list(parts))
    )


_GROUPS: dict[str, Callable[[Input, date], Expect]] = {
    "orgnr": _orgnr,
    "se_vat": _se_vat,
    "foreign_vat": _foreign_vat,
    "postal": _postal,
    "country": _country,
    "length": _length,
    "rounding": _rounding,
    "vat_treatment": _vat_treatment,
    "giro": _giro,
    "daily_sales": _daily_sales,
}

GROUPS = tuple(_GROUPS)
