"""The table of consequences, row by row: what it says is what the adapters do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from sfspiris.adapters import retrying
from sfspiris.adapters.retrying import LINE, OAUTH, SALESFORCE, SPIRIS, STATUSES, Effect, Then
from sfspiris.adapters.salesforce import refusals as salesforce
from sfspiris.adapters.salesforce.wire import ErrorItem, OAuthError
from sfspiris.adapters.spiris import refusals as spiris
from sfspiris.adapters.spiris.wire import ErrorBody
from sfspiris.errors import Fatal, OutOfQuota, Refused, Retryable

if TYPE_CHECKING:
    from sfspiris.adapters.retrying import LineRow, StatusRow

EVERY_STATUS = range(100, 600)
NOT_DONE = {Then.JUDGE, Then.REFRESH, Then.RETRY, Then.HOLD}


# --- statuses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", STATUSES, ids=lambda row: f"{row.first}-{row.last}")
def test_every_row_of_statuses_is_reached(row: StatusRow) -> None:
    """A row that others cover would be dead and could say anything."""
    assert any(
        next(one for one in STATUSES if one.first <= status <= one.last) is row for status in EVERY_STATUS
    )


def test_every_status_has_its_consequence() -> None:
    for status in EVERY_STATUS:
        assert [one for one in STATUSES if one.first <= status <= one.last], status


@pytest.mark.parametrize(
    ("status", "read", "refused", "page"),
    [
        (103, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),
        (200, Then.JUDGE, Then.JUDGE, Then.JUDGE),
        (204, Then.JUDGE, Then.JUDGE, Then.JUDGE),
        (307, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),
        (400, Then.JUDGE, Then.HOLD, Then.UNKNOWN),
        (401, Then.REFRESH, Then.REFRESH, Then.UNKNOWN),
        (403, Then.JUDGE, Then.HOLD, Then.UNKNOWN),
        (404, Then.JUDGE, Then.HOLD, Then.UNKNOWN),
        (408, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (409, Then.JUDGE, Then.HOLD, Then.UNKNOWN),
        (413, Then.JUDGE, Then.HOLD, Then.UNKNOWN),
        (420, Then.RETRY, Then.RETRY, Then.UNKNOWN),
        (425, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (429, Then.RETRY, Then.RETRY, Then.UNKNOWN),
        (500, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (501, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),
        (502, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (503, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (504, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN),
        (599, Then.JUDGE, Then.UNKNOWN, Then.UNKNOWN),
    ],
)
def test_what_follows_from_a_status(status: int, read: Then, refused: Then, page: Then) -> None:
    for effect in (Effect.READ, Effect.UPDATE, Effect.REPLACE):
        assert retrying.after_status(status, effect, is_vendors=True) is read
    assert retrying.after_status(status, Effect.CREATE, is_vendors=True) is refused
    assert retrying.after_status(status, Effect.CREATE, is_vendors=False) is page
    assert retrying.after_status(status, Effect.TOKEN, is_vendors=True) is Then.JUDGE


def test_no_page_of_another_machine_ever_proves_that_a_create_was_not_done() -> None:
    for status in EVERY_STATUS:
        if not 200 <= status < 300:
            assert retrying.after_status(status, Effect.CREATE, is_vendors=False) is Then.UNKNOWN


def test_a_status_that_does_not_exist_leaves_a_create_unknown() -> None:
    assert retrying.after_status(999, Effect.CREATE, is_vendors=True) is Then.UNKNOWN
    assert retrying.after_status(999, Effect.READ, is_vendors=True) is Then.JUDGE


# --- the line ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", LINE, ids=lambda row: row.kind.__name__)
def test_what_follows_from_a_failure_of_the_line(row: LineRow) -> None:
    error = row.kind("cut")
    assert retrying.after_line(error, Effect.READ) is row.repeatable
    assert retrying.after_line(error, Effect.CREATE) is row.create
    assert retrying.after_line(error, Effect.TOKEN) is Then.STOP
    is_sent = row.create is Then.UNKNOWN
    assert retrying.after_line(error, Effect.REPLACE) is (Then.UNKNOWN if is_sent else row.repeatable)


def test_only_a_connection_that_never_came_about_proves_that_a_create_was_not_sent() -> None:
    provable = {row.kind for row in LINE if row.create is Then.STOP}
    assert provable == {
        httpx.UnsupportedProtocol,
        httpx.ConnectTimeout,
        httpx.ConnectError,
        httpx.PoolTimeout,
        httpx.ProxyError,
    }
    assert all(row.create in {Then.STOP, Then.UNKNOWN} for row in LINE), "no library repeats a create"


# --- vendors' codes ----------------------------------------------------------------------------------------------------


def a_refusal(code: int) -> ErrorBody:
    return ErrorBody.model_validate({"ErrorCode": code, "DeveloperErrorMessage": "Nej", "Errors": []})


@pytest.mark.parametrize("code", [*SPIRIS, 4999])
def test_a_spiris_code_ends_as_the_table_says(code: int) -> None:
    of_company = spiris.of_company(a_refusal(code), company="se", retry_after=5)
    match retrying.after_spiris(code):
        case Then.STOP:
            assert isinstance(of_company, Fatal)
        case Then.RETRY:
            assert isinstance(of_company, OutOfQuota)
        case Then.REFRESH:
            assert of_company is None
            assert code == spiris.NOT_AUTHORIZED
        case then:
            assert then is Then.HOLD
            assert of_company is None
            assert isinstance(spiris.of_record(a_refusal(code), what="draft", sent={}), Refused)


@pytest.mark.parametrize("code", [*SALESFORCE, "SOMETHING_NEW"])
def test_a_salesforce_code_ends_as_the_table_says(code: str) -> None:
    refusal = salesforce.call_refused(400, [ErrorItem(errorCode=code, message="No")], "a query")
    match retrying.after_salesforce(code):
        case Then.RETRY:
            assert isinstance(refusal, Retryable)
        case Then.REFRESH:
            assert refusal.exit_code == 5, "what a second refusal of the new session means"
        case then:
            assert then is Then.STOP
            assert refusal.exit_code in {2, 5, 8}


@pytest.mark.parametrize("error", [*OAUTH, "something_new"])
def test_a_refused_sign_in_is_never_shown_again(error: str) -> None:
    refusal = salesforce.sign_in_refused(
        OAuthError(error=error, error_description=""), salesforce.SignInFacts(who="eva", host="login")
    )
    assert OAUTH.get(error, Then.STOP) is Then.STOP
    assert refusal.exit_code in {2, 5, 8}
