"""Signing in: each flow's one call, what is kept, and the words for each refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from salesforce_org import HOST, NOW, ORG, OWNER_ID, MemoryTokens, ScriptedTransport, page, reply, tokens
from sfspiris.adapters.consent import Pledge
from sfspiris.adapters.salesforce.app import App, ClientCredentials, JwtBearer, WebFlow
from sfspiris.adapters.salesforce.oauth import SalesforceSignIn
from sfspiris.adapters.transport import Effect, Reply
from sfspiris.errors import (
    BrokenReply,
    ConfigError,
    OutOfQuota,
    SafetyStop,
    SfspirisError,
    SignInNeeded,
    Unreachable,
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "top-secret"
LOGIN = "https://login.salesforce.com"
MY_DOMAIN = "https://exempel.my.salesforce.com"
BACK = "http://127.0.0.1:8765/callback"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


JWT = App("production", f"{LOGIN}/", "app-id", JwtBearer("i@example.com", lambda: pem(KEY)))
CREDENTIALS = App("production", MY_DOMAIN, "app-id", ClientCredentials(lambda: SECRET))
WEB = App("production", LOGIN, "app-id", WebFlow())


def granted(**changes: Any) -> Reply:
    return reply(
        {
            "access_token": "session-2",
            "instance_url": HOST,
            "id": f"{LOGIN}/id/{ORG}/{OWNER_ID}",
            "token_type": "Bearer",
            "issued_at": "1763625600000",
            "signature": "…",
            "scope": "api refresh_token",
            **changes,
        }
    )


def refused(error: str, description: str = "", status: int = 400) -> Reply:
    return reply({"error": error, "error_description": description}, status)


class Desk:
    """One app's sign-in with a scripted Salesforce."""

    def __init__(self, app: App, *replies: Reply | Exception, kept: Any = None) -> None:
        self.app = app
        self.store = MemoryTokens({"salesforce": kept} if kept else {})
        self.transport = ScriptedTransport(*replies)
        self.sign_in = SalesforceSignIn(app, store=self.store, transport=self.transport, now=lambda: NOW)

    def sign_in_somehow(self) -> None:
        if isinstance(self.app.grant, WebFlow):
            self.sign_in.redeem("secret-code", verifier="secret-verifier", redirect_uri=BACK)
        else:
            self.sign_in.current()


def test_a_kept_sign_in_is_used_without_any_call() -> None:
    desk = Desk(JWT, kept=tokens())
    assert desk.sign_in.current() == tokens()
    assert desk.sign_in.current() == tokens()
    assert desk.transport.calls == 0


@pytest.mark.parametrize(
    ("app", "kept"),
    [
        (JWT, tokens(user="somebody@example.com")),
        (JWT, tokens(host=None)),
        (JWT, tokens(host="http://127.0.0.1:8701")),
        (App("local", "http://127.0.0.1:8702", "app-id", JWT.grant), tokens(host="http://127.0.0.1:8701")),
    ],
    ids=["another user", "no address", "a local one for production", "another local one"],
)
def test_a_kept_sign_in_that_the_configuration_no_longer_means_is_replaced(app: App, kept: Any) -> None:
    desk = Desk(app, granted(), kept=kept)
    assert desk.sign_in.current().access_token == "session-2"
    assert desk.store.kept["salesforce"].access_token == "session-2"


def test_a_kept_local_sign_in_is_used_at_the_same_address() -> None:
    kept = tokens(host="http://127.0.0.1:8701")
    desk = Desk(App("local", "http://127.0.0.1:8701/", "app-id", WEB.grant), kept=kept)
    assert desk.sign_in.current() == kept


def test_jwt_bearer_signs_an_assertion_and_keeps_what_it_gets() -> None:
    desk = Desk(JWT, granted(id=f"{LOGIN}/id/{ORG[:15]}/{OWNER_ID[:15]}"))
    got = desk.sign_in.current()
    [sent] = desk.transport.sent
    assert (sent.method, sent.url, sent.effect) == ("POST", f"{LOGIN}/services/oauth2/token", Effect.TOKEN)
    assert sent.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        sent.form["assertion"],
        KEY.public_key(),
        algorithms=["RS256"],
        audience=LOGIN,
        options={"verify_exp": False},
    )
    assert len(claims.pop("jti")) >= 16
    assert claims == {
        "iss": "app-id",
        "sub": "i@example.com",
        "aud": LOGIN,
        "exp": int((NOW + timedelta(minutes=2)).timestamp()),
    }
    assert got == tokens(
        access_token="session-2",
        obtained_at=NOW,
        scopes=("api", "refresh_token"),
    )
    assert desk.store.kept["salesforce"] == got


