"""SIE 4 files, as several programs write them."""

from datetime import date
from decimal import Decimal

import pytest

from sfspiris.swedish.sie import SieError, SieFile, SieRow, parse

HEAD = """#FLAGGA 0
#PROGRAM "Bokföring" 1.0
#FORMAT PC8
#GEN 20261120 "Åsa"
#SIETYP 4
#ORGNR 556012-5790
#FNAMN "Räksmörgås AB"
#RAR 0 20260101 20261231
#RAR -1 20250101 20251231
#KONTO 1510 "Kundfordringar"
#IB 0 1510 1000.00
#IB -1 1510 7.00
#UB 0 1510 2250.00
"""
VOUCHER = """#VER B 1 20261112 "Kundfaktura 1042, \\"Åkes\\" Bygg" 20261113
{
#TRANS 1510 {1 "10" 10 1042} 1250.00 20261112 "Fordran" 1
#BTRANS 3001 {} -999.00
#RTRANS 3001 {} -1000.00
#TRANS 3001 {} -1000.00
#TRANS 2611 {} -250
}
"""


def read(text: str, encoding: str = "cp437") -> SieFile:
    return parse(text.encode(encoding))


def test_head_balances_and_vouchers_are_read() -> None:
    found = read(HEAD + VOUCHER)
    assert (found.orgnr, found.company, found.currency) == ("5560125790", "Räksmörgås AB", "SEK")
    assert found.years[0] == (date(2026, 1, 1), date(2026, 12, 31))
    assert (found.opening, found.closing) == ({"1510": Decimal(1000)}, {"1510": Decimal(2250)})
    assert found.accounts == {"1510": "Kundfordringar"}
    assert found.made_on == date(2026, 11, 20)
    (voucher,) = found.vouchers
    assert (voucher.name, voucher.day, voucher.text) == (
        "B1",
        date(2026, 11, 12),
        'Kundfaktura 1042, "Åkes" Bygg',
    )
    assert voucher.rows[0] == SieRow("1510", Decimal(1250), "Fordran", (("1", "10"), ("10", "1042")))
    assert [row.amount for row in voucher.rows] == [1250, -1000, -250], "rows of a correction are no rows"
    assert voucher.difference == 0


@pytest.mark.parametrize("encoding", ["cp437", "utf-8", "utf-8-sig"])
def test_swedish_letters_are_read_whatever_the_program_wrote(encoding: str) -> None:
    assert read(HEAD, encoding).company == "Räksmörgås AB"


def test_line_ends_tabs_and_small_letters_do_not_matter() -> None:
    windows = (HEAD + VOUCHER).replace("\n", "\r\n").replace("#TRANS 1510 ", "#trans\t1510\t")
    assert read(windows) == read(HEAD + VOUCHER)


def test_an_import_file_may_have_no_series_and_number() -> None:
    (voucher,) = read(HEAD + '#VER "" "" 20261112\n{\n#TRANS 1510 {} 1.00\n}\n').vouchers
    assert (voucher.name, voucher.text) == ("without a number", "")


def test_labels_that_nobody_here_needs_are_passed_over() -> None:
    assert read(HEAD + "#SRU 1510 7251\n#DIM 1 Avdelning\n#NYTT något\n").vouchers == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a SIE file of type 4"),
        (HEAD.replace("#SIETYP 4", "#SIETYP 1"), "#SIETYP says 1"),
        ("<sie/>", "line 1: it does not begin with #"),
        (HEAD + "#VER B 1 20261132\n{\n}\n", "line 16"),
        (HEAD + "#VER B 1 2026-11-12\n{\n}\n", "no date"),
        (HEAD + "#VER B 1 20261112\n{\n#TRANS 1510 {} 1,50\n}\n", "no amount"),
        (HEAD + "#VER B 1 20261112\n{\n#TRANS 1510 1.00\n}\n", "a field is missing"),
        (HEAD + "#VER B 1 20261112\n{\n#TRANS 1510 {1 2 1.00\n}\n", "not closed"),
        (HEAD + "#VER B 1 20261112\n#VER B 2 20261112\n", "a voucher without rows"),
        (HEAD + "#VER B 1 20261112\n{\n", "ends inside a voucher"),
    ],
)
def test_what_cannot_be_read_in_whole_is_refused_and_says_where(text: str, reason: str) -> None:
    with pytest.raises(SieError, match=reason):
        read(text)
