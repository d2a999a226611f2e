"""Organisation and person numbers: verdicts, kinds, and that nobody's number reaches a log.

Numbers of companies are public knowledge. Person numbers are from the tax agency's official test data or have a wrong
check digit on purpose; none is invented with a right one.
"""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from sfspiris.swedish import orgnr
from sfspiris.swedish.orgnr import OrgnrFinding
from sfspiris.swedish.verdict import Verdict

TODAY = date(2026, 11, 20)
COUNTRIES = st.sampled_from(["SE", "NO", "DK", "FI", "IS", "DE", "AX", "US", ""])
TEST_PERSONS = ["199006022397", "191503882399", "150072-2390", "010413+2386", "900602-2397"]


def read(raw: str, country: str = "SE") -> OrgnrFinding:
    return orgnr.parse(raw, today=TODAY, country=country)


@pytest.mark.parametrize(
    "raw",
    [
        "5560125790",
        "16556012-5790",
        "165560125790",
        " 556012 - 5790 ",
        "556012–5790",
        "556012\N{NO-BREAK SPACE}5790",
        "\ufeff556012-5790",
        "５５６０１２－５７９０",
        "Org.nr 556012-5790",
        "5560125790.0",
        "556012.5790",
        "'556012-5790",
        "SE5560125790",
        "556012-5790.",
    ],
)
def test_every_way_to_write_a_number_leads_to_the_same_company(raw: str) -> None:
    found = read(raw)
    assert (found.verdict, found.canonical, found.kind) == (Verdict.NORMALISE, "556012-5790", "legal_entity")
    assert found.derived_vat is None


@pytest.mark.parametrize(
    "raw",
    [
        "SE556012579001",
        "556012579001",
        "SE 556012-5790 01",
        "165560125790 01",
        "556012-5790-01",
        "SE16556012579001",
    ],
)
def test_a_vat_number_in_the_field_gives_both_values(raw: str) -> None:
    found = read(raw)
    assert (found.verdict, found.canonical) == (Verdict.NORMALISE, "556012-5790")
    assert found.derived_vat == "SE556012579001"


def test_a_number_that_could_begin_with_a_century_is_read_as_the_vat_number_it_is() -> None:
    assert read("202100544801").derived_vat == "SE202100544801"


def test_a_vat_number_with_an_old_ending_is_held() -> None:
    assert read("SE556012579002").problem == "suffix"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "missing"),
        ("  \u200b", "missing"),
        ("Org.nr:", "missing"),
        ("5.56016E+09", "digits_lost"),
        ("5,56012579E9", "digits_lost"),
        ("556012-5791", "check_digit"),
        ("SE556012579101", "check_digit"),
        ("556012-579", "length"),
        ("556012-57901", "length"),
        ("SE55601257901", "length"),
        ("556012-5790 / 556074-3089", "ambiguous"),
        ("556012-5790, 556012-5790", "ambiguous"),
        ("55601257905560743089", "ambiguous"),
        ("195560125790", "ambiguous"),
        ("AB Volvo 556012-5790", "characters"),
        ("55601Z-5790", "characters"),
        ("556012+5790", "characters"),
        ("551312-0005", "third_digit"),
        ("000000-0000", "placeholder"),
        ("222222-2222", "placeholder"),
        ("333333-3333", "placeholder"),
        ("556677-8899", "placeholder"),
        ("123456-7897", "placeholder"),
        ("16000000-0000", "placeholder"),
        ("462000-0002", "series"),
        ("062000-0000", "series"),
    ],
)
def test_what_cannot_be_a_companys_number_is_held_and_says_why(raw: str, problem: str) -> None:
    found = read(raw)
    assert (found.verdict, found.problem) == (Verdict.HOLD, problem)
    assert (found.canonical, found.log_form, found.kind, found.personal) == (None, None, "unknown", False)


@pytest.mark.parametrize("first_digit", ["1", "3", "6"])
def test_rare_series_are_used_and_shown(first_digit: str) -> None:
    nine = f"{first_digit}6200000"
    number = f"{nine}1{luhn.calc_check_digit(nine + '1')}"
    found = read(f"{number[:6]}-{number[6:]}")
    assert (found.verdict, found.kind) == (Verdict.WARN, "legal_entity")
    assert found.canonical == f"{number[:6]}-{number[6:]}"


