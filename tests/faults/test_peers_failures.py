"""The nine failures under which other tools lose data, hang or stop: here the run recovers, or says that it could not read."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hasty
from faultproxy import MORE, NINE, Between, Fault, Request, between, lead_to, once_each, redirect
from loopback import Loopback, reply
from playground import SECONDS, Ended, settled
from sfspiris.adapters.limits import DEFAULT_LIMITS, Limits
from sfspiris.adapters.transport import Pace
from sfspiris.cli import exits
from sfspiris.cli.options import Common
from sfspiris.cli.wiring import open_session
from sfspiris.core.identity import markers_in
from sfspiris.engine.gather import FEED, Scope
from sfspiris.engine.run import Guard, push
from sfspiris.errors import SfspirisError
from sfspiris.state.store import open_state
from statekit import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground import Served

Json = dict[str, Any]
ONE_DRAFT = "one deal, one draft"
Choice = Callable[[Request], Fault | None]
EITHER = {**NINE, **MORE}
SHORT = replace(DEFAULT_LIMITS, read=0.3, total=0.3)
"""For silence alone, in runs that only read: a slow machine then costs one more attempt and nothing else."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, common_sandbox: Served) -> Iterator[Between]:
    with between(settled(tmp_path_factory.mktemp("peers"), common_sandbox)) as found:
        yield found


@pytest.fixture
def wire(line: Between, monkeypatch: pytest.MonkeyPatch) -> Between:
    """An untouched demo world behind proxies that pass everything on, and a home of the test's own."""
    monkeypatch.setenv("HOME", line.demo.environ["HOME"])
    line.start_over()
    small_pages(line)
    return line


def small_pages(wire: Between) -> None:
    """Salesforce gives six rows at a time, so that every query has a middle."""
    wire.demo.control("salesforce", "PUT", "switches", {"page_size": 6})


def world(wire: Between) -> Json:
    """What finance and sales see, without ids and times, which differ from run to run."""
    drafts = [
        (mark.deal_id, f"{key} {one['TotalAmount']} {one['TotalVatAmount']}")
        for key in ("se", "int")
        for one in wire.demo.company(key)["drafts"]
        for mark in markers_in(one["OurReference"])
    ]
    assert len(dict(drafts)) == len(drafts), ONE_DRAFT
    return {
        "drafts": sorted(drafts),
        "customers": sorted(
            f"{key} {one['Name']}" for key in ("se", "int") for one in wire.demo.company(key)["customers"]
        ),
        "deals": sorted(
            (one["Id"], str(one.get("Spiris_Sync_Status__c")), str(one.get("Spiris_Sync_Code__c")))
            for one in wire.demo.deals().values()
        ),
    }


@pytest.fixture(scope="module")
def wanted(line: Between) -> Json:
    return undisturbed(line)


def undisturbed(line: Between) -> Json:
    """The world after a run that nothing befalls."""
    line.start_over()
    assert line.demo.sfspiris("push-closed-won").code == 3
    assert line.demo.sfspiris("push-closed-won", "--json").kinds() == []
    return world(line)


def pushed(wire: Between, *, dry: bool = False, limits: Limits = DEFAULT_LIMITS) -> tuple[int, str]:
    """How a push ends and what it says, with pauses that pass at once."""
    skipped = 0.0

    def sleep(seconds: float) -> None:
        nonlocal skipped
        skipped += seconds

    pace = Pace(sleep=sleep, monotonic=lambda: time.monotonic() + skipped, jitter=lambda: 0.5)
    common = Common(config=wire.demo.folder / "sfspiris.toml", quiet=True)
    try:
        with open_session(common, "push-closed-won", dry=dry, pace=pace, limits=limits) as session:
            result = push(session.world, Scope(), Guard(max_changes=1000))
    except SfspirisError as error:
        return error.exit_code, f"{error.message} {error.remedy}"
    stopped = "" if result.stopped is None else f"{result.stopped.message} {result.stopped.remedy}"
    return exits.of_run(result, allow_held=False, detailed=False), stopped


