"""The platform's traps, one by one: what a client sees of each, and that it would see something else without it.

Every probe below runs twice: in an org that has the trap, and in one without, by a setting that an org may choose or, where
none may, by suspending the trap inside the simulator. A probe that cannot tell the two apart proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from salesforce_box import CLIENT, DATA, REDIRECT, VERIFIER, WORLD, Api, Box, box
from sfspiris.sandbox.salesforce.traps import TRAPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Probe = Callable[[Box, Api], Any]
    Change = Callable[[Box], object]


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap: what a client does, and what it sees."""

    probe: Probe
    seen: Any
    given: Change | None
    """What makes the org one that has the trap; None for any org."""
    otherwise: Change | None
    """What makes it one that has not; None when no org can choose, so that the simulator must suspend it."""

    @property
    def name(self) -> str:
        return self.probe.__name__


TABLE: Final[list[Trap]] = []


def trap(
    *, seen: Any, given: Change | None = None, otherwise: Change | None = None
) -> Callable[[Probe], Probe]:
    """Enter a probe, named after its trap, into the table."""

    def entered(probe: Probe) -> Probe:
        TABLE.append(Trap(probe, seen, given, otherwise))
        return probe

    return entered


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        yield running


def look(served: Box, one: Trap, change: Change | None) -> Any:
    served.reset(WORLD)
    if change is not None:
        change(served)
    api = served.api()
    try:
        return one.probe(served, api)
    finally:
        api.close()


def id_of(api: Api, name: str, table: str = "Opportunity") -> str:
    found: str = api.values(f"SELECT Id FROM {table} WHERE Name = '{name}'", "Id")[0]
    return found


def changes(**document: Any) -> Change:
    """What an admin changes in the set-up."""
    return lambda served: served.schema(**document)


def switches(**values: Any) -> Change:
    return lambda served: served.switch(**values)


# deals


@trap(seen=(204, Decimal("13364.0")))
def amount_follows_lines(org: Box, api: Api) -> Any:
    path = f"/sobjects/Opportunity/{id_of(api, 'Won deal')}"
    status = api.patch(path, json={"Amount": 1}).status_code
    return status, api.ok("GET", path)["Amount"]


def _stages_in_swedish(served: Box) -> None:
    world = deepcopy(WORLD)
    records = world["salesforce"]["records"]
    records["OpportunityStage"] = [
        {"MasterLabel": "Prospecting", "ApiName": "Prospecting", "SortOrder": 1},
        {"MasterLabel": "Vunnen", "ApiName": "Vunnen", "SortOrder": 2, "IsClosed": True, "IsWon": True},
        {"MasterLabel": "Closed Lost", "ApiName": "Closed Lost", "SortOrder": 3, "IsClosed": True},
    ]
    records["Opportunity"][0]["StageName"] = "Vunnen"
    served.reset(world)


@trap(seen=(0, 1), given=_stages_in_swedish, otherwise=switches())
def the_won_stage_has_any_name(org: Box, api: Api) -> Any:
    by_label = api.query("SELECT COUNT() FROM Opportunity WHERE StageName = 'Closed Won'")["totalSize"]
    return by_label, api.query("SELECT COUNT() FROM Opportunity WHERE IsWon = true")["totalSize"]


@trap(seen=([], ["Prospecting"]))
def reopened_deal_is_not_won(org: Box, api: Api) -> Any:
    deal = id_of(api, "Won deal")
    org.person_edits("Opportunity", deal, StageName="Prospecting")
    won = api.values("SELECT Id FROM Opportunity WHERE IsWon = true", "Id")
    return won, api.values(f"SELECT StageName FROM Opportunity WHERE Id = '{deal}'", "StageName")


@trap(seen=(0, 0))
def quote_sync_renews_lines(org: Box, api: Api) -> Any:
    deal = id_of(api, "Won deal")
    of_deal = f"SELECT Id, PricebookEntryId FROM OpportunityLineItem WHERE OpportunityId = '{deal}'"
    before = {row["Id"]: row["PricebookEntryId"] for row in api.rows(of_deal)}
    offer = api.create("Quote", Name="Offer", OpportunityId=deal)
    for entry in before.values():
        api.create("QuoteLineItem", QuoteId=offer, PricebookEntryId=entry, Quantity=1, UnitPrice=1)
    api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"SyncedQuoteId": offer})
    kept = before.keys() & set(api.values(of_deal, "Id"))
    listed = ", ".join(f"'{line}'" for line in before)
    in_bin = f"SELECT Id FROM OpportunityLineItem WHERE Id IN ({listed})"
    return len(kept), api.ok("GET", "/queryAll", params={"q": in_bin})["totalSize"]


