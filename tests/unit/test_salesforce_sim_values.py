"""Values of the Salesforce simulator: the forms in which records keep them, and CSV cells."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sfspiris.sandbox.salesforce.bulk.csvform import CsvForm, cell, record_of
from sfspiris.sandbox.salesforce.dml import formatted
from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.schema.geography import COUNTRIES, STATES
from sfspiris.sandbox.salesforce.soql.matching import like_pattern
from sfspiris.sandbox.salesforce.values import rounded, shown, stamp, wire_date, wire_datetime, wire_time

COMMA = CsvForm(",", "\n")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-20T10:11:12Z", "2026-11-20T10:11:12.000+0000"),
        ("2026-11-20T10:11:12.5+01:00", "2026-11-20T09:11:12.500+0000"),
        ("2026-11-20T10:11:12.123456789-0230", "2026-11-20T12:41:12.123+0000"),
        ("2026-11-20", "2026-11-20T00:00:00.000+0000"),
        ("2026-11-20T10:11:12", None),
        ("2026-11-31T10:11:12Z", None),
        ("now", None),
    ],
)
def test_an_instant_is_kept_in_utc_with_milliseconds(said: str, kept: str | None) -> None:
    assert wire_datetime(said) == kept


def test_a_stamp_has_whole_seconds() -> None:
    assert stamp(datetime(2026, 11, 20, 8, 0, 0, 999_999, tzinfo=UTC)) == "2026-11-20T08:00:00.000+0000"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T23:30:00Z", "2026-11-20"),
        ("2026-02-29", None),
        ("2026-11-20x", None),
    ],
)
def test_a_date_is_a_day_and_nothing_else(said: str, kept: str | None) -> None:
    assert wire_date(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [("9:00", None), ("09:00", "09:00:00.000Z"), ("23:59:59.5Z", "23:59:59.500Z"), ("24:00", None)],
)
def test_a_time_of_day_is_kept_whole(said: str, kept: str | None) -> None:
    assert wire_time(said) == kept


@pytest.mark.parametrize(
    ("number", "scale", "text"),
    [
        ("2.345", 2, "2.35"),
        ("-2.345", 2, "-2.35"),
        ("500", 2, "500.0"),
        ("1E+3", 0, "1000.0"),
        ("-0.001", 2, "0.0"),
    ],
)
def test_a_number_is_rounded_half_away_from_zero_and_shown_with_a_decimal(
    number: str, scale: int, text: str
) -> None:
    assert str(rounded(Decimal(number), scale)) == text
    assert shown(Decimal(text)) == Decimal(text)


@pytest.mark.parametrize(
    ("display", "number", "text"),
    [("INV-{0000}", 7, "INV-0007"), ("{00000000}", 12, "00000012"), ("{0}/x", 123, "123/x"), ("odd", 4, "4")],
)
def test_an_automatic_number_has_its_display_format(display: str, number: int, text: str) -> None:
    assert formatted(display, number) == text


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a%", "ABC\nD", True),
        ("a_c", "abc", True),
        ("a_c", "abbc", False),
        (r"100\%", "100%", True),
        (r"100\%", "1000", False),
        ("a.c", "abc", False),
        ("[x]", "[X]", True),
    ],
)
def test_like_knows_two_wildcards_and_their_escapes(pattern: str, text: str, matches: bool) -> None:
    assert bool(like_pattern(pattern).fullmatch(text)) is matches


def test_countries_and_states_are_listed_by_their_codes() -> None:
    assert len(COUNTRIES) == 240
    assert (COUNTRIES["SE"], COUNTRIES["NO"], COUNTRIES["GB"]) == ("Sweden", "Norway", "United Kingdom")
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert STATES["US"]["NY"] == "New York"
    assert "SE" not in STATES


def test_a_table_survives_being_written_and_read() -> None:
    rows = [["a", 'say "hi"', "line\nbreak"], ["ö", "", ";,|"]]
    for form in (COMMA, CsvForm("|", "\r\n"), CsvForm("\t", "\n")):
        assert form.read(form.written(["x", "y", "z"], rows)) == (["x", "y", "z"], rows)
    assert COMMA.read("\ufeffName\n\nx\n") == (["Name"], [["x"]])
    assert COMMA.read("") == ([], [])


def test_cells_show_values_as_the_bulk_api_does() -> None:
    values = (None, True, False, Decimal("12.50"), 3, "2026-11-20T10:11:12.000+0000", "2026-11-20")
    assert [cell(value) for value in values] == [
        "",
        "true",
        "false",
        "12.50",
        "3",
        "2026-11-20T10:11:12.000Z",
        "2026-11-20",
    ]


def test_a_line_becomes_a_record_with_parents_named() -> None:
    header = ["Name", "Phone", "Fax", "Account__r.Ext__c", "Owner:User.Username"]
    assert record_of(header, ["x", "", "#N/A", "e1", "sara"]) == {
        "Name": "x",
        "Fax": None,
        "Account__r": {"Ext__c": "e1"},
        "Owner": {"Username": "sara", "type": "User"},
    }


def test_an_unknown_delimiter_is_refused() -> None:
    with pytest.raises(ApiError, match="SLASH"):
        CsvForm.of({"columnDelimiter": "SLASH"})
