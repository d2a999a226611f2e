"""Sign-ins that run out, are revoked or refused at any call, and refresh tokens that may be used once only."""

from __future__ import annotations

import re
import signal
from collections import Counter
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from breaking.bench import PUSH
from breaking.line import Verdict, line_of, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from breaking.bench import Bench
    from breaking.line import Line

SALESFORCE, SPIRIS = 0, 1
TOKEN_CALLS = ("/oauth2/token", "/connect/token")
SIGN_IN_NEEDED = 5
ACCESS, REFRESH = "_access_tokens", "_refresh_tokens"
PROVABLE = {"ErrorCode": 4005, "DeveloperErrorMessage": "Unauthorized", "ErrorId": "1", "Errors": []}
BARE = "<html>401</html>"


def expired_and_revoked(bench: Bench, some: int | None) -> Line:
    """A session that ends before any call, or any two; a sign-in that is revoked there; calls that stay refused."""
    return line_of("sign-in ends, is revoked or refused at a call", _ending(bench, some))


def rotated(bench: Bench, some: int | None) -> Line:
    """A refresh whose answer is lost, that is killed before it is kept, or whose store cannot be written."""
    return line_of("refresh lost, killed before it is kept, or unkeepable", _rotating(bench, some))


def rotated_at_once(bench: Bench, times: int, *, processes: int = 20) -> Line:
    """Many processes that need a new token at once; a second use of the old one would end the sign-in."""
    return line_of(f"{processes} processes refresh one sign-in at once", _at_once(bench, times, processes))


