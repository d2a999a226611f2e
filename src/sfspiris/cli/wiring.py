"""The composition root: reads the clock, the environment and the configuration, and picks the adapters; nobody else does."""

from __future__ import annotations

import getpass
import logging
import os
import random
import secrets as randomness
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from sfspiris import __version__, config
from sfspiris.adapters.limits import DEFAULT_LIMITS
from sfspiris.adapters.quota import Quota, SharedBook, Turnstile
from sfspiris.adapters.salesforce import app as salesforce_app
from sfspiris.adapters.salesforce import oauth as salesforce_oauth
from sfspiris.adapters.salesforce.bulk import Bulk
from sfspiris.adapters.salesforce.client import API_VERSION, SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.mapping import READY, READY_REASONS
from sfspiris.adapters.salesforce.package import deploying
from sfspiris.adapters.salesforce.package.bundle import source_files
from sfspiris.adapters.salesforce.source import Source
from sfspiris.adapters.spiris import oauth as spiris_oauth
from sfspiris.adapters.spiris.capabilities import CAPABILITIES
from sfspiris.adapters.spiris.client import SpirisClient
from sfspiris.adapters.spiris.ledger import SpirisLedger
from sfspiris.adapters.transport import Pace, Transport
from sfspiris.cli import identity, logs
from sfspiris.cli.crew import Threads
from sfspiris.cli.identity import spiris_key
from sfspiris.cli.interruption import Interruption
from sfspiris.cli.progress import Progress
from sfspiris.config.secrets import resolve
from sfspiris.core.doctor import CompanyFacts
from sfspiris.core.identity import org_tag, payload_hash
from sfspiris.core.model import Target
from sfspiris.core.policy import (
    ArticlePolicy,
    CompanyPolicy,
    MatchStep,
    MissingArticle,
    Owner,
    Policy,
    ReadinessPolicy,
    Route,
    VatPolicy,
    WithoutProduct,
)
from sfspiris.credentials import open_store
from sfspiris.engine.crew import Alone
from sfspiris.engine.world import STOCKHOLM, ServerClock, World
from sfspiris.errors import ConfigError, SafetyStop, UsageError
from sfspiris.state import address
from sfspiris.state.history import Configuration
from sfspiris.state.runlock import LockOwner
from sfspiris.state.store import State, open_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import SecretStr

    from sfspiris.adapters.consent import Pledge
    from sfspiris.adapters.limits import Limits
    from sfspiris.cli.options import Common
    from sfspiris.config import CompanySettings, Settings
    from sfspiris.config.settings import ArticlesSettings
    from sfspiris.core.model import CompanyProfile
    from sfspiris.engine.crew import Crew
    from sfspiris.ports.fields import Deployed, FieldState
    from sfspiris.ports.kept import Kept
    from sfspiris.ports.tokens import Tokens, TokenStore


log = logging.getLogger(__name__)

_NOTICEABLE: Final = 5.0  # seconds


def utc_now() -> datetime:
    """The machine's time; everything else takes time as an argument."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def new_run_id(now: datetime) -> str:
    """A run's name: when it began, and six random letters and digits, so that two machines never agree on one."""
    return f"{now:%Y%m%dT%H%M%S}-{randomness.token_hex(3)}"


def login_name() -> str:
    """Who runs this, as the system calls them; a container may know its user by number alone."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _wait(seconds: float) -> None:
    """Wait; a wait that a person would notice is told, or the terminal would look dead."""
    if seconds >= _NOTICEABLE:
        log.warning("waiting %d seconds before asking again", round(seconds))
    time.sleep(seconds)


_PACE = Pace(sleep=_wait, monotonic=time.monotonic, jitter=random.random)


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in needs: the configuration, the place where sign-ins are kept, and one transport per side."""

    common: Common
    settings: Settings
    store: TokenStore
    transport: Callable[[str, Turnstile | None], Transport]
    now: Callable[[], datetime] = utc_now
    pace: Pace = _PACE
    config_print: str = ""  # SHA-256 of the configuration file, hexadecimal

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
        org = SalesforceCrm(client=client, cache=_Forgetful(), source=Source(), now=self.now).organization()
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
        source = _source(settings)
        crm = SalesforceCrm(client=self.salesforce_client(), cache=_Forgetful(), source=source, now=self.now)
        return crm.shortcomings()

    def files_unavailable(self) -> str | None:
        """Why nothing can be attached to records in Salesforce, in a sentence; None when it can."""
        client = self.salesforce_client()
        crm = SalesforceCrm(client=client, cache=_Forgetful(), source=Source(), now=self.now)
        return crm.files_unavailable()

    # --- Spiris ----------------------------------------------------------------------------------------------------

    def company_facts(self, company: str) -> CompanyFacts:
        """What `doctor` looks at in a company's books, read now through the kept sign-in."""
        ledger = _ledger(self, company, _Forgetful())
        return CompanyFacts(ledger.setup(), ledger.fiscal_years(), ledger.payment_terms(), ledger.articles())

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
        profile = self._desk.spiris_ledger(self._company, bearer, self._transport, _Forgetful()).profile()
        return replace(tokens, name=profile.name, environment=own.environment), profile

    def revoke(self, tokens: Tokens) -> None:
        """Tell Spiris to forget the sign-in."""
        self._calls.revoke(tokens)


