"""Clocks that disagree: the vendors' far from this machine's, jumping between runs, at the edges of Swedish days and years.

What a run does must follow the vendors' time alone: the settle window is never cut short, and dates are Swedish days.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from breaking.bench import NOW, PUSH
from breaking.line import Verdict, line_of, spread
from sfspiris.core.planning.documents import SETTLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from breaking.bench import Bench
    from breaking.line import Line

SWEDEN = ZoneInfo("Europe/Stockholm")
_REAL = datetime.now(UTC)  # noqa: TID251 - this machine's clock is one of the two that are compared
MOMENTS = {
    "as here": _REAL,
    **{f"{days:+d} days": _REAL + timedelta(days=days) for days in (-15, -1, 1, 15)},
    **{f"{seconds:+d} seconds": _REAL + timedelta(seconds=seconds) for seconds in (-301, -1, 1, 301)},
    "before midnight in Sweden": datetime(2026, 11, 20, 22, 50, tzinfo=UTC),
    "after midnight in Sweden": datetime(2026, 11, 20, 23, 10, tzinfo=UTC),
    "the hour that comes twice": datetime(2027, 10, 31, 0, 50, tzinfo=UTC),
    "the hour that is left out": datetime(2027, 3, 28, 0, 55, tzinfo=UTC),
    "a leap second's place": datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC),
    "the last minutes of the year": datetime(2026, 12, 31, 22, 55, tzinfo=UTC),
}
JUMPS = (
    timedelta(minutes=-30),
    timedelta(days=-15),
    timedelta(seconds=1),
    timedelta(minutes=14),
    timedelta(days=15),
)


def disagreeing(bench: Bench, some: int | None) -> Line:
    """A create that was lost on its way, and a second run after each jump of the vendors' clock."""
    return line_of("clocks that disagree and jump", _trials(bench, some))


def _trials(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    # The world's deals were won by NOW; before that there would be nothing to do.
    trials = [
        (f"{name}, then {jump}", partial(_between_runs, bench, max(moment, NOW), jump))
        for name, moment in MOMENTS.items()
        for jump in JUMPS
    ]
    bench.put_back()
    bench.run(*PUSH)
    trials += [
        (
            f"{jump} at call {nth} of {('Salesforce', 'Spiris')[side]}",
            partial(_within, bench, side, nth, jump),
        )
        for side in (0, 1)
        for nth in range(1, len([one for one in bench.calls(side) if not one.is_sign_in]) + 1)
        for jump in JUMPS
    ]
    for place in spread(len(trials), some):
        name, try_it = trials[place]
        bench.put_back()
        yield name, try_it()


def _between_runs(bench: Bench, moment: datetime, jump: timedelta) -> Verdict:
    """The clocks are far from this machine's, and jump before the second run."""
    bench.set_clock(moment)
    return _lost_on_its_way(bench, moment, jump)


def _within(bench: Bench, side: int, nth: int, jump: timedelta) -> Verdict:
    """The vendors' clock jumps while the run that loses a create is going on."""
    bench.at_call(side, nth, act=lambda: bench.set_clock(NOW + jump))
    return _lost_on_its_way(bench, NOW, jump)


def _lost_on_its_way(bench: Bench, moment: datetime, jump: timedelta) -> Verdict:
    before = bench.touched()
    fault = {"method": "POST", "path": "/v2/customerinvoicedrafts", "nth": 1, "effect": "drop_before"}
    bench.simulators[1].faults.add(fault)
    verdict = bench.judge_during(ran=bench.run(*PUSH), before=before)
    bench.calm()
    wrong = []
    unanswered = _unanswered(bench)
    wrong += _cursors_ahead(bench)
    bench.set_clock(moment + jump)
    verdict += bench.judge_during(ran=bench.run(*PUSH), before=before)
    if jump < SETTLE and (again := unanswered & bench.facts()["documents"].keys()):
        wrong.append(f"{sorted(again)} made again {jump} after it was sent")
    wrong += [f"{one['Id']} is dated {one['InvoiceDate']}" for one in _dated_wrongly(bench, moment, jump)]
    bench.set_clock(max(moment, moment + jump) + SETTLE + timedelta(minutes=1))
    ran = bench.run(*PUSH)
    return verdict + Verdict(wrong=tuple(wrong)) + bench.judge_after(ran=ran, before=before)


def _unanswered(bench: Bench) -> set[str]:
    """The deals whose draft was sent, and nobody answered; none where the clock stood so that all were held."""
    with closing(sqlite3.connect(bench.folder / "sfspiris.db")) as connection:
        rows = connection.execute(
            "SELECT deal_id FROM intents WHERE kind = 'create_draft' AND state = 'sent'"
        ).fetchall()
    sent = {str(deal_id) for (deal_id,) in rows}
    return {name for name, one in bench.playground.deals().items() if one["Id"] in sent}


def _dated_wrongly(bench: Bench, *moments: object) -> list[dict[str, str]]:
    moment, jump = moments
    assert isinstance(moment, datetime)
    assert isinstance(jump, timedelta)
    allowed = {
        str((one + timedelta(seconds=late)).astimezone(SWEDEN).date())
        for one in (moment, moment + jump)
        for late in (0, 30)
    }
    (company,) = [one for one in bench.simulators[1].state()["companies"] if one["key"] == "se"]
    mine = [one for one in company["drafts"] if "Ring innan" not in str(one)]
    return [one for one in mine if str(one["InvoiceDate"])[:10] not in allowed]


def _cursors_ahead(bench: Bench) -> list[str]:
    """Cursors that are later than the vendors' time, which only this machine's clock can have made."""
    with closing(sqlite3.connect(bench.folder / "sfspiris.db")) as connection:
        rows = connection.execute("SELECT feed, at FROM cursors").fetchall()
    latest = bench.now + timedelta(minutes=2)
    return [
        f"the cursor {feed} stands at {at}"
        for feed, at in rows
        if feed == "deals"
        and datetime.fromisoformat(str(at)).replace(tzinfo=UTC) > max(latest, bench.kept_at)
    ]