def cursor(wire: Between) -> object:
    file = wire.demo.folder / "sfspiris.db"
    if not file.exists():
        return None
    with open_state(file, dry=True, now=NOW) as state:
        return state.cursors.get(FEED)


def hastily(wire: Between, *arguments: str) -> Ended:
    """The command as a process of its own, with less patience."""
    done = subprocess.run(
        [sys.executable, str(Path(hasty.__file__)), *arguments],
        cwd=wire.demo.folder,
        env=wire.demo.environ,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


# --- the installed command ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", NINE)
def test_the_command_recovers_from_each_of_the_nine_failures_of_either_vendor(
    wire: Between, wanted: Json, fault: str
) -> None:
    """On one data response of each vendor, in the middle of reading. Other tools hang, stop, or lose the records silently."""
    wire.salesforce.disturb = lambda request: NINE[fault] if request.number == 2 else None
    wire.spiris.disturb = lambda request: NINE[fault] if request.number == 3 else None
    run = partial(hastily, wire) if fault == "half open" else wire.demo.sfspiris
    ended = run("push-closed-won", "--json")
    assert [len(one.spoiled) for one in wire.both] == [1, 1]
    assert ended.code == 3, ended.out
    assert "Traceback" not in ended.err
    document = ended.document
    assert "error" not in document
    assert (document["status"], document["summary"]["failed"]) == ("partial", 0)
    assert world(wire) == wanted
    assert cursor(wire) is not None
    waited = [seconds for one in wire.both for _, seconds in one.waited]
    assert len(waited) == (2 if fault == "half open" else 0)
    assert all(seconds < 30 for seconds in waited), "two seconds, and what a busy machine adds"


def test_no_request_lasts_longer_than_thirty_seconds() -> None:
    """What the tests with less patience show for two seconds and for a fraction of one is thirty for everybody."""
    usual = Limits()
    assert usual is not DEFAULT_LIMITS
    assert usual == DEFAULT_LIMITS
    assert (usual.connect, usual.read, usual.total) == (5, 30, 30)
    assert replace(usual, read=hasty.SECONDS, total=hasty.SECONDS) == hasty.HASTY
    assert replace(SHORT, read=30, total=30) == usual


def only(side: str, number: int, fault: Fault) -> Choice:
    """Spoils one data read of one vendor."""
    return lambda request: fault if (request.side, request.number) == (side, number) else None


def stays(side: str, number: int, fault: Fault) -> Choice:
    """Spoils every data read of one vendor from that one on."""
    return lambda request: fault if request.side == side and request.number >= number else None


# --- a failure that stays ----------------------------------------------------------------------------------------------

WORDS = {
    "503": "status 503",
    "429 with Retry-After": "takes no more requests for 1 second",
    "401 between pages": "sign",
    "reset": "closed the connection before its answer was complete",
    "cut below Content-Length": "closed the connection before its answer was complete",
    "cut where the connection closes": "sent an answer that cannot be unpacked",
    "a page as 200": "is not JSON (content type text/html)",
    "empty 200": "is empty",
    "half open": "within 0.3 seconds",
    "chunks without an end": "closed the connection before its answer was complete",
    "the body twice": "sent an answer that cannot be unpacked",
    "the body out of order": "sent an answer that cannot be unpacked",
}


@pytest.mark.parametrize("fault", [*NINE, *(pytest.param(one, marks=pytest.mark.release) for one in MORE)])
def test_a_failure_that_stays_is_told_and_no_cursor_moves_until_a_run_has_read_everything(
    wire: Between, wanted: Json, fault: str
) -> None:
    """First of one vendor, then of the other; the run after them does all the work, once."""
    is_silent = fault == "half open"
    for side, at in (("salesforce", 2), ("spiris", 3)):
        for one in wire.both:
            one.start_over()
        wire.side(side).disturb = stays(side, at, EITHER[fault])
        code, words = pushed(wire, dry=is_silent, limits=SHORT if is_silent else DEFAULT_LIMITS)
        assert code == (5 if fault == "401 between pages" else 8), words
        assert WORDS[fault] in words, words
        assert side in words.lower()
        assert cursor(wire) is None
        assert all(seconds < 30 for _, seconds in wire.side(side).waited)
    assert wire.demo.drafts() == []
    wire.pass_all_on()
    assert pushed(wire) == (3, "")
    assert world(wire) == wanted
    assert cursor(wire) is not None


# --- everywhere --------------------------------------------------------------------------------------------------------

POSITIONS = 20


@pytest.mark.parametrize("fault", [one for one in EITHER if one != "half open"])
def test_the_first_answer_to_every_read_may_fail(wire: Between, wanted: Json, fault: str) -> None:
    """At least twenty places in one run, each with a cut somewhere else in its body; nothing is missed, nothing made twice."""
    wire.disturb(once_each(EITHER[fault]))
    assert pushed(wire) == (3, "")
    assert sum(len(one.spoiled) for one in wire.both) >= POSITIONS
    wire.pass_all_on()
    assert world(wire) == wanted
    assert wire.demo.sfspiris("push-closed-won", "--json").kinds() == []


@pytest.mark.parametrize(("side", "ends"), [("salesforce", 5), ("spiris", 8)])
def test_a_redirect_never_carries_a_token_to_another_host(wire: Between, side: str, ends: int) -> None:
    """An org that has moved is signed in to anew, where the sign-in says."""
    with Loopback(reply({"Data": []}), reply({"Data": []})) as elsewhere:
        wire.side(side).disturb = stays(side, 2, redirect(f"{elsewhere.url}/v2/customers"))
        code, words = pushed(wire)
        assert code == ends, words
        assert "302" in words
        assert elsewhere.connections == 0
    assert cursor(wire) is None


def test_pages_that_are_said_to_be_on_another_host_are_not_fetched(wire: Between) -> None:
    """Salesforce's link to the next page is followed with a token, so it may only lead to where the token belongs."""
    with Loopback(reply({"records": [], "done": True, "totalSize": 0})) as elsewhere:
        wire.salesforce.disturb = lambda request: (
            lead_to(elsewhere.url) if "/query" in request.path and request.number else None
        )
        code, words = pushed(wire)
        assert code == 8, words
        assert elsewhere.connections == 0
    assert cursor(wire) is None


def test_every_read_may_be_met_by_silence_once(wire: Between) -> None:
    wire.disturb(once_each(NINE["half open"], most=POSITIONS))
    assert pushed(wire, dry=True, limits=SHORT) == (3, "")
    waited = [seconds for one in wire.both for _, seconds in one.waited]
    assert len(waited) == POSITIONS
    assert max(waited) < 30


def reads_of_a_run(wire: Between) -> list[tuple[str, int]]:
    """Every place at which a run reads data: which vendor, and the how-manieth of its reads."""
    pushed(wire, dry=True)
    return [(one.side, one.number) for proxy in wire.both for one in proxy.seen if one.number]


def spoil_one_place(wire: Between, wanted: Json, fault: str, seed: int, reads: list[tuple[str, int]]) -> None:
    """One run that fails by seed, which read of which vendor, and at which byte, once in four for good; and the next one."""
    wire.start_over(seed)
    side, number = reads[seed % len(reads)]
    is_silent = fault == "half open"
    wire.disturb((stays if seed % 4 == 3 else only)(side, number, EITHER[fault]))
    code, words = pushed(wire, dry=is_silent, limits=SHORT if is_silent else DEFAULT_LIMITS)
    if code == 3:
        assert words == ""
        assert is_silent or world(wire) == wanted
    else:
        assert code in {5, 8}, words
        assert words
        assert cursor(wire) is None
    assert all(seconds < 30 for one in wire.both for _, seconds in one.waited)
    wire.pass_all_on()
    assert pushed(wire) == (3, "")
    assert world(wire) == wanted


@pytest.mark.release
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("fault", EITHER)
def test_two_hundred_positions_of_each_failure(wire: Between, wanted: Json, fault: str) -> None:
    reads = reads_of_a_run(wire)
    for seed in range(200):
        spoil_one_place(wire, wanted, fault, seed, reads)
