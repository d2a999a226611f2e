"""What people really type, in the form of the golden vectors: one row per input, with the whole answer's core."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import vectors
from sfspiris.swedish import countries, postal, rounding, vat_numbers, vat_rates
from sfspiris.swedish.verdict import Verdict

TODAY = date(2026, 11, 20)
ACCEPT, NORMALISE, WARN, HOLD = Verdict.ACCEPT, Verdict.NORMALISE, Verdict.WARN, Verdict.HOLD


@pytest.mark.parametrize(
    ("raw", "country", "verdict", "canonical"),
    [
        ("AT U 13585627", "AT", NORMALISE, "ATU13585627"),
        ("BE 428.759.497", "BE", NORMALISE, "BE0428759497"),
        ("BG175074752", "BG", ACCEPT, "BG175074752"),
        ("CY10259033P", "CY", ACCEPT, "CY10259033P"),
        ("CZ25123891", "CZ", ACCEPT, "CZ25123891"),
        ("DE–136–695–976", "DE", NORMALISE, "DE136695976"),
        ("DE１３６６９５９７６", "DE", NORMALISE, "DE136695976"),
        ("DK 13 58 56 28", "DK", NORMALISE, "DK13585628"),
        ("EE100931558", "EE", ACCEPT, "EE100931558"),
        ("GR 094 259 216", "GR", NORMALISE, "EL094259216"),
        ("EL94259216", "GR", NORMALISE, "EL094259216"),
        ("B58378431", "ES", WARN, "ESB58378431"),
        ("FI-2077474-0", "FI", NORMALISE, "FI20774740"),
        ("FRK7399859412", "FR", ACCEPT, "FRK7399859412"),
        ("HR33392005961", "HR", ACCEPT, "HR33392005961"),
        ("HU12892312-2-42", "HU", HOLD, None),
        ("IE6433435OA", "IE", ACCEPT, "IE6433435OA"),
        ("IE8D79739I", "IE", ACCEPT, "IE8D79739I"),
        ("IT743110157", "IT", NORMALISE, "IT00743110157"),
        ("LT100001919017", "LT", ACCEPT, "LT100001919017"),
        ("LU15027442", "LU", ACCEPT, "LU15027442"),
        ("LV40003521600", "LV", ACCEPT, "LV40003521600"),
        ("MT11679112", "MT", ACCEPT, "MT11679112"),
        ("NL 4495445.B.01", "NL", NORMALISE, "NL004495445B01"),
        ("PL 856-734-62-15", "PL", NORMALISE, "PL8567346215"),
        ("PT501964843", "PT", ACCEPT, "PT501964843"),
        ("RO18547290", "RO", ACCEPT, "RO18547290"),
        ("SI50223054", "SI", ACCEPT, "SI50223054"),
        ("SK2022749619", "SK", ACCEPT, "SK2022749619"),
        ("VAT no: SE 556012-5790 01", "SE", NORMALISE, "SE556012579001"),
        ("XI 110 3058 78", "GB", NORMALISE, "XI110305878"),
        ("XIGD123", "GB", ACCEPT, "XIGD123"),
        ("GB980780684001", "GB", ACCEPT, "GB980780684001"),
        ("995 525 828 MVA", "NO", NORMALISE, "NO995525828MVA"),
        ("NO995525828", "NO", WARN, "NO995525828"),
        ("CHE-107.787.577 IVA", "CH", NORMALISE, "CHE107787577IVA"),
        ("CHE 107787577", "CH", WARN, "CHE107787577"),
        ("IM0400000000", "IE", HOLD, None),
        ("FR40303265045", "MC", ACCEPT, "FR40303265045"),
    ],
)
def test_vat_numbers_of_every_country_that_we_know(
    raw: str, country: str, verdict: Verdict, canonical: str | None
) -> None:
    found = vat_numbers.parse(raw, country=country, orgnr=None, today=TODAY)
    assert (found.verdict, found.canonical) == (verdict, canonical)


def test_every_country_of_the_union_has_a_row_above() -> None:
    rows = test_vat_numbers_of_every_country_that_we_know.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {row[1] for row in rows} >= countries.EU_MEMBERS


@pytest.mark.parametrize(
    ("raw", "verdict", "iso2", "territory"),
    [
        ("ＳＥ", NORMALISE, "SE", None),
        ("Ｓｗｅｄｅｎ", NORMALISE, "SE", None),
        ("  the  NETHERLANDS.", NORMALISE, "NL", None),
        ("U.S.A.", NORMALISE, "US", None),
        ("Osterrike", NORMALISE, "AT", None),
        ("Büsingen", WARN, "DE", "BUSINGEN"),
        ("Helgoland", WARN, "DE", "HELGOLAND"),
        ("Heligoland", WARN, "DE", "HELGOLAND"),
        ("Livigno", WARN, "IT", "LIVIGNO"),
        ("Campione d’Italia", WARN, "IT", "CAMPIONE"),
        ("Mount Athos", WARN, "GR", "ATHOS"),
        ("Monaco", WARN, "MC", "MC"),
        ("Sverge", HOLD, None, None),
        ("Korea", HOLD, None, None),
        ("Sverige, Norge", HOLD, None, None),
    ],
)
def test_countries_as_people_name_them(
    raw: str, verdict: Verdict, iso2: str | None, territory: str | None
) -> None:
    found = countries.parse(raw)
    assert (found.verdict, found.iso2, found.territory) == (verdict, iso2, territory)


@pytest.mark.parametrize(
    ("raw", "country", "verdict", "canonical"),
    [
        ("１１１２２", "SE", NORMALISE, "111 22"),
        ("SE-111\u00a022", "SE", NORMALISE, "111 22"),
        ("10000", "SE", NORMALISE, "100 00"),
        ("98499", "SE", NORMALISE, "984 99"),
        ("98500", "SE", HOLD, None),
        ("09999", "SE", HOLD, None),
        ("111 2O", "SE", HOLD, None),
        ("150", "NO", WARN, "0150"),
        ("800", "DK", WARN, "0800"),
        ("100", "FI", WARN, "00100"),
        ("1011ab", "NL", NORMALISE, "1011 AB"),
        ("sw1a1aa", "GB", NORMALISE, "SW1A 1AA"),
        ("d02x285", "IE", NORMALISE, "D02 X285"),
        ("00950", "PL", NORMALISE, "00-950"),
        ("1000001", "PT", NORMALISE, "1000-001"),
        ("1067", "DE", WARN, "01067"),
        ("1050", "LV", NORMALISE, "LV-1050"),
        ("10011", "RO", WARN, "010011"),
    ],
)
def test_postal_codes_as_people_and_spreadsheets_write_them(
    raw: str, country: str, verdict: Verdict, canonical: str | None
) -> None:
    found = postal.parse(raw, country=country)
    assert (found.verdict, found.canonical) == (verdict, canonical)


@pytest.mark.parametrize(
    ("category", "day", "rate"),
    [
        ("food", date(2026, 3, 31), 12),
        ("food", date(2026, 4, 1), 6),
        ("food", date(2027, 12, 31), 6),
        ("food", date(2028, 1, 1), 12),
        ("dance_event", date(2026, 6, 30), 25),
        ("dance_event", date(2026, 7, 1), 6),
        ("restaurant", date(2026, 4, 1), 12),
    ],
)
def test_rates_change_on_their_day_and_not_the_day_before(category: str, day: date, rate: int) -> None:
    assert vat_rates.rate(category, day) == rate


@pytest.mark.parametrize(
    ("amount", "ore", "krona", "left"),
    [
        ("0.005", "0.01", "0", "-0.01"),
        ("-0.005", "-0.01", "0", "0.01"),
        ("2.675", "2.68", "3", "0.32"),
        ("-2.675", "-2.68", "-3", "-0.32"),
        ("124.50", "124.50", "125", "0.50"),
        ("-124.50", "-124.50", "-125", "-0.50"),
        ("124.495", "124.50", "125", "0.50"),
        ("-0.49", "-0.49", "0", "0.49"),
    ],
)
def test_halves_go_away_from_zero_for_credits_too(amount: str, ore: str, krona: str, left: str) -> None:
    assert rounding.to_ore(Decimal(amount)) == Decimal(ore)
    payable, difference = rounding.to_krona(Decimal(amount))
    assert (payable, difference) == (Decimal(krona), Decimal(left))
    assert not (payable.is_signed() and payable.is_zero())


@pytest.mark.parametrize(
    ("kind", "raw", "canonical"),
    [
        ("bankgiro", "Bg: 5050–1055", "5050-1055"),
        ("bankgiro", "BG 991-2346", "991-2346"),
        ("plusgiro", "PlusGiro 28 65 43‑4", "28 65 43-4"),
        ("plusgiro", "4-2", "4-2"),
        ("ocr", "OCR-nummer: １２３４５６７８９７", "1234567897"),
        ("ocr_build", "1", "133"),
        ("ocr_build", "12345678", "1234567806"),
    ],
)
def test_giro_numbers_and_references_as_they_stand_on_paper(kind: str, raw: str, canonical: str) -> None:
    found = vectors.evaluate("giro", {"kind": kind, "raw": raw}, TODAY)
    assert found["canonical"] == canonical


def test_a_day_with_refunds_and_rounding_still_balances_to_the_ore() -> None:
    day = {
        "date": "2026-11-20",
        "sales": [{"rate": 25, "gross": "199.99"}, {"rate": 12, "gross": "0.01"}],
        "refunds": [{"rate": 25, "gross": "99.50"}],
        "payments": {"cash": "100.00", "card": "0.50"},
        "cash_receipts": 1,
    }
    found = vectors.evaluate("daily_sales", day, TODAY)
    assert found["verdict"] == "accept"
    debit, credit = (sum(Decimal(line[side]) for line in found["lines"]) for side in (1, 2))
    assert debit == credit
    off = vectors.evaluate("daily_sales", day | {"payments": {"cash": "100.01", "card": "0.50"}}, TODAY)
    assert (off["verdict"], off["lines"], off["difference"]) == ("hold", [], "-0.01")
