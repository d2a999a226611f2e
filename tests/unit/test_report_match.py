"""The list as a spreadsheet: written so that nothing in it calculates or names a person, and read however it was saved."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from sfspiris.core.pairing import Account, pairs
from sfspiris.core.planning.linking import LinkRow
from sfspiris.errors import UsageError
from sfspiris.report.match import MatchDocument, match_csv, match_document, read_rows
from shorthand import TAG, buyer, customer

HEAD = "action,company,account,customer_number"


def listed() -> MatchDocument:
    accounts = [
        Account(buyer("=HYPERLINK(1)", id="001000000000A01AAA"), has_deals=True),
        Account(buyer("Kalle Ek", id="001000000000A02AAA", orgnr="811228-9874", postal_code="972 38")),
    ]
    customers = (customer("0017"), customer("18", name="Kalle Ek", orgnr="8112289874", is_active=False))
    return match_document("match export", pairs("se", accounts, customers, {}, org_tag=TAG))


def cells() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(match_csv(listed()).removeprefix("\ufeff"))))


def test_no_cell_calculates_and_no_number_of_a_person_stands_in_it() -> None:
    text = match_csv(listed())
    assert text.startswith("\ufeffaction,if_refused,status,score,")
    assert "8112289874" not in text.replace("-", "")
    assert "[personal-id]" in text
    names = {one["account_name"] for one in cells()}
    assert "'=HYPERLINK(1)" in names
    assert all(one["action"] == "" and one["check"].startswith("k") for one in cells())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_list_is_read_however_a_spreadsheet_saved_it(tmp_path: Path, encoding: str, mark: str) -> None:
    file = tmp_path / "list.csv"
    line = mark.join(("Link ", "se", "001000000000A01AAA", "'-17", "Åkeri"))
    head = mark.join((*HEAD.split(","), "Account_Name"))
    file.write_bytes(f"{head}\r\n{line}\r\n{mark * 4}\r\n".encode(encoding))
    assert read_rows(file) == (LinkRow(2, "Link", "se", "001000000000A01AAA", "-17"),)


def test_what_was_exported_is_read_back_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(match_csv(listed()), encoding="utf-8")
    document = listed()
    rows = read_rows(file)
    assert [one.row for one in rows] == list(range(2, 2 + len(document.pairs)))
    assert [one.check for one in rows] == [one.check for one in document.pairs]
    assert [one.customer_number for one in rows] == [
        one.customer.number if one.customer else "" for one in document.pairs
    ]
    assert {one.action for one in rows} == {""}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no column action, company, account, customer_number"),
        (b"action,company\nlink,se\n", "has no column account, customer_number"),
        (f"{HEAD},Account\n".encode(), "twice"),
        (f'{HEAD}\nlink,se,"001'.encode(), "is no table"),
        (b"\x81\x8d\x8f", "encoding"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_list_is_refused_in_words(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "list.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=words) as told:
        read_rows(file)
    assert told.value.remedy
