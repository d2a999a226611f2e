"""How prints are put on their records when things go wrong many times over."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes import Stage, unreachable
from sfspiris.core.holds import WarningCode
from sfspiris.core.outcome import Outcome
from sfspiris.engine.attaching import attach
from sfspiris.engine.execute import Carried
from sfspiris.errors import ConfigError
from sfspiris.state.receivables import INVOICE
from shorthand import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfspiris.core.receivables import Value
    from sfspiris.engine.world import World


@contextmanager
def shown(folder: Path, count: int) -> Iterator[tuple[Stage, World]]:
    """A CRM that shows so many paid invoices and has the print of none."""
    stage = Stage(folder)
    records: dict[str, dict[str, Value]] = {
        f"se:{number:04}": {"status": "Paid", "invoice_number": str(number), "invoice_date": "2026-11-20"}
        for number in range(count)
    }
    stage.crm.invoices.update(records)
    with stage.world(command="pull-invoice-status") as world:
        world.state.runs.start(world.run_id, world.command, at=NOW)
        world.state.receivables.note_told(INVOICE, records, at=NOW)
        policy = replace(world.policy, attaches_pdfs=True, invoice_fields=frozenset({"status"}))
        yield stage, replace(world, policy=policy)


def full() -> ConfigError:
    return ConfigError("File storage is full.", remedy="Make room.")


def test_one_run_makes_so_many_and_the_next_the_rest(tmp_path: Path) -> None:
    with shown(tmp_path, 9) as (stage, world):
        attach(world, (), {"se"}, Carried(), most=4)
        assert len(stage.crm.files) == 4
        attach(world, (), {"se"}, Carried())
        assert len({one.name for one in stage.crm.files}) == len(stage.crm.files) == 9


def test_what_fails_every_time_is_given_up_after_three(tmp_path: Path) -> None:
    with shown(tmp_path, 10) as (stage, world):
        stage.crm.file_trouble.before = dict.fromkeys(range(1, 11), full)
        carried = Carried()
        attach(world, (), {"se"}, carried)
        assert [one.outcome for one in carried.results] == [Outcome.FAILED] * 3
        (warning,) = carried.warnings
        assert warning.code is WarningCode.ATTACHMENT_FAILED
        assert "3 invoices" in warning.message
        assert "File storage is full" in warning.message


def test_one_print_that_is_missing_stops_no_other(tmp_path: Path) -> None:
    with shown(tmp_path, 5) as (stage, world):
        stage.ledgers["se"].unprintable.add("0003")
        carried = Carried()
        attach(world, (), {"se"}, carried)
        assert len(stage.crm.files) == 4
        assert carried.stopped is None


def test_a_line_that_is_down_ends_the_prints_and_not_the_run(tmp_path: Path) -> None:
    with shown(tmp_path, 5) as (stage, world):
        stage.crm.file_trouble.before = {2: unreachable}
        carried = Carried()
        attach(world, (), {"se"}, carried)
        assert len(stage.crm.files) == 1
        assert carried.stopped is None
        assert "No further invoice" in carried.warnings[0].message
        attach(world, (), {"se"}, Carried())
        assert len(stage.crm.files) == 5, "what provably never left is not waited for"
