"""Random schedules of people, faults and lost memories against the real code, in virtual time; a seed replays its own exactly."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from property.test_property_chaos import LATEST, Chaos
from property.test_property_histories import BUYERS, DEFECTS, FAULTS, LINES, Fault, Histories

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Tally:
    """What a number of schedules came to; `broken` are the seeds whose history was not what it must be."""

    name: str
    tried: int = 0
    duplicates: int = 0
    lost: int = 0
    held: int = 0
    seconds: float = 0.0
    broken: tuple[int, ...] = ()


ALL_FAULTS, CHAOS = "random schedules of all faults", "chaos in Salesforce"
_CHAOS_WEIGHT = 2  # of three steps, how many are Salesforce's disorder


def play(seed: int, *, steps: int = 25, chaos: bool = False) -> tuple[int, tuple[str, ...]]:
    """One schedule, checked after every run and at its end: how many deals are held then, and what was done, in order.

    With `chaos` most of what people do is done in Salesforce, and Salesforce answers in disorder.

    Raises AssertionError when a deal stands twice or nowhere, or what finance touched was written over.
    """
    chance = random.Random(seed)  # noqa: S311 - replays
    machine = Chaos() if chaos else Histories()
    done: list[str] = []
    try:
        for _ in range(steps):
            acts = possible(machine, chance)
            if isinstance(machine, Chaos) and chance.randrange(3) < _CHAOS_WEIGHT:
                acts = disorder(machine, chance)
            name, act = chance.choice(acts)
            done.append(name)
            act()
    except BaseException:
        machine.sitting.close()
        machine.room.cleanup()
        raise
    machine.teardown()
    return sum(one.sync.code is not None for one in machine.stage.crm.deals.values()), tuple(done)


def play_many(seeds: range, *, steps: int = 25, chaos: bool = False) -> Tally:
    """Many schedules; a broken one is told by its seed and counted by what its oracle said."""
    tally, began = Tally(CHAOS if chaos else ALL_FAULTS), time.monotonic()
    for seed in seeds:
        tally.tried += 1
        try:
            tally.held += play(seed, steps=steps, chaos=chaos)[0]
        except AssertionError as broken:
            words = str(broken)
            tally.broken += (seed,)
            tally.lost += "nobody deleted it" in words or "has a reason" in words
            tally.duplicates += "was drafted" in words or "stands twice" in words
    tally.seconds = time.monotonic() - began
    return tally


def play_on_all_cores(seeds: range, *, steps: int = 25, chaos: bool = False) -> Tally:
    """As `play_many`, shared out among as many processes as the machine has cores."""
    cores = os.cpu_count() or 1
    shares = [seeds[start::cores] for start in range(cores)]
    began = time.monotonic()
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        tallies = list(pool.map(partial(play_many, steps=steps, chaos=chaos), shares))
    return Tally(
        tallies[0].name,
        sum(one.tried for one in tallies),
        sum(one.duplicates for one in tallies),
        sum(one.lost for one in tallies),
        sum(one.held for one in tallies),
        time.monotonic() - began,
        tuple(sorted(seed for one in tallies for seed in one.broken)),
    )


def possible(machine: Histories, chance: random.Random) -> list[tuple[str, Callable[[], object]]]:
    """What may happen now, as often as it is likely; all chance is taken from the seed, and in the same order."""
    which, who, what = chance.randrange(6), chance.randrange(len(BUYERS)), chance.randrange(len(LINES))
    defect = chance.randrange(-2 * len(DEFECTS), len(DEFECTS))
    stamped, after = chance.random() < 0.5, chance.random() < 0.5
    crm_fault = Fault(chance.choice(["killed", "unreachable"]), "crm", chance.randint(1, 2), after)
    fault = Fault(
        chance.choice(sorted(FAULTS)), chance.choice(["se", "se", "int"]), chance.randint(1, 3), after
    )
    kind = chance.choice(["all", "all", "all", "full", "one", "limit"])
    seconds = chance.choice([1, 30, 60, 240, 899, 901, 86_400, 3 * 86_400])
    people = chance.choice(["note", "unmark", "issue", "delete", "duplicate"])
    memory = chance.choice(["back up", "lose", "restore"])
    found: list[tuple[str, Callable[[], object]]] = [
        ("win", lambda: machine.win(who=who, what=what, defect=defect)),
        ("win", lambda: machine.win(who=who, what=what, defect=-1)),
        ("push", lambda: machine.push(kind=kind, which=which)),
        ("push", lambda: machine.push(kind=kind, which=which)),
        ("push in trouble", lambda: machine.push_in_trouble(fault=fault)),
        ("push in trouble", lambda: machine.push_in_trouble(fault=crm_fault)),
        ("pull", lambda: machine.pull(fault=None)),
        ("time passes", lambda: machine.pass_time(seconds=seconds)),
        ("lists lag", lambda: machine.lists_lag_by(minutes=seconds % 11)),
        ("memory", lambda: machine.state_file(what=memory)),
    ]
    if machine.stage.crm.deals:
        found.append(
            ("edit", lambda: machine.mend_or_change(which=which, who=who, what=what, stamped=stamped))
        )
    if machine.stage.crm.deals or machine.stage.crm.reopened:
        found.append(("reopen", lambda: machine.reopen_or_win_again(which=which)))
    if machine.drafts():
        found.append(("finance", lambda: machine.finance(what=people, which=which)))
    if machine.invoices():
        found.append(("pay", lambda: machine.pay(which=which)))
    return found


def disorder(machine: Chaos, chance: random.Random) -> list[tuple[str, Callable[[], object]]]:
    """What may happen in Salesforce now, and the runs between; all chance is taken from the seed, and in the same order."""
    which, who, what = chance.randrange(6), chance.randrange(len(BUYERS)), chance.randrange(len(LINES))
    minutes, how_many, times = chance.randint(1, LATEST), chance.randint(2, 4), chance.choice([1, 1, 2, 3])
    backwards, stamped, back = (chance.random() < 0.5 for _ in range(3))
    where, currency = chance.choice(["cursor", "overlap"]), chance.choice(["EUR", "EUR", "SEK"])
    kind = chance.choice(["all", "all", "full", "one", "limit"])
    found: list[tuple[str, Callable[[], object]]] = [
        ("run", lambda: machine.push(kind=kind, which=which)),
        ("run", lambda: machine.push(kind=kind, which=which)),
        ("disordered answers", lambda: machine.answer_in_disorder(times=times, is_backwards=backwards)),
        ("late", lambda: machine.appear_late(who=who, what=what, minutes=minutes)),
        (
            "several at once",
            lambda: machine.win_several_at_once(who=who, what=what, how_many=how_many, where=where),
        ),
        ("merge", lambda: machine.merge_accounts(stamped=stamped)),
        ("mass update", machine.touch_everything),
    ]
    if machine.crm.deals:
        found += [
            ("won again", lambda: machine.win_again_for_another_amount(which=which, what=what)),
            ("currency", lambda: machine.change_currency(which=which, currency=currency)),
        ]
    if machine.crm.deals or machine.crm.binned:
        found.append(("bin", lambda: machine.delete_or_undelete(which=which, back=back)))
    return found