@contextmanager
def open_desk(common: Common, *, read_only: bool = False) -> Iterator[Desk]:
    """The configuration read and the store of sign-ins opened; connections are closed when the block ends."""
    logs.start(common, new_run_id(utc_now()))
    with _desk(common, read_only=read_only) as desk:
        yield desk


@contextmanager
def _desk(
    common: Common, *, read_only: bool, pace: Pace = _PACE, limits: Limits = DEFAULT_LIMITS
) -> Iterator[Desk]:
    today = utc_now().astimezone(STOCKHOLM).date()
    path = config.find(str(common.config) if common.config else None, os.environ)
    settings = config.load(path, today=today)
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

        yield Desk(common, settings, store, transport, pace=pace, config_print=_print_of(path))


def _print_of(path: Path) -> str:
    """The checksum of the configuration file, by which the processing history names it."""
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:  # it could be read a moment ago
        raise ConfigError(
            f"The configuration file {path} cannot be read: {error.strerror}.",
            remedy="Correct the path, or the rights on the file.",
        ) from error


@dataclass(frozen=True, slots=True)
class Session:
    """One run's world, with what its reports need."""

    settings: Settings
    world: World
    record_url: Callable[[str], str]
    company_names: Mapping[str, str]
    progress: Progress


@contextmanager
def open_session(
    common: Common,
    command: str,
    *,
    dry: bool,
    pace: Pace = _PACE,
    limits: Limits = DEFAULT_LIMITS,
    remembers: bool = False,
    has_dry_run: bool = True,
) -> Iterator[Session]:
    """Everything that a run needs, and the lock that keeps other runs away; a dry run cannot write, by construction.

    A run that only `remembers` works in a read-only configuration too: it writes to the memory on this machine, and nothing
    can leave it then. `has_dry_run` tells whether the command can be looked at instead. `pace` and `limits` are other than usual only where time must pass at once, as in a test. Raises
    SafetyStop when the configuration is read-only and the run is neither dry nor such a one.
    """
    started = utc_now()
    run_id = new_run_id(started)
    logs.start(common, run_id)
    with _desk(common, read_only=dry, pace=pace, limits=limits) as desk:
        if desk.settings.is_read_only and not dry and not remembers:
            raise SafetyStop(
                f'The configuration says mode = "read-only", so {command} writes nothing.',
                remedy='Run it with --dry-run, or set mode = "active" when the plan is what you want.'
                if has_dry_run
                else 'Set mode = "active" when that is what you want.',
                code="READ_ONLY",
            )
        companies = desk.chosen_companies()
        place: str | Path = common.state or desk.settings.state_file
        with open_state(place, dry=dry, now=started, base=_state_base(common, desk)) as state:
            lock = state.run_lock(
                command, run_id, pid=os.getpid(), host=socket.gethostname(), started_at=started
            )
            is_wanted = not (common.quiet or common.verbose or common.log_format == "json")
            progress = Progress(sys.stderr, environ=os.environ, is_wanted=is_wanted)
            with lock, progress:
                if not dry:
                    state.history.note_configuration(
                        Configuration(
                            started, run_id, desk.config_print, f"sfspiris {__version__}", login_name()
                        )
                    )
                yield _session(desk, state, command, run_id, companies, progress=progress, dry=dry)


