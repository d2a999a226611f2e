"""VAT numbers: the form of every scheme, and who a Swedish number belongs to."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stdnum import luhn

from sfspiris.swedish import orgnr, vat_numbers
from sfspiris.swedish.vat_numbers import VatFinding
from sfspiris.swedish.verdict import Verdict

TODAY = date(2026, 11, 20)


def read(raw: str, country: str | None = None, owner: str | None = None) -> VatFinding:
    return vat_numbers.parse(raw, country=country, orgnr=owner, today=TODAY)


@pytest.mark.parametrize(
    ("raw", "owner", "verdict", "canonical"),
    [
        ("SE556012579001", "556012-5790", Verdict.ACCEPT, "SE556012579001"),
        ("SE556012579001", "SE556012579001", Verdict.ACCEPT, "SE556012579001"),
        ("SE556012579001", "", Verdict.ACCEPT, "SE556012579001"),
        ("VAT no: se 556012-5790 01", None, Verdict.NORMALISE, "SE556012579001"),
        ("556012579001", None, Verdict.NORMALISE, "SE556012579001"),
        ("556012579001.0", None, Verdict.NORMALISE, "SE556012579001"),
        ("SE16556012579001", None, Verdict.NORMALISE, "SE556012579001"),
        ("SE165560125790", None, Verdict.WARN, "SE556012579001"),
        ("SE5560125790", None, Verdict.WARN, "SE556012579001"),
        ("5560125790", "556012-5790", Verdict.WARN, "SE556012579001"),
        ("SE663000019501", None, Verdict.WARN, "SE663000019501"),
        ("SE663000019501", "516411-1683", Verdict.WARN, "SE663000019501"),
    ],
)
def test_a_swedish_number_is_written_with_prefix_and_ending(
    raw: str, owner: str | None, verdict: Verdict, canonical: str
) -> None:
    found = read(raw, "SE", owner)
    assert (found.verdict, found.canonical, found.scheme, found.vies) == (verdict, canonical, "EU", True)


@pytest.mark.parametrize(
    ("raw", "problem", "personal"),
    [
        ("", "missing", False),
        ("VAT: ", "missing", False),
        ("5.5601E+11", "digits_lost", False),
        ("9.00602E+11", "digits_lost", True),
        ("SE556012579002", "suffix", False),
        ("SE556012579101", "check_digit", False),
        ("SE5560125790011", "length", False),
        ("SE55604272200101", "length", False),
        ("SE000000000001", "placeholder", False),
        ("SE302000000001", "gd_nummer", True),
        ("SE900602239801", "check_digit", True),
        ("SE900602239702", "suffix", True),
        ("SE556O12579001", "characters", False),
        ("SE556012579001 / SE556042722001", "ambiguous", False),
        ("SE556012579001 och DE136695976", "ambiguous", False),
        ("SE556012579001?", "characters", False),
    ],
)
def test_a_swedish_number_that_cannot_be_used_is_held(raw: str, problem: str, personal: bool) -> None:
    found = read(raw, "SE")
    assert (found.verdict, found.problem, found.personal) == (Verdict.HOLD, problem, personal)
    assert (found.canonical, found.vies) == (None, False)


@pytest.mark.parametrize("owner", ["556042-7220", "556012-5791", "not a number"])
def test_a_right_number_of_somebody_else_is_held_and_shown(owner: str) -> None:
    found = read("SE556012579001", "SE", owner)
    assert (found.verdict, found.problem) == (Verdict.HOLD, "mismatch")
    assert found.canonical == "SE556012579001"
    assert not found.vies


def test_a_sole_traders_number_is_masked_and_a_warning() -> None:
    found = read("SE900602239701", "SE", "19900602-2397")
    assert (found.verdict, found.log_form) == (Verdict.WARN, "[personal-id]")
    assert found.canonical == "SE900602239701"


def test_a_sole_traders_number_without_its_ending_keeps_both_warnings() -> None:
    found = read("SE9006022397", "SE")
    assert "01 was added" in found.reason
    assert "person number" in found.reason


@pytest.mark.parametrize(
    ("raw", "country", "verdict", "canonical"),
    [
        ("DE136695976", None, Verdict.ACCEPT, "DE136695976"),
        ("DE136695976", "DE", Verdict.ACCEPT, "DE136695976"),
        ("DE 136 695 976", None, Verdict.NORMALISE, "DE136695976"),
        ("136695976", "DE", Verdict.WARN, "DE136695976"),
        ("DE136695976", "FR", Verdict.WARN, "DE136695976"),
        ("FI1120389", "FI", Verdict.NORMALISE, "FI01120389"),
        ("1120389", "FI", Verdict.WARN, "FI01120389"),
        ("FI01120389", "AX", Verdict.ACCEPT, "FI01120389"),
        ("IT743110157", None, Verdict.NORMALISE, "IT00743110157"),
        ("BE403019261", None, Verdict.NORMALISE, "BE0403019261"),
        ("NL4495445B01", None, Verdict.NORMALISE, "NL004495445B01"),
        ("GR94259216", None, Verdict.NORMALISE, "EL094259216"),
        ("EL094259216", "GR", Verdict.ACCEPT, "EL094259216"),
        ("094259216", "GR", Verdict.WARN, "EL094259216"),
        ("FR40303265045", "MC", Verdict.ACCEPT, "FR40303265045"),
        ("U13585627", "AT", Verdict.WARN, "ATU13585627"),
        ("IE6433435F", "IE", Verdict.ACCEPT, "IE6433435F"),
        ("ESA13585625", "ES", Verdict.ACCEPT, "ESA13585625"),
        ("SE556012579001", "DE", Verdict.WARN, "SE556012579001"),
    ],
)
def test_a_number_of_the_eu_is_completed_only_where_its_country_allows(
    raw: str, country: str | None, verdict: Verdict, canonical: str
) -> None:
    found = read(raw, country)
    assert (found.verdict, found.canonical, found.scheme, found.vies) == (verdict, canonical, "EU", True)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("DE136695978", "check_digit"),
        ("DE13669597", "length"),
        ("DE13669597X", "characters"),
        ("DEUMSATZSTEUER", "characters"),
        ("FI00000000", "placeholder"),
        ("FI123", "length"),
        ("XI432525178", "check_digit"),
    ],
)
def test_a_number_of_the_eu_that_is_wrong_is_held(raw: str, problem: str) -> None:
    found = read(raw)
    assert (found.verdict, found.problem, found.canonical, found.vies) == (Verdict.HOLD, problem, None, False)


@pytest.mark.parametrize("raw", ["EU372000041", "EU528003646", "IM2760000742", "IN2460000011"])
def test_a_one_stop_shop_number_is_never_a_customers(raw: str) -> None:
    found = read(raw, "US")
    assert (found.verdict, found.problem, found.scheme, found.vies) == (Verdict.HOLD, "scheme", "OSS", False)


@pytest.mark.parametrize(
    ("raw", "country", "verdict", "canonical", "scheme"),
    [
        ("XI432525179", "GB", Verdict.ACCEPT, "XI432525179", "XI"),
        ("GB432525179", "GB", Verdict.ACCEPT, "GB432525179", "GB"),
        ("432525179", "GB", Verdict.WARN, "GB432525179", "GB"),
        ("GB432525179", "IM", Verdict.ACCEPT, "GB432525179", "GB"),
        ("GBGD001", None, Verdict.ACCEPT, "GBGD001", "GB"),
        ("NO923609016MVA", None, Verdict.ACCEPT, "NO923609016MVA", "NO"),
        ("923609016 mva", None, Verdict.NORMALISE, "NO923609016MVA", "NO"),
        ("NO923609016", None, Verdict.WARN, "NO923609016", "NO"),
        ("923609016", "NO", Verdict.WARN, "NO923609016", "NO"),
        ("CHE107787577IVA", None, Verdict.ACCEPT, "CHE107787577IVA", "CH"),
        ("CHE-107.787.577 MWST", "CH", Verdict.NORMALISE, "CHE107787577MWST", "CH"),
        ("107.787.577 TVA", None, Verdict.NORMALISE, "CHE107787577TVA", "CH"),
        ("CHE-107.787.577", "CH", Verdict.WARN, "CHE107787577", "CH"),
        ("12-3456789", "US", Verdict.WARN, "12-3456789", "OTHER"),
    ],
)
def test_numbers_outside_the_ordinary_list_have_their_own_registers(
    raw: str, country: str | None, verdict: Verdict, canonical: str, scheme: str
) -> None:
    found = read(raw, country)
    assert (found.verdict, found.canonical, found.scheme) == (verdict, canonical, scheme)
    assert found.vies is (scheme == "XI")


@pytest.mark.parametrize(
    ("raw", "country", "problem", "scheme"),
    [
        ("NO923609017MVA", None, "check_digit", "NO"),
        ("NO92360901MVA", None, "length", "NO"),
        ("CHE107787578MWST", None, "check_digit", "CH"),
        ("CHE1077875MWST", None, "length", "CH"),
        ("12-3456789", None, "prefix", None),
        ("X" * 21, "US", "length", "OTHER"),
    ],
)
def test_wrong_numbers_outside_the_ordinary_list_are_held(
    raw: str, country: str | None, problem: str, scheme: str | None
) -> None:
    found = read(raw, country)
    assert (found.verdict, found.problem, found.scheme) == (Verdict.HOLD, problem, scheme)


@pytest.mark.parametrize("raw", ["ES54362315K", "BG7523169263"])
def test_a_foreign_number_that_is_a_persons_own_is_masked(raw: str) -> None:
    found = read(raw)
    assert found.canonical == raw
    assert found.log_form == "[personal-id]"


def test_a_company_number_may_be_shown() -> None:
    assert read("DE136695976").log_form == "DE136695976"


@pytest.mark.parametrize(
    ("raw", "proposed"),
    [("556012-5790", "SE556012579001"), ("191503882399", "SE150388239901"), ("556012-5791", None)],
)
def test_a_vat_number_can_be_proposed_from_an_organisation_number(raw: str, proposed: str | None) -> None:
    assert vat_numbers.proposal(orgnr.parse(raw, today=TODAY)) == proposed


def test_no_swedish_vat_number_is_proposed_for_a_foreign_registration() -> None:
    assert vat_numbers.proposal(orgnr.parse("923609016", today=TODAY, country="NO")) is None


PREFIXES = "AT BE BG CY CZ DE DK EE EL ES FI FR GB GR HR HU IE IT LT LU LV MT NL NO PL PT RO SE SI SK XI CHE EU IM".split()  # noqa: SIM905 - read as one line


@given(
    st.text(st.characters()),
    st.sampled_from([None, "SE", "DE", "GR", "GB", "CH", "NO", "US", "AX"]),
    st.text(),
)
def test_no_text_of_any_kind_breaks_the_reading(raw: str, country: str | None, owner: str) -> None:
    assert read(raw, country, owner).reason


@given(
    st.sampled_from(["", *PREFIXES]),
    st.text("0123456789ABU -.", max_size=15),
    st.sampled_from(["", "01", "B01", "MVA", "IVA"]),
    st.sampled_from([None, "SE", "DE", "GR", "FI", "NL", "NO", "CH"]),
)
def test_what_was_read_once_reads_the_same_again(
    prefix: str, body: str, ending: str, country: str | None
) -> None:
    found = read(prefix + body + ending, country)
    if found.canonical is not None:
        again = read(found.canonical, country)
        assert again.canonical == found.canonical
        assert again.verdict in {Verdict.ACCEPT, Verdict.WARN}


@given(st.dates(min_value=date(1930, 1, 1), max_value=TODAY), st.integers(min_value=0, max_value=9999))
@example(date(2018, 1, 6), 779)  # read from its first digit, it would be a person born in 1801
def test_a_person_number_inside_a_vat_number_is_nowhere_in_a_reason(born: date, serial: int) -> None:
    found = read(f"SE{born:%y%m%d}{serial:04d}02", "SE")
    assert found.personal
    assert found.is_held
    assert not re.search(r"\d{4}", found.reason)


@pytest.mark.parametrize(
    "raw", ["FI01120389", "FI 0112038-9", "VAT: FI01120389.", "DE136695976", "NO923609016MVA"]
)
def test_a_right_number_of_another_country_is_a_company_s(raw: str) -> None:
    assert vat_numbers.is_of_a_company_abroad(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "01120389",  # no country
        "SE811228987401",
        "SE556012579001",  # a company's, but Sweden's: its own rules say so
        "8112289874",
        "FI01120380",  # the check digit is wrong, so it may be anything
        "FI811228-9874",
        "BG8112289874",
        "LV01018012345",
        "SK8112289874",
        "XX01120389",
        "",
    ],
)
def test_what_may_be_a_person_s_number_is_never_taken_for_a_company_s_abroad(raw: str) -> None:
    assert not vat_numbers.is_of_a_company_abroad(raw)


@given(st.dates(date(1910, 1, 1), date(2025, 12, 31)), st.integers(0, 999), st.sampled_from(["", "19", "20"]))
def test_no_swedish_person_number_passes_for_a_company_s_abroad_whatever_country_is_put_before_it(
    born: date, serial: int, century: str
) -> None:
    nine = f"{born:%y%m%d}{serial:03}"
    number = nine + luhn.calc_check_digit(nine)
    for prefix in [
        "BE",
        "BG",
        "DE",
        "DK",
        "EL",
        "FI",
        "FR",
        "GB",
        "HR",
        "IT",
        "LT",
        "LV",
        "NL",
        "PL",
        "RO",
        "SK",
        "XI",
        "CHE",
        "NO",
    ]:
        for ending in ("", "01", "MVA", "B01"):
            assert not vat_numbers.is_of_a_company_abroad(f"{prefix}{century}{number}{ending}"), prefix
