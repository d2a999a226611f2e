"""Giro numbers and OCR references."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.swedish import payment_refs
from sfspiris.swedish.verdict import Verdict


@pytest.mark.parametrize(
    ("raw", "verdict", "canonical"),
    [
        ("5050-1055", Verdict.ACCEPT, "5050-1055"),
        ("50501055", Verdict.NORMALISE, "5050-1055"),
        ("BG 5050-1055", Verdict.NORMALISE, "5050-1055"),
        ("Bankgironr: 5050 1055", Verdict.NORMALISE, "5050-1055"),
        ("5050–1055", Verdict.NORMALISE, "5050-1055"),
        ("991-2346", Verdict.ACCEPT, "991-2346"),
        ("9912346.0", Verdict.NORMALISE, "991-2346"),
    ],
)
def test_a_bankgiro_number_has_a_hyphen_before_its_last_four_digits(
    raw: str, verdict: Verdict, canonical: str
) -> None:
    found = payment_refs.bankgiro(raw)
    assert (found.verdict, found.canonical) == (verdict, canonical)


@pytest.mark.parametrize(
    ("raw", "verdict", "canonical"),
    [
        ("28 65 43-4", Verdict.ACCEPT, "28 65 43-4"),
        ("2865434", Verdict.NORMALISE, "28 65 43-4"),
        ("PG 902003-3", Verdict.NORMALISE, "90 20 03-3"),
        ("18", Verdict.NORMALISE, "1-8"),
        ("12345674", Verdict.NORMALISE, "1 23 45 67-4"),
    ],
)
def test_a_plusgiro_number_is_grouped_in_pairs_from_the_right(
    raw: str, verdict: Verdict, canonical: str
) -> None:
    found = payment_refs.plusgiro(raw)
    assert (found.verdict, found.canonical) == (verdict, canonical)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "length"),
        ("505010", "length"),
        ("505010551", "length"),
        ("5050-1056", "check_digit"),
        ("0000-0000", "series"),
        ("5050-1O55", "characters"),
        ("5050-1055 / 991-2346", "characters"),
    ],
)
def test_a_wrong_bankgiro_number_is_held(raw: str, problem: str) -> None:
    found = payment_refs.bankgiro(raw)
    assert (found.verdict, found.problem, found.canonical) == (Verdict.HOLD, problem, None)


@pytest.mark.parametrize(
    ("raw", "problem"), [("4853-1", "check_digit"), ("8", "length"), ("1" * 9, "length")]
)
def test_a_wrong_plusgiro_number_is_held(raw: str, problem: str) -> None:
    assert payment_refs.plusgiro(raw).problem == problem


@pytest.mark.parametrize(
    ("raw", "verdict"),
    [("1234574", Verdict.ACCEPT), ("OCR: 123 4574", Verdict.NORMALISE), ("18", Verdict.ACCEPT)],
)
def test_an_ocr_reference_is_its_digits(raw: str, verdict: Verdict) -> None:
    assert payment_refs.ocr(raw).verdict is verdict


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("1234575", "check_digit"),
        ("8", "length"),
        ("0" * 26, "length"),
        ("12A4", "characters"),
        ("", "length"),
    ],
)
def test_a_wrong_ocr_reference_is_held(raw: str, problem: str) -> None:
    assert payment_refs.ocr(raw).problem == problem


def test_length_control_compares_the_digit_before_the_last() -> None:
    assert payment_refs.ocr("1234574", length_control=True).verdict is Verdict.ACCEPT
    assert payment_refs.ocr("18").verdict is Verdict.ACCEPT
    assert payment_refs.ocr("18", length_control=True).problem == "length"


@pytest.mark.parametrize(("raw", "problem"), [("", "length"), ("1" * 24, "length"), ("INV-1", "characters")])
def test_an_ocr_reference_is_not_built_from_just_anything(raw: str, problem: str) -> None:
    assert payment_refs.build_ocr(raw).problem == problem


@given(st.from_regex(r"[0-9]{1,23}", fullmatch=True))
def test_what_was_built_reads_back_with_length_control(payload: str) -> None:
    built = payment_refs.build_ocr(payload)
    assert built.canonical is not None
    assert built.canonical.startswith(payload)
    assert payment_refs.ocr(built.canonical, length_control=True).verdict is Verdict.ACCEPT


@given(st.one_of(st.text(st.characters()), st.from_regex(r"[0-9]{1,9}-?[0-9]{0,4}", fullmatch=True)))
def test_no_text_breaks_the_reading_and_canonical_forms_are_accepted(raw: str) -> None:
    for read in (payment_refs.bankgiro, payment_refs.plusgiro, payment_refs.ocr):
        found = read(raw)
        assert found.canonical is None or read(found.canonical).verdict is Verdict.ACCEPT
    assert payment_refs.build_ocr(raw).reason