@pytest.mark.parametrize("public", ["212000-0142", "202100-5448", "232100-0016"])
def test_a_public_body_is_told_by_its_series(public: str) -> None:
    assert read(public).is_public_sector


def test_the_church_of_sweden_is_no_public_body_although_its_number_starts_with_2() -> None:
    assert not read("252002-6135").is_public_sector


@pytest.mark.parametrize(
    ("raw", "canonical", "twelve", "kind"),
    [
        ("199006022397", "900602-2397", "199006022397", "personnummer"),
        ("900602-2397", "900602-2397", "199006022397", "personnummer"),
        ("9006022397", "900602-2397", "199006022397", "personnummer"),
        ("191503882399", "150388+2399", "191503882399", "samordningsnummer"),
        ("150388+2399", "150388+2399", "191503882399", "samordningsnummer"),
        ("150072-2390", "150072-2390", "201500722390", "samordningsnummer"),
        ("010413+2386", "010413+2386", "190104132386", "personnummer"),
    ],
)
def test_a_sole_traders_number_is_a_warning_and_personal(
    raw: str, canonical: str, twelve: str, kind: str
) -> None:
    found = read(raw)
    assert (found.verdict, found.kind, found.personal) == (Verdict.WARN, kind, True)
    assert (found.canonical, found.canonical12, found.log_form) == (canonical, twelve, "[personal-id]")


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("900602-2398", "check_digit"),
        ("SE900602239801", "check_digit"),
        ("261231-2385", "date"),
        ("20301231-2389", "date"),
        ("900602+2397", None),
        ("19900602+2397", "ambiguous"),
        ("16900602-2397", "ambiguous"),
        ("19551312-0005", "third_digit"),
        ("302000-0000", "gd_nummer"),
        ("16302000-0000", "gd_nummer"),
        ("900602239", "length"),
        ("90060223977", "length"),
        ("010413238", "length"),
        ("104132386", "length"),
        ("9006O2-2397", "characters"),
        ("Anna 900602-2397", "characters"),
        ("556012-5790 900602-2397", "ambiguous"),
        ("55601257909006022397", "ambiguous"),
        ("9.00602E+09", "digits_lost"),
        ("9.006022397E9", "digits_lost"),
        ("9E+09", "digits_lost"),
        ("111111-1111", "placeholder"),
        ("121212-1212", "placeholder"),
    ],
)
def test_anything_shaped_like_a_persons_number_is_masked_even_when_it_is_wrong(
    raw: str, problem: str | None
) -> None:
    found = read(raw)
    assert found.problem == problem
    if raw != "9E+09":
        assert (found.personal, found.log_form) == (True, "[personal-id]")


def test_a_birth_date_that_does_not_exist_is_held() -> None:
    nine = "900631238"
    assert read(nine + luhn.calc_check_digit(nine)).problem == "date"


def test_plus_and_minus_change_in_the_year_a_person_turns_a_hundred() -> None:
    assert orgnr.parse("199006022397", today=date(2089, 12, 31)).canonical == "900602-2397"
    assert orgnr.parse("199006022397", today=date(2090, 1, 1)).canonical == "900602+2397"


def test_a_person_number_under_the_name_of_an_ab_is_a_contradiction() -> None:
    assert orgnr.contradicts_name(read("900602-2397"), "Exempel AB")
    assert not orgnr.contradicts_name(read("900602-2397"), "Anna Andersson Snickeri")
    assert not orgnr.contradicts_name(read("556012-5790"), "Exempel AB")


@pytest.mark.parametrize(
    ("country", "raw", "canonical", "verdict"),
    [
        ("NO", "923609016", "923609016", Verdict.ACCEPT),
        ("NO", " 923 609 016", "923 609 016", Verdict.NORMALISE),
        ("FI", "0112038-9", "0112038-9", Verdict.ACCEPT),
        ("BE", "0403.170.701", "0403.170.701", Verdict.ACCEPT),
        ("IS", "410504-2180", "410504-2180", Verdict.ACCEPT),
        ("DE", "HRB 12345", "HRB 12345", Verdict.ACCEPT),
        ("US", "12-3456789", "12-3456789", Verdict.ACCEPT),
    ],
)
def test_a_registration_number_of_another_country_is_carried_as_it_is(
    country: str, raw: str, canonical: str, verdict: Verdict
) -> None:
    found = read(raw, country)
    assert (found.verdict, found.kind, found.canonical, found.log_form) == (
        verdict,
        "foreign",
        canonical,
        canonical,
    )


