"""SOSL: words looked for in many objects at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from salesforce_box import WORLD, Api, Box, box

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        running.reset(WORLD)
        yield running


@pytest.fixture(scope="module")
def api(served: Box) -> Api:
    return served.api()


def found(api: Api, statement: str) -> list[str]:
    """What is found, as `Object: Name`."""
    records = api.ok("GET", "/search", params={"q": statement})["searchRecords"]
    return [f"{one['attributes']['type']}: {one['Name']}" for one in records]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (
            "FIND {acme} IN ALL FIELDS RETURNING Account(Id, Name ORDER BY Name)",
            ["Account: Acme AB", "Account: Acme Dotter AB"],
        ),
        ("FIND {acme dotter} RETURNING Account(Name)", ["Account: Acme Dotter AB"]),
        ("FIND {acme AND NOT dotter} RETURNING Account(Name)", ["Account: Acme AB"]),
        (
            "find {dott* OR must?r} returning Account(Name ORDER BY Name)",
            ["Account: Acme Dotter AB", "Account: Muster GmbH"],
        ),
        ('FIND {"acme ab"} RETURNING Account(Name)', ["Account: Acme AB"]),
        ("FIND {Umeå} IN ALL FIELDS RETURNING Account(Name)", ["Account: Acme AB"]),
        ("FIND {Umeå} IN NAME FIELDS RETURNING Account(Name)", []),
        (
            "FIND {deal} IN NAME FIELDS RETURNING Opportunity(Name WHERE IsWon = true), Contact(Name)",
            ["Opportunity: Won deal"],
        ),
        (
            "FIND {deal} RETURNING Opportunity(Name ORDER BY CloseDate LIMIT 2 OFFSET 1)",
            ["Opportunity: Won deal", "Opportunity: Open deal"],
        ),
        (
            "FIND {acme} RETURNING Account(Name ORDER BY Name), Opportunity(Name) LIMIT 1",
            ["Account: Acme AB"],
        ),
        ("FIND {556012\\-5790} RETURNING Account(Name)", ["Account: Acme AB"]),
    ],
)
def test_a_search_finds_whole_words_in_any_case(api: Api, statement: str, names: list[str]) -> None:
    assert found(api, statement) == names


def test_without_returning_every_object_is_looked_in(api: Api) -> None:
    records = api.ok("GET", "/search", params={"q": "FIND {Karin}"})["searchRecords"]
    assert [one["attributes"]["type"] for one in records] == ["Contact"]
    assert set(records[0]) == {"attributes", "Id"}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("", "MALFORMED_SEARCH"),
        ("FIND acme", "MALFORMED_SEARCH"),
        ("FIND {a} RETURNING Account", "MALFORMED_SEARCH"),
        ("FIND {acme OR} RETURNING Account", "MALFORMED_SEARCH"),
        ("FIND {(acme)} RETURNING Account", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account WITH DIVISION = 'x'", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(Name WHERE)", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(COUNT(Id))", "MALFORMED_SEARCH"),
        ("FIND {acme} RETURNING Account(Nmae)", "INVALID_FIELD"),
        ("FIND {acme} RETURNING Nothing(Id)", "INVALID_TYPE"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(api: Api, statement: str, code: str) -> None:
    assert api.refused("GET", "/search", params={"q": statement}) == (400, code)
