"""Signing in to Spiris: what is asked of the token server, and what becomes of its answers."""

from __future__ import annotations

import base64
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from loopback import Act, Loopback, cut, hang_up, reply
from sfspiris.adapters.consent import Pledge
from sfspiris.adapters.spiris import oauth
from sfspiris.adapters.spiris.oauth import Addresses, Client, FreshToken, SpirisSignIn, TokenCalls
from sfspiris.adapters.transport import Limits, Pace, Transport
from sfspiris.errors import BrokenReply, ConfigError, OutOfQuota, SfspirisError, SignInNeeded, Unreachable
from sfspiris.ports.tokens import Tokens
from token_box import TokenBox

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
ORGNR = "5590000001"
KEY = "spiris:se"
CLIENT = Client("sf&spiris", "s3cret:ö")
OLD = Tokens(
    access_token="access-0",
    refresh_token="refresh-0",
    obtained_at=NOW - timedelta(hours=1),
    expires_at=NOW,
    identity=ORGNR,
    host="https://api.test/v2",
    scopes=oauth.SCOPES,
)
INVALID_GRANT = reply({"error": "invalid_grant"}, status=400)


def granted(number: int, **changes: Any) -> Act:
    document = {
        "access_token": f"access-{number}",
        "expires_in": 3600,
        "token_type": "Bearer",
        "refresh_token": f"refresh-{number}",
        "scope": "ea:api offline_access ea:sales",
    }
    return reply({name: value for name, value in (document | changes).items() if value is not None})


@dataclass
class Desk:
    """One company's sign-in, its store, and the token server it talks to."""

    server: Loopback
    calls: TokenCalls
    store: TokenBox
    sign_in: SpirisSignIn

    @property
    def redeemed(self) -> list[str]:
        return [form_of(one)["refresh_token"] for one in self.server.requests]


def form_of(request: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.partition(b"\r\n\r\n")[2].decode()).items()}


def transport() -> Transport:
    pace = Pace(sleep=lambda _: None, monotonic=time.monotonic, jitter=lambda: 0.0)
    return Transport(service="Spiris", pace=pace, limits=Limits())


@contextmanager
def desk(*acts: Act, kept: Tokens | None = OLD) -> Iterator[Desk]:
    line = transport()
    with Loopback(*acts) as server:
        calls = TokenCalls(line, Addresses.local(server.url), CLIENT, company="se", now=lambda: NOW)
        store = TokenBox(**({"spiris__se": kept} if kept else {}))
        yield Desk(server, calls, store, SpirisSignIn(calls, store, key=KEY, company="se", now=lambda: NOW))
        line.close()


# --- consent -------------------------------------------------------------------------------------------------------


def test_consent_asks_for_the_least_and_makes_the_person_choose_the_company() -> None:
    """Without the chooser the user's default company opens silently: the wrong one, one day."""
    pledge = Pledge()
    url = urlsplit(
        oauth.authorize_url(
            oauth.VENDOR, CLIENT, redirect_uri="http://127.0.0.1:8765/callback", pledge=pledge
        )
    )
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://identity.vismaonline.com/connect/authorize"
    assert {name: values[0] for name, values in parse_qs(url.query).items()} == {
        "response_type": "code",
        "client_id": "sf&spiris",
        "redirect_uri": "http://127.0.0.1:8765/callback",
        "scope": "ea:api offline_access ea:sales",
        "state": pledge.state,
        "prompt": "select_account",
        "code_challenge": pledge.challenge,
        "code_challenge_method": "S256",
    }


def test_a_code_is_exchanged_with_the_verifier_and_the_secret_in_the_header_only() -> None:
    with desk(granted(1), kept=None) as one:
        tokens = one.calls.exchange_code(
            "c", verifier="v", redirect_uri="http://127.0.0.1:1/callback", identity=ORGNR
        )
        request = one.server.requests[0]
        assert request.startswith(b"POST /connect/token ")
        assert form_of(request) == {
            "grant_type": "authorization_code",
            "code": "c",
            "redirect_uri": "http://127.0.0.1:1/callback",
            "code_verifier": "v",
        }
        header = base64.b64encode(
            b"sf%26spiris:s3cret%3A%C3%B6"
        )  # each part form-encoded, RFC 6749 section 2.3.1
        assert b"Authorization: Basic " + header in request
    assert (tokens.access_token, tokens.refresh_token, tokens.identity) == ("access-1", "refresh-1", ORGNR)
    assert tokens.expires_at == NOW + timedelta(hours=1)
    assert tokens.scopes == oauth.SCOPES


def test_a_sign_in_without_a_refresh_token_is_none() -> None:
    with (
        desk(granted(1, refresh_token=None), kept=None) as one,
        pytest.raises(BrokenReply, match="not with tokens"),
    ):
        one.calls.exchange_code("c", verifier="v", redirect_uri="http://127.0.0.1:1/callback", identity=ORGNR)


def test_revoking_names_the_refresh_token_and_forgives_an_unknown_one() -> None:
    with desk(reply("")) as one:
        one.calls.revoke(OLD)
        assert one.server.requests[0].startswith(b"POST /connect/revocation ")
        assert form_of(one.server.requests[0]) == {"token": "refresh-0", "token_type_hint": "refresh_token"}