def _ending(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    bench.run(*PUSH)
    counts = [len([one for one in bench.calls(side) if not one.is_sign_in]) for side in (SALESFORCE, SPIRIS)]
    trials: list[tuple[str, Callable[[], Verdict]]] = []
    for side, count in enumerate(counts):
        once = [(nth,) for nth in range(1, count + 1)]
        trials += [
            (f"expired {side} {moments}", partial(_expire, bench, side, moments))
            for moments in (*once, *combinations(range(1, count + 1), 2))
        ]
        trials += [(f"revoked {side} {nth}", partial(_revoke, bench, side, nth)) for (nth,) in once]
    trials += [
        (f"401 for good {nth}", partial(_refuse, bench, nth, body))
        for nth in range(1, counts[SPIRIS] + 1)
        for body in (PROVABLE, BARE)
    ]
    for place in spread(len(trials), some):
        name, act = trials[place]
        bench.put_back()
        disturbed = act()
        bench.calm()
        yield name, disturbed + _healed(bench, before)


def _expire(bench: Bench, side: int, moments: tuple[int, ...]) -> Verdict:
    bench.at_call(side, *moments, act=lambda: forget(bench, side, ACCESS))
    ran = bench.run(*PUSH)
    wrong = list(sent_twice(bench))
    # A token that was just made and is turned away again will not get better; what comes next after a renewal is its
    # first use, or the look at whose books it opens and then its first use.
    is_told = len(moments) == 2 and moments[1] - moments[0] <= 2 and ran.code == SIGN_IN_NEEDED
    if ran.code != 3 and not is_told:
        wrong.append(f"it ended with {ran.code}: {ran.err[-200:]}")
    if (renewed := len(bench.calls(side, TOKEN_CALLS[side]))) > len(moments) + (side == SALESFORCE):
        wrong.append(f"{renewed} new tokens for {len(moments)} that had run out")
    return Verdict(wrong=tuple(wrong))


def _revoke(bench: Bench, side: int, nth: int) -> Verdict:
    def revoke() -> None:
        for table in (ACCESS, REFRESH):
            forget(bench, side, table)
        if side == SALESFORCE:  # whoever signs in with a key is shut out by taking it away
            forget(bench, side, "_clients")

    bench.at_call(side, nth, act=revoke)
    ran = bench.run(*PUSH)
    wrong = list(sent_twice(bench))
    accepted = {SIGN_IN_NEEDED} if side == SPIRIS else {SIGN_IN_NEEDED, 2}  # 2: the app itself is unknown now
    if ran.code not in accepted:
        wrong.append(f"it ended with {ran.code}: {ran.err[-200:]}")
    if len(bench.calls(side, TOKEN_CALLS[side])) > 2 + (side == SALESFORCE):
        wrong.append("a rejected grant was tried again and again")
    if side == SALESFORCE:
        bench.put_clients_back()
    return Verdict(wrong=tuple(wrong))


def _refuse(bench: Bench, nth: int, body: object) -> Verdict:
    fault = {"path": "/v2/", "nth": nth, "times": None, "effect": "status", "code": 401, "body": body}
    bench.simulators[SPIRIS].faults.add(fault)
    ran = bench.run(*PUSH)
    wrong = list(sent_twice(bench))
    is_read = bench.calls(SPIRIS, "/v2/")[nth - 1].method == "GET"
    if ran.code != SIGN_IN_NEEDED and (is_read or body is PROVABLE):
        wrong.append(f"it ended with {ran.code}: {ran.err[-200:]}")
    if len(bench.calls(SPIRIS, TOKEN_CALLS[SPIRIS])) > 2:
        wrong.append("more than two refreshes against one refusal")
    return Verdict(wrong=tuple(wrong))


def _healed(bench: Bench, before: dict[str, dict[str, object]]) -> Verdict:
    """Once somebody has signed in again, where that was asked for, a run after the settle window makes the whole world."""
    bench.pass_time()
    ran = bench.run(*PUSH)
    if ran.code == SIGN_IN_NEEDED:
        bench.sign_in_again()
        ran = bench.run(*PUSH)
    return bench.judge_after(ran=ran, before=before)


def sent_twice(bench: Bench) -> Iterator[str]:
    """Creates that were sent again although the first was not provably turned away at the door: for its token, or for the quota."""
    answers: dict[tuple[str, bytes], list[bool]] = {}
    for one in bench.calls(SPIRIS, "/v2/", "POST"):
        is_turned_away = one.status in {401, 429} and b"ErrorCode" in one.response
        answers.setdefault((one.path, one.body), []).append(is_turned_away)
    for (path, _), turned_away in answers.items():
        if not all(turned_away[:-1]):
            yield f"a create was sent to {path} {len(turned_away)} times"


def forget(bench: Bench, side: int, table: str) -> None:
    """The vendor knows none of its tokens of that kind any more."""
    records = bench.simulators[side].records
    for one in list(records._tables.get(table, {})):
        records.delete(table, one)


# --- rotation ----------------------------------------------------------------------------------------------------------

_CALL = re.compile(r"^\d+\s+(\w+)\(", re.MULTILINE)
_KEPT_WITH = ("openat", "write", "fsync", "ftruncate", "rename", "sendto", "unlink")


def _rotating(bench: Bench, some: int | None) -> Iterator[tuple[str, Verdict]]:
    bench.put_back()
    before = bench.touched()
    bench.age_sign_ins()
    bench.run_traced("-e", f"trace={','.join(_KEPT_WITH)}")
    calls = (bench.folder / "calls").read_text(encoding="utf-8", errors="replace")
    until = calls.index("/v2/")  # the first call of the API: the new token is in use
    counts = Counter(_CALL.findall(calls[:until]))
    trials: list[tuple[str, str, str]] = [
        (f"{effect}, a used token {reuse}", f"{effect}:{reuse}", "")
        for effect in ("drop_before", "drop_after", "truncate", "html", "empty", "garbage", "repeat")
        for reuse in ("refused", "ends_sign_in")
    ]
    for name, count in sorted(counts.items()):
        for nth in range(1, count + 1):
            what = ["signal=KILL"] + (
                [f"error={one}" for one in ("EROFS", "ENOSPC")] if name != "sendto" else []
            )
            trials += [(f"{one} at {name} {nth}", name, f"{one}:when={nth}") for one in what]
    for place in spread(len(trials), some):
        label, name, injected = trials[place]
        bench.put_back()
        bench.age_sign_ins()
        if injected:
            ran = bench.run_traced("-e", f"trace={name}", "-e", f"inject={name}:{injected}")
        else:
            effect, _, reuse = name.partition(":")
            bench.simulators[SPIRIS].switches.set({"refresh_reuse": reuse})
            bench.simulators[SPIRIS].faults.add({"path": "/connect/token", "effect": effect})
            ran = bench.run(*PUSH)
        verdict = bench.judge_during(ran=ran, before=before)
        if ran.code == -signal.SIGKILL and "KILL" not in injected:
            verdict += Verdict(wrong=("it was killed by nobody",))
        if len(bench.calls(SPIRIS, TOKEN_CALLS[SPIRIS])) > 4:  # two companies, two attempts each
            verdict += Verdict(wrong=("more than two refreshes of one sign-in",))
        bench.calm()
        yield label, verdict + _healed(bench, before)


def _at_once(bench: Bench, times: int, processes: int) -> Iterator[tuple[str, Verdict]]:
    for number in range(times):
        bench.put_back()
        bench.age_sign_ins()
        bench.simulators[SPIRIS].switches.set({"refresh_reuse": "ends_sign_in"})
        codes = bench.fetch_tokens("se", processes)
        refreshes = bench.calls(SPIRIS, TOKEN_CALLS[SPIRIS])
        wrong = []
        if codes != [0] * processes:
            wrong.append(f"processes ended with {Counter(codes)}")
        if [one.status for one in refreshes] != [200]:
            wrong.append(f"the token server answered {[one.status for one in refreshes]}")
        yield f"time {number}", Verdict(wrong=tuple(wrong))
