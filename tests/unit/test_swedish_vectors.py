"""The golden vectors of Swedish rules, each run as the file gives it."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given as made_up
from hypothesis import settings
from hypothesis import strategies as st

from shared import found, shared_file
from vectors import GROUPS, evaluate

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


# --- whatever an export makes of a value ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "expect"),
    [
        (5560125790, {"verdict": "normalise", "canonical": "556012-5790"}),
        (5560125790.0, {"verdict": "normalise", "canonical": "556012-5790"}),
        (None, {"verdict": "hold", "canonical": None, "reason_code": "missing"}),
        (10120201238, {"verdict": "hold", "canonical": None, "personal": True}),
        (5.5e30, {"verdict": "hold", "canonical": None, "reason_code": "digits_lost"}),
        (["556012-5790"], {"verdict": "hold", "canonical": None, "reason_code": "characters"}),
    ],
    ids=repr,
)
def test_an_organisation_number_that_came_as_a_number_or_not_at_all_is_read_as_text(
    raw: Any, expect: dict[str, Any]
) -> None:
    found = evaluate("orgnr", {"raw": raw, "country": "SE"}, AS_OF)
    assert {name: found.get(name) for name in expect} == expect


def test_every_other_field_that_came_as_a_number_or_not_at_all_is_read_as_text() -> None:
    assert evaluate("postal", {"raw": 11418, "country": "SE"}, AS_OF)["canonical"] == "114 18"
    assert evaluate("postal", {"raw": None, "country": "SE"}, AS_OF)["verdict"] == "hold"
    assert evaluate("se_vat", {"raw": 556012579001}, AS_OF)["canonical"] == "SE556012579001"
    assert evaluate("foreign_vat", {"raw": 112038_9, "country": "FI"}, AS_OF)["canonical"] == "FI01120389"
    assert evaluate("giro", {"kind": "bankgiro", "raw": 50501055}, AS_OF)["canonical"] == "5050-1055"
    assert evaluate("length", {"field": "Name", "limit": 50, "raw": 3}, AS_OF)["canonical"] == "3"
    assert evaluate("country", {"raw": None}, AS_OF)["verdict"] == "hold"


NUMBERS = st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.integers(10**8, 10**13)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=20) | st.from_regex(r"[0-9 .,E+-]{0,14}")
EXAMPLES = 60  # for each group
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@pytest.mark.parametrize("group", GROUPS)
def test_no_input_of_any_json_type_crashes(group: str) -> None:
    """Each field of a vector of the group is anything at all, alone and together with others, or missing."""
    samples = [one["input"] for one in DATA["vectors"] if one["group"] == group] or [
        given for name, given, _ in OWN_VECTORS if name == group
    ]

    @settings(max_examples=EXAMPLES)
    @made_up(
        sample=st.sampled_from(samples),
        changed=st.dictionaries(
            st.sampled_from(sorted({name for one in samples for name in one})), ANY_JSON, min_size=1
        ),
        left_out=st.booleans(),
    )
    def check(sample: dict[str, Any], changed: dict[str, Any], left_out: bool) -> None:
        kept = {name: value for name, value in sample.items() if not (left_out and name in changed)}
        found = evaluate(group, kept if left_out else kept | changed, AS_OF)
        json.dumps(found)

    check()
