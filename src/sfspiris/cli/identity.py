"""Whose records a sign-in opens, looked at before anything is read or written in its name.

A sign-in is a file, a variable or a keyring's entry: it can be swapped, copied from another machine or left over from an
earlier configuration. What it said of itself when it was made is compared in every run; what it really opens is asked
once per access token, so that no shorter memory stands between a swapped sign-in and the books of another company.
"""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from sfspiris.errors import SafetyStop, SignInNeeded
from sfspiris.swedish import personal_shape, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sfspiris.config import CompanySettings
    from sfspiris.ports.kept import Kept
    from sfspiris.ports.tokens import Tokens, TokenStore

_SEAL_LENGTH: Final = 32  # hex digits: 128 bits, of a value that nobody can guess in the first place
_ORG: Final = "salesforce:org"


class Bearer(Protocol):
    """Gives access tokens for one company's books."""

    def token(self) -> str:
        """An access token that should work now."""

    def renew(self, rejected: str) -> str:
        """Another one, after `rejected` was not accepted."""


class Org(Protocol):
    """What Salesforce says about the org that a sign-in opens."""

    @property
    def id(self) -> str:
        """The org's id, 18 characters."""

    @property
    def name(self) -> str:
        """What its people call it."""

    @property
    def is_sandbox(self) -> bool:
        """Whether it is a copy to try things in."""


def spiris_key(company: str) -> str:
    """The name under which a company's sign-in is kept."""
    return f"spiris:{company}"


def shown_orgnr(orgnr: str) -> str:
    """An organisation number as a Swede writes it; a sole trader's is a personal number and is never shown."""
    return "a personal number" if personal_shape.is_dated(orgnr) else f"{orgnr[:6]}-{orgnr[6:]}"


# --- Spiris --------------------------------------------------------------------------------------------------------


def check_companies(
    store: TokenStore, chosen: Sequence[str], companies: Mapping[str, CompanySettings]
) -> None:
    """Compare what each kept sign-in says of itself with the configuration; asks nobody.

    Raises SignInNeeded, naming every company that lacks a sign-in, and SafetyStop for one made for another company or
    in another environment.
    """
    lacking: list[str] = []
    for company in chosen:
        try:
            kept = store.load(spiris_key(company))
        except SignInNeeded:
            kept = None
        if kept is None:
            lacking.append(company)
        else:
            _check_company(company, kept, companies)
    if lacking:
        commands = " and ".join(f"`sfspiris auth spiris --company {company}`" for company in lacking)
        raise SignInNeeded(
            f"Nobody is signed in to Spiris for {', '.join(lacking)}, or what is kept cannot be read.",
            remedy=f"Run {commands}.",
        )


def _check_company(company: str, kept: Tokens, companies: Mapping[str, CompanySettings]) -> None:
    own = companies[company]
    made_for = kept.environment or _environment_of(kept.host)
    if made_for is not None and made_for != own.environment:
        raise SafetyStop(
            f"The sign-in of company {company} was made for the environment “{made_for}”, but the configuration says "
            f"“{own.environment}”. Nothing was read or written.",
            remedy=f"Correct environment under [companies.{company}], or sign in again with "
            f"`sfspiris auth spiris --company {company}`.",
            code="WRONG_COMPANY",
        )
    if kept.identity != own.orgnr:
        raise wrong_company(
            company, kept.name or _name_of(kept.identity, companies), kept.identity, own.orgnr
        )


def is_elsewhere(kept: Kept, company: str, environment: str) -> bool:
    """Whether the company's books were in another environment until now: the sandbox's, say, when it is production today."""
    key = f"{company}:environment"
    known = kept.load(key)
    if known is not None and known[0] == environment:
        return False
    kept.save(key, environment)
    return known is not None


def wrong_company(company: str, name: str, opened: str, configured: str) -> SafetyStop:
    """The sign-in kept for a company opens another one. `name` may be unknown, and empty."""
    other = f"{text.one_line(name)} ({shown_orgnr(opened)})" if name else shown_orgnr(opened)
    return SafetyStop(
        f"The sign-in of company {company} opens another company in Spiris: {other}, not {shown_orgnr(configured)}. "
        "Nothing was read or written.",
        remedy=f"Sign in again with `sfspiris auth spiris --company {company}` and choose the right company, or correct "
        f"orgnr under [companies.{company}] in sfspiris.toml.",
        code="WRONG_COMPANY",
    )


