"""VAT by date, place, buyer and proof: every rule of the table decides something, and every supply gets an answer."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfspiris.swedish import treatment, vat_rates
from sfspiris.swedish.treatment import Supply, decide
from sfspiris.swedish.vat_table import Rule, load, table
from sfspiris.swedish.verdict import Verdict

DAY = date(2026, 11, 20)


def supply(**given_facts: Any) -> Supply:
    usual: dict[str, Any] = {
        "supplied": DAY,
        "category": "standard",
        "buyer_country": "SE",
        "buyer_type": "B2B",
    }
    return Supply(**usual | given_facts)


def goods(**given_facts: Any) -> Supply:
    return supply(supply="goods", **given_facts)


def service(**given_facts: Any) -> Supply:
    return supply(supply="service", **given_facts)


GERMAN = {"buyer_country": "DE", "vat_prefix": "DE", "vat_status": "valid"}
TO_GERMANY = GERMAN | {"ship_to": "DE"}
THREE_PARTIES = GERMAN | {"ship_from": "PL", "ship_to": "DE", "triangulation": True}
LAPTOPS = {"category": "electronics", "ship_to": "SE", "buyer_is_registered": True}


@pytest.mark.parametrize(
    ("category", "kind", "day", "rate"),
    [
        ("food", "goods", date(2026, 3, 31), 12),
        ("food", "goods", date(2026, 4, 1), 6),
        ("food", "goods", date(2027, 12, 31), 6),
        ("food", "goods", date(2028, 1, 1), 12),
        ("dance_event", "service", date(2026, 6, 30), 25),
        ("dance_event", "service", date(2026, 7, 1), 6),
        ("restaurant", "service", DAY, 12),
        ("alcohol", "service", DAY, 25),
        ("alcohol", "goods", DAY, 25),
        ("prescription_medicine", "goods", DAY, 0),
        ("passenger_transport", "service", DAY, 6),
        ("repair", "service", DAY, 12),
    ],
)
def test_a_sale_in_sweden_has_the_rate_of_its_kind_on_its_day(
    category: str, kind: str, day: date, rate: int
) -> None:
    found = decide(supply(supply=kind, category=category, supplied=day))
    assert (found.verdict, found.treatment, found.rate) == (Verdict.ACCEPT, f"SE_{rate}", Decimal(rate))


def test_an_advance_has_the_rate_of_the_day_it_was_paid() -> None:
    found = decide(goods(category="food", supplied=date(2026, 4, 10), advance_paid=date(2026, 3, 31)))
    assert found.treatment == "SE_12"


def test_a_payment_after_delivery_is_no_advance() -> None:
    found = decide(goods(category="food", supplied=date(2026, 3, 31), advance_paid=date(2026, 4, 10)))
    assert found.treatment == "SE_12"


def test_a_credit_note_has_the_rate_of_the_sale_it_credits() -> None:
    found = decide(goods(category="food", supplied=date(2026, 5, 5), credits_sale_of=date(2026, 3, 10)))
    assert found.treatment == "SE_12"


def test_an_advance_alone_gives_the_day() -> None:
    assert decide(goods(category="food", supplied=None, advance_paid=date(2026, 5, 1))).treatment == "SE_6"


def test_without_a_supply_date_only_undated_rates_are_known() -> None:
    assert decide(goods(category="food", supplied=None)).hold_code == "supply_date_missing"
    assert decide(goods(supplied=None)).treatment == "SE_25"


def test_a_public_body_in_sweden_needs_an_einvoice_and_a_business_does_not() -> None:
    assert decide(service(buyer_type="B2G")).needs_einvoice
    assert not decide(service()).needs_einvoice
    assert not decide(service(buyer_type="B2G", **GERMAN)).needs_einvoice


@pytest.mark.parametrize(
    ("net", "registered", "treated", "verdict"),
    [
        ("94999.99", True, "SE_25", Verdict.ACCEPT),
        ("95000.00", True, "SE_25", Verdict.WARN),
        ("100000.00", True, "SE_25", Verdict.WARN),
        ("100000.01", True, "SE_RC_ELECTRONICS", Verdict.WARN),
        ("105000.00", True, "SE_RC_ELECTRONICS", Verdict.WARN),
        ("105000.01", True, "SE_RC_ELECTRONICS", Verdict.ACCEPT),
        ("200000.00", False, "SE_25", Verdict.ACCEPT),
        ("200000.00", None, "HOLD", Verdict.HOLD),
        ("50000.00", None, "SE_25", Verdict.ACCEPT),
    ],
)
def test_electronics_above_the_limit_are_reverse_charged_and_watched_near_it(
    net: str, registered: bool | None, treated: str, verdict: Verdict
) -> None:
    found = decide(
        goods(
            **LAPTOPS | {"buyer_is_registered": registered, "covered_electronics_net": Decimal(net)},
        )
    )
    assert (found.treatment, found.verdict) == (treated, verdict)


def test_a_consumer_always_pays_vat_on_electronics() -> None:
    found = decide(goods(**LAPTOPS | {"buyer_type": "B2C", "covered_electronics_net": Decimal(100000)}))
    assert (found.treatment, found.verdict) == ("SE_25", Verdict.ACCEPT)


# Each case names the facts and what must come of them: a treatment, or a hold code with its fallback.
CASES: list[tuple[Supply, str, str | None]] = [
    (goods(category="margin_scheme"), "margin_scheme", None),
    (goods(**THREE_PARTIES), "EU_TRIANGULATION", None),
    (goods(**THREE_PARTIES | {"vat_status": "unverified"}), "buyer_vat_unverified", None),
    (goods(**THREE_PARTIES | {"vat_status": "invalid"}), "buyer_vat_invalid", None),
    (goods(**THREE_PARTIES | {"vat_prefix": "SE"}), "buyer_vat_missing", None),
    (goods(**THREE_PARTIES | {"buyer_type": "B2C"}), "goods_leave_from_abroad", None),
    (goods(**THREE_PARTIES | {"ship_from": "SE"}), "goods_leave_from_abroad", None),
    (goods(**THREE_PARTIES | {"ship_from": "DE"}), "goods_leave_from_abroad", None),
    (goods(**THREE_PARTIES | {"triangulation": False}), "goods_leave_from_abroad", None),
    (goods(**GERMAN), "place_unknown", None),
    (service(category="construction", buyer_is_builder=True, **GERMAN), "place_unknown", None),
    (service(category="exempt"), "SE_EXEMPT", None),
    (service(category="exempt", **GERMAN), "exempt_abroad", None),
    (service(category="construction", buyer_is_builder=True), "SE_RC_CONSTRUCTION", None),
    (
        service(category="construction", buyer_is_builder=True, property_country="SE", **GERMAN),
        "SE_RC_CONSTRUCTION",
        None,
    ),
    (service(category="construction", buyer_is_builder=False), "SE_25", None),
    (service(category="construction"), "construction_status_unknown", None),
    (service(category="construction", buyer_type="B2C"), "SE_25", None),
    (goods(category="construction"), "SE_25", None),
    (goods(category="electronics"), "electronics_amount_missing", None),
    (goods(category="scrap", buyer_is_registered=True), "SE_RC_OTHER", None),
    (goods(category="scrap"), "buyer_vat_registration_unknown", None),
    (goods(category="scrap", buyer_type="B2C"), "SE_25", None),
    (service(buyer_type="B2C", buyer_country="US"), "SE_25", None),
    (service(buyer_type="B2C", buyer_country="DK"), "SE_25", None),
    (goods(**TO_GERMANY), "EU_GOODS_IC", None),
    (goods(**GERMAN, ship_to="SE"), "SE_25", None),
    (goods(**TO_GERMANY, has_transport_proof=False), "transport_proof_missing", "SE_25"),
    (goods(**TO_GERMANY | {"vat_status": "invalid"}), "buyer_vat_invalid", "SE_25"),
    (goods(**TO_GERMANY | {"vat_status": "unverified"}), "buyer_vat_unverified", None),
    (goods(**TO_GERMANY | {"vat_status": "missing", "vat_prefix": None}), "buyer_vat_missing", "SE_25"),
    (goods(**TO_GERMANY | {"vat_status": "n/a", "category": "book"}), "buyer_vat_missing", "SE_6"),
    (goods(**TO_GERMANY | {"vat_prefix": "SE"}), "needs_number_from_other_member_state", "SE_25"),
    (goods(buyer_country="SE", ship_to="DK"), "needs_number_from_other_member_state", "SE_25"),
    (
        goods(buyer_country="NO", vat_prefix="NO", vat_status="valid", ship_to="DE"),
        "needs_number_from_other_member_state",
        "SE_25",
    ),
    (goods(buyer_country="GR", vat_prefix="EL", vat_status="valid", ship_to="GR"), "EU_GOODS_IC", None),
    (goods(buyer_country="GB", vat_prefix="XI", vat_status="valid", ship_to="XI"), "EU_GOODS_IC", None),
    (goods(buyer_country="MC", vat_prefix="FR", vat_status="valid", ship_to="MC"), "EU_GOODS_IC", None),
    (goods(buyer_country="FI", vat_prefix="FI", vat_status="valid", ship_to="AX"), "EXPORT_GOODS", None),
    (goods(buyer_country="ES", vat_prefix="ES", vat_status="valid", ship_to="IC"), "EXPORT_GOODS", None),
    (goods(buyer_country="SE", ship_to="NO"), "EXPORT_GOODS", None),
    (goods(buyer_country="NO", ship_to="NO", has_transport_proof=False), "transport_proof_missing", "SE_25"),
    (goods(buyer_country="DE", buyer_type="B2C", ship_to="DE", eu_consumers_over_limit=False), "SE_25", None),
    (
        goods(buyer_country="DE", buyer_type="B2C", ship_to="DE", eu_consumers_over_limit=True),
        "EU_B2C_OSS",
        None,
    ),
    (goods(buyer_country="DE", buyer_type="B2C", ship_to="DE"), "eu_b2c_threshold_unknown", None),
    (service(category="accommodation", **GERMAN), "SE_12", None),
    (service(category="event", property_country="DE", **GERMAN), "taxed_abroad", None),
    (service(category="property_service", property_country="SE", **GERMAN), "SE_25", None),
    (service(category="property_service", property_country="NO"), "taxed_abroad", None),
    (
        service(
            category="electronic_service", buyer_country="FR", buyer_type="B2C", eu_consumers_over_limit=True
        ),
        "EU_B2C_OSS",
        None,
    ),
    (
        service(
            category="electronic_service", buyer_country="FR", buyer_type="B2C", eu_consumers_over_limit=False
        ),
        "SE_25",
        None,
    ),
    (
        service(category="electronic_service", buyer_country="FR", buyer_type="B2C"),
        "eu_b2c_threshold_unknown",
        None,
    ),
    (service(category="electronic_service", buyer_country="US", buyer_type="B2C"), "NON_EU_SERVICES", None),
    (service(category="intangible_service", buyer_country="US", buyer_type="B2C"), "NON_EU_SERVICES", None),
    (service(category="intangible_service", buyer_country="FR", buyer_type="B2C"), "SE_25", None),
    (service(category="intangible_service", **GERMAN), "EU_SERVICES_RC", None),
    (service(**GERMAN), "EU_SERVICES_RC", None),
    (service(**GERMAN | {"vat_prefix": None}), "EU_SERVICES_RC", None),
    (service(**GERMAN | {"vat_prefix": "SE"}), "needs_number_from_other_member_state", "SE_25"),
    (service(**GERMAN | {"vat_prefix": "XI"}), "needs_number_from_other_member_state", "SE_25"),
    (service(**GERMAN | {"vat_status": "invalid"}), "buyer_vat_invalid", "SE_25"),
    (service(**GERMAN | {"vat_status": "unverified"}), "buyer_vat_unverified", None),
    (service(buyer_country="DE", vat_status="missing"), "buyer_vat_missing", "SE_25"),
    (service(buyer_country="US"), "NON_EU_SERVICES", None),
    (service(buyer_country="AX", vat_prefix="FI", vat_status="valid"), "NON_EU_SERVICES", None),
    (service(buyer_country="GB", vat_prefix="XI", vat_status="valid"), "NON_EU_SERVICES", None),
    (goods(category="unheard_of"), "category_unknown", None),
    (goods(category="restaurant"), "category_contradicts_supply", None),
    (service(buyer_country="ZZ"), "country_unknown", None),
]


@pytest.mark.parametrize(("sold", "expected", "fallback"), CASES)
def test_a_supply_gets_its_treatment_or_its_question(
    sold: Supply, expected: str, fallback: str | None
) -> None:
    found = decide(sold)
    assert (found.hold_code or found.treatment, found.fallback) == (expected, fallback)
    assert (found.verdict is Verdict.HOLD) == (found.hold_code is not None)


def test_every_rule_of_the_table_decides_some_supply() -> None:
    """A row that no case reaches is either dead or untested; both are wrong."""
    many = LAPTOPS | {"covered_electronics_net": Decimal(200000)}
    supplies = [sold for sold, _, _ in CASES] + [goods(**many), goods(**many | {"buyer_is_registered": None})]
    reasons = {decide(sold).reason for sold in supplies}
    assert {rule.why for rule in table().rules} <= reasons


def test_an_invoice_text_goes_with_its_treatment() -> None:
    assert "10 kap. 42 §" in (decide(goods(**TO_GERMANY)).note or "")
    assert decide(goods()).note is None


def test_a_sale_below_the_eu_limit_is_swedish_vat_on_its_own_account() -> None:
    sold = goods(
        buyer_country="DE", buyer_type="B2C", ship_to="DE", category="book", eu_consumers_over_limit=False
    )
    found = decide(sold)
    assert (found.revenue_account, found.output_vat_account, found.boxes) == ("3106", "2631", ("05", "12"))


COUNTRIES = st.sampled_from(["SE", "DE", "FI", "GR", "NO", "US", "GB", "AX", "MC", "XI", "IC"])
MAYBE = st.sampled_from([None, True, False])


@settings(max_examples=500)
@given(
    st.builds(
        Supply,
        supplied=st.one_of(st.none(), st.dates(min_value=date(2023, 7, 1), max_value=date(2030, 1, 1))),
        supply=st.sampled_from(["goods", "service"]),
        category=st.sampled_from(sorted(table().categories)),
        buyer_country=COUNTRIES,
        buyer_type=st.sampled_from(["B2B", "B2C", "B2G"]),
        vat_status=st.sampled_from(["valid", "invalid", "unverified", "missing", "n/a"]),
        vat_prefix=st.sampled_from([None, "SE", "DE", "EL", "XI", "NO"]),
        ship_from=COUNTRIES,
        ship_to=st.one_of(st.none(), COUNTRIES),
        property_country=st.one_of(st.none(), COUNTRIES),
        triangulation=st.booleans(),
        has_transport_proof=st.booleans(),
        eu_consumers_over_limit=MAYBE,
        buyer_is_builder=MAYBE,
        buyer_is_registered=MAYBE,
        covered_electronics_net=st.sampled_from([None, Decimal(1), Decimal(100000), Decimal(200000)]),
    )
)
def test_every_supply_gets_exactly_one_answer_and_zero_rates_have_their_conditions(sold: Supply) -> None:
    found = decide(sold)
    assert found.reason
    if found.treatment in {"EU_GOODS_IC", "EU_SERVICES_RC", "EU_TRIANGULATION"}:
        assert sold.vat_status == "valid"
        assert sold.buyer_type != "B2C"
    if found.treatment in {"EU_GOODS_IC", "EXPORT_GOODS"}:
        assert sold.has_transport_proof
        assert sold.ship_from == "SE"
    if found.verdict is Verdict.HOLD:
        assert (found.treatment, found.rate, found.boxes, found.revenue_account) == ("HOLD", None, (), None)
    if found.output_vat_account is None and found.verdict is not Verdict.HOLD:
        assert found.rate == 0


# ------------------------------------------------------------------------------------------------------ rates by date


def test_a_rate_without_a_day_is_known_only_when_it_never_changed() -> None:
    assert vat_rates.rate("standard", None) == 25
    assert vat_rates.rate("food", None) is None
    assert vat_rates.rate("exempt", DAY) is None


def test_an_unknown_category_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        vat_rates.rate("unheard_of", DAY)


def test_the_rates_in_use_are_the_swedish_ones() -> None:
    assert vat_rates.rates_in_use(DAY) == {25, 12, 6, 0}


@pytest.mark.parametrize(
    ("first", "last", "change"),
    [
        (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), date(2026, 4, 2), None),
        (date(2026, 3, 1), date(2026, 12, 31), date(2026, 4, 1)),
        (date(2027, 12, 31), date(2028, 1, 1), date(2028, 1, 1)),
    ],
)
def test_a_change_of_rates_between_two_days_is_found(first: date, last: date, change: date | None) -> None:
    assert vat_rates.change_between(first, last) == change


def test_limits_are_found_by_name_and_day() -> None:
    assert vat_rates.limit("simplified_invoice", DAY).amount == Decimal(4000)
    with pytest.raises(KeyError):
        vat_rates.limit("unheard_of", DAY)


# --------------------------------------------------------------------------------------- a table that contradicts itself

SMALL = """
limit = []
[category.thing]
goods = "ordinary"
rates = [{rates}]
[treatment.SE_25]
percent = 25
revenue_account = "3001"
boxes = ["05"]
{note}
[notes]
[till_accounts]
[[rule]]
when = {{ place = "sweden" }}
{leads}
why = "because"
"""


def small(rates: str = "{ percent = 25 }", note: str = "", leads: str = 'then = "SWEDEN"') -> str:
    return SMALL.format(rates=rates, note=note, leads=leads)


def test_a_table_that_fits_together_is_loaded() -> None:
    assert isinstance(load(small()).rules[0], Rule)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (small(rates="{ percent = 25 }, { percent = 25, from = 2026-01-01 }"), "two rates"),
        (small(rates="{ percent = 25, until = 2026-01-01 }, { percent = 25 }"), "two rates"),
        (
            small(rates="{ percent = 25, until = 2026-01-01 }, { percent = 25, from = 2026-01-01 }"),
            "two rates",
        ),
        (small(rates="{ percent = 17 }"), "no treatment SE_17"),
        (small(note='note = "unwritten"'), "not written"),
        (small(leads=""), "one treatment or one hold"),
        (small(leads='then = "SWEDEN"\nhold = "why"'), "one treatment or one hold"),
        (small(leads='then = "UNHEARD_OF"'), "one treatment or one hold"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load(source)


def test_a_category_without_a_rate_on_the_day_is_held() -> None:
    """Only a hole between dated rates can lead here; the shipped table has none."""
    rule = next(rule for rule in table().rules if rule.then == "SWEDEN")
    assert treatment._applied(rule, None).hold_code == "rate_unknown"
