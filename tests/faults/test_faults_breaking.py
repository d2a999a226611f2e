"""Every class of faults of `make proof`, a few trials of each; `proof.py` tries more, and its release profile most."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from breaking import clocks, drifting, dryruns, malformed, powerloss, signins, syscalls, together
from breaking.bench import Bench, open_bench
from breaking.line import must_be_as_promised

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which counts system calls, is not installed"
)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with open_bench() as made:
        yield made


@needs_strace
def test_a_kill_at_a_system_call_that_writes_is_made_good(bench: Bench) -> None:
    must_be_as_promised(syscalls.killed_at_every_write(bench, 4), trials=4)


@needs_strace
def test_a_disk_that_fails_at_a_system_call_lets_nothing_be_sent_unrecorded(bench: Bench) -> None:
    must_be_as_promised(syscalls.failed_at_every_write(bench, 4), trials=4)


@needs_strace
def test_an_end_at_an_http_boundary_is_told_and_made_good(bench: Bench) -> None:
    must_be_as_promised(syscalls.stopped_at_every_boundary(bench, 4), trials=4)


@needs_strace
def test_a_power_cut_loses_no_commit_that_was_told(bench: Bench) -> None:
    must_be_as_promised(powerloss.state_after_power_cuts(bench, 60), trials=60)
    must_be_as_promised(powerloss.run_after_power_cuts(bench, 3), trials=3)


def test_a_malformed_success_is_told_in_words_and_never_believed(bench: Bench) -> None:
    must_be_as_promised(malformed.read_in_process(bench, 500), trials=500)
    must_be_as_promised(malformed.met_by_a_run(bench, 6), trials=3)


def test_lists_that_change_while_they_are_read_miss_nothing_and_double_nothing(bench: Bench) -> None:
    must_be_as_promised(drifting.while_they_are_read(bench, 36), trials=36)


def test_a_sign_in_that_ends_anywhere_is_renewed_once_or_told(bench: Bench) -> None:
    must_be_as_promised(signins.expired_and_revoked(bench, 4), trials=4)


@needs_strace
def test_a_refresh_that_is_cut_off_costs_a_sign_in_at_most(bench: Bench) -> None:
    must_be_as_promised(signins.rotated(bench, 4), trials=4)


def test_twenty_processes_refresh_a_sign_in_once(bench: Bench) -> None:
    must_be_as_promised(signins.rotated_at_once(bench, 1), trials=1)


def test_clocks_that_disagree_neither_double_nor_date_wrongly(bench: Bench) -> None:
    must_be_as_promised(clocks.disagreeing(bench, 4), trials=4)


def test_a_dry_run_plans_what_the_run_then_does() -> None:
    must_be_as_promised(dryruns.against_the_run(3), trials=3)


def test_what_happens_to_one_of_several_creates_under_way_doubles_and_loses_none() -> None:
    with open_bench(together.crowd(), half_done=False, hands=together.HANDS) as bench:
        must_be_as_promised(together.broken_together(bench, 12), trials=12)
