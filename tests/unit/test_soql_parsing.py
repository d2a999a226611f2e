"""Which statements are read, and how refusals point at the place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.sandbox.salesforce.errors import ApiError
from sfspiris.sandbox.salesforce.soql import syntax
from sfspiris.sandbox.salesforce.soql.parser import parse

# The fifteen constructs that public SOQL parsers were tried with, and a few that clients send.
READ = (
    "SELECT Id FROM Account WHERE SystemModstamp >= 2026-11-01T00:00:00.000000Z",
    "SELECT Id FROM Account WHERE CreatedDate > 2026-11-01T00:00:00+01:00",
    "SELECT Account.Owner.Name FROM Opportunity",
    "SELECT Id, (SELECT Id FROM OpportunityLineItems WHERE Quantity > 1 ORDER BY SortOrder LIMIT 5) FROM Opportunity",
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)",
    "SELECT Id FROM Account WHERE CreatedDate = LAST_N_DAYS:30",
    "SELECT StageName, COUNT(Id) n FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1",
    "SELECT TYPEOF Owner WHEN User THEN Name, Email ELSE Name END FROM Order",
    "SELECT FIELDS(ALL) FROM Account LIMIT 200",
    r"SELECT Id FROM Account WHERE NOT Name LIKE 'a\_b%'",
    "SELECT Id FROM Account WHERE NOT (Name = 'a' OR Name = 'b')",
    "SELECT Id FROM Opportunity WHERE Channels__c INCLUDES ('a;b', 'c') ALL ROWS",
    "SELECT convertCurrency(Amount), toLabel(StageName) FROM Opportunity",
    "SELECT Id FROM Opportunity WHERE Amount > USD5000",
    "SELECT COUNT() FROM Account",
    "SELECT Id FROM Account FOR UPDATE",
    "SELECT Id FROM Account FOR VIEW FOR REFERENCE",
    "SELECT DAY_ONLY(convertTimezone(CreatedDate)) FROM Account GROUP BY DAY_ONLY(convertTimezone(CreatedDate))",
    "select id from order order by type asc nulls last, id desc limit 5 offset 10",
    "SELECT a.Name FROM Account AS a WHERE a.Name != null",
    "SELECT Id FROM Account USING SCOPE mine WHERE IsDeleted = false",
    "SELECT Id\nFROM\tAccount\r\nWHERE Name='x'",
)
REFUSED = {
    "": "<EOF>",
    "SELECT": "<EOF>",
    "SELECT Id FROM": "<EOF>",
    "SELECT * FROM Account": "*",
    "SELECT Id FROM Account WHERE": "<EOF>",
    "SELECT Id FROM Account; DELETE": ";",
    "SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3": "OR",
    "SELECT Id FROM Account LIMIT 5 6": "6",
    'SELECT Id FROM Account WHERE Name = "x"': '"',
    "SELECT Id, FROM Account": "FROM",
    "SELECT Id FROM Account LIMIT -1": "-1",
    "SELECT Id FROM Account WHERE Name == 'x'": "=",
    "SELECT Id FROM Account ORDER Name": "Name",
    # A plus sign that the client did not encode arrives as a space.
    "SELECT Id FROM Account WHERE CreatedDate > 2026-11-01T00:00:00 01:00": "-11",
}


@pytest.mark.parametrize("statement", READ)
def test_a_statement_of_the_manual_is_read(statement: str) -> None:
    assert isinstance(parse(statement), syntax.Query)


@pytest.mark.parametrize(("statement", "token"), REFUSED.items())
def test_what_cannot_be_read_is_malformed_and_never_skipped(statement: str, token: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(statement)
    assert refusal.value.code == "MALFORMED_QUERY"
    assert refusal.value.message.endswith(f"unexpected token: '{token}'")


def test_a_refusal_shows_row_column_and_a_caret_below_the_place() -> None:
    with pytest.raises(ApiError) as refusal:
        parse("SELECT Id\nFROM Account WHERE Name ! 'x'")
    excerpt, caret, place, complaint = refusal.value.message.split("\n")[1:]
    assert excerpt[caret.index("^")] == "!"
    assert place == "ERROR at Row:2:Column:25"
    assert complaint == "unexpected token: '!'"


def test_escapes_in_strings_mean_what_the_manual_says() -> None:
    where = parse(r"SELECT Id FROM Account WHERE Name = 'O\'Leary \\ \"x\" \n\u00e5'").where
    assert isinstance(where, syntax.Comparison)
    assert isinstance(where.value, syntax.String)
    assert where.value.text == 'O\'Leary \\ "x" \nå'


def test_an_unknown_escape_is_refused() -> None:
    with pytest.raises(ApiError, match="Illegal character sequence"):
        parse(r"SELECT Id FROM Account WHERE Name = 'a\q'")


def test_numbers_are_exact_and_currency_literals_carry_their_currency() -> None:
    where = parse("SELECT Id FROM X WHERE A = 0.1 AND B = -2 AND C < usd12.50").where
    assert isinstance(where, syntax.And)
    values = [part.value for part in where.parts if isinstance(part, syntax.Comparison)]
    assert [value.value for value in values if isinstance(value, syntax.Number)] == [
        Decimal("0.1"),
        Decimal(-2),
    ]
    assert [(value.currency, value.amount) for value in values if isinstance(value, syntax.Money)] == [
        ("USD", Decimal("12.50"))
    ]


def test_instants_are_brought_to_utc() -> None:
    where = parse("SELECT Id FROM X WHERE A > 2026-11-01T00:30:00.25+01:00").where
    assert isinstance(where, syntax.Comparison)
    assert isinstance(where.value, syntax.DateTime)
    assert where.value.wire == "2026-10-31T23:30:00.250+0000"


@pytest.mark.parametrize("literal", ["2026-02-30", "2026-13-01T00:00:00Z"])
def test_a_day_that_does_not_exist_is_refused(literal: str) -> None:
    with pytest.raises(ApiError, match="Invalid date"):
        parse(f"SELECT Id FROM X WHERE A = {literal}")


def test_a_statement_has_at_most_a_hundred_thousand_characters() -> None:
    long = "SELECT Id FROM Account WHERE Name = 'x'"
    assert parse(long.ljust(100_000)).source == "Account"
    with pytest.raises(ApiError, match="100000 characters"):
        parse(long.ljust(100_001))


def test_one_string_has_at_most_four_thousand_characters() -> None:
    with pytest.raises(ApiError, match="4000 characters"):
        parse(f"SELECT Id FROM Account WHERE Name = '{'x' * 4001}'")


_WORDS = st.sampled_from(
    [
        *"(),.<>=!'\\",
        "SELECT",
        "FROM",
        "WHERE",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "ORDER",
        "BY",
        "LIMIT",
        "Account",
        "Name",
        "'x'",
    ]
)


@given(st.lists(st.one_of(_WORDS, st.text(max_size=4), st.integers().map(str)), max_size=12).map(" ".join))
def test_any_text_is_either_read_or_malformed(text: str) -> None:
    try:
        assert isinstance(parse(text), syntax.Query)
    except ApiError as refusal:
        assert refusal.code == "MALFORMED_QUERY"  # noqa: PT017 - either outcome is right