def state_file(common: Common) -> Path:
    """The state's file: that of --state, from the working folder, or the configuration's."""
    if common.state:
        return address.state_file(common.state, base=Path.cwd())
    with open_desk(common, read_only=True) as desk:
        return desk.settings.state_file


def lock_owner(command: str, started: datetime) -> LockOwner:
    """Who is at work with the state now, for whoever meets its lock."""
    return LockOwner(command, new_run_id(started), os.getpid(), socket.gethostname(), started)


def _state_base(common: Common, desk: Desk) -> Path:
    return Path.cwd() if common.state else desk.settings.folder


def _session(
    desk: Desk,
    state: State,
    command: str,
    run_id: str,
    companies: tuple[str, ...],
    *,
    progress: Progress,
    dry: bool,
) -> Session:
    settings = desk.settings
    identity.check_companies(desk.store, companies, settings.companies)
    transport = desk.transport("Salesforce", None)
    client = SalesforceClient(
        sign_in=desk.salesforce_sign_in(transport),
        transport=transport,
        pace=desk.pace,
        api_version=settings.salesforce.api_version or API_VERSION,
        daily_share=settings.limits.salesforce_daily_share,
    )
    source = _source(settings)
    kept = _KeptInState(state, desk.now)
    crm = SalesforceCrm(
        client=client,
        cache=kept,
        source=source,
        now=desk.now,
        bulk=Bulk(client=client, kept=kept, pace=desk.pace),
        bulk_above=settings.write_back.bulk_above,
    )
    identity.check_org(
        client.session,
        settings.salesforce.environment,
        kept=kept,
        look=crm.organization,
        has_history=bool(state.links.all()),
    )
    ledgers = {company: _ledger(desk, company, kept) for company in companies}
    interruption = Interruption(sleep=_wait, tell=log.warning)
    world = World(
        crm=crm,
        ledgers=ledgers,
        state=state,
        policy=_policy(settings, crm),
        clock=ServerClock(desk.now),
        run_id=run_id,
        command=command,
        dry=dry,
        pause=interruption.pause,
        unit=interruption.unit,
        crew=_crew(settings.limits.concurrent_creates),
        progress=progress.told,
    )
    names = {key: own.name or f"{own.orgnr[:6]}-{own.orgnr[6:]}" for key, own in settings.companies.items()}
    return Session(settings, world, crm.record_url, names, progress)


def _crew(size: int) -> Crew:
    return Threads(size) if size > 1 else Alone()


def _source(settings: Settings) -> Source:
    return Source(
        object=settings.source.object,
        lines=settings.source.lines,
        gate=settings.source.gate,
        record_types=settings.source.record_types,
        fields=settings.source.fields,
        route_paths=tuple(sorted({path for route in settings.routes for path in route.when})),
        readiness=settings.write_back.invoice_ready,
        contacts=any(one.customers.contact_only == "private" for one in settings.companies.values()),
    )


def _ledger(desk: Desk, company: str, kept: Kept) -> SpirisLedger:
    """A company's books, through a sign-in that is looked at before it is used."""
    transport = desk.spiris_transport(company)
    sign_in = spiris_oauth.SpirisSignIn(
        desk.spiris_calls(company, transport),
        desk.store,
        key=spiris_key(company),
        company=company,
        now=desk.now,
    )
    checked = identity.CheckedBearer(
        sign_in,
        company=company,
        orgnr=desk.settings.companies[company].orgnr,
        look=lambda: desk.spiris_ledger(company, sign_in, transport, kept).profile(),
        kept=kept,
    )
    return desk.spiris_ledger(company, checked, transport, kept)


def _policy(settings: Settings, crm: SalesforceCrm) -> Policy:
    invoice_fields, account_fields = crm.receivable_fields()
    return Policy(
        companies=company_policies(settings),
        routes=policy_routes(settings),
        org_tag=org_tag(crm.org_id),
        start_date=settings.start_date,
        tolerance=settings.limits.tolerance,
        settle=timedelta(minutes=settings.limits.settle_minutes),
        crm_fields=crm.field_names(),
        sync_fields=crm.sync_fields() if settings.write_back.deal_status else frozenset(),
        invoice_fields=invoice_fields if settings.write_back.invoice_object else frozenset(),
        account_fields=account_fields if settings.write_back.account_summary else frozenset(),
        readiness=_readiness(settings, crm),
        attaches_pdfs=settings.write_back.attachments == "pdf",
        links_drafts=settings.write_back.ledger_links,
        scope=_scope(settings),
    )


