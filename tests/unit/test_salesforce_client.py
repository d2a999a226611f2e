"""Every call's promises: complete or an error, one renewed session at most, and the words for each refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from salesforce_org import (
    HOST,
    NOW,
    MemoryTokens,
    Naps,
    ScriptedTransport,
    described,
    page,
    refusal,
    reply,
    rows,
    tokens,
)
from sfspiris.adapters.salesforce.app import App, WebFlow
from sfspiris.adapters.salesforce.catalog import Field
from sfspiris.adapters.salesforce.client import FieldUnknownError, SalesforceClient, Usage
from sfspiris.adapters.salesforce.oauth import SalesforceSignIn
from sfspiris.adapters.transport import Effect, Reply
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutOfQuota,
    SfspirisError,
    SignInNeeded,
    Unreachable,
)

NEXT = "/services/data/v66.0/query/01gJ6000000000a-2000"
SOQL = "SELECT Id FROM Opportunity"
SESSION_DIED = refusal("INVALID_SESSION_ID", "Session expired or invalid", 401)


class Desk:
    """A client with a scripted Salesforce and a kept sign-in."""

    def __init__(self, *replies: Reply | Exception, daily_share: Decimal | None = None) -> None:
        self.transport = ScriptedTransport(*replies)
        self.store = MemoryTokens({"salesforce": tokens(refresh_token="refresh-1")})
        app = App("production", "https://login.salesforce.com", "app-id", WebFlow())
        sign_in = SalesforceSignIn(app, store=self.store, transport=self.transport, now=lambda: NOW)
        self.naps = Naps()
        self.client = SalesforceClient(
            sign_in=sign_in, transport=self.transport, pace=self.naps.pace, daily_share=daily_share
        )

    @property
    def urls(self) -> list[str]:
        return [sent.url.removeprefix(HOST) for sent in self.transport.sent]


def renewed(host: str = HOST) -> Reply:
    identity = f"https://login.salesforce.com/id/{tokens().identity}/005J6000000000eIAA"
    return reply({"access_token": "session-2", "instance_url": host, "id": identity})


def record(letter: str, **more: Any) -> dict[str, Any]:
    return {"Id": f"006J6000000000{letter}", **more}


# --- queries -------------------------------------------------------------------------------------------------------


def test_a_query_gives_its_rows_and_salesforces_own_time() -> None:
    desk = Desk(reply(rows(record("a"), record("b")), date="Fri, 20 Nov 2026 07:59:58 GMT"))
    result = desk.client.query(SOQL)
    assert result.rows == (record("a"), record("b"))
    assert result.read_at == datetime(2026, 11, 20, 7, 59, 58, tzinfo=UTC)
    [sent] = desk.transport.sent
    assert (sent.method, sent.url, sent.effect) == ("GET", f"{HOST}/services/data/v66.0/query", Effect.READ)
    assert sent.params == {"q": SOQL}
    assert sent.headers == {"Authorization": "Bearer session-1", "Sforce-Call-Options": "client=sfspiris"}


def test_a_query_follows_every_page() -> None:
    desk = Desk(
        reply(rows(record("a"), total=3, following=NEXT), date="Fri, 20 Nov 2026 07:00:00 GMT"),
        reply(rows(record("b"), total=3, following=f"{HOST}{NEXT}-4000")),
        reply(rows(record("c"), total=3)),
    )
    result = desk.client.query(SOQL)
    assert [row["Id"][-1] for row in result.rows] == ["a", "b", "c"]
    assert desk.urls == ["/services/data/v66.0/query", NEXT, f"{NEXT}-4000"]
    assert result.read_at.hour == 7, "reading began with the first page"


def test_a_query_follows_the_pages_of_children_too() -> None:
    first = record("a", OpportunityLineItems=rows({"Id": "1"}, total=2, following=NEXT))
    desk = Desk(reply(rows(first, record("b", OpportunityLineItems=None))), reply(rows({"Id": "2"}, total=2)))
    one, other = desk.client.query(SOQL).rows
    assert one["OpportunityLineItems"] == [{"Id": "1"}, {"Id": "2"}]
    assert other["OpportunityLineItems"] is None


@pytest.mark.parametrize(
    "pages",
    [
        [rows(record("a"), total=2)],
        [rows(record("a"), record("b"), total=1)],
        [rows(record("a"), total=3, following=NEXT), rows(record("b"), total=3)],
        [rows(record("a", OpportunityLineItems=rows({"Id": "1"}, total=2)))],
        [rows(record("a"), total=1) | {"done": False}],
        [rows(total=1, following=NEXT), rows(total=1, following=NEXT)],
        [rows(record("a"), total=9, following="https://evil.example/services/data/v66.0/query/1")],
        [rows(record("a"), total=9, following="//evil.example/services/data/v66.0/query/1")],
        [
            rows(
                record("a"),
                total=9,
                following="https://exempel.my.salesforce.com.evil.example/services/data/1",
            )
        ],
        [rows(record("a"), total=9, following="/secur/logout.jsp")],
    ],
    ids=[
        "fewer rows",
        "more rows",
        "a page lost rows",
        "fewer children",
        "goes on nowhere",
        "goes in circles",
        "another host",
        "another host without scheme",
        "a host that looks alike",
        "not the API",
    ],
)
def test_a_result_that_does_not_add_up_is_no_result(pages: list[dict[str, Any]]) -> None:
    desk = Desk(*(reply(one) for one in pages))
    with pytest.raises(BrokenReply):
        desk.client.query(SOQL)
    assert desk.transport.calls == len(pages), "the token went nowhere else"


@pytest.mark.parametrize(
    "broken",
    [
        page(),
        page(body="", status=200),
        reply({"totalSize": 1, "done": True}),
        reply({"totalSize": "1", "done": True, "records": []}),
        reply([]),
        reply(None),
        Reply(200, {"content-type": "application/json"}, b'{"totalSize": 1, "do', "Salesforce"),
    ],
)
def test_a_broken_answer_is_asked_for_once_more(broken: Reply) -> None:
    desk = Desk(broken, reply(rows(record("a"))))
    assert len(desk.client.query(SOQL).rows) == 1
    desk = Desk(broken, broken)
    with pytest.raises(BrokenReply):
        desk.client.query(SOQL)


@pytest.mark.parametrize("told", ["", "yesterday"])
def test_an_answer_without_salesforces_time_is_not_used(told: str) -> None:
    with pytest.raises(BrokenReply, match="Date"):
        Desk(reply(rows(), date=told)).client.query(SOQL)


# --- the session ---------------------------------------------------------------------------------------------------


def test_a_session_that_died_is_renewed_once_and_the_call_repeated() -> None:
    desk = Desk(SESSION_DIED, renewed(), reply(rows()))
    assert desk.client.query(SOQL).rows == ()
    assert [sent.headers.get("Authorization") for sent in desk.transport.sent] == [
        "Bearer session-1",
        None,
        "Bearer session-2",
    ]
    assert desk.transport.sent[2].params == {"q": SOQL}
    assert desk.client.calls == 3


def test_a_renewed_session_goes_on_at_the_instance_that_it_names() -> None:
    desk = Desk(SESSION_DIED, renewed("https://moved.my.salesforce.com"), reply(rows()))
    desk.client.query(SOQL)
    assert desk.transport.sent[2].url == "https://moved.my.salesforce.com/services/data/v66.0/query"


def test_a_session_may_die_between_two_pages() -> None:
    desk = Desk(
        reply(rows(record("a"), total=2, following=NEXT)),
        SESSION_DIED,
        renewed(),
        reply(rows(record("b"), total=2)),
    )
    assert len(desk.client.query(SOQL).rows) == 2
    assert desk.urls[3] == NEXT


def test_a_session_that_dies_again_at_once_needs_a_person() -> None:
    desk = Desk(SESSION_DIED, renewed(), SESSION_DIED)
    with pytest.raises(SignInNeeded, match="not accepted"):
        desk.client.query(SOQL)
    assert desk.transport.calls == 3


def test_a_session_that_may_never_use_the_api_is_not_renewed() -> None:
    never = refusal("INVALID_SESSION_ID", "This session is not valid for use with the REST API", 401)
    desk = Desk(never)
    with pytest.raises(SignInNeeded, match="not valid for use"):
        desk.client.query(SOQL)


# --- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/15000", Usage(18, 15000)),
        ("api-usage=18/15000, per-app-api-usage=17/250(appName=sfspiris)", Usage(18, 15000)),
        ("per-app-api-usage=17/250(appName=sfspiris)", None),
        ("", None),
    ],
)
def test_the_orgs_usage_is_kept_from_each_answer(header: str, usage: Usage | None) -> None:
    desk = Desk(reply(rows(), sforce_limit_info=header))
    desk.client.query(SOQL)
    assert desk.client.usage == usage


def test_nothing_more_is_asked_beyond_our_share_of_the_daily_calls() -> None:
    share = Decimal("0.8")
    desk = Desk(
        reply(rows(), sforce_limit_info="api-usage=799/1000"),
        reply(rows(), sforce_limit_info="api-usage=800/1000"),
        daily_share=share,
    )
    desk.client.query(SOQL)
    desk.client.query(SOQL)
    with pytest.raises(OutOfQuota, match="800 of the 1000"):
        desk.client.query(SOQL)
    assert desk.transport.calls == 2


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403), OutOfQuota, "24 hours"),
        (refusal("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", 403), OutOfQuota, "at once"),
        (refusal("API_DISABLED_FOR_ORG", "API is not enabled", 403), ConfigError, "no API"),
        (refusal("INSUFFICIENT_ACCESS", "insufficient access rights", 403), ConfigError, "may not do this"),
        (refusal("INVALID_TYPE", "sObject type 'X' is not supported."), ConfigError, "'X'"),
        (
            refusal("MALFORMED_QUERY", "IsWon =\n  ^\nERROR at Row:1:Column:9\nunexpected token: ')'"),
            ConfigError,
            "Row:1",
        ),
        (refusal("QUERY_TIMEOUT", "Your query request was running for too long."), Unreachable, "too long"),
        (refusal("INVALID_QUERY_LOCATOR", "invalid query locator"), BrokenReply, "no longer kept"),
        (refusal("NOT_FOUND", "The requested resource does not exist", 404), ConfigError, "address"),
        (refusal("UNSUPPORTED_API_VERSION", "API version retired", 410), ConfigError, "retired"),
        (refusal("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", 401), SignInNeeded, "readable"),
        (refusal("SOMETHING_NEW", "A new reason"), ConfigError, "A new reason"),
        (page(status=302), SignInNeeded, "another address"),
        (page(status=403), BrokenReply, "403"),
        (page(status=401), BrokenReply, "401"),
    ],
)
def test_a_refusal_is_told_in_words_with_what_to_do(
    answer: Reply, kind: type[SfspirisError], words: str
) -> None:
    desk = Desk(answer, answer)
    with pytest.raises(kind) as found:
        desk.client.query(SOQL)
    assert words in found.value.message
    assert found.value.remedy


def test_the_excerpt_of_the_query_is_left_out_of_a_refusal() -> None:
    told = "SELECT Id FROM Opportunity WHERE (IsWon =)\n                                   ^\nERROR at Row:1\nunexpected ')'."
    with pytest.raises(ConfigError) as found:
        Desk(refusal("MALFORMED_QUERY", told)).client.query(SOQL)
    assert "SELECT" not in found.value.message
    assert "ERROR at Row:1 unexpected ')'" in found.value.message


def test_an_unknown_field_is_told_apart_from_other_refusals() -> None:
    with pytest.raises(FieldUnknownError) as found:
        Desk(refusal("INVALID_FIELD", "No such column 'X__c' on entity 'Account'")).client.query(SOQL)
    assert isinstance(found.value.refusal, ConfigError)
    assert "X__c" in found.value.refusal.message


# --- describes -----------------------------------------------------------------------------------------------------


def test_objects_are_described_in_one_call() -> None:
    desk = Desk(described("Account", "Secret__c"))
    found = desk.client.describe(["Account", "Secret__c"])
    assert found["Account"]["phone"] == Field("Phone", "string", length=255, updateable=True)
    assert found["Secret__c"] == {}
    [sent] = desk.transport.sent
    assert (sent.method, sent.effect) == ("POST", Effect.READ)
    assert sent.url == f"{HOST}/services/data/v66.0/composite/batch"
    assert sent.json["batchRequests"][0] == {"method": "GET", "url": "v66.0/sobjects/Account/describe"}


def test_more_objects_than_a_batch_takes_are_described_in_several() -> None:
    names = [f"Object{number}__c" for number in range(26)]
    desk = Desk(described(*names[:25]), described(*names[25:]))
    assert list(desk.client.describe(names)) == names


def test_an_answer_for_fewer_objects_is_broken() -> None:
    with pytest.raises(BrokenReply, match="1 objects instead of 2"):
        Desk(described("Account")).client.describe(["Account", "User"])


def test_a_describe_that_fails_for_another_reason_is_no_hidden_object() -> None:
    results = [
        {"statusCode": 403, "result": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests"}]}
    ]
    with pytest.raises(OutOfQuota):
        Desk(reply({"hasErrors": True, "results": results})).client.describe(["Account"])


# --- updates -------------------------------------------------------------------------------------------------------

SAVED: dict[str, Any] = {"id": "006J6000000000aIAA", "success": True, "errors": []}


def failed(code: str, message: str = "No", fields: list[str] | None = None) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": fields or []}]}


def test_an_update_tells_what_became_of_each_record() -> None:
    refused = failed("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Ange orsak.", ["Reason__c"])
    desk = Desk(reply([SAVED, refused]))
    assert desk.client.update([{"Id": "1"}, {"Id": "2"}]) == [
        None,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION: Ange orsak [Reason__c]",
    ]
    [sent] = desk.transport.sent
    assert (sent.method, sent.effect) == ("PATCH", Effect.UPDATE)
    assert sent.url == f"{HOST}/services/data/v66.0/composite/sobjects"
    assert sent.json == {"allOrNone": False, "records": [{"Id": "1"}, {"Id": "2"}]}


def test_two_hundred_records_go_in_one_call() -> None:
    desk = Desk(reply([SAVED] * 200), reply([SAVED]))
    assert desk.client.update([{"Id": str(number)} for number in range(201)]) == [None] * 201
    assert [len(sent.json["records"]) for sent in desk.transport.sent] == [200, 1]


def test_no_records_make_no_call() -> None:
    assert Desk().client.update([]) == []


def test_only_the_locked_records_are_tried_again_with_growing_pauses() -> None:
    locked = failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")
    desk = Desk(reply([locked, SAVED, locked]), reply([SAVED, locked]), reply([SAVED]))
    assert desk.client.update([{"Id": "1"}, {"Id": "2"}, {"Id": "3"}]) == [None, None, None]
    assert [[one["Id"] for one in sent.json["records"]] for sent in desk.transport.sent] == [
        ["1", "2", "3"],
        ["1", "3"],
        ["3"],
    ]
    assert desk.naps.slept == [1.0, 3.0]


def test_a_record_that_stays_locked_is_told() -> None:
    locked = reply([failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")])
    [outcome] = Desk(locked, locked, locked).client.update([{"Id": "1"}])
    assert outcome == "UNABLE_TO_LOCK_ROW: unable to obtain exclusive access"


def test_an_update_answered_for_fewer_records_is_broken() -> None:
    with pytest.raises(BrokenReply, match="1 saved records instead of 2"):
        Desk(reply([SAVED])).client.update([{"Id": "1"}, {"Id": "2"}])


def test_a_failure_without_a_reason_is_still_a_failure() -> None:
    [outcome] = Desk(reply([{"success": False, "errors": []}])).client.update([{"Id": "1"}])
    assert outcome is not None
    assert outcome.startswith("UNKNOWN")
