"""The kernel's small parts, each by itself: JSON, switches, tokens, keys."""

import stat
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import jwt
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.sandbox.kernel import jsonio
from sfspiris.sandbox.kernel.clock import Clock
from sfspiris.sandbox.kernel.errors import SandboxError
from sfspiris.sandbox.kernel.keys import ensure_salesforce_key, make_certificate, public_pem
from sfspiris.sandbox.kernel.oauth import (
    Tokens,
    basic_credentials,
    bearer_token,
    parse_form,
    pkce_challenge,
    pkce_matches,
)
from sfspiris.sandbox.kernel.records import Records
from sfspiris.sandbox.kernel.requestlog import RequestLog
from sfspiris.sandbox.kernel.switches import Switch, Switches

# JSON


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.10"), "0.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.000001"), "-0.000001"),
        ([Decimal("1.5"), {"a": Decimal(2)}], '[1.5,{"a":2}]'),
        ({"day": date(2026, 11, 20)}, '{"day":"2026-11-20"}'),
        ("Åsa", '"Åsa"'),
    ],
)
def test_json_is_written_exactly(value: object, text: str) -> None:
    assert jsonio.dumps(value) == text


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), float("nan")])
def test_what_is_no_number_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match=r"not JSON compliant|not a JSON number"):
        jsonio.dumps(value)


def test_a_moment_must_be_put_into_words_first() -> None:
    with pytest.raises(TypeError, match="datetime"):
        jsonio.dumps(datetime(2026, 11, 20, tzinfo=UTC))


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        jsonio.loads(text)


def test_half_a_surrogate_pair_can_be_sent_back() -> None:
    assert jsonio.loads(jsonio.encode(["\ud83c Å"])) == ["\ud83c Å"]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False, places=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_every_value_survives_the_way_there_and_back(value: object) -> None:
    assert jsonio.loads(jsonio.encode(value)) == value


# Switches


def switches(records: Records | None = None) -> Switches:
    return Switches(
        [
            Switch("missing_draft", "404", "undocumented", values=("404", "400-3000")),
            Switch("survives", "yes", "undocumented", values=("yes", "no")),
            Switch("page_size", None, "the server's choice", values=(None,), kind="number"),
            Switch("filterable", "all", "no public list", values=("all",), kind="names"),
        ],
        records or Records(),
    )


@pytest.mark.parametrize(
    ("name", "given_value", "kept"),
    [
        ("missing_draft", "400-3000", "400-3000"),
        ("missing_draft", 404, "404"),
        ("survives", False, "no"),
        ("page_size", 5, 5),
        ("page_size", "5", 5),
        ("page_size", None, None),
        ("filterable", ["Name"], ["Name"]),
        ("filterable", "all", "all"),
    ],
)
def test_a_switch_takes_what_it_can_be(name: str, given_value: object, kept: object) -> None:
    these = switches()
    these.set({name: given_value})
    assert these.get(name) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("missing_draft", "500"),
        ("missing_draft", None),
        ("missing_draft", ["404"]),
        ("survives", "maybe"),
        ("page_size", -1),
        ("page_size", True),
        ("filterable", [1]),
        ("page-size", 5),
    ],
)
def test_a_switch_refuses_anything_else_and_nothing_is_set(name: str, value: object) -> None:
    these = switches()
    with pytest.raises(SandboxError):
        these.set({"survives": "no", name: value})
    assert these.is_on("survives")


def test_switches_come_back_with_their_records_and_can_be_reset() -> None:
    records = Records()
    switches(records).set({"survives": "no"})
    again = switches(records)
    assert not again.is_on("survives")
    again.reset()
    assert again.is_on("survives")
    assert switches(records).is_on("survives")


# Request log


def record(log: RequestLog, body: bytes, body_type: str = "application/json") -> None:
    log.record(
        method="POST",
        path="/toys",
        query="",
        status=200,
        at=datetime(2026, 11, 20, tzinfo=UTC),
        body=body,
        body_type=body_type,
        response=b"",
        response_type="",
    )


def test_the_oldest_calls_go_first_when_the_log_is_full() -> None:
    log = RequestLog(kept_bytes=10)
    for body in (b"[1]", b"[22]", b"[333]"):
        record(log, body)
    assert [(call["n"], call["body"]) for call in log.listed()] == [(2, [22]), (3, [333])]


