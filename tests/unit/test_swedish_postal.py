"""Postal codes: Swedish ones by their range, foreign ones by their form, and the territories they reveal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish import postal
from sfspiris.swedish.postal import parse
from sfspiris.swedish.territories import TERRITORIES
from sfspiris.swedish.verdict import Verdict


@pytest.mark.parametrize(
    ("raw", "verdict", "canonical"),
    [
        ("100 00", Verdict.ACCEPT, "100 00"),
        ("984 99", Verdict.ACCEPT, "984 99"),
        ("11418", Verdict.NORMALISE, "114 18"),
        ("11418.0", Verdict.NORMALISE, "114 18"),
        ("SE-11418", Verdict.NORMALISE, "114 18"),
        ("SE 114 18", Verdict.NORMALISE, "114 18"),
        ("S-114 18", Verdict.NORMALISE, "114 18"),
        ("S11418", Verdict.NORMALISE, "114 18"),
        ("114\N{NO-BREAK SPACE}18", Verdict.NORMALISE, "114 18"),
        ("１１４１８", Verdict.NORMALISE, "114 18"),
    ],
)
def test_a_swedish_code_is_written_with_a_space(raw: str, verdict: Verdict, canonical: str) -> None:
    found = parse(raw, country="SE")
    assert (found.verdict, found.canonical, found.territory) == (verdict, canonical, None)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "missing"),
        ("1141", "length"),
        ("114 180", "length"),
        ("01234", "range"),
        ("985 00", "range"),
        ("099 99", "range"),
        ("1O4 05", "characters"),
        ("114 18 Stockholm", "characters"),
        ("DK-2100", "characters"),
    ],
)
def test_a_swedish_code_that_cannot_be_is_held(raw: str, problem: str) -> None:
    found = parse(raw, country="SE")
    assert (found.verdict, found.problem, found.canonical) == (Verdict.HOLD, problem, None)


@pytest.mark.parametrize(
    ("country", "raw", "canonical"),
    [
        ("NO", "N-0150", "0150"),
        ("DE", "D-01067", "01067"),
        ("PL", "00950", "00-950"),
        ("PT", "1000205", "1000-205"),
        ("NL", "1012ab", "1012 AB"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "M1 1ae", "M1 1AE"),
        ("IE", "D02AF30", "D02 AF30"),
        ("GR", "EL-10431", "104 31"),
        ("CZ", "11000", "110 00"),
        ("LV", "1010", "LV-1010"),
        ("LT", "01100", "LT-01100"),
        ("MT", "VLT1117", "VLT 1117"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("US", "123456789", "12345-6789"),
        ("US", "02134 ", "02134"),
        ("XX", "abc  12", "ABC 12"),
        (None, "abc 12", "ABC 12"),
    ],
)
def test_a_foreign_code_keeps_its_zeros_letters_and_hyphens(
    country: str | None, raw: str, canonical: str
) -> None:
    found = parse(raw, country=country)
    assert (found.verdict, found.canonical) == (Verdict.NORMALISE, canonical)
    assert parse(canonical, country=country).verdict is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("country", "raw", "canonical"),
    [
        ("NO", "150", "0150"),
        ("NO", "150.0", "0150"),
        ("DK", "800", "0800"),
        ("FI", "100", "00100"),
        ("DE", "1067", "01067"),
        ("FR", "1000", "01000"),
        ("IT", "100", "00100"),
        ("ES", "8001", "08001"),
        ("PL", "950", "00-950"),
        ("LT", "1100", "LT-01100"),
    ],
)
def test_a_lost_zero_is_restored_with_a_warning_where_codes_have_one_length(
    country: str, raw: str, canonical: str
) -> None:
    found = parse(raw, country=country)
    assert (found.verdict, found.canonical) == (Verdict.WARN, canonical)


@pytest.mark.parametrize(
    ("country", "raw", "problem"),
    [
        ("US", "1234", "length"),
        ("BE", "100", "length"),
        ("DE", "67", "length"),
        ("NO", "1", "length"),
        ("GB", "12345", "characters"),
        ("GB", "1234", "length"),
        ("NL", "1012", "length"),
        ("NL", "1012 SA", "range"),
        ("NL", "0012 AB", "range"),
        ("BE", "0100", "range"),
        ("ES", "53000", "range"),
        ("NO", "O150", "characters"),
        ("IE", "1234567", "characters"),
        ("XX", "12345678901", "length"),
        (None, "12345678901", "length"),
        ("IN", " ", "missing"),
    ],
)
def test_a_foreign_code_that_cannot_be_is_held(country: str | None, raw: str, problem: str) -> None:
    found = parse(raw, country=country)
    assert (found.verdict, found.problem, found.canonical) == (Verdict.HOLD, problem, None)


@pytest.mark.parametrize(
    ("country", "raw", "canonical", "territory"),
    [
        ("FI", "22100", "22100", "AX"),
        ("FI", "AX-22100", "22100", "AX"),
        ("AX", "22100", "22100", "AX"),
        ("ES", "35001", "35001", "IC"),
        ("ES", "38001", "38001", "IC"),
        ("ES", "51001", "51001", "EA"),
        ("ES", "52001", "52001", "EA"),
        ("FR", "97110", "97110", "GP"),
        ("FR", "97150", "97150", "MF"),
        ("FR", "97400", "97400", "RE"),
        ("FR", "98000", "98000", "MC"),
        ("MC", "98000", "98000", "MC"),
        ("IT", "23041", "23041", "LIVIGNO"),
        ("IT", "22061", "22061", "CAMPIONE"),
        ("DE", "78266", "78266", "BUSINGEN"),
        ("DE", "27498", "27498", "HELGOLAND"),
        ("GR", "63086", "630 86", "ATHOS"),
        ("GB", "bt15gs", "BT1 5GS", "XI"),
        ("GB", "IM1 1AA", "IM1 1AA", "IM"),
        ("DK", "3900", "3900", "GL"),
    ],
)
def test_a_territory_is_told_by_its_code_and_shown(
    country: str, raw: str, canonical: str, territory: str
) -> None:
    found = parse(raw, country=country)
    assert (found.verdict, found.canonical, found.territory) == (Verdict.WARN, canonical, territory)


@pytest.mark.parametrize(
    ("country", "raw"), [("FI", "00100"), ("ES", "28001"), ("FR", "75001"), ("GB", "SW1A 1AA")]
)
def test_a_code_of_the_mainland_has_no_territory(country: str, raw: str) -> None:
    assert parse(raw, country=country).territory is None


def test_monaco_is_inside_the_vat_area_and_northern_ireland_for_goods_only() -> None:
    assert "inside the EU VAT area" in parse("98000", country="MC").reason
    assert "goods only" in parse("BT1 5GS", country="GB").reason
    assert "outside" in parse("22100", country="FI").reason


def test_every_country_with_a_known_form_is_written_the_same_twice() -> None:
    for country, known in postal._FORMATS.items():
        for shape in known.shapes:
            assert len(shape) <= postal.LIMIT, country


@given(
    st.text(st.characters()),
    st.sampled_from([None, "SE", "XX", *sorted(postal._FORMATS), *sorted(TERRITORIES)]),
)
def test_no_text_of_any_kind_breaks_the_reading(raw: str, country: str | None) -> None:
    assert parse(raw, country=country).reason


@given(
    st.sampled_from([None, "SE", "XX", *sorted(postal._FORMATS)]),
    st.from_regex(r"([A-Z]{1,3}[- ])?[0-9A-Z]{2,5}[- ]?[0-9A-Z]{0,4}", fullmatch=True),
)
def test_what_was_read_once_reads_the_same_again(country: str | None, raw: str) -> None:
    found = parse(raw, country=country)
    if found.canonical is not None:
        again = parse(found.canonical, country=country)
        assert again.canonical == found.canonical
        assert again.territory == found.territory
        assert again.verdict is (Verdict.ACCEPT if found.territory is None else Verdict.WARN)
        assert len(found.canonical) <= postal.LIMIT