def test_two_sign_ins_in_the_same_second_are_no_replay() -> None:
    desk = Desk(JWT, granted(), granted())
    desk.sign_in.sign_in()
    desk.sign_in.sign_in()
    first, second = (sent.form["assertion"] for sent in desk.transport.sent)
    assert first != second


@pytest.mark.parametrize("days_off", [-15, 15])
def test_a_wrong_clock_is_made_up_for_by_salesforces_own(days_off: int) -> None:
    expired = refused("invalid_grant", "expired authorization code")  # told at 08:00 on the 20th
    store, transport = MemoryTokens(), ScriptedTransport(expired, granted())
    wrong = NOW + timedelta(days=days_off)
    SalesforceSignIn(JWT, store=store, transport=transport, now=lambda: wrong).current()
    expiries = [
        jwt.decode(sent.form["assertion"], options={"verify_signature": False})["exp"]
        for sent in transport.sent
    ]
    assert expiries == [int((at + timedelta(minutes=2)).timestamp()) for at in (wrong, NOW)]


def test_a_refusal_that_the_clock_does_not_explain_is_final() -> None:
    desk = Desk(JWT, refused("invalid_grant", "expired authorization code"))
    with pytest.raises(SignInNeeded):
        desk.sign_in.current()
    assert desk.transport.calls == 1


@pytest.mark.parametrize(
    ("environment", "login_url", "audience"),
    [
        ("production", MY_DOMAIN, "https://login.salesforce.com"),
        ("sandbox", "https://exempel--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("local", "http://127.0.0.1:8701/", "http://127.0.0.1:8701"),
    ],
)
def test_an_assertion_is_addressed_by_environment_even_when_it_goes_to_my_domain(
    environment: str, login_url: str, audience: str
) -> None:
    desk = Desk(App(environment, login_url, "app-id", JWT.grant), granted())
    desk.sign_in.current()
    [sent] = desk.transport.sent
    assert sent.url == f"{login_url.rstrip('/')}/services/oauth2/token"
    assert jwt.decode(sent.form["assertion"], options={"verify_signature": False})["aud"] == audience


def test_client_credentials_send_id_and_secret_to_the_orgs_own_host() -> None:
    desk = Desk(CREDENTIALS, granted())
    assert desk.sign_in.current().user == OWNER_ID
    [sent] = desk.transport.sent
    assert sent.url == f"{MY_DOMAIN}/services/oauth2/token"
    assert dict(sent.form) == {
        "grant_type": "client_credentials",
        "client_id": "app-id",
        "client_secret": SECRET,
    }


def test_client_credentials_are_not_even_tried_at_the_login_host() -> None:
    with pytest.raises(ConfigError, match=r"own address only, not on login\.salesforce\.com"):
        App("production", LOGIN, "app-id", ClientCredentials(lambda: SECRET))


@pytest.mark.parametrize(
    ("environment", "login_url"),
    [
        ("production", "http://login.salesforce.com"),
        ("production", "login.salesforce.com"),
        ("local", "file:///x"),
    ],
)
def test_a_login_address_must_be_safe(environment: str, login_url: str) -> None:
    with pytest.raises(ConfigError, match="login_url"):
        App(environment, login_url, "app-id", JWT.grant)


def test_the_web_flow_needs_a_person_first() -> None:
    desk = Desk(WEB)
    with pytest.raises(SignInNeeded) as needed:
        desk.sign_in.current()
    assert "`sfspiris auth salesforce`" in needed.value.remedy
    assert desk.transport.calls == 0


def test_the_browser_is_sent_with_state_and_challenge_and_without_the_verifier() -> None:
    pledge = Pledge()
    url = Desk(WEB).sign_in.authorization_url(pledge, redirect_uri=BACK)
    assert url.startswith(f"{LOGIN}/services/oauth2/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["app-id"],
        "redirect_uri": [BACK],
        "scope": ["api refresh_token"],
        "state": [pledge.state],
        "code_challenge": [pledge.challenge],
        "code_challenge_method": ["S256"],
    }
    assert pledge.verifier not in url


def test_a_code_is_redeemed_with_its_verifier_and_kept() -> None:
    desk = Desk(WEB, granted(refresh_token="refresh-1"))
    got = desk.sign_in.redeem("code", verifier="verifier", redirect_uri=BACK)
    [sent] = desk.transport.sent
    assert dict(sent.form) == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": BACK,
        "code_verifier": "verifier",
        "client_id": "app-id",
    }
    assert got.refresh_token == "refresh-1"
    assert desk.store.kept["salesforce"] == got


