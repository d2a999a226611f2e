"""`sfspiris selftest crash`: breaks a run at every write and every durable step, and shows that nothing is doubled or lost.

It starts a sandbox of its own and touches nothing else. Each trial begins with the same world, is disturbed once, and is
followed by runs that are not: one at once, and one when the settle window has passed. Then the world must be the one that
an undisturbed run makes.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sfspiris.cli.options import Common, with_common
from sfspiris.core.identity import markers_in
from sfspiris.core.planning.documents import SETTLE
from sfspiris.errors import SfspirisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sfspiris.adapters.transport import Pace
    from sfspiris.core.outcome import RunResult
    from sfspiris.sandbox.server import Addresses

Json = dict[str, Any]

app = typer.Typer(
    help="Proofs that run on your own machine, against a sandbox of their own.", no_args_is_help=True
)

EFFECTS: Final[dict[str, Json]] = {
    "refused as over quota": {
        "effect": "status",
        "code": 429,
        "body": {
            "ErrorCode": 4010,
            "DeveloperErrorMessage": "Try again in 1 seconds",
            "ErrorId": "1",
            "Errors": [],
        },
    },
    "500 before the work": {"effect": "status", "code": 500},
    "503 from a gateway": {"effect": "status", "code": 503, "body": "<html>Service Unavailable</html>"},
    "500 after the work": {"effect": "status_after", "code": 500},
    "closed before the work": {"effect": "drop_before"},
    "closed after the work": {"effect": "drop_after"},
    "answer cut short": {"effect": "truncate"},
    "answer that is no JSON": {"effect": "garbage"},
    "gateway's page as success": {"effect": "html"},
    "empty success": {"effect": "empty"},
    "carried out twice": {"effect": "repeat"},
}
_CUSTOMERS: Final = 2  # new customers of the scenario, so that both kinds of creates are among its writes
_DEALS: Final = 4


@dataclass
class Class:
    """One class of disturbance and what its trials came to."""

    name: str
    tried: int = 0
    duplicates: int = 0
    lost: int = 0
    held: int = 0
    differing: int = 0
    seconds: float = 0.0


@app.command("crash")
@with_common
def crash(
    common: Common,
    *,
    every: Annotated[
        int, typer.Option(min=1, help="Only every nth trial, for a quick look; 1 is exhaustive.")
    ] = 1,
) -> None:
    """Break a run at every write in every way, and stop it dead before and after every durable step; then run again."""
    from sfspiris.cli.answers import answer
    from sfspiris.report.selftest import ClassFacts, SelftestDocument, print_selftest

    found = run_trials(every=every)
    document = SelftestDocument(
        classes=tuple(ClassFacts.model_validate(one, from_attributes=True) for one in found)
    )
    answer(common, document, lambda console: print_selftest(console, document))
    if any(one.duplicates or one.lost or one.differing for one in found):
        raise typer.Exit(1)


def run_trials(*, every: int = 1) -> list[Class]:
    """All trials, or every nth of them, by class of disturbance."""
    from sfspiris.sandbox.server import running_world

    with TemporaryDirectory(prefix="sfspiris-selftest-") as folder, running_world("demo") as addresses:
        return _Range(Path(folder), addresses).shoot(every)


class _Dead(BaseException):
    """The run stops here; as for a process that is killed, no handler of errors sees it."""


@dataclass
class _Steps:
    """Counts the durable commits of a run, and stops it dead before or after the nth."""

    nth: int = 0
    is_after: bool = False
    count: int = 0

    def before(self) -> None:
        self.count += 1
        if self.count == self.nth and not self.is_after:
            raise _Dead

    def after(self) -> None:
        if self.count == self.nth and self.is_after:
            raise _Dead


@dataclass
class _Range:
    """A sandbox, a folder with a configuration, and the scenario: some deals of the demo world."""

    folder: Path
    addresses: Addresses
    deals: tuple[str, ...] = ()
    wanted: Json = field(default_factory=dict)
    demo: Json = field(default_factory=dict)
    skipped: float = 0.0

    def shoot(self, every: int) -> list[Class]:
        """All trials."""
        self._set_up()
        writes, commits = self._rehearse()
        trials: list[tuple[str, Callable[[], object]]] = []
        for side, method, path, nth in writes:
            for name, effect in EFFECTS.items():
                fault = {"method": method, "path": path, "nth": nth, "times": 1, **effect}
                trials.append((name, partial(self._with_fault, side, fault)))
        for number in range(1, commits + 1):
            for is_after in (False, True):
                name = f"stopped dead {'after' if is_after else 'before'} a commit"
                trials.append((name, partial(self._run, _Steps(number, is_after))))
        classes: dict[str, Class] = {}
        for name, disturbed in trials[::every]:
            self._try(classes.setdefault(name, Class(name)), disturbed)
        return list(classes.values())

    # --- one trial -------------------------------------------------------------------------------------------------

    def _try(self, counted: Class, disturbed: Callable[[], object]) -> None:
        began = time.monotonic()
        self._start_over()
        disturbed()
        self._ask("DELETE", "salesforce", "faults")
        self._ask("DELETE", "spiris", "faults")
        self._run()
        self._pass_time()
        result = self._run()
        world = self._world()
        held = {one.hold.deal_id for one in result.holds} if result else set()
        told = {deal for deal, many in world["documents"].items() if len(many) > 1} & held
        counted.tried += 1
        counted.held += len(held & set(self.deals))
        counted.duplicates += sum(
            len(many) - 1 for deal, many in world["documents"].items() if many and deal not in told
        )
        counted.lost += sum(not world["documents"].get(deal) and deal not in held for deal in self.deals)
        if not told and not held & set(self.deals) and world != self.wanted:
            counted.differing += 1
        counted.seconds += time.monotonic() - began

    def _with_fault(self, side: str, fault: Json) -> None:
        self._ask("POST", side, "faults", fault)
        self._run()

    # --- the pieces ------------------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        from sfspiris.cli.app import run
        from sfspiris.cli.sandbox import config_text, register_key
        from sfspiris.sandbox import worlds
        from sfspiris.sandbox.kernel.keys import ensure_salesforce_key

        self.demo = worlds.load("demo")
        key = ensure_salesforce_key(self.folder.resolve())
        register_key(self.addresses.salesforce, key)
        text = config_text(self.addresses.salesforce, self.addresses.spiris, key=key)
        self._config.write_text(text, encoding="utf-8")
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(["sandbox", "login", "--config", str(self._config)])
        if code:
            raise _CannotTestError(said.getvalue(), remedy="Run again with --debug and report what it shows.")
        self.deals = self._choose()

    def _choose(self) -> tuple[str, ...]:
        """Deals that become drafts, some of which need a new customer."""
        from sfspiris.core.actions import CreateCustomer, CreateDraft
        from sfspiris.engine.gather import Scope
        from sfspiris.engine.run import Guard, push

        with self._session() as session:
            done = [one.action for one in push(session.world, Scope(), Guard(max_changes=1000)).results]
        new = [one.deal_id for one in done if isinstance(one, CreateCustomer)]
        drafts = [one.deal_id for one in done if isinstance(one, CreateDraft)]
        chosen = [*dict.fromkeys(new)][:_CUSTOMERS]
        return tuple((chosen + [one for one in drafts if one not in chosen])[:_DEALS])

    def _rehearse(self) -> tuple[list[tuple[str, str, str, int]], int]:
        """The writes and the durable commits of an undisturbed run, whose world is what every trial must come to."""
        self._start_over()
        for side in ("salesforce", "spiris"):
            self._ask("DELETE", side, "requests")
        steps = _Steps()
        self._run(steps)
        writes: list[tuple[str, str, str, int]] = []
        for side in ("salesforce", "spiris"):
            seen: Counter[tuple[str, str]] = Counter()
            for one in self._ask("GET", side, "requests"):
                if one["method"] == "GET" or one["path"].endswith(("/token", "/composite/batch")):
                    continue
                seen[one["method"], one["path"]] += 1
                writes.append((side, one["method"], f"{one['path']}$", seen[one["method"], one["path"]]))
        self._run()
        self._pass_time()
        self._run()
        self.wanted = self._world()
        return writes, steps.count

    def _run(self, steps: _Steps | None = None) -> RunResult | None:
        """One push of the scenario's deals; None when it was stopped dead or ended by an error."""
        from sfspiris.engine.gather import Scope
        from sfspiris.engine.run import Guard, push

        with contextlib.suppress(_Dead, SfspirisError), self._session() as session:
            if steps is not None:
                session.world.state.watch(before_commit=steps.before, after_commit=steps.after)
            return push(session.world, Scope(deal_ids=self.deals), Guard(max_changes=1000))
        return None

    @contextlib.contextmanager
    def _session(self, command: str = "push-closed-won") -> Iterator[Any]:
        from sfspiris.cli.crew import Threads
        from sfspiris.cli.wiring import open_session

        with open_session(
            Common(config=self._config, quiet=True), command, dry=False, pace=self._pace()
        ) as session:
            try:
                yield session
            finally:  # a process that dies takes its threads with it; this one lives on, and what they had sent arrives
                if isinstance(session.world.crew, Threads):
                    session.world.crew.let_go()

    def _pace(self) -> Pace:
        """Pauses that pass at once: a trial waits for nobody."""
        from sfspiris.adapters.transport import Pace

        def sleep(seconds: float) -> None:
            self.skipped += seconds

        return Pace(sleep=sleep, monotonic=lambda: time.monotonic() + self.skipped, jitter=lambda: 0.5)

    def _start_over(self) -> None:
        for side in ("salesforce", "spiris"):
            self._ask("POST", side, "reset", {"world": "demo"})
        for left_over in self.folder.glob("sfspiris.db*"):
            left_over.unlink()

    def _pass_time(self) -> None:
        later = datetime.fromisoformat(str(self.demo["now"])) + SETTLE + timedelta(minutes=1)
        for side in ("salesforce", "spiris"):
            self._ask("PUT", side, "clock", {"now": later.isoformat()})

    def _world(self) -> Json:
        """What finance and sales see of the scenario, without ids and times, which differ from run to run.

        A customer that a resending proxy made twice counts once: it is no second invoice, and only a person can merge it.
        """
        documents: dict[str, list[str]] = {}
        customers = []
        for company in self._ask("GET", "spiris", "state")["companies"]:
            customers += [f"{company['key']} {one['Name']}" for one in company["customers"]]
            for one in (*company["drafts"], *company["invoices"]):
                for mark in markers_in(one.get("OurReference")):
                    documents.setdefault(mark.deal_id, []).append(f"{company['key']} {one['TotalAmount']}")
        deals = {
            one["Id"]: (
                one.get("Spiris_Sync_Status__c"),
                one.get("Spiris_Sync_Code__c"),
                one.get("Spiris_Company__c"),
            )
            for one in self._ask("GET", "salesforce", "state")["records"]["Opportunity"]
            if one["Id"] in self.deals
        }
        return {"documents": documents, "customers": sorted(set(customers)), "deals": deals}

    def _ask(self, method: str, side: str, path: str, document: Json | None = None) -> Any:
        from sfspiris.cli.sandbox import ask

        base = self.addresses.salesforce if side == "salesforce" else self.addresses.spiris
        return ask(method, f"{base}/_sandbox/{path}", document)

    @property
    def _config(self) -> Path:
        return self.folder / "sfspiris.toml"


class _CannotTestError(SfspirisError):
    """The sandbox could not be set up."""

    code = "SELFTEST_NOT_POSSIBLE"