def test_a_consent_just_given_is_used_as_it_is_and_never_renewed() -> None:
    fresh = FreshToken(OLD, company="se")
    assert fresh.token() == "access-0"
    with pytest.raises(SignInNeeded, match="company se"):
        fresh.renew("access-0")


def test_neither_tokens_nor_secrets_show_in_a_repr() -> None:
    assert "s3cret" not in repr(CLIENT)
    assert "access-0" not in repr(OLD)
    assert "refresh-0" not in repr(OLD)


# --- keeping a valid token -----------------------------------------------------------------------------------------


def test_a_token_with_more_than_a_minute_left_is_used_without_a_call() -> None:
    with desk(kept=replace(OLD, expires_at=NOW + timedelta(seconds=61))) as one:
        assert one.sign_in.token() == "access-0"
        assert one.server.requests == []
        assert one.store.events == []


@pytest.mark.parametrize("left", [60, 0, -3600])
def test_a_token_with_a_minute_left_or_less_is_refreshed_and_kept_before_it_is_used(left: int) -> None:
    with desk(granted(1), kept=replace(OLD, expires_at=NOW + timedelta(seconds=left))) as one:
        assert one.sign_in.token() == "access-1"
        assert one.redeemed == ["refresh-0"]
        assert one.store.events == [f"lock {KEY}", f"save {KEY}", f"unlock {KEY}"]
        kept = one.store.load(KEY)
        assert kept is not None
        assert (kept.refresh_token, kept.identity) == ("refresh-1", ORGNR)


def test_a_store_that_cannot_keep_the_new_token_lets_nobody_use_it() -> None:
    class FullBox(TokenBox):
        def save(self, key: str, tokens: Tokens) -> None:
            raise OSError(f"disk full: {key} of {tokens.identity}")

    with desk(granted(1)) as one:
        sign_in = SpirisSignIn(one.calls, FullBox(spiris__se=OLD), key=KEY, company="se", now=lambda: NOW)
        with pytest.raises(OSError, match="disk full"):
            sign_in.token()


def test_a_sign_in_that_was_renewed_and_could_not_be_kept_tells_what_to_do() -> None:
    class FullBox(TokenBox):
        def save(self, key: str, tokens: Tokens) -> None:
            self.events.append(f"save {key}")
            raise ConfigError(f"No room for {tokens.identity}.", remedy="Make room.")

    store = FullBox(spiris__se=OLD)
    with desk(granted(1)) as one:
        sign_in = SpirisSignIn(one.calls, store, key=KEY, company="se", now=lambda: NOW)
        with pytest.raises(SignInNeeded, match=f"could not be kept.*No room for {ORGNR}") as refused:
            sign_in.token()
        assert refused.value.remedy == (
            "Make room. Then sign in again with `sfspiris auth spiris --company se`."
        )
        assert one.redeemed == ["refresh-0"]
    assert store.events.count(f"save {KEY}") == 2


def test_a_renewed_sign_in_is_still_known_by_its_companys_name() -> None:
    with desk(granted(1)) as one:
        one.store.save(KEY, replace(OLD, name="Norrsken AB", environment="production"))
        one.sign_in.token()
        kept = one.store.load(KEY)
        assert kept is not None
        assert (kept.name, kept.environment) == ("Norrsken AB", "production")


def test_a_server_that_names_no_new_refresh_token_leaves_the_old_one_in_force() -> None:
    with desk(granted(1, refresh_token=None)) as one:
        one.sign_in.token()
        kept = one.store.load(KEY)
        assert kept is not None
        assert kept.refresh_token == "refresh-0"


def test_a_token_that_the_api_rejects_is_renewed_though_it_should_still_be_good() -> None:
    with desk(granted(1), kept=replace(OLD, expires_at=NOW + timedelta(hours=1))) as one:
        assert one.sign_in.renew("access-0") == "access-1"


def test_a_rejected_token_that_somebody_else_has_replaced_costs_no_call() -> None:
    with desk(kept=replace(OLD, access_token="access-7", expires_at=NOW + timedelta(hours=1))) as one:
        assert one.sign_in.renew("access-0") == "access-7"
        assert one.server.requests == []


def test_without_a_sign_in_the_command_to_make_one_is_told() -> None:
    with desk(kept=None) as one:
        with pytest.raises(SignInNeeded) as needed:
            one.sign_in.token()
        assert "`sfspiris auth spiris --company se`" in needed.value.remedy


# --- when refreshing fails -----------------------------------------------------------------------------------------


def test_a_rejected_grant_needs_a_person_and_is_never_tried_twice() -> None:
    with desk(INVALID_GRANT) as one:
        for _ in range(3):
            with pytest.raises(SignInNeeded, match="company se"):
                one.sign_in.token()
        assert one.redeemed == ["refresh-0"]


