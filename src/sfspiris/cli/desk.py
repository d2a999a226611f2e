"""Where signing in happens: the configuration, the kept sign-ins and the two vendors, each as far as it can be opened by them.

A part of the composition root, for a command that only looks at a system or signs in to it; a run is put together from
this in `wiring`.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from sfspiris import config
from sfspiris.adapters.limits import DEFAULT_LIMITS
from sfspiris.adapters.quota import Quota, SharedBook, Turnstile
from sfspiris.adapters.salesforce import app as salesforce_app
from sfspiris.adapters.salesforce import oauth as salesforce_oauth
from sfspiris.adapters.salesforce.client import API_VERSION, SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.package import deploying
from sfspiris.adapters.salesforce.package.bundle import source_files
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.spiris import oauth as spiris_oauth
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.cli import identity, logs
from sfspiris.cli.identity import spiris_key
from sfspiris.cli.machine import PACE, new_run_id, utc_now
from sfspiris.cli.policies import org_source
from sfspiris.config.secrets import resolve
from sfspiris.core.doctor import CompanyFacts
from sfspiris.core.identity import payload_hash
from sfspiris.core.model import Target
from sfspiris.credentials import open_store
from sfspiris.engine.world import STOCKHOLM
from sfspiris.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from pydantic import SecretStr

    from sfspiris.adapters.consent import Pledge
    from sfspiris.adapters.limits import Limits
    from sfspiris.cli.options import Common
    from sfspiris.config import Settings
    from sfspiris.core.model import CompanyProfile
    from sfspiris.ports.fields import Deployed, FieldState
    from sfspiris.ports.kept import Kept
    from sfspiris.ports.tokens import Tokens, TokenStore

_NO_ORDER: Final = "00000000-0000-0000-0000-000000000000"
"""The nil UUID, which RFC 9562 section 5.9 keeps for an id that names nothing."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in needs: the configuration, the place where sign-ins are kept, and one transport per side."""

    common: Common
    settings: Settings
    store: TokenStore
    transport: Callable[[str, Turnstile | None], Transport]
    now: Callable[[], datetime] = utc_now
    pace: Pace = PACE
    config_print: str = ""  # SHA-256 of the configuration, hexadecimal; see `config.layers.checksum`

    config_files: Mapping[str, str] = field(default_factory=dict)  # name → text, the lowest first

    def chosen_companies(self) -> tuple[str, ...]:
        """The companies of this command: those named with --company, or all.

        Raises UsageError for one that the configuration does not know.
        """
        known = tuple(self.settings.companies)
        for asked in self.common.companies:
            if asked not in known:
                raise UsageError(
                    f"There is no company “{asked}” in the configuration.",
                    remedy=f"Choose among {', '.join(known)}.",
                )
        return self.common.companies or known

    @property
    def is_local(self) -> bool:
        """Whether everything that the configuration names is the sandbox on this machine."""
        companies = self.settings.companies.values()
        return {self.settings.salesforce.environment, *(one.environment for one in companies)} == {"local"}

    @property
    def salesforce_user(self) -> str:
        """The user that the configuration signs in as, where it names one."""
        username = self.settings.salesforce.username
        return self.secret(username, "[salesforce] username") if username else ""

    def secret(self, reference: str | SecretStr, key: str) -> str:
        """The value that a secret's reference stands for, read now."""
        return resolve(
            reference, key=key, environ=os.environ, base_dir=self.settings.folder
        ).get_secret_value()

    # --- Salesforce ------------------------------------------------------------------------------------------------

    def salesforce_sign_in(self, transport: Transport | None = None) -> salesforce_oauth.SalesforceSignIn:
        """The sign-in to the configured org."""
        return salesforce_oauth.SalesforceSignIn(
            self._salesforce_app(),
            store=self.store,
            transport=transport or self.transport("Salesforce", None),
            now=self.now,
        )

    def salesforce_client(self) -> SalesforceClient:
        """The org's API, for a look or a change that is not part of a run."""
        transport = self.transport("Salesforce", None)
        return SalesforceClient(
            sign_in=self.salesforce_sign_in(transport),
            transport=transport,
            pace=self.pace,
            api_version=self.settings.salesforce.api_version or API_VERSION,
        )

    def deploy_fields(self) -> Deployed:
        """Put our fields into the org and give them to our user."""
        return deploying.deploy(self.salesforce_client())

    def field_states(self) -> tuple[FieldState, ...]:
        """Our fields as our user sees them in the org."""
        return deploying.state(self.salesforce_client())

    def salesforce_org(self) -> tuple[str, str]:
        """The id and name of the org that the kept sign-in opens.

        Raises SafetyStop when a production configuration opened a sandbox, or the reverse.
        """
        client = self.salesforce_client()
        org = SalesforceCrm(client=client, cache=Forgetful(), source=Source(), now=self.now).organization()
        identity.check_kind(org, self.settings.salesforce.environment)
        return org.id, org.name

    def _salesforce_app(self) -> salesforce_app.App:
        org = self.settings.salesforce
        grant: salesforce_app.JwtBearer | salesforce_app.ClientCredentials | salesforce_app.WebFlow
        match org.auth:
            case "jwt":
                grant = salesforce_app.JwtBearer(
                    self.salesforce_user,
                    lambda: self.secret(org.private_key or "", "[salesforce] private_key"),
                )
            case "client-credentials":
                grant = salesforce_app.ClientCredentials(
                    lambda: self.secret(org.client_secret or "", "[salesforce] client_secret")
                )
            case "web":
                client_secret = org.client_secret
                grant = salesforce_app.WebFlow(
                    None
                    if client_secret is None
                    else lambda: self.secret(client_secret, "[salesforce] client_secret")
                )
        return salesforce_app.App(
            org.environment, org.login_url, self.secret(org.client_id, "[salesforce] client_id"), grant
        )

    def salesforce_shortcomings(self) -> tuple[str, ...]:
        """Which of our optional fields no field of the org feeds, each in a sentence."""
        settings = self.settings
        source = org_source(settings)
        crm = SalesforceCrm(client=self.salesforce_client(), cache=Forgetful(), source=source, now=self.now)
        return crm.shortcomings()

    def files_unavailable(self) -> str | None:
        """Why nothing can be attached to records in Salesforce, in a sentence; None when it can."""
        client = self.salesforce_client()
        crm = SalesforceCrm(client=client, cache=Forgetful(), source=Source(), now=self.now)
        return crm.files_unavailable()

    # --- Spiris ----------------------------------------------------------------------------------------------------

    def company_facts(self, company: str) -> CompanyFacts:
        """What `doctor` looks at in a company's books, read now through the kept sign-in."""
        ledger = company_ledger(self, company, Forgetful())
        return CompanyFacts(ledger.setup(), ledger.fiscal_years(), ledger.payment_terms(), ledger.articles())

    def look_for_orders(self, company: str) -> None:
        """Ask the company's books for an order that does not exist.

        Raises ConfigError when the company has no orders at all: its variant or its modules leave them out, or the
        sign-in's permission does.
        """
        company_ledger(self, company, Forgetful()).draft(_NO_ORDER, target=Target.ORDER)

    def spiris_addresses(self, company: str) -> spiris_oauth.Addresses:
        """Where the company's people sign in and where its API answers."""
        base = self.settings.companies[company].base_url
        return spiris_oauth.Addresses.local(base) if base else spiris_oauth.VENDOR

    def spiris_client(self, company: str) -> spiris_oauth.Client:
        """Our application as Spiris knows it."""
        own = self.settings.companies[company]
        return spiris_oauth.Client(
            self.secret(own.client_id, f"[companies.{company}] client_id"),
            self.secret(own.client_secret, f"[companies.{company}] client_secret"),
        )

    def spiris_transport(self, company: str) -> Transport:
        """Requests to Spiris at a pace that all runs of this user with the same client id share, so that none is refused."""
        client_id = self.secret(
            self.settings.companies[company].client_id, f"[companies.{company}] client_id"
        )
        name = payload_hash([client_id, self.spiris_addresses(company).api])[:16]
        book = SharedBook(platformdirs.user_state_path("sfspiris") / "quota" / f"{name}.json")
        quota = Quota(self.settings.limits.spiris_calls_per_minute)
        return self.transport("Spiris", Turnstile(quota, book, self.pace))

    def spiris_calls(self, company: str, transport: Transport) -> spiris_oauth.TokenCalls:
        """The calls of the company's token server."""
        return spiris_oauth.TokenCalls(
            transport,
            self.spiris_addresses(company),
            self.spiris_client(company),
            company=company,
            now=self.now,
        )

    def spiris_sign_in(self, company: str, transport: Transport | None = None) -> spiris_oauth.SpirisSignIn:
        """The kept sign-in to the company."""
        return spiris_oauth.SpirisSignIn(
            self.spiris_calls(company, transport or self.spiris_transport(company)),
            self.store,
            key=spiris_key(company),
            company=company,
            now=self.now,
        )

    def spiris_ledger(
        self, company: str, bearer: spiris_oauth.Bearer, transport: Transport, kept: Kept
    ) -> SpirisLedger:
        """The company's books, opened by this bearer."""
        client = SpirisClient(transport, self.spiris_addresses(company).api, bearer, company=company)
        orgnr = self.settings.companies[company].orgnr
        return SpirisLedger(client, company=company, orgnr=orgnr, kept=kept, now=self.now)