def _scope(settings: Settings) -> str:
    """A print of what decides which deals are looked at."""
    source = settings.source.model_dump(mode="json", include={"object", "gate", "record_types"})
    routes = [one.model_dump(mode="json", include={"company", "when", "skip"}) for one in settings.routes]
    return payload_hash([source, routes, settings.start_date and settings.start_date.isoformat()])


_SHORTEST_TEXT: Final = 255  # characters that any text field takes, where the org does not tell how many


def _readiness(settings: Settings, crm: SalesforceCrm) -> ReadinessPolicy | None:
    """What open deals are told, if the operator wants it; without the mark's field there is nothing to tell it by."""
    if not settings.write_back.invoice_ready:
        return None
    known = crm.readiness_fields()
    return ReadinessPolicy(
        settings.write_back.invoice_ready_days,
        reasons_length=(known[READY_REASONS] or _SHORTEST_TEXT) if READY_REASONS in known else 0,
        missing=tuple(name for name in (READY, READY_REASONS) if name not in known),
        can_mark=READY in known,
    )


def company_policies(settings: Settings) -> dict[str, CompanyPolicy]:
    """What the configuration says about each company, by its key."""
    return {key: _company_policy(key, own) for key, own in settings.companies.items()}


def policy_routes(settings: Settings) -> tuple[Route, ...]:
    """What the configuration says about routes, in its order."""
    return tuple(
        Route(
            one.company,
            one.when,
            None if one.articles is None else _article_policy(one.articles),
            None if one.target is None else Target(one.target),
        )
        for one in settings.routes
    )


def _company_policy(key: str, own: CompanySettings) -> CompanyPolicy:
    return CompanyPolicy(
        key=key,
        orgnr=own.orgnr,
        currency=own.currency,
        marker_field=own.marker.field,
        capabilities=CAPABILITIES,
        default_terms_days=own.default_terms_days,
        articles=_article_policy(own.articles),
        target=Target(own.target),
        match_steps=tuple(MatchStep(one) for one in own.match.steps),
        default_owner=Owner(own.ownership.default),
        owners={
            name: Owner(value)
            for name, value in own.ownership.model_dump(exclude={"default"}, exclude_none=True).items()
        },
        needs_personal_numbers=own.personal_numbers == "required",
        takes_contacts=own.customers.contact_only == "private",
        numbers_from_crm=own.customers.numbers == "salesforce",
        customer_per_currency=own.customers.per_currency == "create",
        vat=VatPolicy(
            category_by_article=own.vat.category_by_article,
            category_by_family=own.vat.category_by_family,
            eu_consumers_over_limit=own.vat.eu_consumers_over_limit,
            private_prices_are_net=own.vat.private_prices_are_net,
            writes_texts=own.vat.texts == "rows",
        ),
    )


def _article_policy(chosen: ArticlesSettings) -> ArticlePolicy:
    return ArticlePolicy(
        missing=MissingArticle(chosen.missing),
        without_product=WithoutProduct(chosen.without_product),
        fallback={str(rate): number for rate, number in chosen.fallback.items()},
        default=chosen.default,
        by_family=chosen.by_family,
        by_treatment=chosen.by_treatment,
        codings={str(rate): name for rate, name in chosen.codings.items()},
        units=chosen.units,
        unit=chosen.unit,
        created_as_goods=chosen.created_as == "goods",
    )


class _Forgetful:
    """Keeps nothing, for a look that is not part of a run."""

    def load(self, key: str) -> None:
        """Nothing is known."""

    def save(self, key: str, data: Any) -> None:
        """Nothing is kept."""


class _KeptInState:
    """Lets an adapter keep descriptions between runs without knowing of the state.

    The state belongs to one thread. Any other has nothing kept, so that what it needs is looked at anew.
    """

    def __init__(self, state: State, now: Callable[[], datetime]) -> None:
        self._state = state
        self._now = now
        self._thread = threading.get_ident()

    def load(self, key: str) -> tuple[Any, datetime] | None:
        """The description and when (UTC) it was kept, or None."""
        return self._state.catalog.load(key) if threading.get_ident() == self._thread else None

    def save(self, key: str, data: Any) -> None:
        """Keep the description."""
        if threading.get_ident() == self._thread:
            self._state.catalog.save(key, data, at=self._now())
