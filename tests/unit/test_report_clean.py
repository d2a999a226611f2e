"""What may be shown of a text that somebody else wrote."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report_samples import HOSTILE
from sfspiris.report.clean import numbers_pattern, private, safe_url, visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Åkerlunds & Söner", "Åkerlunds & Söner"),
        ("12\u00a0500,00 SEK", "12\u00a0500,00 SEK"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://evil.example\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;a title\x1b\\after", "after"),
        ("\x1b]0;never ended", "0;never ended"),
        ("\x1bcreset", "reset"),
        ("two\r\nlines", "two lines"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("AB\u200bC\ufeff", "ABC"),
        ("\ud800", "\ufffd"),
        ("क्‍ष", "क्‍ष"),
    ],
)
def test_a_text_keeps_its_words_and_loses_what_acts_on_a_terminal_or_misleads(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@given(st.text())
def test_nothing_that_is_shown_can_control_a_terminal_or_turn_the_line(raw: str) -> None:
    shown = visible(raw)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cs"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    assert visible(shown) == shown
    shown.encode()


@pytest.mark.parametrize("raw", HOSTILE)
def test_masking_a_clean_text_twice_changes_nothing_more(raw: str) -> None:
    assert private(private(visible(raw))) == private(visible(raw))


@pytest.mark.parametrize(
    "number",
    [
        "811228-9874",
        "811228+9874",
        "8112289874",
        "198112289874",
        "19811228-9874",
        "811228 9874",
        "811228 – 9874",
        "SE811228987401",
        "811228-9873",  # mistyped: masked by its shape
        "811288-9874",  # a co-ordination number
    ],
)
def test_a_person_number_is_masked_however_it_is_written(number: str) -> None:
    assert private(f"Konsultation {number}, november") == "Konsultation [personal-id], november"


@pytest.mark.parametrize(
    "harmless",
    [
        "556012-5790",  # a company: the third digit is no month
        "SE556012579001",
        "8112289873",  # ten bare digits whose check digit is wrong: an order number
        "006Qy0000000001AAA",
        "6f1f2b7e-1234-4b1c-9d3e-198112289874",
        "A811228-9874",
        "12 500,00 SEK",
    ],
)
def test_other_numbers_are_left_as_they_are(harmless: str) -> None:
    assert private(harmless) == harmless


def test_an_email_address_keeps_its_first_letter_and_domain() -> None:
    assert private("Skicka till per.akerlund@kund.example, tack") == "Skicka till p…@kund.example, tack"


def test_known_numbers_are_found_in_any_spelling() -> None:
    pattern = numbers_pattern(["123456-7890", "SE123456789001"])
    assert pattern is not None
    for spelled in ("1234567890", "123456-7890", "12 34 56-78 90", "19123456-7890", "SE123456789001"):
        assert pattern.sub("*", f"<{spelled}>") == "<*>"
    assert pattern.sub("*", "123456-7891") == "123456-7891"
    assert numbers_pattern([]) is None
    assert numbers_pattern(["none"]) is None


@pytest.mark.parametrize(
    "url", ["https://exempel.my.salesforce.com/006", "http://127.0.0.1:8401/x", "http://localhost:8401/x"]
)
def test_an_address_of_the_crm_or_of_this_machine_is_a_link(url: str) -> None:
    assert safe_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "javascript:alert(1)",
        "data:text/html,x",
        "http://evil.example/",
        "https://",
        "https://[",
        "https://a b",
        "https://exempel.se/\n",
        "https://exämpel.se/",
        "//evil.example",
        "file:///etc/passwd",
    ],
)
def test_any_other_address_is_no_link(url: str | None) -> None:
    assert safe_url(url) is None
