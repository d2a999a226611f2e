"""The exit codes, in one table; the README shows the same one."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sfspiris.core.outcome import RunResult


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    BUG = 1
    USAGE = 2
    HELD = 3
    CHANGES = 4
    SIGN_IN = 5
    LOCKED = 6
    SAFETY_STOP = 7
    UNREACHABLE = 8
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS: dict[Exit, str] = {
    Exit.DONE: "done; nothing held or failed",
    Exit.BUG: "internal error: a bug",
    Exit.USAGE: "usage or configuration",
    Exit.HELD: "finished, with deals held or items failed (`--allow-held` makes held alone 0, unless more than `[limits] max_held_share` of them are)",
    Exit.CHANGES: "changes pending or drift found, only with `--detailed-exitcode`",
    Exit.SIGN_IN: "sign-in needed again; the message names the command",
    Exit.LOCKED: "another run holds the lock",
    Exit.SAFETY_STOP: "safety stop: too many changes, stale plan, wrong org or company, read-only mode",
    Exit.UNREACHABLE: "a remote system is unreachable or out of quota; nothing is lost, run again",
    Exit.INTERRUPTED: "interrupted by the keyboard; the next run picks up",
    Exit.TERMINATED: "ended by the system; the next run picks up",
}


def of_run(result: RunResult, *, allow_held: bool, detailed: bool) -> int:
    """The exit code of a run that came to its end. Failures go before holds, holds before pending changes."""
    if result.stopped is not None:
        return result.stopped.exit_code
    is_held = result.is_much_held or (result.held and not allow_held)
    if result.failed or result.miscounted or is_held:
        return Exit.HELD
    if detailed and result.results:
        return Exit.CHANGES
    return Exit.DONE
