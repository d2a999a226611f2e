"""The port's promises where they need no real org: what is kept between runs, and when it is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from salesforce_org import (
    DEAL_ID,
    HOST,
    NOW,
    ORG,
    ORG_FIELDS,
    MemoryCatalogs,
    MemoryTokens,
    Naps,
    ScriptedTransport,
    described,
    lookup,
    refusal,
    reply,
    row,
    rows,
    text,
    tokens,
)
from sfspiris.adapters.salesforce.app import App, WebFlow
from sfspiris.adapters.salesforce.client import SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.oauth import SalesforceSignIn
from sfspiris.adapters.salesforce.source import Source
from sfspiris.core.model import SyncState
from sfspiris.errors import BrokenReply, ConfigError, UsageError
from sfspiris.ports.crm import DealUpdate, KnownDeal, Selection, WriteResult

if TYPE_CHECKING:
    from sfspiris.adapters.transport import Reply
    from sfspiris.ports.crm import Crm

FIRST = ("Account", "Opportunity", "OpportunityLineItem", "Product2", "Spiris_Invoice__c", "User")
SAVED: dict[str, Any] = {"id": DEAL_ID, "success": True, "errors": []}
UPDATE = DealUpdate(DEAL_ID, SyncState(status="Draft", code="DONE"), NOW)
LATER = NOW + timedelta(minutes=59)


class Desk:
    """A CRM with a scripted Salesforce; `run` begins another run with the same cache."""

    def __init__(self, *replies: Reply | Exception, source: Source | None = None) -> None:
        self.cache = MemoryCatalogs()
        self.source = source or Source()
        self.run(*replies)

    def run(self, *replies: Reply | Exception, at: Any = NOW) -> SalesforceCrm:
        self.transport = ScriptedTransport(*replies)
        app = App("production", "https://login.salesforce.com", "app-id", WebFlow())
        sign_in = SalesforceSignIn(
            app, store=MemoryTokens({"salesforce": tokens()}), transport=self.transport, now=lambda: at
        )
        client = SalesforceClient(sign_in=sign_in, transport=self.transport, pace=Naps().pace)
        self.crm = SalesforceCrm(client=client, cache=self.cache, source=self.source, now=lambda: at)
        return self.crm

    @property
    def asked(self) -> list[str]:
        """The last word of each address, or the query."""
        return [sent.params.get("q") or sent.url.rpartition("/")[2] for sent in self.transport.sent]


def org_without(*gone: str) -> dict[str, Any]:
    """The org's fields without some of them, such as `Account.Phone`."""
    return {
        owner: [one for one in fields if f"{owner}.{one.name}" not in gone]
        for owner, fields in ORG_FIELDS.items()
    }


def whole_org(source: Any = ORG_FIELDS) -> tuple[Reply, Reply]:
    return described(*FIRST, source=source), described("Contact", source=source)


def test_it_is_a_crm() -> None:
    crm: Crm = Desk().crm
    assert crm.org_id == ORG
    assert crm.calls == 0


def test_the_first_run_describes_and_the_second_does_not() -> None:
    desk = Desk(*whole_org(), reply(rows(row(OpportunityLineItems=None))))
    [deal] = desk.crm.read_deals(Selection()).deals
    assert deal.id == DEAL_ID
    assert desk.asked[:2] == ["batch", "batch"]
    desk.run(reply(rows()), at=NOW + timedelta(hours=23))
    desk.crm.read_deals(Selection())
    assert len(desk.asked) == 1


def test_a_catalog_is_read_again_after_a_day() -> None:
    desk = Desk(*whole_org(), reply(rows()))
    desk.crm.read_deals(Selection())
    desk.run(*whole_org(), reply(rows()), at=NOW + timedelta(hours=24))
    desk.crm.read_deals(Selection())
    assert desk.asked[:2] == ["batch", "batch"]


def test_a_catalog_from_the_future_is_not_trusted() -> None:
    desk = Desk(*whole_org())
    desk.crm.field_names()
    desk.run(*whole_org(), at=NOW - timedelta(minutes=1))
    desk.crm.field_names()
    assert desk.transport.calls == 2


def test_another_user_sees_other_fields_and_gets_a_catalog_of_their_own() -> None:
    desk = Desk(*whole_org())
    desk.crm.field_names()
    [key] = desk.cache.kept
    assert ORG in key
    assert "i@example.com" not in key


def test_what_must_exist_is_never_said_to_be_missing_from_the_cache() -> None:
    desk = Desk(*whole_org(org_without("Account.Organisation_Number__c")))
    with pytest.raises(ConfigError, match="Organisation_Number__c"):
        desk.crm.read_deals(Selection())
    desk.run(*whole_org(), at=NOW + timedelta(seconds=1))
    assert desk.crm.missing_source_fields() == ()