# what changes unseen


@trap(seen=("Acme Nya AB", True))
def formulas_leave_no_stamp(org: Box, api: Api) -> Any:
    formula = {"name": "Buyer__c", "type": "string", "formula": "Account__r.Name"}
    org.schema(Invoice__c={"fields": [formula]})
    statement = "SELECT Buyer__c, SystemModstamp FROM Invoice__c"
    (before,) = api.rows(statement)
    org.clock("2026-11-20T09:00:00Z")
    org.person_edits("Account", id_of(api, "Acme AB", "Account"), Name="Acme Nya AB")
    (after,) = api.rows(statement)
    return after["Buyer__c"], after["SystemModstamp"] == before["SystemModstamp"]


@trap(seen=[], given=switches(commit_lag_seconds=60), otherwise=switches(commit_lag_seconds=0))
def late_commits_are_behind_the_cursor(org: Box, api: Api) -> Any:
    """A cursor at the newest stamp seen never meets a row that was stamped before and committed after."""
    late = org.person_adds("Account", Name="Late AB")
    org.clock("2026-11-20T08:00:30Z")
    cursor = "2026-11-20T08:00:30Z"
    if late in api.values("SELECT Id FROM Account", "Id"):
        return [late]
    org.clock("2026-11-20T08:02:00Z")
    return api.values(f"SELECT Id FROM Account WHERE SystemModstamp >= {cursor}", "Id")


@trap(seen=("Acme", True))
def merge_leaves_a_pointer(org: Box, api: Api) -> Any:
    loser, winner = id_of(api, "Muster GmbH", "Account"), id_of(api, "Acme AB", "Account")
    assert org.control.post(f"/_sandbox/records/Account/{loser}/merge", json={"into": winner}).is_success
    statement = f"SELECT MasterRecordId, IsDeleted FROM Account WHERE Id = '{loser}'"
    (row,) = api.ok("GET", "/queryAll", params={"q": statement})["records"]
    return "Acme" if row["MasterRecordId"] == winner else None, row["IsDeleted"]


def _automated(served: Box) -> None:
    served.schema(
        Opportunity={"flows": [{"name": "Call", "formula": "TRUE", "set": {"NextStep": "Call the buyer"}}]}
    )


@trap(seen="Call the buyer", given=_automated, otherwise=changes(Opportunity={"flows": []}))
def automation_runs_on_api_writes(org: Box, api: Api) -> Any:
    deal = id_of(api, "Open deal")
    api.ok("PATCH", f"/sobjects/Opportunity/{deal}", json={"NextStep": "Ours"})
    return api.field("Opportunity", deal, "NextStep")


# the schema


@trap(
    seen=("INVALID_FIELD", "INVALID_FIELD"),
    given=changes(hide=["Account.Orgnr__c"]),
    otherwise=changes(Account={"hidden": []}),
)
def a_hidden_field_fails_the_whole_query_as_a_typo_does(org: Box, api: Api) -> Any:
    def code(field: str) -> Any:
        response = api.get("/query", params={"q": f"SELECT Id, {field} FROM Account"})
        return response.json()[0]["errorCode"] if response.is_error else response.status_code

    return code("Orgnr__c"), code("Orgnummer__c")


_ABSENT: Final = ("INVALID_FIELD", "INVALID_FIELD", "INVALID_FIELD", "INVALID_TYPE", "INVALID_TYPE")


def _with_record_type(served: Box) -> None:
    served.schema(multi_currency=True, state_country_picklists=True, orders=True, quotes=True)
    served.person_adds("RecordType", Name="New", DeveloperName="New", SobjectType="Opportunity")


@trap(
    seen=_ABSENT,
    given=changes(multi_currency=False, state_country_picklists=False, orders=False, quotes=False),
    otherwise=_with_record_type,
)
def features_may_be_absent(org: Box, api: Api) -> Any:
    statements = (
        "SELECT CurrencyIsoCode FROM Opportunity",
        "SELECT RecordTypeId FROM Opportunity",
        "SELECT BillingCountryCode FROM Account",
        "SELECT Id FROM Order",
        "SELECT Id FROM Quote",
    )
    answers = [api.get("/query", params={"q": statement}) for statement in statements]
    return tuple(
        answer.json()[0]["errorCode"] if answer.is_error else answer.status_code for answer in answers
    )


