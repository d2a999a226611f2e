"""Random histories of both sides, their people, faults and lost memories: never a second invoice, never a lost deal."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from fakes import FakeLedger, Killed, Shuffled, Stage, Trouble, lost, over_quota, refused, unreachable
from sfspiris.core.drift import Symbol
from sfspiris.core.identity import markers_in
from sfspiris.core.model import Deal, DealStatus, Invoice, LedgerDraft
from sfspiris.core.outcome import Outcome, RunResult
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import Scope
from sfspiris.engine.reconcile import reconcile_all
from sfspiris.engine.run import Guard, pull, push
from shorthand import COUNTRY, buyer, deal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Some = TypeVar("Some")

BUYERS = (
    buyer(),
    buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680"),
    buyer("Volvo AB, Göteborg", id="001000000000A03AAA", orgnr="16 5560125790"),  # the first one's twin
    buyer("Anna Ek", id="001000000000A04AAA", orgnr="19811228-9874"),
    buyer(
        "Müller GmbH",
        id="001000000000A05AAA",
        orgnr=None,
        vat_number="DE136695976",
        country="DE",
        postal_code="10115",
        city="Berlin",
    ),
    buyer(
        "Acme Inc", id="001000000000A06AAA", orgnr=None, country="US", postal_code="10001", city="New York"
    ),
)
LINES = (("2 x 500 KONS",), ("1 x 1000 KONS",), ("1 x 70 MAT",), ("3 x 33.33 KONS -10%", "1 x 12.50 BOK"))
DEFECTS: tuple[dict[str, Any], ...] = (
    {"lines": ()},
    {"buyer": None},
    {"amount": Decimal("0.02")},
    {"payment_terms_days": "45"},  # only the ledger knows that it has no such terms
)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - many small commits; no disk is proven here
COPY = "copy-"
"""What finance duplicates by hand is finance's."""


def killed() -> BaseException:
    return Killed()


FAULTS: dict[str, Callable[[], BaseException]] = {
    "lost": lost,
    "refused": refused,
    "unreachable": unreachable,
    "quota": over_quota,
    "killed": killed,
}
NEVER_CARRIED_OUT = {"refused", "unreachable", "quota"}  # as the port promises


@dataclass(frozen=True)
class Fault:
    """What goes wrong in one run: at the nth create of one ledger, or at the nth write to the CRM."""

    what: str
    where: str
    nth: int
    after: bool


@dataclass(frozen=True)
class Made:
    """A document that we made, as it stands now."""

    company: str
    deal_id: str
    draft_id: str
    record: LedgerDraft | Invoice
    is_listed: bool

    @property
    def is_marked(self) -> bool:
        return any(mark.deal_id == self.deal_id for words in self.record.texts for mark in markers_in(words))


numbers = st.integers(0, 5)
sold = st.integers(0, len(LINES) - 1)
buyers = st.integers(0, len(BUYERS) - 1)
crm_faults = st.builds(
    Fault,
    what=st.sampled_from(["killed", "unreachable"]),
    where=st.just("crm"),
    nth=st.integers(1, 2),  # the witness, and what became of it
    after=st.booleans(),
)
ledger_faults = st.builds(
    Fault,
    what=st.sampled_from(sorted(FAULTS)),
    where=st.sampled_from(["se", "se", "int"]),
    nth=st.integers(1, 3),
    after=st.booleans(),
)


def chosen(some: Sequence[Some], which: int) -> Some:
    return some[which % len(some)]


