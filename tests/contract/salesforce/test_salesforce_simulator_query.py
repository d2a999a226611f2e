"""SOQL and paging of the Salesforce simulator, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from salesforce_box import DATA, WORLD, Api, Box, box


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        running.reset(WORLD)
        yield running


@pytest.fixture(scope="module")
def api(served: Box) -> Api:
    """An org that these tests only read."""
    return served.api()


def names(api: Api, where: str, source: str = "Opportunity") -> set[str]:
    return set(api.values(f"SELECT Name FROM {source} WHERE {where}", "Name"))


def test_a_record_carries_its_type_and_address_and_the_fields_asked_for(api: Api) -> None:
    (row,) = api.rows("select name, amount, iswon from opportunity where name = 'WON DEAL'")
    record_id = row["attributes"]["url"].rpartition("/")[2]
    assert row == {
        "attributes": {"type": "Opportunity", "url": f"{DATA}/sobjects/Opportunity/{record_id}"},
        "Name": "Won deal",
        "Amount": Decimal("13364.0"),
        "IsWon": True,
    }


def test_parents_are_nested_and_missing_ones_are_null(api: Api) -> None:
    rows = api.rows("SELECT Account.Name, Account.Parent.Name FROM Opportunity ORDER BY Name")
    assert [row["Account"] and row["Account"]["Name"] for row in rows] == [
        "Muster GmbH",
        None,
        "Acme AB",
        "Acme AB",
    ]
    (daughter,) = api.rows("SELECT Parent.Name, Parent.Parent.Name FROM Account WHERE ParentId != null")
    assert daughter["Parent"]["Name"] == "Acme AB"
    assert daughter["Parent"]["Parent"] is None


def test_children_come_in_an_envelope_of_their_own_or_null(api: Api) -> None:
    rows = api.rows(
        "SELECT Name, (SELECT Product2.ProductCode, TotalPrice FROM OpportunityLineItems WHERE Quantity >= 3 "
        "ORDER BY TotalPrice LIMIT 1) FROM Opportunity WHERE AccountId != null ORDER BY Name DESC"
    )
    lines = rows[0]["OpportunityLineItems"]
    assert (lines["totalSize"], lines["done"]) == (1, True)
    assert lines["records"][0]["Product2"]["ProductCode"] == "BOK"
    assert lines["records"][0]["TotalPrice"] == Decimal("864.0")
    assert [row["OpportunityLineItems"] for row in rows[1:]] == [None, None]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("StageName = 'closed won'", {"Won deal"}),
        ("Amount > 100.4 AND Amount < 5000.1", {"Open deal", "lost deal"}),
        ("Amount = null", {"No buyer"}),
        ("Amount != 5000", {"Won deal", "lost deal", "No buyer"}),
        ("Amount < 0 OR Amount >= 13364", {"Won deal"}),
        ("Account.Name = null", {"No buyer"}),
        ("Account.Name != 'Acme AB'", {"lost deal", "No buyer"}),
        ("Name LIKE '%DEAL'", {"Won deal", "Open deal", "lost deal"}),
        ("Name LIKE '_on deal'", {"Won deal"}),
        (r"Name LIKE '\_on deal'", set()),
        ("NOT Name LIKE '%deal'", {"No buyer"}),
        ("Name IN ('won DEAL', 'x')", {"Won deal"}),
        ("Name NOT IN ('won DEAL', 'open deal')", {"lost deal", "No buyer"}),
        ("PO_Number__c = ''", {"Won deal", "Open deal", "lost deal", "No buyer"}),
        ("PO_Number__c NOT IN ('1')", {"Won deal", "Open deal", "lost deal", "No buyer"}),
        ("Channels__c INCLUDES ('Web')", {"Won deal"}),
        ("Channels__c INCLUDES ('Web;Fair', 'Web;Phone')", {"Won deal"}),
        ("Channels__c EXCLUDES ('Web')", {"Open deal", "lost deal", "No buyer"}),
        ("Channels__c = 'Web;Phone'", {"Won deal"}),
        ("IsClosed = true AND IsWon != true", {"lost deal"}),
        ("CloseDate = 2026-11-18", {"Won deal"}),
        ("CloseDate > 2026-11-18 AND CloseDate <= 2026-12-24", {"Open deal", "No buyer"}),
        ("CloseDate = TODAY", {"No buyer"}),
        ("CloseDate = THIS_WEEK", {"Won deal", "No buyer"}),
        ("CloseDate = NEXT_MONTH", {"Open deal"}),
        ("CloseDate = LAST_N_DAYS:2", {"Won deal", "No buyer"}),
        ("CloseDate = NEXT_N_DAYS:34", {"Open deal"}),
        ("CloseDate > LAST_MONTH", {"Won deal", "Open deal", "No buyer"}),
        ("CloseDate = LAST_N_MONTHS:1", {"lost deal"}),
        ("CloseDate = THIS_QUARTER", {"Won deal", "Open deal", "lost deal", "No buyer"}),
        ("CALENDAR_MONTH(CloseDate) = 11", {"Won deal", "No buyer"}),
        ("DAY_IN_WEEK(CloseDate) = 6", {"No buyer"}),
        ("CreatedDate = TODAY AND Name LIKE 'w%'", {"Won deal"}),
        ("CreatedDate < YESTERDAY", set()),
        ("CreatedDate >= 2026-11-20T09:00:00+01:00 AND IsWon = true", {"Won deal"}),
        ("CreatedDate > 2026-11-20T09:00:01.000000+02:00 AND IsWon = true", {"Won deal"}),
        ("AccountId IN (SELECT Id FROM Account WHERE BillingCountryCode = 'DE')", {"lost deal"}),
        ("Id NOT IN (SELECT OpportunityId FROM OpportunityLineItem)", {"Open deal", "lost deal", "No buyer"}),
        ("AccountId NOT IN (SELECT Account__c FROM Invoice__c)", {"lost deal", "No buyer"}),
        ("Id IN (SELECT Opportunity__c FROM Invoice__c WHERE Status__c = 'Issued')", {"Won deal"}),
        ("(IsWon = true OR Amount = 5000) AND NOT (Name = 'Open deal')", {"Won deal"}),
    ],
)
def test_a_condition_finds_the_deals_it_is_true_of(api: Api, where: str, expected: set[str]) -> None:
    assert names(api, where) == expected


def test_ids_compare_in_both_lengths_and_with_their_case(api: Api) -> None:
    record_id = api.values("SELECT Id FROM Account WHERE Name = 'Acme AB'", "Id")[0]
    assert names(api, f"Id = '{record_id[:15]}'", "Account") == {"Acme AB"}
    assert names(api, f"Id IN ('{record_id}')", "Account") == {"Acme AB"}
    assert names(api, f"Id = '{record_id[:15].swapcase()}'", "Account") == set()


def test_an_instant_is_a_utc_text_without_a_colon_in_its_offset(api: Api) -> None:
    (row,) = api.rows("SELECT Sent__c, Due__c, CreatedDate FROM Invoice__c")
    assert row["Sent__c"] == "2026-11-19T22:30:00.000+0000"
    assert row["Due__c"] == "2026-12-20"
    assert row["CreatedDate"].startswith("2026-11-20T08:00:0")
    assert row["CreatedDate"].endswith(".000+0000")


def test_relative_days_are_those_of_the_users_time_zone(api: Api) -> None:
    """22:30 UTC on the 19th is 23:30 in Stockholm, still the 19th; the day began at 23:00 UTC on the 18th."""
    assert api.query("SELECT COUNT() FROM Invoice__c WHERE Sent__c = YESTERDAY")["totalSize"] == 1
    assert api.query("SELECT COUNT() FROM Invoice__c WHERE Sent__c = TODAY")["totalSize"] == 0
    (row,) = api.rows(
        "SELECT HOUR_IN_DAY(Sent__c) utc, HOUR_IN_DAY(convertTimezone(Sent__c)) here FROM Invoice__c "
        "GROUP BY HOUR_IN_DAY(Sent__c), HOUR_IN_DAY(convertTimezone(Sent__c))"
    )
    assert (row["utc"], row["here"]) == (22, 23)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Name", ["lost deal", "No buyer", "Open deal", "Won deal"]),
        ("Name DESC", ["Won deal", "Open deal", "No buyer", "lost deal"]),
        ("Amount", ["No buyer", "lost deal", "Open deal", "Won deal"]),
        ("Amount DESC NULLS LAST", ["Won deal", "Open deal", "lost deal", "No buyer"]),
        ("Amount NULLS LAST", ["lost deal", "Open deal", "Won deal", "No buyer"]),
        # Picklists sort in the order of their values, not of their letters.
        ("StageName, Name", ["No buyer", "Open deal", "Won deal", "lost deal"]),
        ("Account.Name NULLS LAST, CloseDate DESC", ["Open deal", "Won deal", "lost deal", "No buyer"]),
    ],
)
def test_rows_come_in_the_order_asked_for(api: Api, order: str, expected: list[str]) -> None:
    assert api.values(f"SELECT Name FROM Opportunity ORDER BY {order}", "Name") == expected


def test_limit_and_offset_cut_the_ordered_rows(api: Api) -> None:
    assert api.values("SELECT Name FROM Opportunity ORDER BY Name LIMIT 2 OFFSET 1", "Name") == [
        "No buyer",
        "Open deal",
    ]
    assert api.query_refusal("SELECT Name FROM Opportunity OFFSET 2001") == "NUMBER_OUTSIDE_VALID_RANGE"


def test_counting_answers_with_a_size_only(api: Api) -> None:
    assert api.query("SELECT COUNT() FROM Opportunity WHERE IsClosed = true") == {
        "totalSize": 2,
        "done": True,
        "records": [],
    }


def test_aggregates_are_named_by_their_alias_or_by_number(api: Api) -> None:
    rows = api.rows(
        "SELECT IsClosed, COUNT(Id) n, SUM(Amount), AVG(Amount), MAX(CloseDate), COUNT_DISTINCT(AccountId) FROM Opportunity "
        "GROUP BY IsClosed ORDER BY COUNT(Id) DESC, IsClosed"
    )
    assert rows[0] == {
        "attributes": {"type": "AggregateResult"},
        "IsClosed": False,
        "n": 2,
        "expr0": Decimal("5000.0"),
        "expr1": Decimal("5000.0"),
        "expr2": "2026-12-24",
        "expr3": 1,
    }
    assert rows[1]["expr0"] == Decimal("13464.5")


def test_groups_are_filtered_by_having_and_follow_parents(api: Api) -> None:
    rows = api.rows(
        "SELECT Account.Name, SUM(Amount) total FROM Opportunity GROUP BY Account.Name HAVING SUM(Amount) > 1000 "
        "ORDER BY Account.Name"
    )
    assert [(row["Name"], row["total"]) for row in rows] == [("Acme AB", Decimal("18364.0"))]


def test_functions_stand_in_select_with_the_name_of_their_field(api: Api) -> None:
    (row,) = api.rows("SELECT toLabel(StageName), Name FROM Opportunity WHERE IsWon = true")
    assert row["StageName"] == "Closed Won"


def test_all_fields_need_a_small_limit(api: Api) -> None:
    (row,) = api.rows("SELECT FIELDS(ALL) FROM Opportunity WHERE IsWon = true LIMIT 200")
    assert {"Id", "Amount", "PO_Number__c", "SystemModstamp"} <= set(row)
    (row,) = api.rows("SELECT FIELDS(CUSTOM) FROM Opportunity WHERE IsWon = true LIMIT 1")
    assert set(row) == {"attributes", "PO_Number__c", "Channels__c", "Handled_By__c"}
    assert "PO_Number__c" not in api.rows("SELECT FIELDS(STANDARD) FROM Opportunity")[0]
    for statement in (
        "SELECT FIELDS(ALL) FROM Opportunity",
        "SELECT FIELDS(CUSTOM) FROM Opportunity LIMIT 201",
    ):
        assert api.query_refusal(statement) == "MALFORMED_QUERY"


def test_a_compound_address_is_an_object(api: Api) -> None:
    (row,) = api.rows("SELECT BillingAddress FROM Account WHERE Name = 'Acme AB'")
    assert row["BillingAddress"] == {
        "street": "Storgatan 1\nBox 7",
        "city": "Umeå",
        "state": None,
        "postalCode": "011 22",
        "country": "Sweden",
        "stateCode": None,
        "countryCode": "SE",
        "latitude": None,
        "longitude": None,
        "geocodeAccuracy": None,
    }


def test_the_owner_of_a_custom_object_is_of_several_kinds(api: Api) -> None:
    (row,) = api.rows("SELECT Owner.Name, Owner.Type FROM Invoice__c")
    assert row["Owner"]["attributes"]["type"] == "Name"
    assert "/sobjects/User/" in row["Owner"]["attributes"]["url"]
    assert row["Owner"]["Type"] == "User"
    (row,) = api.rows("SELECT TYPEOF Owner WHEN User THEN Username ELSE Name END FROM Invoice__c")
    assert set(row["Owner"]) == {"attributes", "Username"}


@pytest.mark.parametrize(
    ("statement", "code", "words"),
    [
        ("SELECT Nmae FROM Account", "INVALID_FIELD", "No such column 'Nmae' on entity 'Account'"),
        ("SELECT Acount.Name FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Acount'"),
        (
            "SELECT Account.Nmae FROM Opportunity",
            "INVALID_FIELD",
            "No such column 'Nmae' on entity 'Account'",
        ),
        ("SELECT Id FROM Opportunity WHERE Foo__c = 1", "INVALID_FIELD", "No such column 'Foo__c'"),
        ("SELECT Id FROM Opportunity ORDER BY Foo__c", "INVALID_FIELD", "No such column 'Foo__c'"),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD", "CurrencyIsoCode"),
        ("SELECT RecordTypeId FROM Opportunity", "INVALID_FIELD", "RecordTypeId"),
        ("SELECT Id FROM Invoice", "INVALID_TYPE", "sObject type 'Invoice' is not supported"),
        (
            "SELECT Id, (SELECT Id FROM Lines) FROM Opportunity",
            "INVALID_TYPE",
            "relationship 'Lines' in FROM",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = '2026-11-18'",
            "INVALID_FIELD",
            "must be of type date",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate > 2026-11-18T00:00:00Z",
            "INVALID_FIELD",
            "must be of type date and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CreatedDate > 2026-11-18",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Opportunity WHERE Amount = '5'", "INVALID_FIELD", "must be of type double"),
        (
            "SELECT Id FROM Opportunity WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be",
        ),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD", "must be of type boolean"),
        (
            "SELECT Id FROM Opportunity WHERE Id = 'abc'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: abc",
        ),
        (
            "SELECT Id FROM Opportunity WHERE Id LIKE '006%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator",
        ),
        ("SELECT Id FROM Opportunity WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Opportunity ORDER BY Description", "INVALID_FIELD", "can not be sorted"),
        ("SELECT Amount FROM Opportunity GROUP BY Amount", "INVALID_FIELD", "can not be grouped"),
        (
            "SELECT Name, Amount FROM Opportunity GROUP BY Name",
            "MALFORMED_QUERY",
            "must be grouped or aggregated",
        ),
        (
            "SELECT Name n FROM Opportunity",
            "MALFORMED_QUERY",
            "only aggregate expressions use field aliasing",
        ),
        ("SELECT Name, name FROM Opportunity", "MALFORMED_QUERY", "duplicate field selected: Name"),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = SOMEDAY",
            "MALFORMED_QUERY",
            "unexpected token: 'SOMEDAY'",
        ),
        ("SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_DAYS", "MALFORMED_QUERY", "LAST_N_DAYS"),
        ("SELECT Id FROM Opportunity WHERE Name INCLUDES ('x')", "MALFORMED_QUERY", "multi-select"),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT ContactId FROM OpportunityContactRole)",
            "MALFORMED_QUERY",
            "should point to the same object type",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT Name FROM Opportunity)",
            "MALFORMED_QUERY",
            "one id field",
        ),
        ("SELECT UPPER(Name) FROM Account", "MALFORMED_QUERY", "Invalid function"),
        ("SELECT COUNT(), Id FROM Account", "MALFORMED_QUERY", "only element"),
    ],
)
def test_a_statement_that_means_nothing_is_refused_as_the_vendor_does(
    api: Api, statement: str, code: str, words: str
) -> None:
    response = api.get("/query", params={"q": statement})
    assert response.status_code == 400
    (error,) = response.json()
    assert error["errorCode"] == code
    assert words in error["message"]


def test_a_query_needs_a_statement(api: Api) -> None:
    assert api.refused("GET", "/query") == (400, "MALFORMED_QUERY")
    assert api.refused("POST", "/query", json={"q": "SELECT Id FROM Account"}) == (405, "METHOD_NOT_ALLOWED")


def test_plus_signs_and_trailing_slashes_do_not_matter(api: Api) -> None:
    answer = api.ok("GET", "/query/?q=SELECT+Name+FROM+Account+WHERE+Name='Acme%20AB'&unknown=1")
    assert answer["totalSize"] == 1


def test_column_metadata_describes_plain_parent_and_child_columns(api: Api) -> None:
    statement = "SELECT Id, Account.Name, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunity"
    answer = api.ok("GET", "/query", params={"q": statement, "columns": "true"})
    assert (answer["entityName"], answer["keyPrefix"], answer["idSelected"]) == ("Opportunity", "006", True)
    columns = {column["columnName"]: column for column in answer["columnMetadata"]}
    assert columns["Account"]["joinColumns"][0]["columnName"] == "Name"
    assert columns["OpportunityLineItems"]["aggregate"] is True
    assert columns["OpportunityLineItems"]["joinColumns"][0]["numberType"] is True


def test_a_query_plan_tells_an_index_from_a_scan(api: Api) -> None:
    def leading(statement: str) -> str:
        answer = api.ok("GET", "/query", params={"explain": statement})
        operation: str = answer["plans"][0]["leadingOperationType"]
        return operation

    assert leading("SELECT Id FROM Account WHERE Name = 'x'") == "TableScan"
    assert leading("SELECT Id FROM Opportunity WHERE AccountId = '001000000000000AAA'") == "Index"


# pages


@pytest.fixture
def paged(served: Box, api: Api) -> Iterator[Api]:
    served.switch(page_size=2)
    yield api
    served.switch(page_size=None)


def follow(api: Api, page: dict[str, Any], **options: Any) -> Any:
    return api.ok("GET", page["nextRecordsUrl"].removeprefix(DATA), **options)


def test_pages_follow_each_other_by_locator(paged: Api) -> None:
    first = paged.query("SELECT Name FROM Opportunity ORDER BY Name")
    assert (first["totalSize"], first["done"], len(first["records"])) == (4, False, 2)
    second = follow(paged, first)
    assert (second["totalSize"], second["done"]) == (4, True)
    assert "nextRecordsUrl" not in second
    assert [row["Name"] for row in first["records"] + second["records"]] == [
        "lost deal",
        "No buyer",
        "Open deal",
        "Won deal",
    ]


def test_a_locator_also_works_with_the_statement_repeated_and_through_query_all(paged: Api) -> None:
    statement = "SELECT Name FROM Opportunity ORDER BY Name"
    first = paged.ok("GET", "/queryAll", params={"q": statement})
    assert first["nextRecordsUrl"].startswith(f"{DATA}/query/")
    assert follow(paged, first, params={"q": statement})["done"] is True


def test_child_records_count_towards_a_page_and_have_pages_of_their_own(served: Box, paged: Api) -> None:
    deal = served.person_adds(
        "Opportunity", Name="Many lines", StageName="Prospecting", CloseDate="2026-01-01"
    )
    product = paged.values("SELECT Id FROM Product2 LIMIT 1", "Id")[0]
    for number in range(1, 6):
        served.person_adds(
            "OpportunityLineItem", OpportunityId=deal, Product2Id=product, Quantity=number, UnitPrice=1
        )
    page = paged.query(
        "SELECT Id, (SELECT Quantity FROM OpportunityLineItems ORDER BY Quantity) FROM Opportunity WHERE "
        f"Id = '{deal}' OR IsWon = true ORDER BY CloseDate"
    )
    assert (page["totalSize"], len(page["records"])) == (2, 1)
    lines = page["records"][0]["OpportunityLineItems"]
    assert (lines["totalSize"], lines["done"], len(lines["records"])) == (5, False, 2)
    quantities = [row["Quantity"] for row in lines["records"]]
    while not lines["done"]:
        lines = follow(paged, lines)
        quantities += [row["Quantity"] for row in lines["records"]]
    assert quantities == [1, 2, 3, 4, 5]
    assert len(follow(paged, page)["records"]) == 1
    served.control.delete(f"/_sandbox/records/Opportunity/{deal}")


def test_the_client_may_ask_for_smaller_pages_down_to_two_hundred(served: Box, api: Api) -> None:
    served.control.post("/_sandbox/records", json={"Campaign": [{"Name": f"C{n}"} for n in range(250)]})
    for asked, got in (("batchSize=1", 200), ("batchSize=220", 220), ("batchSize=9999", 250)):
        page = api.query("SELECT Id FROM Campaign", headers={"Sforce-Query-Options": asked})
        assert len(page["records"]) == got


def test_a_locator_that_is_unknown_or_two_days_old_is_refused(served: Box, paged: Api) -> None:
    first = paged.query("SELECT Name FROM Account")
    assert paged.refused("GET", "/query/01gJ6000000000IAA-2000") == (400, "INVALID_QUERY_LOCATOR")
    served.switch(session_seconds=1_000_000)
    served.clock("2026-11-22T07:59:00Z")
    assert follow(paged, first)["done"] is True
    served.clock("2026-11-22T08:30:00Z")
    url = first["nextRecordsUrl"].removeprefix(DATA)
    assert paged.refused("GET", url) == (400, "INVALID_QUERY_LOCATOR")
    served.clock("2026-11-20T08:30:00Z")
    served.switch(session_seconds=7200)


def test_child_queries_nest_deeper_since_version_58(served: Box) -> None:
    statement = (
        "SELECT Id, (SELECT Name, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunities ORDER BY Name DESC) "
        "FROM Account WHERE Name = 'Acme AB'"
    )
    (row,) = served.api("v58.0").query(statement)["records"]
    assert row["Opportunities"]["records"][0]["OpportunityLineItems"]["totalSize"] == 2
    assert served.api("v57.0").query_refusal(statement) == "MALFORMED_QUERY"
