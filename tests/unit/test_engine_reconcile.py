"""Comparisons over a CRM and ledgers in memory: second readings, deals of other times, and what --fix keeps."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fakes import FakeLedger, Stage, unreachable
from sfspiris.core.drift import DriftClass, Reconciliation, Symbol
from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.model import DealStatus
from sfspiris.core.outcome import Outcome, RunResult
from sfspiris.engine.gather import Scope
from sfspiris.engine.reconcile import reconcile_all
from sfspiris.engine.run import Guard, pull, push
from sfspiris.errors import UsageError
from sfspiris.report.language import words
from sfspiris.sentences import as_told
from sfspiris.swedish.sie import SieFile
from shorthand import NOW, POLICY, buyer, deal, deal_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sfspiris.core.model import LedgerDraft

OTHER = buyer("Ericsson", id="001000000000A02AAA", orgnr="556016-0680")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Two deals that have been pushed."""
    made = Stage(tmp_path)
    made.crm.add(
        deal("D1", "2 x 500 KONS", amount=Decimal(1000)),
        deal("D2", "1 x 70 MAT", buyer=OTHER, amount=Decimal(70)),
    )
    with made.world() as world:
        push(world, Scope(), Guard(200))
    return made


@dataclass
class Changing(FakeLedger):
    """Books whose list of drafts is another one at each reading."""

    readings: Sequence[Callable[[list[LedgerDraft]], list[LedgerDraft]]] = ()
    read: int = 0

    def drafts(self) -> Sequence[LedgerDraft]:
        found = list(super().drafts())
        self.read += 1
        return self.readings[self.read - 1](found) if self.read <= len(self.readings) else found


def change(stage: Stage, *readings: Callable[[list[LedgerDraft]], list[LedgerDraft]]) -> None:
    kept = {one.name: getattr(stage.se, one.name) for one in fields(FakeLedger)}
    stage.se = Changing(**kept, readings=readings)


def compare(stage: Stage, *, fix: bool = False, dry: bool = True) -> tuple[RunResult, Reconciliation]:
    with stage.world(dry=dry, command="reconcile") as world:
        return reconcile_all(world, start=None, end=None, fix=fix)


def symbols(found: Reconciliation) -> list[Symbol]:
    return [one.symbol for one in found.lines]


def gone(_drafts: list[LedgerDraft]) -> list[LedgerDraft]:
    return []


def silent(_drafts: list[LedgerDraft]) -> list[LedgerDraft]:
    raise unreachable()


def test_what_differs_for_a_moment_only_is_not_told(stage: Stage) -> None:
    """Between two lists a draft may be on neither; a second look settles it."""
    change(stage, gone)
    _, found = compare(stage)
    assert symbols(found) == [Symbol.SAME, Symbol.SAME]
    assert found.reread == 2


def test_what_still_differs_is_told_after_one_more_reading(stage: Stage) -> None:
    change(stage, gone, gone)
    _, found = compare(stage)
    assert [one.code for one in found.lines] == [DriftClass.MISSING_IN_SPIRIS] * 2
    assert isinstance(stage.se, Changing)
    assert stage.se.read == 2


def test_books_that_fall_silent_at_the_second_reading_are_told_as_unreadable(stage: Stage) -> None:
    change(stage, gone, silent)
    _, found = compare(stage)
    assert symbols(found) == [Symbol.UNREADABLE]


def test_agreement_costs_no_second_reading(stage: Stage) -> None:
    change(stage)
    _, found = compare(stage)
    assert isinstance(stage.se, Changing)
    assert (found.reread, stage.se.read) == (0, 1)


def test_deals_from_before_the_start_date_that_have_a_document_are_compared(stage: Stage) -> None:
    stage.policy = replace(POLICY, start_date=date(2026, 11, 15))
    _, found = compare(stage)
    assert symbols(found) == [Symbol.SAME, Symbol.SAME]