@pytest.mark.parametrize("raw", ["556012-5790", "SE556012579001", "16556012-5790"])
def test_a_swedish_number_on_a_customer_abroad_is_a_warning(raw: str) -> None:
    found = read(raw, "DK")
    assert (found.verdict, found.kind, found.canonical) == (Verdict.WARN, "legal_entity", "556012-5790")


def test_a_customer_abroad_needs_no_organisation_number() -> None:
    found = read("", "NO")
    assert (found.verdict, found.canonical, found.kind) == (Verdict.ACCEPT, None, "unknown")


@pytest.mark.parametrize(
    ("country", "raw"),
    [
        ("DK", "010190-1234"),
        ("DK", "0101901234"),
        ("NO", "01019012345"),
        ("NO", "41019012345"),
        ("FI", "010190-123X"),
        ("AX", "010190A123X"),
        ("IS", "010190-1239"),
        ("PL", "90010112345"),
        ("DE", "900602-2398"),
        ("DE", "19900602-2398"),
    ],
)
def test_a_person_number_of_another_country_is_held_and_masked(country: str, raw: str) -> None:
    found = read(raw, country)
    assert (found.verdict, found.problem, found.log_form) == (Verdict.HOLD, "personal", "[personal-id]")


@pytest.mark.parametrize(("raw", "problem"), [("x" * 21, "length"), ("9.2E+08", "digits_lost")])
def test_an_unusable_number_of_another_country_is_held(raw: str, problem: str) -> None:
    assert read(raw, "NO").problem == problem


def test_a_swedish_looking_number_with_a_wrong_check_digit_abroad_is_another_countrys() -> None:
    assert read("556012-5791", "DK").kind == "foreign"


@given(st.text(st.characters()), COUNTRIES)
def test_no_text_of_any_kind_breaks_the_reading(raw: str, country: str) -> None:
    assert read(raw, country).reason


@given(st.from_regex(r"(SE|16|19|Org\.nr )?[0-9]{4,8}[-+. ]?[0-9]{2,5}(01|\.0)?", fullmatch=True), COUNTRIES)
def test_what_was_read_once_reads_the_same_again(raw: str, country: str) -> None:
    found = read(raw, country)
    if found.canonical is not None:
        again = read(found.canonical, country)
        assert again.canonical == found.canonical
        assert again.verdict in {Verdict.ACCEPT, Verdict.WARN}
        assert again.kind == found.kind


@given(st.integers(min_value=0, max_value=999_999_999))
def test_every_companys_number_is_accepted_in_canonical_form_and_refused_with_another_check_digit(
    number: int,
) -> None:
    nine = f"{number:09d}"
    if nine[2] in "01" or nine.startswith("302"):
        return
    check = luhn.calc_check_digit(nine)
    found = read(f"{nine[:6]}-{nine[6:]}{check}")
    assert found.is_held == (
        nine[0] in "04" or len(set(nine + check)) == 1 or nine + check in {"5566778899", "1234567897"}
    )
    wrong = str((int(check) + 1) % 10)
    assert read(nine + wrong).is_held


@given(
    st.dates(min_value=date(1930, 1, 1), max_value=TODAY),
    st.integers(min_value=0, max_value=999),
    st.booleans(),
    st.sampled_from(["", "-", " ", "–"]),
)
def test_a_persons_number_is_nowhere_in_a_log_or_reason(
    born: date, serial: int, long: bool, separator: str
) -> None:
    """Right or wrong: what is shaped like a person's number never appears, not even in part."""
    nine = f"{born:%y%m%d}{serial:03d}"
    wrong = str((int(luhn.calc_check_digit(nine)) + 1) % 10)
    raw = (
        f"{born:%Y}{nine[2:6]}{separator}{nine[6:]}{wrong}"
        if long
        else f"{nine[:6]}{separator}{nine[6:]}{wrong}"
    )
    found = read(raw)
    assert found.personal
    assert found.log_form == "[personal-id]"
    assert not re.search(r"\d{4}", found.reason)


@pytest.mark.parametrize("raw", TEST_PERSONS)
def test_a_test_persons_number_is_not_in_its_own_reason(raw: str) -> None:
    found = read(raw)
    assert found.log_form == "[personal-id]"
    assert not re.search(r"\d{4}", found.reason)
