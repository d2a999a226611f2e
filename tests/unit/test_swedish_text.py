"""Cleaning keeps the value and removes what stands around it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish import text
from sfspiris.swedish.legal_forms import says_legal_entity, shorten
from sfspiris.swedish.verdict import Verdict

ANY_TEXT = st.text(st.characters())  # lone surrogates included: sales data may hold them


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("Exempel\r\nAB", "Exempel AB"),
        ("Exempel\tAB", "Exempel AB"),
        ("  Exempel \N{NO-BREAK SPACE}\N{THIN SPACE} AB ", "Exempel AB"),
        ("\ufeffExempel\u200b AB\u200e", "Exempel AB"),
        ("Exempel\u2028AB", "Exempel AB"),
        ("Exem\x07pel\x00 AB", "Exempel AB"),
        ("Exempel \u200b AB", "Exempel AB"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("a\u200b\u030a", "å"),
        ("\ud800Exempel", "Exempel"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("", ""),
    ],
)
def test_a_text_becomes_one_line_without_invisible_marks(raw: str, line: str) -> None:
    assert text.one_line(raw) == line


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("556012–5790", "556012-5790"),
        ("556012\N{NON-BREAKING HYPHEN}5790", "556012-5790"),
        ("556012\N{MINUS SIGN}5790", "556012-5790"),
        ("５５６０１２－５７９０", "556012-5790"),
        ("٥٥٦٠١٢", "556012"),
        ("se 5560", "SE 5560"),
        ("ＳＥ５５６０", "SE5560"),
        ("55\u200d6012", "556012"),
        ("5²", "5²"),
        ("1O4 05", "1O4 05"),
    ],
)
def test_a_code_is_what_a_keyboard_would_have_typed(raw: str, code: str) -> None:
    assert text.code(raw) == code


@pytest.mark.parametrize(
    ("raw", "identifier"),
    [
        ("Org.nr: 556012-5790", "556012-5790"),
        ("Organisationsnummer 556012-5790", "556012-5790"),
        ("organisation number: 556012-5790", "556012-5790"),
        ("Corporate identity no. 556012-5790", "556012-5790"),
        ("VAT no: SE556012579001", "SE556012579001"),
        ("VAT NO923609016MVA", "NO923609016MVA"),
        ("NO923609016MVA", "NO923609016MVA"),
        ("'5560125790", "5560125790"),
        ('="5560125790"', "5560125790"),
        ("5560125790.0", "5560125790"),
        ("5560125790,00", "5560125790"),
        ("556012-5790.", "556012-5790"),
        ("...", ""),
        ("'Org.nr: 'Nr 5560125790.0'", "5560125790"),
        ("0.0.0", "0.0.0"),
    ],
)
def test_labels_quotes_and_a_spreadsheets_decimals_are_not_part_of_an_identifier(
    raw: str, identifier: str
) -> None:
    assert text.identifier(raw) == identifier


@pytest.mark.parametrize("shown", ["5.56016E+09", "5,56E9", "5E+10"])
def test_scientific_notation_is_recognised(shown: str) -> None:
    assert text.is_scientific(shown)


def test_a_number_with_letters_is_not_scientific_notation() -> None:
    assert not text.is_scientific("E5560125790")


def test_length_counts_a_decomposed_letter_once() -> None:
    assert text.length("A\u030angstro\u0308m") == 8


def test_a_text_of_exactly_the_limit_fits_and_one_more_is_held() -> None:
    assert text.fit("x" * 50, 50).verdict is Verdict.ACCEPT
    held = text.fit("x" * 51, 50)
    assert (held.verdict, held.problem, held.canonical) == (Verdict.HOLD, "length", None)


def test_letters_are_composed_before_they_are_counted() -> None:
    fifty = "a\u030a" * 50
    assert text.fit(fifty, 50).canonical == "å" * 50


def test_a_long_name_is_held_with_a_short_form_to_approve() -> None:
    held = text.fit("Aktiebolaget Norra Sveriges Verktygsmaskiner och Industriservice i Härnösand", 50)
    assert held.proposal == "AB Norra Sveriges Verktygsmaskiner"


def test_an_empty_text_fits() -> None:
    assert text.fit("", 50).verdict is Verdict.ACCEPT
    assert text.fit(" \n ", 50).canonical == ""


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(raw: str) -> None:
    assert text.one_line(text.one_line(raw)) == text.one_line(raw)
    assert text.code(text.code(raw)) == text.code(raw)
    assert text.identifier(text.identifier(raw)) == text.identifier(raw)


@given(ANY_TEXT)
def test_a_line_has_no_control_characters_and_is_composed(raw: str) -> None:
    line = text.one_line(raw)
    assert not any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in line)
    assert unicodedata.is_normalized("NFC", line)
    assert "  " not in line


@given(ANY_TEXT, st.integers(min_value=1, max_value=60))
def test_whatever_fits_is_within_the_limit_and_fits_again(raw: str, limit: int) -> None:
    found = text.fit(raw, limit)
    if found.canonical is None:
        assert text.length(text.one_line(raw)) > limit
        assert found.proposal is None or len(found.proposal) <= limit
    else:
        assert text.fit(found.canonical, limit).verdict is Verdict.ACCEPT


@pytest.mark.parametrize(
    "name",
    [
        "Exempel AB",
        "AB Exempel",
        "Exempel Aktiebolag (publ)",
        "Brf Eken",
        "Eken ek. för.",
        "Handelsbolaget Två",
    ],
)
def test_a_legal_form_in_a_name_is_recognised(name: str) -> None:
    assert says_legal_entity(name)


@pytest.mark.parametrize("name", ["Anna Andersson", "Absolut Städ", "Firma Ebba Hb-lin", "Labbet"])
def test_a_name_without_a_legal_form_says_nothing(name: str) -> None:
    assert not says_legal_entity(name)


@pytest.mark.parametrize(
    ("name", "limit", "short"),
    [
        ("Exempel Aktiebolag", 50, "Exempel AB"),
        ("Exempel AB, c/o Redovisningsbyrån", 50, "Exempel AB"),
        ("Norra Sveriges Verktyg och Maskiner Aktiebolag (publ)", 30, "Norra Sveriges AB (publ)"),
        ("Lantbrukarnas Ekonomiska Förening", 25, "Lantbrukarnas ek. för."),
        ("Kommanditbolaget Sjön och Skogen i Norr", 20, "KB Sjön och Skogen"),
        ("Kommanditbolaget Sjön och Skogen i Norr", 15, "KB Sjön"),
        ("Verktygsmaskinsfabriken AB", 20, None),
        ("Och i av för", 6, None),
        ("AB", 50, None),
        ("AB " * 20, 50, None),
        ("a " * 5000, 7, "a a a a"),
    ],
)
def test_a_short_form_keeps_the_legal_form_and_whole_words(name: str, limit: int, short: str | None) -> None:
    assert shorten(name, limit) == short