def _name_of(orgnr: str, companies: Mapping[str, CompanySettings]) -> str:
    return next((one.name or key for key, one in companies.items() if one.orgnr == orgnr), "")


def _environment_of(host: str | None) -> str | None:
    """Local for a sign-in that this machine's sandbox gave; None where the host does not tell."""
    is_here = urlsplit(host or "").hostname in {"127.0.0.1", "::1", "localhost"}
    return "local" if is_here else None


class CheckedBearer:
    """Gives no access token before the company that it opens has been looked at.

    `look` reads the company with the unchecked sign-in and raises SafetyStop when it is another one than configured.
    Which token was looked at is kept as a digest, so that each costs one look for as long as it lives. Of several threads
    that meet a new one, one looks and the others wait.
    """

    def __init__(
        self, sign_in: Bearer, *, company: str, orgnr: str, look: Callable[[], object], kept: Kept
    ) -> None:
        self._sign_in = sign_in
        self._company = company
        self._orgnr = orgnr
        self._look = look
        self._kept = kept
        self._checked: str | None = None
        self._looking = threading.Lock()

    def token(self) -> str:
        """An access token that should work now, of the configured company."""
        return self._checked_token(self._sign_in.token())

    def renew(self, rejected: str) -> str:
        """Another one, after `rejected` was not accepted."""
        return self._checked_token(self._sign_in.renew(rejected))

    def _checked_token(self, token: str) -> str:
        if token == self._checked:
            return token
        with self._looking:
            if token == self._checked:
                return token
            key = f"{self._company}:sign-in"
            known = self._kept.load(key)
            if known is None or known[0] != _seal(self._orgnr, token):
                self._look()
                token = self._sign_in.token()  # looking may have renewed it, from the same consent
                self._kept.save(key, _seal(self._orgnr, token))
            self._checked = token
        return token


# --- Salesforce ----------------------------------------------------------------------------------------------------


def check_org(
    session: Tokens, environment: str, *, kept: Kept, look: Callable[[], Org], has_history: bool
) -> None:
    """Compare the org that the sign-in opens with the one that the memory knows, and with the configured environment.

    `has_history` tells that drafts were made for deals of the org that the memory knows. Raises SafetyStop for another
    org or another kind of org.
    """
    known = kept.load(_ORG)
    remembered = known[0] if known is not None else {}
    if has_history and remembered and remembered["id"] != session.identity:
        raise SafetyStop(
            f"The sign-in opens the Salesforce org {session.identity}, but the drafts in this state were made for deals "
            f"of {text.one_line(remembered['name'])} ({remembered['id']}). Nothing was written.",
            remedy="Correct [salesforce] in sfspiris.toml, or give the other org a state file of its own with --state.",
            code="WRONG_ORG",
        )
    seal = _seal(environment, session.identity, session.access_token)
    if remembered.get("seal") == seal:
        return
    org = look()
    if org.id != session.identity:
        raise SafetyStop(
            f"The sign-in opens the Salesforce org {text.one_line(org.name)} ({org.id}), but it was made for "
            f"{session.identity}. Nothing was written.",
            remedy="Run `sfspiris auth logout`, then `sfspiris auth salesforce`, and check which org it names.",
            code="WRONG_ORG",
        )
    check_kind(org, environment)
    kept.save(_ORG, {"id": org.id, "name": org.name, "seal": seal})


def check_kind(org: Org, environment: str) -> None:
    """Raise SafetyStop when a production configuration opened a sandbox, or the reverse."""
    if environment != "local" and org.is_sandbox != (environment == "sandbox"):
        raise SafetyStop(
            f"The sign-in opened {text.one_line(org.name)} ({org.id}), which is a "
            f'{"sandbox" if org.is_sandbox else "production"} org, but [salesforce] environment = "{environment}".',
            remedy="Correct the environment or the sign-in; the two must be the same kind before anything is written.",
            code="WRONG_ORG",
        )


def _seal(*parts: str) -> str:
    """A digest that tells whether these are the same again, and nothing about them."""
    return sha256("\n".join(parts).encode()).hexdigest()[:_SEAL_LENGTH]