def test_a_rejected_grant_that_somebody_else_has_just_replaced_is_no_failure() -> None:
    with desk() as one:

        def rejected_after_another_was_faster(server: Loopback, connection: socket.socket) -> None:
            one.store.save(KEY, replace(OLD, access_token="access-9", expires_at=NOW + timedelta(hours=1)))
            INVALID_GRANT(server, connection)

        one.server.play(rejected_after_another_was_faster)
        assert one.sign_in.token() == "access-9"
        assert one.redeemed == ["refresh-0"]


@pytest.mark.parametrize(
    "lost", [hang_up, cut({"access_token": "access-1"}, keep=5), reply("<html>", status=502)]
)
def test_a_refresh_without_a_whole_answer_is_tried_once_more_since_it_may_not_have_arrived(lost: Act) -> None:
    with desk(lost, granted(2)) as one:
        assert one.sign_in.token() == "access-2"
        assert one.redeemed == ["refresh-0", "refresh-0"]


@pytest.mark.parametrize(
    "answer",
    [
        granted(1, access_token=None),
        reply([]),
        reply(""),
        reply("<html>"),
        reply('{"access_token": "access-1", ', kind="application/json"),
        reply("<html>", status=403),
    ],
)
def test_a_refresh_that_was_answered_without_tokens_is_not_asked_for_again(answer: Act) -> None:
    """The token is most likely used up, or somebody in between answered who would answer the same again."""
    with desk(answer, granted(2)) as one:
        with pytest.raises(BrokenReply):
            one.sign_in.token()
        assert one.redeemed == ["refresh-0"]
        assert f"save {KEY}" not in one.store.events


def test_a_refresh_answered_without_tokens_uses_what_somebody_else_has_kept_meanwhile() -> None:
    with desk() as one:

        def answered_after_another_was_faster(server: Loopback, connection: socket.socket) -> None:
            one.store.save(KEY, replace(OLD, access_token="access-9", expires_at=NOW + timedelta(hours=1)))
            reply("<html>")(server, connection)

        one.server.play(answered_after_another_was_faster)
        assert one.sign_in.token() == "access-9"
        assert one.redeemed == ["refresh-0"]


def test_a_newer_sign_in_that_has_run_out_too_is_renewed_by_its_own_refresh_token() -> None:
    with desk() as one:

        def rejected_after_another_was_faster(server: Loopback, connection: socket.socket) -> None:
            one.store.save(KEY, replace(OLD, access_token="access-8", refresh_token="refresh-8"))
            INVALID_GRANT(server, connection)

        one.server.play(rejected_after_another_was_faster, granted(9))
        assert one.sign_in.token() == "access-9"
        assert one.redeemed == ["refresh-0", "refresh-8"]


def test_a_refresh_whose_answer_was_lost_needs_a_person_once_the_server_says_so() -> None:
    with desk(hang_up, INVALID_GRANT) as one, pytest.raises(SignInNeeded):
        one.sign_in.token()


def test_a_token_server_that_stays_silent_does_not_call_for_a_person() -> None:
    with desk(hang_up, hang_up, granted(3)) as one:
        with pytest.raises(Unreachable):
            one.sign_in.token()
        assert one.sign_in.token() == "access-3"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (reply({"error": "invalid_client"}, status=401), ConfigError, "client_secret"),
        (reply({"error": "unauthorized_client"}, status=400), ConfigError, "client_secret"),
        (reply({"error": "invalid_request"}, status=400), SignInNeeded, "sfspiris auth spiris"),
        (reply("<html>", status=403), BrokenReply, "proxy"),
        (reply({"error": "slow_down"}, status=429), OutOfQuota, "minute"),
        (reply("", status=503), Unreachable, "status 503"),
        (granted(1, access_token=""), BrokenReply, "not with tokens"),
        (granted(1, expires_in="soon"), BrokenReply, "not with tokens"),
        (reply([]), BrokenReply, "not with tokens"),
    ],
)
def test_each_answer_of_the_token_server_says_who_can_do_something_about_it(
    answer: Act, kind: type[SfspirisError], words: str
) -> None:
    with desk(answer) as one:
        with pytest.raises(kind) as failure:
            one.calls.refresh("refresh-0", identity=ORGNR)
        assert words in str(failure.value)
        assert "refresh-0" not in str(failure.value)


def test_twenty_runs_at_once_spend_the_refresh_token_once() -> None:
    """Single use: a second redemption would be refused, and might end the sign-in altogether."""
    guard, spent = threading.Lock(), []

    def single_use(server: Loopback, connection: socket.socket) -> None:
        with guard:
            spent.append(1)
            act = granted(1) if len(spent) == 1 else INVALID_GRANT
        act(server, connection)

    store = TokenBox(spiris__se=OLD)
    with Loopback(*[single_use] * 20) as server, ThreadPoolExecutor(20) as pool:

        def run(_: int) -> str:
            line = transport()
            calls = TokenCalls(line, Addresses.local(server.url), CLIENT, company="se", now=lambda: NOW)
            try:
                return SpirisSignIn(calls, store, key=KEY, company="se", now=lambda: NOW).token()
            finally:
                line.close()

        assert set(pool.map(run, range(20))) == {"access-1"}
        assert len(server.requests) == 1