class Histories(RuleBasedStateMachine):
    """Both sides, and everybody who touches them."""

    fresh = b""  # a state file that nothing has happened to

    def __init__(self) -> None:
        super().__init__()
        self.room = tempfile.TemporaryDirectory(prefix="sfspiris-histories-", dir=MEMORY)
        order = random.Random(0)  # noqa: S311 - replays
        self.stage = Stage(Path(self.room.name), crew=Shuffled(order, size=3))
        self.names = 0
        self.sitting = ExitStack()
        if not self.fresh:
            with self.stage.state():
                Histories.fresh = self.stage.file.read_bytes()
        self.backup = self.fresh
        self._replace_the_state(self.fresh)
        self.deleted: Counter[str] = Counter()  # by deal: documents of ours that finance deleted
        self.left_by_finance: dict[tuple[str, str], LedgerDraft | Invoice] = {}

    # --- what is there ---------------------------------------------------------------------------------------------

    def ledgers(self) -> list[FakeLedger]:
        return list(self.stage.ledgers.values())

    def deals(self) -> list[Deal]:
        return sorted(self.stage.crm.deals.values(), key=lambda one: one.id)

    def drafts(self) -> list[tuple[FakeLedger, LedgerDraft]]:
        return [(ledger, one) for ledger in self.ledgers() for one in ledger.made]

    def invoices(self) -> list[tuple[FakeLedger, int]]:
        return [(ledger, place) for ledger in self.ledgers() for place in range(len(ledger.booked))]

    def ours(self) -> Iterator[Made]:
        for company, ledger in self.stage.ledgers.items():
            records: list[LedgerDraft | Invoice] = [*ledger.made, *ledger.booked]
            for record in records:
                origin = record.draft_id or "" if isinstance(record, Invoice) else record.id
                if origin in ledger.sent:
                    (marker,) = markers_in(ledger.sent[origin].marker)
                    yield Made(company, marker.deal_id, origin, record, ledger.is_listed(record.id))

    # --- people ----------------------------------------------------------------------------------------------------

    @rule(who=buyers, what=sold, defect=st.integers(-2 * len(DEFECTS), len(DEFECTS) - 1))
    def win(self, who: int, what: int, defect: int) -> None:
        self.names += 1
        made = deal(f"D{self.names}", *LINES[what], buyer=BUYERS[who])
        self.stage.crm.add(replace(made, **DEFECTS[defect]) if defect >= 0 else made)

    @precondition(lambda self: self.stage.crm.deals)
    @rule(which=numbers, who=buyers, what=sold, stamped=st.booleans())
    def mend_or_change(self, which: int, who: int, what: int, stamped: bool) -> None:
        """Somebody edits the deal or, without moving its stamp, what hangs on it."""
        old = chosen(self.deals(), which)
        fresh = deal("X", *LINES[what], buyer=BUYERS[who])
        new = replace(
            old,
            lines=fresh.lines,
            buyer=fresh.buyer,
            amount=None,
            payment_terms_days=None,
            values=fresh.values,
        )
        if stamped:
            self.stage.crm.add(new)
        else:
            self.stage.crm.deals[old.id] = new

    @precondition(lambda self: self.stage.crm.deals or self.stage.crm.reopened)
    @rule(which=numbers)
    def reopen_or_win_again(self, which: int) -> None:
        crm = self.stage.crm
        if crm.reopened:
            _, again = crm.reopened.popitem()
            crm.add(again)
        else:
            old = chosen(self.deals(), which)
            crm.reopened[old.id] = crm.deals.pop(old.id)

    @precondition(lambda self: self.drafts())
    @rule(what=st.sampled_from(["note", "unmark", "issue", "delete", "duplicate"]), which=numbers)
    def finance(self, what: str, which: int) -> None:
        ledger, draft = chosen(self.drafts(), which)
        mine = (ledger.company, draft.id)
        self.names += 1
        match what:
            case "note" | "unmark":
                words = (
                    tuple(f"Ring innan, {one}" for one in draft.texts) if what == "note" else ("Eva Berg",)
                )
                edited = replace(draft, texts=words, print=f"{draft.print}, edited")
                ledger.made[ledger.made.index(draft)] = self.left_by_finance[mine] = edited
            case "issue":
                self.left_by_finance.pop(mine, None)
                issued = ledger.issue(draft.id, str(1000 + self.names))
                self.left_by_finance[ledger.company, issued.id] = issued
            case "delete":
                self.left_by_finance.pop(mine, None)
                ledger.made.remove(draft)
                if sent := ledger.sent.get(draft.id):
                    self.deleted[markers_in(sent.marker)[0].deal_id] += 1
            case "duplicate":
                twin = replace(draft, id=f"{COPY}{self.names}", created_at=self.stage.crm.time)
                ledger.made.append(twin)
            case _:
                raise AssertionError(what)

    @precondition(lambda self: self.invoices())
    @rule(which=numbers)
    def pay(self, which: int) -> None:
        ledger, place = chosen(self.invoices(), which)
        at = self.stage.crm.time
        paid = replace(ledger.booked[place], remaining=Decimal(0), paid_on=at.date(), modified_at=at)
        ledger.booked[place] = self.left_by_finance[ledger.company, paid.id] = paid

    # --- the machine room ------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 30, 60, 240, 899, 901, 86_400, 3 * 86_400]))
    def pass_time(self, seconds: int) -> None:
        self.stage.pass_time(timedelta(seconds=seconds))

    @rule(minutes=st.sampled_from([0, 1, 10]))
    def lists_lag_by(self, minutes: int) -> None:
        for ledger in self.ledgers():
            ledger.lag = timedelta(minutes=minutes)

    @rule(what=st.sampled_from(["back up", "lose", "restore"]))
    def state_file(self, what: str) -> None:
        match what:
            case "back up":
                self.backup = self.stage.file.read_bytes()
            case "lose":
                self._replace_the_state(self.fresh)
            case "restore":
                self._replace_the_state(self.backup)
            case _:
                raise AssertionError(what)

    def _replace_the_state(self, by: bytes) -> None:
        self.sitting.close()
        self.stage.file.write_bytes(by)
        self.stage.file.with_name(f"{self.stage.file.name}.seal").unlink(missing_ok=True)  # the harder case
        self.sitting.enter_context(self.stage.sitting())

    # --- runs ------------------------------------------------------------------------------------------------------

    @rule(kind=st.sampled_from(["all", "all", "all", "full", "one", "limit"]), which=numbers)
    def push(self, kind: str, which: int) -> None:
        scopes = {"all": Scope(), "full": Scope(full=True), "limit": Scope(limit=1)}
        scope = scopes.get(kind) or Scope(deal_ids=tuple(one.id for one in self.deals()[which : which + 1]))
        self.tell_of_what_nobody_could_know()
        self._run(None, lambda: self.pushed(scope))

    @rule(fault=ledger_faults | crm_faults)
    def push_in_trouble(self, fault: Fault) -> None:
        self.tell_of_what_nobody_could_know()
        self._run(fault, lambda: self.pushed(Scope()))

    @rule(fault=st.none() | crm_faults)
    def pull(self, fault: Fault | None) -> None:
        self._run(fault, self._pull)

    @rule()
    def look_only(self) -> None:
        before = self.photograph()
        self.pushed(Scope(), dry=True)
        self._pull(dry=True)
        assert self.photograph() == before, "a dry run changes nothing"

    def pushed(self, scope: Scope, *, dry: bool = False) -> RunResult:
        with self.stage.world(dry=dry) as world:
            return push(world, scope, Guard(max_changes=200))

    def _pull(self, *, dry: bool = False) -> RunResult:
        with self.stage.world(dry=dry, command="pull-invoice-status") as world:
            return pull(world, full=False)

    def _run(self, fault: Fault | None, go: Callable[[], RunResult]) -> None:
        crm, ledgers = self.stage.crm, self.stage.ledgers
        if fault is not None and fault.where == "crm":
            self._arm(fault, crm.write_trouble, crm.writes)
        elif fault is not None:
            self._arm(fault, ledgers[fault.where].trouble, ledgers[fault.where].creates)
        try:
            self._check_told(go())
        except Killed:
            pass
        finally:
            crm.write_trouble = Trouble()
            for one in ledgers.values():
                one.trouble = Trouble()
        self._check()

    @staticmethod
    def _arm(fault: Fault, trouble: Trouble, count: int) -> None:
        is_after = fault.after and fault.what not in NEVER_CARRIED_OUT
        (trouble.after if is_after else trouble.before)[count + fault.nth] = FAULTS[fault.what]

    def photograph(self) -> object:
        file = self.stage.file
        return (
            dict(self.stage.crm.deals),
            [(list(one.made), list(one.booked), list(one.known), one.creates) for one in self.ledgers()],
            file.read_bytes(),
            sorted(one.name for one in self.stage.folder.iterdir()),
        )

    def tell_of_what_nobody_could_know(self) -> None:
        """Leave out the one thing that no memory can be asked to know, by telling it to Salesforce.

        That is a document of a run that this memory never heard of, when neither Salesforce nor a list tells of it, nor
        of anything else that such a run did in the company; or when its marker or its deal's company changed before
        anybody was told.
        """
        with self.stage.state(dry=True) as state:
            known = {link.deal_id for link in state.links.all()}
            known |= {intent.deal_id for intent in state.journal.open_intents()}
            places = state.cursors.all()
        strange = [one for one in self.ours() if one.deal_id not in known]
        for one in strange:
            crm = self.stage.crm
            deals = next(kept for kept in (crm.deals, crm.reopened, crm.binned) if one.deal_id in kept)
            told = deals[one.deal_id].sync
            is_at_home = (deals[one.deal_id].values[COUNTRY] == "SE") == (one.company == "se")
            is_searched = is_at_home or f"documents:{one.company}" not in places
            is_hinted_at = any(
                other.is_marked and other.is_listed and other.company == one.company for other in strange
            )
            if told.draft_id or (is_searched and one.is_marked and is_hinted_at):
                continue
            deals[one.deal_id] = replace(
                deals[one.deal_id], sync=replace(told, status=DealStatus.DRAFT, draft_id=one.draft_id)
            )

    # --- what must hold --------------------------------------------------------------------------------------------

    def _check(self) -> None:
        made: Counter[str] = Counter()
        for ledger in self.ledgers():
            made.update(markers_in(one.marker)[0].deal_id for one in ledger.sent.values())
        for deal_id, count in made.items():
            assert count <= 1 + self.deleted[deal_id], f"{deal_id} was drafted {count} times"
        standing = Counter(one.deal_id for one in self.ours())
        assert not [deal_id for deal_id, count in standing.items() if count > 1], "a deal stands twice"
        now: dict[tuple[str, str], LedgerDraft | Invoice] = {}
        for ledger in self.ledgers():
            now |= {(ledger.company, one.id): one for one in ledger.made}
            now |= {(ledger.company, one.id): one for one in ledger.booked}
        assert {name: now[name] for name in self.left_by_finance} == self.left_by_finance

    def _check_told(self, result: RunResult) -> None:
        """The report tells no lies: what is called done is there."""
        there = {one.draft_id for one in self.ours()} | {
            one.id for ledger in self.ledgers() for one in ledger.known
        }
        for one in result.results:
            if one.outcome is Outcome.DONE and type(one.action).__name__.startswith("Create"):
                assert one.target_id in there

    def teardown(self) -> None:
        try:
            self._come_to_rest()
        finally:
            self.sitting.close()
            self.room.cleanup()

    def _come_to_rest(self) -> None:
        """Time passes and runs go well: then nothing is left to do, and every deal stands where it must."""
        self.tell_of_what_nobody_could_know()
        for _ in range(4):
            self.stage.pass_time(SETTLE + timedelta(minutes=1))
            self.pushed(Scope())
            self._check()
            self._pull()
        self.pushed(Scope(full=True))  # what the ledger refused for a moment rests until then
        self._pull()
        self.stage.pass_time(SETTLE + timedelta(minutes=1))  # and what it made then is listed
        last, full = self.pushed(Scope()), self.pushed(Scope(full=True))
        assert last.results == (), "planned after a settled run"
        assert full.results == (), "planned after a settled run"
        assert (last.stopped, full.stopped) == (None, None)
        held = {one.hold.deal_id for one in full.holds}
        standing = {one.deal_id: one for one in self.ours()}
        for one in self.deals():
            assert (one.id in held) != (one.id in full.unchanged), (
                "every deal is where it belongs or has a reason"
            )
            if one.id in held:
                assert one.sync.code
            elif one.id in standing:
                assert standing[one.id].record.totals.net == net_of(one)
            else:
                assert self.deleted[one.id], f"{one.id} has no document and nobody deleted it"
        self._compare(held, standing)

    def _compare(self, held: set[str], standing: dict[str, Made]) -> None:
        """What the reconciliation calls the same is the same, and comes to the same sum."""
        with self.stage.world(dry=True, command="reconcile") as world:
            _, found = reconcile_all(world, start=None, end=None)
        same = [one.deal_id for one in found.lines if one.symbol is Symbol.SAME]
        agreeing = {one.id: one for one in self.deals() if one.id in same}
        ours = sum((net_of(one) for one in agreeing.values()), Decimal(0))
        assert set(agreeing) <= set(standing) | held
        theirs = sum((standing[name].record.totals.net for name in agreeing if name in standing), Decimal(0))
        assert ours == theirs or held


def net_of(one: Deal) -> Decimal:
    rows = (row.quantity * row.unit_price * (1 - row.discount_percent / 100) for row in one.lines)
    return sum((row.quantize(Decimal("0.01"), ROUND_HALF_UP) for row in rows), Decimal(0))


QUIET = settings(
    deadline=None, derandomize=True, database=None, print_blob=False, suppress_health_check=list(HealthCheck)
)


def test_no_history_makes_a_second_invoice_or_loses_a_deal() -> None:
    run_state_machine_as_test(Histories, settings=settings(QUIET, max_examples=18, stateful_step_count=25))


@pytest.mark.release
@pytest.mark.timeout(7200)
def test_no_long_history_makes_a_second_invoice_or_loses_a_deal() -> None:
    run_state_machine_as_test(Histories, settings=settings(QUIET, max_examples=3000, stateful_step_count=50))
