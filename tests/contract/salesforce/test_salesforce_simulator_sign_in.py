"""Signing in to the Salesforce simulator: every flow, every refusal, how sessions end."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from salesforce_box import CLIENT, NOW, REDIRECT, VERIFIER, WORLD, Box, box

USER = "integration@example.com"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def served() -> Iterator[Box]:
    with box() as running:
        running.reset(WORLD)
        running.control.put("/_sandbox/clients", json={**CLIENT, "public_key": public_pem(KEY)})
        yield running


@pytest.fixture
def org(served: Box) -> Iterator[Box]:
    served.clock(NOW)
    yield served
    served.switch(rotate_refresh_tokens="no", session_seconds=7200)


def ask(org: Box, **form: str) -> httpx.Response:
    return org.control.post("/services/oauth2/token", data=form)


def refusal(response: httpx.Response) -> tuple[str, str]:
    assert response.status_code == 400, response.text
    body = response.json()
    return body["error"], body["error_description"]


def assertion(key: rsa.RSAPrivateKey = KEY, **claims: Any) -> str:
    said = {
        "iss": CLIENT["client_id"],
        "sub": USER,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **claims,
    }
    return jwt.encode(said, private_pem(key), algorithm="RS256")


def works(org: Box, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return org.control.get("/services/data/v62.0/limits", headers=headers).status_code == 200


# the answer


def test_a_token_answer_has_the_vendors_shape_and_no_lifetime(org: Box) -> None:
    body = ask(org, grant_type=JWT, assertion=assertion()).json()
    assert set(body) == {
        "access_token",
        "instance_url",
        "id",
        "token_type",
        "issued_at",
        "signature",
        "scope",
    }
    assert re.fullmatch(r"00D\w{12,15}![.\w]+", body["access_token"])
    assert body["instance_url"] == org.url
    assert re.fullmatch(rf"{org.url}/id/00D\w{{15}}/005\w{{15}}", body["id"])
    assert body["issued_at"].isdecimal()
    assert works(org, body["access_token"])


# JWT bearer


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://test.salesforce.com"},
        {"aud": ["https://example.com", "https://login.salesforce.com/"]},
        {"exp": lambda now: str(now + 200)},
        {"exp": lambda now: (now + 200) * 1000},
        {"sub": "INTEGRATION@example.com"},
    ],
    ids=["test host", "several audiences", "exp as text", "exp in milliseconds", "user in capitals"],
)
def test_an_assertion_as_clients_write_them_is_taken(org: Box, claims: dict[str, Any]) -> None:
    now = int(time.time())  # when the test runs, which may be long after it was collected
    told = {name: claim(now) if callable(claim) else claim for name, claim in claims.items()}
    assert ask(org, grant_type=JWT, assertion=assertion(**told)).status_code == 200


def test_the_orgs_own_address_will_do_as_audience(org: Box) -> None:
    assert ask(org, grant_type=JWT, assertion=assertion(aud=f"{org.url}/")).status_code == 200


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"aud": "https://exempel.my.salesforce.com"}, "audience is invalid"),
        ({"exp": int(time.time()) - 10}, "expired authorization code"),
        ({"exp": int(time.time()) + 3600}, "expired authorization code"),
        ({"exp": "soon"}, "expired authorization code"),
        ({"sub": "nobody@example.com"}, "user hasn't approved this consumer"),
        ({"sub": "sara@exempel.example"}, "user hasn't approved this consumer"),
        ({"iss": "unknown"}, "client identifier invalid"),
    ],
)
def test_an_assertion_that_says_something_else_is_refused(
    org: Box, claims: dict[str, Any], description: str
) -> None:
    assert refusal(ask(org, grant_type=JWT, assertion=assertion(**claims))) == ("invalid_grant", description)


def test_a_signature_is_verified(org: Box) -> None:
    assert refusal(ask(org, grant_type=JWT, assertion=assertion(OTHER_KEY)))[1] == "invalid assertion"
    unsigned = jwt.encode({"iss": CLIENT["client_id"], "sub": USER}, "", algorithm="none")
    assert refusal(ask(org, grant_type=JWT, assertion=unsigned))[1] == "invalid assertion"
    # Signed with the public key as if it were a shared secret: the oldest trick.
    claims = {
        "iss": CLIENT["client_id"],
        "sub": USER,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 60,
    }
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
    body = jwt.encode(claims, "x" * 32, algorithm="HS256").split(".")[1]
    assert refusal(ask(org, grant_type=JWT, assertion=f"{header}.{body}.AAAA"))[1] == "invalid assertion"
    assert refusal(ask(org, grant_type=JWT, assertion="not.a.token"))[1] == "invalid assertion"


def test_an_assertion_with_a_number_of_its_own_is_taken_once(org: Box) -> None:
    once = assertion(jti="4711")
    assert ask(org, grant_type=JWT, assertion=once).status_code == 200
    assert refusal(ask(org, grant_type=JWT, assertion=once)) == (
        "invalid_grant",
        "expired authorization code",
    )


def test_a_client_signs_by_its_own_clock_when_the_orgs_was_set(org: Box) -> None:
    org.clock("2031-01-01T00:00:00Z")
    assert ask(org, grant_type=JWT, assertion=assertion()).status_code == 200


@pytest.mark.parametrize(
    "key",
    [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(public_exponent=65537, key_size=1024)],
)
def test_an_app_needs_an_rsa_key_of_2048_bits(org: Box, key: Any) -> None:
    response = org.control.put("/_sandbox/clients", json={"client_id": "x", "public_key": public_pem(key)})
    assert response.status_code == 400
    assert "public key of client x" in response.json()["error"]


# client credentials


def test_client_credentials_may_stand_in_the_body_or_in_a_header(org: Box) -> None:
    assert ask(org, grant_type="client_credentials", **CLIENT).status_code == 200
    header = org.control.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(CLIENT["client_id"], CLIENT["client_secret"]),
    )
    assert header.status_code == 200


def test_a_wrong_secret_client_or_grant_is_refused(org: Box) -> None:
    credentials = "client_credentials"
    assert (
        refusal(ask(org, grant_type=credentials, **{**CLIENT, "client_secret": "x"}))[0] == "invalid_client"
    )
    assert refusal(ask(org, grant_type=credentials, client_id=CLIENT["client_id"]))[0] == "invalid_client"
    assert refusal(ask(org, grant_type=credentials, client_id="unknown"))[0] == "invalid_client_id"
    assert refusal(ask(org, grant_type="magic", username="x")) == (
        "unsupported_grant_type",
        "grant type not supported",
    )
    assert refusal(ask(org))[0] == "invalid_request"


def test_client_credentials_work_on_the_orgs_own_host_only(org: Box) -> None:
    response = org.control.post(
        "/services/oauth2/token",
        data={"grant_type": "client_credentials", **CLIENT},
        headers={"Host": "login.salesforce.com"},
    )
    assert refusal(response) == ("invalid_grant", "request not supported on this domain")


def test_an_app_needs_a_user_to_run_as(org: Box) -> None:
    org.control.put(
        "/_sandbox/clients", json={"client_id": "no-user", "client_secret": "s", "username": None}
    )
    response = ask(org, grant_type="client_credentials", client_id="no-user", client_secret="s")
    assert refusal(response) == ("invalid_grant", "no client credentials user enabled")


# web server flow


def log_in(org: Box, *, challenge: bool = True, state: str = "xyz", **changes: str) -> dict[str, str]:
    """What the redirect says after a login in a browser: the page is read, its form sent."""
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": REDIRECT,
        "scope": "api refresh_token",
        "state": state,
        **({"code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode()} if challenge else {}),
        **changes,
    }
    page = org.control.get("/services/oauth2/authorize", params=asked)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    answer = org.control.post("/services/oauth2/authorize", data={**form, "username": USER})
    assert answer.status_code == 302
    target = answer.headers["location"]
    assert target.startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


def redeem(org: Box, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "client_id": CLIENT["client_id"],
        "code_verifier": VERIFIER,
        **changes,
    }
    return ask(org, **form)


def refresh(org: Box, token: str, **changes: str) -> httpx.Response:
    return ask(org, grant_type="refresh_token", refresh_token=token, client_id=CLIENT["client_id"], **changes)


def test_a_login_gives_a_code_and_the_code_gives_tokens(org: Box) -> None:
    said = log_in(org)
    assert said["state"] == "xyz"
    tokens = redeem(org, said["code"]).json()
    assert works(org, tokens["access_token"])
    assert works(org, refresh(org, tokens["refresh_token"]).json()["access_token"])


def test_without_the_scope_there_is_no_refresh_token(org: Box) -> None:
    assert "refresh_token" not in redeem(org, log_in(org, scope="api")["code"]).json()


def test_a_code_needs_its_verifier_its_redirect_and_works_once(org: Box) -> None:
    wrong = refusal(redeem(org, log_in(org)["code"], code_verifier="x" * 50))
    assert wrong == ("invalid_grant", "invalid code verifier")
    assert refusal(redeem(org, log_in(org)["code"], code_verifier=""))[1] == "invalid code verifier"
    moved = refusal(redeem(org, log_in(org)["code"], redirect_uri=f"{REDIRECT}/x"))
    assert moved[0] == "redirect_uri_mismatch"
    code = log_in(org)["code"]
    tokens = redeem(org, code).json()
    assert refusal(redeem(org, code)) == ("invalid_grant", "expired authorization code")
    # Whoever brought it twice: what the code gave is taken back.
    assert not works(org, tokens["access_token"])


def test_a_code_ends_after_a_quarter_of_an_hour(org: Box) -> None:
    code = log_in(org)["code"]
    org.clock("2026-11-20T08:16:00Z")
    assert refusal(redeem(org, code))[1] == "expired authorization code"


def test_a_redirect_must_be_registered_and_a_denial_says_so(org: Box) -> None:
    asked = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": "https://example.com/",
    }
    response = org.control.get("/services/oauth2/authorize", params=asked)
    assert refusal(response)[0] == "redirect_uri_mismatch"
    denied = org.control.post(
        "/services/oauth2/authorize", data={**asked, "redirect_uri": REDIRECT, "deny": "1"}
    )
    assert denied.headers["location"] == f"{REDIRECT}?error=access_denied"


def test_any_port_of_loopback_will_do_for_the_sandboxes_own_app(org: Box) -> None:
    asked = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": "http://127.0.0.1:54321/callback",
    }
    assert org.control.get("/services/oauth2/authorize", params=asked).status_code == 200
    wild = {**asked, "client_id": "PlatformCLI"}
    assert refusal(org.control.get("/services/oauth2/authorize", params=wild))[0] == "redirect_uri_mismatch"


def test_the_login_page_shows_what_it_was_given_as_text_only(org: Box) -> None:
    page = org.control.get(
        "/services/oauth2/authorize",
        params={
            "response_type": "code",
            "client_id": CLIENT["client_id"],
            "redirect_uri": REDIRECT,
            "state": '"><script>alert(1)</script>',
        },
    )
    assert "<script>" not in page.text


# refresh tokens


def test_a_refresh_token_stays_the_same_without_rotation(org: Box) -> None:
    token = redeem(org, log_in(org)["code"]).json()["refresh_token"]
    for _ in range(2):
        assert "refresh_token" not in refresh(org, token).json()


def test_with_rotation_a_token_that_comes_back_ends_the_whole_login(org: Box) -> None:
    org.switch(rotate_refresh_tokens="yes")
    first = redeem(org, log_in(org)["code"]).json()
    second = refresh(org, first["refresh_token"]).json()
    third = refresh(org, second["refresh_token"]).json()
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    ended = ("invalid_grant", "expired access/refresh token")
    assert refusal(refresh(org, first["refresh_token"])) == ended
    assert refusal(refresh(org, third["refresh_token"])) == ended
    assert not works(org, third["access_token"])


def test_a_sixth_login_ends_the_first(org: Box) -> None:
    tokens = []
    for minute in range(6):
        org.clock(f"2026-11-20T08:{minute:02}:00Z")
        tokens.append(redeem(org, log_in(org)["code"]).json()["refresh_token"])
    assert refusal(refresh(org, tokens[0]))[1] == "expired access/refresh token"
    assert all(refresh(org, token).status_code == 200 for token in tokens[1:])
    for token in tokens:
        org.control.post("/services/oauth2/revoke", data={"token": token})


# ends of a session


def test_a_session_ends_when_the_policy_says_so(org: Box) -> None:
    token = org.token()
    assert works(org, token)
    org.switch(session_seconds=60)
    org.clock("2026-11-20T08:01:30Z")
    response = org.control.get("/services/data/v62.0/limits", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert response.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_calls_without_a_good_token_are_401(org: Box) -> None:
    def code(authorization: str | None) -> tuple[int, str]:
        headers = {"Authorization": authorization} if authorization else {}
        response = org.control.get("/services/data/v62.0/sobjects", headers=headers)
        return response.status_code, response.json()[0]["errorCode"]

    assert code(None) == (401, "INVALID_SESSION_ID")
    assert code("Bearer 00Dxx!AQ") == (401, "INVALID_SESSION_ID")
    assert code("Basic abc") == (401, "INVALID_AUTH_HEADER")
    assert org.control.get("/services/data/").status_code == 200
    assert org.control.get(
        "/services/data/v62.0/limits", headers={"Authorization": f"OAuth {org.token()}"}
    ).is_success


def test_revoking_an_access_token_ends_it_alone_and_a_refresh_token_ends_the_login(org: Box) -> None:
    tokens = redeem(org, log_in(org)["code"]).json()
    other = refresh(org, tokens["refresh_token"]).json()["access_token"]
    assert (
        org.control.post("/services/oauth2/revoke", data={"token": tokens["access_token"]}).status_code == 200
    )
    assert not works(org, tokens["access_token"])
    assert works(org, other)
    assert (
        org.control.get("/services/oauth2/revoke", params={"token": tokens["refresh_token"]}).status_code
        == 200
    )
    assert not works(org, other)
    assert org.control.post("/services/oauth2/revoke", data={"token": "x"}).status_code == 400


def test_an_inactive_user_is_out(org: Box) -> None:
    token = org.token()
    user = org.control.get("/services/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"}).json()[
        "user_id"
    ]
    org.person_edits("User", user, IsActive=False)
    assert not works(org, token)
    assert refusal(ask(org, grant_type="client_credentials", **CLIENT))[0] == "inactive_user"
    org.person_edits("User", user, IsActive=True)


# who am I


def test_the_user_info_and_the_identity_name_user_and_org(org: Box) -> None:
    tokens = ask(org, grant_type="client_credentials", **CLIENT).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    info = org.control.get("/services/oauth2/userinfo", headers=headers).json()
    assert info["preferred_username"] == USER
    assert tokens["id"] == f"{org.url}/id/{info['organization_id']}/{info['user_id']}"
    assert org.control.get(tokens["id"], headers=headers).json()["username"] == USER
    root = org.control.get("/services/data/v62.0", headers=headers).json()
    assert root["identity"] == tokens["id"]
    assert org.control.get("/services/oauth2/userinfo").status_code == 403


def test_introspection_tells_the_app_of_its_own_tokens_only(org: Box) -> None:
    token = org.token()

    def introspect(**form: str) -> Any:
        return org.control.post("/services/oauth2/introspect", data=form).json()

    answer = introspect(token=token, **CLIENT)
    assert (answer["active"], answer["username"], answer["token_type"]) == (True, USER, "access_token")
    assert answer["exp"] - answer["iat"] == 7200
    assert introspect(token="x", **CLIENT) == {"active": False}
    assert introspect(token=token, client_id="PlatformCLI") == {"active": False}
    assert introspect(token=token, client_id="unknown")["error"] == "invalid_client_id"


def test_secrets_and_tokens_are_kept_out_of_the_request_log(org: Box) -> None:
    org.control.delete("/_sandbox/requests")
    token = org.token()
    log = org.control.get("/_sandbox/requests").text
    assert "/services/oauth2/token" in log
    assert token not in log
    assert CLIENT["client_secret"] not in log
    assert token not in org.control.get("/_sandbox/state").text


def test_people_stay_signed_in_when_the_world_starts_over(org: Box) -> None:
    token = org.token()
    org.reset(WORLD)
    assert works(org, token)
