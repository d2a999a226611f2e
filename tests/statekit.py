"""Shorthand for tests of the state: moments, intents, links, and a process that dies on purpose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sfspiris.core.holds import Hold, HoldCode
from sfspiris.core.model import DealLink
from sfspiris.sentences import as_told
from sfspiris.state.journal import IntentKind, NewIntent
from sfspiris.state.links import CustomerLink

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sfspiris.state.store import State

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NOBODY = 65534


LEAVE_A_HOT_JOURNAL = """
    import os, signal, sqlite3, sys
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE intents SET state = 'dropped'")
    for number in range(200):
        connection.execute("INSERT INTO catalog VALUES (?, ?, '2026-11-20')", (str(number), "x" * 4000))
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""Dies within a commit that has begun to write the file, whose path is the first argument."""


def later(minutes: int) -> datetime:
    """So many minutes after NOW."""
    return NOW + timedelta(minutes=minutes)


def new_draft(deal_id: str = "D1", *, company: str = "se", revision: int = 1) -> NewIntent:
    """A draft over 1 000,50 SEK that is about to be recorded."""
    return NewIntent(
        kind=IntentKind.CREATE_DRAFT,
        company=company,
        subject=deal_id,
        deal_id=deal_id,
        revision=revision,
        payload_hash="a" * 64,
        correlation_id=f"C-{deal_id}",
        marker=f"SF:{deal_id}:{revision}",
        customer_id="K1",
        net=Decimal("1000.50"),
        currency="SEK",
    )


def new_customer(key: str = "key-1", *, company: str = "se", deal_id: str = "D1") -> NewIntent:
    """A customer that is about to be recorded."""
    return NewIntent(
        kind=IntentKind.CREATE_CUSTOMER,
        company=company,
        subject=key,
        deal_id=deal_id,
        payload_hash="b" * 64,
        marker=f"SF:{key}",
    )


def new_write(deal_id: str = "D1", *, company: str | None = "se") -> NewIntent:
    """A write-back that is about to be recorded."""
    return NewIntent(
        kind=IntentKind.WRITE_DEAL, company=company, subject=deal_id, deal_id=deal_id, payload_hash="c" * 64
    )


def deal_link(
    deal_id: str = "D1", *, company: str = "se", draft_id: str = "U1", revision: int = 1
) -> DealLink:
    """A link as it is when the draft has just been made."""
    return DealLink(
        company=company,
        deal_id=deal_id,
        revision=revision,
        draft_id=draft_id,
        customer_id="K1",
        content="d" * 64,
        correlation_id=f"C-{deal_id}",
        net=Decimal("1000.50"),
        currency="SEK",
        created_at=NOW,
    )


def customer_link(
    buyer_id: str = "B1",
    *,
    company: str = "se",
    customer_id: str = "K1",
    currency: str = "",
    at: datetime = NOW,
) -> CustomerLink:
    """A customer that was created for a buyer."""
    return CustomerLink(company, buyer_id, customer_id, "1001", "created", at, currency)


def hold(deal_id: str, code: HoldCode = HoldCode.NO_LINES, field: str | None = None, value: str = "") -> Hold:
    """A hold with a name, a value and sentences, none of which may be remembered."""
    return Hold(
        deal_id,
        "Secret Name AB",
        "se",
        code,
        as_told("Secret message"),
        as_told("Secret fix"),
        field,
        value,
        "Secret Owner",
    )


def started(state: State, run_id: str = "r1") -> State:
    """The state with a run begun."""
    state.runs.start(run_id, "push-closed-won", at=NOW)
    return state


def run_child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What a Python process made of the code; `sys.argv[1:]` are the arguments."""
    return subprocess.run(
        _command(code, arguments), capture_output=True, text=True, timeout=60, check=False, env=_environment()
    )


@contextmanager
def started_child(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is at it while the block lasts; it ends when a line is written to it, or with the block."""
    child = subprocess.Popen(
        _command(code, arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        yield child
    finally:
        child.communicate("\n", timeout=60)


def run_children(code: str, *arguments: object, number: int) -> list[str]:
    """What several processes printed that ran the code at once: each prints a line, and reads one to go on."""
    children = [
        subprocess.Popen(
            _command(code, arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        for _ in range(number)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    told = []
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        told.append(child.communicate(timeout=60)[0])
        assert child.returncode == 0
    return told


def _command(code: str, arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def die_in_child(code: str, *arguments: object) -> None:
    """Run the code in a process that must end by SIGKILL."""
    ended = run_child(code, *arguments)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Drop the superuser's right to write everywhere, where a test runs as one."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
