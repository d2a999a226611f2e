"""Signing in to the Spiris simulator: codes, PKCE, single-use refresh tokens, scopes, what a token opens."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from spiris_sandbox import ALL_SCOPES, CLIENT, NOW, REDIRECT, VERIFIER, WORLD, Sandbox


def token_call(
    office: Sandbox, form: dict[str, str], *, auth: tuple[str, str] | None = CLIENT
) -> httpx.Response:
    if auth is None:
        return office.control.post("/connect/token", data=form)
    return office.control.post("/connect/token", data=form, auth=auth)


def redeem(office: Sandbox, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        **changes,
    }
    return token_call(office, form)


def refresh(office: Sandbox, token: str, **changes: str) -> httpx.Response:
    return token_call(office, {"grant_type": "refresh_token", "refresh_token": token, **changes})


def error(response: httpx.Response) -> str:
    assert response.status_code == 400
    code: str = response.json()["error"]
    return code


def test_a_sign_in_gives_tokens_for_an_hour(office: Sandbox) -> None:
    tokens = office.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert set(tokens["scope"].split()) == set(ALL_SCOPES.split())
    assert office.with_token(tokens["access_token"]).ok("GET", "/companysettings")["Name"] == "Exempel AB"


def test_a_token_opens_the_company_that_was_chosen_and_no_other(office: Sandbox) -> None:
    two = office.sign_in(company="two")
    assert two.ok("GET", "/companysettings")["CorporateIdentityNumber"] == "559000-0021"
    assert two.all("/customers") == []


def test_the_form_lists_every_company_and_an_unknown_one_is_not_taken(office: Sandbox) -> None:
    page = office.control.get("/connect/authorize", params=office.asked())
    assert "Exempel AB (559000-0013)" in page.text
    assert "Andra AB (559000-0021)" in page.text
    answer = office.control.post("/connect/authorize", data={**office.asked(), "company": "three"})
    assert answer.status_code == 400


def test_a_user_may_say_no(office: Sandbox) -> None:
    answer = office.control.post(
        "/connect/authorize", data={**office.asked(), "company": "se", "consent": "no"}
    )
    assert parse_qs(urlsplit(answer.headers["location"]).query) == {
        "error": ["access_denied"],
        "state": ["state-1"],
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "ea:sales offline_access"}, "invalid_scope"),
        ({"scope": "ea:api ea:sales"}, "invalid_scope"),
        ({"scope": "ea:api offline_access ea:everything"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_request_that_asks_wrongly_goes_back_with_an_error(
    office: Sandbox, changes: dict[str, str], expected: str
) -> None:
    answer = office.control.get("/connect/authorize", params=office.asked(**changes))
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [expected]


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "stranger"}, {"redirect_uri": "https://evil.example/callback"}, {"redirect_uri": ""}],
)
def test_the_browser_is_never_sent_to_an_address_that_is_not_registered(
    office: Sandbox, changes: dict[str, str]
) -> None:
    answer = office.control.get("/connect/authorize", params=office.asked(**changes))
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_without_a_prompt_the_default_company_is_reused_when_the_switch_says_so(office: Sandbox) -> None:
    office.switch(company_chooser="on_prompt")
    silent = office.control.get("/connect/authorize", params=office.asked(prompt=""))
    assert silent.status_code == 302
    assert "code" in parse_qs(urlsplit(silent.headers["location"]).query)
    assert office.control.get("/connect/authorize", params=office.asked()).status_code == 200
    forced = office.asked(prompt="login", acr_values="service:44643EB1+forceselectcompany:true")
    assert office.control.get("/connect/authorize", params=forced).status_code == 200


def test_a_code_works_once_and_its_second_use_ends_the_sign_in(office: Sandbox) -> None:
    code = office.code()
    first = redeem(office, code).json()
    assert error(redeem(office, code)) == "invalid_grant"
    assert error(refresh(office, first["refresh_token"])) == "invalid_grant"
    assert office.with_token(first["access_token"]).refused("GET", "/customers")[0] == 401


@pytest.mark.parametrize(
    "changes",
    [{"code_verifier": "wrong" * 10}, {"code_verifier": ""}, {"redirect_uri": "http://127.0.0.1:1/other"}],
)
def test_a_code_needs_its_verifier_and_its_redirect_address(office: Sandbox, changes: dict[str, str]) -> None:
    assert error(redeem(office, office.code(), **changes)) == "invalid_grant"


def test_a_code_lives_five_minutes(office: Sandbox) -> None:
    code = office.code()
    office.at("2026-11-20T08:05:01Z")
    assert error(redeem(office, code)) == "invalid_grant"


def test_pkce_is_not_demanded(office: Sandbox) -> None:
    asked = {k: v for k, v in office.asked().items() if not k.startswith("code_challenge")}
    answer = office.control.post("/connect/authorize", data={**asked, "company": "se"})
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert token_call(office, form).status_code == 200


def test_the_client_may_name_itself_in_the_form(office: Sandbox) -> None:
    form = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "grant_type": "refresh_token"}
    token = office.tokens()["refresh_token"]
    assert token_call(office, {**form, "refresh_token": token}, auth=None).status_code == 200


@pytest.mark.parametrize("auth", [("sfspiris-sandbox", "wrong"), ("stranger", "sandbox-secret"), None])
def test_an_unknown_client_gets_nothing(office: Sandbox, auth: tuple[str, str] | None) -> None:
    token = office.tokens()["refresh_token"]
    assert (
        error(token_call(office, {"grant_type": "refresh_token", "refresh_token": token}, auth=auth))
        == "invalid_client"
    )


@pytest.mark.parametrize("kind", ["client_credentials", "password", ""])
def test_there_is_no_other_way_in(office: Sandbox, kind: str) -> None:
    assert error(token_call(office, {"grant_type": kind})) == "unsupported_grant_type"


def test_every_refresh_gives_a_new_token_and_kills_the_old(office: Sandbox) -> None:
    first = office.tokens()
    second = refresh(office, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert error(refresh(office, first["refresh_token"])) == "invalid_grant"
    assert refresh(office, second["refresh_token"]).status_code == 200


def test_a_spent_refresh_token_still_works_within_the_grace_period(office: Sandbox) -> None:
    office.switch(refresh_grace_seconds=30)
    token = office.tokens()["refresh_token"]
    assert refresh(office, token).status_code == 200
    assert refresh(office, token).status_code == 200
    office.at("2026-11-20T08:01:00Z")
    assert error(refresh(office, token)) == "invalid_grant"


@pytest.mark.parametrize(("reuse", "status"), [("refused", 200), ("ends_sign_in", 400)])
def test_reuse_of_a_spent_token_may_end_the_sign_in(office: Sandbox, reuse: str, status: int) -> None:
    office.switch(refresh_reuse=reuse)
    first = office.tokens()
    second = refresh(office, first["refresh_token"]).json()
    assert error(refresh(office, first["refresh_token"])) == "invalid_grant"
    assert refresh(office, second["refresh_token"]).status_code == status


def test_a_refresh_cannot_widen_the_scopes(office: Sandbox) -> None:
    token = office.tokens(scopes="ea:api offline_access ea:sales")["refresh_token"]
    assert error(refresh(office, token, scope="ea:api ea:accounting")) == "invalid_scope"


def test_an_access_token_dies_after_an_hour_of_the_simulators_time(office: Sandbox) -> None:
    api = office.sign_in()
    office.at("2026-11-20T08:59:00Z")
    api.ok("GET", "/customers")
    office.at("2026-11-20T09:00:01Z")
    response = api.get("/customers")
    assert (response.status_code, response.json()["ErrorCode"]) == (401, 4005)
    assert response.json()["DeveloperErrorMessage"].startswith("AuthorizationException")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}]
)
def test_without_a_token_nothing_is_answered(office: Sandbox, headers: dict[str, str]) -> None:
    response = office.control.get("/v2/customers", headers=headers)
    assert (response.status_code, response.json()["ErrorCode"]) == (401, 4005)


def test_revoking_the_refresh_token_ends_the_sign_in(office: Sandbox) -> None:
    tokens = office.tokens()
    form = {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    assert office.control.post("/connect/revocation", data=form, auth=CLIENT).status_code == 200
    assert error(refresh(office, tokens["refresh_token"])) == "invalid_grant"
    assert office.with_token(tokens["access_token"]).refused("GET", "/customers")[:2] == (401, 4005)


def test_revoking_an_access_token_leaves_the_refresh_token(office: Sandbox) -> None:
    tokens = office.tokens()
    assert office.control.post(
        "/connect/revocation", data={"token": tokens["access_token"]}, auth=CLIENT
    ).is_success
    assert office.with_token(tokens["access_token"]).refused("GET", "/customers")[0] == 401
    assert refresh(office, tokens["refresh_token"]).status_code == 200


def test_another_clients_token_is_not_revoked_and_nothing_is_said(office: Sandbox) -> None:
    office.does(
        "PUT",
        "clients",
        json={"client_id": "other", "client_secret": "s", "redirect_uris": ["https://x.example/cb"]},
    )
    tokens = office.tokens()
    answer = office.control.post(
        "/connect/revocation", data={"token": tokens["refresh_token"]}, auth=("other", "s")
    )
    assert answer.status_code == 200
    assert refresh(office, tokens["refresh_token"]).status_code == 200


def test_a_registered_client_may_come_back_to_its_own_address_only(office: Sandbox) -> None:
    client = {"client_id": "app", "client_secret": "s", "redirect_uris": ["https://app.example/cb"]}
    answer = office.does("PUT", "clients", json=client)
    assert "client_secret" not in answer
    fine = office.asked(client_id="app", redirect_uri="https://app.example/cb")
    assert office.control.get("/connect/authorize", params=fine).status_code == 200
    wrong = office.asked(client_id="app", redirect_uri=REDIRECT)
    assert office.control.get("/connect/authorize", params=wrong).status_code == 400


@pytest.mark.parametrize(
    "client", [{}, [], {"client_id": "x"}, {"client_id": "x", "client_secret": "s", "colour": 1}]
)
def test_a_client_that_makes_no_sense_is_refused_with_a_reason(office: Sandbox, client: Any) -> None:
    assert office.refuses("PUT", "clients", json=client)


def test_a_sign_in_survives_starting_over_while_its_company_does(office: Sandbox) -> None:
    api, two = office.sign_in(), office.sign_in(company="two")
    companies = WORLD["spiris"]["companies"][:1]
    office.reset({"now": NOW, "spiris": {"companies": companies}})
    assert api.get("/customers").status_code == 200
    assert two.get("/customers").status_code == 401


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        ("ea:sales", "/customers", 200),
        ("ea:sales_readonly", "/customers", 200),
        ("ea:accounting", "/customers", 403),
        ("ea:sales", "/vouchers", 403),
        ("ea:accounting_readonly", "/vouchers", 200),
        ("ea:sales", "/bankaccounts", 403),
        ("ea:purchase_readonly", "/bankaccounts", 200),
        ("ea:sales", "/companysettings", 200),
        ("ea:sales", "/projects", 200),
        ("ea:accounting", "/fiscalyears", 200),
        ("ea:sales", "/users", 200),
    ],
)
def test_each_part_wants_its_own_scope(office: Sandbox, scopes: str, path: str, status: int) -> None:
    response = office.sign_in(scopes=f"ea:api offline_access {scopes}").get(path)
    assert response.status_code == status
    if status == 403:
        assert response.json()["ErrorCode"] == 4006


def test_a_readonly_scope_does_not_write(office: Sandbox) -> None:
    api = office.sign_in(scopes="ea:api offline_access ea:sales_readonly")
    assert api.refused("POST", "/customers", json={})[:2] == (403, 4006)


def test_a_company_may_limit_what_is_granted(office: Sandbox) -> None:
    company = {**WORLD["spiris"]["companies"][0], "scopes": ["ea:sales_readonly"]}
    office.reset({"now": NOW, "spiris": {"companies": [company]}})
    tokens = office.tokens()
    assert set(tokens["scope"].split()) == {"ea:api", "offline_access"} | (
        {"ea:sales_readonly"} & set(ALL_SCOPES.split())
    )
    assert office.with_token(tokens["access_token"]).refused("GET", "/customers")[:2] == (403, 4006)