@pytest.mark.parametrize("gone", ["Opportunity.PO_Number__c", "Opportunity.Spiris_Sync_Code__c"])
def test_something_optional_that_was_missing_is_looked_for_again_after_an_hour(gone: str) -> None:
    desk = Desk(*whole_org(org_without(gone)))
    desk.crm.field_names()
    desk.run(at=NOW + timedelta(minutes=59))
    desk.crm.field_names()
    assert desk.transport.calls == 0
    desk.run(*whole_org(), at=NOW + timedelta(minutes=60))
    assert desk.crm.missing_source_fields() == ()
    assert desk.crm.missing_sync_fields() == ()


def test_a_field_that_salesforce_no_longer_knows_is_looked_up_and_the_query_asked_again() -> None:
    desk = Desk(*whole_org())
    desk.crm.field_names()
    no_phone = whole_org(org_without("Account.Phone"))
    unknown = refusal("INVALID_FIELD", "No such column 'Phone' on entity 'Account'")
    desk.run(unknown, *no_phone, reply(rows()), at=LATER)
    assert desk.crm.read_deals(Selection()).deals == ()
    assert "Account.Phone" in desk.asked[0]
    assert "Account.Phone" not in desk.asked[-1]
    assert [one.name for one in desk.crm.missing_source_fields()] == ["phone"]


def test_a_gate_with_a_wrong_field_is_told_after_one_new_look() -> None:
    unknown = refusal("INVALID_FIELD", "No such column 'Vunnen__c' on entity 'Opportunity'")
    desk = Desk(*whole_org(), unknown, *whole_org(), unknown, source=Source(gate="Vunnen__c = true"))
    with pytest.raises(ConfigError, match="Vunnen__c") as found:
        desk.crm.read_deals(Selection())
    assert "gate" in found.value.remedy


def test_fields_that_the_org_lacks_are_known_by_name() -> None:
    desk = Desk(*whole_org(org_without("Opportunity.Spiris_Sync_Code__c")))
    assert desk.crm.missing_sync_fields() == ("Spiris_Sync_Code__c",)
    assert desk.crm.sync_fields() == {
        "status",
        "message",
        "correlation_id",
        "company",
        "draft_id",
        "invoice_number",
    }


def test_deals_of_several_queries_come_in_one_order() -> None:
    early = {"SystemModstamp": "2026-11-01T00:00:00.000+0000", "OpportunityLineItems": None}
    late = {"SystemModstamp": "2026-11-02T00:00:00.000+0000", "OpportunityLineItems": None}
    ids = [f"006000000000{number:03d}" for number in range(201)]
    desk = Desk(
        *whole_org(),
        reply(rows(row(Id=ids[0], **late)), date="Fri, 20 Nov 2026 08:00:00 GMT"),
        reply(rows(row(Id=ids[2], **early), row(Id=ids[1], **late)), date="Fri, 20 Nov 2026 08:00:09 GMT"),
    )
    batch = desk.crm.read_deals(Selection(ids=tuple(ids)))
    assert [deal.id[:15] for deal in batch.deals] == [ids[2], ids[0], ids[1]]
    assert batch.read_at == NOW


def test_the_same_deal_in_both_lengths_is_asked_for_once() -> None:
    desk = Desk(*whole_org(), reply(rows()))
    desk.crm.read_deals(Selection(ids=(DEAL_ID, DEAL_ID[:15])))
    assert desk.asked[-1].count(DEAL_ID) == 1


def test_no_ids_are_no_question() -> None:
    desk = Desk(*whole_org())
    batch = desk.crm.read_deals(Selection(ids=()))
    assert (batch.deals, batch.read_at) == ((), NOW)
    assert desk.crm.exist([]) == {}


def test_an_id_that_is_none_is_refused_before_anything_is_asked() -> None:
    desk = Desk()
    with pytest.raises(UsageError, match="D1"):
        desk.crm.read_deals(Selection(ids=("D1",)))
    assert desk.transport.calls == 0


def test_a_deal_that_comes_twice_breaks_the_reading() -> None:
    desk = Desk(*whole_org(), reply(rows(row(OpportunityLineItems=None), row(OpportunityLineItems=None))))
    with pytest.raises(BrokenReply, match="twice"):
        desk.crm.read_deals(Selection())


def test_existence_is_told_with_name_and_stage_and_unknown_words_are_no_ids() -> None:
    desk = Desk(reply(rows({"Id": DEAL_ID, "Name": "Hissar", "StageName": "Closed Lost"})))
    assert desk.crm.exist([DEAL_ID[:15], "D1"]) == {DEAL_ID: KnownDeal("Hissar", "Closed Lost")}


def test_lines_are_ordered_by_id_where_the_org_does_not_sort_them() -> None:
    desk = Desk(*whole_org(org_without("OpportunityLineItem.SortOrder")), reply(rows()))
    desk.crm.read_deals(Selection())
    assert "FROM OpportunityLineItems ORDER BY Id)" in desk.asked[-1]