_FIELD = (
    "<fields><fullName>{name}</fullName><label>X</label><type>Text</type><length>9</length>{more}</fields>"
)


def _deployed(api: Api, field: str, granted: str) -> Any:
    namespace = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
    grant = f"<fieldPermissions><editable>true</editable><field>{granted}</field><readable>true</readable></fieldPermissions>"
    files = {
        "package.xml": f"<Package {namespace}><version>62.0</version></Package>",
        "objects/Account.object": f"<CustomObject {namespace}>{field}</CustomObject>",
        "permissionsets/X.permissionset": f"<PermissionSet {namespace}><label>X</label>{grant}</PermissionSet>",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    asked = api.ok("POST", "/metadata/deployRequest", files={"file": ("x.zip", data.getvalue())})
    return api.ok("GET", f"/metadata/deployRequest/{asked['id']}")["deployResult"]["status"]


@trap(seen=("Succeeded", 400, 200))
def deployed_fields_wait_for_grant(org: Box, api: Api) -> Any:
    status = _deployed(api, _FIELD.format(name="New__c", more=""), "Account.New__c")
    statement = {"q": "SELECT New__c FROM Account"}
    before = api.get("/query", params=statement).status_code
    (granting,) = api.values("SELECT Id FROM PermissionSet WHERE Name = 'X'", "Id")
    user = api.values("SELECT Id FROM User WHERE Username = 'integration@example.com'", "Id")[0]
    api.create("PermissionSetAssignment", PermissionSetId=granting, AssigneeId=user)
    return status, before, api.get("/query", params=statement).status_code


@trap(seen="Failed")
def required_fields_take_no_grant(org: Box, api: Api) -> Any:
    required = _FIELD.format(name="Must__c", more="<required>true</required>")
    return _deployed(api, required, "Account.Must__c")


def _duplicate_rules(served: Box) -> None:
    for name, action in (("Account", "alert"), ("Campaign", "block")):
        served.schema(**{name: {"duplicate_rules": [{"name": "Same", "match": ["Name"], "action": action}]}})


@trap(seen=(400, 201, 400, 400), given=_duplicate_rules, otherwise=switches())
def duplicate_rules_hit_api_writes_and_the_header_helps_only_for_alerts(org: Box, api: Api) -> Any:
    org.person_adds("Campaign", Name="Acme AB")
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    return tuple(
        api.post(f"/sobjects/{name}", json={"Name": "Acme AB"}, headers=headers).status_code
        for name in ("Account", "Campaign")
        for headers in ({}, header)
    )


def _types_in_order(*names: str) -> Change:
    world = deepcopy(WORLD)
    world["salesforce"]["records"]["RecordType"] = [
        {"Name": name, "DeveloperName": name, "SobjectType": "Opportunity"} for name in names
    ]
    return lambda served: served.reset(world)


@trap(seen=(1, 0), given=_types_in_order("Renewal", "New"), otherwise=_types_in_order("New", "Renewal"))
def record_type_ids_differ_between_orgs(org: Box, api: Api) -> Any:
    """The other org, a copy in which an admin made them in another order, has the same names and other ids."""
    statement = "SELECT Id FROM RecordType WHERE DeveloperName = 'New'"
    (here,) = api.values(statement, "Id")
    _types_in_order("New", "Renewal")(org)
    there = api.values(statement, "Id")
    return len(there), there.count(here)


# text


@trap(
    seen=("SE", "Konungariket Sverige"),
    given=changes(countries={"SE": "Konungariket Sverige"}),
    otherwise=changes(state_country_picklists=False),
)
def the_country_is_a_code_and_the_text_is_anyones(org: Box, api: Api) -> Any:
    made = api.post("/sobjects/Account", json={"Name": "X", "BillingCountryCode": "SE"})
    if made.is_error:
        return made.json()[0]["errorCode"]
    record = api.ok("GET", f"/sobjects/Account/{made.json()['id']}")
    return record["BillingCountryCode"], record["BillingCountry"]


@trap(seen=("01122", "000741"))
def digits_are_text(org: Box, api: Api) -> Any:
    made = api.create("Account", Name="X", BillingPostalCode="01122", AccountNumber="000741")
    record = api.ok("GET", f"/sobjects/Account/{made}")
    return record["BillingPostalCode"], record["AccountNumber"]


@trap(seen=("Box 7\nStorgatan 1", "Café 🦊 AB"))
def text_is_trimmed(org: Box, api: Api) -> Any:
    made = api.create("Account", Name="  Café 🦊\x00 AB \n", BillingStreet="Box 7\nStorgatan 1  ")
    record = api.ok("GET", f"/sobjects/Account/{made}")
    return record["BillingStreet"], record["Name"]


@trap(seen=(200, 18))
def ids_have_two_lengths(org: Box, api: Api) -> Any:
    answer = api.get(f"/sobjects/Account/{id_of(api, 'Acme AB', 'Account')[:15]}")
    return answer.status_code, len(answer.json()["Id"]) if answer.is_success else 0


# the wire


@trap(seen=(400, 200))
def plus_is_a_space(org: Box, api: Api) -> Any:
    statement = "SELECT+Id+FROM+Account+WHERE+CreatedDate>2026-11-01T00:00:00{}01:00"
    statement = statement.replace("+", "%20")
    return tuple(
        org.control.get(
            f"{DATA}/query?q={statement.format(plus)}",
            headers={"Authorization": api.headers["Authorization"]},
        ).status_code
        for plus in ("+", "%2B")
    )


@trap(seen="+0000")
def offset_has_no_colon(org: Box, api: Api) -> Any:
    (stamp,) = api.values("SELECT CreatedDate FROM Account LIMIT 1", "CreatedDate")
    return stamp[len("2026-11-20T08:00:00.000") :]


_CHILDREN = "SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity ORDER BY IsWon DESC"


@trap(seen=(False, True), given=switches(page_size=1), otherwise=switches(page_size=None))
def the_page_size_is_the_servers(org: Box, api: Api) -> Any:
    page = api.query("SELECT Id FROM Account", headers={"Sforce-Query-Options": "batchSize=2000"})
    return page["done"], "nextRecordsUrl" in page


@trap(seen=(1, False, True))
def child_rows_come_in_pages(org: Box, api: Api) -> Any:
    org.switch(page_size=1)
    lines = api.query(_CHILDREN)["records"][0]["OpportunityLineItems"]
    return len(lines["records"]), lines["done"], "nextRecordsUrl" in lines


@trap(seen=1)
def child_rows_fill_pages(org: Box, api: Api) -> Any:
    org.switch(page_size=3)
    return len(api.query(_CHILDREN)["records"])


@trap(seen=(201, 200, 300))
def shared_external_id_is_300(org: Box, api: Api) -> Any:
    for _ in range(2):
        api.create("Invoice__c", Batch__c="shared")
    paths = ("External_Id__c/new", "External_Id__c/new", "Batch__c/shared")
    return tuple(api.patch(f"/sobjects/Invoice__c/{path}", json={}).status_code for path in paths)


@trap(seen=(404, 201))
def slash_ends_external_id(org: Box, api: Api) -> Any:
    value = "2026/7"
    paths = (value, quote(value, safe=""))
    return tuple(
        api.patch(f"/sobjects/Invoice__c/External_Id__c/{path}", json={}).status_code for path in paths
    )


@trap(seen=(200, [True, False]))
def partial_success_is_200(org: Box, api: Api) -> Any:
    records = [{"attributes": {"type": "Account"}, "Name": name} for name in ("Good AB", "")]
    answer = api.post("/composite/sobjects", json={"records": records})
    return answer.status_code, [one["success"] for one in answer.json()]


@trap(seen="null")
def last_locator_is_null_text(org: Box, api: Api) -> Any:
    job = api.ok("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Account"})["id"]
    assert api.ok("GET", f"/jobs/query/{job}")["state"] == "JobComplete"
    return api.get(f"/jobs/query/{job}/results").headers.get("sforce-locator")


