"""A list from Spiris is complete or an error, and a create is done, refused or unknown: never guessed."""

from __future__ import annotations

import itertools
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from loopback import Act, Loopback, cut, hang_up, reply
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.transport import Limits, Pace, Transport
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutcomeUnknown,
    OutOfQuota,
    Refused,
    SafetyStop,
    SfspirisError,
    SignInNeeded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGAN = "2026-11-20T08:00:00Z"
EARLIER, LATER = "2026-11-19T08:00:00Z", "2026-11-20T08:00:01Z"


def guid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def customer(number: int, *, changed: str = EARLIER, **changes: Any) -> dict[str, Any]:
    return {
        "Id": guid(number),
        "CustomerNumber": str(number),
        "Name": "Exempel AB",
        "IsActive": True,
        "CorporateIdentityNumber": "556012-5790",
        "VatNumber": None,
        "CurrencyCode": "SEK",
        "InvoiceCountryCode": "SE",
        "Note": None,
        "ChangedUtc": changed,
    } | changes


def page(*data: dict[str, Any], pages: int = 1, total: int | None = None, **meta: Any) -> Act:
    told = {
        "CurrentPage": 1,
        "PageSize": 1000,
        "TotalNumberOfPages": pages,
        "TotalNumberOfResults": len(data) if total is None else total,
        "ServerTimeUtc": BEGAN,
    }
    return reply({"Meta": told | meta, "Data": list(data)})


def refusal(code: int, words: str = "", *, status: int = 400, **headers: str) -> Act:
    body = {"ErrorCode": code, "DeveloperErrorMessage": words, "ErrorId": guid(9), "Errors": []}
    return reply(body, status=status, headers=headers)


