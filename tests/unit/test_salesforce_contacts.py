"""The contact who buys where a deal has no account: the way to it from every kind of deal, and who it then is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from salesforce_org import catalog, lookup, text
from sfspiris.adapters.salesforce import mapping
from sfspiris.adapters.salesforce.catalog import Catalog, Field, fields_by_name
from sfspiris.adapters.salesforce.origin import OPPORTUNITIES, standard_origin, with_contact
from sfspiris.adapters.salesforce.soql import DealQuery, deal_queries
from sfspiris.adapters.salesforce.source import Source, fields_of, resolve, undescribed
from sfspiris.errors import ConfigError
from sfspiris.ports.crm import Selection

ROLE = fields_by_name((lookup("ContactId", "Contact", "Contact"), Field("IsPrimary", "boolean")))
CONTACT = fields_by_name((text("Id", 18), text("Name"), text("Email"), text("MailingCity")))
EVA = "003000000000001AAA"


def org(**more: tuple[Field, ...]) -> Catalog:
    known = catalog().with_objects({"OpportunityContactRole": ROLE, "Contact": CONTACT})
    return known.with_objects({name: fields_by_name(fields) for name, fields in more.items()})


def test_an_opportunitys_contact_is_looked_up_by_its_role_and_only_when_such_deals_are_taken() -> None:
    assert resolve(Source(), org()).fields["contact_name"] == ()
    source = Source(contacts=True)
    assert undescribed(source, catalog()) == {"OpportunityContactRole"}
    found = resolve(source, org())
    assert found.fields["contact_city"] == ("OpportunityContactRole.Contact.MailingCity",)
    assert not any(path.startswith("OpportunityContactRole") for path in found.deal_paths())
    assert set(found.role_paths()) == {"Contact.Name", "Contact.Email", "Contact.MailingCity"}
    query = DealQuery(("Name",), ("Quantity",), ("Id",), "IsWon = true", origin=found.origin)
    [asked] = query.role_queries(["006000000000001AAA"], tuple(found.role_paths()))
    assert asked.startswith("SELECT OpportunityId, ContactId, Contact.Name,")
    assert "IsPrimary = true AND OpportunityId IN ('006000000000001AAA')" in asked


def test_a_configured_lookup_takes_the_place_of_the_role() -> None:
    source = Source(contacts=True, fields={"contact": ("Primary_Contact__c",)})
    found = resolve(source, org())
    assert found.fields["contact_name"] == ("Primary_Contact__r.Name",)
    assert "Primary_Contact__c" in found.origin.always()
    moved = Selection(changed_since=datetime(2026, 11, 20, tzinfo=UTC))
    query = DealQuery(("Name",), ("Quantity",), ("Id",), "IsWon = true", origin=found.origin)
    [asked] = deal_queries(query, moved, None)
    assert "Primary_Contact__r.SystemModstamp >= 2026-11-20T00:00:00Z" in asked


def test_a_lookup_that_leads_to_no_contact_is_refused_by_its_key() -> None:
    with pytest.raises(ConfigError, match=r"\[source.fields\] contact: AccountId .* leads to no Contact"):
        resolve(Source(contacts=True, fields={"contact": ("AccountId",)}), org())


def test_an_org_that_hides_contacts_says_what_to_do() -> None:
    hidden = org().with_objects({"Contact": {}})
    with pytest.raises(ConfigError, match="cannot see the object Contact") as refused:
        resolve(Source(contacts=True), hidden)
    assert 'contact_only = "hold"' in str(refused.value.remedy)


def test_an_orders_contact_is_the_one_who_is_billed_and_an_own_objects_the_only_one_there_is() -> None:
    order = standard_origin("Order", None)
    assert order is not None
    billed = with_contact(order, {}, org())
    assert (billed.contact_id, billed.contact) == ("BillToContactId", "BillToContact")
    assert fields_of(billed)["contact_name"].paths == ("BillToContact.Name",)
    own = replace(OPPORTUNITIES, object="Request__c")
    one = org(Request__c=(lookup("Buyer__c", "Buyer__r", "Contact"),))
    assert with_contact(own, {}, one).contact_id == "Buyer__c"
    two = org(
        Request__c=(lookup("Buyer__c", "Buyer__r", "Contact"), lookup("Payer__c", "Payer__r", "Contact"))
    )
    with pytest.raises(ConfigError, match="several lookups to Contact: Buyer__c, Payer__c"):
        with_contact(own, {}, two)


def test_an_account_goes_before_the_contact_who_is_a_private_person_only_without_one() -> None:
    found = resolve(Source(contacts=True), org())
    role = {
        "ContactId": EVA,
        "Contact": {"Name": "Eva Berg", "Email": "eva@hem.example", "MailingCity": "Lund"},
    }
    row = {
        "Id": "006000000000001AAA",
        "Name": "Affär",
        "CloseDate": "2026-11-10",
        "SystemModstamp": "2026-11-20T08:00:00.000+0000",
        "OpportunityContactRole": role,
    }
    alone = mapping.to_deal({**row, "AccountId": None}, found).buyer
    assert alone is not None
    assert (alone.id, alone.name, alone.city) == (EVA, "Eva Berg", "Lund")
    assert (alone.is_person, alone.is_contact, alone.orgnr) == (True, True, None)
    account = {"AccountId": "001000000000001AAA", "Account": {"Name": "AB Volvo"}}
    business = mapping.to_deal({**row, **account}, found).buyer
    assert business is not None
    assert (business.name, business.is_contact) == ("AB Volvo", False)
    assert mapping.to_deal({**row, "AccountId": None, "OpportunityContactRole": None}, found).buyer is None