@pytest.mark.parametrize(
    ("body", "body_type", "listed"),
    [
        (b'{"price": 0.10}', "application/json;charset=UTF-8", {"price": Decimal("0.10")}),
        (b"{not json", "application/json", "{not json"),
        (b"a=1&a=2&b=", "application/x-www-form-urlencoded", {"a": ["1", "2"], "b": ""}),
        ("Id\nÅ".encode(), "text/csv", "Id\nÅ"),
        (bytes(range(128, 256)), "application/zip", "<128 bytes>"),
        (b"", "application/json", None),
    ],
)
def test_a_body_is_listed_as_what_it_is(body: bytes, body_type: str, listed: object) -> None:
    log = RequestLog()
    record(log, body, body_type)
    assert log.listed()[0]["body"] == listed


# Clock


def test_a_clock_refuses_a_moment_without_a_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2026, 11, 20))  # noqa: DTZ001  that is what is refused


def test_today_is_the_day_where_one_is() -> None:
    clock = Clock(datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert clock.today_in(ZoneInfo("Europe/Stockholm")) == date(2026, 11, 21)


# Sign-in


def test_a_code_works_once_and_not_after_its_time() -> None:
    clock = Clock(datetime(2026, 11, 20, 8, tzinfo=UTC))
    codes = Tokens(Records(), clock, "codes")
    code = codes.issue({"user": "karin"}, seconds=60)
    assert (codes.redeem(code) or {})["user"] == "karin"
    assert codes.redeem(code) is None
    assert (codes.seen(code) or {})["user"] == "karin"
    late = codes.issue({"user": "karin"}, seconds=60)
    clock.set(clock.now() + timedelta(seconds=61))
    assert codes.redeem(late) is None


def test_tokens_are_revoked_singly_and_by_what_they_grant() -> None:
    tokens = Tokens(Records(), Clock(), "tokens", prefix="at-")
    first, second, other = (tokens.issue({"family": name}, seconds=None) for name in ("a", "a", "b"))
    assert first.startswith("at-")
    assert tokens.revoke(first)
    assert not tokens.revoke(first)
    assert tokens.revoke_where("family", "a") == 1
    assert tokens.grant(second) is None
    assert tokens.grant(other) is not None


def test_no_token_is_stored_in_a_form_that_works() -> None:
    records = Records()
    token = Tokens(records, Clock(), "tokens").issue({}, seconds=None)
    assert token not in repr(records.all("tokens"))


def test_a_challenge_is_answered_by_its_verifier_alone() -> None:
    # The pair of RFC 7636, appendix B.
    verifier, challenge = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    )
    assert pkce_challenge(verifier) == challenge
    assert pkce_matches(verifier, challenge)
    assert pkce_matches(None, None)
    assert not pkce_matches("other", challenge)
    assert not pkce_matches(None, challenge)
    assert not pkce_matches(verifier, None)


def test_credentials_are_read_from_headers_and_forms() -> None:
    assert basic_credentials("Basic aWQ6c2UlM0FjcmV0") == ("id", "se:cret")
    assert [basic_credentials(header) for header in (None, "Basic !", "Basic aWQ=", "Bearer x")] == [None] * 4
    assert bearer_token("bearer abc") == "abc"
    assert [bearer_token(header) for header in (None, "Basic abc", "Bearer ")] == [None] * 3
    assert parse_form(b"a=1&b=%C3%85+x&c=") == {"a": "1", "b": "Å x", "c": ""}


# Keys


def test_the_salesforce_key_is_made_once_private_and_signs_for_its_public_half(tmp_path: Path) -> None:
    path = ensure_salesforce_key(tmp_path / "new")
    assert ensure_salesforce_key(tmp_path / "new") == path
    assert path.name == "sandbox-salesforce.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = jwt.encode({"iss": "sfspiris-sandbox"}, path.read_text(), algorithm="RS256")
    assert jwt.decode(token, public_pem(path), algorithms=["RS256"]) == {"iss": "sfspiris-sandbox"}


def test_the_certificate_names_loopback(tmp_path: Path) -> None:
    path, key = make_certificate(tmp_path)
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