def test_messages_name_fields_as_salesforce_does() -> None:
    names = Desk(
        *whole_org(org_without("Account.BillingCountryCode", "Opportunity.PO_Number__c"))
    ).crm.field_names()
    expected = {
        "orgnr": "Organisation_Number__c",
        "postal_code": "BillingPostalCode",
        "country": "BillingCountry",
        "purchase_order": "PO_Number__c",
        "currency": "CurrencyIsoCode",
        "lines": "OpportunityLineItems",
        "line_article": "ProductCode",
        "line_unit_price": "UnitPrice",
        "buyer": "AccountId",
        "draft_id": "Spiris_Draft_Id__c",
    }
    assert {name: names[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (DEAL_ID, f"lightning/r/Opportunity/{DEAL_ID}/view"),
        ("001J6000000000cIAA", "lightning/r/Account/001J6000000000cIAA/view"),
        ("a00J6000000000cIAA", "a00J6000000000cIAA"),
    ],
)
def test_a_record_is_seen_at_its_instance(record: str, path: str) -> None:
    assert Desk().crm.record_url(record) == f"{HOST}/{path}"


def test_the_org_introduces_itself() -> None:
    org = Desk(reply(rows({"Id": ORG[:15], "Name": "Exempel", "IsSandbox": True}))).crm.organization()
    assert (org.id, org.name, org.is_sandbox) == (ORG, "Exempel", True)
    with pytest.raises(BrokenReply, match="which org"):
        Desk(reply(rows())).crm.organization()


# --- writing -------------------------------------------------------------------------------------------------------


def test_status_is_written_and_told_per_deal() -> None:
    other = replace(UPDATE, deal_id="006J6000000000bIAA")
    refused = {
        "success": False,
        "errors": [{"statusCode": "ENTITY_IS_LOCKED", "message": "in approval", "fields": []}],
    }
    desk = Desk(*whole_org(), reply([SAVED, refused]))
    assert desk.crm.write_deals([UPDATE, other]) == [
        WriteResult(DEAL_ID),
        WriteResult(other.deal_id, "ENTITY_IS_LOCKED: in approval"),
    ]


def test_an_org_without_our_fields_is_told_for_every_deal() -> None:
    gone = [f"Opportunity.{one.name}" for one in ORG_FIELDS["Opportunity"] if one.name.startswith("Spiris_")]
    desk = Desk(*whole_org(org_without(*gone)))
    [result] = desk.crm.write_deals([UPDATE])
    assert result.error is not None
    assert result.error.startswith("NO_FIELDS")
    assert desk.crm.sync_fields() == frozenset()


def test_a_status_field_that_became_read_only_is_left_out_from_then_on() -> None:
    desk = Desk(*whole_org())
    desk.crm.field_names()
    refused = {
        "success": False,
        "errors": [
            {
                "statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
                "message": "Unable to create/update fields: Spiris_Sync_Code__c",
                "fields": ["Spiris_Sync_Code__c"],
            }
        ],
    }
    read_only = org_without("Opportunity.Spiris_Sync_Code__c")
    read_only["Opportunity"].append(text("Spiris_Sync_Code__c", updateable=False))
    desk.run(reply([refused]), *whole_org(read_only), reply([SAVED]), at=LATER)
    assert desk.crm.write_deals([UPDATE]) == [WriteResult(DEAL_ID)]
    assert "Spiris_Sync_Code__c" not in desk.transport.sent[-1].json["records"][0]


def test_a_field_that_vanished_is_left_out_when_salesforce_refuses_the_whole_update() -> None:
    desk = Desk(*whole_org())
    desk.crm.field_names()
    unknown = refusal("INVALID_FIELD", "No such column 'Spiris_Sync_Code__c' on sobject of type Opportunity")
    desk.run(unknown, *whole_org(org_without("Opportunity.Spiris_Sync_Code__c")), reply([SAVED]), at=LATER)
    assert desk.crm.write_deals([UPDATE]) == [WriteResult(DEAL_ID)]


def test_routes_and_record_types_reach_the_query() -> None:
    org = {
        **ORG_FIELDS,
        "Opportunity": (*ORG_FIELDS["Opportunity"], lookup("RecordTypeId", "RecordType", "RecordType")),
    }
    source = Source(record_types=("Projekt",), route_paths=("StageName",))
    desk = Desk(
        *whole_org(org), reply(rows(row(StageName="Vunnen", OpportunityLineItems=None))), source=source
    )
    [deal] = desk.crm.read_deals(Selection()).deals
    assert deal.values == {"StageName": "Vunnen"}
    assert "RecordType.DeveloperName IN ('Projekt')" in desk.asked[-1]