@trap(seen=(400, "InvalidSessionId"))
def bulk_v1_says_400_for_session(org: Box, api: Api) -> Any:
    answer = org.control.post("/services/async/62.0/job", headers={"X-SFDC-Session": "bad"}, json={})
    return answer.status_code, answer.json()["exceptionCode"]


@trap(seen=403, given=switches(daily_limit=3), otherwise=switches(daily_limit=100_000))
def the_daily_limit_is_everyones(org: Box, api: Api) -> Any:
    """What another integration has used is gone for this one, too."""
    other = org.api()
    for _ in range(3):
        other.get("/limits")
    return api.get("/limits").status_code


# signing in


def _login(org: Box) -> dict[str, Any]:
    """The tokens of a login in a browser."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": REDIRECT,
        "scope": "api refresh_token",
        "code_challenge": digest,
    }
    page = org.control.get("/services/oauth2/authorize", params=asked)
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    redirected = org.control.post("/services/oauth2/authorize", data=form).headers["location"]
    code = parse_qs(urlsplit(redirected).query)["code"][0]
    tokens: dict[str, Any] = org.control.post(
        "/services/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "client_id": CLIENT["client_id"],
            "code_verifier": VERIFIER,
        },
    ).json()
    return tokens


def _refresh(org: Box, token: str) -> Any:
    return org.control.post(
        "/services/oauth2/token",
        data={"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT["client_id"]},
    )


@trap(
    seen=(200, 400, 400),
    given=switches(rotate_refresh_tokens="yes"),
    otherwise=switches(rotate_refresh_tokens="no"),
)
def two_refreshes_at_once_end_the_login(org: Box, api: Api) -> Any:
    """The second process brings the token that the first one has used: both are out."""
    token = _login(org)["refresh_token"]
    first, second = _refresh(org, token), _refresh(org, token)
    return (
        first.status_code,
        second.status_code,
        _refresh(org, first.json().get("refresh_token", token)).status_code,
    )


@trap(seen=[400, 200, 200, 200, 200, 200])
def sixth_login_ends_first(org: Box, api: Api) -> Any:
    tokens = []
    for minute in range(6):
        org.clock(f"2026-11-20T08:{minute:02}:00Z")
        tokens.append(_login(org)["refresh_token"])
    found = [_refresh(org, token).status_code for token in tokens]
    for token in tokens:
        org.control.post("/services/oauth2/revoke", data={"token": token})
    return found


@trap(seen=(400, "request not supported on this domain"))
def login_hosts_refuse_client_credentials(org: Box, api: Api) -> Any:
    answer = org.control.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials", **CLIENT},
        headers={"Host": "login.salesforce.com"},
    )
    return answer.status_code, answer.json().get("error_description")


@trap(
    seen=(400, 200),
    given=switches(app_propagation_seconds=300),
    otherwise=switches(app_propagation_seconds=0),
)
def a_new_app_needs_minutes(org: Box, api: Api) -> Any:
    app = {"client_id": "fresh", "client_secret": "s"}
    org.control.put("/_sandbox/clients", json=app)

    def status() -> int:
        form = {"grant_type": "client_credentials", **app}
        return org.control.post("/services/oauth2/token", data=form).status_code

    before = status()
    org.clock("2026-11-20T08:06:00Z")
    return before, status()


_ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<n:login xmlns:n="urn:partner.soap.sforce.com"><n:username>integration@example.com</n:username>'
    "<n:password>sandbox-passwordsandbox-token</n:password></n:login></e:Body></e:Envelope>"
)


@trap(seen=(200, 200, 500), given=switches(legacy_logins="yes"), otherwise=switches(legacy_logins="no"))
def old_orgs_still_take_passwords_but_not_for_ever(org: Box, api: Api) -> Any:
    form = {
        "grant_type": "password",
        **CLIENT,
        "username": "integration@example.com",
        "password": "sandbox-password",
    }
    grant = org.control.post("/services/oauth2/token", data=form).status_code
    soap = [
        org.control.post(f"/services/Soap/u/{version}", content=_ENVELOPE, headers={"SOAPAction": "login"})
        for version in ("64.0", "65.0")
    ]
    return grant, soap[0].status_code, soap[1].status_code


@pytest.mark.parametrize("one", TABLE, ids=lambda one: one.name)
def test_a_client_meets_the_trap_and_would_notice_if_it_were_not_there(served: Box, one: Trap) -> None:
    assert look(served, one, one.given) == one.seen
    with ExitStack() as stack:
        if one.otherwise is None:
            stack.enter_context(served.simulator.org.traps.without(one.name))
        assert look(served, one, one.otherwise) != one.seen


def test_every_trap_that_the_simulator_can_suspend_has_a_probe() -> None:
    assert {one.name for one in TABLE if one.otherwise is None} == set(TRAPS)


def test_a_trap_that_does_not_exist_cannot_be_suspended(served: Box) -> None:
    traps = served.simulator.org.traps
    with pytest.raises(KeyError, match="no such thing"), traps.without("no such thing"):
        pass
