"""Which object deals are read from, and what is found out about one of the org's own."""

from __future__ import annotations

from datetime import date

import pytest

from salesforce_org import catalog, lookup, number, text
from sfspiris.adapters.salesforce.catalog import Catalog, Field, child_list, fields_by_name
from sfspiris.adapters.salesforce.soql import DealQuery, deal_queries, existence_queries, fate_queries
from sfspiris.adapters.salesforce.source import Source, SourceMap, resolve, undescribed
from sfspiris.errors import ConfigError
from sfspiris.ports.crm import Reach, Selection

REQUEST, LINE = "Request__c", "Request_Line__c"
FIELDS = {"line_quantity": ("Number__c",), "line_unit_price": ("Price__c",)}


def org(*more: Field) -> Catalog:
    """The test org with an object of its own, which has no owner: it is a detail of something else."""
    own = fields_by_name(
        (
            child_list("Request_Lines__r", LINE),
            child_list("Histories", "Request__History"),
            text("Id", 18),
            text("Name"),
            Field("CreatedDate", "datetime"),
            Field("SystemModstamp", "datetime"),
            Field("Delivered__c", "date"),
            lookup("Buyer__c", "Buyer__r", "Account"),
            lookup("Deal__c", "Deal__r", "Opportunity"),
            *more,
        )
    )
    lines = fields_by_name(
        (
            text("Id", 18),
            text("Name"),
            number("Number__c"),
            number("Price__c"),
            lookup("Item__c", "Item__r", "Product2"),
        )
    )
    return catalog().with_objects({REQUEST: own, LINE: lines})


def resolved(known: Catalog, *, lines: str = "Request_Lines__r", **fields: tuple[str, ...]) -> SourceMap:
    source = Source(
        gate="Ready__c = true",
        object=REQUEST,
        lines=lines,
        fields=FIELDS | fields,
        route_paths=("Account.BillingCountryCode",),
    )
    assert undescribed(source, known) == set()
    return resolve(source, known)


def query_of(source: SourceMap) -> DealQuery:
    return DealQuery(("Name",), ("Number__c",), ("Id",), "Ready__c = true", origin=source.origin)


def test_an_own_objects_account_lines_and_products_are_found_by_its_lookups() -> None:
    found = resolved(org())
    assert (found.origin.account_id, found.origin.account) == ("Buyer__c", "Buyer__r")
    assert (found.origin.line_object, found.origin.product) == (LINE, "Item__r")
    assert found.fields["orgnr"] == ("Buyer__r.Organisation_Number__c",)
    assert found.fields["line_article"] == ("Item__r.ProductCode",)
    assert found.routes == {"Account.BillingCountryCode": "Buyer__r.BillingCountryCode"}


def test_lines_may_be_named_by_their_object_where_only_one_list_has_them() -> None:
    assert resolved(org(), lines=LINE.lower()).origin.lines == "Request_Lines__r"


def test_two_lookups_to_an_account_are_never_chosen_among() -> None:
    known = org(lookup("Payer__c", "Payer__r", "Account"))
    with pytest.raises(ConfigError, match="several lookups to Account: Buyer__c, Payer__c"):
        resolved(known)
    assert resolved(known, buyer=("Payer__c",)).origin.account == "Payer__r"


def test_the_account_may_be_that_of_a_parent() -> None:
    found = resolved(org(), buyer=("Deal__r.AccountId",))
    assert (found.origin.account_id, found.origin.account) == ("Deal__r.AccountId", "Deal__r.Account")
    assert found.fields["city"] == ("Deal__r.Account.BillingCity",)


def test_a_buyer_that_is_no_account_is_refused() -> None:
    with pytest.raises(ConfigError, match="leads to no Account"):
        resolved(org(), buyer=("Deal__c",))


def test_an_own_object_without_owner_or_stage_is_asked_for_neither() -> None:
    source = resolved(org())
    assert list(existence_queries(["a01000000000001AAA"], source.origin)) == [
        "SELECT Id, Name FROM Request__c WHERE Id IN ('a01000000000001AAA') ORDER BY Id"
    ]
    [fate] = fate_queries((), None, ["a01000000000001AAA"], source.origin)
    assert fate.startswith("SELECT Id, Name, IsDeleted FROM Request__c WHERE ")
    [won] = deal_queries(query_of(source), Selection(), None)
    assert won.startswith("SELECT Id, Name, CreatedDate, SystemModstamp, Buyer__c, (SELECT ")


def test_the_day_of_an_own_object_is_that_of_its_delivery_or_else_of_its_making_in_sweden() -> None:
    selection = Selection(closed_from=date(2026, 11, 1), closed_to=date(2026, 11, 30))
    [made] = deal_queries(query_of(resolved(org())), selection, None)
    assert "CreatedDate >= 2026-10-31T23:00:00Z AND CreatedDate < 2026-11-30T23:00:00Z" in made
    [delivered] = deal_queries(query_of(resolved(org(), delivery_date=("Delivered__c",))), selection, None)
    assert "Delivered__c >= 2026-11-01 AND Delivered__c <= 2026-11-30" in delivered


def test_a_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(ConfigError, match="Name of the Salesforce object Request__c is no date"):
        resolved(org(), closed_on=("Name",))


def test_what_does_not_pass_an_own_objects_gate_counts_as_open() -> None:
    [read] = deal_queries(query_of(resolved(org())), Selection(reach=Reach.OPEN), None)
    assert " WHERE (NOT (Ready__c = true)) " in read


def test_lines_that_nothing_names_a_price_for_are_asked_for_by_key_with_the_nearest_field() -> None:
    source = Source(object=REQUEST, lines="Request_Lines__r", fields={"line_quantity": ("Number__c",)})
    with pytest.raises(ConfigError, match=r"\[source.fields\] line_unit_price: nothing says") as refused:
        resolve(source, org())
    assert refused.value.remedy.startswith("Did you mean Price__c?")
