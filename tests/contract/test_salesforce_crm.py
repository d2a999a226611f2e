"""What the port promises, kept over real HTTP against the sandbox."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from salesforce_world import BACK, NOW, SECRET, USER, Org, running_org
from sfspiris.adapters.consent import Pledge, code_in
from sfspiris.adapters.salesforce.app import ClientCredentials, JwtBearer, WebFlow
from sfspiris.adapters.salesforce.ids import is_id
from sfspiris.adapters.salesforce.source import Source
from sfspiris.core.model import Deal, DealLine, SyncState
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutOfQuota,
    Retryable,
    SafetyStop,
    SignInNeeded,
    Unreachable,
)
from sfspiris.ports.crm import DealUpdate, KnownDeal, Selection
from sfspiris.sandbox.worlds.deals import LOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sfspiris.adapters.salesforce.crm import SalesforceCrm

ALL = Selection()
STATUS = SyncState("Draft", "CREATED", "Utkast 12 i Spiris.", "K7Q2MABCDEFG", "se", "b7d2…", None)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Org]:
    with running_org() as org:
        yield org


@pytest.fixture
def org(sandbox: Org) -> Org:
    sandbox.reset()
    return sandbox


def names(crm: SalesforceCrm, selection: Selection = ALL) -> list[str]:
    return [deal.name for deal in crm.read_deals(selection).deals]


def won(org: Org, name: str = "Hissar till Exempel") -> Deal:
    [deal] = [one for one in org.crm().read_deals(ALL).deals if one.name == name]
    return deal


# --- signing in ----------------------------------------------------------------------------------------------------


def test_a_second_run_needs_no_sign_in_and_no_describe(org: Org) -> None:
    first = org.crm()
    first.read_deals(ALL)
    assert org.paths == ["oauth2/token", "composite/batch", "composite/batch", "query"]
    assert first.calls == 4
    org.forget_requests()
    second = org.crm()
    assert len(second.read_deals(ALL).deals) == 2
    assert org.paths == ["query"]
    assert second.org_id == first.org_id
    assert is_id(second.org_id)
    assert len(second.org_id) == 18


def test_client_credentials_sign_in_as_the_apps_own_user(org: Org) -> None:
    org.control(
        "PUT", "clients", {"client_id": "sfspiris-sandbox", "client_secret": SECRET, "username": USER}
    )
    assert len(org.crm(grant=ClientCredentials(lambda: SECRET)).read_deals(ALL).deals) == 2
    with pytest.raises(ConfigError, match="secret"):
        org.sign_in(ClientCredentials(lambda: "wrong")).sign_in()


def test_a_user_whom_nobody_approved_is_told_what_the_administrator_must_do(org: Org) -> None:
    with pytest.raises(SignInNeeded) as needed:
        org.sign_in(JwtBearer("nobody@example.com", org.app().grant.private_key)).sign_in()  # type: ignore[union-attr]
    assert needed.value.remedy


def consent(org: Org) -> None:
    """What a person does in the browser, then what the command does with the answer."""
    sign_in = org.sign_in(WebFlow())
    pledge = Pledge()
    with httpx.Client(trust_env=False) as browser:
        page = browser.get(sign_in.authorization_url(pledge, redirect_uri=BACK), follow_redirects=True)
        assert page.status_code == 200
        asked = {name: values[0] for name, values in parse_qs(urlsplit(str(page.url)).query).items()}
        answer = browser.post(str(page.url), data={**asked, "username": USER})
    code = code_in(answer.headers["location"], redirect_uri=BACK, pledge=pledge)
    sign_in.redeem(code, verifier=pledge.verifier, redirect_uri=BACK)


def web_org(org: Org) -> Org:
    org.control(
        "PUT", "clients", {"client_id": "sfspiris-sandbox", "username": USER, "redirect_uris": [BACK]}
    )
    return org


def test_a_person_signs_in_once_and_the_refresh_token_does_it_from_then_on(org: Org) -> None:
    consent(web_org(org))
    before = org.stores.kept["salesforce"]
    assert before.refresh_token
    org.control("PUT", "switches", {"session_seconds": 900})
    org.tick(NOW + timedelta(hours=3))
    assert len(org.crm(grant=WebFlow()).read_deals(ALL).deals) == 2
    assert org.stores.kept["salesforce"].access_token != before.access_token


def test_a_rotated_refresh_token_replaces_the_one_that_was_used(org: Org) -> None:
    org.control("PUT", "switches", {"rotate_refresh_tokens": True, "session_seconds": 900})
    consent(web_org(org))
    used = {org.stores.kept["salesforce"].refresh_token}
    for hours in (3, 6, 9):
        org.tick(NOW + timedelta(hours=hours))
        org.crm(grant=WebFlow()).read_deals(ALL)
        used.add(org.stores.kept["salesforce"].refresh_token)
    assert len(used) == 4


def test_a_revoked_sign_in_needs_a_person(org: Org) -> None:
    consent(web_org(org))
    kept = org.stores.kept["salesforce"]
    org.sign_in(WebFlow()).sign_out()
    assert org.stores.kept == {}
    org.stores.kept["salesforce"] = kept
    with pytest.raises(SignInNeeded) as needed:
        org.crm(grant=WebFlow()).read_deals(ALL)
    assert "`sfspiris auth salesforce`" in needed.value.remedy


def test_a_session_that_died_between_runs_is_renewed_with_one_more_assertion(org: Org) -> None:
    org.control("PUT", "switches", {"session_seconds": 900})
    org.crm().read_deals(ALL)
    org.forget_requests()
    org.tick(NOW + timedelta(hours=3))
    assert len(org.crm().read_deals(ALL).deals) == 2
    assert org.paths == ["query", "oauth2/token", "query"]


def test_a_wrong_clock_does_not_keep_us_out(org: Org) -> None:
    org.now = NOW - timedelta(days=15)
    assert len(org.crm().read_deals(ALL).deals) == 2


def test_the_org_introduces_itself(org: Org) -> None:
    introduced = org.crm().organization()
    assert (introduced.name, introduced.is_sandbox) == ("Norrsken", True)
    assert introduced.id == org.crm().org_id


# --- reading -------------------------------------------------------------------------------------------------------


def test_a_deal_is_read_with_buyer_lines_and_owner(org: Org) -> None:
    deal = won(org)
    assert deal.buyer is not None
    assert replace(deal.buyer, id="") == replace(
        deal.buyer,
        id="",
        name="Exempel AB",
        orgnr="556012-5790",
        vat_number=None,
        street=deal.buyer.street,
        postal_code="01234",
        city="Ekerö",
        country="SE",
        phone=None,
        email=None,
    )
    assert (deal.buyer.street or "").split() == ["Storgatan", "1", "Box", "7"]
    assert [replace(line, id="") for line in deal.lines] == [
        DealLine(
            id="",
            name="Utbildningsdag",
            quantity=Decimal("2.5"),
            unit_price=Decimal(9800),
            article="UTB-DAG",
            family="Services",
            text="På plats",
            discount_percent=Decimal(0),
            total=Decimal(24500),
            unit="dag",
        ),
        DealLine(
            id="",
            name="Konsulttimme",
            quantity=Decimal(12),
            unit_price=Decimal("1195.5"),
            article="KONSULT-TIM",
            family="Services",
            text="Konsulttimme",
            discount_percent=Decimal(10),
            total=Decimal("12911.4"),
            unit="tim",
        ),
    ]
    assert deal.amount == Decimal("37411.4")
    assert (deal.currency, deal.closed_on, deal.delivery_date) == (
        "SEK",
        date(2026, 11, 18),
        date(2026, 11, 18),
    )
    assert (deal.your_reference, deal.our_reference) == ("Karin Köpare", "Karin Åkesson")
    assert (deal.purchase_order, deal.payment_terms_days) == ("4711", "30")
    assert deal.owner_name == "Karin Åkesson"
    assert deal.sync == SyncState()
    assert deal.changed_at.tzinfo is UTC
    for one in (deal.id, deal.buyer.id, deal.owner_id or "", *(line.id for line in deal.lines)):
        assert is_id(one)
        assert len(one) == 18


def test_how_deals_stand_is_told_whatever_their_stage(org: Org) -> None:
    since = org.crm().read_deals(ALL).deals[0].changed_at
    told = {one.name: one for one in org.crm().fates(changed_since=since)}
    assert (told["Förlorad"].is_deleted, told["Förlorad"].stage) == (False, LOST)
    hissar = won(org)
    (fate,) = org.crm().fates(ids=[hissar.id])
    assert (fate.name, fate.owner_name, fate.sync) == (hissar.name, hissar.owner_name, hissar.sync)


def test_a_witness_is_found_whatever_became_of_its_deal(org: Org) -> None:
    crm = org.crm()
    assert crm.witnesses(changed_since=None) == ()
    hissar = won(org)
    told = SyncState(status="Draft", correlation_id="WITNESS12345", company="se")
    (written,) = crm.write_deals([DealUpdate(hissar.id, told, NOW)])
    assert written.error is None
    (borne,) = crm.witnesses(changed_since=None)
    assert (borne.deal_id, borne.company) == (hissar.id, "se")
    assert crm.witnesses(changed_since=borne.at) == (borne,)
    assert crm.witnesses(changed_since=borne.at + timedelta(seconds=1)) == ()
    org.change("Opportunity", hissar.id, StageName=LOST)
    assert [one.deal_id for one in crm.witnesses(changed_since=None)] == [hissar.id]


def test_only_deals_that_pass_the_gate_are_read(org: Org) -> None:
    assert sorted(names(org.crm())) == ["Hissar till Exempel", "Lizenzen"]
    assert names(org.crm(Source(gate="IsWon = true AND Account.BillingCountryCode = 'DE'"))) == ["Lizenzen"]


def test_a_gate_with_an_or_does_not_open_the_other_conditions(org: Org) -> None:
    crm = org.crm(Source(gate="IsWon = true OR IsClosed = false"))
    assert names(crm, Selection(closed_from=date(2026, 12, 1))) == ["Öppen"]


def test_closing_days_are_inclusive_at_both_ends(org: Org) -> None:
    day = date(2026, 11, 18)
    assert names(org.crm(), Selection(closed_from=day, closed_to=day)) == ["Hissar till Exempel"]
    assert names(org.crm(), Selection(closed_from=day + timedelta(days=1))) == []
    assert names(org.crm(), Selection(closed_to=day - timedelta(days=1))) == ["Lizenzen"]


def test_a_delta_begins_at_its_own_second(org: Org) -> None:
    org.tick(NOW + timedelta(hours=1))
    deal = won(org)
    org.change("Opportunity", deal.id, NextStep="Ring")
    changed = won(org).changed_at
    assert changed >= NOW + timedelta(hours=1)
    assert names(org.crm(), Selection(changed_since=changed)) == ["Hissar till Exempel"]
    assert names(org.crm(), Selection(changed_since=changed.replace(microsecond=999_999))) == [
        "Hissar till Exempel"
    ]
    assert names(org.crm(), Selection(changed_since=changed + timedelta(seconds=1))) == []


def test_reading_began_at_salesforces_time(org: Org) -> None:
    moment = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    org.tick(moment)
    org.now = NOW
    assert timedelta(0) <= org.crm().read_deals(ALL).read_at - moment < timedelta(seconds=30)


def test_deals_are_read_by_id_in_either_length_and_the_gate_still_holds(org: Org) -> None:
    deal = won(org)
    lost = org.find("Opportunity", "Förlorad")["Id"]
    crm = org.crm()
    assert names(crm, Selection(ids=(deal.id[:15], deal.id, lost))) == ["Hissar till Exempel"]


def test_many_deals_come_complete_over_many_pages(sandbox: Org) -> None:
    sandbox.reset(more_deals=450)
    sandbox.control("PUT", "switches", {"page_size": 200})
    batch = sandbox.crm().read_deals(ALL)
    assert len(batch.deals) == 452
    assert all(len(deal.lines) == 2 for deal in batch.deals if deal.name.startswith("Affär"))
    assert list(batch.deals) == sorted(batch.deals, key=lambda deal: (deal.changed_at, deal.id))
    assert sandbox.paths.count("query") == 1
    ids = tuple(deal.id for deal in batch.deals)
    assert sandbox.crm().read_deals(Selection(ids=ids)).deals == batch.deals


def test_lines_come_in_the_order_in_which_sales_sorted_them(org: Org) -> None:
    lines = [one for one in org.records("OpportunityLineItem") if one["OpportunityId"] == won(org).id]
    first, second = sorted(lines, key=lambda one: one["SortOrder"])
    org.change("OpportunityLineItem", first["Id"], SortOrder=9)
    assert [line.id for line in won(org).lines] == [second["Id"], first["Id"]]


def test_an_org_with_one_currency_has_no_currency_field(sandbox: Org) -> None:
    sandbox.reset(multi_currency=False)
    batch = sandbox.crm().read_deals(ALL)
    assert [deal.currency for deal in batch.deals] == [None, None]
    assert sandbox.crm().missing_source_fields() == ()


def test_record_types_narrow_the_reading(org: Org) -> None:
    with pytest.raises(ConfigError, match="record_types"):
        org.crm(Source(record_types=("Projekt",))).read_deals(ALL)


def test_existence_is_told_for_deals_that_are_not_won(org: Org) -> None:
    lost = org.find("Opportunity", "Förlorad")["Id"]
    gone = org.find("Opportunity", "Öppen")["Id"]
    org.control("DELETE", f"records/Opportunity/{gone}")
    crm = org.crm()
    assert crm.exist([lost[:15], gone, "006000000000000AAA"]) == {lost: KnownDeal("Förlorad", "Closed Lost")}


def test_routes_get_the_values_that_they_ask_about(org: Org) -> None:
    source = Source(route_paths=("Account.BillingCountryCode", "Account.Payment_Terms__c", "Owner.Email"))
    values = {deal.name: deal.values for deal in org.crm(source).read_deals(ALL).deals}
    assert values == {
        "Hissar till Exempel": {
            "Account.BillingCountryCode": "SE",
            "Account.Payment_Terms__c": "30",
            "Owner.Email": "karin@norrsken.example",
        },
        "Lizenzen": {
            "Account.BillingCountryCode": "DE",
            "Account.Payment_Terms__c": None,
            "Owner.Email": "karin@norrsken.example",
        },
    }


# --- fields that come and go -----------------------------------------------------------------------------------------


def test_a_field_hidden_between_two_runs_is_noticed_and_left_out(org: Org) -> None:
    assert won(org).purchase_order == "4711"
    org.schema("Opportunity", hidden=["PO_Number__c"])
    crm = org.crm()
    deals = {deal.name: deal for deal in crm.read_deals(ALL).deals}
    assert deals["Hissar till Exempel"].purchase_order is None
    assert [one.name for one in crm.missing_source_fields()] == ["purchase_order"]


def test_a_hidden_field_that_we_need_stops_the_run_and_names_the_permission(org: Org) -> None:
    org.schema("Account", hidden=["Organisation_Number__c"])
    with pytest.raises(ConfigError) as refused:
        org.crm().read_deals(ALL)
    assert "Organisation_Number__c" in refused.value.message
    assert "field-level security" in refused.value.remedy


def test_a_hidden_object_stops_the_run(org: Org) -> None:
    org.schema("Product2", hidden=True)
    with pytest.raises(ConfigError, match="Product2"):
        org.crm().read_deals(ALL)


@pytest.mark.parametrize(
    "gate", ["IsWon =", "IsWonn = true", "IsWon = 'yes'", "IsWon = true) OR (Name != ''"]
)
def test_a_gate_that_salesforce_cannot_read_is_the_configurations_fault(org: Org, gate: str) -> None:
    if gate.endswith("Name != ''"):
        assert len(org.crm(Source(gate=gate)).read_deals(ALL).deals) == 4, (
            "the operator's own words stand as they are"
        )
        return
    with pytest.raises(ConfigError) as refused:
        org.crm(Source(gate=gate)).read_deals(ALL)
    assert "gate" in refused.value.remedy


# --- writing -------------------------------------------------------------------------------------------------------


def test_what_is_written_is_read_back(org: Org) -> None:
    deal = won(org)
    crm = org.crm()
    [result] = crm.write_deals([DealUpdate(deal.id[:15], STATUS, NOW + timedelta(seconds=1))])
    assert (result.deal_id, result.error) == (deal.id[:15], None)
    assert won(org).sync == STATUS
    assert org.find("Opportunity", deal.name)["Spiris_Sync_Time__c"] == "2026-11-20T08:00:01.000+0000"
    assert crm.missing_sync_fields() == ()


def test_nothing_else_of_the_deal_changes(org: Org) -> None:
    before = org.find("Opportunity", "Hissar till Exempel")
    org.crm().write_deals([DealUpdate(before["Id"], STATUS, NOW)])
    after = org.find("Opportunity", "Hissar till Exempel")
    changed = {name for name in after if before.get(name) != after[name]}
    stamps = {"SystemModstamp", "LastModifiedDate", "LastModifiedById"}
    assert {name for name in changed - stamps if not name.startswith("Spiris_")} == set()


def test_a_value_can_be_taken_back(org: Org) -> None:
    deal = won(org)
    crm = org.crm()
    crm.write_deals([DealUpdate(deal.id, STATUS, NOW)])
    crm.write_deals([DealUpdate(deal.id, SyncState(status="Deleted"), NOW)])
    assert won(org).sync == SyncState(status="Deleted")


def test_writing_the_same_again_does_no_harm(org: Org) -> None:
    deal = won(org)
    org.fault("drop_after", "composite/sobjects")
    assert org.crm().write_deals([DealUpdate(deal.id, STATUS, NOW)])[0].error is None
    assert won(org).sync == STATUS


def test_one_deals_refusal_does_not_stop_the_others(org: Org) -> None:
    org.schema(
        "Opportunity",
        rules=[
            {
                "name": "Locked",
                "when": "CloseDate < 2026-11-01",
                "message": "Perioden är låst.",
                "field": "CloseDate",
            }
        ],
    )
    deals = {deal.name: deal for deal in org.crm().read_deals(ALL).deals}
    order = [deals["Lizenzen"], deals["Hissar till Exempel"]]
    first, second = org.crm().write_deals([DealUpdate(deal.id, STATUS, NOW) for deal in order])
    assert first.error is not None
    assert first.error.startswith("FIELD_CUSTOM_VALIDATION_EXCEPTION: Perioden är låst")
    assert second.error is None
    assert won(org).sync == STATUS


def test_fields_that_are_missing_or_read_only_are_left_out(org: Org) -> None:
    deal = won(org)
    org.schema("Opportunity", hidden=["Spiris_Correlation_Id__c"], read_only=["Spiris_Company__c"])
    org.catalogs.kept.clear()  # another day
    crm = org.crm()
    assert crm.missing_sync_fields() == ("Spiris_Correlation_Id__c", "Spiris_Company__c")
    assert crm.sync_fields() == {"status", "code", "message", "draft_id", "invoice_number"}
    assert crm.write_deals([DealUpdate(deal.id, STATUS, NOW)])[0].error is None
    assert won(org).sync == replace(STATUS, correlation_id=None, company=None)


def test_a_field_that_became_read_only_since_yesterday_is_noticed(org: Org) -> None:
    deal = won(org)
    org.schema("Opportunity", read_only=["Spiris_Company__c"])
    assert org.crm().write_deals([DealUpdate(deal.id, STATUS, NOW)])[0].error is None
    assert won(org).sync == replace(STATUS, company=None)


def test_a_locked_row_is_tried_again(org: Org) -> None:
    deal = won(org)
    crm = org.crm()
    crm.field_names()
    locked = [
        {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}]}
    ]
    org.fault("status", "composite/sobjects", code=200, body=locked)
    assert crm.write_deals([DealUpdate(deal.id, STATUS, NOW)])[0].error is None
    assert len(org.naps.slept) == 1


def test_a_deal_that_is_gone_is_told(org: Org) -> None:
    deal = won(org)
    org.control("DELETE", f"records/Opportunity/{deal.id}")
    [result] = org.crm().write_deals([DealUpdate(deal.id, STATUS, NOW)])
    assert result.error is not None
    assert result.error.startswith("ENTITY_IS_DELETED")


def test_a_read_only_run_writes_nothing(org: Org) -> None:
    deal = won(org)
    crm = org.crm(read_only=True)
    assert len(crm.read_deals(ALL).deals) == 2
    org.forget_requests()
    with pytest.raises(SafetyStop):
        crm.write_deals([DealUpdate(deal.id, STATUS, NOW)])
    assert org.paths == []


# --- bad days ------------------------------------------------------------------------------------------------------

BAD_ANSWERS: list[dict[str, Any]] = [
    {"effect": "drop_before"},
    {"effect": "drop_after"},
    {"effect": "truncate"},
    {"effect": "garbage"},
    {"effect": "html", "code": 200},
    {"effect": "html", "code": 502},
    {"effect": "empty"},
    {"effect": "status", "code": 429, "headers": {"Retry-After": "1"}},
    {"effect": "status", "code": 500},
    {"effect": "status", "code": 503},
    {"effect": "status_after", "code": 504},
    {"effect": "delay", "seconds": Decimal("1.5")},
]


@pytest.mark.parametrize("bad", BAD_ANSWERS, ids=lambda bad: f"{bad['effect']} {bad.get('code', '')}".strip())
@pytest.mark.parametrize("path", [r"/query$", r"composite/batch"])
def test_one_bad_answer_is_recovered_from(org: Org, path: str, bad: dict[str, Any]) -> None:
    expected = org.crm().read_deals(ALL).deals
    org.catalogs.kept.clear()
    org.fault(**bad, path=path)
    org.patience = 1.0
    assert org.crm().read_deals(ALL).deals == expected


@pytest.mark.parametrize(
    "bad",
    [bad for bad in BAD_ANSWERS if bad["effect"] != "delay"],
    ids=lambda bad: f"{bad['effect']} {bad.get('code', '')}".strip(),
)
def test_answers_that_stay_bad_are_told_and_nothing_partial_comes_back(org: Org, bad: dict[str, Any]) -> None:
    crm = org.crm()
    crm.field_names()
    org.fault(**bad, path=r"/query$", times=50)
    with pytest.raises(Retryable) as failed:
        crm.read_deals(ALL)
    assert isinstance(failed.value, Unreachable | BrokenReply | OutOfQuota)
    assert failed.value.exit_code == 8


def test_a_page_that_got_lost_is_not_passed_over(sandbox: Org) -> None:
    sandbox.reset(more_deals=250)
    sandbox.control("PUT", "switches", {"page_size": 200})
    crm = sandbox.crm()
    crm.field_names()
    empty = {"totalSize": 252, "done": True, "records": []}
    sandbox.fault("status", r"/query/", code=200, body=empty)
    with pytest.raises(BrokenReply, match="promised 252"):
        crm.read_deals(ALL)
    assert len(crm.read_deals(ALL).deals) == 252


def read_often(crm: SalesforceCrm) -> None:
    for _ in range(10):
        crm.read_deals(ALL)


def test_a_used_up_day_stops_the_run_and_says_until_when(org: Org) -> None:
    crm = org.crm()
    crm.field_names()
    org.control("PUT", "switches", {"daily_limit": 2})
    with pytest.raises(OutOfQuota, match="24 hours"):
        read_often(crm)


def test_our_share_of_the_day_is_kept(org: Org) -> None:
    org.control("PUT", "switches", {"daily_limit": 100})
    crm = org.crm(daily_share=Decimal("0.05"))
    with pytest.raises(OutOfQuota, match="leaves the rest to others"):
        read_often(crm)
    assert crm.usage is not None
    assert crm.usage.used < 10


def test_logs_carry_no_secret_and_no_value(org: Org, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    deal = won(org)
    org.crm().write_deals([DealUpdate(deal.id, STATUS, NOW)])
    token = org.stores.kept["salesforce"].access_token
    ours = [
        one.getMessage() for one in caplog.records if not one.name.startswith(("uvicorn", "sfspiris.sandbox"))
    ]
    assert any("composite/sobjects 200" in line for line in ours)
    for secret in (token, token[-20:], "556012", "Exempel AB", "SELECT", "Utkast"):
        assert not [line for line in ours if secret in line]


def test_the_names_of_many_deals_are_one_call(org: Org) -> None:
    org.reset(more_deals=250)
    ids = [one["Id"] for one in org.records("Opportunity")]
    crm = org.crm()
    org.forget_requests()
    found = crm.exist([*ids, "006000000000001AAA"])
    assert found.keys() == set(ids)
    assert found[ids[-1]].stage == "Closed Won"
    assert org.paths[-1] == "composite/sobjects/Opportunity"
    assert len([one for one in org.paths if "oauth2" not in one]) == 1


# --- accounts by themselves ----------------------------------------------------------------------------------------


def test_an_account_by_itself_tells_what_a_deal_of_it_tells(org: Org) -> None:
    crm = org.crm()
    by_itself = {one.name: one for one in crm.read_buyers()}
    assert set(by_itself) == {"Exempel AB", "Beispiel GmbH"}
    for deal in crm.read_deals(ALL).deals:
        assert deal.buyer is not None
        assert by_itself[deal.buyer.name] == deal.buyer
    one = by_itself["Exempel AB"]
    assert crm.read_buyers([one.id[:15], "no id", "001000000000099"]) == (one,)
    assert crm.read_buyers([]) == ()


def test_a_customer_number_is_written_alone_and_taken_away_again(org: Org) -> None:
    crm = org.crm()
    before = org.find("Account", "Exempel AB")
    (done,) = crm.write_customer_numbers({before["Id"]: "1042"})
    assert done.error is None
    after = org.find("Account", "Exempel AB")
    differs = {name for name in after if after[name] != before.get(name)}
    assert differs - {"SystemModstamp", "LastModifiedDate", "LastModifiedById"} == {
        "Spiris_Customer_Number__c"
    }
    assert crm.read_buyers([before["Id"]])[0].customer_number == "1042"
    crm.write_customer_numbers({before["Id"]: None})
    assert org.find("Account", "Exempel AB")["Spiris_Customer_Number__c"] is None
    assert crm.write_customer_numbers({}) == []
