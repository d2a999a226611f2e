"""Planted bugs of the protocol, and a runner that shows that the tests notice each of them.

Each is one change to one file, made in a copy of the package; the tests named with it must fail. A bug that is not found
any more where it should be planted is an error, so that this list stays true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PUSH, FAULTS, RETRY = "tests/unit/test_engine_push.py", "tests/faults", "tests/unit/test_retrying.py"
ROLLBACK, COUNTING = "tests/unit/test_engine_rollback.py", "tests/unit/test_engine_counting.py"
KEEPING, QUOTA = "tests/state/test_state_keeping.py", "tests/unit/test_quota.py"


@dataclass(frozen=True)
class Bug:
    """What is wrong with it, where it is planted, and which tests must notice."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


BUGS = (
    Bug(
        "a lost reply counts as a refusal, so the draft is sent again",
        "engine/execute.py",
        "self._move(intent, IntentEvent.LOSE, error.code)",
        "self._move(intent, IntentEvent.REFUSE, error.code)",
        (PUSH,),
    ),
    Bug(
        "no settle window: what is not listed at once is sent again",
        "core/planning/documents.py",
        "if now - sent.sent_at < settle:\n        return Resolution(Verdict.WAIT",
        "if now < sent.sent_at:\n        return Resolution(Verdict.WAIT",
        (PUSH,),
    ),
    Bug(
        "no fingerprint: a draft whose marker was removed is made again",
        "core/planning/documents.py",
        "    if alike:\n        return Resolution(\n            Verdict.DOUBT",
        "    if alike and not alike:\n        return Resolution(\n            Verdict.DOUBT",
        (PUSH,),
    ),
    Bug(
        "issued drafts are not looked for among invoices",
        "core/planning/documents.py",
        "return Documents((*waiting, *issued))",
        "return Documents(tuple(waiting))",
        (PUSH,),
    ),
    Bug(
        "the run goes on though nobody answers",
        "engine/execute.py",
        "if self._unanswered[company] >= UNANSWERED_IN_A_ROW:",
        "if self._unanswered[company] >= 1000 * UNANSWERED_IN_A_ROW:",
        (PUSH,),
    ),
    Bug(
        "a year's wait for quota is waited for",
        "engine/execute.py",
        "if quota_waits > _QUOTA_WAITS or error.retry_after > _LONGEST_WAIT:",
        "if quota_waits > _QUOTA_WAITS:",
        (PUSH,),
    ),
    Bug(
        "the cursor moves though the run stopped",
        "engine/run.py",
        "if scope.is_everything and carried.stopped is None:",
        "if scope.is_everything:",
        (PUSH,),
    ),
    Bug(
        "the cursor is read without an overlap",
        "engine/gather.py",
        "changed_since=cursor - OVERLAP if cursor else None",
        "changed_since=cursor if cursor else None",
        (PUSH,),
    ),
    Bug(
        "a gateway's page proves that a create was not done",
        "adapters/retrying.py",
        "return row.refused if is_vendors else row.page",
        "return row.refused",
        (RETRY,),
    ),
    Bug(
        "a create without an answer counts as never sent",
        "adapters/retrying.py",
        "LineRow(httpx.ReadTimeout, Then.RETRY, Then.UNKNOWN)",
        "LineRow(httpx.ReadTimeout, Then.RETRY, Then.STOP)",
        (RETRY,),
    ),
    Bug(
        "a 503 to a create counts as not done",
        "adapters/retrying.py",
        "StatusRow(502, 504, Then.RETRY, Then.UNKNOWN, Then.UNKNOWN)",
        "StatusRow(502, 504, Then.RETRY, Then.RETRY, Then.RETRY)",
        (RETRY,),
    ),
    Bug(
        "a place in the quota is free a window after it was taken, not after its answer",
        "adapters/quota.py",
        "taken.append(now + quota.window)",
        "taken.append(reserved + quota.window)",
        (QUOTA,),
    ),
    Bug(
        "a flipped bit is taken for an interrupted run",
        "state/seal.py",
        "        return Finding.CHANGED",
        "        return Finding.INTERRUPTED",
        (KEEPING,),
    ),
    Bug(
        "an older copy of the state is believed",
        "state/seal.py",
        "    return Finding.OLDER",
        "    return Finding.INTERRUPTED",
        (KEEPING,),
    ),
    Bug(
        "the seal stays whole while the file is written to",
        "state/database.py",
        "                seal.remove(self._file)\n                sqlite.begin_generation(connection)",
        "                pass",
        (KEEPING,),
    ),
    Bug(
        "a restored backup does not know that it has lost anything",
        "state/keeping.py",
        "        state.note_loss(until, at=now)",
        "        state.note_loss(until, at=now) if state.is_dry else None",
        (KEEPING,),
    ),
    Bug(
        "a commit need not outlive a power cut",
        "state/sqlite.py",
        '"PRAGMA synchronous = EXTRA"',
        '"PRAGMA synchronous = NORMAL"',
        ("tests/state/test_state_store.py",),
    ),
    Bug(
        "two live creates for one deal can be recorded",
        "state/journal.py",
        "        if known is not None:\n            raise SafetyStop(",
        "        if known is not None and known is None:\n            raise SafetyStop(",
        ("tests/state/test_state_journal.py",),
    ),
    Bug(
        "an intent that another run has moved is acted upon",
        "state/journal.py",
        "if current.get(one.id) != (one.state, one.attempt):",
        "if current.get(one.id) is None:",
        ("tests/state/test_state_journal.py",),
    ),
    Bug(
        "a rollback deletes what finance has edited",
        "core/planning/rollback.py",
        "if link.stood is None or found.draft.print != link.stood:",
        "if link.stood is None:",
        (ROLLBACK,),
    ),
    Bug(
        "a rollback deletes a draft of which nobody knows how it stood",
        "core/planning/rollback.py",
        "if link.stood is None or found.draft.print != link.stood:",
        "if link.stood is not None and found.draft.print != link.stood:",
        (ROLLBACK,),
    ),
    Bug(
        "a deal whose draft was taken back gets a new one by itself",
        "core/planning/rollback.py",
        "status=DealStatus.DELETED, code=HoldCode.DRAFT_DELETED",
        "status=DealStatus.DRAFT, code=HoldCode.DRAFT_DELETED",
        (ROLLBACK,),
    ),
    Bug(
        "a lost reply to a deletion counts as done",
        "engine/removal.py",
        "if ledger.draft(action.draft_id) is None:",
        "if ledger.draft(action.draft_id) is None or action.draft_id:",
        (ROLLBACK,),
    ),
    Bug(
        "a draft that was issued while the reply was lost counts as deleted",
        "engine/recover.py",
        'if was_issued(ledger, link.draft_id, intent.marker or ""):',
        'if was_issued(ledger, "", ""):',
        (ROLLBACK,),
    ),
    Bug(
        "a deal that fell between plan and memory is not told",
        "engine/counting.py",
        "lost = sorted(set(read) - known - set(decided))",
        "lost = sorted(set(read) - set(read))",
        (COUNTING,),
    ),
    Bug(
        "a document that the memory does not know is not told",
        "engine/counting.py",
        "(one.deal_id, one.revision) not in known and one.deal_id not in told",
        "(one.deal_id, one.revision) in known and one.deal_id not in told",
        (COUNTING,),
    ),
    Bug(
        "two documents for one deal are not told",
        "engine/counting.py",
        "if len(marked) > 1",
        "if len(marked) > 2",
        (COUNTING,),
    ),
    Bug(
        "a settle window of a minute is accepted",
        "config/settings.py",
        "if value < _SHORTEST_SETTLE:",
        "if value < 0:",
        ("tests/unit/test_config.py",),
    ),
)


def survives(bug: Bug, folder: Path) -> bool:
    """Whether the tests pass with the bug planted."""
    package = folder / "sfspiris"
    shutil.copytree(ROOT / "src" / "sfspiris", package, ignore=shutil.ignore_patterns("__pycache__"))
    place = package / bug.file
    whole = place.read_text(encoding="utf-8")
    if whole.count(bug.before) != 1:
        raise AssertionError(
            f"{bug.name}: what it changes stands {whole.count(bug.before)} times in {bug.file}"
        )
    place.write_text(whole.replace(bug.before, bug.after), encoding="utf-8")
    environ = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *bug.tests, "-x", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        check=False,
    )
    return ended.returncode == 0
