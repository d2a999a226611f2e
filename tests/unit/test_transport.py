"""What the transport makes of answers and numbers, without a network."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.adapters import exactjson
from sfspiris.adapters.reply import Reply, names_an_error, told_pause
from sfspiris.adapters.transport import Effect, Limits, Pace, Transport
from sfspiris.errors import BrokenReply, ConfigError, SafetyStop, Unreachable

JSON_TYPE = {"content-type": "application/json; charset=utf-8"}

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | amounts | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def still() -> Pace:
    return Pace(sleep=lambda _: None, monotonic=lambda: 0.0, jitter=lambda: 0.0)


def test_no_request_begins_after_the_end_of_the_run() -> None:
    spent = Transport(service="Spiris", pace=still(), ends=0.0)
    for effect in Effect:
        with pytest.raises(Unreachable, match="max_minutes") as stopped:
            spent.request("POST", "http://127.0.0.1:9/", effect=effect)
        assert stopped.value.code == "RUN_TIME_UP"
    assert spent.calls == 0


# --- JSON ----------------------------------------------------------------------------------------------------------


@given(plain_data)
def test_json_comes_back_as_it_was_sent(value: Any) -> None:
    assert exactjson.loads(exactjson.dumps(value)) == value


def test_an_amount_is_written_with_exactly_its_own_digits() -> None:
    assert exactjson.dumps({"UnitPrice": Decimal("0.10"), "Quantity": Decimal("1E+3")}) == (
        b'{"UnitPrice":0.10,"Quantity":1000}'
    )


def test_an_amount_is_read_with_exactly_its_own_digits() -> None:
    assert str(exactjson.loads(b'{"Amount": 1234567890123456.10}')["Amount"]) == "1234567890123456.10"


def test_a_binary_float_is_never_sent() -> None:
    with pytest.raises(TypeError, match="Decimal"):
        exactjson.dumps({"Amount": [0.1]})


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_what_is_no_number_is_never_sent(number: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        exactjson.dumps(Decimal(number))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b'{"a": 1',
        b'{"a": 1, "a": 2}',
        b'{"a": NaN}',
        b"[-Infinity]",
        b"\xff\xfe",
        b'{"a": 1} {"b": 2}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_a_document_that_could_be_read_in_two_ways_is_not_read_at_all(document: bytes) -> None:
    with pytest.raises(ValueError):
        exactjson.loads(document)


def test_a_byte_order_mark_is_no_part_of_the_document() -> None:
    assert exactjson.loads(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


# --- answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON;charset=UTF-8", "application/problem+json"]
)
def test_json_is_read_when_it_is_declared_as_such(kind: str) -> None:
    assert Reply(200, {"content-type": kind}, b"{}").json() == {}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "text/html"}, b"{}"),
        ({}, b"{}"),
        (JSON_TYPE, b""),
        (JSON_TYPE, b" \r\n"),
        (JSON_TYPE, b'{"Id": "1'),
        (JSON_TYPE, b"<html>"),
    ],
)
def test_a_success_that_is_not_whole_json_is_a_broken_reply(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(BrokenReply, match="Spiris answered with status 200"):
        Reply(200, headers, body, "Spiris").json()


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "7"}, b"", 7.0),
        ({"retry-after": "0.5"}, b"", 0.5),
        ({"retry-after": "7"}, b"Try again in 55 seconds", 7.0),
        ({}, b'{"DeveloperErrorMessage": "quota exceeded! Try again in 55 seconds."}', 55.0),
        ({}, b"try again in 1 second", 1.0),
        (
            {"retry-after": "Fri, 20 Nov 2026 08:01:30 GMT", "date": "Fri, 20 Nov 2026 08:00:00 GMT"},
            b"",
            90.0,
        ),
        (
            {"retry-after": "Fri, 20 Nov 2026 08:00:00 GMT", "date": "Fri, 20 Nov 2026 08:01:00 GMT"},
            b"",
            0.0,
        ),
        ({"retry-after": "Fri, 20 Nov 2026 08:01:30 GMT"}, b"", None),
        ({"retry-after": "soon", "date": "Fri, 20 Nov 2026 08:00:00 GMT"}, b"", None),
        ({"retry-after": "-1"}, b"", None),
        ({}, b"", None),
    ],
)
def test_the_pause_asked_for_is_read_from_the_header_else_from_the_words(
    headers: dict[str, str], body: bytes, seconds: float | None
) -> None:
    assert told_pause(Reply(429, headers, body)) == seconds


@pytest.mark.parametrize(
    ("body", "is_vendors"),
    [
        (b'{"ErrorCode": 4010}', True),
        (b'[{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]', True),
        (b'{"message": "rate limited by the gateway"}', False),
        (b"[]", False),
        (b"null", False),
        (b"<html>", False),
    ],
)
def test_a_refusal_counts_as_the_vendors_own_only_when_it_names_an_error_code(
    body: bytes, is_vendors: bool
) -> None:
    assert names_an_error(Reply(429, JSON_TYPE, body)) is is_vendors


# --- what is refused before anything is sent -----------------------------------------------------------------------


def test_checking_certificates_cannot_be_switched_off() -> None:
    with pytest.raises(ConfigError, match="must be checked"):
        Transport(service="Spiris", pace=still(), verify=False)


@pytest.mark.parametrize("effect", [Effect.CREATE, Effect.UPDATE])
def test_a_read_only_transport_sends_no_write(effect: Effect) -> None:
    transport = Transport(service="Spiris", pace=still(), read_only=True)
    with pytest.raises(SafetyStop, match="only reads") as stop:
        transport.request("POST", "http://127.0.0.1:9/v2/customers", effect=effect, json={})
    assert 'mode = "active"' in stop.value.remedy
    assert transport.calls == 0


@pytest.mark.parametrize("address", ["127.0.0.1:8702/v2", "ftp://127.0.0.1/", "http://[::1/"])
def test_an_address_that_is_none_is_a_fault_of_the_configuration(address: str) -> None:
    transport = Transport(service="Spiris", pace=still(), limits=Limits(attempts=1))
    with pytest.raises(ConfigError, match="address of Spiris"):
        transport.request("GET", address, effect=Effect.READ)
