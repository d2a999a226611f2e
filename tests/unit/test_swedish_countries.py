"""Countries: every ISO name in two languages, everyday forms, and the places that are not what their code says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish import countries
from sfspiris.swedish.countries import area, parse, vat_prefix
from sfspiris.swedish.country_names import COUNTRIES, EVERYDAY_FORMS
from sfspiris.swedish.territories import TERRITORIES
from sfspiris.swedish.verdict import Verdict


def test_the_table_holds_all_of_iso_3166_and_kosovo() -> None:
    codes = [row[0] for row in COUNTRIES]
    assert len(codes) == len(set(codes)) == 250
    assert len({row[1] for row in COUNTRIES}) == 250


@pytest.mark.parametrize("row", COUNTRIES, ids=lambda row: row[0])
def test_a_country_is_known_by_both_codes_both_names_and_its_everyday_forms(
    row: tuple[str, str, str, str],
) -> None:
    for name in (*row, *EVERYDAY_FORMS.get(row[0], ())):
        assert parse(name).iso2 == row[0], name
        assert parse(f" {name.upper()} ").iso2 == row[0], name


@pytest.mark.parametrize(
    ("raw", "verdict", "iso2"),
    [
        ("SE", Verdict.ACCEPT, "SE"),
        ("se", Verdict.NORMALISE, "SE"),
        ("SWE", Verdict.NORMALISE, "SE"),
        ("Sverige", Verdict.NORMALISE, "SE"),
        ("Österrike", Verdict.NORMALISE, "AT"),
        ("Osterrike", Verdict.NORMALISE, "AT"),
        ("O\u0308sterrike", Verdict.NORMALISE, "AT"),
        ("The Netherlands", Verdict.NORMALISE, "NL"),
        ("Holland", Verdict.NORMALISE, "NL"),
        ("England", Verdict.NORMALISE, "GB"),
        ("U.K.", Verdict.NORMALISE, "GB"),
        ("U.S.A.", Verdict.NORMALISE, "US"),
        ("Antigua & Barbuda", Verdict.NORMALISE, "AG"),
        ("S:t Lucia", Verdict.NORMALISE, "LC"),
        ("St. Lucia", Verdict.NORMALISE, "LC"),
        ("Côte d’Ivoire", Verdict.NORMALISE, "CI"),
    ],
)
def test_a_name_is_read_in_everyday_spelling(raw: str, verdict: Verdict, iso2: str) -> None:
    found = parse(raw)
    assert (found.verdict, found.iso2, found.canonical) == (verdict, iso2, iso2)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "missing"),
        (" - ", "missing"),
        ("Kongo", "ambiguous"),
        ("Korea", "ambiguous"),
        ("EU", "ambiguous"),
        ("Sverge", "unknown"),
        ("S", "unknown"),
        ("the", "unknown"),
        ("Stockholm", "unknown"),
    ],
)
def test_what_is_not_in_the_table_is_held_and_nothing_is_said_about_its_vat(raw: str, problem: str) -> None:
    found = parse(raw)
    assert (found.verdict, found.problem) == (Verdict.HOLD, problem)
    assert (found.iso2, found.vat_prefix, found.eu_member, found.eu_vat_area) == (None, None, None, None)


def test_an_empty_country_beside_a_swedish_number_is_sweden_with_a_warning() -> None:
    found = parse("", has_swedish_orgnr=True)
    assert (found.verdict, found.iso2) == (Verdict.WARN, "SE")


@pytest.mark.parametrize(
    ("raw", "iso2", "prefix", "standing", "territory"),
    [
        ("Åland", "AX", "FI", (True, False), "AX"),
        ("Aland Islands", "AX", "FI", (True, False), "AX"),
        ("AX", "AX", "FI", (True, False), "AX"),
        ("Nordirland", "GB", "XI", (False, True), "XI"),
        ("XI", "GB", "XI", (False, True), "XI"),
        ("Kanarieöarna", "ES", "ES", (True, False), "IC"),
        ("Ceuta", "ES", "ES", (True, False), "EA"),
        ("Monaco", "MC", "FR", (False, True), "MC"),
        ("Isle of Man", "IM", "GB", (False, False), "IM"),
        ("Réunion", "RE", "FR", (True, False), "RE"),
    ],
)
def test_a_territory_is_shown_with_its_own_standing(
    raw: str, iso2: str, prefix: str, standing: tuple[bool, bool], territory: str
) -> None:
    found = parse(raw)
    assert found.verdict is Verdict.WARN
    assert (found.iso2, found.vat_prefix, found.territory) == (iso2, prefix, territory)
    assert (found.eu_member, found.eu_vat_area) == standing


@pytest.mark.parametrize(
    ("raw", "prefix", "eu"),
    [("Grekland", "EL", True), ("Norge", "NO", False), ("Schweiz", "CHE", False), ("Tyskland", "DE", True)],
)
def test_a_vat_number_begins_with_the_countrys_own_prefix(raw: str, prefix: str, eu: bool) -> None:
    found = parse(raw)
    assert (found.vat_prefix, found.eu_member, found.eu_vat_area) == (prefix, eu, eu)


def test_there_are_twenty_seven_member_states() -> None:
    assert len(countries.EU_MEMBERS) == 27


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("SE", "sweden"),
        ("DE", "eu"),
        ("MC", "eu"),
        ("XI", "goods_only"),
        ("AX", "outside"),
        ("IC", "outside"),
        ("LIVIGNO", "outside"),
        ("GB", "outside"),
        ("NO", "outside"),
    ],
)
def test_a_place_lies_where_the_vat_area_says(code: str, where: str) -> None:
    assert area(code) == where
    assert countries.is_known(code)


def test_a_code_that_is_none_is_not_known() -> None:
    assert not countries.is_known("ZZ")


@pytest.mark.parametrize("code", sorted(TERRITORIES))
def test_every_territory_has_a_known_country_and_a_prefix(code: str) -> None:
    assert TERRITORIES[code].iso2 in {row[0] for row in COUNTRIES}
    assert vat_prefix(code)


@given(st.text(st.characters()))
def test_no_text_of_any_kind_breaks_the_reading(raw: str) -> None:
    found = parse(raw)
    if found.canonical is not None:
        assert parse(found.canonical).canonical == found.canonical
