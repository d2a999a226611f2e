"""The composition root: puts a run together from the configuration, the state and the adapters of both vendors.

It has three helpers, and nobody else picks an adapter or asks the machine: `desk` opens the configuration and the sign-ins,
`policies` says what the configuration means for planning, `machine` tells the time.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfspiris import __version__
from sfspiris.adapters.limits import DEFAULT_LIMITS
from sfspiris.adapters.salesforce.bulk import Bulk
from sfspiris.adapters.salesforce.client import API_VERSION, SalesforceClient
from sfspiris.adapters.salesforce.crm import SalesforceCrm
from sfspiris.adapters.salesforce.ids import is_id, long_id
from sfspiris.cli import identity, logs
from sfspiris.cli.crew import Threads
from sfspiris.cli.desk import company_ledger, desk_of_run, open_desk
from sfspiris.cli.interruption import Interruption
from sfspiris.cli.machine import PACE, login_name, new_run_id, ticks, utc_now, wait
from sfspiris.cli.policies import org_source, policy_of
from sfspiris.cli.progress import Progress
from sfspiris.engine.crew import Alone
from sfspiris.engine.world import ServerClock, World
from sfspiris.errors import SafetyStop, SfspirisError
from sfspiris.state import address
from sfspiris.state.history import Configuration
from sfspiris.state.runlock import LockOwner
from sfspiris.state.server_clock import kept_ahead
from sfspiris.state.store import State, open_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sfspiris.adapters.limits import Limits
    from sfspiris.adapters.transport import Pace
    from sfspiris.cli.desk import Desk
    from sfspiris.cli.options import Common
    from sfspiris.config import Settings
    from sfspiris.engine.crew import Crew

log = logging.getLogger(__name__)


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
    pace: Pace = PACE,
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
    with desk_of_run(common, read_only=dry, pace=pace, limits=limits) as desk:
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
                            started + kept_ahead(state.catalog),
                            run_id,
                            desk.config_print,
                            f"sfspiris {__version__}",
                            login_name(),
                        )
                    )
                session = _session(desk, state, command, run_id, companies, progress=progress, dry=dry)
                try:
                    yield session
                except Exception as error:
                    if not dry:
                        _note_failure(session.world, error)
                    raise


def _note_failure(world: World, error: Exception) -> None:
    """Record what ended the run. Where the state itself is what failed, it is said to the user and stands nowhere."""
    code = error.code if isinstance(error, SfspirisError) else SfspirisError.code
    with suppress(Exception):
        world.state.runs.fail(world.run_id, code, at=world.clock.now())


def state_file(common: Common) -> Path:
    """The state's file: that of --state, from the working folder, or the configuration's."""
    if common.state:
        return address.state_file(common.state, base=Path.cwd())
    with open_desk(common, read_only=True) as desk:
        return desk.settings.state_file


def record_ids(told: str) -> tuple[str, ...]:
    """The ids of records, in their 18 characters, that stand in what a person copied: an id, or the address of the record's page."""
    words = re.split(r"[^0-9A-Za-z]+", told)
    return tuple(dict.fromkeys(long_id(one) for one in words if is_id(one)))


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
    source = org_source(settings)
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
    ledgers = {company: company_ledger(desk, company, kept) for company in companies}
    for company in companies:
        if identity.is_elsewhere(kept, company, settings.companies[company].environment):
            state.search_lags.forget(company)  # the sandbox's lists say nothing of Spiris'
    interruption = Interruption(sleep=wait, tell=log.warning)
    world = World(
        crm=crm,
        ledgers=ledgers,
        state=state,
        policy=policy_of(settings, crm),
        clock=ServerClock(desk.now, kept_ahead(state.catalog)),
        run_id=run_id,
        command=command,
        dry=dry,
        pause=interruption.pause,
        ticks=ticks,
        unit=interruption.unit,
        crew=_crew(settings.limits.concurrent_creates),
        progress=progress.told,
    )
    names = {key: own.name or f"{own.orgnr[:6]}-{own.orgnr[6:]}" for key, own in settings.companies.items()}
    return Session(settings, world, crm.record_url, names, progress)


def _crew(size: int) -> Crew:
    return Threads(size) if size > 1 else Alone()


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
