"""Signing in: the steps that need a person or a browser, and what is told about the result."""

from __future__ import annotations

import sys
import webbrowser
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import typer

from sfspiris.adapters.consent import Listener, Pledge, code_in
from sfspiris.cli.desk import SpirisOpening
from sfspiris.cli.identity import shown_orgnr, spiris_key
from sfspiris.errors import SafetyStop, SfspirisError, SignInNeeded, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sfspiris.cli.desk import Desk
    from sfspiris.ports.tokens import Tokens

_SALESFORCE: Final = "salesforce"
_SECONDS_FOR_A_PERSON: Final = 300
_DAY: Final = 86_400
UNUSED_LIMIT: Final = timedelta(days=30)
"""How long a sign-in that is renewed by a refresh token may lie unused: the sliding limit that Salesforce sets for apps of many
orgs, and any administrator may set. Spiris publishes none, so the same is assumed."""
_WARNED: Final = timedelta(days=10)  # before that
_KEPT_ALIVE: Final = timedelta(days=7)  # what is younger needs nothing
_HTTP_PORT: Final = 80


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One sign-in as it may be shown; `identity` is None where nobody is signed in."""

    service: str
    company: str | None
    identity: str | None
    name: str | None = None
    user: str | None = None
    host: str | None = None
    scopes: tuple[str, ...] = ()
    obtained_at: datetime | None = None
    age_seconds: int | None = None
    ends_unused_at: datetime | None = None
    note: str = ""

    def facts(self) -> dict[str, Any]:
        """For `--json`; never a token."""
        return {
            "service": self.service,
            "company": self.company,
            "signed_in": self.identity is not None,
            "identity": self.identity,
            "name": self.name,
            "user": self.user,
            "host": self.host,
            "scopes": list(self.scopes),
            "obtained_at": _moment(self.obtained_at),
            "age_seconds": self.age_seconds,
            "ends_unused_at": _moment(self.ends_unused_at),
            "note": self.note,
        }

    def sentence(self) -> str:
        """For people."""
        where = "Salesforce" if self.service == _SALESFORCE else f"Spiris, company {self.company}"
        if self.identity is None:
            return f"{where}: {self.note or 'nobody is signed in'}."
        identity = self.identity
        if self.service != _SALESFORCE:
            identity = shown_orgnr(identity)
        who = f"{self.name} ({identity})" if self.name else identity
        parts = [f"{where}: signed in to {who}"]
        if self.user:
            parts.append(f"as {self.user}")
        if self.scopes:
            parts.append(f"scopes {' '.join(self.scopes)}")
        if self.age_seconds is not None:
            parts.append(f"tokens {_age(self.age_seconds)} old")
        return ", ".join(parts) + "." + (f" {self.note}" if self.note else "")


# --- Salesforce ----------------------------------------------------------------------------------------------------


def sign_in_salesforce(
    desk: Desk, *, no_browser: bool, browse: Callable[[str], object] = webbrowser.open
) -> SignedIn:
    """Sign in by the configured way and say which org it opened."""
    sign_in = desk.salesforce_sign_in()
    if desk.settings.salesforce.auth != "web":
        return _salesforce(desk, sign_in.sign_in())
    pledge = Pledge()
    redirect_uri = desk.settings.salesforce.redirect_uri
    code, redirect_uri = consent(
        lambda uri: sign_in.authorization_url(pledge, redirect_uri=uri),
        pledge,
        redirect_uri=redirect_uri,
        no_browser=no_browser,
        browse=browse,
    )
    return _salesforce(desk, sign_in.redeem(code, verifier=pledge.verifier, redirect_uri=redirect_uri))


def _salesforce(desk: Desk, tokens: Tokens) -> SignedIn:
    """Look which org was opened; the wrong kind is not kept."""
    try:
        _, name = desk.salesforce_org()
    except SafetyStop:
        desk.store.delete(_SALESFORCE)
        raise
    with desk.store.lock(_SALESFORCE):
        kept = desk.store.load(_SALESFORCE)
        if kept is not None and kept.identity == tokens.identity:
            desk.store.save(_SALESFORCE, replace(kept, name=name))
    return _told(desk, tokens, _SALESFORCE, None, name=name)


# --- Spiris --------------------------------------------------------------------------------------------------------


def sign_in_spiris(
    desk: Desk,
    company: str,
    *,
    no_browser: bool,
    browse: Callable[[str], object] = webbrowser.open,
) -> SignedIn:
    """Let a person consent for one company, look which company was opened, and only then keep the sign-in.

    Raises SafetyStop when it is another company than configured; nothing is kept then.
    """
    own = desk.settings.companies[company]
    pledge = Pledge()
    if browse is webbrowser.open:
        typer.echo(f"Signing in to company {company} ({shown_orgnr(own.orgnr)}) in Spiris.", err=True)
    opening = SpirisOpening(desk, company)
    code, redirect_uri = consent(
        lambda uri: opening.authorize_url(pledge, redirect_uri=uri),
        pledge,
        redirect_uri=own.redirect_uri,
        no_browser=no_browser,
        browse=browse,
    )
    tokens, profile = opening.redeem(code, verifier=pledge.verifier, redirect_uri=redirect_uri)
    with desk.store.lock(spiris_key(company)):
        desk.store.save(spiris_key(company), tokens)
    return _told(desk, tokens, "spiris", company, name=profile.name)


# --- both ----------------------------------------------------------------------------------------------------------


def consent(
    address: Callable[[str], str],
    pledge: Pledge,
    *,
    redirect_uri: str,
    no_browser: bool,
    browse: Callable[[str], object],
) -> tuple[str, str]:
    """The code that a person's consent brings, and the redirect address that it was given for.

    The browser comes back to this machine, or the person pastes the address that it ended at.
    """
    if no_browser:
        typer.echo(f"Open this address in a browser and sign in:\n\n  {address(redirect_uri)}\n", err=True)
        typer.echo(
            "Then paste the address that the browser ends up at, even if the page does not load:", err=True
        )
        pasted = sys.stdin.readline()
        if not pasted.strip():
            raise UsageError(
                "No address was pasted.",
                remedy="Run the command again and paste the whole address of the last page.",
            )
        return code_in(pasted, redirect_uri=redirect_uri, pledge=pledge), redirect_uri
    parts = urlsplit(redirect_uri)
    port = _HTTP_PORT if parts.port is None else parts.port
    with Listener(pledge, port=port, path=parts.path or "/") as listener:
        opened = address(listener.redirect_uri)
        if browse is webbrowser.open:
            typer.echo(
                f"Your browser should open now. If it does not, open this address:\n\n  {opened}\n", err=True
            )
        browse(opened)
        return listener.wait(_SECONDS_FOR_A_PERSON), listener.redirect_uri


def signed_in(desk: Desk) -> list[SignedIn]:
    """Every sign-in that the configuration needs, as it is kept."""
    found = []
    for service, company, key in _places(desk):
        try:
            tokens = desk.store.load(key)
        except SfspirisError as error:  # one that cannot be read must not hide the others
            found.append(SignedIn(service, company, None, note=f"{error.message} {error.remedy}".rstrip(".")))
            continue
        if tokens is None:
            command = f"sfspiris auth {service}" + (f" --company {company}" if company else "")
            note = f"nobody is signed in; run `{command}`"
            found.append(SignedIn(service, company, None, note=note))
        else:
            found.append(_early_warning(desk, _told(desk, tokens, service, company)))
    return found


def refresh(desk: Desk, *, keepalive: bool) -> tuple[list[SignedIn], SfspirisError | None]:
    """Renew every sign-in, or with `keepalive` those that could end for want of use, and the worst that kept one from it.

    One that cannot be renewed keeps no other from it. A refresh token may be used once only, so it is shown a second time
    only when no whole answer came to the first, and never after a refusal.
    """
    told: list[SignedIn] = []
    failures: list[SfspirisError] = []
    for service, company, key in _places(desk):
        try:
            told.append(_refreshed(desk, service, company, key, keepalive=keepalive))
        except SfspirisError as error:
            told.append(SignedIn(service, company, None, note=f"{error.message} {error.remedy}".rstrip(".")))
            failures.append(error)
    return told, min(failures, key=lambda one: not isinstance(one, SignInNeeded), default=None)


def _refreshed(desk: Desk, service: str, company: str | None, key: str, *, keepalive: bool) -> SignedIn:
    kept = desk.store.load(key)
    if keepalive and kept is not None:
        if kept.refresh_token is None:
            told = _told(desk, kept, service, company)
            return replace(told, note="It is made anew when it is needed, so nothing keeps it alive.")
        if desk.now() - kept.obtained_at < _KEPT_ALIVE:
            return _told(desk, kept, service, company)
    if company is None:
        sign_in = desk.salesforce_sign_in()
        fresh = sign_in.current() if kept is None else sign_in.renew(kept)
    else:
        fresh = desk.spiris_sign_in(company).renewed(kept.access_token if kept else "")
    return replace(_told(desk, fresh, service, company), note="Renewed.")


def sign_out(desk: Desk) -> list[SignedIn]:
    """Revoke and forget; what cannot be revoked now is forgotten all the same, and said."""
    told = []
    for service, company, key in _places(desk):
        tokens = desk.store.load(key)
        if tokens is None:
            continue
        note = "signed out"
        try:
            if company is None:
                desk.salesforce_sign_in().sign_out()
            else:
                SpirisOpening(desk, company).revoke(tokens)
        except SfspirisError as error:
            note = f"forgotten here, but not revoked there: {error.message}"
        desk.store.delete(key)
        told.append(SignedIn(service, company, None, note=note))
    return told


def _places(desk: Desk) -> list[tuple[str, str | None, str]]:
    companies: list[tuple[str, str | None, str]] = [
        ("spiris", company, spiris_key(company)) for company in desk.chosen_companies()
    ]
    return companies if desk.common.companies else [(_SALESFORCE, None, _SALESFORCE), *companies]


def _told(desk: Desk, tokens: Tokens, service: str, company: str | None, name: str | None = None) -> SignedIn:
    return SignedIn(
        service=service,
        company=company,
        identity=tokens.identity,
        name=name or tokens.name,
        user=tokens.user,
        host=tokens.host,
        scopes=tokens.scopes,
        obtained_at=tokens.obtained_at,
        age_seconds=max(0, int((desk.now() - tokens.obtained_at).total_seconds())),
        ends_unused_at=tokens.obtained_at + UNUSED_LIMIT if tokens.refresh_token else None,
    )


def _early_warning(desk: Desk, told: SignedIn) -> SignedIn:
    """The same, with a word when it ends soon unless it is used."""
    ends = told.ends_unused_at
    if ends is None or ends - desk.now() > _WARNED:
        return told
    days = max(0, (ends - desk.now()).days)
    when = f"in {days} day{'s' if days != 1 else ''}" if days else "any day"
    return replace(
        told,
        note=f"A sign-in that nobody uses may end after {UNUSED_LIMIT.days} days, this one {when}; "
        "`sfspiris auth refresh` renews it.",
    )


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None


def _age(seconds: int) -> str:
    for unit, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
