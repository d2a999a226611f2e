"""Every call that any test of a run caused, held to the vendor's document once the run is over.

Each sandbox of the run, in this process or in another, appends its calls to one folder. Answers are checked always but
where a fault made them. Requests are checked where they were accepted, and where a fault kept the answer back from our own
client: what was refused may have been wrong on purpose. Of Salesforce no such document is published; of its side, only failures are counted.

Thousands of calls say the same. What the document asks of a value depends on that value alone, so a call is passed over
when each of its values has been checked before in its place: the same names in an object, a text of the same kind and
length, a number of the same size and precision.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import spiris_document
from our_operations import OUR_AGENT, OUR_ANNOUNCED, OUR_OPERATIONS
from sfspiris.sandbox.kernel import jsonio
from spiris_document import Exchange, operation_of

APIS: Final[Mapping[str, tuple[str, ...]]] = {
    "salesforce": ("/services/data/", "/services/async/"),
    "spiris": (f"{spiris_document.API}/",),
}
"""By simulator, where its API lies. Tests of what the two have in common serve toys elsewhere; a refusal in SOAP is a 500."""

ALTERED: Final = frozenset(
    {"status", "status_after", "drop_before", "drop_after", "garbage", "html", "empty"}
)
"""Faults after which the answer is not the simulator's own."""

_DRAFT_PRINT: Final = re.compile(
    rf"{spiris_document.API}{OUR_ANNOUNCED['draft_print'].replace('{id}', '[0-9a-f-]{36}')}"
)
_KINDS: Final = (
    re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\d"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"),
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
    re.compile(r"[A-Z]{2,3}"),
)
_ENUMERATED: Final = 100
"""Whole numbers below this may be members of a list of possible values, so each counts for itself."""
_SOAP = "/services/Soap/"
"""Where a refusal is a fault, which SOAP sends with status 500."""

_SHOWN: Final = 20


@dataclass(slots=True)
class Verdict:
    """What a run's calls were like."""

    calls: Counter[str] = field(default_factory=Counter)
    """By simulator."""
    failures: list[str] = field(default_factory=list)
    """Answers from 500 that no fault asked for."""
    checked: int = 0
    """Calls to Spiris that differ from one another in what the document asks about."""
    violations: list[str] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    """Operations that our own client called."""

    @property
    def left_out(self) -> list[str]:
        """Operations that our flows use and no test made our client call."""
        return sorted(set(OUR_OPERATIONS.values()) - self.exercised)

    def told(self, fuzzed: Mapping[str, int], *, is_whole: bool) -> Iterator[str]:
        """The report, line by line; what was not exercised is named only where all tests ran."""
        used = len(set(OUR_OPERATIONS.values()))
        exercised = used - len(self.left_out)
        yield f"Spiris: operations used by our flows {used}, exercised {exercised} ({exercised * 100 // used} %)"
        if is_whole:
            yield from (f"  no test makes our client call {name}" for name in self.left_out)
        yield (
            f"Spiris: calls {self.calls['spiris']}, of them unlike any other and checked {self.checked}, "
            f"violations {len(self.violations)}"
        )
        yield from (f"  {violation}" for violation in self.violations[:_SHOWN])
        yield (
            f"Spiris: fuzz cases run {fuzzed.get('cases run', 0)}, refused {fuzzed.get('cases refused', 0)}, "
            f"5xx {fuzzed.get('cases 5xx', 0)}, violations {fuzzed.get('violations', 0)}"
        )
        yield f"Salesforce: calls {self.calls['salesforce']} (its API has no published document to hold them to)"
        yield f"Both: answers from 500 that no fault asked for {len(self.failures)}"
        yield from (f"  {failure}" for failure in self.failures[:_SHOWN])


def judged(folder: Path) -> Verdict:
    """The verdict on every call in `folder`. The vendor's document must be present."""
    verdict = Verdict()
    news = News()
    for line in _lines(folder):
        simulator, status = line["simulator"], line["status"]
        if not line["path"].startswith(APIS[simulator]):
            continue
        verdict.calls[simulator] += 1
        is_refusal = line["path"].startswith(_SOAP)
        if status is not None and status >= 500 and line["fault"] is None and not is_refusal:
            verdict.failures.append(f"{simulator}: {line['method']} {line['path']} {status}")
        if simulator == "spiris":
            _judge(line, verdict, news)
    return verdict