class Keys:
    """A bearer that counts how often it is renewed."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._token = "token-0"

    def token(self) -> str:
        return self._token

    def renew(self, rejected: str) -> str:
        assert rejected == self._token
        self._token = f"token-{next(self._numbers)}"
        return self._token


@dataclass
class Line:
    server: Loopback
    client: SpirisClient

    @property
    def targets(self) -> list[str]:
        return [one.split(b" ")[1].decode() for one in self.server.requests]


@contextmanager
def spiris(*acts: Act) -> Iterator[Line]:
    pace = Pace(sleep=lambda _: None, monotonic=time.monotonic, jitter=lambda: 0.0)
    transport = Transport(service="Spiris", pace=pace, limits=Limits(attempts=2))
    with Loopback(*acts) as server:
        yield Line(server, SpirisClient(transport, f"{server.url}/v2", Keys(), company="se"))
        transport.close()


# --- complete lists ------------------------------------------------------------------------------------------------


def test_a_list_costs_one_call_a_page_and_is_asked_for_in_a_stable_order() -> None:
    with spiris(
        page(customer(1), customer(2), pages=2, total=3), page(customer(3), pages=2, total=3)
    ) as line:
        assert [one.id for one in line.client.customers()] == [guid(1), guid(2), guid(3)]
        queries = [parse_qs(urlsplit(target).query) for target in line.targets]
        assert queries == [
            {"$pagesize": ["1000"], "$orderby": ["ChangedUtc,Id"], "$page": [number]} for number in ("1", "2")
        ]
        assert line.client.calls == 2


def test_an_empty_list_is_an_answer() -> None:
    with spiris(page(pages=0)) as line:
        assert line.client.customers() == []


def test_a_row_that_is_seen_twice_while_another_is_missed_makes_the_list_be_read_again() -> None:
    """Somebody removed a row of the first page while the second was asked for."""
    drifted = [page(customer(1), customer(2), pages=2, total=3), page(customer(2), pages=2, total=3)]
    steady = [page(customer(1), customer(2), pages=2, total=3), page(customer(3), pages=2, total=3)]
    with spiris(*drifted, *steady) as line:
        assert len(line.client.customers()) == 3
        assert line.client.calls == 4


@pytest.mark.parametrize("total", [1, 1_000_000])
def test_a_count_of_pages_that_lies_is_not_followed_without_end(total: int) -> None:
    """Every page is the first one again, as from a gateway that drops the query."""
    with spiris(*[page(customer(1), pages=1_000_000, total=total)] * 40) as line:
        with pytest.raises(BrokenReply, match="its count is wrong"):
            line.client.customers()
        assert line.client.calls == 6  # two pages in each of three readings


def test_a_total_that_changes_between_pages_makes_the_list_be_read_again() -> None:
    drifted = [page(customer(1), customer(2), pages=2, total=3), page(customer(3), pages=2, total=4)]
    steady = [
        page(customer(1), customer(2), pages=2, total=4),
        page(customer(3), customer(4), pages=2, total=4),
    ]
    with spiris(*drifted, *steady) as line:
        assert len(line.client.customers()) == 4


@pytest.mark.parametrize(
    ("began", "changed"),
    [(BEGAN, LATER), (BEGAN, BEGAN), ("2026-11-20T08:00:00.200Z", "2026-11-20T08:00:00.900Z")],
)
def test_one_row_gone_and_another_come_is_seen_though_the_counts_agree(began: str, changed: str) -> None:
    """Row 1 went, so row 3 slipped onto the page already read, and new row 4 makes the count come out right.

    That may all happen within the second in which reading began.
    """
    drifted = [
        page(customer(1), customer(2), pages=2, total=3, ServerTimeUtc=began),
        page(customer(4, changed=changed), pages=2, total=3, ServerTimeUtc=began),
    ]
    later = {"ServerTimeUtc": "2026-11-20T08:00:02Z"}
    steady = [
        page(customer(2), customer(3), pages=2, total=3, **later),
        page(customer(4, changed=changed), pages=2, total=3, **later),
    ]
    with spiris(*drifted, *steady) as line:
        assert {one.id for one in line.client.customers()} == {guid(2), guid(3), guid(4)}


def test_two_readings_that_agree_are_trusted_though_the_servers_clocks_do_not() -> None:
    reading = [
        page(customer(1), customer(2), pages=2, total=3),
        page(customer(3, changed="2031-01-01T00:00:00Z"), pages=2, total=3),
    ]
    with spiris(*reading, *reading) as line:
        assert len(line.client.customers()) == 3
        assert line.client.calls == 4


@pytest.mark.parametrize(
    "wrong",
    [
        page(customer(1), total=2),
        page(customer(1), customer(2), total=1),
        page(customer(1), customer(1)),
        page(total=7, pages=0),
    ],
)
def test_a_count_that_stays_wrong_is_a_broken_reply_and_never_a_short_list(wrong: Act) -> None:
    with spiris(*[wrong] * 3) as line:
        with pytest.raises(BrokenReply, match="list of customers"):
            line.client.customers()
        assert line.client.calls == 3


def test_a_server_that_promises_pages_for_ever_is_not_followed() -> None:
    first = page(customer(1), pages=10**9, total=5)
    empty = page(pages=10**9, total=5)
    with spiris(*[first, empty] * 3) as line:
        with pytest.raises(BrokenReply):
            line.client.customers()
        assert line.client.calls == 6


@pytest.mark.parametrize(
    "broken",
    [
        reply("<html>ok</html>", kind="text/html"),
        reply(b"", kind="application/json"),
        reply([]),
        reply({"Data": []}),
        reply({"Meta": {}, "Data": []}),
        page(customer(1, Name=None)),
        page({"Id": guid(1)}),
    ],
)
def test_a_success_that_is_not_the_promised_list_is_asked_for_again(broken: Act) -> None:
    with spiris(broken, broken, page(customer(1))) as line:
        assert len(line.client.customers()) == 1
    with spiris(*[broken] * 3) as line:
        with pytest.raises(BrokenReply):
            line.client.customers()
        assert line.client.calls == 3


def test_a_broken_reply_names_fields_and_nobodys_values() -> None:
    with spiris(*[page(customer(1, Name="Anna Ek", IsActive="Anna Ek"))] * 3) as line:
        with pytest.raises(BrokenReply, match=r"Data\.IsActive") as failure:
            line.client.customers()
        assert "Anna" not in str(failure.value)


def test_a_cut_page_is_read_again() -> None:
    with spiris(cut({"Meta": {}, "Data": []}, keep=5), page(customer(1))) as line:
        assert len(line.client.customers()) == 1


def test_invoices_are_asked_for_from_a_second_earlier_and_told_with_the_servers_time() -> None:
    with spiris(page()) as line:
        since = datetime(2026, 11, 20, 7, 0, 0, 500_000, tzinfo=UTC)
        found, read_at = line.client.invoices(modified_since=since)
        assert (found, read_at) == ([], datetime(2026, 11, 20, 8, 0, tzinfo=UTC))
        assert parse_qs(urlsplit(line.targets[0]).query)["modifiedSinceUtc"] == ["2026-11-20T06:59:59Z"]


# --- tokens --------------------------------------------------------------------------------------------------------

DENIED = refusal(4005, "Authorization has been denied", status=401)


@pytest.mark.parametrize("denied", [DENIED, reply("", status=401)])
def test_a_read_that_is_turned_away_is_repeated_once_with_a_new_token(denied: Act) -> None:
    with spiris(denied, page()) as line:
        assert line.client.customers() == []
        assert b"Bearer token-0" in line.server.requests[0]
        assert b"Bearer token-1" in line.server.requests[1]


def test_a_new_token_that_is_turned_away_too_needs_a_person() -> None:
    with spiris(DENIED, DENIED) as line:
        with pytest.raises(SignInNeeded, match="company se"):
            line.client.customers()
        assert line.client.calls == 2


def test_a_create_that_was_turned_away_at_the_door_is_sent_again_since_it_was_not_carried_out() -> None:
    with spiris(DENIED, reply(customer(1), status=201)) as line:
        assert line.client.create_customer({"Name": "Exempel AB"}).id == guid(1)
        assert line.client.calls == 2


def test_a_create_that_some_gateway_turned_away_is_not_sent_again() -> None:
    with spiris(reply("<html>sign in</html>", status=401, kind="text/html")) as line:
        with pytest.raises(OutcomeUnknown):
            line.client.create_customer({"Name": "Exempel AB"})
        assert line.client.calls == 1


# --- creates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"", status=201),
        reply(b"", status=204),
        reply(b"", status=201, kind="application/json"),
        reply("<html>created</html>", status=200, kind="text/html"),
        reply({}, status=201),
        reply({name: value for name, value in customer(1).items() if name != "Id"}, status=201),
        reply(customer(1, Id=None), status=201),
        reply([customer(1)], status=201),
        cut(customer(1), keep=30),
        hang_up,
        reply("<html>bad request</html>", status=400, kind="text/html"),
        reply({"message": "blocked"}, status=403),
        reply("", status=404),
        reply("<html>moved</html>", status=302),
        refusal(1, status=500),
    ],
)
def test_a_create_without_the_created_thing_or_the_vendors_own_no_is_unknown(answer: Act) -> None:
    with spiris(answer) as line:
        with pytest.raises(OutcomeUnknown):
            line.client.create_customer({"Name": "Exempel AB"})
        assert line.client.calls == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(2000, "invalid"), Refused),
        (refusal(3000, "not found"), Refused),
        (refusal(4000, "duplicate"), Refused),
        (refusal(4002, "cannot be created"), Refused),
        (refusal(4026, "locked"), Refused),
        (refusal(4002, "No access to module: api_standard", status=403), ConfigError),
        (refusal(4003, status=403), ConfigError),
        (refusal(4006, status=403), ConfigError),
        (refusal(4034, status=403), SafetyStop),
        (refusal(4010, "Try again in 55 seconds", status=429), OutOfQuota),
        (refusal(4010, "Try again in 55 seconds", status=403), OutOfQuota),
    ],
)
def test_a_create_that_the_vendor_refuses_in_its_own_words_is_known_not_to_be_done(
    answer: Act, kind: type[SfspirisError]
) -> None:
    with spiris(answer) as line:
        with pytest.raises(kind) as failure:
            line.client.create_draft({"OurReference": "SF"})
        assert line.client.calls == 1
        if isinstance(failure.value, OutOfQuota):
            assert failure.value.retry_after == 55


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(4006, status=403), ConfigError, "ea:sales"),
        (refusal(4002, "No access to module: api_standard", status=403), ConfigError, "api_standard"),
        (refusal(2000, "orderby"), BrokenReply, "status 400, code 2000"),
        (reply("<html>", status=404), BrokenReply, "status 404"),
        (reply("", status=302, headers={"Location": "http://evil.test/"}), BrokenReply, "status 302"),
    ],
)
def test_a_list_that_is_refused_says_why(answer: Act, kind: type[SfspirisError], words: str) -> None:
    with spiris(answer) as line, pytest.raises(kind, match=words):
        line.client.drafts()
