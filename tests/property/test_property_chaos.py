"""Random histories of a Salesforce in disorder: late, doubled and disordered answers, merges, deletions, mass updates."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from fakes import FakeCrm
from property.test_property_histories import (
    BUYERS,
    LINES,
    QUIET,
    Histories,
    buyers,
    chosen,
    numbers,
    sold,
)
from sfspiris.core.planning.documents import SETTLE
from sfspiris.engine.gather import FEED, OVERLAP, Scope
from sfspiris.ports.crm import DealBatch
from shorthand import deal

if TYPE_CHECKING:
    from datetime import datetime

    from sfspiris.core.outcome import RunResult
    from sfspiris.ports.crm import Selection

LATEST = 24 * 60
"""Minutes by which a deal may appear after its stamp."""

LOSER, WINNER = BUYERS[2], BUYERS[0]
"""Two accounts of one company, by its number."""


@dataclass
class DisorderlyCrm(FakeCrm):
    """Answers with every deal `times` over, and backwards, whatever the port promises."""

    times: int = 1
    is_backwards: bool = False

    def read_deals(self, selection: Selection) -> DealBatch:
        batch = super().read_deals(selection)
        found = batch.deals * self.times
        return DealBatch(found[::-1] if self.is_backwards else found, batch.read_at)


class Chaos(Histories):
    """Both sides, and a Salesforce where everything happens that its administrators and its database can do."""

    def __init__(self) -> None:
        super().__init__()
        self.crm = DisorderlyCrm()
        self.stage.crm = self.crm
        self.appeared: set[str] = set()  # deals that no plain run need have seen yet

    # --- what happens in Salesforce --------------------------------------------------------------------------------

    @rule(times=st.sampled_from([1, 1, 2, 3]), is_backwards=st.booleans())
    def answer_in_disorder(self, times: int, is_backwards: bool) -> None:
        self.crm.times, self.crm.is_backwards = times, is_backwards

    @rule(who=buyers, what=sold, minutes=st.integers(1, LATEST))
    def appear_late(self, who: int, what: int, minutes: int) -> None:
        """A deal comes to light long after the moment that it is stamped with."""
        name = self._new(who, what, self.crm.time - timedelta(minutes=minutes))
        self.appeared.add(name)

    @rule(who=buyers, what=sold, how_many=st.integers(2, 4), where=st.sampled_from(["cursor", "overlap"]))
    def win_several_at_once(self, who: int, what: int, how_many: int, where: str) -> None:
        """Several deals carry the very second of the cursor, or of the edge to which a run reads back; the next run sees all."""
        cursor = self._cursor()
        if cursor is None:
            return
        at = cursor if where == "cursor" else cursor - OVERLAP
        names = [self._new((who + nth) % len(BUYERS), what, at) for nth in range(how_many)]
        seen = self._decided(self.pushed(Scope(), dry=True))
        assert seen >= set(names), f"nobody deleted it, and nobody saw it: {set(names) - seen}"

    @precondition(lambda self: self.stage.crm.deals or self.stage.crm.binned)
    @rule(which=numbers, back=st.booleans())
    def delete_or_undelete(self, which: int, back: bool) -> None:
        crm = self.crm
        if crm.binned and (back or not crm.deals):
            crm.add(crm.binned.pop(chosen(sorted(crm.binned), which)))
        else:
            crm.leave(chosen(self.deals(), which).id, deleted=True)

    @rule(stamped=st.booleans())
    def merge_accounts(self, stamped: bool) -> None:
        """The account that lost is gone; its deals are the winner's, as the same company."""
        for kept in (self.crm.deals, self.crm.reopened, self.crm.binned):
            for one in [*kept.values()]:
                if one.buyer is not None and one.buyer.id == LOSER.id:
                    at = self.crm.time if stamped else one.changed_at
                    kept[one.id] = replace(one, buyer=WINNER, changed_at=at)

    @precondition(lambda self: self.stage.crm.deals)
    @rule(which=numbers, what=sold)
    def win_again_for_another_amount(self, which: int, what: int) -> None:
        """Reopened, run, and won again for something else."""
        old = chosen(self.deals(), which)
        self.crm.leave(old.id)
        self.push(kind="all", which=0)
        again = self.crm.reopened.pop(old.id)
        self.crm.add(replace(again, lines=deal("X", *LINES[what]).lines, amount=None))

    @precondition(lambda self: self.stage.crm.deals)
    @rule(which=numbers, currency=st.sampled_from(["EUR", "SEK"]))
    def change_currency(self, which: int, currency: str) -> None:
        self.crm.add(replace(chosen(self.deals(), which), currency=currency))

    @rule()
    def touch_everything(self) -> None:
        """A mass update moves every stamp and changes nothing: nothing is planned that was not planned before."""
        # A complete run also tries again what was refused, and counts documents, so that it may plan less of the rest.
        before = self._planned(self.pushed(Scope(full=True), dry=True)) | self._planned(
            self.pushed(Scope(), dry=True)
        )
        for kept in (self.crm.deals, self.crm.reopened, self.crm.binned):
            kept |= {one.id: replace(one, changed_at=self.crm.time) for one in kept.values()}
        after = self._planned(self.pushed(Scope(), dry=True))
        assert after <= before, f"a mass update planned {after - before}"

    # --- what must hold --------------------------------------------------------------------------------------------

    def _new(self, who: int, what: int, at: datetime) -> str:
        self.names += 1
        made = replace(deal(f"D{self.names}", *LINES[what], buyer=BUYERS[who]), changed_at=at)
        self.crm.deals[made.id] = made
        return made.id

    def _cursor(self) -> datetime | None:
        with self.stage.state(dry=True) as state:
            return state.cursors.get(FEED)

    @staticmethod
    def _decided(result: RunResult) -> set[str]:
        return (
            {one.action.deal_id for one in result.results}
            | {one.hold.deal_id for one in result.holds}
            | set(result.unchanged)
        )

    @staticmethod
    def _planned(result: RunResult) -> set[tuple[str, str]]:
        return {(type(one.action).__name__, one.action.deal_id) for one in result.results}

    def _check(self) -> None:
        super()._check()
        for ledger in self.ledgers():
            known = Counter(
                (re.sub(r"\D", "", one.orgnr)[-10:], one.currency) for one in ledger.known if one.orgnr
            )
            assert max(known.values(), default=1) == 1, "one company became two customers"

    def _come_to_rest(self) -> None:
        """What appeared late is found by the next run, or by the complete one after it."""
        self.tell_of_what_nobody_could_know()
        late = self.appeared & self.crm.deals.keys()
        self.stage.pass_time(SETTLE + timedelta(minutes=1))
        found = self._decided(self.pushed(Scope())) | self._decided(self.pushed(Scope(full=True)))
        assert late <= found, f"nobody deleted it, and two runs did not see it: {late - found}"
        super()._come_to_rest()
        currencies = {one.deal_id: one.record.totals.currency for one in self.ours()}
        for one in self.deals():
            wanted = one.currency or "SEK"  # the companies' own
            assert one.sync.code or currencies.get(one.id, wanted) == wanted, f"{one.id} is in {wanted}"
        for kept in (self.crm.deals, self.crm.reopened, self.crm.binned):
            kept |= {one.id: replace(one, changed_at=self.crm.time) for one in kept.values()}
        touched = self.pushed(Scope())
        assert touched.results == (), f"a mass update planned {self._planned(touched)}"


def test_no_disorder_in_salesforce_makes_a_second_invoice_or_loses_a_deal() -> None:
    run_state_machine_as_test(Chaos, settings=settings(QUIET, max_examples=6, stateful_step_count=20))


@pytest.mark.release
@pytest.mark.timeout(7200)
def test_no_long_disorder_in_salesforce_makes_a_second_invoice_or_loses_a_deal() -> None:
    run_state_machine_as_test(Chaos, settings=settings(QUIET, max_examples=1000, stateful_step_count=50))
