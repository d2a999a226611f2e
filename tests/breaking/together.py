"""Creates that are under way together, four at a time: whatever happens to one of them, the others are not doubled or lost."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from breaking.bench import NOW, PUSH
from breaking.line import Verdict, line_of, spread
from breaking.signins import ACCESS, SPIRIS, TOKEN_CALLS, forget, sent_twice
from sfspiris.sandbox.worlds import group
from sfspiris.sandbox.worlds.deals import account, deal, line
from sfspiris.sandbox.worlds.schema import CUSTOM_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breaking.bench import Bench, Ran
    from breaking.line import Line
    from playground import Json

HANDS = 4
CUSTOMERS, EACH = 4, 3
EFFECTS = ("drop_before", "drop_after", "truncate", "html", "empty", "429")
SIGNALS = {"KILL": -signal.SIGKILL, "TERM": 143, "INT": 130}


def crowd() -> Json:
    """Three deals of each of four new customers, in turn, so that four can always be under way."""
    buyers = [
        account(f"buyer{place}", f"Kund {place} AB", (f"Gatan {place}", "903 27", "Umeå"), Organisation_Number__c=number)
        for place, number in enumerate(("559700-0008", "559700-0016", "559700-0024", "559700-0032"))
    ]  # fmt: skip
    sold = [
        deal(
            f"d{number}",
            f"Affär {number:02}",
            f"buyer{number % CUSTOMERS}",
            f"2026-11-{number + 1:02}",
            [line("KONSULT-TIM", f"{number + 1}")],
        )
        for number in range(CUSTOMERS * EACH)
    ]
    return {
        "now": NOW.isoformat(),
        "salesforce": {
            "org": group.ORG,
            "schema": CUSTOM_SCHEMA,
            "clients": [group.SALESFORCE_CLIENT],
            "records": {
                "User": group.people(),
                "Account": buyers,
                **group.product_records(),
                "Opportunity": [one for one, _ in sold],
                "OpportunityLineItem": [row for _, lines in sold for row in lines],
            },
        },
        "spiris": {
            "companies": [
                company | {"articles": group.articles(), "customers": []}
                for company in (group.SWEDISH_COMPANY, group.INTERNATIONAL_COMPANY)
            ]
        },
    }


def broken_together(bench: Bench, some: int | None) -> Line:
    """A sign-in that ends, a fault, or a signal, at every call that a run of twelve creates makes."""
    return line_of("creates under way together", _trials(bench, some))


def _trials(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    ran = bench.run(*PUSH)
    assert ran.code == 0, ran.err
    api_calls = [one for one in bench.calls(SPIRIS) if not one.is_sign_in]
    calls = [place for place, one in enumerate(api_calls, 1) if one.method == "POST"]
    trials: list[tuple[str, Callable[[], Ran]]] = [
        (f"sign-in ends at call {place}", partial(_sign_in_ends, bench, place)) for place in calls
    ]
    for nth in range(1, len(calls) + 1):
        trials += [(f"{effect} at create {nth}", partial(_fault, bench, nth, effect)) for effect in EFFECTS]
    for place in calls:
        trials += [(f"SIG{word} at call {place}", partial(_signal, bench, place, word)) for word in SIGNALS]
    for chosen in spread(len(trials), some):
        name, act = trials[chosen]
        bench.put_back()
        ran = act()
        verdict = _judged(bench, ran, during=True) + _after_signal(name, ran)
        bench.calm()
        bench.pass_time()
        yield name, verdict + _judged(bench, bench.run(*PUSH), during=False)


def _sign_in_ends(bench: Bench, place: int) -> Ran:
    bench.at_call(SPIRIS, place, act=lambda: forget(bench, SPIRIS, ACCESS))
    return bench.run(*PUSH)


def _fault(bench: Bench, nth: int, effect: str) -> Ran:
    fault: Json = {"path": "/v2/customer", "method": "POST", "nth": nth, "effect": effect}
    if effect == "429":
        fault |= {"effect": "status", "code": 429, "headers": {"Retry-After": "0"}}
    bench.simulators[SPIRIS].faults.add(fault)
    return bench.run(*PUSH)


def _signal(bench: Bench, place: int, word: str) -> Ran:
    """The process gets the signal as Spiris receives the call, while others may be under way."""

    def strike() -> None:
        with suppress(ProcessLookupError):
            os.kill(bench.pid, signal.Signals[f"SIG{word}"])

    bench.at_call(SPIRIS, place, act=strike)
    return bench.run(*PUSH)


def _after_signal(name: str, ran: Ran) -> Verdict:
    word = name.removeprefix("SIG").partition(" ")[0]
    if not name.startswith("SIG") or ran.code in {
        SIGNALS[word],
        0,
        3,
    }:  # 0 and 3: everything was done by then
        return Verdict()
    return Verdict(wrong=(f"after SIG{word} it ended with {ran.code}: {ran.err[-300:]}",))


def _judged(bench: Bench, ran: Ran, *, during: bool) -> Verdict:
    facts, wrong = bench.facts(), list(sent_twice(bench) if during else ())
    documents = {name: len(many) for name, many in facts["documents"].items()}
    doubled = sum(count - 1 for count in documents.values()) + sum(
        count - 1 for count in Counter(facts["customers"]).values()
    )
    if "Traceback" in ran.out + ran.err:
        wrong.append(f"a traceback: {ran.err[-500:]}")
    if len(bench.calls(SPIRIS, TOKEN_CALLS[SPIRIS])) > 1:
        wrong.append("more than one refresh for one sign-in that ended")
    if during:
        return Verdict(doubled, wrong=tuple(wrong))
    told = {name for name, (_, code, _) in facts["deals"].items() if code}
    lost = [name for name in facts["deals"] if name not in documents and name not in told]
    if ran.code != (3 if told else 0):
        wrong.append(f"the last run ended with {ran.code}: {ran.err[-300:]}")
    return Verdict(doubled, len(lost), len(told), tuple(wrong))
