"""The browser's way back from a vendor's sign-in page to this machine."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfspiris.adapters.consent import Listener, Pledge, code_in
from sfspiris.errors import ConfigError, SignInNeeded, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "http://127.0.0.1:8765/callback"


@pytest.fixture
def pledge() -> Pledge:
    return Pledge()


@pytest.fixture
def listener(pledge: Pledge) -> Iterator[Listener]:
    with Listener(pledge, port=0) as one:
        yield one


def visit(
    listener: Listener, target: str, *, method: str = "GET", host: str | None = None
) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection(urlsplit(listener.redirect_uri).netloc, timeout=60)
    try:
        connection.request(method, target, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def back(pledge: Pledge, **answer: str) -> str:
    return "/callback?" + urlencode({"state": pledge.state, **answer})


# --- the secrets of a consent --------------------------------------------------------------------------------------


def test_each_consent_has_its_own_secrets_of_at_least_128_bits_and_hides_them() -> None:
    one, other = Pledge(), Pledge()
    assert one.state != other.state
    assert one.verifier != other.verifier
    assert one.state != one.verifier
    assert len(base64.urlsafe_b64decode(one.state + "=")) * 8 >= 128
    assert one.state not in repr(one)
    assert one.verifier not in repr(one)


def test_the_challenge_is_the_s256_hash_that_rfc_7636_gives_as_its_example() -> None:
    pledge = Pledge(verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert pledge.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert hashlib.sha256(pledge.verifier.encode()).digest() == base64.urlsafe_b64decode(
        pledge.challenge + "="
    )


# --- the address, caught or pasted ---------------------------------------------------------------------------------


def test_the_code_is_taken_from_the_address_that_a_person_pastes(pledge: Pledge) -> None:
    pasted = f"  {HOME}?{urlencode({'code': 'abc/1', 'state': pledge.state, 'session_state': 'x'})}\n"
    assert code_in(pasted, redirect_uri=HOME, pledge=pledge) == "abc/1"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "abc",
        "http://[",
        HOME,
        f"{HOME}?code",
        "https://127.0.0.1:8765/callback?code=a&state=S",
        "http://127.0.0.1:8766/callback?code=a&state=S",
        "http://127.0.0.1:8765/callback/?code=a&state=S",
        "http://evil.test/callback?code=a&state=S",
        "http://127.0.0.1:8765@evil.test/callback?code=a&state=S",
        f"{HOME}?state=S",
        f"{HOME}?code=&state=S",
        f"{HOME}?code=a&code=b&state=S",
        f"{HOME}?code={'a' * 5000}&state=S",
    ],
)
def test_an_address_that_is_not_the_way_back_is_refused(address: str, pledge: Pledge) -> None:
    with pytest.raises(UsageError, match="not the address"):
        code_in(address.replace("state=S", f"state={pledge.state}"), redirect_uri=HOME, pledge=pledge)


@pytest.mark.parametrize(
    "answer", ["code=a", "code=a&state=", "code=a&state=other", "code=a&state=S&state=S"]
)
def test_an_answer_without_exactly_our_state_belongs_to_another_sign_in(answer: str, pledge: Pledge) -> None:
    with pytest.raises(SignInNeeded, match="another sign-in"):
        code_in(f"{HOME}?{answer.replace('=S', f'={pledge.state}')}", redirect_uri=HOME, pledge=pledge)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80))
def test_no_guessed_state_is_ever_taken(guess: str) -> None:
    with pytest.raises((SignInNeeded, UsageError)):
        code_in(f"{HOME}?{urlencode({'code': 'a', 'state': guess})}", redirect_uri=HOME, pledge=Pledge())


def test_a_refused_consent_is_told_without_the_vendors_words(pledge: Pledge) -> None:
    address = HOME + back(pledge, error="access_denied", error_description="<script>").removeprefix(
        "/callback"
    )
    with pytest.raises(SignInNeeded, match="consent was refused") as failure:
        code_in(address, redirect_uri=HOME, pledge=pledge)
    assert "script" not in str(failure.value)


# --- the listener --------------------------------------------------------------------------------------------------


def test_the_right_answer_is_taken_and_the_page_repeats_nothing_of_it(
    listener: Listener, pledge: Pledge
) -> None:
    response, page = visit(listener, back(pledge, code="the-code"))
    assert response.status == 200
    assert listener.wait(60) == "the-code"
    assert "the-code" not in page
    assert pledge.state not in page
    assert response.headers["Content-Security-Policy"] == "default-src 'none'"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_only_the_first_right_answer_counts(listener: Listener, pledge: Pledge) -> None:
    visit(listener, back(pledge, code="first"))
    response, _ = visit(listener, back(pledge, code="second"))
    assert response.status == 400
    assert listener.wait(60) == "first"


def test_forged_answers_are_turned_away_and_the_right_one_is_still_awaited(
    listener: Listener, pledge: Pledge
) -> None:
    forged = [
        "/callback?code=evil&state=guessed",
        "/callback?code=evil",
        "/callback?error=access_denied&state=guessed",
        f"/other?code=evil&state={pledge.state}",
        f"/callback/../other?code=evil&state={pledge.state}",
        "/favicon.ico",
        "/callback?" + "a=1&" * 100 + f"code=evil&state={pledge.state}",
        f"http://evil.test/callback?code=evil&state={pledge.state}",
    ]
    for target in forged:
        response, page = visit(listener, target)
        assert response.status == 400
        assert "evil" not in page
    visit(listener, back(pledge, code="right"))
    assert listener.wait(60) == "right"


def test_a_page_that_reaches_us_under_another_name_is_turned_away(listener: Listener, pledge: Pledge) -> None:
    """DNS rebinding: a stranger's host name made to point at this machine."""
    response, _ = visit(listener, back(pledge, code="evil"), host="evil.test")
    assert response.status == 400
    with pytest.raises(SignInNeeded, match="Nobody came back"):
        listener.wait(0.05)


def test_only_plain_visits_are_answered(listener: Listener, pledge: Pledge) -> None:
    response, _ = visit(listener, back(pledge, code="evil"), method="POST")
    assert response.status == 501
    with pytest.raises(SignInNeeded):
        listener.wait(0.05)


def test_a_refused_consent_ends_the_wait(listener: Listener, pledge: Pledge) -> None:
    visit(listener, back(pledge, error="access_denied"))
    with pytest.raises(SignInNeeded, match="consent was refused"):
        listener.wait(60)


def test_a_browser_that_connects_and_says_nothing_does_not_block_the_answer(
    listener: Listener, pledge: Pledge
) -> None:
    address = urlsplit(listener.redirect_uri)
    assert address.port is not None
    with socket.create_connection(("127.0.0.1", address.port)):
        visit(listener, back(pledge, code="right"))
        assert listener.wait(60) == "right"


def test_the_listener_hears_this_machine_only_and_leaves_nothing_on_the_screen(
    listener: Listener, pledge: Pledge, capfd: pytest.CaptureFixture[str]
) -> None:
    assert listener.redirect_uri.startswith("http://127.0.0.1:")
    visit(listener, back(pledge, code="the-code"))
    assert capfd.readouterr() == ("", "")


def test_a_taken_port_is_told_and_no_other_is_tried(pledge: Pledge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port}"):
            Listener(pledge, port=port)