def fields_source() -> dict[str, str]:
    """Our fields as a Salesforce DX project: path → text."""
    return source_files(API_VERSION)


class SpirisOpening:
    """A consent for one company being turned into a sign-in; nothing is kept before the company has been looked at."""

    def __init__(self, desk: Desk, company: str) -> None:
        self._desk = desk
        self._company = company
        self._transport = desk.spiris_transport(company)
        self._calls = desk.spiris_calls(company, self._transport)

    def authorize_url(self, pledge: Pledge, *, redirect_uri: str) -> str:
        """Where a person consents."""
        addresses, client = (
            self._desk.spiris_addresses(self._company),
            self._desk.spiris_client(self._company),
        )
        return spiris_oauth.authorize_url(addresses, client, redirect_uri=redirect_uri, pledge=pledge)

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> tuple[Tokens, CompanyProfile]:
        """The tokens for the code and the company that they open.

        Raises SafetyStop when that is another one than configured.
        """
        own = self._desk.settings.companies[self._company]
        tokens = self._calls.exchange_code(
            code, verifier=verifier, redirect_uri=redirect_uri, identity=own.orgnr
        )
        bearer = spiris_oauth.FreshToken(tokens, company=self._company)
        profile = self._desk.spiris_ledger(self._company, bearer, self._transport, Forgetful()).profile()
        return replace(tokens, name=profile.name, environment=own.environment), profile

    def revoke(self, tokens: Tokens) -> None:
        """Tell Spiris to forget the sign-in."""
        self._calls.revoke(tokens)


