"""The queries, word by word."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_org import NOW
from sfspiris.adapters.salesforce.soql import DealQuery, deal_queries, existence_queries, instant
from sfspiris.ports.crm import Selection

QUERY = DealQuery(
    deal_paths=("Amount", "Account.Name", "Account.BillingCity", "Account.Name"),
    line_paths=("Quantity", "Product2.Name"),
    line_order=("SortOrder", "Id"),
    gate="IsWon = true OR Ready__c = true",
)


def only(selection: Selection, ids: list[str] | None = None, query: DealQuery = QUERY) -> str:
    [soql] = deal_queries(query, selection, ids)
    return soql


def test_the_whole_query_reads_as_written_here() -> None:
    assert only(Selection()) == (
        "SELECT Id, Name, CloseDate, SystemModstamp, OwnerId, AccountId, Amount, Account.Name, Account.BillingCity, "
        "(SELECT Id, Quantity, Product2.Name FROM OpportunityLineItems ORDER BY SortOrder, Id) FROM Opportunity "
        "WHERE (IsWon = true OR Ready__c = true) ORDER BY SystemModstamp, Id"
    )


def test_conditions_add_up_behind_the_gate_in_its_parentheses() -> None:
    selection = Selection(changed_since=NOW, closed_from=date(2026, 11, 1), closed_to=date(2026, 11, 30))
    assert (
        " WHERE (IsWon = true OR Ready__c = true) AND (SystemModstamp >= 2026-11-20T08:00:00Z OR "
        "Account.SystemModstamp >= 2026-11-20T08:00:00Z) AND "
    ) in only(selection)
    assert " CloseDate >= 2026-11-01 AND CloseDate <= 2026-11-30 ORDER BY " in only(selection)


def test_record_types_are_quoted_values() -> None:
    query = DealQuery((), (), ("Id",), "IsWon = true", record_types=("Projekt", "O'Hara\\"))
    assert r"RecordType.DeveloperName IN ('Projekt','O\'Hara\\')" in only(Selection(), query=query)


def test_a_moment_is_told_in_utc_and_rounded_down_to_its_second() -> None:
    moment = datetime(2026, 11, 20, 9, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=1)))
    assert instant(moment) == "2026-11-20T08:00:59Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        instant(datetime(2026, 11, 20))  # noqa: DTZ001 - the point of the test


@given(st.integers(min_value=0, max_value=650))
def test_ids_are_asked_for_in_chunks_that_fit_an_address(count: int) -> None:
    ids = [f"006{number:012d}AAA" for number in range(count)]
    queries = list(deal_queries(QUERY, Selection(), ids))
    assert len(queries) == -(-count // 200)
    asked = [
        part.strip("'") for query in queries for part in query.split(" IN (")[1].split(")")[0].split(",")
    ]
    assert asked == ids


def test_existence_is_asked_without_the_gate() -> None:
    assert list(existence_queries(["006000000000001AAA"])) == [
        "SELECT Id, Name, StageName FROM Opportunity WHERE Id IN ('006000000000001AAA') ORDER BY Id"
    ]
    assert list(existence_queries([])) == []