def test_a_confidential_app_shows_its_secret_together_with_the_verifier() -> None:
    app = App("production", LOGIN, "app-id", WebFlow(lambda: SECRET))
    desk = Desk(app, granted())
    desk.sign_in.redeem("code", verifier="verifier", redirect_uri=BACK)
    assert desk.transport.sent[0].form["client_secret"] == SECRET
    assert desk.transport.sent[0].form["code_verifier"] == "verifier"


def test_a_dead_session_is_refreshed_and_a_rotated_token_is_kept_before_it_is_used() -> None:
    kept = tokens(refresh_token="refresh-1")
    desk = Desk(WEB, granted(refresh_token="refresh-2"), kept=kept)
    got = desk.sign_in.renew(desk.sign_in.current())
    assert desk.transport.sent[0].form["refresh_token"] == "refresh-1"
    assert (got.access_token, got.refresh_token) == ("session-2", "refresh-2")
    assert desk.store.kept["salesforce"] == got
    assert desk.sign_in.current() == got


def test_without_rotation_the_refresh_token_stays() -> None:
    desk = Desk(WEB, granted(), kept=tokens(refresh_token="refresh-1"))
    assert desk.sign_in.renew(tokens()).refresh_token == "refresh-1"


def test_whoever_waited_for_the_lock_takes_the_sign_in_that_was_made_meanwhile() -> None:
    made = tokens(access_token="session-9", refresh_token="refresh-9")
    desk = Desk(WEB, kept=made)
    assert desk.sign_in.renew(tokens()) == made
    assert desk.transport.calls == 0
    assert desk.sign_in.current() == made


def test_a_dead_session_without_a_refresh_token_needs_a_person() -> None:
    desk = Desk(WEB, kept=tokens())
    with pytest.raises(SignInNeeded, match="without a refresh token"):
        desk.sign_in.renew(tokens())


@pytest.mark.parametrize("app", [WEB, JWT], ids=["refresh token", "assertion"])
def test_a_sign_in_that_was_refused_is_not_asked_for_again(app: App) -> None:
    desk = Desk(app, refused("invalid_grant"), kept=tokens(refresh_token="refresh-1"))
    for _ in range(3):
        with pytest.raises(SfspirisError):
            desk.sign_in.renew(tokens())
    assert desk.transport.calls == 1


def test_an_unattended_flow_signs_in_anew_when_its_session_died() -> None:
    desk = Desk(JWT, granted(), kept=tokens())
    assert desk.sign_in.renew(tokens()).access_token == "session-2"


@pytest.mark.parametrize("kept", [tokens(), tokens(access_token="session-3", identity="00DJ6000000000zMAA")])
def test_a_renewed_sign_in_that_opens_another_org_stops_everything(kept: Any) -> None:
    desk = Desk(JWT, granted(id=f"{LOGIN}/id/00DJ6000000000zMAA/{OWNER_ID}"), kept=kept)
    with pytest.raises(SafetyStop, match=ORG):
        desk.sign_in.renew(tokens())
    assert desk.store.kept["salesforce"] == kept


def test_signing_in_on_purpose_replaces_what_is_kept() -> None:
    desk = Desk(JWT, granted(), kept=tokens())
    assert desk.sign_in.sign_in().access_token == "session-2"
    assert desk.store.kept["salesforce"].access_token == "session-2"


def test_signing_out_revokes_at_the_instance_and_forgets() -> None:
    desk = Desk(WEB, reply({}), kept=tokens(refresh_token="refresh-1"))
    desk.sign_in.sign_out()
    [sent] = desk.transport.sent
    assert (sent.url, dict(sent.form)) == (f"{HOST}/services/oauth2/revoke", {"token": "refresh-1"})
    assert desk.store.kept == {}


def test_signing_out_twice_does_nothing_the_second_time() -> None:
    desk = Desk(WEB)
    desk.sign_in.sign_out()
    assert desk.transport.calls == 0