def test_a_deal_that_is_not_won_any_more_is_named_with_its_stage(stage: Stage) -> None:
    stage.crm.reopened[deal_id("D1")] = stage.crm.deals.pop(deal_id("D1"))
    _, found = compare(stage)
    (line,) = [one for one in found.lines if one.code is DriftClass.MISSING_IN_SALESFORCE]
    assert line.deal_id == deal_id("D1")
    assert "Affär D1" in line.message


def test_fix_writes_the_status_and_remembers_it(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    planned, _ = compare(stage, fix=True)
    assert [one.outcome for one in planned.results] == [Outcome.PLANNED]
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.DRAFT
    done, _ = compare(stage, fix=True, dry=False)
    assert [one.outcome for one in done.results] == [Outcome.DONE]
    assert stage.crm.deals[deal_id("D1")].sync.invoice_number == "1042"
    assert symbols(compare(stage)[1]) == [Symbol.SAME, Symbol.SAME]


def test_what_the_crm_did_not_save_is_tried_again_by_the_next_pull(stage: Stage) -> None:
    stage.se.issue("draft-1", "1042")
    stage.crm.broken[deal_id("D1")] = "FIELD_CUSTOM_VALIDATION_EXCEPTION: no"
    failed, _ = compare(stage, fix=True, dry=False)
    assert [one.outcome for one in failed.results] == [Outcome.FAILED]
    stage.crm.broken.clear()
    with stage.world(command="pull-invoice-status") as world:
        pull(world, full=False)
    assert stage.crm.deals[deal_id("D1")].sync.status == DealStatus.ISSUED


def sie(**changes: object) -> SieFile:
    made = SieFile(
        orgnr="5590000001",
        company="",
        currency="SEK",
        years={},
        accounts={},
        opening={},
        closing={},
        vouchers=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def against(stage: Stage, file: SieFile, *companies: str) -> str | None:
    with stage.world(dry=True, command="reconcile") as world:
        _, found = reconcile_all(world, start=None, end=None, companies=companies, sie=file)
    return found.sie.company if found.sie else None


def test_a_sie_file_is_held_against_the_company_with_its_number(stage: Stage) -> None:
    assert against(stage, sie()) == "se"


@pytest.mark.parametrize(
    ("file", "company"),
    [(sie(orgnr="5560125790"), "se"), (sie(orgnr=""), "se"), (sie(currency="EUR"), "se"), (sie(), "int")],
    ids=["another number", "no number", "another currency", "a company that is left out"],
)
def test_a_sie_file_that_is_nobodys_is_refused(stage: Stage, file: SieFile, company: str) -> None:
    with pytest.raises(UsageError):
        against(stage, file, company)


def test_a_hold_that_is_only_remembered_is_told_in_the_readers_language(stage: Stage) -> None:
    """Today's data does not explain it: what was sent has no known outcome."""
    stage.crm.add(deal("D3", "1 x 70 MAT", buyer=OTHER, amount=Decimal(70)))
    lost = Hold(deal_id("D3"), "Affär D3", "se", HoldCode.OUTCOME_UNKNOWN, as_told("sent"), as_told("wait"))
    with stage.world(dry=False) as world:
        world.state.holds.replace({deal_id("D3"): [lost]}, at=NOW, run_id=world.run_id)
    (line,) = [one for one in compare(stage)[1].lines if one.deal_id == deal_id("D3")]
    assert (
        words("sv")
        .sentence(line.message)
        .endswith("i Salesforce och inget dokument: den väntar på en människa (OUTCOME_UNKNOWN).")
    )
    assert line.fix is not None
    assert words("sv").sentence(line.fix) == (
        "`sfspiris help OUTCOME_UNKNOWN --lang sv` säger vad som ska göras, "
        f"`sfspiris explain {deal_id('D3')} --lang sv` visar affären."
    )


def test_a_deal_in_the_recycle_bin_is_told_in_the_readers_language(stage: Stage) -> None:
    stage.crm.leave(deal_id("D1"), deleted=True)
    (line,) = [one for one in compare(stage)[1].lines if one.code is DriftClass.MISSING_IN_SALESFORCE]
    assert "som inte är vunnen: Affär D1, raderad" in words("sv").sentence(line.message)
