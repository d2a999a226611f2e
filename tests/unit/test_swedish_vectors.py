"""The golden vectors of Swedish rules, each run as the file gives it."""

import json
from datetime import date
from typing import Any

import pytest

from shared import found, shared_file
from vectors import evaluate

NAME = "data/swedish-vectors.json"


def _load() -> dict[str, Any]:
    file = found(NAME)
    if file is None:
        return {"as_of": "2026-11-20", "vectors": []}
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


DATA = _load()
AS_OF = date.fromisoformat(DATA["as_of"])


def test_the_file_of_golden_vectors_is_there_to_be_run() -> None:
    assert shared_file(NAME).is_file()
    assert len(DATA["vectors"]) == DATA["total"]


@pytest.mark.parametrize("vector", DATA["vectors"], ids=lambda vector: vector["id"])
def test_every_golden_vector_gets_the_answer_the_rules_document(vector: dict[str, Any]) -> None:
    assert evaluate(vector["group"], vector["input"], AS_OF) == vector["expect"], vector["why"]


OWN_VECTORS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "orgnr",
        {"raw": "556012-5791", "country": "SE"},
        {
            "verdict": "hold",
            "kind": "unknown",
            "canonical": None,
            "personal": False,
            "log_form": None,
            "reason_code": "checksum",
        },
    ),
    (
        "se_vat",
        {"raw": "SE556012579001", "orgnr": "556042-7220"},
        {"verdict": "hold", "canonical": "SE556012579001", "personal": False},
    ),
    (
        "foreign_vat",
        {"raw": "923609016", "country": "NO"},
        {"verdict": "warn", "canonical": "NO923609016", "scheme": "NO", "vies": False},
    ),
    (
        "postal",
        {"raw": "35001", "country": "ES"},
        {"verdict": "warn", "canonical": "35001", "territory": "IC"},
    ),
    (
        "country",
        {"raw": "Narnia"},
        {"verdict": "hold", "iso2": None, "vat_prefix": None, "eu_vat_area": None},
    ),
    (
        "length",
        {"field": "Address", "limit": 20, "raw": "c/o Andersson & Son, Storgatan 1"},
        {"verdict": "normalise", "canonical": "Storgatan 1"},
    ),
    (
        "rounding",
        {"net": "-1234.56", "rate": 25},
        {"vat": "-308.64", "total": "-1543.20", "payable": "-1543", "rounding": "0.20"},
    ),
    ("rounding", {"lines_net": ["0.10", "0.10"], "rate": 6}, {"vat_on_sum": "0.01", "vat_by_line": "0.02"}),
    ("giro", {"kind": "ocr_build", "raw": "18"}, {"verdict": "accept", "canonical": "1842"}),
    (
        "daily_sales",
        {
            "date": "2026-11-19",
            "sales": [{"rate": 12, "gross": "112.00", "vat": "12.00"}],
            "payments": {"receivable": "112.00"},
        },
        {
            "verdict": "accept",
            "lines": [["1510", "112.00", "0.00"], ["3002", "0.00", "100.00"], ["2621", "0.00", "12.00"]],
            "difference": "0.00",
        },
    ),
    (
        "vat_treatment",
        {
            "date": "2026-11-20",
            "supply": "service",
            "category": "construction",
            "buyer_country": "SE",
            "buyer_type": "B2G",
        },
        {
            "verdict": "hold",
            "treatment": "HOLD",
            "vat_rate": None,
            "revenue_account": None,
            "output_vat_account": None,
            "boxes": [],
            "note_key": None,
            "ec_sales_list": None,
            "reason_code": "construction_status_unknown",
            "fallback": None,
            "einvoice_required": True,
        },
    ),
]


@pytest.mark.parametrize(("group", "given", "expect"), OWN_VECTORS)
def test_a_vector_of_our_own_is_evaluated_in_the_same_shape(
    group: str, given: dict[str, Any], expect: dict[str, Any]
) -> None:
    assert evaluate(group, given, date(2026, 11, 20)) == expect


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(KeyError):
        evaluate("astrology", {}, AS_OF)