def _judge(line: Mapping[str, Any], verdict: Verdict, news: News) -> None:
    call = exchange_of(line)
    if line["agent"].startswith(OUR_AGENT):
        operation = operation_of(call.method, call.path)
        verdict.exercised.add(str(operation))
        is_announced = call.method == "GET" and _DRAFT_PRINT.fullmatch(call.path)
        if operation not in OUR_OPERATIONS.values() and not is_announced:
            verdict.violations.append(f"{call}: our client makes a call that `OUR_OPERATIONS` does not name")
    is_altered = line["fault"] in ALTERED
    new = news.of(replace(call, status=None) if is_altered else call)
    if new is None:
        return
    verdict.checked += 1
    if not is_altered:
        verdict.violations.extend(spiris_document.violations(new))
    elif operation_of(call.method, call.path) is not None and line["agent"].startswith(OUR_AGENT):
        verdict.violations.extend(
            f"{call}: request: {fault}" for fault in spiris_document.request_faults(call)
        )


def exchange_of(line: Mapping[str, Any]) -> Exchange:
    """A line of a sandbox's file as one exchange."""
    return Exchange(
        line["method"],
        line["path"],
        parse_qs(line["query"], keep_blank_values=True),
        line["status"],
        line["body"].encode("latin-1"),
        line["response"].encode("latin-1"),
        line["body_type"] or spiris_document.JSON,
    )


def _lines(folder: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file)


# --- what a call says that no call said before ---------------------------------------------------------------------


class News:
    """What has been checked so far, value by value."""

    def __init__(self) -> None:
        self._known: set[tuple[object, ...]] = set()

    def of(self, call: Exchange) -> Exchange | None:
        """The call, its list cut to the records that say something new; None when nothing in it does."""
        where = (operation_of(call.method, call.path), call.status, "$select" in call.query)
        asked = self._learn((*where, "query"), {name: str(value) for name, value in call.query.items()})
        sent = self._learn((*where, "body"), _read(call.body))
        answer = _read(call.answer)
        if isinstance(answer, dict) and isinstance(answer.get("Data"), list):
            records = [one for one in answer["Data"] if self._learn((*where, "record"), one)]
            around = {**answer, "Data": records}
            is_new = self._learn((*where, "answer"), {**answer, "Data": len(answer["Data"]) > 0}) or records
            return replace(call, answer=jsonio.encode(around)) if asked or sent or is_new else None
        told = self._learn((*where, "answer"), answer)
        return call if asked or sent or told else None

    def _learn(self, where: tuple[object, ...], value: Any) -> bool:
        """Whether something about the value in this place is new; it is not from now on."""
        before = len(self._known)
        self._known.update(_facts(where, value))
        return len(self._known) > before


def _read(content: bytes) -> Any:
    try:
        return jsonio.loads(content)
    except ValueError:
        return content.decode("latin-1")


def _facts(where: tuple[object, ...], value: Any) -> Iterator[tuple[object, ...]]:
    """All that a schema could ask of a value, each with its place."""
    if isinstance(value, dict):
        yield (*where, frozenset(value))
        for name, item in value.items():
            yield from _facts((*where, name), item)
    elif isinstance(value, list):
        yield (*where, "list", min(len(value), _ENUMERATED))
        for item in value:
            yield from _facts((*where, "[]"), item)
    elif isinstance(value, str):
        kind = next((n for n, pattern in enumerate(_KINDS) if pattern.fullmatch(value)), None)
        yield (*where, "text", kind, len(value))
    elif isinstance(value, bool | None):
        yield (*where, value is None, value)
    else:
        yield (*where, "number", *_size(value))


def _size(number: Decimal | int) -> tuple[object, ...]:
    if isinstance(number, int) and abs(number) < _ENUMERATED:
        return (number,)
    sign, digits, exponent = Decimal(number).as_tuple()
    assert isinstance(exponent, int)  # JSON has no infinity
    return (sign, isinstance(number, int), len(digits) + exponent, min(exponent, 0))
