"""Which paths of the org feed our fields, and what happens where one does not exist."""

from __future__ import annotations

import pytest

from salesforce_org import catalog, lookup, text
from sfspiris.adapters import exactjson
from sfspiris.adapters.salesforce.catalog import Catalog, Found, Missing, Undescribed
from sfspiris.adapters.salesforce.source import (
    SOURCE_FIELDS,
    Source,
    WhenMissing,
    resolve,
    undescribed,
)
from sfspiris.errors import ConfigError


def test_a_path_is_found_in_the_orgs_own_spelling() -> None:
    found = catalog().find("Opportunity", "account.ORGANISATION_number__C")
    assert isinstance(found, Found)
    assert found.path == "Account.Organisation_Number__c"


def test_a_path_breaks_off_where_the_org_has_no_such_field() -> None:
    missing = catalog().find("Opportunity", "Account.Organization_Number__c")
    assert isinstance(missing, Missing)
    assert (missing.object, missing.name) == ("Account", "Organization_Number__c")
    assert missing.nearest == "Organisation_Number__c"


def test_a_path_breaks_off_where_the_org_has_no_such_relationship() -> None:
    missing = catalog().find("Opportunity", "Primary_Contact__c.Name")
    assert isinstance(missing, Missing)
    assert (missing.object, missing.name) == ("Opportunity", "Primary_Contact__c")
    assert missing.nearest == "Primary_Contact__r"


def test_a_path_waits_for_an_object_that_was_not_described() -> None:
    assert catalog(without=["Contact"]).find("Opportunity", "Primary_Contact__r.Name") == Undescribed(
        "Contact"
    )


def test_an_owner_that_may_be_a_queue_is_taken_for_a_person() -> None:
    org = catalog(more={"Opportunity": [lookup("Desk__c", "Desk__r", "Group", "User")]})
    assert isinstance(org.find("Opportunity", "Desk__r.Email"), Found)


def test_a_catalog_survives_being_kept_as_json() -> None:
    org = catalog()
    kept = exactjson.loads(exactjson.dumps(org.to_plain()))
    assert Catalog.from_plain(kept) == org


def test_a_catalog_of_another_version_is_not_read() -> None:
    assert Catalog.from_plain({**catalog().to_plain(), "version": 0}) is None


def test_only_objects_that_a_path_walks_through_are_asked_for() -> None:
    assert undescribed(Source(), Catalog({})) == {
        "Opportunity",
        "OpportunityLineItem",
        "Account",
        "Product2",
        "Spiris_Invoice__c",
        "User",
    }
    assert undescribed(Source(), catalog(without=["Contact"])) == {"Contact"}
    assert undescribed(Source(), catalog()) == set()


def test_the_defaults_fit_an_org_that_has_every_field() -> None:
    resolved = resolve(Source(), catalog())
    assert resolved.missing == ()
    assert resolved.fields["your_reference"] == ("Primary_Contact__r.Name", "Account.Name")
    assert resolved.fields["country"] == ("Account.BillingCountryCode", "Account.BillingCountry")
    assert resolved.fields["currency"] == ()  # one currency only: nobody is told
    assert resolved.fields["email"] == ()


def test_a_chain_goes_on_without_the_paths_that_do_not_exist() -> None:
    org = catalog(without=["Opportunity.Primary_Contact__c", "Account.BillingCountryCode"])
    resolved = resolve(Source(), org)
    assert resolved.fields["your_reference"] == ("Account.Name",)
    assert resolved.fields["country"] == ("Account.BillingCountry",)
    assert resolved.missing == ()


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("purchase_order", ["Opportunity.PO_Number__c"]),
        ("vat_number", ["Account.VAT_Number__c"]),
        ("customer_number", ["Account.Spiris_Customer_Number__c"]),
        ("payment_terms_days", ["Opportunity.Payment_Terms__c", "Account.Payment_Terms__c"]),
        ("phone", ["Account.Phone"]),
        ("line_discount", ["OpportunityLineItem.Discount"]),
        ("line_family", ["Product2.Family"]),
    ],
)
def test_an_optional_field_without_any_path_is_empty_and_told_once(name: str, gone: list[str]) -> None:
    resolved = resolve(Source(), catalog(without=gone))
    assert resolved.fields[name] == ()
    assert [(one.name, bool(one.without)) for one in resolved.missing] == [(name, True)]


@pytest.mark.parametrize(
    "gone",
    [
        "Account.Organisation_Number__c",
        "Product2.ProductCode",
        "OpportunityLineItem.UnitPrice",
        "Account.BillingCity",
    ],
)
def test_a_field_that_we_cannot_do_without_stops_the_run(gone: str) -> None:
    with pytest.raises(ConfigError, match=gone.partition(".")[2]):
        resolve(Source(), catalog(without=[gone]))


def test_the_refusal_names_the_key_the_object_the_nearest_field_and_field_level_security() -> None:
    org = catalog(
        without=["Account.Organisation_Number__c"], more={"Account": [text("Organization_Number__c")]}
    )
    with pytest.raises(ConfigError) as refused:
        resolve(Source(), org)
    assert refused.value.message == (
        '[source.fields] orgnr: the Salesforce object Account has no field "Organisation_Number__c" '
        "(in the path Account.Organisation_Number__c)."
    )
    assert refused.value.remedy.startswith("Did you mean Organization_Number__c?")
    assert "field-level security" in refused.value.remedy


def test_a_path_that_the_operator_wrote_must_exist_even_when_another_of_its_chain_does() -> None:
    source = Source(fields={"purchase_order": ("PO_Number__c", "Order_Number__c")})
    with pytest.raises(ConfigError, match="Order_Number__c"):
        resolve(source, catalog())


def test_what_the_operator_wrote_replaces_the_default() -> None:
    source = Source(fields={"our_reference": ("owner.email",), "phone": ()})
    resolved = resolve(source, catalog())
    assert resolved.fields["our_reference"] == ("Owner.Email",)
    assert resolved.fields["phone"] == ()


def test_a_field_name_that_is_not_ours_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as refused:
        resolve(Source(fields={"orgnumber": ("Account.Name",)}), catalog())
    assert "orgnr" in refused.value.remedy


def test_a_route_keeps_its_own_spelling_and_must_exist() -> None:
    source = Source(route_paths=("account.billingcountrycode",))
    assert resolve(source, catalog()).routes == {"account.billingcountrycode": "Account.BillingCountryCode"}
    with pytest.raises(ConfigError, match="routes"):
        resolve(source, catalog(without=["Account.BillingCountryCode"]))


def test_record_types_need_an_org_that_has_them() -> None:
    with pytest.raises(ConfigError, match="record_types"):
        resolve(Source(record_types=("Projekt",)), catalog())
    org = catalog(more={"Opportunity": [lookup("RecordTypeId", "RecordType", "RecordType")]})
    assert resolve(Source(record_types=("Projekt",)), org).missing == ()


@pytest.mark.parametrize("hidden", ["Account", "Product2", "OpportunityLineItem", "Opportunity"])
def test_an_object_that_nobody_let_us_see_stops_the_run(hidden: str) -> None:
    org = Catalog({**catalog().objects, hidden: {}})
    with pytest.raises(ConfigError, match=f"cannot see the object {hidden}"):
        resolve(Source(), org)


def test_every_default_says_what_its_absence_means() -> None:
    for one in SOURCE_FIELDS.values():
        assert bool(one.without) == (one.when_missing is WhenMissing.EMPTY), one.name
        assert one.paths or one.when_missing is WhenMissing.NORMAL, one.name