@contextmanager
def open_desk(common: Common, *, read_only: bool = False) -> Iterator[Desk]:
    """The configuration read and the store of sign-ins opened; connections are closed when the block ends."""
    logs.start(common, new_run_id(utc_now()))
    with desk_of_run(common, read_only=read_only) as desk:
        yield desk


@contextmanager
def desk_of_run(
    common: Common, *, read_only: bool, pace: Pace = PACE, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Desk]:
    """As `open_desk`, for a run that has begun its log under its own name; `pace` and `limits` as of `wiring.open_session`."""
    today = utc_now().astimezone(STOCKHOLM).date()
    loaded = config.read(config.find(str(common.config) if common.config else None, os.environ), today=today)
    settings = loaded.settings
    store = open_store(settings.secrets, environ=os.environ, folder=settings.folder)
    ends = pace.monotonic() + 60 * settings.limits.max_minutes
    with ExitStack() as stack:

        def transport(service: str, turnstile: Turnstile | None) -> Transport:
            made = Transport(
                service=service,
                pace=pace,
                limits=limits,
                read_only=read_only or settings.is_read_only,
                ends=ends,
                turnstile=turnstile,
            )
            stack.callback(made.close)
            return made

        yield Desk(
            common,
            settings,
            store,
            transport,
            pace=pace,
            config_print=loaded.checksum,
            config_files={one.file.name: one.text for one in loaded.files},
        )


def company_ledger(desk: Desk, company: str, kept: Kept) -> SpirisLedger:
    """A company's books, through a sign-in that is looked at before it is used."""
    transport = desk.spiris_transport(company)
    sign_in = desk.spiris_sign_in(company, transport)
    checked = identity.CheckedBearer(
        sign_in,
        company=company,
        orgnr=desk.settings.companies[company].orgnr,
        look=lambda: desk.spiris_ledger(company, sign_in, transport, kept).profile(),
        kept=kept,
    )
    return desk.spiris_ledger(company, checked, transport, kept)


class Forgetful:
    """Keeps nothing, for a look that is not part of a run."""

    def load(self, key: str) -> None:
        """Nothing is known."""

    def save(self, key: str, data: Any) -> None:
        """Nothing is kept."""