def test_signing_out_forgets_even_when_salesforce_is_away() -> None:
    desk = Desk(WEB, page(status=503), kept=tokens())
    with pytest.raises(Unreachable, match="forgotten here"):
        desk.sign_in.sign_out()
    assert desk.store.kept == {}


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "error", "description", "kind", "words"),
    [
        (JWT, "invalid_grant", "user hasn't approved this consumer", SignInNeeded, "pre-authorized"),
        (JWT, "invalid_grant", "audience is invalid", ConfigError, "environment"),
        (JWT, "invalid_grant", "Audience validation failed", ConfigError, "environment"),
        (JWT, "invalid_grant", "expired authorization code", SignInNeeded, "clock"),
        (WEB, "invalid_grant", "expired access/refresh token", SignInNeeded, "sfspiris auth salesforce"),
        (JWT, "invalid_grant", "authentication failure", SignInNeeded, "Login History"),
        (CREDENTIALS, "invalid_grant", "request not supported on this domain", ConfigError, "My Domain"),
        (CREDENTIALS, "invalid_grant", "no client credentials user enabled", SignInNeeded, "Run As"),
        (CREDENTIALS, "invalid_client", "invalid client credentials", ConfigError, "ten minutes"),
        (WEB, "invalid_client", "app must be installed into org", SignInNeeded, "install"),
        (JWT, "invalid_client_id", "client identifier invalid", ConfigError, "consumer key"),
        (WEB, "redirect_uri_mismatch", "redirect_uri must match configuration", ConfigError, BACK),
        (JWT, "unsupported_grant_type", "grant type not supported", ConfigError, "login_url"),
        (JWT, "inactive_user", "user is inactive", SignInNeeded, "Activate"),
        (JWT, "inactive_org", "org is inactive", SignInNeeded, "reactivate"),
        (JWT, "rate_limit_exceeded", "login rate exceeded", OutOfQuota, "in an hour"),
        (JWT, "something_new", "A new reason", SignInNeeded, "Login History"),
    ],
)
def test_a_refusal_is_told_in_words_with_what_to_do(
    app: App, error: str, description: str, kind: type[SfspirisError], words: str
) -> None:
    desk = Desk(app, refused(error, description))
    with pytest.raises(kind) as found:
        desk.sign_in_somehow()
    assert words in found.value.remedy
    assert "{" not in str(found.value)
    assert not any(secret in str(found.value) for secret in (SECRET, "secret-code", "secret-verifier"))
    assert desk.store.kept == {}


def test_an_unknown_refusal_keeps_salesforces_own_words() -> None:
    with pytest.raises(SignInNeeded, match="A new reason"):
        Desk(JWT, refused("something_new", "A new reason")).sign_in.current()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (page(status=503), Unreachable),
        (page(status=429), OutOfQuota),
        (page(status=404), ConfigError),
        (page(status=302), ConfigError),
        (page(status=200), BrokenReply),
        (reply({"token_type": "Bearer"}), BrokenReply),
        (granted(id="https://login.salesforce.com/id/nobody"), BrokenReply),
        (granted(id=f"https://login.salesforce.com/id/{ORG[:-1]}B/{OWNER_ID}"), BrokenReply),
        (granted(instance_url="http://elsewhere.example"), BrokenReply),
        (granted(instance_url=""), BrokenReply),
        (granted(access_token=""), BrokenReply),
    ],
)
def test_what_is_no_sign_in_is_not_taken_for_one(answer: Reply, kind: type[SfspirisError]) -> None:
    desk = Desk(JWT, answer)
    with pytest.raises(kind):
        desk.sign_in.current()
    assert desk.store.kept == {}


@pytest.mark.parametrize(
    "key",
    [
        "no key at all",
        pem(ec.generate_private_key(ec.SECP256R1())),
        pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    ],
    ids=["not PEM", "elliptic curve", "too short"],
)
def test_a_key_that_salesforce_would_refuse_is_refused_before_it_is_used(key: str) -> None:
    desk = Desk(App("production", LOGIN, "app-id", JwtBearer("i@example.com", lambda: key)))
    with pytest.raises(ConfigError, match="private_key"):
        desk.sign_in.current()
    assert desk.transport.calls == 0


def test_no_secret_shows_in_a_repr() -> None:
    for app in (JWT, CREDENTIALS, WEB):
        assert SECRET not in repr(app)
        assert "lambda" not in repr(app)
